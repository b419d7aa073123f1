//! How claims become a name, a list of roles, tags.

use serde_json::Value;

use super::claims::{ClaimPath, Claims, strings};
use crate::auth::error::BearerError;
use crate::types::names::InvalidName;

/// Where a text comes from: a claim (`sub`), or a template of several (`{azp}/{sub}`); and a prefix
/// that is stripped off it.
///
/// With a prefix, a claim may have several values: it gives the one that has the prefix, of which
/// there must be exactly one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TextRule {
    pieces: Vec<Piece>,
    prefix: Box<str>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Literal(Box<str>),
    Claim(ClaimPath),
}

impl TextRule {
    /// Reads a claim's path, or a template if there is a `{` in it.
    ///
    /// # Errors
    /// A path that is none, a brace without its other half, a template that names no claim.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let mut pieces = Vec::new();
        if !text.contains(['{', '}']) {
            pieces.push(Piece::Claim(ClaimPath::parse(text)?));
        }
        let mut rest = if pieces.is_empty() { text } else { "" };
        while !rest.is_empty() {
            let (literal, after) = rest.split_once('{').unwrap_or((rest, ""));
            if literal.contains('}') || (after.is_empty() && literal.len() < rest.len()) {
                return Err(InvalidName("with a brace that has no other half"));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.into()));
            }
            if after.is_empty() {
                break;
            }
            let (path, after) = after
                .split_once('}')
                .filter(|(path, _)| !path.contains('{'))
                .ok_or(InvalidName("with a brace that has no other half"))?;
            pieces.push(Piece::Claim(ClaimPath::parse(path)?));
            rest = after;
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Claim(_))) {
            return Err(InvalidName("without a claim"));
        }
        Ok(Self {
            pieces,
            prefix: "".into(),
        })
    }

    /// The claim of this name at the outermost level.
    pub(super) fn outermost(name: &'static str) -> Self {
        Self {
            pieces: vec![Piece::Claim(ClaimPath::outermost(name))],
            prefix: "".into(),
        }
    }

    /// The same rule, with a prefix that every value must have and that is stripped off.
    #[must_use]
    pub fn stripping(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The text.
    pub(super) fn text(&self, claims: &Claims) -> Result<String, BearerError> {
        if let [Piece::Claim(path)] = self.pieces.as_slice() {
            if self.prefix.is_empty() {
                return path.text(claims).map(str::to_owned);
            }
            let value = path.find(claims).ok_or_else(|| path.missing())?;
            let values = strings(value).ok_or_else(|| path.mistyped())?;
            let mut fitting = values.iter().filter_map(|v| v.strip_prefix(&*self.prefix));
            return match (fitting.next(), fitting.next()) {
                (Some(text), None) => Ok(text.to_owned()),
                _ => Err(path.unfit()),
            };
        }
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Claim(path) => text.push_str(path.text(claims)?),
            }
        }
        match text.strip_prefix(&*self.prefix) {
            Some(stripped) => Ok(stripped.to_owned()),
            None => Err(BearerError::ClaimValue {
                claim: text.chars().take(128).collect::<String>().into(),
            }),
        }
    }
}

/// Where a list of names comes from: a claim that is an array of texts, or one text with spaces
/// between the names, as `scope` is; and a prefix that ours have and that is stripped off.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListRule {
    path: ClaimPath,
    prefix: Box<str>,
}

impl ListRule {
    /// The list in this claim.
    pub fn new(path: ClaimPath) -> Self {
        Self {
            path,
            prefix: "".into(),
        }
    }

    /// The same rule for the names with this prefix alone, which is stripped off.
    #[must_use]
    pub fn stripping(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The names; none if the claim is not there.
    pub(super) fn names<'c>(&'c self, claims: &'c Claims) -> Result<Vec<&'c str>, BearerError> {
        let names = self.path.texts(claims)?;
        let names = names.into_iter().flat_map(str::split_ascii_whitespace);
        Ok(names
            .filter_map(|n| n.strip_prefix(&*self.prefix))
            .collect())
    }
}

/// A claim that a token must have, with a value that it must have, alone or among others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredClaim {
    /// The claim.
    pub path: ClaimPath,
    /// Its value as text.
    pub value: Box<str>,
}

impl RequiredClaim {
    pub(super) fn check(&self, claims: &Claims) -> Result<(), BearerError> {
        let value = self.path.find(claims).ok_or_else(|| self.path.missing())?;
        let is_it = |value: &Value| scalar(value).is_some_and(|text| *text == *self.value);
        let has_it = match value {
            Value::Array(items) => items.iter().any(is_it),
            other => is_it(other),
        };
        if has_it {
            Ok(())
        } else {
            Err(self.path.unfit())
        }
    }
}

/// A tag of a token's principal, and the claim that it comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TagRule {
    /// The tag's name.
    pub name: Box<str>,
    /// Its values.
    pub path: ClaimPath,
}

/// A value as text, if it is no list and no object.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The values of a claim as texts; none for an object or for a list that holds more than texts,
/// numbers and truths.
pub(super) fn scalars(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(scalar).collect(),
        other => scalar(other).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::{ListRule, RequiredClaim, TextRule, scalars};
    use crate::auth::bearer::claims::{ClaimPath, Claims};
    use crate::types::json::parse_object;

    fn claims() -> Claims {
        let json = r#"{"sub":"ana","azp":"ventanilla","groups":["x","agencia:registro","b"],
            "scope":"openid acervo:app acervo:reader app","n":7,"deep":{"ok":true,"l":["a",1]}}"#;
        parse_object(json.as_bytes()).unwrap()
    }

    #[track_caller]
    fn text(rule: &str, prefix: &str, expected: Option<&str>) {
        let rule = TextRule::parse(rule).unwrap().stripping(prefix);
        assert_eq!(rule.text(&claims()).ok().as_deref(), expected);
    }

    #[test]
    fn texts_come_from_claims_lists_and_templates() {
        text("sub", "", Some("ana"));
        text("sub", "a", Some("na"));
        text("sub", "b", None);
        text("groups", "agencia:", Some("registro"));
        text("groups", "", None);
        text("groups", "z", None);
        text("{azp}/{sub}", "", Some("ventanilla/ana"));
        text("app:{sub}", "app:", Some("ana"));
        text("app:{sub}", "x", None);
        text("{sub}{missing}", "", None);
        text("{sub}{n}", "", None);
        text("n", "", None);
        text("missing", "", None);
        for refused in [
            "", "{", "}", "{sub", "sub}", "a{}b", "{}", "a}b{sub}", "{a{b}",
        ] {
            assert!(TextRule::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn lists_come_from_arrays_and_from_texts_with_spaces() {
        let names = |path: &str, prefix: &str| {
            let rule = ListRule::new(ClaimPath::parse(path).unwrap()).stripping(prefix);
            let claims = claims();
            let found = rule.names(&claims);
            found.map(|names| names.join(",")).ok()
        };
        assert_eq!(names("scope", "acervo:").as_deref(), Some("app,reader"));
        assert_eq!(names("groups", "").as_deref(), Some("x,agencia:registro,b"));
        assert_eq!(names("missing", "").as_deref(), Some(""));
        assert_eq!(names("n", ""), None);
    }

    #[test]
    fn required_claims() {
        let check = |path: &str, value: &str| {
            let path = ClaimPath::parse(path).unwrap();
            let value = value.into();
            RequiredClaim { path, value }.check(&claims()).is_ok()
        };
        assert!(check("sub", "ana") && check("n", "7") && check("deep.ok", "true"));
        assert!(check("groups", "b") && check("deep.l", "1"));
        assert!(!check("sub", "Ana") && !check("groups", "c") && !check("deep", "x"));
        assert!(!check("missing", ""));
        assert_eq!(scalars(&serde_json::json!({})), None);
    }
}
