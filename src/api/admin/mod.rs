//! The admin door: how operators manage the installation, and each agency's own admins theirs. None
//! of them reads a document by that: no route here sends one.
//!
//! Every request but health is made with an operator's token or a Bearer token of an issuer, and
//! every one leaves an entry: a change in the log of what it changes, in its transaction;
//! everything else in the log of the asker's agency, or the installation's for operators.

mod access_keys;
mod agencies;
mod answer;
mod approvals;
mod asker;
mod body;
mod check_issuer;
mod error;
mod events;
mod explain;
mod grants;
mod groups;
mod guard;
mod health;
mod inventories;
pub mod issuers;
mod keys;
mod lifecycle;
mod memberships;
mod metrics;
mod names;
mod openapi;
mod operators;
mod policies;
mod quotas;
mod revocations;
mod roles;
mod server;
mod tokens;

pub use server::app;
