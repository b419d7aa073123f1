//! Text forms of bytes: hexadecimal, base64, percent-encoding.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const RESERVED_BUT_SLASH: &AsciiSet = &RESERVED.remove(b'/');

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// Reads lower-case hexadecimal of exactly `N` bytes.
pub fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 with padding (RFC 4648 section 4).
pub fn parse_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Base64 for URLs, without padding (RFC 4648 section 5).
pub fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64 for URLs, without padding (RFC 4648 section 5).
pub fn parse_base64_url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Percent-encodes all but unreserved characters: the `UriEncode` of Signature Version 4.
pub fn percent(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// As [`percent`], leaving `/` as it is: for paths and for `encoding-type=url`.
pub fn percent_path(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED_BUT_SLASH).to_string()
}

/// Decodes percent-encoding strictly: each `%` needs two hexadecimal digits, the result is UTF-8.
pub fn parse_percent(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{parse_hex, parse_percent, percent, percent_path};

    #[test]
    fn percent_encoding() {
        assert_eq!(percent("a/b c+ñ~".as_bytes()), "a%2Fb%20c%2B%C3%B1~");
        assert_eq!(percent_path("a/b c".as_bytes()), "a/b%20c");
        assert_eq!(parse_percent("a%2Fb+%C3%B1").as_deref(), Some("a/b+ñ"));
        for refused in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(parse_percent(refused), None, "{refused}");
        }
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(parse_hex::<2>("0aff"), Some([0x0a, 0xff]));
        assert_eq!(parse_hex::<2>("0aFF"), None);
        assert_eq!(parse_hex::<2>("0af"), None);
    }
}
