//! The operations of a random sequence.

use std::ops::Range;

use proptest::prelude::*;

use crate::support::content::Content;

/// Keys that are prefixes, folders and neighbours of each other, or need escapes.
pub(crate) const KEYS: [&str; 10] = [
    "a", "a/", "a/b", "a/b/c", "a/c", "a0", "b//x", "b c+%&=?", "ñ/1", "z",
];
pub(crate) const PREFIXES: [&str; 5] = ["", "a", "a/", "b", "ñ/"];
pub(crate) const DELIMITERS: [&str; 3] = ["", "/", "b"];

#[derive(Clone, Copy, Debug)]
pub(crate) enum WriteCondition {
    None,
    IfAbsent,
    /// `If-Match` with the current document's tag, or another's if there is none.
    IfCurrent,
    /// `If-Match` with the tag of no document.
    IfOther,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Whole,
    /// First and last byte.
    FromTo(usize, usize),
    From(usize),
    Last(usize),
}

/// Which of the uploaded parts a completion names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    All,
    AllButFirst,
    WrongTag,
    Missing,
    Descending,
}

/// Keys and uploads are numbers, taken modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put(usize, Content, WriteCondition),
    Copy {
        from: usize,
        to: usize,
    },
    Delete(usize),
    DeleteMany(Vec<usize>),
    Get(usize, Part),
    Head(usize),
    GetIfMatch {
        key: usize,
        is_current: bool,
    },
    GetIfNoneMatch {
        key: usize,
        is_current: bool,
    },
    List {
        is_v2: bool,
        prefix: usize,
        delimiter: usize,
        after: Option<usize>,
        page: usize,
    },
    CreateUpload(usize),
    PutPart {
        upload: usize,
        number: u16,
        content: Content,
    },
    Complete {
        upload: usize,
        named: Named,
        condition: WriteCondition,
    },
    Abort(usize),
    ListUploads,
    ListParts(usize),
}

fn content(sizes: impl Strategy<Value = usize>) -> impl Strategy<Value = Content> {
    (1..u64::MAX, sizes).prop_map(|(number, size_bytes)| Content { number, size_bytes })
}

/// Sizes on both sides of the inline limit and of segments.
fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![
        1 => Just(0),
        6 => 1..300_usize,
        2 => 16_383..16_387_usize,
        1 => 65_530..65_540_usize,
        1 => 100_000..300_000_usize,
    ]
}

fn part_sizes() -> impl Strategy<Value = usize> {
    prop_oneof![4 => sizes(), 3 => Just(5 << 20)]
}

fn condition() -> impl Strategy<Value = WriteCondition> {
    prop_oneof![
        5 => Just(WriteCondition::None),
        1 => Just(WriteCondition::IfAbsent),
        1 => Just(WriteCondition::IfCurrent),
        1 => Just(WriteCondition::IfOther),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    const LAST: Range<usize> = 0..70_000;
    prop_oneof![
        2 => Just(Part::Whole),
        1 => (0..400_usize, 0..400_usize).prop_map(|(from, more)| Part::FromTo(from, from + more)),
        1 => (LAST, LAST).prop_map(|(from, more)| Part::FromTo(from, from + more)),
        1 => LAST.prop_map(Part::From),
        1 => LAST.prop_map(Part::Last),
    ]
}

fn named() -> impl Strategy<Value = Named> {
    prop_oneof![
        6 => Just(Named::All),
        2 => Just(Named::AllButFirst),
        1 => Just(Named::WrongTag),
        1 => Just(Named::Missing),
        1 => Just(Named::Descending),
    ]
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS.len();
    let upload = || 0..4_usize;
    let listed = (
        any::<bool>(),
        0..PREFIXES.len(),
        0..DELIMITERS.len(),
        proptest::option::of(key()),
        1..5_usize,
    );
    let listed = listed.prop_map(|(is_v2, prefix, delimiter, after, page)| Operation::List {
        is_v2,
        prefix,
        delimiter,
        after,
        page,
    });
    prop_oneof![
        10 => (key(), content(sizes()), condition()).prop_map(|(k, c, w)| Operation::Put(k, c, w)),
        3 => (key(), key()).prop_map(|(from, to)| Operation::Copy { from, to }),
        3 => key().prop_map(Operation::Delete),
        1 => proptest::collection::vec(key(), 1..4).prop_map(Operation::DeleteMany),
        5 => (key(), part()).prop_map(|(key, part)| Operation::Get(key, part)),
        1 => key().prop_map(Operation::Head),
        1 => (key(), any::<bool>())
            .prop_map(|(key, is_current)| Operation::GetIfMatch { key, is_current }),
        1 => (key(), any::<bool>())
            .prop_map(|(key, is_current)| Operation::GetIfNoneMatch { key, is_current }),
        5 => listed,
        3 => key().prop_map(Operation::CreateUpload),
        6 => (upload(), 1..5_u16, content(part_sizes()))
            .prop_map(|(upload, number, content)| Operation::PutPart { upload, number, content }),
        3 => (upload(), named(), condition()).prop_map(|(upload, named, condition)| {
            Operation::Complete { upload, named, condition }
        }),
        1 => upload().prop_map(Operation::Abort),
        1 => Just(Operation::ListUploads),
        1 => upload().prop_map(Operation::ListParts),
    ]
}
