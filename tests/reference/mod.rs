//! What is right: operations, the map that they are compared with, and orders of events.

pub(crate) mod history;
pub(crate) mod operation;
mod outcome;
pub(crate) mod version_model;
pub(crate) mod versioned;
pub(crate) mod world;

/// Nothing, or what the server and the map do not agree on.
pub(crate) type Compared = Result<(), String>;

/// Compares one thing that the server told with what the map says.
fn same<T: std::fmt::Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Compared {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: {found:?} instead of {expected:?}")),
    }
}
