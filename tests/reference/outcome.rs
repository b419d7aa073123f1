//! What an answer must be, apart from its body.

use crate::support::client::Answer;

/// A tag that nothing has.
pub(super) const NO_TAG: &str = "\"00000000000000000000000000000000\"";

/// A status and, of a refusal, its code.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Outcome(u16, String);

impl Outcome {
    pub(super) fn of(answer: &Answer) -> Self {
        match answer.status {
            refusal @ 400.. => Self(refusal, answer.code()),
            status => Self::ok(status),
        }
    }

    pub(super) fn ok(status: u16) -> Self {
        Self::refused(status, "")
    }

    pub(super) fn refused(status: u16, code: &str) -> Self {
        Self(status, code.to_owned())
    }
}
