//! Numbers, ids, names and keys: one value in one column.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::{Sql, as_integer, wrong};
use crate::types::agency_key::AgencyKeyNumber;
use crate::types::clock::Time;
use crate::types::ids::{
    AccessKeyId, AgencyCode, ApprovalId, BlobId, BucketId, CanonicalId, GrantId, KeyVersion,
    PartNumber, Sequence, UploadId, UploadNumber, VersionId,
};
use crate::types::names::{
    AgencyId, BucketName, GroupName, KeyName, ObjectKey, PrincipalName, RoleName,
};

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
    AgencyKeyNumber,
    |n| n.try_into().ok().map(AgencyKeyNumber),
    |n| { n.0.into() }
);
as_integer!(KeyVersion, |n| n.try_into().ok().map(KeyVersion), |v| v
    .0
    .into());

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
