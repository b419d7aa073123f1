//! Grants between agencies, as this agency knows them.

use super::super::engine::Reader;
use super::super::error::Error;
use super::super::grants::{GRANT, GrantRecord, read_grant};
use super::super::schema::OfAgency;

impl Reader<'_, OfAgency> {
    /// All grants in the order in which this agency came to know them; `limits::GRANTS_MAX` bounds
    /// them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn grants(&self) -> Result<Vec<GrantRecord>, Error> {
        self.all(&format!("{GRANT} ORDER BY number"), [], read_grant)
    }
}
