//! Conditions: operators, and what they make of the values of a request.
//!
//! Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for
//! multi-valued context keys".

use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::network::Network;

use super::error::Reason;
use super::key::Key;
use super::pattern::Pattern;
use super::pattern::Syntax;

/// One line of a condition: an operator, a key, and the values of which one must fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) key: Key,
    quantifier: Quantifier,
    if_exists: bool,
    negated: bool,
    test: Test,
}

/// How many of the request's values must fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Quantifier {
    /// The key has one value.
    One,
    /// `ForAnyValue:`.
    Any,
    /// `ForAllValues:`.
    All,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Text(Vec<Pattern>),
    TextOfAnyCase(Vec<Pattern>),
    Number(Order, Vec<f64>),
    Date(Order, Vec<Time>),
    Bool(Vec<bool>),
    Binary(Vec<Vec<u8>>),
    Ip(Vec<Network>),
    Arn(Vec<Vec<Pattern>>),
    /// True: the key must be missing.
    Null(Vec<bool>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    /// The ends of the names of operators that compare; `NotEquals` is `Equals`, negated.
    fn parse(ending: &str) -> Option<(Self, bool)> {
        Some(match ending {
            "Equals" => (Self::Equal, false),
            "NotEquals" => (Self::Equal, true),
            "LessThan" => (Self::Less, false),
            "LessThanEquals" => (Self::LessOrEqual, false),
            "GreaterThan" => (Self::Greater, false),
            "GreaterThanEquals" => (Self::GreaterOrEqual, false),
            _ => return None,
        })
    }
}

impl Condition {
    /// Reads an operator with the values it compares with.
    pub(super) fn parse(
        operator: &str,
        key: Key,
        values: &[String],
        variables: bool,
    ) -> Result<Self, Reason> {
        let unknown = || Reason::UnknownOperator(operator.to_owned());
        let (quantifier, name) = match operator.split_once(':') {
            None => (Quantifier::One, operator),
            Some(("ForAnyValue", name)) => (Quantifier::Any, name),
            Some(("ForAllValues", name)) => (Quantifier::All, name),
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            None => (name, false),
            Some("Null") => return Err(unknown()),
            Some(name) => (name, true),
        };
        if name == "Null" && quantifier != Quantifier::One {
            return Err(unknown());
        }
        let (negated, test) = test(name, values, variables)?.ok_or_else(unknown)?;
        Ok(Self {
            key,
            quantifier,
            if_exists,
            negated,
            test,
        })
    }

    /// Whether the request's values of the key fit; `None` if it has none. `lookup` gives what
    /// policy variables stand for.
    pub(super) fn holds(
        &self,
        values: Option<&[String]>,
        lookup: &dyn Fn(&Key) -> Option<String>,
    ) -> bool {
        if let Test::Null(wanted) = &self.test {
            return wanted.contains(&values.is_none_or(<[String]>::is_empty));
        }
        // An empty set is as good as none.
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return match self.quantifier {
                Quantifier::All => true,
                Quantifier::Any => self.if_exists,
                Quantifier::One => self.if_exists || self.negated,
            };
        };
        let fits = |value: &String| self.test.fits(value, lookup) != self.negated;
        match self.quantifier {
            // Many values under an operator for one: «not this» must be true of each of them.
            Quantifier::One if self.negated => values.iter().all(fits),
            Quantifier::One | Quantifier::Any => values.iter().any(fits),
            Quantifier::All => values.iter().all(fits),
        }
    }

    /// Whether the condition ties what it is part of to fixed values, so that it does not speak of
    /// everybody: an equality with values that have no wildcards and no variables, or networks that
    /// are not wide. Source: AWS S3 User Guide, "The meaning of public".
    pub(super) fn is_fixed(&self) -> bool {
        if self.negated || self.if_exists || self.quantifier == Quantifier::All {
            return false;
        }
        match &self.test {
            Test::Text(patterns) | Test::TextOfAnyCase(patterns) => {
                patterns.iter().all(Pattern::is_fixed)
            }
            Test::Arn(patterns) => patterns.iter().flatten().all(Pattern::is_fixed),
            Test::Ip(networks) => !networks.iter().any(|network| network.is_wide()),
            Test::Number(order, _) => *order == Order::Equal,
            Test::Binary(_) => true,
            Test::Date(..) | Test::Bool(_) | Test::Null(_) => false,
        }
    }

    /// Whether it holds of a key's value as it does not of just any: an equality that fits.
    pub(super) fn singles_out(&self, value: &str, lookup: &dyn Fn(&Key) -> Option<String>) -> bool {
        !self.negated && self.test.fits(value, lookup)
    }

    /// Every condition key that it reads.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.key).chain(self.variables())
    }

    /// Every condition key whose value is part of what it compares with.
    pub(super) fn variables(&self) -> impl Iterator<Item = &Key> {
        let patterns: Vec<&Pattern> = match &self.test {
            Test::Text(patterns) | Test::TextOfAnyCase(patterns) => patterns.iter().collect(),
            Test::Arn(patterns) => patterns.iter().flatten().collect(),
            _ => Vec::new(),
        };
        patterns.into_iter().flat_map(Pattern::keys)
    }
}

impl Test {
    fn fits(&self, value: &str, lookup: &dyn Fn(&Key) -> Option<String>) -> bool {
        match self {
            Self::Text(patterns) => patterns.iter().any(|p| p.matches(value, lookup)),
            Self::TextOfAnyCase(patterns) => {
                patterns.iter().any(|p| p.matches_any_case(value, lookup))
            }
            Self::Number(order, wanted) => {
                number(value).is_some_and(|v| wanted.iter().any(|w| order.holds(&v, w)))
            }
            Self::Date(order, wanted) => {
                date(value).is_some_and(|v| wanted.iter().any(|w| order.holds(&v, w)))
            }
            Self::Bool(wanted) => boolean(value).is_some_and(|v| wanted.contains(&v)),
            Self::Binary(wanted) => {
                encoding::parse_base64(value).is_some_and(|v| wanted.contains(&v))
            }
            Self::Ip(networks) => value
                .parse()
                .is_ok_and(|address| networks.iter().any(|n| n.contains(address))),
            Self::Arn(patterns) => {
                let parts: Vec<&str> = value.splitn(ARN_PARTS, ':').collect();
                patterns.iter().any(|wanted| {
                    wanted.len() == parts.len()
                        && wanted.iter().zip(&parts).all(|(p, v)| p.matches(v, lookup))
                })
            }
            Self::Null(_) => false,
        }
    }
}

/// `arn:partition:service:region:account:resource`, each compared alone.
const ARN_PARTS: usize = 6;

/// The test that an operator's name stands for, and whether it is negated.
fn test(name: &str, values: &[String], variables: bool) -> Result<Option<(bool, Test)>, Reason> {
    let literal = Syntax {
        wildcards: false,
        variables,
    };
    let like = Syntax {
        wildcards: true,
        variables,
    };
    let ordered = |family: &str| name.strip_prefix(family).and_then(Order::parse);
    Ok(Some(match name {
        "StringEquals" => (false, Test::Text(patterns(values, literal)?)),
        "StringNotEquals" => (true, Test::Text(patterns(values, literal)?)),
        "StringEqualsIgnoreCase" => (false, Test::TextOfAnyCase(patterns(values, literal)?)),
        "StringNotEqualsIgnoreCase" => (true, Test::TextOfAnyCase(patterns(values, literal)?)),
        "StringLike" => (false, Test::Text(patterns(values, like)?)),
        "StringNotLike" => (true, Test::Text(patterns(values, like)?)),
        "ArnEquals" | "ArnLike" => (false, Test::Arn(arns(values, like)?)),
        "ArnNotEquals" | "ArnNotLike" => (true, Test::Arn(arns(values, like)?)),
        "Bool" => (false, Test::Bool(all(values, boolean)?)),
        "Null" => (false, Test::Null(all(values, boolean)?)),
        "BinaryEquals" => (false, Test::Binary(all(values, encoding::parse_base64)?)),
        "IpAddress" => (false, Test::Ip(all(values, Network::parse)?)),
        "NotIpAddress" => (true, Test::Ip(all(values, Network::parse)?)),
        _ => {
            if let Some((order, negated)) = ordered("Numeric") {
                (negated, Test::Number(order, all(values, number)?))
            } else if let Some((order, negated)) = ordered("Date") {
                (negated, Test::Date(order, all(values, date)?))
            } else {
                return Ok(None);
            }
        }
    }))
}

fn all<T>(values: &[String], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Reason> {
    let parsed = values
        .iter()
        .map(|value| parse(value).ok_or_else(|| Reason::BadValue(value.clone())));
    parsed.collect()
}

fn patterns(values: &[String], syntax: Syntax) -> Result<Vec<Pattern>, Reason> {
    all(values, |value| Pattern::parse(value, syntax).ok())
}

fn arns(values: &[String], syntax: Syntax) -> Result<Vec<Vec<Pattern>>, Reason> {
    all(values, |value| {
        let parts = value.splitn(ARN_PARTS, ':');
        let parts: Option<Vec<_>> = parts.map(|p| Pattern::parse(p, syntax).ok()).collect();
        parts.filter(|parts| parts.len() == ARN_PARTS)
    })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// ISO 8601 with or without a time of day, or seconds since the Unix epoch.
fn date(text: &str) -> Option<Time> {
    Time::parse_iso8601(text)
        .or_else(|| Time::parse_iso8601(&format!("{text}T00:00:00Z")))
        .or_else(|| text.parse().ok().map(Time::from_seconds))
}
