//! Agency keys.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{AgencyKeyRecord, DestructionRequest};
use super::super::schema::OfAgency;
use crate::types::agency_key::{AgencyKeyNumber, KeyOrder};
use crate::types::clock::Time;
use crate::types::names::KeyName;

/// Selects what [`read_agency_key`] reads.
macro_rules! agency_key_columns {
    () => {
        "SELECT number, name, state, oldest_version, newest_version, is_settled, created_ms, \
         destruction_by, destruction_ms, coalesce(destruction_hand, destruction_by), \
         was_retired FROM agency_keys "
    };
}

/// Finds one agency key; its rows are for [`read_agency_key`].
pub(in super::super) const AGENCY_KEY: &str = concat!(agency_key_columns!(), "WHERE name = ?1");

/// Reads a row of [`AGENCY_KEY`].
pub(in super::super) fn read_agency_key(row: &Row<'_>) -> rusqlite::Result<AgencyKeyRecord> {
    let by: Option<String> = row.get(7)?;
    let at: Option<Time> = optional(row, 8)?;
    let hand: Option<String> = row.get(9)?;
    let who = by.zip(hand).zip(at);
    Ok(AgencyKeyRecord {
        order: KeyOrder {
            number: column(row, 0)?,
            name: column(row, 1)?,
            state: column(row, 2)?,
            oldest: column(row, 3)?,
            newest: column(row, 4)?,
        },
        is_settled: row.get(5)?,
        created: optional(row, 6)?,
        destruction: who.map(|((by, hand), at)| DestructionRequest { by, hand, at }),
        was_retired: row.get(10)?,
    })
}

impl Reader<'_, OfAgency> {
    /// The agency key of this name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn agency_key(&self, name: &KeyName) -> Result<Option<AgencyKeyRecord>, Error> {
        self.first(AGENCY_KEY, [Sql(name)], read_agency_key)
    }

    /// All agency keys, at most `limits::AGENCY_KEYS_MAX`, in the order in which they were made.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn agency_keys(&self) -> Result<Vec<AgencyKeyRecord>, Error> {
        self.all(
            concat!(agency_key_columns!(), "ORDER BY number"),
            [],
            read_agency_key,
        )
    }

    /// How many versions of objects another key than the default one seals.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn objects_under(&self, number: AgencyKeyNumber) -> Result<u64, Error> {
        let count = self.first(
            "SELECT count(*) FROM details WHERE key_number = ?1",
            [Sql(number)],
            |row| column(row, 0),
        )?;
        Ok(count.unwrap_or_default())
    }
}
