//! Requests that a second person has to approve, and what says whether one is needed.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::ApprovalRecord;
use super::super::schema::OfAgency;
use crate::types::ids::{ApprovalId, BucketId, CanonicalId};
use crate::types::names::PrincipalName;

/// The columns of [`read_approval`].
pub(in super::super) const APPROVAL: &str = "SELECT approval_id, action, request, asked_by,
    asked_hand, asked_ms, expires_ms, state, decided_by, decided_ms FROM approvals";

impl<S> Reader<'_, S> {
    /// The requests that wait, or waited lately, the newest first; `limits::APPROVALS_MAX` bounds
    /// them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn approvals(&self) -> Result<Vec<ApprovalRecord>, Error> {
        let sql = format!("{APPROVAL} ORDER BY asked_ms DESC, approval_id");
        self.all(&sql, [], read_approval)
    }

    /// The request of this id.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn approval(&self, id: &ApprovalId) -> Result<Option<ApprovalRecord>, Error> {
        let sql = format!("{APPROVAL} WHERE approval_id = ?1");
        self.first(&sql, [Sql(id)], read_approval)
    }
}

impl Reader<'_, OfAgency> {
    /// Whether anything of a document is stored: a version, a delete marker, a part.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn holds_documents(&self) -> Result<bool, Error> {
        let any = self.first(
            "SELECT EXISTS (SELECT 1 FROM objects) OR EXISTS (SELECT 1 FROM versions)
                 OR EXISTS (SELECT 1 FROM pieces)",
            [],
            |row| row.get(0),
        )?;
        Ok(any.unwrap_or(true))
    }

    /// Whether an access control list of a version in a bucket names a principal. Reads them all:
    /// for who gives keys, never for who uses one.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn is_in_lists(&self, bucket_id: BucketId, id: CanonicalId) -> Result<bool, Error> {
        let any = self.first(
            "SELECT EXISTS (SELECT 1 FROM objects o JOIN details d ON d.sequence = o.sequence
                     WHERE o.bucket_id = ?1 AND instr(d.metadata, ?2) > 0)
                 OR EXISTS (SELECT 1 FROM versions v JOIN details d ON d.sequence = v.sequence
                     WHERE v.bucket_id = ?1 AND instr(d.metadata, ?2) > 0)
                 OR EXISTS (SELECT 1 FROM uploads u
                     WHERE u.bucket_id = ?1 AND instr(u.metadata, ?2) > 0)",
            (Sql(bucket_id), id.to_string()),
            |row| row.get(0),
        )?;
        Ok(any.unwrap_or(true))
    }

    /// Whether a principal has or owns anything, is in a group or has a role.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn knows_principal(&self, name: &PrincipalName) -> Result<bool, Error> {
        let any = self.first(
            "SELECT EXISTS (SELECT 1 FROM principals WHERE name = ?1)
                 OR EXISTS (SELECT 1 FROM group_members WHERE principal = ?1)
                 OR EXISTS (SELECT 1 FROM role_holders WHERE holder = ?1)",
            [Sql(name)],
            |row| row.get(0),
        )?;
        Ok(any.unwrap_or(true))
    }
}

pub(in super::super) fn read_approval(row: &Row<'_>) -> rusqlite::Result<ApprovalRecord> {
    Ok(ApprovalRecord {
        id: column(row, 0)?,
        action: row.get(1)?,
        request: row.get(2)?,
        asked_by: row.get(3)?,
        asked_hand: row.get(4)?,
        asked: column(row, 5)?,
        expires: column(row, 6)?,
        state: column(row, 7)?,
        decided_by: row.get(8)?,
        decided: optional(row, 9)?,
    })
}
