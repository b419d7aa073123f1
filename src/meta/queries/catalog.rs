//! Agencies and operators of the installation.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{AgencyRecord, OperatorRecord};
use super::super::schema::OfInstallation;
use crate::types::ids::AgencyCode;
use crate::types::names::AgencyId;

macro_rules! columns {
    () => {
        "SELECT agency, code, display_name, state, created_ms FROM agencies "
    };
}

macro_rules! operators {
    () => {
        "SELECT name, created_ms, coalesce(hand, name), made_by, seconded_by, revoked_ms \
         FROM operators "
    };
}

impl Reader<'_, OfInstallation> {
    /// All agencies by slug; `limits::AGENCIES_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn agencies(&self) -> Result<Vec<AgencyRecord>, Error> {
        self.all(concat!(columns!(), "ORDER BY agency"), [], read_agency)
    }

    /// One agency.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn agency(&self, agency: &AgencyId) -> Result<Option<AgencyRecord>, Error> {
        self.first(
            concat!(columns!(), "WHERE agency = ?1"),
            [Sql(agency)],
            read_agency,
        )
    }

    /// The agency that an access key id names.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn agency_by_code(&self, code: &AgencyCode) -> Result<Option<AgencyRecord>, Error> {
        self.first(
            concat!(columns!(), "WHERE code = ?1"),
            [Sql(code)],
            read_agency,
        )
    }

    /// Whether there is any operator.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn has_operators(&self) -> Result<bool, Error> {
        let any = self.first("SELECT EXISTS (SELECT 1 FROM operators)", [], |row| {
            row.get(0)
        })?;
        Ok(any.unwrap_or(false))
    }

    /// The operator whose token has this SHA-256. A token is random, so finding its hash by index
    /// tells a guesser nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn operator_by_token(
        &self,
        token_hash: &[u8; 32],
    ) -> Result<Option<OperatorRecord>, Error> {
        self.first(
            concat!(operators!(), "WHERE token_hash = ?1 AND revoked_ms IS NULL"),
            [token_hash.as_slice()],
            read_operator,
        )
    }

    /// All operators by name, the revoked ones too; `limits::OPERATORS_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn operators(&self) -> Result<Vec<OperatorRecord>, Error> {
        self.all(concat!(operators!(), "ORDER BY name"), [], read_operator)
    }
}

fn read_operator(row: &Row<'_>) -> rusqlite::Result<OperatorRecord> {
    Ok(OperatorRecord {
        name: column(row, 0)?,
        created: column(row, 1)?,
        hand: column(row, 2)?,
        made_by: row.get(3)?,
        seconded_by: row.get(4)?,
        revoked: optional(row, 5)?,
    })
}

fn read_agency(row: &Row<'_>) -> rusqlite::Result<AgencyRecord> {
    Ok(AgencyRecord {
        agency: column(row, 0)?,
        code: column(row, 1)?,
        display_name: row.get(2)?,
        state: column(row, 3)?,
        created: column(row, 4)?,
    })
}
