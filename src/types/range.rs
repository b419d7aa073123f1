//! Byte ranges of `Range` and `x-amz-copy-source-range` headers.

use std::ops::Range;

/// One range of bytes as a client asks for it (RFC 9110 section 14.1.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ByteRange {
    /// `bytes=first-last`, both inclusive.
    FromTo(u64, u64),
    /// `bytes=first-`.
    From(u64),
    /// `bytes=-length`.
    Last(u64),
}

impl ByteRange {
    /// Reads `bytes=…` with one range. Several ranges, other units and malformed text are `None`:
    /// RFC 9110 section 14.2 has a server ignore them, and so does S3.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
        match (digits(first)?, digits(last)?) {
            (None, None) => None,
            (None, Some(length)) => Some(Self::Last(length)),
            (Some(first), None) => Some(Self::From(first)),
            (Some(first), Some(last)) => (first <= last).then_some(Self::FromTo(first, last)),
        }
    }

    /// The half-open range inside content of this size; `None` if none of it lies inside.
    pub fn resolve(self, size_bytes: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::FromTo(first, last) => first..last.saturating_add(1).min(size_bytes),
            Self::From(first) => first..size_bytes,
            Self::Last(length) => size_bytes.saturating_sub(length)..size_bytes,
        };
        (range.start < range.end).then_some(range)
    }
}

/// `Some(None)` for nothing, `Some(Some(n))` for digits, `None` for anything else.
fn digits(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::ByteRange;

    #[track_caller]
    fn check(text: &str, size_bytes: u64, expected: Option<(u64, u64)>) {
        let resolved = ByteRange::parse(text).and_then(|r| r.resolve(size_bytes));
        assert_eq!(resolved.map(|r| (r.start, r.end)), expected, "{text}");
    }

    #[test]
    fn ranges_resolve_inside_the_content() {
        check("bytes=0-0", 10, Some((0, 1)));
        check("bytes=0-99", 10, Some((0, 10)));
        check("bytes=9-", 10, Some((9, 10)));
        check("bytes=10-", 10, None);
        check("bytes=-3", 10, Some((7, 10)));
        check("bytes=-99", 10, Some((0, 10)));
        check("bytes=-0", 10, None);
        check("bytes=0-", 0, None);
        check("bytes=0-18446744073709551615", 10, Some((0, 10)));
    }

    #[test]
    fn other_forms_are_ignored() {
        for text in [
            "bytes=5-2",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=a-b",
            "bytes=-",
            "0-1",
            "bytes= -1",
            "bytes=0 -1",
            "bytes=--1",
        ] {
            assert_eq!(ByteRange::parse(text), None, "{text}");
        }
    }
}
