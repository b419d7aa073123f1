//! Reading a policy document: every member known, every value of its type, or a reason.

use serde_json::Map;
use serde_json::Value;

use crate::types::json;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use super::Effect;
use super::Kind;
use super::Permissions;
use super::Policy;
use super::Resources;
use super::Statement;
use super::condition::Condition;
use super::error::PolicyError;
use super::error::Reason;
use super::key::Key;
use super::pattern::Pattern;
use super::pattern::Syntax;
use super::permissions::On;
use super::permissions::PERMISSIONS;
use super::principal::Principals;
use super::principal::texts;

const ARN_OF_S3: &str = "arn:aws:s3:::";
/// What a permission on the agency itself is asked for on.
pub(super) const ARN_OF_AGENCY: &str = "arn:aws:s3:::*";

/// Reads a whole document.
pub(super) fn policy(text: &str, kind: Kind<'_>) -> Result<Policy, PolicyError> {
    if text.len() > limits::POLICY_BYTES_MAX {
        return Err(Reason::TooLong.into());
    }
    let document = json::parse_object(text.as_bytes()).ok_or(Reason::NotJson)?;
    known(&document, &["Version", "Id", "Statement"])?;
    let variables = match document.get("Version") {
        None => false,
        Some(Value::String(version)) if version == "2008-10-17" => false,
        Some(Value::String(version)) if version == "2012-10-17" => true,
        Some(_) => return Err(Reason::Version.into()),
    };
    if document.get("Id").is_some_and(|id| !id.is_string()) {
        return Err(Reason::BadField("Id is a text").into());
    }
    let statements = match document.get("Statement") {
        None => return Err(Reason::MissingField("Statement").into()),
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
    };
    if statements.is_empty() || statements.len() > limits::POLICY_STATEMENTS_MAX {
        return Err(Reason::Statements.into());
    }
    let read = |(at, value): (usize, &Value)| {
        statement(value, kind, variables).map_err(|reason| PolicyError {
            statement: Some(at + 1),
            reason,
        })
    };
    let statements = statements.into_iter().enumerate().map(read);
    Ok(Policy {
        statements: statements.collect::<Result<_, _>>()?,
    })
}

fn known(members: &Map<String, Value>, names: &[&str]) -> Result<(), Reason> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(unknown) => Err(Reason::UnknownField(unknown.clone())),
        None => Ok(()),
    }
}

const MEMBERS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement(value: &Value, kind: Kind<'_>, variables: bool) -> Result<Statement, Reason> {
    let Value::Object(members) = value else {
        return Err(Reason::BadField("a statement is an object"));
    };
    known(members, MEMBERS)?;
    let sid = match members.get("Sid") {
        None => None,
        Some(Value::String(sid)) => Some(sid.as_str().into()),
        Some(_) => return Err(Reason::BadField("Sid is a text")),
    };
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(_) => return Err(Reason::BadField("Effect is Allow or Deny")),
        None => return Err(Reason::MissingField("Effect")),
    };
    let (actions, permissions) = actions(members)?;
    let resources = resources(members, kind, variables)?;
    if let (Some(actions), false) = (&actions, resources.negated) {
        for (name, permissions) in actions {
            if !permissions.apply_to(&resources) {
                return Err(Reason::Pointless(name.clone()));
            }
        }
    }
    Ok(Statement {
        sid,
        effect,
        principals: principals(members, kind)?,
        permissions,
        resources,
        conditions: conditions(members, variables)?,
    })
}

/// One of a member and its negation, and whether it is the negation.
fn either<'v>(
    members: &'v Map<String, Value>,
    name: &'static str,
    negation: &str,
) -> Result<Option<(&'v Value, bool)>, Reason> {
    match (members.get(name), members.get(negation)) {
        (Some(_), Some(_)) => Err(Reason::Both(name)),
        (Some(value), None) => Ok(Some((value, false))),
        (None, Some(value)) => Ok(Some((value, true))),
        (None, None) => Ok(None),
    }
}

fn principals(members: &Map<String, Value>, kind: Kind<'_>) -> Result<Option<Principals>, Reason> {
    match (either(members, "Principal", "NotPrincipal")?, kind) {
        (None, Kind::Identity) => Ok(None),
        (Some(_), Kind::Identity) => Err(Reason::PrincipalGiven),
        (None, Kind::Bucket { .. }) => Err(Reason::MissingField("Principal")),
        (Some((value, negated)), Kind::Bucket { agency, .. }) => {
            Principals::parse(value, negated, agency).map(Some)
        }
    }
}

/// Each action as written with what it stands for, unless they are negated; and all together.
type Actions = (Option<Vec<(String, Permissions)>>, Permissions);

fn actions(members: &Map<String, Value>) -> Result<Actions, Reason> {
    let Some((value, negated)) = either(members, "Action", "NotAction")? else {
        return Err(Reason::MissingField("Action"));
    };
    let names = texts(value).filter(|names| !names.is_empty());
    let names = names.ok_or(Reason::BadField("Action is a text or a list of texts"))?;
    let wildcards = Syntax {
        wildcards: true,
        variables: false,
    };
    let mut each = Vec::with_capacity(names.len());
    let mut all = Permissions::NONE;
    for name in names {
        let unknown = || Reason::UnknownAction(name.to_owned());
        let pattern = Pattern::parse(name, wildcards).map_err(|_| unknown())?;
        let matched = PERMISSIONS
            .iter()
            .enumerate()
            .filter(|(_, (permission, _))| pattern.matches_any_case(permission, |_| None));
        let matched = matched.fold(Permissions::NONE, |some, (at, _)| some.with(at));
        if matched == Permissions::NONE {
            return Err(unknown());
        }
        all = all.and(matched);
        each.push((name.to_owned(), matched));
    }
    Ok(if negated {
        (None, all.inverted())
    } else {
        (Some(each), all)
    })
}

impl Permissions {
    /// Whether any of them can be asked for on any of the resources.
    fn apply_to(self, resources: &Resources) -> bool {
        PERMISSIONS.iter().enumerate().any(|(at, (_, on))| {
            self.has(at)
                && resources.patterns.iter().any(|pattern| {
                    // Once a text has a slash after the ARN's prefix it can only name objects.
                    let start = pattern.start();
                    let in_bucket = start.len() > ARN_OF_S3.len() && start.contains('/');
                    match on {
                        On::Agency => pattern.matches(ARN_OF_AGENCY, |_| None),
                        On::Bucket => !in_bucket,
                        On::Object => in_bucket || !pattern.is_fixed(),
                    }
                })
        })
    }
}

fn resources(
    members: &Map<String, Value>,
    kind: Kind<'_>,
    variables: bool,
) -> Result<Resources, Reason> {
    let Some((value, negated)) = either(members, "Resource", "NotResource")? else {
        return Err(Reason::MissingField("Resource"));
    };
    let names = texts(value).filter(|names| !names.is_empty());
    let names = names.ok_or(Reason::BadField("Resource is a text or a list of texts"))?;
    let syntax = Syntax {
        wildcards: true,
        variables,
    };
    let read = |name: &str| {
        let bad = || Reason::BadResource(name.to_owned());
        if !is_of(name, kind) {
            return Err(bad());
        }
        Pattern::parse(name, syntax).map_err(|_| bad())
    };
    let patterns = names.into_iter().map(read);
    Ok(Resources {
        patterns: patterns.collect::<Result<_, _>>()?,
        negated,
    })
}

/// A bucket's policy speaks of the bucket and what is in it, also by a pattern that other buckets
/// fit too: of them it says nothing. A principal's speaks of whatever it likes.
fn is_of(name: &str, kind: Kind<'_>) -> bool {
    match kind {
        Kind::Identity => name == "*" || name.starts_with(ARN_OF_S3),
        Kind::Bucket { bucket, .. } => name
            .strip_prefix(ARN_OF_S3)
            .is_some_and(|rest| names_bucket(rest, bucket)),
    }
}

fn names_bucket(rest: &str, bucket: &BucketName) -> bool {
    let name = rest.split_once('/').map_or(rest, |(name, _)| name);
    let wildcards = Syntax {
        wildcards: true,
        variables: false,
    };
    Pattern::parse(name, wildcards).is_ok_and(|name| name.matches(bucket.as_str(), |_| None))
}

fn conditions(members: &Map<String, Value>, variables: bool) -> Result<Vec<Condition>, Reason> {
    let operators = match members.get("Condition") {
        None => return Ok(Vec::new()),
        Some(Value::Object(operators)) => operators,
        Some(_) => return Err(Reason::BadField("Condition is an object")),
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Err(Reason::BadField("an operator's conditions are an object"));
        };
        for (name, values) in keys {
            let key = Key::parse(name).ok_or_else(|| Reason::UnknownKey(name.clone()))?;
            let values = values_of(values)?;
            conditions.push(Condition::parse(operator, key, &values, variables)?);
        }
    }
    Ok(conditions)
}

/// Texts, numbers and truth values, one or a list, all of them as texts.
fn values_of(value: &Value) -> Result<Vec<String>, Reason> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Reason::BadField("a condition's values are texts")),
    };
    match value {
        Value::Array(items) if items.is_empty() => {
            Err(Reason::BadField("a condition has no values"))
        }
        Value::Array(items) => items.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

/// The ARN of a bucket.
pub(super) fn bucket_arn(bucket: &BucketName) -> String {
    format!("{ARN_OF_S3}{bucket}")
}

/// The ARN of a principal.
pub(super) fn user_arn(agency: &AgencyId, principal: &str) -> String {
    format!("arn:aws:iam::{agency}:user/{principal}")
}
