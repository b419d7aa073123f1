//! Where a page of keys begins, ends and jumps to. Pure: bytes in, bytes out.

use crate::types::names::ObjectKey;

/// The range of keys that a list asks for, and how it folds them.
pub(super) struct Walk {
    prefix: Vec<u8>,
    delimiter: Vec<u8>,
    end: Vec<u8>,
}

impl Walk {
    pub(super) fn new(prefix: &str, delimiter: Option<&str>) -> Self {
        Self {
            prefix: prefix.into(),
            delimiter: delimiter.unwrap_or("").into(),
            // No key has a byte 0xff, so none sorts after this.
            end: successor(prefix.as_bytes()).unwrap_or_else(|| vec![u8::MAX]),
        }
    }

    /// No key from here on begins with the prefix.
    pub(super) fn end(&self) -> &[u8] {
        &self.end
    }

    /// Whether a key is one that the list asks for.
    pub(super) fn holds(&self, object_key: &[u8]) -> bool {
        object_key.starts_with(&self.prefix)
    }

    /// The first key that a page may hold: the prefix, or what follows the entry `after`. An
    /// `after` that is a common prefix is followed by all that it stands for.
    pub(super) fn start(&self, after: Option<&str>) -> Option<Vec<u8>> {
        let Some(after) = after
            .map(str::as_bytes)
            .filter(|a| *a >= self.prefix.as_slice())
        else {
            return Some(self.prefix.clone());
        };
        match self.common_prefix(after) {
            Some(common) if common.len() == after.len() => successor(after),
            _ => Some(next(after)),
        }
    }

    /// What a key is folded into: up to and with the first delimiter after the prefix.
    pub(super) fn common_prefix<'k>(&self, object_key: &'k [u8]) -> Option<&'k [u8]> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = object_key.strip_prefix(self.prefix.as_slice())?;
        let at = rest
            .windows(self.delimiter.len())
            .position(|window| window == self.delimiter)?;
        object_key.get(..self.prefix.len() + at + self.delimiter.len())
    }
}

/// The keys of a bucket that a list may show at all, whatever it asks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeyRange {
    from: Vec<u8>,
    /// None is the end of the bucket.
    to: Option<Vec<u8>>,
}

impl KeyRange {
    /// The keys that begin with a text.
    pub fn beginning_with(prefix: &str) -> Self {
        Self {
            from: prefix.into(),
            to: successor(prefix.as_bytes()),
        }
    }

    /// One key.
    pub fn only(object_key: &ObjectKey) -> Self {
        let from = object_key.as_str().as_bytes();
        Self {
            from: from.to_vec(),
            to: Some(next(from)),
        }
    }

    /// What of `start..end` lies in it.
    pub(super) fn clamp<'b>(&'b self, start: &'b [u8], end: &'b [u8]) -> (&'b [u8], &'b [u8]) {
        let to = self.to.as_deref().unwrap_or(end);
        (start.max(&self.from), end.min(to))
    }
}

/// The least bytes that sort after everything that begins with `prefix`; `None` if there are none.
pub(super) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut bytes = prefix.get(..=last)?.to_vec();
    let byte = bytes.last_mut()?;
    *byte += 1;
    Some(bytes)
}

/// The least bytes that sort after these.
pub(super) fn next(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::{KeyRange, Walk, successor};
    use crate::types::names::ObjectKey;

    #[test]
    fn ranges_cut_what_a_list_asks_for() {
        let range = KeyRange::beginning_with("a/b");
        assert_eq!(range.clamp(b"", b"\xff"), (&b"a/b"[..], &b"a/c"[..]));
        assert_eq!(range.clamp(b"a/bx", b"a/by"), (&b"a/bx"[..], &b"a/by"[..]));
        let (start, end) = range.clamp(b"b", b"c");
        assert!(start >= end, "nothing lies in both");
        let only = KeyRange::only(&ObjectKey::parse("a/b").unwrap());
        assert_eq!(only.clamp(b"", b"\xff"), (&b"a/b"[..], &b"a/b\0"[..]));
        let all = KeyRange::default();
        assert_eq!(all.clamp(b"x", b"\xff"), (&b"x"[..], &b"\xff"[..]));
        assert_eq!(KeyRange::beginning_with(""), all);
    }

    #[test]
    fn successors_sort_after_all_that_begins_so() {
        let of = |bytes: &[u8]| successor(bytes);
        assert_eq!(of(b"a/"), Some(b"a0".to_vec()));
        assert_eq!(of(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(of(b"\xff"), None);
        assert_eq!(of(b""), None);
        // The last code point of all: its successor is no UTF-8, and need not be.
        assert_eq!(
            of("\u{10ffff}".as_bytes()),
            Some(b"\xf4\x8f\xbf\xc0".to_vec())
        );
    }

    #[track_caller]
    fn starts(prefix: &str, delimiter: &str, after: &str, expected: Option<&[u8]>) {
        let walk = Walk::new(prefix, Some(delimiter));
        assert_eq!(walk.start(Some(after)).as_deref(), expected);
    }

    #[test]
    fn pages_begin_after_the_last_entry() {
        starts("", "/", "a", Some(b"a\0"));
        starts("", "/", "a/", Some(b"a0"));
        starts("", "/", "a/b", Some(b"a/b\0"));
        starts("a/", "/", "a/", Some(b"a/\0"));
        starts("a/", "/", "a/b/", Some(b"a/b0"));
        starts("b/", "/", "a/b/", Some(b"b/"));
        starts("", "", "a/", Some(b"a/\0"));
        starts("", "::", "a::", Some(b"a:;"));
        starts("", "::", "a:", Some(b"a:\0"));
    }

    #[track_caller]
    fn folds(prefix: &str, delimiter: &str, object_key: &str, expected: Option<&str>) {
        let walk = Walk::new(prefix, Some(delimiter));
        let folded = walk.common_prefix(object_key.as_bytes());
        assert_eq!(folded, expected.map(str::as_bytes), "{object_key}");
    }

    #[test]
    fn keys_fold_at_the_first_delimiter_behind_the_prefix() {
        folds("", "/", "a/b/c", Some("a/"));
        folds("a/", "/", "a/b/c", Some("a/b/"));
        folds("a/", "/", "a/b", None);
        folds("a", "/", "a/b", Some("a/"));
        folds("", "//", "a/b//c//d", Some("a/b//"));
        folds("", "", "a/b", None);
        folds("", "ñ", "añb", Some("añ"));
        folds("x", "/", "a/b", None);
    }
}
