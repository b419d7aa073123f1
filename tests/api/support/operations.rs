//! A request for every operation of S3.

use acervo::access::action::Action;

use super::caller::Caller;
use super::request::Ask;

const CORS: &[u8] = b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
    <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";

const PAYER: &[u8] = b"<RequestPaymentConfiguration><Payer>BucketOwner</Payer>\
    </RequestPaymentConfiguration>";

const TAGGING: &[u8] =
    b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
const ENCRYPTION: &[u8] = b"<ServerSideEncryptionConfiguration><Rule>\
    <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
    </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
const VERSIONING: &[u8] =
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const NO_GRANTS: &[u8] = b"<AccessControlPolicy><AccessControlList/></AccessControlPolicy>";
const LOCK: &[u8] = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
    </ObjectLockConfiguration>";
/// A policy that changes nothing.
const HARMLESS_POLICY: &[u8] = br#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::agencia:user/nadie"},"Action":"s3:GetObject",
    "Resource":"arn:aws:s3:::actas/*"}}"#;

const NOTIFICATION: &[u8] = b"<NotificationConfiguration/>";

pub(crate) const LIFECYCLE: &[u8] =
    b"<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status>\
    <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";

const INVENTORY: &[u8] = b"<InventoryConfiguration><Destination><S3BucketDestination>\
    <Bucket>arn:aws:s3:::actas</Bucket><Format>CSV</Format></S3BucketDestination></Destination>\
    <IsEnabled>false</IsEnabled><Id>todo</Id><IncludedObjectVersions>All</IncludedObjectVersions>\
    <Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>";

const OWNERSHIP: &[u8] = b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced\
    </ObjectOwnership></Rule></OwnershipControls>";

/// The sub-resource of a bucket that an operation reads, sets or removes, and what it is set to.
fn sub_resource(action: Action) -> (&'static str, &'static [u8]) {
    let name = action.name();
    let known: [(&str, &str, &[u8]); 15] = [
        (
            "BucketInventoryConfiguration",
            "inventory&id=todo",
            INVENTORY,
        ),
        ("BucketAcl", "acl", NO_GRANTS),
        ("ObjectLockConfiguration", "object-lock", LOCK),
        ("BucketLocation", "location", b""),
        ("BucketEncryption", "encryption", ENCRYPTION),
        ("BucketVersioning", "versioning", VERSIONING),
        ("BucketPolicyStatus", "policyStatus", b""),
        ("BucketPolicy", "policy", HARMLESS_POLICY),
        (
            "PublicAccessBlock",
            "publicAccessBlock",
            b"<PublicAccessBlockConfiguration/>",
        ),
        ("BucketOwnershipControls", "ownershipControls", OWNERSHIP),
        ("BucketTagging", "tagging", TAGGING),
        ("BucketLifecycleConfiguration", "lifecycle", LIFECYCLE),
        ("BucketLifecycle", "lifecycle", b""),
        ("BucketLogging", "logging", b"<BucketLoggingStatus/>"),
        (
            "BucketNotificationConfiguration",
            "notification",
            NOTIFICATION,
        ),
    ];
    let found = known.into_iter().find(|(end, ..)| name.ends_with(end));
    let (_, sub_resource, body) = found.expect("a row for every sub-resource");
    (sub_resource, body)
}

fn of_bucket<'a>(caller: &'a Caller, action: Action, bucket_path: &str) -> Ask<'a> {
    let (sub_resource, body) = sub_resource(action);
    let name = action.name().to_ascii_uppercase();
    let methods = ["GET", "PUT", "DELETE"];
    let method = methods.into_iter().find(|method| name.starts_with(method));
    let method = method.expect("a name that begins with its method");
    let body = if method == "PUT" { body } else { b"" };
    let path = format!("{bucket_path}?{sub_resource}");
    caller.ask(method, &path).body(body)
}

/// Every operation but PostObject, whose proof stands in its body: `forms.rs` tries it.
pub(crate) fn actions() -> impl Iterator<Item = &'static Action> {
    let all = Action::ALL.iter();
    all.filter(|action| **action != Action::PostObject)
}

/// A request for an operation on the bucket and key of this name. Exhaustive on purpose: a new
/// operation must be tried too.
#[expect(clippy::too_many_lines, reason = "a table: a row or two an action")]
pub(crate) fn ask<'a>(caller: &'a Caller, action: Action, bucket: &str, upload: &str) -> Ask<'a> {
    use Action as A;
    let object = format!("{bucket}/acta");
    let at = |method| caller.at(method, &object);
    let uploaded = |method| {
        caller
            .at(method, &object)
            .query(&format!("uploadId={upload}"))
    };
    let bucket_path = format!("/{bucket}");
    let sub_resource = |method, name| caller.ask(method, &format!("/{bucket}?{name}"));
    match action {
        A::ListBuckets => caller.ask("GET", "/"),
        A::CreateBucket => caller.ask("PUT", &bucket_path),
        A::HeadBucket => caller.ask("HEAD", &bucket_path),
        A::DeleteBucket => caller.ask("DELETE", &bucket_path),
        A::ListObjects => caller.ask("GET", &bucket_path),
        A::ListObjectsV2 => caller.ask("GET", &format!("{bucket_path}?list-type=2")),
        A::GetBucketLocation
        | A::GetBucketLogging
        | A::PutBucketLogging
        | A::GetBucketInventoryConfiguration
        | A::PutBucketInventoryConfiguration
        | A::DeleteBucketInventoryConfiguration
        | A::GetBucketNotificationConfiguration
        | A::PutBucketNotificationConfiguration
        | A::GetBucketLifecycleConfiguration
        | A::PutBucketLifecycleConfiguration
        | A::DeleteBucketLifecycle
        | A::GetBucketEncryption
        | A::PutBucketEncryption
        | A::DeleteBucketEncryption
        | A::GetBucketVersioning
        | A::GetObjectLockConfiguration
        | A::PutObjectLockConfiguration
        | A::PutBucketVersioning
        | A::GetBucketAcl
        | A::PutBucketAcl
        | A::GetBucketPolicy
        | A::PutBucketPolicy
        | A::DeleteBucketPolicy
        | A::GetBucketPolicyStatus
        | A::GetPublicAccessBlock
        | A::PutPublicAccessBlock
        | A::DeletePublicAccessBlock
        | A::GetBucketOwnershipControls
        | A::PutBucketOwnershipControls
        | A::DeleteBucketOwnershipControls
        | A::GetBucketTagging
        | A::PutBucketTagging
        | A::DeleteBucketTagging => of_bucket(caller, action, &bucket_path),
        A::GetObjectRetention => at("GET").query("retention"),
        A::PutObjectRetention => at("PUT").query("retention").body(b"<Retention/>"),
        A::GetObjectLegalHold => at("GET").query("legal-hold"),
        A::PutObjectLegalHold => at("PUT")
            .query("legal-hold")
            .body(b"<LegalHold><Status>OFF</Status></LegalHold>"),
        A::ListObjectVersions => caller.ask("GET", &format!("{bucket_path}?versions")),
        A::ListMultipartUploads => caller.ask("GET", &format!("{bucket_path}?uploads")),
        A::PostObject => unreachable!("its proof is in its body: forms.rs"),
        A::PutObject => at("PUT").body(b"changed"),
        A::GetObject => at("GET"),
        A::GetObjectTagging => at("GET").query("tagging"),
        A::GetObjectAcl => at("GET").query("acl"),
        A::PutObjectAcl => at("PUT").query("acl").body(NO_GRANTS),
        A::GetObjectAttributes => at("GET")
            .query("attributes")
            .header("x-amz-object-attributes", "ETag"),
        A::RestoreObject => at("POST").query("restore"),
        A::GetBucketAccelerateConfiguration => sub_resource("GET", "accelerate"),
        A::GetBucketRequestPayment => sub_resource("GET", "requestPayment"),
        A::PutBucketRequestPayment => sub_resource("PUT", "requestPayment").body(PAYER),
        A::GetBucketCors => sub_resource("GET", "cors"),
        A::PutBucketCors => sub_resource("PUT", "cors").body(CORS),
        A::DeleteBucketCors => sub_resource("DELETE", "cors"),
        A::GetBucketWebsite => sub_resource("GET", "website"),
        A::DeleteBucketWebsite => sub_resource("DELETE", "website"),
        A::GetBucketReplication => sub_resource("GET", "replication"),
        A::DeleteBucketReplication => sub_resource("DELETE", "replication"),
        A::ListBucketInventoryConfigurations => sub_resource("GET", "inventory"),
        A::ListBucketAnalyticsConfigurations => sub_resource("GET", "analytics"),
        A::ListBucketIntelligentTieringConfigurations => sub_resource("GET", "intelligent-tiering"),
        A::ListBucketMetricsConfigurations => sub_resource("GET", "metrics"),
        A::PutObjectTagging => at("PUT").query("tagging").body(TAGGING),
        A::DeleteObjectTagging => at("DELETE").query("tagging"),
        A::HeadObject => at("HEAD"),
        A::DeleteObject => at("DELETE"),
        A::DeleteObjects => {
            let xml = "<Delete><Object><Key>acta</Key></Object></Delete>";
            caller.post_xml(&format!("{bucket_path}?delete"), xml)
        }
        A::CopyObject => caller.copy(&object, &format!("{bucket}/copia")),
        A::CreateMultipartUpload => at("POST").query("uploads"),
        A::UploadPart => uploaded("PUT").query("partNumber=1").body(b"1"),
        A::UploadPartCopy => uploaded("PUT")
            .query("partNumber=1")
            .header("x-amz-copy-source", &format!("/{object}")),
        A::CompleteMultipartUpload => {
            let tag = "\"0cc175b9c0f1b6a831c399e269772661\"";
            let part = format!("<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>");
            let xml = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
            uploaded("POST").body(xml.as_bytes())
        }
        A::AbortMultipartUpload => uploaded("DELETE"),
        A::ListParts => uploaded("GET"),
    }
}
