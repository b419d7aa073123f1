//! Access: may this caller do this? Pure; the one place where a [`permit::Permit`] or a
//! [`consent::Consent`] is made.
//!
//! Owns: the actions, the matrix of roles, the language of policies, the decision, its reasons.
//! May touch: `types`. Never: input and output, lookups; what it must know is handed in.
//! Keeps: law 6 (permission is a value) and law 8 (fail closed: what is not allowed is refused).
//! Start at `decision/mod.rs`.

pub mod acl;
pub mod action;
pub mod bucket_rules;
pub mod caller;
pub mod consent;
pub mod context;
pub mod decision;
pub mod grant;
pub mod lock;
pub mod permit;
pub mod policy;
pub mod public_access;
pub mod role;
