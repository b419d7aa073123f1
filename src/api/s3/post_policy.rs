//! The policy of a form: what its author allows a browser to send.
//!
//! Source: AWS S3 API Reference, "POST Policy".

use serde_json::Value;

use crate::types::clock::Time;

use super::code::Code;
use super::error::S3Error;

/// A policy, read completely: what it does not understand refuses it (law 8).
#[derive(Debug)]
pub struct PostPolicy {
    expiration: Time,
    conditions: Vec<Condition>,
    /// Bytes that the file may have, from and to.
    pub file_bytes: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Condition {
    field: String,
    rule: Rule,
    /// As its author wrote it, for the answer.
    text: String,
}

#[derive(Debug)]
enum Rule {
    Is(String),
    StartsWith(String),
}

/// Fields that no condition need name: the proof itself, and the file.
const UNCONDITIONED: [&str; 8] = [
    "policy",
    "awsaccesskeyid",
    "signature",
    "x-amz-signature",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
];

impl PostPolicy {
    /// Reads the JSON of a policy.
    pub fn parse(json: &[u8]) -> Result<Self, S3Error> {
        let value: Value = serde_json::from_slice(json).map_err(|_| invalid("it is not JSON"))?;
        let object = value
            .as_object()
            .ok_or_else(|| invalid("it is no object"))?;
        if object
            .keys()
            .any(|key| key != "expiration" && key != "conditions")
        {
            return Err(invalid("it has an unexpected member"));
        }
        let expiration = object.get("expiration").and_then(Value::as_str);
        // A space for the T is no date of ISO 8601, though the parser takes it.
        let expiration = expiration.filter(|text| text.contains('T'));
        let expiration = expiration.and_then(Time::parse_iso8601);
        let conditions = object.get("conditions").and_then(Value::as_array);
        let mut policy = Self {
            expiration: expiration.ok_or_else(|| invalid("it has no expiration"))?,
            conditions: Vec::new(),
            file_bytes: None,
        };
        for condition in conditions.ok_or_else(|| invalid("it has no list of conditions"))? {
            policy
                .add(condition)
                .ok_or_else(|| invalid(&format!("the condition {condition} is not known")))?;
        }
        Ok(policy)
    }

    fn add(&mut self, condition: &Value) -> Option<()> {
        match condition {
            Value::Object(members) => {
                let mut members = members.iter();
                let (Some((field, value)), None) = (members.next(), members.next()) else {
                    return None;
                };
                let rule = Rule::Is(value.as_str()?.to_owned());
                let field = field.to_ascii_lowercase();
                self.conditions.push(Condition {
                    text: format!("[\"eq\", \"${field}\", {value}]"),
                    field,
                    rule,
                });
            }
            Value::Array(parts) => {
                let [operator, first, second] = parts.as_slice() else {
                    return None;
                };
                let operator = operator.as_str()?.to_ascii_lowercase();
                if operator == "content-length-range" {
                    let range = (first.as_u64()?, second.as_u64()?);
                    // Two ranges allow what both do.
                    let (low, high) = self.file_bytes.unwrap_or((0, u64::MAX));
                    self.file_bytes = Some((low.max(range.0), high.min(range.1)));
                    return Some(());
                }
                let field = first.as_str()?.strip_prefix('$')?.to_ascii_lowercase();
                let value = second.as_str()?.to_owned();
                let rule = match operator.as_str() {
                    "eq" => Rule::Is(value),
                    "starts-with" => Rule::StartsWith(value),
                    _ => return None,
                };
                let text = condition.to_string();
                self.conditions.push(Condition { field, rule, text });
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether the policy allows these fields, names in lower case, to be sent now.
    pub fn check(
        &self,
        now: Time,
        bucket: &str,
        fields: &[(String, String)],
    ) -> Result<(), S3Error> {
        if now >= self.expiration {
            return Err(refused("Policy expired."));
        }
        let value = |name: &str| {
            if name == "bucket" {
                return Some(bucket);
            }
            let mut fields = fields.iter();
            fields
                .find(|(known, _)| known == name)
                .map(|(_, v)| v.as_str())
        };
        for condition in &self.conditions {
            let found = value(&condition.field).unwrap_or_default();
            if !condition.rule.holds(&condition.field, found) {
                return Err(refused(&format!(
                    "Policy Condition failed: {}",
                    condition.text
                )));
            }
        }
        let is_covered = |name: &str| {
            UNCONDITIONED.contains(&name)
                || name.starts_with("x-ignore-")
                || self.conditions.iter().any(|c| c.field == name)
        };
        match fields.iter().find(|(name, _)| !is_covered(name)) {
            Some((name, _)) => Err(refused(&format!("Extra input fields: {name}"))),
            None => Ok(()),
        }
    }
}

impl Rule {
    fn holds(&self, field: &str, value: &str) -> bool {
        match self {
            Self::Is(wanted) => wanted == value,
            // A list of types must hold for each of them.
            Self::StartsWith(start) if field == "content-type" => {
                value.split(',').all(|one| one.trim().starts_with(start))
            }
            Self::StartsWith(start) => value.starts_with(start),
        }
    }
}

fn invalid(why: &str) -> S3Error {
    S3Error::new(
        Code::InvalidPolicyDocument,
        format!("Invalid Policy: {why}."),
    )
}

fn refused(why: &str) -> S3Error {
    S3Error::new(
        Code::AccessDenied,
        format!("Invalid according to Policy: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::PostPolicy;
    use crate::types::clock::Time;

    #[track_caller]
    fn check(conditions: &str, fields: &[(&str, &str)], expected: Option<&str>) {
        let json =
            format!("{{\"expiration\":\"2026-01-01T00:00:00Z\",\"conditions\":[{conditions}]}}");
        let policy = PostPolicy::parse(json.as_bytes()).unwrap();
        let fields = fields.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let fields: Vec<(String, String)> = fields.collect();
        let now = Time::parse_iso8601("2025-12-31T23:59:59Z").unwrap();
        let checked = policy.check(now, "actas", &fields);
        let message = checked.err().map(|error| error.sentence().to_owned());
        let message = message.as_deref();
        let message = message.and_then(|m| m.strip_prefix("Invalid according to Policy: "));
        assert_eq!(message, expected);
    }

    #[test]
    fn conditions_hold_or_refuse() {
        check("{\"bucket\":\"actas\"}", &[], None);
        let failed = "Policy Condition failed: [\"eq\", \"$bucket\", \"becas\"]";
        check("{\"bucket\":\"becas\"}", &[], Some(failed));
        check("[\"eq\",\"$Key\",\"a\"]", &[("key", "a")], None);
        let failed = "Policy Condition failed: [\"eq\",\"$key\",\"a\"]";
        check("[\"eq\",\"$key\",\"a\"]", &[("key", "ab")], Some(failed));
        check("[\"eq\",\"$key\",\"a\"]", &[], Some(failed));
        let starts = "[\"starts-with\",\"$key\",\"folio/\"]";
        check(starts, &[("key", "folio/1")], None);
        let failed = "Policy Condition failed: [\"starts-with\",\"$key\",\"folio/\"]";
        check(starts, &[("key", "otro/folio/1")], Some(failed));
        check("[\"starts-with\",\"$key\",\"\"]", &[("key", "x")], None);
        let images = "[\"starts-with\",\"$content-type\",\"image/\"]";
        check(images, &[("content-type", "image/png, image/gif")], None);
        let failed = "Policy Condition failed: [\"starts-with\",\"$content-type\",\"image/\"]";
        check(
            images,
            &[("content-type", "image/png,text/html")],
            Some(failed),
        );
    }

    #[test]
    fn every_field_is_covered_by_a_condition() {
        let extra = Some("Extra input fields: acl");
        check(
            "{\"key\":\"a\"}",
            &[("key", "a"), ("acl", "private")],
            extra,
        );
        let proof = [
            ("policy", "x"),
            ("x-amz-signature", "x"),
            ("x-ignore-me", "1"),
        ];
        check("", &proof, None);
        check("", &[("key", "a")], Some("Extra input fields: key"));
    }

    #[test]
    fn sizes_and_time() {
        let parse = |json: &str| PostPolicy::parse(json.as_bytes());
        let at = "{\"expiration\":\"2026-01-01T00:00:00.000Z\",\"conditions\":";
        let ranges = "[[\"content-length-range\",1,10],[\"content-length-range\",0,5]]}";
        let policy = parse(&format!("{at}{ranges}")).unwrap();
        assert_eq!(policy.file_bytes, Some((1, 5)));
        let end = Time::parse_iso8601("2026-01-01T00:00:00Z").unwrap();
        assert!(policy.check(end, "actas", &[]).is_err(), "it has expired");
        for refused in [
            "[]".to_owned(),
            "{}".to_owned(),
            format!("{at}[]"),
            format!("{at}[],\"x\":1}}"),
            format!("{at}[[\"matches\",\"$key\",\"a\"]]}}"),
            format!("{at}[[\"eq\",\"key\",\"a\"]]}}"),
            format!("{at}[[\"content-length-range\",-1,1]]}}"),
            format!("{at}[{{\"key\":1}}]}}"),
            format!("{at}[{{}}]}}"),
            format!("{at}[{{\"key\":\"a\",\"acl\":\"private\"}}]}}"),
            "{\"expiration\":\"2026-01-01 00:00:00Z\",\"conditions\":[]}".to_owned(),
            format!("{at}[7]}}"),
        ] {
            assert!(parse(&refused).is_err(), "{refused}");
        }
    }
}
