//! States that stand as numbers. A number keeps its meaning for ever.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::super::records::{AgencyState, ApprovalState, RewrapPhase};
use super::{Sql, as_integer, wrong};
use crate::types::agency_key::KeyState;
use crate::types::grant::{Side, State};

as_integer!(
    RewrapPhase,
    |n| match n {
        0 => Some(RewrapPhase::Objects),
        1 => Some(RewrapPhase::Versions),
        2 => Some(RewrapPhase::CheckObjects),
        3 => Some(RewrapPhase::CheckParts),
        4 => Some(RewrapPhase::Done),
        _ => None,
    },
    |phase| match phase {
        RewrapPhase::Objects => 0,
        RewrapPhase::Versions => 1,
        RewrapPhase::CheckObjects => 2,
        RewrapPhase::CheckParts => 3,
        RewrapPhase::Done => 4,
    }
);
as_integer!(
    KeyState,
    |n| match n {
        0 => Some(KeyState::Active),
        1 => Some(KeyState::Retired),
        2 => Some(KeyState::Destroyed),
        _ => None,
    },
    |state| match state {
        KeyState::Active => 0,
        KeyState::Retired => 1,
        KeyState::Destroyed => 2,
    }
);
as_integer!(
    AgencyState,
    |n| match n {
        0 => Some(AgencyState::Active),
        1 => Some(AgencyState::Suspended),
        _ => None,
    },
    |state| match state {
        AgencyState::Active => 0,
        AgencyState::Suspended => 1,
    }
);
as_integer!(
    ApprovalState,
    |n| match n {
        0 => Some(ApprovalState::Waiting),
        1 => Some(ApprovalState::Approved),
        2 => Some(ApprovalState::Refused),
        3 => Some(ApprovalState::Used),
        _ => None,
    },
    |state| match state {
        ApprovalState::Waiting => 0,
        ApprovalState::Approved => 1,
        ApprovalState::Refused => 2,
        ApprovalState::Used => 3,
    }
);
as_integer!(
    Side,
    |n| match n {
        0 => Some(Side::Grantor),
        1 => Some(Side::Grantee),
        _ => None,
    },
    |side| match side {
        Side::Grantor => 0,
        Side::Grantee => 1,
    }
);
// The states in which a grant is not ended come first: an index and a look-up say `<= 2`.
as_integer!(
    State,
    |n| match n {
        0 => Some(State::Offered),
        1 => Some(State::Requested),
        2 => Some(State::Active),
        3 => Some(State::Refused),
        4 => Some(State::Revoked),
        _ => None,
    },
    |state| match state {
        State::Offered => 0,
        State::Requested => 1,
        State::Active => 2,
        State::Refused => 3,
        State::Revoked => 4,
    }
);
