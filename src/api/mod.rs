//! The doors: everything that speaks HTTP.
//!
//! Owns: routes, typed requests, rendered answers, the tables from errors to codes.
//! May touch: everything below. Never: decisions (`access`), storage (`store`) by itself.
//! Keeps: law 7 (a request is parsed once, from the raw target) and, with `audit`, that every
//! request leaves exactly one entry.
//! Start at `http/mod.rs`, then the door: `s3/mod.rs` or `admin/mod.rs`.

pub mod admin;
pub mod http;
pub mod s3;
pub mod sts;
