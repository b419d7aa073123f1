//! Principals: each stands once in its table, and rows carry its number. Lists read a third fewer
//! pages for it.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use super::codec::{Sql, column};
use super::engine::Tx;
use super::error::Error;
use super::records::Owner;
use crate::types::ids::CanonicalId;

/// The numbers of the principals that the writer has met. They never change.
#[derive(Default)]
pub(super) struct Numbers(HashMap<CanonicalId, i64>);

impl Numbers {
    const MAX: usize = 4_096;

    fn keep(&mut self, id: CanonicalId, number: i64) {
        if self.0.len() >= Self::MAX {
            self.0.clear();
        }
        self.0.insert(id, number);
    }
}

/// The number of a principal, which is given one if it has none.
pub(super) fn number_of(tx: &Tx<'_>, owner: &Owner) -> Result<i64, Error> {
    let known = tx.numbers().0.get(&owner.id).copied();
    if let Some(number) = known {
        return Ok(number);
    }
    let number = look_up(tx, owner)?;
    tx.numbers().keep(owner.id, number);
    Ok(number)
}

fn look_up(tx: &Tx<'_>, owner: &Owner) -> Result<i64, Error> {
    let found = tx.first(
        "SELECT number FROM principals WHERE canonical_id = ?1",
        [Sql(&owner.id)],
        |row| row.get(0),
    )?;
    if let Some(number) = found {
        return Ok(number);
    }
    let number = tx.next_number();
    tx.execute(
        "INSERT INTO principals (number, canonical_id, name) VALUES (?1, ?2, ?3)",
        (number, Sql(&owner.id), Sql(&owner.name)),
    )?;
    Ok(number)
}

/// Reads the columns `canonical_id` and `name`.
pub(super) fn read_owner(row: &Row<'_>, index: usize) -> rusqlite::Result<Owner> {
    Ok(Owner {
        id: column(row, index)?,
        name: column(row, index + 1)?,
    })
}

/// The owners on one page, each read once.
pub(super) struct Owners<'c> {
    connection: &'c Connection,
    known: HashMap<i64, Arc<Owner>>,
}

impl<'c> Owners<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            known: HashMap::new(),
        }
    }

    /// The owner of this number.
    pub(super) fn of(&mut self, number: i64) -> Result<Arc<Owner>, Error> {
        if let Some(owner) = self.known.get(&number) {
            return Ok(Arc::clone(owner));
        }
        let owner = self
            .connection
            .prepare_cached("SELECT canonical_id, name FROM principals WHERE number = ?1")?
            .query_row([number], |row| read_owner(row, 0))?;
        let owner = Arc::new(owner);
        self.known.insert(number, Arc::clone(&owner));
        Ok(owner)
    }
}
