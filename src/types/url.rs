//! Where a document of others is fetched from: a URL that can harm nobody.

use super::limits;
use super::names::InvalidName;

/// A URL from which a document may be fetched: `https`, or `http` on this very machine. It names no
/// user and no fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchUrl {
    text: Box<str>,
    authority: Box<str>,
}

impl FetchUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Any other scheme; a host that is none; a user, a fragment, a character that is no URL's.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() > limits::ISSUER_URL_BYTES_MAX {
            return Err(InvalidName("too long"));
        }
        let is_good = |b: u8| b.is_ascii_graphic() && !b"\\\"<>#@^`{|}".contains(&b);
        if !text.bytes().all(is_good) {
            return Err(InvalidName("with a character that is none of a plain URL"));
        }
        let (rest, is_plain) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            (None, None) => return Err(InvalidName("neither https:// nor http://")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, _) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let url = Self {
            text: text.into(),
            authority: authority.to_ascii_lowercase().into(),
        };
        let host = url.host();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        let is_address = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (!is_address && !host.bytes().all(is_name)) {
            return Err(InvalidName("without a host"));
        }
        if is_plain && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            return Err(InvalidName("http:// of another machine"));
        }
        Ok(url)
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, in lower case.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host alone, in lower case.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FetchUrl;

    #[track_caller]
    fn check(text: &str, host: Option<&str>) {
        let read = FetchUrl::parse(text).ok();
        assert_eq!(read.as_ref().map(FetchUrl::host), host, "{text}");
    }

    #[test]
    fn urls() {
        check("https://id.gob.mx/realms/x?a=b", Some("id.gob.mx"));
        check("https://ID.gob.mx:8443", Some("id.gob.mx"));
        check("http://127.0.0.1:9/x", Some("127.0.0.1"));
        check("http://localhost/x", Some("localhost"));
        check("http://[::1]:80/x", Some("[::1]"));
        check("https://[2001:db8::1]/x", Some("[2001:db8::1]"));
        for refused in [
            "",
            "id.gob.mx",
            "ftp://id.gob.mx",
            "file:///etc/passwd",
            "http://id.gob.mx/",
            "http://127.0.0.1.gob.mx/",
            "http://localhost@gob.mx/",
            "https://user@gob.mx/",
            "https://gob.mx/#x",
            "https:///x",
            "https://gob.mx\\@x/",
            "https://gob mx/",
            "https://ñ.mx/",
            &format!("https://gob.mx/{}", "x".repeat(2_048)),
        ] {
            check(refused, None);
        }
    }
}
