//! What a rewrapping goes through: every version of every object, then a look for what it missed.

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{RewrapCursor, RewrapPhase, RewrapRecord};
use super::super::schema::OfAgency;
use crate::types::agency_key::{AgencyKeyNumber, AgencyKeyVersion};
use crate::types::ids::{BucketId, PartNumber, Sequence, UploadNumber, VersionId};
use crate::types::names::ObjectKey;

/// A wrapped data key, and the place that it is bound to.
#[derive(Clone, Debug)]
pub struct RewrapCandidate {
    /// The bucket.
    pub bucket: BucketId,
    /// The key of the object.
    pub object_key: ObjectKey,
    /// Where in the object.
    pub at: RewrapPlace,
    /// The size of what it seals.
    pub size_bytes: u64,
    /// The encryption context.
    pub context: Option<String>,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
}

/// The last step of a candidate's place.
#[derive(Clone, Copy, Debug)]
pub enum RewrapPlace {
    /// A version stored in one piece.
    Version(Sequence, VersionId),
    /// A part of one.
    Part(UploadNumber, PartNumber),
}

/// What one step looks at.
#[derive(Clone, Debug, Default)]
pub struct RewrapPage {
    /// The data keys that were found.
    pub found: Vec<RewrapCandidate>,
    /// How many rows were looked at.
    pub examined: u64,
    /// Where the next step begins; none at the end of the phase.
    pub next: Option<RewrapCursor>,
    /// Data keys under older versions, in a phase that only counts.
    pub left: u64,
}

/// Selects versions of objects with what their data keys are bound to.
macro_rules! versions_of {
    ($table:literal) => {
        concat!(
            "SELECT o.bucket_id, o.object_key, o.sequence, o.version_id, o.size_bytes,
                 d.upload_number, d.encryption, d.wrapped_key, coalesce(d.key_number, 1)
             FROM ",
            $table,
            " o JOIN details d ON d.sequence = o.sequence
             WHERE (o.bucket_id, o.object_key) >= (?1, ?2)
             AND NOT (o.bucket_id = ?1 AND o.object_key = ?2 AND o.sequence >= ?3)
             ORDER BY o.bucket_id, o.object_key, o.sequence DESC LIMIT ?4"
        )
    };
}

struct Row {
    candidate: RewrapCandidate,
    sequence: Sequence,
    upload: Option<UploadNumber>,
    number: AgencyKeyNumber,
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let sequence = column(row, 2)?;
    Ok(Row {
        candidate: RewrapCandidate {
            bucket: column(row, 0)?,
            object_key: column(row, 1)?,
            at: RewrapPlace::Version(sequence, column(row, 3)?),
            size_bytes: column(row, 4)?,
            context: codec::encryption(row, 6)?.context().map(str::to_owned),
            wrapped_key: row.get(7)?,
        },
        sequence,
        upload: optional(row, 5)?,
        number: column(row, 8)?,
    })
}

impl Reader<'_, OfAgency> {
    /// The rewrapping of a key, if it was ever rotated.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn rewrap(&self, number: AgencyKeyNumber) -> Result<Option<RewrapRecord>, Error> {
        self.first(
            "SELECT version, phase, cursor_number, cursor_key, cursor_last, examined, rewrapped
             FROM rewraps WHERE number = ?1",
            [Sql(number)],
            |row| {
                Ok(RewrapRecord {
                    number,
                    version: column(row, 0)?,
                    phase: column(row, 1)?,
                    cursor: RewrapCursor {
                        number: row.get(2)?,
                        object_key: row.get(3)?,
                        last: row.get(4)?,
                    },
                    examined: column(row, 5)?,
                    rewrapped: column(row, 6)?,
                })
            },
        )
    }

    /// The next rows of a rewrapping, about `limit` of them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn rewrap_page(&self, record: &RewrapRecord, limit: u32) -> Result<RewrapPage, Error> {
        match record.phase {
            RewrapPhase::Objects => self.page_of(versions_of!("objects"), record, limit),
            RewrapPhase::Versions => self.page_of(versions_of!("versions"), record, limit),
            RewrapPhase::CheckObjects => self.left_in(
                "SELECT sequence, 0, wrapped_key FROM details
                 WHERE sequence > ?1 AND ?2 = ?2 ORDER BY sequence LIMIT ?3",
                record,
                limit,
            ),
            // What an abandoned upload left is never read again.
            RewrapPhase::CheckParts => self.left_in(
                "SELECT upload_number, part_number, CASE WHEN upload_number IN
                     (SELECT upload_number FROM abandoned) THEN x'' ELSE wrapped_key END
                 FROM pieces WHERE (upload_number, part_number) > (?1, ?2)
                 ORDER BY upload_number, part_number LIMIT ?3",
                record,
                limit,
            ),
            RewrapPhase::Done => Ok(RewrapPage::default()),
        }
    }

    /// Rows of one bucket, and of one object that has parts at most: each may have ten thousand.
    fn page_of(
        &self,
        sql: &'static str,
        record: &RewrapRecord,
        limit: u32,
    ) -> Result<RewrapPage, Error> {
        let RewrapCursor {
            number,
            object_key,
            last,
        } = &record.cursor;
        let rows = self.all(sql, (number, object_key, last, limit), read_row)?;
        let mut page = RewrapPage::default();
        let bucket = rows.first().map(|row| row.candidate.bucket);
        for row in rows {
            let candidate = row.candidate;
            if Some(candidate.bucket) != bucket {
                break;
            }
            page.examined += 1;
            page.next = Some(RewrapCursor {
                number: candidate.bucket.0,
                object_key: candidate.object_key.as_str().as_bytes().to_vec(),
                last: row.sequence.0,
            });
            if row.number != record.number {
                continue;
            }
            let Some(upload) = row.upload else {
                page.found.push(candidate);
                continue;
            };
            let parts = self.all(
                "SELECT part_number, size_bytes, wrapped_key FROM pieces WHERE upload_number = ?1",
                [Sql(upload)],
                |row| Ok((column(row, 0)?, column(row, 1)?, row.get(2)?)),
            )?;
            page.found
                .extend(
                    parts
                        .into_iter()
                        .map(|(part, size_bytes, wrapped_key)| RewrapCandidate {
                            at: RewrapPlace::Part(upload, part),
                            size_bytes,
                            wrapped_key,
                            ..candidate.clone()
                        }),
                );
            break;
        }
        Ok(page)
    }

    fn left_in(
        &self,
        sql: &'static str,
        record: &RewrapRecord,
        limit: u32,
    ) -> Result<RewrapPage, Error> {
        let (number, last) = (record.cursor.number, record.cursor.last);
        let rows: Vec<(i64, i64, Vec<u8>)> = self.all(sql, (number, last, limit), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let is_older = |wrapped_key: &[u8]| {
            AgencyKeyVersion::of_wrapped(wrapped_key)
                .is_some_and(|by| by.number == record.number && by.version < record.version)
        };
        let left = rows
            .iter()
            .filter(|(.., wrapped)| is_older(wrapped))
            .count();
        Ok(RewrapPage {
            left: left as u64,
            examined: rows.len() as u64,
            next: rows.last().map(|(number, last, _)| RewrapCursor {
                number: *number,
                object_key: Vec::new(),
                last: *last,
            }),
            found: Vec::new(),
        })
    }
}
