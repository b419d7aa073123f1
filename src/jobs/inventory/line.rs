//! The lines of a report: CSV, every value in quotes, keys percent-encoded.
//!
//! Source: AWS S3 User Guide, "Amazon S3 Inventory list"; what an empty value means: the same,
//! "Converting empty version ID strings in Amazon S3 Inventory reports to null strings".

use std::fmt::Write as _;

use serde::Serialize;

use crate::access::acl::Acl;
use crate::access::acl::Grantee;
use crate::meta::records::Encryption;
use crate::store::inventory::Details;
use crate::store::inventory::InventoryRow;
use crate::types::checksum::ChecksumType;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::CanonicalId;
use crate::types::ids::VersionId;
use crate::types::lock::LegalHold;
use crate::types::lock::LockMode;

use super::configuration::Field;
use super::configuration::Inventory;
use super::configuration::Versions;

/// The columns of a report.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    bucket: String,
    versions: Versions,
    fields: Vec<Field>,
    /// Whose everything in the bucket is, where lists of objects do not count.
    enforced_owner: Option<CanonicalId>,
}

impl Layout {
    pub(super) fn new(
        bucket: &str,
        inventory: &Inventory,
        enforced_owner: Option<CanonicalId>,
    ) -> Self {
        let all = Field::ALL.iter().copied();
        Self {
            bucket: bucket.to_owned(),
            versions: inventory.versions,
            fields: all
                .filter(|field| inventory.fields.contains(field))
                .collect(),
            enforced_owner,
        }
    }

    /// Whether a column shows what only the details of a version tell.
    pub(super) fn details(&self) -> Details {
        let asked = self.fields.iter().any(|field| {
            matches!(
                field,
                Field::EncryptionStatus
                    | Field::ObjectLockRetainUntilDate
                    | Field::ObjectLockMode
                    | Field::ObjectLockLegalHoldStatus
                    | Field::BucketKeyStatus
                    | Field::ObjectAccessControlList
            )
        });
        if asked {
            Details::Read
        } else {
            Details::Skipped
        }
    }

    /// The names of the columns, as a manifest has them.
    pub(super) fn schema(&self) -> String {
        let mut names = vec!["Bucket", "Key"];
        if self.versions == Versions::All {
            names.extend(["VersionId", "IsLatest", "IsDeleteMarker"]);
        }
        names.extend(self.fields.iter().map(|field| field.name()));
        names.join(", ")
    }

    /// Adds the line of a version or delete marker.
    pub(super) fn write(&self, row: &InventoryRow, text: &mut String) {
        value(text, &self.bucket);
        text.push(',');
        value(
            text,
            &encoding::percent_path(row.object_key.as_str().as_bytes()),
        );
        if self.versions == Versions::All {
            let version_id = match row.version_id {
                VersionId::Null => String::new(),
                VersionId::Id(_) => row.version_id.to_string(),
            };
            for shown in [
                version_id.as_str(),
                truth(row.is_latest),
                truth(row.etag.is_none()),
            ] {
                text.push(',');
                value(text, shown);
            }
        }
        for field in &self.fields {
            text.push(',');
            value(text, &self.shown(*field, row));
        }
        text.push('\n');
    }

    fn shown(&self, field: Field, row: &InventoryRow) -> String {
        let retention = row.lock.retention;
        let Some(etag) = &row.etag else {
            // All that there is of a delete marker.
            return match field {
                Field::LastModifiedDate => row.modified.iso8601(),
                Field::ObjectOwner => self.owner(row).to_string(),
                _ => String::new(),
            };
        };
        match field {
            Field::Size => row.size_bytes.to_string(),
            Field::LastModifiedDate => row.modified.iso8601(),
            Field::ETag => etag.bare(),
            Field::StorageClass => "STANDARD".to_owned(),
            Field::IsMultipartUploaded => truth(etag.parts.is_some()).to_owned(),
            Field::EncryptionStatus => match row.encryption {
                Encryption::Default => "SSE-S3",
                Encryption::Key(_) => "SSE-KMS",
                Encryption::Customer(_) => "SSE-C",
            }
            .to_owned(),
            Field::ObjectLockRetainUntilDate => {
                retention.map_or_else(String::new, |kept| Time::iso8601(kept.until))
            }
            Field::ObjectLockMode => match retention.map(|kept| kept.mode) {
                None => "",
                Some(LockMode::Governance) => "GOVERNANCE",
                Some(LockMode::Compliance) => "COMPLIANCE",
            }
            .to_owned(),
            Field::ObjectLockLegalHoldStatus => match row.lock.legal_hold {
                Some(LegalHold::On) => "On",
                Some(LegalHold::Off) | None => "Off",
            }
            .to_owned(),
            Field::BucketKeyStatus => match &row.encryption {
                Encryption::Key(key) if key.bucket_key => "ENABLED",
                _ => "DISABLED",
            }
            .to_owned(),
            Field::ChecksumAlgorithm => row.checksum.map_or_else(String::new, named),
            Field::ObjectAccessControlList => encoding::base64(self.acl(row).as_bytes()),
            Field::ObjectOwner => self.owner(row).to_string(),
        }
    }

    fn owner(&self, row: &InventoryRow) -> CanonicalId {
        self.enforced_owner.unwrap_or(row.owner.id)
    }

    /// The list as JSON. Source: AWS S3 User Guide, "Working with the Object ACL field".
    fn acl(&self, row: &InventoryRow) -> String {
        let owner = self.owner(row);
        let list = match (&row.acl, self.enforced_owner) {
            (Some(list), None) => list.clone(),
            (None, _) | (_, Some(_)) => Acl::of_owner(owner),
        };
        let grants = list.grants().iter().map(|grant| {
            let permission = grant.permission.name();
            match grant.grantee {
                Grantee::Principal(id) => GrantJson {
                    canonical_id: Some(id.to_string()),
                    uri: None,
                    r#type: "CanonicalUser",
                    permission,
                },
                Grantee::Group(group) => GrantJson {
                    canonical_id: None,
                    uri: Some(group.name()),
                    r#type: "Group",
                    permission,
                },
            }
        });
        let list = ListJson {
            version: "2022-11-10",
            status: "AVAILABLE",
            grants: grants.collect(),
        };
        serde_json::to_string(&list).expect("a struct of text always has a JSON form")
    }
}

#[derive(Serialize)]
struct ListJson {
    version: &'static str,
    status: &'static str,
    grants: Vec<GrantJson>,
}

#[derive(Serialize)]
struct GrantJson {
    #[serde(rename = "canonicalId", skip_serializing_if = "Option::is_none")]
    canonical_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'static str>,
    r#type: &'static str,
    permission: &'static str,
}

fn named((algorithm, _): (crate::types::checksum::ChecksumAlgorithm, ChecksumType)) -> String {
    algorithm.name().to_owned()
}

const fn truth(holds: bool) -> &'static str {
    if holds { "true" } else { "false" }
}

/// A value in quotes; nothing that a report shows has quotes of its own, but if it had, they would
/// be doubled (RFC 4180).
fn value(text: &mut String, shown: &str) {
    let _ = write!(text, "\"{}\"", shown.replace('"', "\"\""));
}
