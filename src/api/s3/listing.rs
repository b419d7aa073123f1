//! What the lists share: their parameters, the encoding of keys, the opaque cursor.

use crate::api::http::target::Query;
use crate::types::encoding;
use crate::types::limits;

use super::code::Code;
use super::error::S3Error;

/// How keys stand in a list's XML.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyEncoding {
    /// As they are.
    Plain,
    /// Percent-encoded: `encoding-type=url`.
    Url,
}

impl KeyEncoding {
    /// Reads `encoding-type`.
    pub fn parse(query: &Query) -> Result<Self, S3Error> {
        match query.value("encoding-type") {
            None => Ok(Self::Plain),
            Some("url") => Ok(Self::Url),
            Some(other) => {
                let message = "Invalid Encoding Method specified in Request";
                Err(S3Error::argument("encoding-type", other, message))
            }
        }
    }

    /// The form in which a key stands in the document.
    pub fn encode(self, key: &str) -> String {
        match self {
            Self::Plain => key.to_owned(),
            Self::Url => encoding::percent_path(key.as_bytes()),
        }
    }

    /// The name to echo, if it was asked for.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Url => Some("url"),
        }
    }
}

/// Reads a page's size: 0 to 1,000, larger ones taken as 1,000, as S3 does.
pub fn page_size(query: &Query, name: &'static str) -> Result<u32, S3Error> {
    let Some(text) = query.value(name).filter(|text| !text.is_empty()) else {
        return Ok(limits::LIST_PAGE_MAX);
    };
    let size = text.parse::<i32>().ok();
    let size = size.and_then(|size| u32::try_from(size).ok());
    size.map(|size| size.min(limits::LIST_PAGE_MAX))
        .ok_or_else(|| {
            let message = format!("Argument {name} must be an integer between 0 and 2147483647");
            S3Error::argument(name, text, message)
        })
}

/// Reads a text parameter that bounds a list; absent and empty are the same.
pub fn text(query: &Query, name: &str) -> Option<String> {
    query
        .value(name)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Reads a prefix or marker: at most as long as a key.
pub fn key_text(query: &Query, name: &'static str) -> Result<Option<String>, S3Error> {
    let text = text(query, name);
    if text
        .as_ref()
        .is_some_and(|text| text.len() > limits::OBJECT_KEY_BYTES_MAX)
    {
        return Err(Code::KeyTooLongError.into());
    }
    Ok(text)
}

/// The opaque text of a cursor.
pub fn cursor(after: &str) -> String {
    encoding::base64_url(after.as_bytes())
}

/// Reads the opaque text of a cursor.
pub fn parse_cursor(name: &'static str, text: &str) -> Result<String, S3Error> {
    encoding::parse_base64_url(text)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            S3Error::argument(name, text, "The continuation token provided is incorrect")
        })
}

#[cfg(test)]
mod tests {
    use super::{cursor, page_size, parse_cursor};
    use crate::api::http::target::Query;

    #[track_caller]
    fn check(query: &str, expected: Option<u32>) {
        let query = Query::parse(query).unwrap();
        assert_eq!(page_size(&query, "max-keys").ok(), expected);
    }

    #[test]
    fn page_sizes() {
        check("", Some(1_000));
        check("max-keys=", Some(1_000));
        check("max-keys=0", Some(0));
        check("max-keys=7", Some(7));
        check("max-keys=5000", Some(1_000));
        check("max-keys=-1", None);
        check("max-keys=2147483648", None);
        check("max-keys=many", None);
    }

    #[test]
    fn cursors() {
        assert_eq!(parse_cursor("marker", &cursor("a/ñ b")).unwrap(), "a/ñ b");
        assert!(parse_cursor("marker", "*").is_err());
    }
}
