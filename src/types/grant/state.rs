//! How far an agreement is, and which side may take it further.

/// Which of the two agencies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Whose documents they are.
    Grantor,
    /// Who reads them.
    Grantee,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Grantor => Self::Grantee,
            Self::Grantee => Self::Grantor,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grantor => "grantor",
            Self::Grantee => "grantee",
        }
    }
}

/// How far an agreement is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// The grantor has approved; the grantee is still to.
    Offered,
    /// The grantee has approved; the grantor is still to.
    Requested,
    /// Both have approved.
    Active,
    /// The side that was still to approve did not.
    Refused,
    /// One side has ended it.
    Revoked,
}

/// What an agency's admin may do with a grant that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Propose it: the first step, which makes it.
    Propose,
    /// Agree.
    Approve,
    /// Do not agree.
    Refuse,
    /// End it.
    Revoke,
}

/// The state does not allow the step, or not to this side.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the state of the grant does not allow this to this agency")]
pub struct NotPossible;

impl State {
    /// The state of what a side has just proposed.
    pub const fn proposed_by(side: Side) -> Self {
        match side {
            Side::Grantor => Self::Offered,
            Side::Grantee => Self::Requested,
        }
    }

    /// What a step of a side leads to.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn advance(self, by: Side, step: Step) -> Result<Self, NotPossible> {
        let waits_for = match self {
            Self::Offered => Some(Side::Grantee),
            Self::Requested => Some(Side::Grantor),
            Self::Active | Self::Refused | Self::Revoked => None,
        };
        match (self, step) {
            (_, Step::Propose) => Err(NotPossible),
            (_, Step::Approve) if waits_for == Some(by) => Ok(Self::Active),
            (_, Step::Refuse) if waits_for == Some(by) => Ok(Self::Refused),
            (_, Step::Approve | Step::Refuse) => Err(NotPossible),
            (Self::Offered | Self::Requested | Self::Active, Step::Revoke) => Ok(Self::Revoked),
            (Self::Refused | Self::Revoked, Step::Revoke) => Err(NotPossible),
        }
    }

    /// What this side's record becomes when it hears that the other side's says `told`. A record
    /// never becomes active by hearsay alone: its own side must have approved (law 8).
    ///
    /// # Errors
    /// [`NotPossible`] if it stays as it is.
    pub fn hear(self, side: Side, told: Self) -> Result<Self, NotPossible> {
        match (self, told) {
            (Self::Offered, Self::Active) if side == Side::Grantor => Ok(Self::Active),
            (Self::Requested, Self::Active) if side == Side::Grantee => Ok(Self::Active),
            (Self::Offered | Self::Requested | Self::Active, Self::Refused | Self::Revoked) => {
                Ok(told)
            }
            _ => Err(NotPossible),
        }
    }

    /// Whether it can still be, or become, active.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Offered | Self::Requested | Self::Active => true,
            Self::Refused | Self::Revoked => false,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
        }
    }
}

impl Step {
    /// The word for what was done.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Propose => "proposed",
            Self::Approve => "approved",
            Self::Refuse => "refused",
            Self::Revoke => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotPossible, Side, State, Step};

    const STATES: [State; 5] = [
        State::Offered,
        State::Requested,
        State::Active,
        State::Refused,
        State::Revoked,
    ];
    const SIDES: [Side; 2] = [Side::Grantor, Side::Grantee];

    #[test]
    fn only_the_other_side_makes_a_grant_active() {
        let mut active = Vec::new();
        for state in STATES {
            for side in SIDES {
                for step in [Step::Propose, Step::Approve, Step::Refuse, Step::Revoke] {
                    let next = state.advance(side, step);
                    if next == Ok(State::Active) {
                        active.push((state, side, step));
                    }
                    if !state.is_live() || step == Step::Propose {
                        assert_eq!(next, Err(NotPossible), "{state:?} {side:?} {step:?}");
                    } else if step == Step::Revoke {
                        assert_eq!(next, Ok(State::Revoked));
                    }
                }
            }
        }
        let expected = [
            (State::Offered, Side::Grantee, Step::Approve),
            (State::Requested, Side::Grantor, Step::Approve),
        ];
        assert_eq!(active, expected);
    }

    /// Whatever each side does, and in whatever order the two hear of each other: both are active
    /// only if both approved, and an end wins everywhere.
    #[test]
    fn two_records_never_agree_on_more_than_both_approved() {
        for proposer in SIDES {
            let first = State::proposed_by(proposer);
            for answer in [
                None,
                Some(Step::Approve),
                Some(Step::Refuse),
                Some(Step::Revoke),
            ] {
                for end in [None, Some(Step::Revoke)] {
                    let mut of_proposer = first;
                    let mut of_other = first;
                    if let Some(step) = answer {
                        of_other = of_other.advance(proposer.other(), step).unwrap();
                    }
                    if let Some(step) = end {
                        of_proposer = of_proposer.advance(proposer, step).unwrap();
                    }
                    for _ in 0..2 {
                        let heard = of_proposer.hear(proposer, of_other);
                        of_proposer = heard.unwrap_or(of_proposer);
                        let heard = of_other.hear(proposer.other(), of_proposer);
                        of_other = heard.unwrap_or(of_other);
                    }
                    let case = format!("{proposer:?} {answer:?} {end:?}");
                    let both = (of_proposer, of_other) == (State::Active, State::Active);
                    assert_eq!(
                        both,
                        answer == Some(Step::Approve) && end.is_none(),
                        "{case}"
                    );
                    assert_eq!(of_proposer.is_live(), of_other.is_live(), "{case}");
                }
            }
        }
        // A side that never approved is not made active by what it hears.
        assert!(State::Offered.hear(Side::Grantee, State::Active).is_err());
        assert!(State::Requested.hear(Side::Grantor, State::Active).is_err());
    }
}
