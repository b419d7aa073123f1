//! One step of a rewrapping: data keys under the newest version in place of older ones.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::queries::RewrapPlace;
use super::super::records::RewrapRecord;
use super::super::schema::OfAgency;

/// A data key, wrapped anew.
#[derive(Clone, Debug)]
pub struct Rewrapped {
    /// Where it is.
    pub at: RewrapPlace,
    /// As it was; left alone if it is that no longer.
    pub old: Vec<u8>,
    /// As it is to be.
    pub new: Vec<u8>,
}

/// Stores what a step rewrapped, and where the next one begins; left alone if the key was rotated
/// meanwhile.
#[derive(Clone, Debug)]
pub struct RewrapStep {
    /// The data keys.
    pub rewrapped: Vec<Rewrapped>,
    /// The state after the step.
    pub next: RewrapRecord,
}

impl Command for RewrapStep {
    type On = OfAgency;
    type Output = ();

    /// A group takes few of these: each may be ten thousand changes.
    fn bytes(&self) -> usize {
        self.rewrapped.len().saturating_mul(256)
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let next = &self.next;
        let stored = tx.execute(
            "UPDATE rewraps SET phase = ?3, cursor_number = ?4, cursor_key = ?5, cursor_last = ?6,
                 examined = ?7, rewrapped = ?8
             WHERE number = ?1 AND version = ?2",
            (
                Sql(next.number),
                Sql(next.version),
                Sql(next.phase),
                next.cursor.number,
                next.cursor.object_key.as_slice(),
                next.cursor.last,
                Sql(next.examined),
                Sql(next.rewrapped),
            ),
        )?;
        if stored == 0 {
            return Ok(());
        }
        for Rewrapped { at, old, new } in &self.rewrapped {
            match at {
                RewrapPlace::Version(sequence, _) => tx.execute(
                    "UPDATE details SET wrapped_key = ?3 WHERE sequence = ?1 AND wrapped_key = ?2",
                    (Sql(*sequence), old, new),
                )?,
                RewrapPlace::Part(upload, part) => tx.execute(
                    "UPDATE pieces SET wrapped_key = ?4
                     WHERE upload_number = ?1 AND part_number = ?2 AND wrapped_key = ?3",
                    (Sql(*upload), Sql(*part), old, new),
                )?,
            };
        }
        Ok(())
    }
}
