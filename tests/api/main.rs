//! The server from outside: its real binary, a data directory per test, raw HTTP/1.1.
//!
//! Each test starts its own server and stops it again; the server must end well, and its log may
//! hold no warning that the test did not announce.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;

mod access;
mod access_logs;
mod acls;
mod admin_access;
mod admin_ca;
mod agency_keys;
mod aliases;
mod anonymous;
mod attributes;
mod audit;
mod chunked;
mod conditions;
mod consent;
mod cors;
mod description;
mod encryption;
mod errors;
mod expect;
mod forms;
mod granted;
mod grants;
mod headers;
mod hostile;
mod hostile_bodies;
mod http2;
mod idle;
mod inventories;
mod issuer_checks;
mod issuers;
mod keys;
mod law_one;
mod lifecycle;
mod lists;
mod locks;
mod matrix;
mod multipart;
mod notifications;
mod objects;
mod policies;
mod proxies;
mod quotas;
mod roles;
mod rust_client;
mod sessions;
mod signature_v2;
mod start;
mod statuses;
mod sts;
mod tagging;
mod tokens;
mod unheard;
mod versions;
