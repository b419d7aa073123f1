//! Claims, typed.

use serde_json::{Map, Value};

use crate::auth::error::BearerError;
use crate::types::clock::Time;
use crate::types::names::InvalidName;

/// The members of a token's payload.
pub(super) type Claims = Map<String, Value>;

/// Where in a token a claim stands: names from the outside in, `realm_access.roles`. A `.` that
/// belongs to a name is written `\.`, as in `https://gob\.mx/agency`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimPath {
    text: Box<str>,
    names: Vec<Box<str>>,
}

impl ClaimPath {
    /// Reads the written form.
    ///
    /// # Errors
    /// An empty name, or a `\` before anything but `.` and `\`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let mut names = Vec::new();
        let mut name = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '.' => names.push(std::mem::take(&mut name).into_boxed_str()),
                '\\' => match characters.next() {
                    Some(escaped @ ('.' | '\\')) => name.push(escaped),
                    _ => return Err(InvalidName("with a \\ that escapes nothing")),
                },
                other => name.push(other),
            }
        }
        names.push(name.into_boxed_str());
        if names.iter().any(|n| n.is_empty()) {
            return Err(InvalidName("with an empty name"));
        }
        Ok(Self {
            text: text.into(),
            names,
        })
    }

    /// The claim of this name at the outermost level.
    pub(super) fn outermost(name: &'static str) -> Self {
        Self {
            text: name.into(),
            names: vec![name.into()],
        }
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The claim's value.
    pub(super) fn find<'c>(&self, claims: &'c Claims) -> Option<&'c Value> {
        let (first, rest) = self.names.split_first()?;
        rest.iter()
            .try_fold(claims.get(&**first)?, |value, name| value.get(&**name))
    }

    pub(super) fn missing(&self) -> BearerError {
        BearerError::ClaimMissing {
            claim: self.text.clone(),
        }
    }

    pub(super) fn mistyped(&self) -> BearerError {
        BearerError::ClaimType {
            claim: self.text.clone(),
        }
    }

    /// The claim has no value, or several, of those that were asked for.
    pub(super) fn unfit(&self) -> BearerError {
        BearerError::ClaimValue {
            claim: self.text.clone(),
        }
    }

    /// The claim's text, which must be there.
    pub(super) fn text<'c>(&self, claims: &'c Claims) -> Result<&'c str, BearerError> {
        let value = self.find(claims).ok_or_else(|| self.missing())?;
        value.as_str().ok_or_else(|| self.mistyped())
    }

    /// The claim's texts: an array of strings, or one string; none if it is not there.
    pub(super) fn texts<'c>(&self, claims: &'c Claims) -> Result<Vec<&'c str>, BearerError> {
        self.find(claims)
            .map_or(Some(Vec::new()), strings)
            .ok_or_else(|| self.mistyped())
    }
}

/// A string, or an array of nothing but strings.
pub(super) fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A registered claim that is a text.
pub(super) fn text<'c>(
    members: &'c Claims,
    claim: &'static str,
) -> Result<Option<&'c str>, BearerError> {
    match members.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(mistyped(claim)),
    }
}

/// A registered claim that is a moment: a NumericDate (RFC 7519 section 2), rounded down.
pub(super) fn moment(members: &Claims, claim: &'static str) -> Result<Option<Time>, BearerError> {
    /// A calendar's end, 9999-12-31T23:59:59Z; beyond it are mistakes and attacks.
    const SECONDS_MAX: i64 = 253_402_300_799;
    let Some(value) = members.get(claim) else {
        return Ok(None);
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and what is too large is refused below"
    )]
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|fraction| fraction.floor() as i64));
    seconds
        .filter(|seconds| (0..=SECONDS_MAX).contains(seconds))
        .map(|seconds| Some(Time::from_seconds(seconds)))
        .ok_or_else(|| mistyped(claim))
}

pub(super) fn missing(claim: &'static str) -> BearerError {
    BearerError::ClaimMissing {
        claim: claim.into(),
    }
}

pub(super) fn mistyped(claim: &'static str) -> BearerError {
    BearerError::ClaimType {
        claim: claim.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::ClaimPath;
    use crate::types::json::parse_object;

    #[test]
    fn claim_paths() {
        let json = r#"{"a":{"b":{"c":"deep"}},"a.b":"flat","x":["y"]}"#;
        let claims = parse_object(json.as_bytes()).unwrap();
        let find = |path: &str| {
            let path = ClaimPath::parse(path).unwrap();
            path.find(&claims).map(ToString::to_string)
        };
        assert_eq!(find("a.b.c").as_deref(), Some(r#""deep""#));
        assert_eq!(find(r"a\.b").as_deref(), Some(r#""flat""#));
        assert_eq!(find("a.c"), None);
        assert_eq!(find("x.0"), None);
        assert_eq!(find("x.y"), None);
        for refused in ["", ".", "a.", ".a", "a..b", r"a\b", r"a\"] {
            assert!(ClaimPath::parse(refused).is_err(), "{refused}");
        }
    }
}
