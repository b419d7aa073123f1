//! Conditional requests (RFC 9110 section 13, with the order that S3 documents).

use crate::api::http::headers::Headers;
use crate::meta::records::DeleteCondition;
use crate::meta::records::Precondition;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::etag::EtagMatch;

use super::code::Code;
use super::error::S3Error;

/// The conditions of a read, or of the source of a copy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReadConditions {
    if_match: Option<EtagMatch>,
    if_none_match: Option<EtagMatch>,
    if_modified_since: Option<Time>,
    if_unmodified_since: Option<Time>,
}

impl ReadConditions {
    /// Reads `If-…` headers, or those of a copy's source with the prefix
    /// `x-amz-copy-source-`. A date that cannot be read is ignored (RFC 9110 section 13.1.3).
    pub fn parse(headers: &Headers, prefix: &str) -> Self {
        let header = |name: &str| {
            headers
                .get(format!("{prefix}{name}").as_str())
                .and_then(|v| v.to_str().ok())
        };
        Self {
            if_match: header("if-match").map(EtagMatch::parse),
            if_none_match: header("if-none-match").map(EtagMatch::parse),
            if_modified_since: header("if-modified-since").and_then(Time::parse_http_date),
            if_unmodified_since: header("if-unmodified-since").and_then(Time::parse_http_date),
        }
    }

    /// Whether the representation may be sent: `PreconditionFailed` or `NotModified` if not. An
    /// entity-tag condition that holds makes the date beside it irrelevant.
    pub fn check(&self, etag: &Etag, modified: Time) -> Result<(), Unmet> {
        let unmet = |code, condition| Err(Unmet { code, condition });
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !tags.matches(etag) => {
                return unmet(Code::PreconditionFailed, "If-Match");
            }
            (None, Some(since)) if modified.seconds() > since.seconds() => {
                return unmet(Code::PreconditionFailed, "If-Unmodified-Since");
            }
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) if tags.matches(etag) => unmet(Code::NotModified, "If-None-Match"),
            (None, Some(since)) if modified.seconds() <= since.seconds() => {
                unmet(Code::NotModified, "If-Modified-Since")
            }
            _ => Ok(()),
        }
    }
}

/// A condition that does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unmet {
    /// What a read answers.
    pub code: Code,
    /// The header that asks for it.
    pub condition: &'static str,
}

impl From<Unmet> for S3Error {
    fn from(unmet: Unmet) -> Self {
        Self::from(unmet.code).with("Condition", unmet.condition.to_owned())
    }
}

impl Unmet {
    /// What a copy answers whose source does not meet it: nothing can be sent, so a source that was
    /// not modified is a failed precondition too.
    pub fn of_source(self) -> S3Error {
        S3Error::from(Code::PreconditionFailed)
            .with("Condition", format!("x-amz-copy-source-{}", self.condition))
    }
}

/// Reads the conditions of a write. `If-None-Match` takes `*` alone, as S3 has it.
pub fn write(headers: &Headers) -> Result<Precondition, S3Error> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    for name in ["if-modified-since", "if-unmodified-since"] {
        if headers.contains_key(name) {
            return Err(S3Error::not_implemented("a conditional write by date"));
        }
    }
    let if_none_match = header("if-none-match").map(EtagMatch::parse);
    if if_none_match
        .as_ref()
        .is_some_and(|tags| *tags != EtagMatch::Any)
    {
        return Err(
            S3Error::not_implemented("If-None-Match with an entity tag on a write")
                .with("Header", "If-None-Match".to_owned()),
        );
    }
    let if_match = header("if-match").map(EtagMatch::parse);
    if if_match.is_some() && if_none_match.is_some() {
        let refused = S3Error::not_implemented("If-Match beside If-None-Match on a write");
        return Err(refused.with("Header", "If-Match,If-None-Match".to_owned()));
    }
    Ok(Precondition {
        if_match,
        if_none_match,
    })
}

/// Reads the conditions of a deletion. One that cannot be read is refused, for without it the
/// deletion would happen.
pub fn delete(headers: &Headers) -> Result<DeleteCondition, S3Error> {
    for name in ["if-none-match", "if-modified-since", "if-unmodified-since"] {
        if headers.contains_key(name) {
            return Err(S3Error::not_implemented("This condition of a delete"));
        }
    }
    let header = |name: &'static str| {
        let value = headers.get(name).map(|value| value.to_str());
        value.transpose().map_err(|_| {
            let message = "The value of the header is not text.";
            S3Error::argument(name, "", message)
        })
    };
    let size = header(SIZE)?.map(|text| {
        let message = "The size of the object is a number of bytes.";
        let size = text.trim().parse();
        size.map_err(|_| S3Error::argument(SIZE, text, message))
    });
    let modified = header(MODIFIED)?.map(|text| moment(MODIFIED, text));
    Ok(DeleteCondition {
        if_match: header("if-match")?.map(EtagMatch::parse),
        modified: modified.transpose()?,
        size_bytes: size.transpose()?,
    })
}

const MODIFIED: &str = "x-amz-if-match-last-modified-time";
const SIZE: &str = "x-amz-if-match-size";

/// Reads a moment as an HTTP date, or as the listings tell it.
pub fn moment(argument: &'static str, text: &str) -> Result<Time, S3Error> {
    let time = Time::parse_http_date(text).or_else(|| Time::parse_iso8601(text));
    time.ok_or_else(|| {
        let message = "The time is neither an HTTP date nor one of ISO 8601.";
        S3Error::argument(argument, text, message)
    })
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderName, HeaderValue};

    use super::{ReadConditions, write};
    use crate::api::http::headers::Headers;
    use crate::api::s3::code::Code;
    use crate::types::clock::Time;
    use crate::types::etag::Etag;

    const TAG: &str = "\"abababababababababababababababab\"";
    const OTHER: &str = "\"00000000000000000000000000000000\"";
    const BEFORE: &str = "Fri, 24 May 2013 00:00:00 GMT";
    const AT: &str = "Sat, 25 May 2013 00:00:00 GMT";

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let mut map = Headers::default();
        for (name, value) in pairs {
            map.append(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        map
    }

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: Result<(), Code>) {
        let conditions = ReadConditions::parse(&headers(pairs), "");
        let modified = Time::from_millis(Time::parse_http_date(AT).unwrap().millis() + 250);
        assert_eq!(
            conditions
                .check(&Etag::of_content([0xab; 16]), modified)
                .map_err(|unmet| unmet.code),
            expected
        );
    }

    #[test]
    fn reads() {
        check(&[], Ok(()));
        check(&[("if-match", TAG)], Ok(()));
        check(&[("if-match", OTHER)], Err(Code::PreconditionFailed));
        check(&[("if-match", "*")], Ok(()));
        check(&[("if-none-match", TAG)], Err(Code::NotModified));
        check(&[("if-none-match", OTHER)], Ok(()));
        check(&[("if-modified-since", BEFORE)], Ok(()));
        check(&[("if-modified-since", AT)], Err(Code::NotModified));
        check(
            &[("if-unmodified-since", BEFORE)],
            Err(Code::PreconditionFailed),
        );
        check(&[("if-unmodified-since", AT)], Ok(()));
        check(
            &[("if-match", TAG), ("if-unmodified-since", BEFORE)],
            Ok(()),
        );
        check(
            &[("if-none-match", OTHER), ("if-modified-since", AT)],
            Ok(()),
        );
        check(&[("if-modified-since", "last week")], Ok(()));
    }

    #[test]
    fn writes() {
        assert!(write(&headers(&[("if-none-match", "*")])).is_ok());
        assert!(write(&headers(&[("if-match", TAG)])).is_ok());
        for refused in [
            &[("if-none-match", TAG)][..],
            &[("if-none-match", "*"), ("if-match", TAG)],
        ] {
            let refused = write(&headers(refused)).unwrap_err();
            assert_eq!(refused.code, Code::NotImplemented);
        }
    }
}
