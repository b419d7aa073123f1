//! Tags: names and values that a client puts on an object or a bucket, to find and to govern it by.
//!
//! Source: AWS S3 User Guide, "Categorizing your objects using tags"; AWS Billing User Guide,
//! "User-defined tag restrictions".

use thiserror::Error;

use super::limits;

/// What is wrong with a set of tags.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TagError {
    /// More than an object may have.
    #[error("Object tags cannot be greater than {}", limits::OBJECT_TAGS_MAX)]
    TooManyOfObject,
    /// More than a bucket may have.
    #[error("Bucket tag count cannot be greater than {}", limits::BUCKET_TAGS_MAX)]
    TooManyOfBucket,
    /// A key is empty, too long, or has a character that tags cannot have.
    #[error("The TagKey you have provided is invalid")]
    Key,
    /// A value is too long, or has a character that tags cannot have.
    #[error("The TagValue you have provided is invalid")]
    Value,
    /// A key begins with `aws:`, which no client may set.
    #[error("System tags cannot be added/updated by requester")]
    System,
    /// A key comes twice.
    #[error("Cannot provide multiple Tags with the same key")]
    Repeated,
}

/// A set of tags: each key once, in the order in which the client named them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// The tags of an object.
    ///
    /// # Errors
    /// What [`TagError`] names.
    pub fn of_object(pairs: Vec<(String, String)>) -> Result<Self, TagError> {
        if pairs.len() > limits::OBJECT_TAGS_MAX {
            return Err(TagError::TooManyOfObject);
        }
        Self::checked(pairs)
    }

    /// The tags of a bucket.
    ///
    /// # Errors
    /// What [`TagError`] names.
    pub fn of_bucket(pairs: Vec<(String, String)>) -> Result<Self, TagError> {
        if pairs.len() > limits::BUCKET_TAGS_MAX {
            return Err(TagError::TooManyOfBucket);
        }
        Self::checked(pairs)
    }

    /// Tags that were checked when they were stored.
    pub const fn stored(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    fn checked(pairs: Vec<(String, String)>) -> Result<Self, TagError> {
        for (at, (key, value)) in pairs.iter().enumerate() {
            if key.is_empty() || !is_text(key, limits::TAG_KEY_CHARS_MAX) {
                return Err(TagError::Key);
            }
            if !is_text(value, limits::TAG_VALUE_CHARS_MAX) {
                return Err(TagError::Value);
            }
            if key
                .get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
            {
                return Err(TagError::System);
            }
            if pairs.iter().take(at).any(|(earlier, _)| earlier == key) {
                return Err(TagError::Repeated);
            }
        }
        Ok(Self(pairs))
    }

    /// The tags, key and value.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`, which AWS documents for both halves of a tag.
fn is_text(text: &str, characters_max: usize) -> bool {
    let is_allowed = |c: char| {
        let is_space = c.is_whitespace() && !c.is_control();
        c.is_alphanumeric() || is_space || "_.:/=+-@".contains(c)
    };
    text.chars().count() <= characters_max && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::{TagError, Tags};

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: Result<(), TagError>) {
        let pairs = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let tags = Tags::of_object(pairs.collect());
        assert_eq!(tags.map(drop), expected);
    }

    #[test]
    fn sets_of_tags() {
        check(&[], Ok(()));
        check(&[("trámite", "acta de nacimiento"), ("año", "")], Ok(()));
        check(&[("a/b:c=d+e-f@g._", "1 2")], Ok(()));
        check(&[(&"k".repeat(128), &"ñ".repeat(256))], Ok(()));
        check(&[(&"k".repeat(129), "")], Err(TagError::Key));
        check(&[("k", &"v".repeat(257))], Err(TagError::Value));
        check(&[("", "v")], Err(TagError::Key));
        check(&[("k&", "v")], Err(TagError::Key));
        check(&[("k\n", "v")], Err(TagError::Key));
        check(&[("k", "<v>")], Err(TagError::Value));
        check(&[("AWS:x", "v")], Err(TagError::System));
        check(&[("k", "1"), ("k", "2")], Err(TagError::Repeated));
        check(&[("k", "1"), ("K", "2")], Ok(()));
    }

    #[test]
    fn sets_are_bounded() {
        let pairs = |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect();
        assert!(Tags::of_object(pairs(10)).is_ok());
        assert_eq!(Tags::of_object(pairs(11)), Err(TagError::TooManyOfObject));
        assert!(Tags::of_bucket(pairs(50)).is_ok());
        assert_eq!(Tags::of_bucket(pairs(51)), Err(TagError::TooManyOfBucket));
    }
}
