//! Entity tags as S3 makes them.

use std::fmt;

use super::encoding;

/// The entity tag of an object or part: an MD5, and for multipart objects the count of parts.
///
/// On the wire `"<32 hex>"` or `"<32 hex>-<parts>"`, quoted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Etag {
    /// MD5 of the content; for a multipart object, of its parts' MD5s one after another.
    pub md5: [u8; 16],
    /// How many parts a multipart object has.
    pub parts: Option<u16>,
}

impl Etag {
    /// The tag of content stored in one piece.
    pub const fn of_content(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// Reads the tag, with or without its quotes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap_or(text);
        let (digest, parts) = match text.split_once('-') {
            None => (text, None),
            Some((digest, parts)) => (digest, Some(parts.parse().ok()?)),
        };
        Some(Self {
            md5: encoding::parse_hex(digest)?,
            parts,
        })
    }

    /// The tag without quotes, as XML listings of some clients want it and the index stores it.
    pub fn bare(&self) -> String {
        match self.parts {
            None => encoding::hex(&self.md5),
            Some(parts) => format!("{}-{parts}", encoding::hex(&self.md5)),
        }
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.bare())
    }
}

/// The list of an `If-Match` or `If-None-Match` header (RFC 9110 sections 13.1.1 and 13.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EtagMatch {
    /// `*`: any current representation.
    Any,
    /// One of these tags; tags that are none of ours can never match and are left out.
    OneOf(Vec<Etag>),
}

impl EtagMatch {
    /// Reads the header. A weak tag (`W/"…"`) compares as its opaque part, as S3 does.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text == "*" {
            return Self::Any;
        }
        let tags = text.split(',').map(|tag| tag.trim());
        Self::OneOf(
            tags.filter_map(|t| Etag::parse(t.strip_prefix("W/").unwrap_or(t)))
                .collect(),
        )
    }

    /// Whether an existing representation with this tag matches.
    pub fn matches(&self, etag: &Etag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.contains(etag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Etag, EtagMatch};

    #[test]
    fn tags_read_as_they_are_written() {
        let plain = Etag::of_content([0xab; 16]);
        let multipart = Etag {
            md5: [1; 16],
            parts: Some(3),
        };
        for tag in [plain, multipart] {
            assert_eq!(Etag::parse(&tag.to_string()), Some(tag));
            assert_eq!(Etag::parse(&tag.bare()), Some(tag));
        }
        assert_eq!(Etag::parse("\"xyz\""), None);
    }

    #[test]
    fn lists_of_tags() {
        let tag = Etag::of_content([0xab; 16]);
        assert!(EtagMatch::parse("*").matches(&tag));
        assert!(EtagMatch::parse(&format!("\"foreign\", W/{tag}")).matches(&tag));
        assert!(!EtagMatch::parse("\"foreign\"").matches(&tag));
    }
}
