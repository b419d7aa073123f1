//! What stands of a bucket.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::super::records::{BucketDocument, Documents, Versioning};
use super::{Sql, as_integer, wrong};

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
