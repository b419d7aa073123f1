//! What stands of a document.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

use super::super::records::{Encryption, KeyEncryption, ObjectMetadata};
use super::{Sql, as_integer, wrong};
use crate::access::acl::Acl;
use crate::types::agency_key::AgencyKeyNumber;
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue, ObjectChecksum};
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::etag::Etag;
use crate::types::lock::{LegalHold, Lock, LockMode, Retention};
use crate::types::names::KeyName;
use crate::types::tags::Tags;

as_integer!(
    (ChecksumAlgorithm, ChecksumType),
    |n| {
        let code = u8::try_from(n).ok()?;
        Some((ChecksumAlgorithm::from_code(code / 2)?, kind(code % 2)?))
    },
    |(algorithm, kind)| i64::from(algorithm.code() * 2 + kind_code(*kind))
);

const fn kind_code(kind: ChecksumType) -> u8 {
    match kind {
        ChecksumType::FullObject => 0,
        ChecksumType::Composite => 1,
    }
}

const fn kind(code: u8) -> Option<ChecksumType> {
    match code {
        0 => Some(ChecksumType::FullObject),
        1 => Some(ChecksumType::Composite),
        _ => None,
    }
}

/// The `etag` column.
pub(in crate::meta) fn etag_bytes(etag: &Etag) -> Vec<u8> {
    let mut bytes = etag.md5.to_vec();
    if let Some(parts) = etag.parts {
        bytes.extend_from_slice(&parts.to_be_bytes());
    }
    bytes
}

impl FromSql for Sql<Etag> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let (md5, rest) = value.as_blob()?.split_first_chunk().ok_or_else(wrong)?;
        let parts = match rest {
            [] => None,
            [high, low] => Some(u16::from_be_bytes([*high, *low])),
            _ => return Err(wrong()),
        };
        Ok(Self(Etag { md5: *md5, parts }))
    }
}

/// The `checksum` column.
pub(in crate::meta) fn checksum_bytes(checksum: &ObjectChecksum) -> Vec<u8> {
    let mut bytes = vec![checksum.value.algorithm().code(), kind_code(checksum.kind)];
    bytes.extend_from_slice(&checksum.parts.unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(checksum.value.as_bytes());
    bytes
}

/// The `checksum_kind` column.
pub(in crate::meta) fn checksum_kind(
    checksum: &ObjectChecksum,
) -> Sql<(ChecksumAlgorithm, ChecksumType)> {
    Sql((checksum.value.algorithm(), checksum.kind))
}

impl FromSql for Sql<ObjectChecksum> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let [algorithm, kind_byte, high, low, value @ ..] = value.as_blob()? else {
            return Err(wrong());
        };
        let algorithm = ChecksumAlgorithm::from_code(*algorithm).ok_or_else(wrong)?;
        Ok(Self(ObjectChecksum {
            value: ChecksumValue::new(algorithm, value).ok_or_else(wrong)?,
            kind: kind(*kind_byte).ok_or_else(wrong)?,
            parts: Some(u16::from_be_bytes([*high, *low])).filter(|parts| *parts > 0),
        }))
    }
}

/// The `lock` column.
pub(in crate::meta) fn lock_bytes(lock: &Lock) -> Option<Vec<u8>> {
    if *lock == Lock::NONE {
        return None;
    }
    let (mode, until) = match lock.retention {
        None => (0, 0),
        Some(Retention { mode, until }) => match mode {
            LockMode::Governance => (1, until.millis()),
            LockMode::Compliance => (2, until.millis()),
        },
    };
    let hold = match lock.legal_hold {
        None => 0,
        Some(LegalHold::On) => 1,
        Some(LegalHold::Off) => 2,
    };
    let mut bytes = vec![mode];
    bytes.extend_from_slice(&until.to_be_bytes());
    bytes.push(hold);
    Some(bytes)
}

impl FromSql for Sql<Lock> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let [mode, until @ .., hold] = value.as_blob()? else {
            return Err(wrong());
        };
        let until = i64::from_be_bytes(until.try_into().map_err(|_| wrong())?);
        let until = Time::from_millis(until);
        let mode = match mode {
            0 => None,
            1 => Some(LockMode::Governance),
            2 => Some(LockMode::Compliance),
            _ => return Err(wrong()),
        };
        let legal_hold = match hold {
            0 => None,
            1 => Some(LegalHold::On),
            2 => Some(LegalHold::Off),
            _ => return Err(wrong()),
        };
        Ok(Self(Lock {
            retention: mode.map(|mode| Retention { mode, until }),
            legal_hold,
        }))
    }
}

/// The `metadata` column; the content type has a column of its own.
pub(in crate::meta) fn metadata_text(metadata: &ObjectMetadata) -> Option<String> {
    let tags = metadata.tags.pairs();
    let acl = metadata.acl.as_ref().map(Acl::write);
    if metadata.system.is_empty() && metadata.user.is_empty() && tags.is_empty() && acl.is_none() {
        return None;
    }
    let lists = (&metadata.system, &metadata.user, tags, acl);
    Some(serde_json::to_string(&lists).expect("lists of strings always have a JSON form"))
}

/// Reads the columns `content_type` and `metadata`.
pub(in crate::meta) fn metadata(row: &Row<'_>, index: usize) -> rusqlite::Result<ObjectMetadata> {
    let content_type = row.get(index)?;
    let text = row.get_ref(index + 1)?.as_str_or_null()?;
    let refused = |error: serde_json::Error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(index + 1, kind, error.into())
    };
    let (system, user, tags, acl): (_, _, _, Option<String>) = match text {
        None => Default::default(),
        Some(text) => serde_json::from_str(text).map_err(refused)?,
    };
    let acl = acl.as_deref().map(Acl::read).transpose().map_err(refused)?;
    Ok(ObjectMetadata {
        content_type,
        system,
        user,
        tags: Tags::stored(tags),
        acl,
    })
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum EncryptionText {
    Key {
        number: u16,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        context: Option<String>,
        bucket_key: bool,
    },
    Customer(String),
}

/// The `encryption` column.
pub(in crate::meta) fn encryption_text(encryption: &Encryption) -> Option<String> {
    let text = match encryption {
        Encryption::Default => return None,
        Encryption::Key(key) => EncryptionText::Key {
            number: key.number.0,
            name: key.name.as_str().to_owned(),
            context: key.context.clone(),
            bucket_key: key.bucket_key,
        },
        Encryption::Customer(check) => EncryptionText::Customer(encoding::hex(check)),
    };
    Some(serde_json::to_string(&text).expect("strings and numbers always have a JSON form"))
}

/// The `key_number` column.
pub(in crate::meta) fn key_number(encryption: &Encryption) -> Option<u16> {
    let number = encryption.key_number();
    (number != AgencyKeyNumber::DEFAULT).then_some(number.0)
}

/// Reads the column `encryption`; what cannot be read refuses (law 8).
pub(in crate::meta) fn encryption(row: &Row<'_>, index: usize) -> rusqlite::Result<Encryption> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else {
        return Ok(Encryption::Default);
    };
    let parsed = serde_json::from_str(text).ok().and_then(|text| match text {
        EncryptionText::Key {
            number,
            name,
            context,
            bucket_key,
        } => Some(Encryption::Key(KeyEncryption {
            number: AgencyKeyNumber(number),
            name: KeyName::parse(&name).ok()?,
            context,
            bucket_key,
        })),
        EncryptionText::Customer(check) => encoding::parse_hex(&check).map(Encryption::Customer),
    });
    parsed.ok_or_else(|| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(wrong()))
    })
}
