//! The admin door: how operators manage agencies and access keys. They cannot read documents: no
//! route here touches any.
//!
//! Every request but health is made with an operator's token, and every one leaves an entry:
//! a change in the log of what it changes, in its transaction; everything else in the
//! installation's.

mod access_keys;
mod agencies;
mod answer;
mod error;
mod health;
mod metrics;
mod openapi;
mod operator;
mod server;

pub use server::server;
