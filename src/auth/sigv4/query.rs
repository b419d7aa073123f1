//! The query in its canonical form, and percent-encoding as signatures want it.

use std::borrow::Cow;

use crate::auth::error::Error;

/// One parameter, name and value in canonical encoding.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters of a query in canonical encoding, sorted by name and then by value.
#[derive(Debug)]
pub struct Query<'a>(Vec<Pair<'a>>);

impl<'a> Query<'a> {
    /// Reads a raw query. `+` is a space, as in what is read of it later: `a+b` and `a%2Bb` were
    /// signed differently. A parameter without `=` has an empty value.
    ///
    /// # Errors
    /// [`Error::InvalidUri`].
    pub fn parse(raw: &'a str) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        for parameter in raw.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = canonical(name, Slash::Escaped).ok_or(Error::InvalidUri)?;
            let value = canonical(value, Slash::Escaped).ok_or(Error::InvalidUri)?;
            pairs.push((name, value));
        }
        pairs.sort_unstable();
        Ok(Self(pairs))
    }

    pub(super) fn pairs(&self) -> &[Pair<'a>] {
        &self.0
    }

    /// Every parameter, sorted; its name in canonical encoding, its value decoded, `None` if that
    /// is no UTF-8.
    pub(in crate::auth) fn decoded(&self) -> impl Iterator<Item = (&str, Option<Cow<'_, str>>)> {
        self.0.iter().map(|(name, value)| (&**name, decoded(value)))
    }

    /// Whether a parameter of this name, which must be its own encoding, is there.
    pub(in crate::auth) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The decoded values of a parameter, whatever the case of its name.
    pub(super) fn values_of_any_case(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| decoded(value))
    }

    /// The decoded value of a parameter that may come only once.
    pub(in crate::auth) fn single(&self, name: &str) -> Result<Option<Cow<'a, str>>, MoreThanOne> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        let value = match found.next() {
            // What is not UTF-8 once decoded counts as absent: no parameter of ours can be so.
            Some((_, Cow::Borrowed(value))) => decoded(value),
            Some((_, Cow::Owned(value))) => decoded(value).map(|v| Cow::Owned(v.into_owned())),
            None => None,
        };
        match found.next() {
            Some(_) => Err(MoreThanOne),
            None => Ok(value),
        }
    }
}

/// A parameter came more than once.
pub(in crate::auth) struct MoreThanOne;

fn decoded(value: &str) -> Option<Cow<'_, str>> {
    if value.contains('%') {
        crate::types::encoding::parse_percent(value).map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(value))
    }
}

/// Whether a literal `/` is kept, as in paths, or escaped, as in queries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Slash {
    /// In paths. An escaped one stays escaped too: `/a%2Fb` and `/a/b` were signed differently.
    Kept,
    /// In queries, where `+` is a space too.
    Escaped,
}

/// The canonical encoding of a percent-encoded text: unreserved characters (RFC 3986 section 2.3)
/// stand for themselves, all others are escaped with upper-case digits. Borrows what already is so.
///
/// `None` for a `%` without its two digits.
pub(super) fn canonical(text: &str, slash: Slash) -> Option<Cow<'_, str>> {
    let plain = |b: u8| is_unreserved(b) || (b == b'/' && slash == Slash::Kept);
    if is_canonical(text, plain) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'+' && slash == Slash::Escaped {
            escape(b' ', &mut out);
        } else if byte == b'%' {
            let byte = digit(bytes.next()?)? << 4 | digit(bytes.next()?)?;
            if is_unreserved(byte) {
                out.push(char::from(byte));
            } else {
                escape(byte, &mut out);
            }
        } else if plain(byte) {
            out.push(char::from(byte));
        } else {
            escape(byte, &mut out);
        }
    }
    Some(Cow::Owned(out))
}

/// What every SDK sends, so that the common case costs no allocation.
fn is_canonical(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    let upper_digit = |b: Option<u8>| b.filter(|b| !b.is_ascii_lowercase()).and_then(digit);
    while let Some(byte) = bytes.next() {
        if plain(byte) {
            continue;
        }
        let (high, low) = (upper_digit(bytes.next()), upper_digit(bytes.next()));
        let (b'%', Some(high), Some(low)) = (byte, high, low) else {
            return false;
        };
        if is_unreserved(high << 4 | low) {
            return false;
        }
    }
    true
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

fn escape(byte: u8, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        let digit = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        out.push(char::from(digit));
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, Slash, canonical};

    #[test]
    fn canonical_encoding() {
        #[track_caller]
        fn check(text: &str, slash: Slash, expected: Option<&str>) {
            assert_eq!(canonical(text, slash).as_deref(), expected);
        }
        check("/a//b/../c", Slash::Kept, Some("/a//b/../c"));
        check("/a%2fb", Slash::Kept, Some("/a%2Fb"));
        check("/a+b c$", Slash::Kept, Some("/a%2Bb%20c%24"));
        check("/%7e%41", Slash::Kept, Some("/~A"));
        check("/ñ%C3%B1", Slash::Kept, Some("/%C3%B1%C3%B1"));
        check("a/b", Slash::Escaped, Some("a%2Fb"));
        check("a+b%2Bc", Slash::Escaped, Some("a%20b%2Bc"));
        check("%2B%ff", Slash::Escaped, Some("%2B%FF"));
        for refused in ["%", "%2", "%zz", "%+1", "%ñ1"] {
            check(refused, Slash::Escaped, None);
        }
    }

    #[test]
    fn queries_are_sorted_by_encoded_name_then_value() {
        let query = Query::parse("b=2&a&b=1&&a/=x&a=%20&A=").unwrap();
        let text: Vec<_> = query
            .pairs()
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(text, ["A=", "a=", "a=%20", "a%2F=x", "b=1", "b=2"]);
    }
}
