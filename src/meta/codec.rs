//! How values stand in columns: the on-disk shapes, apart from the types that the house speaks in.
//!
//! ```text
//! etag       md5 (16) [parts (2, big endian)]
//! checksum   algorithm's code (1) | kind (1) | parts, 0 for none (2, big endian) | value
//! checksum_kind  algorithm's code * 2 + kind        kind: 0 full object, 1 composite
//! metadata   JSON [[[name, value]…] system, [[name, value]…] user, [[key, value]…] tags, access
//!            control list or null], NULL if all four are empty
//! encryption  JSON {"key": {…}} or {"customer": check}, NULL for what all documents have
//! key_number  of another agency key than the default one, else NULL
//! lock       retention's mode, 0 for none (1) | its end, ms (8, big endian) | legal hold (1)
//!            NULL if nothing was ever said    mode: 1 governance, 2 compliance
//!                                             legal hold: 0 never said, 1 on, 2 off
//! roles      JSON [name…]
//! documents  JSON [[kind's number, body]…], made by the query that reads a bucket
//! ```

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

use super::records::{AgencyState, ApprovalState, BucketDocument, Documents, Holder};
use super::records::{Encryption, KeyEncryption, RewrapPhase};
use super::records::{ObjectMetadata, Revoked, Versioning};
use crate::access::acl::Acl;
use crate::types::agency_key::{AgencyKeyNumber, KeyState};
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue, ObjectChecksum};
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::etag::Etag;
use crate::types::grant::{Side, State};
use crate::types::ids::{AccessKeyId, AgencyCode, BlobId, BucketId, CanonicalId, KeyVersion};
use crate::types::ids::{ApprovalId, GrantId};
use crate::types::ids::{PartNumber, Sequence, UploadId, UploadNumber, VersionId};
use crate::types::lock::{LegalHold, Lock, LockMode, Retention};
use crate::types::names::{
    AgencyId, BucketName, GroupName, KeyName, ObjectKey, PrincipalName, RoleName,
};
use crate::types::roles::Role;
use crate::types::tags::Tags;

/// A column in the house's type. A newtype, because neither side of the conversion is ours.
pub(super) struct Sql<T>(pub(super) T);

/// Reads a column.
pub(super) fn column<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    Sql<T>: FromSql,
{
    row.get::<_, Sql<T>>(index).map(|sql| sql.0)
}

/// Reads a column that may be NULL.
pub(super) fn optional<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    Sql<T>: FromSql,
{
    row.get::<_, Option<Sql<T>>>(index)
        .map(|sql| sql.map(|sql| sql.0))
}

fn wrong() -> FromSqlError {
    FromSqlError::Other("not what was written".into())
}

macro_rules! as_integer {
    ($type:ty, $read:expr, $write:expr) => {
        impl FromSql for Sql<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let read: fn(i64) -> Option<$type> = $read;
                read(value.as_i64()?).map(Self).ok_or_else(wrong)
            }
        }

        impl ToSql for Sql<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let write: fn(&$type) -> i64 = $write;
                Ok(write(&self.0).into())
            }
        }
    };
}

as_integer!(Time, |n| Some(Time::from_millis(n)), |t| t.millis());
as_integer!(BucketId, |n| Some(BucketId(n)), |id| id.0);
as_integer!(Sequence, |n| Some(Sequence(n)), |s| s.0);
as_integer!(UploadNumber, |n| Some(UploadNumber(n)), |u| u.0);
as_integer!(
    PartNumber,
    |n| u64::try_from(n).ok().and_then(PartNumber::new),
    |n| i64::from(n.get())
);
// Sizes and offsets are bounded far below 2^63 (limits::OBJECT_BYTES_MAX).
as_integer!(u64, |n| n.try_into().ok(), |n| i64::try_from(*n)
    .unwrap_or(i64::MAX));
as_integer!(
    Versioning,
    |n| match n {
        0 => Some(Versioning::Off),
        1 => Some(Versioning::Enabled),
        2 => Some(Versioning::Suspended),
        _ => None,
    },
    |versioning| match versioning {
        Versioning::Off => 0,
        Versioning::Enabled => 1,
        Versioning::Suspended => 2,
    }
);
as_integer!(
    BucketDocument,
    |n| match n {
        1 => Some(BucketDocument::Policy),
        2 => Some(BucketDocument::Cors),
        3 => Some(BucketDocument::Lifecycle),
        4 => Some(BucketDocument::Tagging),
        5 => Some(BucketDocument::Encryption),
        6 => Some(BucketDocument::Notification),
        7 => Some(BucketDocument::OwnershipControls),
        8 => Some(BucketDocument::PublicAccessBlock),
        9 => Some(BucketDocument::Acl),
        10 => Some(BucketDocument::Logging),
        12 => Some(BucketDocument::ObjectLock),
        13 => Some(BucketDocument::Quota),
        _ => None,
    },
    |kind| match kind {
        BucketDocument::Policy => 1,
        BucketDocument::Cors => 2,
        BucketDocument::Lifecycle => 3,
        BucketDocument::Tagging => 4,
        BucketDocument::Encryption => 5,
        BucketDocument::Notification => 6,
        BucketDocument::OwnershipControls => 7,
        BucketDocument::PublicAccessBlock => 8,
        BucketDocument::Acl => 9,
        BucketDocument::Logging => 10,
        BucketDocument::ObjectLock => 12,
        BucketDocument::Quota => 13,
    }
);
as_integer!(
    AgencyKeyNumber,
    |n| n.try_into().ok().map(AgencyKeyNumber),
    |n| { n.0.into() }
);
as_integer!(KeyVersion, |n| n.try_into().ok().map(KeyVersion), |v| v
    .0
    .into());
as_integer!(
    RewrapPhase,
    |n| match n {
        0 => Some(RewrapPhase::Objects),
        1 => Some(RewrapPhase::Versions),
        2 => Some(RewrapPhase::CheckObjects),
        3 => Some(RewrapPhase::CheckParts),
        4 => Some(RewrapPhase::Done),
        _ => None,
    },
    |phase| match phase {
        RewrapPhase::Objects => 0,
        RewrapPhase::Versions => 1,
        RewrapPhase::CheckObjects => 2,
        RewrapPhase::CheckParts => 3,
        RewrapPhase::Done => 4,
    }
);
as_integer!(
    KeyState,
    |n| match n {
        0 => Some(KeyState::Active),
        1 => Some(KeyState::Retired),
        2 => Some(KeyState::Destroyed),
        _ => None,
    },
    |state| match state {
        KeyState::Active => 0,
        KeyState::Retired => 1,
        KeyState::Destroyed => 2,
    }
);
as_integer!(
    AgencyState,
    |n| match n {
        0 => Some(AgencyState::Active),
        1 => Some(AgencyState::Suspended),
        _ => None,
    },
    |state| match state {
        AgencyState::Active => 0,
        AgencyState::Suspended => 1,
    }
);
as_integer!(
    ApprovalState,
    |n| match n {
        0 => Some(ApprovalState::Waiting),
        1 => Some(ApprovalState::Approved),
        2 => Some(ApprovalState::Refused),
        3 => Some(ApprovalState::Used),
        _ => None,
    },
    |state| match state {
        ApprovalState::Waiting => 0,
        ApprovalState::Approved => 1,
        ApprovalState::Refused => 2,
        ApprovalState::Used => 3,
    }
);
as_integer!(
    Side,
    |n| match n {
        0 => Some(Side::Grantor),
        1 => Some(Side::Grantee),
        _ => None,
    },
    |side| match side {
        Side::Grantor => 0,
        Side::Grantee => 1,
    }
);
// The states in which a grant is not ended come first: an index and a look-up say `<= 2`.
as_integer!(
    State,
    |n| match n {
        0 => Some(State::Offered),
        1 => Some(State::Requested),
        2 => Some(State::Active),
        3 => Some(State::Refused),
        4 => Some(State::Revoked),
        _ => None,
    },
    |state| match state {
        State::Offered => 0,
        State::Requested => 1,
        State::Active => 2,
        State::Refused => 3,
        State::Revoked => 4,
    }
);
as_integer!(
    (ChecksumAlgorithm, ChecksumType),
    |n| {
        let code = u8::try_from(n).ok()?;
        Some((ChecksumAlgorithm::from_code(code / 2)?, kind(code % 2)?))
    },
    |(algorithm, kind)| i64::from(algorithm.code() * 2 + kind_code(*kind))
);

macro_rules! as_blob {
    ($type:ty, $read:expr, $write:expr) => {
        impl FromSql for Sql<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let read: fn(&[u8]) -> Option<$type> = $read;
                read(value.as_blob()?).map(Self).ok_or_else(wrong)
            }
        }

        impl ToSql for Sql<&$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let write: fn(&$type) -> &[u8] = $write;
                Ok(write(self.0).into())
            }
        }
    };
}

as_blob!(
    ApprovalId,
    |b| b.try_into().ok().map(ApprovalId::new),
    |id| id.as_bytes()
);
as_blob!(BlobId, |b| b.try_into().ok().map(BlobId::new), |id| id
    .as_bytes());
as_blob!(GrantId, |b| b.try_into().ok().map(GrantId::new), |id| id
    .as_bytes());
as_blob!(UploadId, |b| b.try_into().ok().map(UploadId::new), |id| id
    .as_bytes());
as_blob!(
    CanonicalId,
    |b| b.try_into().ok().map(CanonicalId::new),
    |id| id.as_bytes()
);
as_blob!(VersionId, VersionId::from_bytes, |id| id.as_bytes());
as_blob!(
    ObjectKey,
    |b| ObjectKey::parse(std::str::from_utf8(b).ok()?).ok(),
    |key| key.as_str().as_bytes()
);

macro_rules! as_text {
    ($type:ty) => {
        impl FromSql for Sql<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <$type>::parse(value.as_str()?)
                    .map(Self)
                    .map_err(|_| wrong())
            }
        }

        impl ToSql for Sql<&$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.as_str().into())
            }
        }
    };
}

as_text!(AgencyId);
as_text!(AgencyCode);
as_text!(AccessKeyId);
as_text!(BucketName);
as_text!(KeyName);
as_text!(PrincipalName);
as_text!(RoleName);
as_text!(GroupName);

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
pub(super) fn etag_bytes(etag: &Etag) -> Vec<u8> {
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
pub(super) fn checksum_bytes(checksum: &ObjectChecksum) -> Vec<u8> {
    let mut bytes = vec![checksum.value.algorithm().code(), kind_code(checksum.kind)];
    bytes.extend_from_slice(&checksum.parts.unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(checksum.value.as_bytes());
    bytes
}

/// The `checksum_kind` column.
pub(super) fn checksum_kind(checksum: &ObjectChecksum) -> Sql<(ChecksumAlgorithm, ChecksumType)> {
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
pub(super) fn lock_bytes(lock: &Lock) -> Option<Vec<u8>> {
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
pub(super) fn metadata_text(metadata: &ObjectMetadata) -> Option<String> {
    let tags = metadata.tags.pairs();
    let acl = metadata.acl.as_ref().map(Acl::write);
    if metadata.system.is_empty() && metadata.user.is_empty() && tags.is_empty() && acl.is_none() {
        return None;
    }
    let lists = (&metadata.system, &metadata.user, tags, acl);
    Some(serde_json::to_string(&lists).expect("lists of strings always have a JSON form"))
}

/// Reads the columns `content_type` and `metadata`.
pub(super) fn metadata(row: &Row<'_>, index: usize) -> rusqlite::Result<ObjectMetadata> {
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
pub(super) fn encryption_text(encryption: &Encryption) -> Option<String> {
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
pub(super) fn key_number(encryption: &Encryption) -> Option<u16> {
    let number = encryption.key_number();
    (number != AgencyKeyNumber::DEFAULT).then_some(number.0)
}

/// Reads the column `encryption`; what cannot be read refuses (law 8).
pub(super) fn encryption(row: &Row<'_>, index: usize) -> rusqlite::Result<Encryption> {
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

/// The `roles` column.
pub(super) fn roles_text(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    serde_json::to_string(&names).expect("lists of strings always have a JSON form")
}

impl FromSql for Sql<Vec<Role>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let names: Vec<String> = serde_json::from_str(value.as_str()?).map_err(|_| wrong())?;
        // A role that this program does not know refuses the whole list (law 8).
        let roles = names.iter().map(|name| Role::parse(name));
        roles.collect::<Option<_>>().map(Self).ok_or_else(wrong)
    }
}

impl FromSql for Sql<Documents> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let rows: Vec<(i64, String)> =
            serde_json::from_str(value.as_str()?).map_err(|_| wrong())?;
        let kinds = rows.into_iter().map(|(number, body)| {
            let kind: Sql<BucketDocument> = FromSql::column_result(ValueRef::Integer(number))?;
            Ok((kind.0, body.into()))
        });
        kinds.collect::<FromSqlResult<_>>().map(Self)
    }
}

/// The columns `kind` and `holder` of who has a role.
pub(super) fn holder_columns(holder: &Holder) -> (i64, &str) {
    match holder {
        Holder::Principal(name) => (0, name.as_str()),
        Holder::Group(name) => (1, name.as_str()),
    }
}

/// The inverse of [`holder_columns`], from two columns.
pub(super) fn read_holder(row: &Row<'_>, index: usize) -> rusqlite::Result<Holder> {
    match row.get::<_, i64>(index)? {
        0 => column(row, index + 1).map(Holder::Principal),
        1 => column(row, index + 1).map(Holder::Group),
        _ => Err(rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Integer,
            Box::new(wrong()),
        )),
    }
}

/// The columns `kind` and `subject` of a revocation.
pub(super) fn revoked_columns(revoked: &Revoked) -> (i64, &str) {
    match revoked {
        Revoked::Key(id) => (0, id.as_str()),
        Revoked::Principal(name) => (1, name.as_str()),
    }
}

/// The inverse of [`revoked_columns`], from two columns.
pub(super) fn read_revoked(row: &Row<'_>, index: usize) -> rusqlite::Result<Revoked> {
    match row.get::<_, i64>(index)? {
        0 => column(row, index + 1).map(Revoked::Key),
        1 => column(row, index + 1).map(Revoked::Principal),
        _ => Err(rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Integer,
            Box::new(wrong()),
        )),
    }
}
