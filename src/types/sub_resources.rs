//! The sub-resources of S3: parameters that ask for something of a bucket or an object other than
//! itself.

/// All that S3 knows by name and that a request can ask for with any method, those among them that
/// no operation here has: a `PUT /bucket?torrent` is no plain PUT with an unknown parameter.
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
