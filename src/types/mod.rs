//! Types: the names, ids, times and limits that every room speaks in.
//!
//! Owns: the invariants of each name, checked once in its only constructor.
//! May touch: nothing of the house. Never: input and output, randomness, settings.
//! Keeps: law 7 (parsed once, typed from then on) and law 9 (only `Clock` knows the time).
//! Start at `names.rs`.

pub mod agency_key;
pub mod checksum;
pub mod clock;
pub mod encoding;
pub mod etag;
pub mod events;
pub mod grant;
pub mod ids;
pub mod json;
pub mod limits;
pub mod lock;
pub mod names;
pub mod network;
pub mod parameters;
pub mod range;
pub mod roles;
pub mod secret;
pub mod tags;
pub mod url;
