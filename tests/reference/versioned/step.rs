//! What is done to a bucket with versions, at random.

use proptest::prelude::*;

use super::super::version_model::{Lock, Mode};
use super::{KEYS, PREFIXES};
use crate::support::content::Content;

/// On what a write or a delete depends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    None,
    IfAbsent,
    IfCurrent,
    IfOther,
}

/// A version by its place from the newest, modulo how many there are; or the key alone.
pub(crate) type Which = Option<usize>;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    SetVersioning(bool),
    Put(usize, Content, Condition, Lock),
    /// Of one part.
    Upload(usize, Content, Condition, Lock),
    Copy(usize, Which, usize),
    Delete(usize, Condition),
    DeleteVersion(usize, usize, bool),
    DeleteMany(Vec<(usize, Which)>, bool),
    Get(usize, Which),
    SetHold(usize, usize, bool),
    SetRetention(usize, usize, (Mode, u8), bool),
    ListVersions(usize, bool, usize),
    List,
}

fn lock() -> impl Strategy<Value = Lock> {
    prop_oneof![
        4 => Just(Lock::default()),
        1 => retention().prop_map(|retention| Lock { retention: Some(retention), hold: false }),
        1 => Just(Lock { retention: None, hold: true }),
    ]
}

fn retention() -> impl Strategy<Value = (Mode, u8)> {
    let mode = prop_oneof![3 => Just(Mode::Governance), 1 => Just(Mode::Compliance)];
    (mode, 1..4_u8)
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        5 => Just(Condition::None),
        1 => Just(Condition::IfAbsent),
        1 => Just(Condition::IfCurrent),
        1 => Just(Condition::IfOther),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    let place = || 0..4_usize;
    let which = || proptest::option::of(place());
    let put = || {
        let sizes = prop_oneof![4 => 0..300_usize, 1 => 16_380..16_390_usize];
        let content = (1..u64::MAX, sizes);
        let content = content.prop_map(|(number, size_bytes)| Content { number, size_bytes });
        (key(), content, condition(), lock())
    };
    prop_oneof![
        2 => any::<bool>().prop_map(Step::SetVersioning),
        8 => put().prop_map(|(k, c, w, l)| Step::Put(k, c, w, l)),
        2 => put().prop_map(|(k, c, w, l)| Step::Upload(k, c, w, l)),
        3 => (key(), which(), key()).prop_map(|(from, which, to)| Step::Copy(from, which, to)),
        4 => (key(), condition()).prop_map(|(key, condition)| Step::Delete(key, condition)),
        4 => (key(), place(), any::<bool>()).prop_map(|(k, p, b)| Step::DeleteVersion(k, p, b)),
        2 => (proptest::collection::vec((key(), which()), 1..4), any::<bool>())
            .prop_map(|(named, bypasses)| Step::DeleteMany(named, bypasses)),
        5 => (key(), which()).prop_map(|(key, which)| Step::Get(key, which)),
        2 => (key(), place(), any::<bool>()).prop_map(|(k, p, on)| Step::SetHold(k, p, on)),
        3 => (key(), place(), retention(), any::<bool>())
            .prop_map(|(k, p, r, b)| Step::SetRetention(k, p, r, b)),
        2 => (0..PREFIXES.len(), any::<bool>(), 1..5_usize)
            .prop_map(|(prefix, folds, page)| Step::ListVersions(prefix, folds, page)),
        1 => Just(Step::List),
    ]
}
