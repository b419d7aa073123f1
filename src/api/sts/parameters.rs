//! The parameters of a request: a form in the body of a POST, or the query of a GET.

use std::collections::BTreeMap;

use crate::api::http::target::Query;
use crate::auth::sigv4;
use crate::types::limits;

use super::error::Code;
use super::error::StsError;

/// The only version of the API. Source: AWS STS API Reference, "Common Parameters".
pub(super) const VERSION: &str = "2011-06-15";

/// What every request has.
const COMMON: [&str; 2] = ["Action", "Version"];

/// Bounds of a text, in characters. Source: AWS STS API Reference, each parameter.
#[derive(Clone, Copy)]
pub(super) struct Characters {
    pub(super) min: usize,
    pub(super) max: usize,
}

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Parameters(Query);

impl Parameters {
    /// Reads a form or a query, which are written alike.
    pub(super) fn parse(raw: &str) -> Result<Self, StsError> {
        let query = Query::parse(raw)
            .map_err(|error| StsError::new(Code::MalformedInput, format!("{error}.")))?;
        Ok(Self(query))
    }

    /// A parameter; an empty one is as good as none, as in every Query API.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.value(name).filter(|value| !value.is_empty())
    }

    /// Refuses what the operation does not know: a parameter that narrows must never be ignored. A
    /// name that ends in `.` stands for all that begin so.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), StsError> {
        let is_known = |name: &&str| {
            let begins = |k: &&str| k.ends_with('.') && name.starts_with(*k);
            known.contains(name)
                || known.iter().any(begins)
                || COMMON.contains(name)
                || sigv4::QUERY.contains(name)
        };
        match self.0.names().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(128).collect();
                let message = format!("The parameter {name} is not supported by this store.");
                Err(StsError::new(Code::ValidationError, message))
            }
        }
    }

    /// A text that must be there, of characters and length that AWS allows.
    pub(super) fn text(
        &self,
        name: &'static str,
        characters: Characters,
        is_allowed: fn(char) -> bool,
    ) -> Result<&str, StsError> {
        let value = self.value(name).ok_or_else(|| {
            let message = format!("The request must contain the parameter {name}.");
            StsError::new(Code::MissingParameter, message)
        })?;
        let length = value.chars().count();
        let Characters { min, max } = characters;
        if !(min..=max).contains(&length) || !value.chars().all(is_allowed) {
            let message = format!(
                "1 validation error detected: {name} must be {min} to {max} characters of those \
                 that are allowed in it."
            );
            return Err(StsError::new(Code::ValidationError, message));
        }
        Ok(value)
    }

    /// `Tags.member.N.Key` and `Tags.member.N.Value`, N from 1 without a gap. Names that differ in
    /// case alone are one, and none may begin with `aws:`. Source: AWS IAM User Guide, "Passing
    /// session tags in AWS STS".
    pub(super) fn tags(&self) -> Result<BTreeMap<String, Vec<String>>, StsError> {
        let invalid = || {
            let message = "1 validation error detected: Tags must be at most 50 members of a Key \
                           of 1 to 128 characters, each once, and a Value of at most 256.";
            StsError::new(Code::ValidationError, message)
        };
        let mut tags = BTreeMap::new();
        let mut found = 0;
        for number in 1..=limits::SESSION_TAGS_MAX {
            let Some(name) = self.value(&format!("Tags.member.{number}.Key")) else {
                break;
            };
            let value = self.0.value(&format!("Tags.member.{number}.Value"));
            let value = value.ok_or_else(invalid)?;
            found += 2;
            let is_allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
            let is_good = name.chars().all(is_allowed) && value.chars().all(is_allowed);
            let lower = name.to_lowercase();
            let is_repeated = tags.keys().any(|k: &String| k.to_lowercase() == lower);
            let fits = name.chars().count() <= 128 && value.chars().count() <= 256;
            if !is_good || !fits || is_repeated || lower.starts_with("aws:") {
                return Err(invalid());
            }
            tags.insert(name.to_owned(), vec![value.to_owned()]);
        }
        let given = self
            .0
            .names()
            .filter(|name| name.starts_with("Tags."))
            .count();
        if given == found {
            Ok(tags)
        } else {
            Err(invalid())
        }
    }

    /// `DurationSeconds`, or what it is when it is not said.
    pub(super) fn duration_seconds(
        &self,
        unsaid: i64,
        min: i64,
        max: i64,
    ) -> Result<i64, StsError> {
        let Some(text) = self.value("DurationSeconds") else {
            return Ok(unsaid);
        };
        let is_number = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
        let seconds: Option<i64> = text.parse().ok().filter(|_| is_number);
        seconds
            .filter(|seconds| (min..=max).contains(seconds))
            .ok_or_else(|| {
                let message = format!(
                    "1 validation error detected: DurationSeconds must be a number from {min} to \
                     {max}."
                );
                StsError::new(Code::ValidationError, message)
            })
    }
}

/// The characters of names. Source: AWS STS API Reference, `RoleSessionName`: `[\w+=,.@-]*`.
pub(super) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

#[cfg(test)]
mod tests {
    use super::{Characters, Parameters, is_name};

    #[track_caller]
    fn duration(text: &str, expected: Option<i64>) {
        let parameters = Parameters::parse(&format!("DurationSeconds={text}")).unwrap();
        assert_eq!(
            parameters.duration_seconds(3_600, 900, 43_200).ok(),
            expected
        );
    }

    #[test]
    fn durations() {
        duration("", Some(3_600));
        duration("900", Some(900));
        duration("43200", Some(43_200));
        for refused in [
            "899",
            "43201",
            "-1",
            "%2B900",
            "9e2",
            "0x900",
            "99999999999999999999",
        ] {
            duration(refused, None);
        }
    }

    #[test]
    fn names() {
        let check = |text: &str, good: bool| {
            let parameters = Parameters::parse(&format!("RoleSessionName={text}")).unwrap();
            let bounds = Characters { min: 2, max: 64 };
            let read = parameters.text("RoleSessionName", bounds, is_name);
            assert_eq!(read.is_ok(), good, "{text}");
        };
        check("turno-1", true);
        check("a%2Bb%3D%2C.%40", true);
        check(&"a".repeat(64), true);
        for refused in ["", "a", "a+b", "a%2Fb", "%C3%B1o", "a%00b", &"a".repeat(65)] {
            check(refused, false);
        }
    }

    #[test]
    fn tags() {
        let check = |form: &str, expected: Option<&str>| {
            let tags = Parameters::parse(form).unwrap().tags().ok().map(|tags| {
                let tags = tags.iter().map(|(k, v)| format!("{k}={}", v.concat()));
                tags.collect::<Vec<_>>().join(",")
            });
            assert_eq!(tags.as_deref(), expected, "{form}");
        };
        let tag = |n: usize, k: &str, v: &str| {
            format!("&Tags.member.{n}.Key={k}&Tags.member.{n}.Value={v}")
        };
        check("A=1", Some(""));
        check(&tag(1, "%C3%A1rea", "a+b"), Some("área=a b"));
        check(&(tag(2, "b", "") + &tag(1, "a", "1")), Some("a=1,b="));
        check(&tag(2, "a", "1"), None);
        check("Tags.member.1.Key=a", None);
        check(&(tag(1, "a", "1") + &tag(2, "A", "1")), None);
        check(&tag(1, "aws:x", "1"), None);
        check(&tag(1, &"a".repeat(129), "1"), None);
        check(&tag(1, "a", &"1".repeat(257)), None);
        check(&tag(1, "a%2A", "1"), None);
        let many = |n| {
            (1..=n)
                .map(|n| tag(n, &format!("k{n}"), "1"))
                .collect::<String>()
        };
        assert!(Parameters::parse(&many(50)).unwrap().tags().is_ok());
        check(&many(51), None);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let parameters = Parameters::parse("Action=A&Version=V&RoleArn=x&ExternalId=1").unwrap();
        assert!(parameters.only(&["RoleArn", "ExternalId"]).is_ok());
        assert!(parameters.only(&["RoleArn"]).is_err());
        assert!(Parameters::parse("A=1&A=2").is_err());
        assert!(Parameters::parse("A=%").is_err());
    }
}
