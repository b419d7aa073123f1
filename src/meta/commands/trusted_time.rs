//! The time that retention is compared with outlives the process.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::TrustedRecord;
use super::super::schema::OfAgency;

/// Writes down how far trust in the clock has come.
#[derive(Clone, Copy, Debug)]
pub struct KeepTrustedTime(pub TrustedRecord);

impl Command for KeepTrustedTime {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute(
            "INSERT OR REPLACE INTO trusted_time (only, at_ms, credit_ms) VALUES (1, ?1, ?2)",
            (Sql(self.0.at), self.0.credit_millis),
        )?;
        Ok(())
    }
}
