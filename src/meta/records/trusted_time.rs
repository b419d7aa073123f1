//! How far trust in the clock has come.

use crate::types::clock::Time;

/// How far trust in the clock has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TrustedRecord {
    /// The highest time that was trusted.
    pub at: Time,
    /// Milliseconds that it may be brought forward by.
    pub credit_millis: i64,
}
