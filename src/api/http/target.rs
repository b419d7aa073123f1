//! The raw request target, parsed once (law 7).
//!
//! actix decodes half of a path and merges nothing of a query, so both are taken from the request
//! line as the client wrote it: the same bytes that its signature covers.

use thiserror::Error;

use crate::types::encoding;

/// Why a target was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TargetError {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("the request target is not valid percent-encoded UTF-8")]
    Encoding,
    /// A parameter given twice.
    #[error("a query parameter was given more than once")]
    Repeated,
}

/// Bucket and key as text, not yet checked against the rules of names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The bucket, if the request names one.
    pub bucket: Option<String>,
    /// The object's key, if the request names one; never empty.
    pub object_key: Option<String>,
}

impl Target {
    /// Reads a path, and the host if it lies below one of the domains (virtual-host style).
    pub fn parse(path: &str, host: &str, domains: &[String]) -> Result<Self, TargetError> {
        Self::of(path, label_of_host(host, domains))
    }

    /// Reads a path, in the bucket that the host names, if it names one.
    pub fn of(path: &str, bucket: Option<&str>) -> Result<Self, TargetError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = match bucket {
            Some(bucket) => (Some(bucket.to_owned()), path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (decode(bucket)?, key)
            }
        };
        Ok(Self {
            bucket,
            object_key: decode(key)?,
        })
    }
}

fn decode(raw: &str) -> Result<Option<String>, TargetError> {
    let text = encoding::parse_percent(raw).ok_or(TargetError::Encoding)?;
    Ok((!text.is_empty()).then_some(text))
}

/// The label before a configured domain: `actas.s3.estado.mx:9000` below `s3.estado.mx` is `actas`.
pub fn label_of_host<'a>(host: &'a str, domains: &[String]) -> Option<&'a str> {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    domains.iter().find_map(|domain| {
        let start = name.len().checked_sub(domain.len())?;
        let (bucket, rest) = name.split_at_checked(start)?;
        let bucket = bucket.strip_suffix('.')?;
        (rest.eq_ignore_ascii_case(domain) && !bucket.is_empty()).then_some(bucket)
    })
}

/// The parameters of a query, decoded, each at most once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a raw query. `+` is a space, as S3 has it; a parameter without `=` is empty text.
    pub fn parse(raw: &str) -> Result<Self, TargetError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |raw: &str| {
                encoding::parse_percent(&raw.replace('+', " ")).ok_or(TargetError::Encoding)
            };
            pairs.push((text(name)?, text(value)?));
        }
        // Sorted, so that many parameters cost no more than their bytes do.
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(TargetError::Repeated);
        }
        Ok(Self(pairs))
    }

    /// The query of these parameters, each at most once.
    pub const fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All of them, in their order.
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// Whether a parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The names of all parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, Target, TargetError};

    #[track_caller]
    fn check(path: &str, host: &str, bucket: Option<&str>, object_key: Option<&str>) {
        let domains = ["s3.estado.mx".to_owned(), "localhost".to_owned()];
        let target = Target::parse(path, host, &domains).unwrap();
        assert_eq!(
            (target.bucket.as_deref(), target.object_key.as_deref()),
            (bucket, object_key)
        );
    }

    #[test]
    fn targets() {
        check("/", "127.0.0.1:9000", None, None);
        check("/actas", "127.0.0.1:9000", Some("actas"), None);
        check("/actas/", "127.0.0.1:9000", Some("actas"), None);
        check("/actas//a/", "127.0.0.1:9000", Some("actas"), Some("/a/"));
        check(
            "/actas/a%2Fb+%20",
            "127.0.0.1:9000",
            Some("actas"),
            Some("a/b+ "),
        );
        check("/actas/../x", "s3.estado.mx", Some("actas"), Some("../x"));
        check("/a/b", "actas.s3.estado.mx", Some("actas"), Some("a/b"));
        check("/", "actas.localhost:9000", Some("actas"), None);
        check("/a", "ac.tas.LOCALHOST:9000", Some("ac.tas"), Some("a"));
        check("/a", "localhost:9000", Some("a"), None);
        check("/a", "[::1]:9000", Some("a"), None);
        check("//a", "x", None, Some("a"));
    }

    #[test]
    fn targets_that_are_no_text() {
        for path in ["/a%", "/a/%zz", "/a/%ff"] {
            assert_eq!(
                Target::parse(path, "x", &[]),
                Err(TargetError::Encoding),
                "{path}"
            );
        }
    }

    #[test]
    fn queries() {
        let query = Query::parse("list-type=2&prefix=a+b%2B&uploads&&x=").unwrap();
        assert_eq!(query.value("prefix"), Some("a b+"));
        assert_eq!(query.value("uploads"), Some(""));
        assert!(!query.has("delimiter"));
        assert_eq!(query.names().count(), 4);
        for repeated in ["a=1&a=2", "a=1&b=2&a=3", "b&a&%62", "=1&=2"] {
            assert_eq!(Query::parse(repeated), Err(TargetError::Repeated));
        }
        assert_eq!(Query::parse("a=%f"), Err(TargetError::Encoding));
    }
}
