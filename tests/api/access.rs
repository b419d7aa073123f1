//! Who may do what: every operation by everybody, and nobody learns what is not theirs (P5).

use acervo::access::action::{Action, Effect};
use acervo::types::secret::SecretText;
use serde_json::{Value, json};

use crate::consent::issuer;
use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::pause;
use crate::support::request::Ask;
use crate::support::server::Server;

const UPLOAD: &str = "00000000000000000000000000000000";

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
const LIFECYCLE: &[u8] = b"<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status>\
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

/// What reading a configuration answers as long as nobody has set it.
fn unset(action: Action) -> Option<&'static str> {
    match action {
        Action::GetBucketPolicy | Action::GetBucketPolicyStatus => Some("NoSuchBucketPolicy"),
        Action::GetBucketCors => Some("NoSuchCORSConfiguration"),
        Action::GetBucketTagging => Some("NoSuchTagSet"),
        Action::GetObjectRetention | Action::GetObjectLegalHold => {
            Some("NoSuchObjectLockConfiguration")
        }
        Action::GetBucketInventoryConfiguration | Action::DeleteBucketInventoryConfiguration => {
            Some("NoSuchConfiguration")
        }
        Action::GetBucketWebsite => Some("NoSuchWebsiteConfiguration"),
        Action::GetBucketReplication => Some("ReplicationConfigurationNotFoundError"),
        _ => None,
    }
}

/// What a refusal must be; the answers to HEAD have no body to say it in.
#[track_caller]
fn check(answer: &Answer, action: Action, status: u16, code: &str) {
    let is_head = matches!(action, Action::HeadBucket | Action::HeadObject);
    let told = if is_head {
        code.to_owned()
    } else {
        answer.code()
    };
    assert_eq!(
        (answer.status, told.as_str()),
        (status, code),
        "{action:?}: {}",
        answer.text()
    );
}

/// A server with a bucket `actas` of the first agency, a document and an upload in it.
struct Scene {
    server: Server,
    owner: Caller,
    upload: String,
}

fn scene() -> Scene {
    let server = Server::start();
    let owner = server.agency();
    owner
        .ask("PUT", "/actas")
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
    owner.put("actas/acta", b"secreto").ok();
    owner.ask("PUT", "/actas?lifecycle").body(LIFECYCLE).ok();
    let upload = owner.begin_upload("actas/acta");
    Scene {
        server,
        owner,
        upload,
    }
}

impl Scene {
    /// Every operation is refused so, and nothing has changed.
    #[track_caller]
    fn refuses(&self, caller: &Caller, status: u16, code: &str) {
        for action in actions() {
            let answer = ask(caller, *action, "actas", &self.upload).send();
            check(&answer, *action, status, code);
        }
        self.is_untouched();
    }

    #[track_caller]
    fn is_untouched(&self) {
        self.owner.get("actas/acta").send().holds(b"secreto");
        assert_eq!(self.owner.keys_of("actas"), ["acta"]);
        let uploads = self.owner.ask("GET", "/actas?uploads").ok();
        assert_eq!(uploads.elements("UploadId").concat(), self.upload);
        let parts = self
            .owner
            .get("actas/acta")
            .query(&format!("uploadId={}", self.upload));
        assert!(parts.ok().elements("PartNumber").is_empty());
    }
}

#[test]
fn nobody_may_do_anything() {
    let scene = scene();
    scene.refuses(&scene.server.nobody(), 403, "AccessDenied");
}

#[test]
fn a_wrong_signature_opens_nothing() {
    let scene = scene();
    let id = scene.server.credential("access_key_id").to_owned();
    let mut forger = scene.owner.clone();
    let secret = SecretText::new("0".repeat(40));
    forger.proof = Proof::AccessKey {
        id: id.clone(),
        secret,
    };
    scene.refuses(&forger, 403, "SignatureDoesNotMatch");
    // An id of the right form that was never made, one of another form, and none.
    for unknown in [
        format!("{}7777777", &id[..id.len() - 7]),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
    ] {
        let unknown = scene.server.with_key(&unknown, "0");
        scene.refuses(&unknown, 403, "InvalidAccessKeyId");
    }
}

#[test]
fn wrong_tokens_open_nothing() {
    let scene = scene();
    let token = scene.server.credential("bearer_token").to_owned();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let none = acervo::types::encoding::base64_url(b"{\"alg\":\"none\"}");
    let claims = signed.split_once('.').unwrap().1;
    for wrong in [
        format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        format!("{signed}."),
        format!("{none}.{claims}."),
        format!("{head}.{claims}x.{signature}"),
        "x".to_owned(),
    ] {
        scene.refuses(&scene.server.with_token(&wrong), 400, "InvalidToken");
    }
    let operator = scene.server.credential("operator_token");
    scene.refuses(&scene.server.with_token(operator), 400, "InvalidToken");
}

#[test]
fn a_revoked_key_an_expired_one_and_a_suspended_agency_are_refused() {
    let scene = scene();
    let server = &scene.server;
    let revoked = server.make_key("agencia", "antes", "agency-admin");
    revoked.get("actas/acta").send().holds(b"secreto");
    let Proof::AccessKey { id, .. } = &revoked.proof else {
        unreachable!()
    };
    let path = format!("/admin/v1/agencies/agencia/access-keys/{id}");
    server.administer("DELETE", &path, &Value::Null).ok();
    scene.refuses(&revoked, 403, "InvalidAccessKeyId");

    let wanted = json!({"principal": "corta", "role": "agency-admin", "expires_in_seconds": 1});
    let expired = server.make_key_as("agencia", &wanted);
    pause(1_100);
    scene.refuses(&expired, 403, "InvalidAccessKeyId");

    server
        .administer("POST", "/admin/v1/agencies/agencia/suspend", &Value::Null)
        .ok();
    let bearer = server.with_token(server.credential("bearer_token"));
    for action in actions() {
        let answer = ask(&scene.owner, *action, "actas", &scene.upload).send();
        check(&answer, *action, 403, "InvalidAccessKeyId");
        let answer = ask(&bearer, *action, "actas", &scene.upload).send();
        check(&answer, *action, 403, "AccessDenied");
    }
    server
        .administer("POST", "/admin/v1/agencies/agencia/resume", &Value::Null)
        .ok();
    scene.is_untouched();
}

#[test]
fn an_application_sees_its_own_buckets_only() {
    let scene = scene();
    let app = scene.server.make_key("agencia", "ventanilla", "app");
    for action in actions() {
        let answer = ask(&app, *action, "actas", &scene.upload).send();
        match action {
            Action::ListBuckets => assert!(answer.ok().elements("Name").is_empty()),
            Action::CreateBucket => check(&answer, *action, 409, "BucketAlreadyExists"),
            _ => check(&answer, *action, 403, "AccessDenied"),
        }
    }
    scene.is_untouched();
}

#[test]
fn a_reader_reads_and_changes_nothing() {
    let scene = scene();
    let reader = scene.server.make_key("agencia", "lectora", "reader");
    for action in actions() {
        let answer = ask(&reader, *action, "actas", &scene.upload).send();
        match action.effect() {
            Effect::Read => match unset(*action) {
                Some(code) => check(&answer, *action, 404, code),
                None => drop(answer.ok()),
            },
            Effect::Write => check(&answer, *action, 403, "AccessDenied"),
        }
    }
    scene.is_untouched();
}

#[test]
fn an_administrator_may_do_everything() {
    for action in actions() {
        if matches!(action, Action::CreateBucket | Action::DeleteBucket) {
            continue;
        }
        let scene = scene();
        let query = format!("partNumber=1&uploadId={}", scene.upload);
        scene.owner.put("actas/acta", b"a").query(&query).ok();
        let answer = ask(&scene.owner, *action, "actas", &scene.upload).send();
        match unset(*action) {
            _ if *action == Action::RestoreObject => {
                check(&answer, *action, 403, "InvalidObjectState");
            }
            // Not even an administrator sets a list where lists do not count.
            _ if matches!(action, Action::PutBucketAcl | Action::PutObjectAcl) => {
                check(&answer, *action, 400, "AccessControlListNotSupported");
            }
            Some(code) => check(&answer, *action, 404, code),
            None => drop(answer.ok()),
        }
    }
}

/// Another agency's bucket and one that does not exist: the answers are the same, byte for byte.
#[test]
fn a_foreign_bucket_and_a_missing_one_look_alike() {
    let scene = scene();
    scene.server.make_agency("tesoreria");
    let same_id_of_key = scene.upload.clone();
    for role in ["agency-admin", "app", "reader"] {
        let stranger = scene.server.make_key("tesoreria", role, role);
        for action in actions() {
            if matches!(action, Action::ListBuckets | Action::CreateBucket) {
                continue;
            }
            let foreign = ask(&stranger, *action, "actas", &same_id_of_key).send();
            let missing = ask(&stranger, *action, "nadie", UPLOAD).send();
            check(&foreign, *action, 404, "NoSuchBucket");
            assert_eq!(
                faceless(&foreign, "actas"),
                faceless(&missing, "nadie"),
                "{action:?}"
            );
        }
    }
    let admin = scene.server.make_key("tesoreria", "jefa", "agency-admin");
    assert!(admin.ask("GET", "/").ok().elements("Name").is_empty());
    // The name is free there, and what is in it is another's.
    admin.make_bucket("actas").ok();
    admin.get("actas/acta").refused(404, "NoSuchKey");
    admin.put("actas/acta", b"otro").ok();
    let upload = admin.part("actas/acta", &scene.upload, 1, b"1");
    upload.refused(404, "NoSuchUpload");
    scene.is_untouched();
}

/// An answer without what any two answers differ in: id, date, and the name that was asked for.
fn faceless(answer: &Answer, bucket: &str) -> (u16, Vec<(String, String)>, String) {
    let id = answer
        .header("x-amz-request-id")
        .unwrap_or_default()
        .to_owned();
    assert!(!id.is_empty());
    let mut headers = answer.headers.clone();
    let of_the_request = ["x-amz-request-id", "x-amz-id-2", "date"];
    headers.retain(|(name, _)| !of_the_request.contains(&name.as_str()));
    // Their order is drawn anew for each answer.
    headers.sort();
    let text = answer.text().replace(&id, "ID");
    (answer.status, headers, text.replace(bucket, "BUCKET"))
}

#[test]
fn a_key_acts_in_its_own_agency_wherever_the_bucket_name_leads() {
    let scene = scene();
    let server = &scene.server;
    server.make_agency("tesoreria");
    let theirs = server.make_key("tesoreria", "jefa", "agency-admin");
    theirs.make_bucket("actas").ok();
    theirs
        .copy("actas/acta", "actas/robada")
        .refused(404, "NoSuchKey");
    let of_agency = format!("/admin/v1/agencies/{}/access-keys", "agencia");
    let Proof::AccessKey { id, .. } = &theirs.proof else {
        unreachable!()
    };
    let crossed = format!("{of_agency}/{id}");
    let crossed = server.administer("DELETE", &crossed, &Value::Null);
    assert_eq!(crossed.status, 404, "{}", crossed.text());
    theirs.ask("GET", "/").ok();
}

/// The routes of jobs and what they count, as in [`admin_routes`].
fn job_routes() -> Vec<Route> {
    let quotas = "/admin/v1/agencies/agencia/quotas";
    let lifecycle = "/admin/v1/agencies/agencia/lifecycle";
    let inventories = "/admin/v1/agencies/agencia/inventories";
    let webhooks = "/admin/v1/agencies/agencia/webhooks";
    let webhook = "/admin/v1/agencies/agencia/webhooks/avisos";
    let deliveries = "/admin/v1/agencies/agencia/deliveries";
    let events = "/admin/v1/agencies/agencia/events";
    let plan = "/admin/v1/agencies/agencia/lifecycle/actas/plan";
    vec![
        ("GET", quotas, Value::Null, true),
        ("PUT", quotas, json!({"bytes": 1}), false),
        ("GET", lifecycle, Value::Null, true),
        ("GET", plan, Value::Null, true),
        ("GET", inventories, Value::Null, true),
        ("GET", webhooks, Value::Null, true),
        ("PUT", webhooks, json!({"name": "x"}), true),
        ("DELETE", webhook, Value::Null, true),
        ("GET", deliveries, Value::Null, true),
        ("POST", deliveries, json!({}), true),
        ("GET", events, Value::Null, true),
    ]
}

/// The routes of roles and groups, as in [`admin_routes`].
fn role_routes() -> Vec<Route> {
    let policy = json!({"policy": {"Statement":
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}});
    let imagined = json!({"anonymous": true, "action": "ListBuckets"});
    let of = |path: &'static str| format!("/admin/v1/agencies/agencia/{path}").leak() as &str;
    let role = of("roles/intruso");
    let held = of("roles/intruso/principals/intrusa");
    let held_by_group = of("roles/intruso/groups/intrusos");
    let member = of("groups/intrusos/principals/intrusa");
    vec![
        ("GET", of("roles"), Value::Null, true),
        ("PUT", role, policy, true),
        ("PUT", held, Value::Null, true),
        ("DELETE", held, Value::Null, true),
        ("PUT", held_by_group, Value::Null, true),
        ("DELETE", held_by_group, Value::Null, true),
        ("DELETE", role, Value::Null, true),
        ("GET", of("groups"), Value::Null, true),
        ("PUT", member, Value::Null, true),
        ("DELETE", member, Value::Null, true),
        ("POST", of("explain"), imagined, true),
    ]
}

/// The routes of who is believed, as in [`admin_routes`].
fn identity_routes() -> Vec<Route> {
    let revocations = "/admin/v1/agencies/agencia/revocations";
    let lifted = "/admin/v1/agencies/agencia/revocations/principals/nadie";
    let issuers = "/admin/v1/agencies/agencia/issuers";
    let tokens = "/admin/v1/agencies/agencia/tokens";
    vec![
        ("GET", revocations, Value::Null, true),
        ("POST", revocations, json!({"principal": "intrusa"}), true),
        ("DELETE", lifted, Value::Null, true),
        ("GET", issuers, Value::Null, true),
        (
            "POST",
            "/admin/v1/agencies/agencia/issuers/check",
            json!({"name": "local"}),
            true,
        ),
        ("POST", issuers, issuer("intrusa"), true),
        (
            "DELETE",
            "/admin/v1/agencies/agencia/issuers/x",
            Value::Null,
            true,
        ),
        (
            "POST",
            tokens,
            json!({"principal": "p", "role": "app"}),
            true,
        ),
        ("POST", "/admin/v1/signing-keys/rotate", Value::Null, false),
    ]
}

/// The routes of second people and operators, as in [`admin_routes`].
fn people_routes() -> Vec<Route> {
    let theirs = |path: &'static str| format!("/admin/v1/agencies/agencia/{path}").leak() as &str;
    let operators = "/admin/v1/operators";
    vec![
        ("GET", theirs("approvals"), Value::Null, true),
        ("GET", theirs("approvals/x"), Value::Null, true),
        ("POST", theirs("approvals/x/approve"), Value::Null, true),
        ("POST", theirs("approvals/x/refuse"), Value::Null, true),
        ("GET", "/admin/v1/approvals", Value::Null, false),
        ("GET", "/admin/v1/approvals/x", Value::Null, false),
        ("POST", "/admin/v1/approvals/x/approve", Value::Null, false),
        ("POST", "/admin/v1/approvals/x/refuse", Value::Null, false),
        ("GET", operators, Value::Null, false),
        ("POST", operators, json!({"name": "intrusa"}), false),
        ("DELETE", "/admin/v1/operators/nadie", Value::Null, false),
    ]
}

fn grant_routes() -> Vec<(&'static str, &'static str, Value, bool)> {
    let grants = "/admin/v1/agencies/agencia/grants";
    let offers = "/admin/v1/agencies/agencia/grants/offers";
    let requests = "/admin/v1/agencies/agencia/grants/requests";
    let unknown = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000";
    let approve = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/approve";
    let refuse = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/refuse";
    let revoke = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/revoke";
    vec![
        ("GET", grants, Value::Null, true),
        ("POST", offers, json!({}), true),
        ("POST", requests, json!({}), true),
        ("GET", unknown, Value::Null, true),
        ("POST", approve, Value::Null, true),
        ("POST", refuse, Value::Null, true),
        ("POST", revoke, Value::Null, true),
    ]
}

/// Every route of the admin API, and whether it is one for the agency's own admins too.
fn admin_routes() -> Vec<Route> {
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let key = "/admin/v1/agencies/agencia/access-keys/XXXX";
    let made = json!({"principal": "intrusa", "role": "agency-admin"});
    let sealing = "/admin/v1/agencies/agencia/keys";
    let unnamed = "/admin/v1/agencies/agencia/keys/nadie/destruction";
    vec![
        ("GET", sealing, Value::Null, true),
        ("POST", sealing, json!({"name": "intrusa"}), true),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/rotate",
            Value::Null,
            true,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/retire",
            Value::Null,
            true,
        ),
        (
            "DELETE",
            "/admin/v1/agencies/agencia/keys/nadie/old-versions",
            Value::Null,
            true,
        ),
        ("POST", unnamed, Value::Null, true),
        ("DELETE", unnamed, Value::Null, true),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/destruction/confirmation",
            Value::Null,
            true,
        ),
        ("GET", "/admin/v1/agencies", Value::Null, false),
        (
            "POST",
            "/admin/v1/agencies",
            json!({"name": "intrusa"}),
            false,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/suspend",
            Value::Null,
            false,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/resume",
            Value::Null,
            false,
        ),
        ("GET", keys, Value::Null, true),
        ("POST", keys, made, true),
        ("DELETE", key, Value::Null, true),
    ]
}

/// Whether a path is one of a template's.
pub(crate) fn fits(template: &str, path: &str) -> bool {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let fits = |(wanted, found): (&&str, &&str)| wanted.starts_with('{') || wanted == found;
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}

/// Method, path, body, and whether it is one for the agency's own admins too.
pub(crate) type Route = (&'static str, &'static str, Value, bool);

pub(crate) fn all_admin_routes() -> Vec<Route> {
    let more = [
        job_routes(),
        role_routes(),
        identity_routes(),
        people_routes(),
        grant_routes(),
    ];
    [admin_routes(), more.concat()].concat()
}

/// The protected routes of the description that none of these is.
fn untried(described: &serde_json::Map<String, Value>, routes: &[Route]) -> Vec<String> {
    let mut untried = Vec::new();
    for (template, methods) in described {
        for (method, route) in methods.as_object().unwrap() {
            let is_it = |(tried, path, ..): &&Route| {
                tried.eq_ignore_ascii_case(method) && fits(template, path)
            };
            let is_protected = route["security"].is_array() && template != "/admin/v1/metrics";
            if is_protected && routes.iter().find(is_it).is_none() {
                untried.push(format!("{method} {template}"));
            }
        }
    }
    untried
}

/// The proof in the head of a request.
fn authorization(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let proof = lines.find_map(|line| line.strip_prefix("authorization: "));
    proof.unwrap().to_owned()
}

#[test]
fn every_admin_route_opens_to_those_it_is_for() {
    let scene = scene();
    let server = &scene.server;
    let routes = all_admin_routes();
    let described = server.admin("GET", "/admin/v1/openapi.json", &[], &Value::Null);
    let described: Value = serde_json::from_slice(&described.ok().body).unwrap();
    let described = described["paths"].as_object().unwrap();
    let untried = untried(described, &routes);
    assert!(untried.is_empty(), "nobody tries {untried:?}");
    let signed = scene.owner.ask("GET", "/admin/v1/agencies").wired().head;
    let signature = authorization(&signed);
    let admin_token = format!("Bearer {}", server.credential("bearer_token"));
    let forged_token = format!("{admin_token}A");
    let operator = server.credential("operator_token");
    let basic = format!("Basic {operator}");
    let longer = format!("Bearer {operator}0");
    let ask = |method: &str, path: &str, body: &Value, proof: Option<&str>| {
        let headers = proof.map(|text| ("authorization", text));
        let headers: Vec<_> = headers.into_iter().collect();
        server.admin(method, path, &headers, body)
    };
    for (method, path, body, is_theirs) in &routes {
        for wrong in [
            None,
            Some("Bearer "),
            Some("Bearer x"),
            Some(forged_token.as_str()),
            Some(basic.as_str()),
            Some(longer.as_str()),
            Some(signature.as_str()),
        ] {
            let refused = ask(method, path, body, wrong);
            assert_eq!(refused.status, 401, "{method} {path} {wrong:?}");
            let told: Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(told["error"]["code"], "unauthorized");
        }
        let elsewhere = path.replace("agencia/", "tesoreria/");
        let elsewhere = ask(method, &elsewhere, body, Some(&admin_token));
        assert_eq!(elsewhere.status, 403, "{method} {path} of another agency");
        if !is_theirs {
            let refused = ask(method, path, body, Some(&admin_token));
            assert_eq!(refused.status, 403, "{method} {path}");
            let told: Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(told["error"]["code"], "forbidden");
        }
    }
    let agencies = server.administer("GET", "/admin/v1/agencies", &Value::Null);
    assert!(!agencies.ok().text().contains("intrusa"));
    for (method, path, body, _) in routes.iter().filter(|(.., is_theirs)| *is_theirs) {
        let answer = ask(method, path, body, Some(&admin_token));
        assert!(
            ![401, 403].contains(&answer.status),
            "{method} {path}: {}",
            answer.text()
        );
    }
    scene.is_untouched();
}

#[test]
fn operators_cannot_make_what_is_not_theirs_to_make() {
    let scene = scene();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    for (path, body, status) in [
        (keys, json!({"principal": "p", "role": "operator"}), 400),
        (keys, json!({"principal": "p", "role": "root"}), 400),
        (keys, json!({"principal": "", "role": "app"}), 400),
        (keys, json!({"principal": "p"}), 400),
        (
            keys,
            json!({"principal": "p", "role": "app", "policy": "*"}),
            400,
        ),
        (
            "/admin/v1/agencies/nadie/access-keys",
            json!({"principal": "p", "role": "app"}),
            404,
        ),
        ("/admin/v1/agencies", json!({"name": "agencia"}), 409),
        ("/admin/v1/agencies", json!({"name": "../agencia"}), 400),
        ("/admin/v1/agencies", json!({"name": "ab"}), 400),
        ("/admin/v1/agencies", json!("x"), 400),
        ("/admin/v1/agencies/nadie/suspend", Value::Null, 404),
    ] {
        let refused = scene.server.administer("POST", path, &body);
        assert_eq!(refused.status, status, "{path} {body}: {}", refused.text());
    }
    let listed = scene
        .server
        .administer("GET", keys, &Value::Null)
        .ok()
        .text();
    let secret = scene.server.credential("secret_access_key");
    assert!(!listed.contains(secret), "a list of keys shows no secret");
}
