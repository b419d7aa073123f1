//! A grant: one agency lets another read some of its documents, for one purpose.
//!
//! Its terms never change. What changes is its state, which both agencies keep, each in its own
//! database; [`State::advance`] is the one place that says what may follow what.
//!
//! ```text
//! Offered ──grantee approves──► Active ──either revokes──► Revoked
//! Requested ──grantor approves─┘
//! Offered, Requested ──the other one refuses──► Refused; ──either revokes──► Revoked
//! ```

mod state;
mod terms;

pub use state::{NotPossible, Side, State, Step};
pub use terms::{Actions, Expediente, LegalBasis, Purpose, Scope, Terms, Unfit};
