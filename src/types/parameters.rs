//! Query parameters of S3 by which more than one room goes.

/// Those that ask for something of a bucket or an object other than itself, with whatever method,
/// and so have a meaning of their own even where no operation here has them: a
/// `PUT /bucket?torrent` is no plain PUT with an unknown parameter.
///
/// Source: AWS S3 API Reference, the request syntax of its operations.
pub const SUB_RESOURCES: [&str; 31] = [
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

/// Those that set a header of an answer, and which.
///
/// Source: AWS S3 API Reference, "GetObject", "Overriding Response Header Values".
pub const RESPONSE_OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-content-type", "content-type"),
    ("response-expires", "expires"),
];
