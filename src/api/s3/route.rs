//! The routing table: which operation a request asks for, and what that operation understands.
//!
//! A query parameter or an `x-amz-*` header that is in neither the operation's lists nor the common
//! ones is refused with `NotImplemented`: nothing is silently accepted.

use crate::access::action::Action;

/// What the target names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// `/`
    Service,
    /// `/bucket`
    Bucket,
    /// `/bucket/key`
    Object,
}

/// One row of the table.
#[derive(Debug)]
pub struct Route {
    /// The operation.
    pub action: Action,
    pub(super) method: &'static str,
    pub(super) scope: Scope,
    /// A query parameter, and the value it must have if one is given.
    pub(super) selector: Option<(&'static str, Option<&'static str>)>,
    /// Another query parameter that must be there.
    pub(super) beside: Option<&'static str>,
    /// A header that must be there.
    pub(super) header: Option<&'static str>,
    /// The query parameters that the operation understands besides its selector.
    pub(super) query: &'static [&'static str],
    /// The `x-amz-*` headers that it understands; a trailing `*` stands for any ending.
    pub(super) headers: &'static [&'static str],
}

/// Parameters that any request may have: those of signatures, the name that newer SDKs add, and
/// what states a purpose.
const COMMON_QUERY: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    // What another agency's documents are read for: of no meaning on a bucket of one's own.
    "x-acervo-expediente",
    "x-acervo-purpose",
    "x-id",
];

/// Headers that any request may have.
const COMMON_HEADERS: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
];

/// Headers that any request about a bucket that is there may have: whose it must be, and who would
/// pay. Here nobody is billed, so whoever is ready to pay may be; S3 has it so where it bills only
/// the owner.
const BUCKET_HEADERS: &[&str] = &["x-amz-expected-bucket-owner", "x-amz-request-payer"];

const RESPONSE_OVERRIDES: [&str; 6] = [
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
];

const READ_QUERY: &[&str] = &[
    RESPONSE_OVERRIDES[0],
    RESPONSE_OVERRIDES[1],
    RESPONSE_OVERRIDES[2],
    RESPONSE_OVERRIDES[3],
    RESPONSE_OVERRIDES[4],
    RESPONSE_OVERRIDES[5],
    "partNumber",
    "versionId",
];

/// How a new object is to be sealed; the last three bring its customer's key.
const SEALING_HEADERS: [&str; 7] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];

/// The key of the customer of a copy's source.
const SOURCE_HEADERS: [&str; 3] = [
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];

/// How else a body might be sent. Older SDKs for Java ask with every GET for a digest behind the
/// body, and read it only where the answer says that it is there; here it never is.
const TRANSFER: &str = "x-amz-te";

const READ_HEADERS: &[&str] = &[
    "x-amz-checksum-mode",
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    TRANSFER,
];

const PART_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-trailer",
];

const UPLOAD_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Those of a body, and those that say an access control list.
const ACL_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-grant-*",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Those of a body, and the consent to be locked out.
const POLICY_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-confirm-remove-self-bucket-access",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// What is to keep a new object.
const LOCK_HEADERS: [&str; 3] = [
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
];

const BYPASS: &str = "x-amz-bypass-governance-retention";

/// The code of a device. Deletions here never need one, so one more proof changes nothing.
const MFA: &str = "x-amz-mfa";

const VERSIONING_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    MFA,
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Of deletions of many.
const DELETE_HEADERS: &[&str] = &[
    BYPASS,
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    MFA,
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

const RETENTION_HEADERS: &[&str] = &[
    BYPASS,
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

const PUT_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-grant-*",
    "x-amz-meta-*",
    LOCK_HEADERS[0],
    LOCK_HEADERS[1],
    LOCK_HEADERS[2],
    "x-amz-sdk-checksum-algorithm",
    SEALING_HEADERS[0],
    SEALING_HEADERS[1],
    SEALING_HEADERS[2],
    SEALING_HEADERS[3],
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-trailer",
    "x-amz-website-redirect-location",
];

const LIFECYCLE_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
    "x-amz-transition-default-minimum-object-size",
];

const COPY_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-algorithm",
    "x-amz-copy-source",
    "x-amz-copy-source-if-*",
    SOURCE_HEADERS[0],
    SOURCE_HEADERS[1],
    SOURCE_HEADERS[2],
    "x-amz-grant-*",
    "x-amz-meta-*",
    "x-amz-metadata-directive",
    LOCK_HEADERS[0],
    LOCK_HEADERS[1],
    LOCK_HEADERS[2],
    SEALING_HEADERS[0],
    SEALING_HEADERS[1],
    SEALING_HEADERS[2],
    SEALING_HEADERS[3],
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
];

/// By which a client of another store asks for more than S3 lists, and takes what S3 lists.
const METADATA: &str = "metadata";

/// Of lists of configurations; with an id one of them is meant.
const LISTED_CONFIGURATIONS: &[&str] = &["continuation-token", "id"];

const fn route(method: &'static str, scope: Scope, action: Action) -> Route {
    Route {
        action,
        method,
        scope,
        selector: None,
        beside: None,
        header: None,
        query: &[],
        headers: &[],
    }
}

impl Route {
    const fn by(mut self, parameter: &'static str) -> Self {
        self.selector = Some((parameter, None));
        self
    }

    const fn valued(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.selector = Some((parameter, Some(value)));
        self
    }

    const fn with(mut self, parameter: &'static str) -> Self {
        self.beside = Some(parameter);
        self
    }

    const fn having(mut self, header: &'static str) -> Self {
        self.header = Some(header);
        self
    }

    const fn query(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    const fn headers(mut self, headers: &'static [&'static str]) -> Self {
        self.headers = headers;
        self
    }

    /// Whether the operation is about a bucket that is there.
    fn has_bucket(&self) -> bool {
        self.scope != Scope::Service && self.action != Action::CreateBucket
    }

    /// The first query parameter that the operation does not understand.
    pub fn unknown_parameter<'a>(
        &self,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        names.find(|name| {
            !(self.selector.is_some_and(|(selector, _)| selector == *name)
                || self.beside == Some(*name)
                || listed(self.query, name)
                || listed(COMMON_QUERY, name))
        })
    }

    /// The first `x-amz-*` header that the operation does not understand.
    pub fn unknown_header<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        names.find(|name| {
            name.starts_with("x-amz-")
                && !(self.header.is_some_and(|header| header == *name)
                    || listed(self.headers, name)
                    || listed(COMMON_HEADERS, name)
                    || self.has_bucket() && listed(BUCKET_HEADERS, name))
        })
    }
}

fn listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|entry| match entry.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *entry == name,
    })
}

/// Rows with a selector or a needed header stand before the plain row of their method and scope.
pub const ROUTES: &[Route] = &[
    route("GET", Scope::Service, Action::ListBuckets).query(&[
        "prefix",
        "continuation-token",
        "max-buckets",
        "bucket-region",
    ]),
    route("GET", Scope::Bucket, Action::GetBucketEncryption).by("encryption"),
    route("PUT", Scope::Bucket, Action::PutBucketEncryption)
        .by("encryption")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketEncryption).by("encryption"),
    route("PUT", Scope::Bucket, Action::CreateBucket).headers(&[
        "x-amz-acl",
        "x-amz-grant-*",
        "x-amz-object-ownership",
        "x-amz-bucket-object-lock-enabled",
    ]),
    route("HEAD", Scope::Bucket, Action::HeadBucket),
    route("DELETE", Scope::Bucket, Action::DeleteBucket),
    route("GET", Scope::Bucket, Action::GetBucketAcl).by("acl"),
    route("PUT", Scope::Bucket, Action::PutBucketAcl)
        .by("acl")
        .headers(ACL_HEADERS),
    route("GET", Scope::Object, Action::GetObjectAcl)
        .by("acl")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectAcl)
        .by("acl")
        .query(&["versionId"])
        .headers(ACL_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketPolicy).by("policy"),
    route("PUT", Scope::Bucket, Action::PutBucketPolicy)
        .by("policy")
        .headers(POLICY_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketPolicy).by("policy"),
    route("GET", Scope::Bucket, Action::GetBucketPolicyStatus).by("policyStatus"),
    route("GET", Scope::Bucket, Action::GetPublicAccessBlock).by("publicAccessBlock"),
    route("PUT", Scope::Bucket, Action::PutPublicAccessBlock)
        .by("publicAccessBlock")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeletePublicAccessBlock).by("publicAccessBlock"),
    route("GET", Scope::Bucket, Action::GetBucketOwnershipControls).by("ownershipControls"),
    route("PUT", Scope::Bucket, Action::PutBucketOwnershipControls)
        .by("ownershipControls")
        .headers(UPLOAD_HEADERS),
    route(
        "DELETE",
        Scope::Bucket,
        Action::DeleteBucketOwnershipControls,
    )
    .by("ownershipControls"),
    route("GET", Scope::Bucket, Action::GetBucketLocation).by("location"),
    route("GET", Scope::Bucket, Action::GetBucketVersioning).by("versioning"),
    route("PUT", Scope::Bucket, Action::PutBucketVersioning)
        .by("versioning")
        .headers(VERSIONING_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketLogging).by("logging"),
    route("PUT", Scope::Bucket, Action::PutBucketLogging)
        .by("logging")
        .headers(UPLOAD_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketInventoryConfiguration,
    )
    .by("inventory")
    .with("id"),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketInventoryConfigurations,
    )
    .by("inventory")
    .query(&["continuation-token"]),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketInventoryConfiguration,
    )
    .by("inventory")
    .query(&["id"])
    .headers(UPLOAD_HEADERS),
    route(
        "DELETE",
        Scope::Bucket,
        Action::DeleteBucketInventoryConfiguration,
    )
    .by("inventory")
    .query(&["id"]),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketNotificationConfiguration,
    )
    .by("notification"),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketNotificationConfiguration,
    )
    .by("notification")
    .headers(UPLOAD_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketLifecycleConfiguration,
    )
    .by("lifecycle"),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketLifecycleConfiguration,
    )
    .by("lifecycle")
    .headers(LIFECYCLE_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketLifecycle).by("lifecycle"),
    route("GET", Scope::Bucket, Action::GetObjectLockConfiguration).by("object-lock"),
    route("PUT", Scope::Bucket, Action::PutObjectLockConfiguration)
        .by("object-lock")
        .headers(UPLOAD_HEADERS),
    route("GET", Scope::Bucket, Action::ListObjectVersions)
        .by("versions")
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-keys",
            METADATA,
            "prefix",
            "version-id-marker",
        ])
        .headers(&["x-amz-optional-object-attributes"]),
    route("GET", Scope::Bucket, Action::GetBucketCors).by("cors"),
    route("PUT", Scope::Bucket, Action::PutBucketCors)
        .by("cors")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketCors).by("cors"),
    route("GET", Scope::Bucket, Action::GetBucketTagging).by("tagging"),
    route("PUT", Scope::Bucket, Action::PutBucketTagging)
        .by("tagging")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketTagging).by("tagging"),
    route("GET", Scope::Bucket, Action::ListMultipartUploads)
        .by("uploads")
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-uploads",
            "prefix",
            "upload-id-marker",
        ]),
    route("GET", Scope::Bucket, Action::ListObjectsV2)
        .valued("list-type", "2")
        .query(&[
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "max-keys",
            METADATA,
            "prefix",
            "start-after",
        ])
        .headers(&["x-amz-optional-object-attributes"]),
    route("GET", Scope::Bucket, Action::ListObjects)
        .query(&["delimiter", "encoding-type", "marker", "max-keys", "prefix"])
        .headers(&["x-amz-optional-object-attributes"]),
    route("POST", Scope::Bucket, Action::DeleteObjects)
        .by("delete")
        .headers(DELETE_HEADERS),
    route("POST", Scope::Bucket, Action::PostObject).headers(PUT_HEADERS),
    route("POST", Scope::Object, Action::CreateMultipartUpload)
        .by("uploads")
        .headers(PUT_HEADERS),
    route("POST", Scope::Object, Action::CompleteMultipartUpload)
        .by("uploadId")
        .headers(&[
            "x-amz-checksum-*",
            "x-amz-mp-object-size",
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
        ]),
    route("DELETE", Scope::Object, Action::AbortMultipartUpload).by("uploadId"),
    route("GET", Scope::Object, Action::ListParts)
        .by("uploadId")
        .query(&["max-parts", "part-number-marker", "encoding-type"])
        .headers(&[SEALING_HEADERS[4], SEALING_HEADERS[5], SEALING_HEADERS[6]]),
    route("PUT", Scope::Object, Action::UploadPartCopy)
        .by("uploadId")
        .having("x-amz-copy-source")
        .query(&["partNumber"])
        .headers(&[
            "x-amz-copy-source-if-*",
            "x-amz-copy-source-range",
            SOURCE_HEADERS[0],
            SOURCE_HEADERS[1],
            SOURCE_HEADERS[2],
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
            "x-amz-source-expected-bucket-owner",
        ]),
    route("PUT", Scope::Object, Action::UploadPart)
        .by("uploadId")
        .query(&["partNumber"])
        .headers(PART_HEADERS),
    route("PUT", Scope::Object, Action::CopyObject)
        .having("x-amz-copy-source")
        .headers(COPY_HEADERS),
    route("PUT", Scope::Object, Action::PutObject).headers(PUT_HEADERS),
    route("GET", Scope::Object, Action::GetObjectRetention)
        .by("retention")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectRetention)
        .by("retention")
        .query(&["versionId"])
        .headers(RETENTION_HEADERS),
    route("GET", Scope::Object, Action::GetObjectLegalHold)
        .by("legal-hold")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectLegalHold)
        .by("legal-hold")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route("GET", Scope::Object, Action::GetObjectTagging)
        .by("tagging")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectTagging)
        .by("tagging")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Object, Action::DeleteObjectTagging)
        .by("tagging")
        .query(&["versionId"]),
    route("GET", Scope::Object, Action::GetObject)
        .query(READ_QUERY)
        .headers(READ_HEADERS),
    route("HEAD", Scope::Object, Action::HeadObject)
        .query(READ_QUERY)
        .headers(READ_HEADERS),
    route("DELETE", Scope::Object, Action::DeleteObject)
        .query(&["versionId"])
        .headers(&[
            BYPASS,
            "x-amz-if-match-last-modified-time",
            "x-amz-if-match-size",
            MFA,
        ]),
    route("GET", Scope::Object, Action::GetObjectAttributes)
        .by("attributes")
        .query(&["versionId"])
        .headers(&[
            "x-amz-max-parts",
            "x-amz-object-attributes",
            "x-amz-part-number-marker",
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
        ]),
    route("POST", Scope::Object, Action::RestoreObject)
        .by("restore")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketAccelerateConfiguration,
    )
    .by("accelerate"),
    route("GET", Scope::Bucket, Action::GetBucketRequestPayment).by("requestPayment"),
    route("PUT", Scope::Bucket, Action::PutBucketRequestPayment)
        .by("requestPayment")
        .headers(UPLOAD_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketWebsite).by("website"),
    route("DELETE", Scope::Bucket, Action::DeleteBucketWebsite).by("website"),
    route("GET", Scope::Bucket, Action::GetBucketReplication).by("replication"),
    route("DELETE", Scope::Bucket, Action::DeleteBucketReplication).by("replication"),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketAnalyticsConfigurations,
    )
    .by("analytics")
    .query(LISTED_CONFIGURATIONS),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketIntelligentTieringConfigurations,
    )
    .by("intelligent-tiering")
    .query(LISTED_CONFIGURATIONS),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketMetricsConfigurations,
    )
    .by("metrics")
    .query(LISTED_CONFIGURATIONS),
];

/// Sub-resources of S3 that no row names. Without this list `PUT /bucket?policy` would be taken for
/// a plain PUT with an unknown parameter; with it the message can say what is missing.
pub const SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "versioning",
    "versions",
    "website",
];

/// Why no operation was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NoRoute {
    /// The method has no meaning here.
    Method,
    /// The sub-resource is one of S3's that this version does not have.
    SubResource(&'static str),
}

/// Finds the row of a request.
pub fn find<'q>(
    method: &str,
    scope: Scope,
    parameter: impl Fn(&str) -> Option<&'q str>,
    has_header: impl Fn(&str) -> bool,
) -> Result<&'static Route, NoRoute> {
    let sub_resource = SUB_RESOURCES.iter().find(|name| parameter(name).is_some());
    let selected = |route: &Route| {
        let by = route.selector.map(|(name, _)| name);
        // A sub-resource is asked for by name or not at all.
        sub_resource.is_none_or(|name| by == Some(*name))
            && route.selector.is_none_or(|(name, wanted)| {
                parameter(name).is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
            })
            && route.beside.is_none_or(|name| parameter(name).is_some())
            && route.header.is_none_or(&has_header)
    };
    let mut routes = ROUTES.iter();
    let found =
        routes.find(|route| route.scope == scope && route.method == method && selected(route));
    found.ok_or_else(|| sub_resource.map_or(NoRoute::Method, |name| NoRoute::SubResource(name)))
}

#[cfg(test)]
mod tests {
    use super::{NoRoute, Scope, find};
    use crate::access::action::Action;
    use crate::api::http::target::Query;

    #[track_caller]
    fn check(request: &str, header: &str, expected: Option<Action>) {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let scope = match path {
            "/" => Scope::Service,
            "/b" => Scope::Bucket,
            _ => Scope::Object,
        };
        let query = Query::parse(query).unwrap();
        let found = find(
            method,
            scope,
            |name| query.value(name),
            |name| name == header,
        );
        assert_eq!(found.ok().map(|route| route.action), expected, "{request}");
    }

    const COPY: &str = "x-amz-copy-source";

    /// A request, a header that it has, and the operation that it asks for.
    const REQUESTS: &[(&str, &str, Option<Action>)] = &[
        ("GET /", "", Some(Action::ListBuckets)),
        ("PUT /b", "", Some(Action::CreateBucket)),
        ("HEAD /b", "", Some(Action::HeadBucket)),
        ("DELETE /b", "", Some(Action::DeleteBucket)),
        ("GET /b", "", Some(Action::ListObjects)),
        (
            "GET /b?list-type=2&prefix=a",
            "",
            Some(Action::ListObjectsV2),
        ),
        ("GET /b?location", "", Some(Action::GetBucketLocation)),
        ("GET /b?acl", "", Some(Action::GetBucketAcl)),
        ("PUT /b?acl", "", Some(Action::PutBucketAcl)),
        ("GET /b/k?acl", "", Some(Action::GetObjectAcl)),
        ("PUT /b/k?acl", "", Some(Action::PutObjectAcl)),
        ("PUT /b?policy", "", Some(Action::PutBucketPolicy)),
        ("GET /b?policy", "", Some(Action::GetBucketPolicy)),
        ("DELETE /b?policy", "", Some(Action::DeleteBucketPolicy)),
        (
            "GET /b?policyStatus",
            "",
            Some(Action::GetBucketPolicyStatus),
        ),
        (
            "PUT /b?publicAccessBlock",
            "",
            Some(Action::PutPublicAccessBlock),
        ),
        (
            "GET /b?publicAccessBlock",
            "",
            Some(Action::GetPublicAccessBlock),
        ),
        (
            "DELETE /b?publicAccessBlock",
            "",
            Some(Action::DeletePublicAccessBlock),
        ),
        (
            "PUT /b?ownershipControls",
            "",
            Some(Action::PutBucketOwnershipControls),
        ),
        (
            "GET /b?ownershipControls",
            "",
            Some(Action::GetBucketOwnershipControls),
        ),
        (
            "DELETE /b?ownershipControls",
            "",
            Some(Action::DeleteBucketOwnershipControls),
        ),
        ("GET /b?logging", "", Some(Action::GetBucketLogging)),
        ("PUT /b?logging", "", Some(Action::PutBucketLogging)),
        (
            "GET /b?inventory&id=a",
            "",
            Some(Action::GetBucketInventoryConfiguration),
        ),
        (
            "GET /b?inventory",
            "",
            Some(Action::ListBucketInventoryConfigurations),
        ),
        (
            "PUT /b?inventory&id=a",
            "",
            Some(Action::PutBucketInventoryConfiguration),
        ),
        (
            "DELETE /b?inventory&id=a",
            "",
            Some(Action::DeleteBucketInventoryConfiguration),
        ),
        (
            "GET /b?notification",
            "",
            Some(Action::GetBucketNotificationConfiguration),
        ),
        (
            "PUT /b?notification",
            "",
            Some(Action::PutBucketNotificationConfiguration),
        ),
        (
            "GET /b?lifecycle",
            "",
            Some(Action::GetBucketLifecycleConfiguration),
        ),
        (
            "PUT /b?lifecycle",
            "",
            Some(Action::PutBucketLifecycleConfiguration),
        ),
        (
            "DELETE /b?lifecycle",
            "",
            Some(Action::DeleteBucketLifecycle),
        ),
        ("GET /b?versioning", "", Some(Action::GetBucketVersioning)),
        ("PUT /b?versioning", "", Some(Action::PutBucketVersioning)),
        (
            "GET /b?object-lock",
            "",
            Some(Action::GetObjectLockConfiguration),
        ),
        (
            "PUT /b?object-lock",
            "",
            Some(Action::PutObjectLockConfiguration),
        ),
        ("GET /b/k?retention", "", Some(Action::GetObjectRetention)),
        ("PUT /b/k?retention", "", Some(Action::PutObjectRetention)),
        ("GET /b/k?legal-hold", "", Some(Action::GetObjectLegalHold)),
        ("PUT /b/k?legal-hold", "", Some(Action::PutObjectLegalHold)),
        ("GET /b?versions", "", Some(Action::ListObjectVersions)),
        ("GET /b?tagging", "", Some(Action::GetBucketTagging)),
        ("PUT /b?tagging", "", Some(Action::PutBucketTagging)),
        ("DELETE /b?tagging", "", Some(Action::DeleteBucketTagging)),
        ("GET /b?encryption", "", Some(Action::GetBucketEncryption)),
        ("PUT /b?encryption", "", Some(Action::PutBucketEncryption)),
        (
            "DELETE /b?encryption",
            "",
            Some(Action::DeleteBucketEncryption),
        ),
        ("GET /b?uploads", "", Some(Action::ListMultipartUploads)),
        ("POST /b?delete", "", Some(Action::DeleteObjects)),
        ("PUT /b/k", "", Some(Action::PutObject)),
        ("PUT /b/k", COPY, Some(Action::CopyObject)),
        (
            "PUT /b/k?uploadId=1&partNumber=1",
            "",
            Some(Action::UploadPart),
        ),
        (
            "PUT /b/k?uploadId=1&partNumber=1",
            COPY,
            Some(Action::UploadPartCopy),
        ),
        ("POST /b/k?uploads", "", Some(Action::CreateMultipartUpload)),
        (
            "POST /b/k?uploadId=1",
            "",
            Some(Action::CompleteMultipartUpload),
        ),
        (
            "DELETE /b/k?uploadId=1",
            "",
            Some(Action::AbortMultipartUpload),
        ),
        ("GET /b/k", "", Some(Action::GetObject)),
        ("HEAD /b/k", "", Some(Action::HeadObject)),
        ("DELETE /b/k", "", Some(Action::DeleteObject)),
        ("GET /b/k?uploadId=1", "", Some(Action::ListParts)),
        ("GET /b/k?tagging", "", Some(Action::GetObjectTagging)),
        ("PUT /b/k?tagging", "", Some(Action::PutObjectTagging)),
        ("DELETE /b/k?tagging", "", Some(Action::DeleteObjectTagging)),
        ("GET /b/k?attributes", "", Some(Action::GetObjectAttributes)),
        ("POST /b/k?restore", "", Some(Action::RestoreObject)),
        (
            "GET /b?accelerate",
            "",
            Some(Action::GetBucketAccelerateConfiguration),
        ),
        (
            "GET /b?requestPayment",
            "",
            Some(Action::GetBucketRequestPayment),
        ),
        (
            "PUT /b?requestPayment",
            "",
            Some(Action::PutBucketRequestPayment),
        ),
        ("GET /b?website", "", Some(Action::GetBucketWebsite)),
        ("DELETE /b?website", "", Some(Action::DeleteBucketWebsite)),
        ("GET /b?replication", "", Some(Action::GetBucketReplication)),
        (
            "DELETE /b?replication",
            "",
            Some(Action::DeleteBucketReplication),
        ),
        (
            "GET /b?analytics&id=a",
            "",
            Some(Action::ListBucketAnalyticsConfigurations),
        ),
        (
            "GET /b?intelligent-tiering",
            "",
            Some(Action::ListBucketIntelligentTieringConfigurations),
        ),
        (
            "GET /b?metrics",
            "",
            Some(Action::ListBucketMetricsConfigurations),
        ),
        ("PUT /b?website", "", None),
        ("POST /b", "", Some(Action::PostObject)),
        ("GET /b?cors", "", Some(Action::GetBucketCors)),
        ("PUT /b?cors", "", Some(Action::PutBucketCors)),
        ("DELETE /b?cors", "", Some(Action::DeleteBucketCors)),
        ("POST /", "", None),
        ("POST /b/k", "", None),
        ("PATCH /b/k", "", None),
    ];

    #[test]
    fn every_operation_has_its_request() {
        let mut seen = Vec::new();
        for (request, header, expected) in REQUESTS.iter().copied() {
            check(request, header, expected);
            seen.extend(expected);
        }
        let missing: Vec<_> = Action::ALL.iter().filter(|a| !seen.contains(a)).collect();
        assert!(missing.is_empty(), "no request asks for {missing:?}");
    }

    #[test]
    fn missing_sub_resources_are_named() {
        let query = Query::parse("torrent").unwrap();
        let found = find("PUT", Scope::Bucket, |name| query.value(name), |_| false);
        assert_eq!(found.err(), Some(NoRoute::SubResource("torrent")));
    }

    #[test]
    fn what_an_operation_does_not_understand_is_found() {
        let query = Query::parse("list-type=2&prefix=a&x-id=List&X-Amz-Date=1&bogus=1").unwrap();
        let route = find("GET", Scope::Bucket, |n| query.value(n), |_| false).unwrap();
        assert_eq!(route.unknown_parameter(query.names()), Some("bogus"));
        let put = find("PUT", Scope::Object, |_| None, |_| false).unwrap();
        let headers = ["host", "x-amz-date", "x-amz-meta-a", "x-amz-bogus"];
        assert_eq!(put.unknown_header(headers.into_iter()), Some("x-amz-bogus"));
    }
}
