//! The admin API's OpenAPI document, held against each request that is sent and each answer.
//!
//! Stricter than JSON Schema: an object has no members but those that its schema describes, and a
//! keyword that is not known here fails, so that nothing passes unread.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::answer::Answer;

/// Where a server serves the document.
pub(crate) const PATH: &str = "/admin/v1/openapi.json";

/// The document.
pub(crate) struct Contract(pub(crate) Value);

/// A request, as it was sent.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) sent: &'a Value,
}

/// Names of members.
type Names = BTreeSet<String>;

/// What is wrong, if something is.
type Verdict = Result<(), String>;

impl Contract {
    /// Whether this request may be answered so.
    pub(crate) fn holds(&self, asked: &Asked<'_>, answer: &Answer) -> Verdict {
        let path = asked.target.split('?').next().unwrap_or_default();
        let status = answer.status.to_string();
        let method = asked.method.to_lowercase();
        let Some((template, operation)) = self.operation(&method, path) else {
            let error = json!({"content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}});
            need(["401", "403", "404"].contains(&&*status), "no such route")?;
            return self.is_answer(&error, answer);
        };
        if (200..300).contains(&answer.status) {
            self.is_request(template, operation, asked)?;
        }
        let described = &operation["responses"][&status];
        need(described.is_object(), "an answer of this status")?;
        self.is_answer(described, answer)
    }

    /// What is described of this route, below its path; the more literal path wins.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let paths = self.0["paths"].as_object()?.iter();
        let fitting = paths.filter(|(template, methods)| {
            let mut pairs = template.split('/').zip(path.split('/'));
            template.split('/').count() == path.split('/').count()
                && pairs.all(|(known, is)| known == is || known.starts_with('{') && !is.is_empty())
                && methods[method].is_object()
        });
        let fitting = fitting.min_by_key(|(template, _)| template.matches('{').count());
        fitting.map(|(template, methods)| (template.as_str(), &methods[method]))
    }

    /// Whether a request that was done is one that is described.
    fn is_request(&self, template: &str, operation: &Value, asked: &Asked<'_>) -> Verdict {
        let (path, query) = asked.target.split_once('?').unwrap_or((asked.target, ""));
        let (names, values) = (template.split('/'), path.split('/'));
        for (name, value) in names.zip(values) {
            if let Some(name) = name
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                self.is_parameter(operation, "path", (name, value))?;
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let pair = pair.split_once('=').unwrap_or((pair, ""));
            self.is_parameter(operation, "query", pair)?;
        }
        // A proof is described beside the parameters.
        let headers = asked.headers.iter();
        for header in headers.filter(|(name, _)| *name != "authorization") {
            self.is_parameter(operation, "header", *header)?;
        }
        let (body, sent) = (&operation["requestBody"], asked.sent);
        if sent.is_null() {
            return need(body["required"] != true, "a request without a body");
        }
        let schema = &body["content"]["application/json"]["schema"];
        need(schema.is_object(), "a request with a body")?;
        self.fits(schema, sent, "request")
    }

    /// Whether a parameter is one that is described, of its type.
    fn is_parameter(&self, operation: &Value, place: &str, (name, value): (&str, &str)) -> Verdict {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let known = parameters.find(|known| {
            let is_it = |known: &str| match place {
                "header" => known.eq_ignore_ascii_case(name),
                _ => known == name,
            };
            known["in"] == place && known["name"].as_str().is_some_and(is_it)
        });
        let known = known.ok_or(format!("the parameter {name} in the {place}"))?;
        let text = json!(value);
        let number = value
            .parse::<i64>()
            .map_or_else(|_| text.clone(), Value::from);
        let (schema, at) = (&known["schema"], format!("{place}.{name}"));
        let as_text = self.fits(schema, &text, &at);
        as_text.or_else(|_| self.fits(schema, &number, &at))
    }

    fn is_answer(&self, described: &Value, answer: &Answer) -> Verdict {
        let kind = answer.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let content = &described["content"][kind];
        need(content.is_object(), &format!("an answer as «{kind}»"))?;
        let body = match kind {
            "application/json" => {
                serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?
            }
            _ => Value::String(answer.text()),
        };
        self.fits(&content["schema"], &body, "answer")
    }

    /// Whether a value is what a schema describes, and has no other members.
    pub(crate) fn fits(&self, schema: &Value, value: &Value, at: &str) -> Verdict {
        let (names, members) = (self.members(schema, value, at)?, value.as_object());
        let mut strays = members.into_iter().flat_map(Map::keys);
        match names.and_then(|names| strays.find(|name| !names.contains(*name))) {
            Some(stray) => Err(format!("{at}.{stray} is not described")),
            None => Ok(()),
        }
    }

    /// The names of the members that a fitting schema describes; `None` if it describes none.
    fn members(&self, schema: &Value, value: &Value, at: &str) -> Result<Option<Names>, String> {
        if let Some(is_any) = schema.as_bool() {
            return need(is_any, at).map(|()| None);
        }
        let schema = schema.as_object().ok_or(format!("{at}: no schema"))?;
        let mut names: Option<Names> = None;
        for (keyword, says) in schema {
            let list = says.as_array().map(Vec::as_slice).unwrap_or_default();
            let branches = list.iter().map(|branch| self.members(branch, value, at));
            let more: Vec<Option<Names>> = match keyword.as_str() {
                "properties" => vec![Some(self.properties(says, value, at)?)],
                "additionalProperties" => vec![self.others(schema, says, value, at)?],
                "items" => {
                    let mut items = value.as_array().into_iter().flatten();
                    items.try_for_each(|item| self.fits(says, item, &format!("{at}[]")))?;
                    vec![]
                }
                "propertyNames" => {
                    let mut names = value.as_object().into_iter().flat_map(Map::keys);
                    names.try_for_each(|name| self.fits(says, &json!(name), at))?;
                    vec![]
                }
                "$ref" => {
                    let pointer = says.as_str().and_then(|text| text.strip_prefix('#'));
                    let named = pointer.and_then(|pointer| self.0.pointer(pointer));
                    let named = named.ok_or(format!("{at}: {says} leads nowhere"))?;
                    vec![self.members(named, value, at)?]
                }
                "allOf" => branches.collect::<Result<_, _>>()?,
                "oneOf" | "anyOf" => {
                    let fitting: Vec<_> = branches.flatten().collect();
                    let is_met = fitting.len() == 1 || fitting.len() > 1 && keyword == "anyOf";
                    need(is_met, &format!("{at} of {keyword} {says}: {value}"))?;
                    fitting
                }
                _ => {
                    let is_met = is_met(keyword, says, value);
                    let is_met = is_met.ok_or(format!("{at}: «{keyword}» is not known here"))?;
                    need(is_met, &format!("{at} of {keyword} {says}: {value}"))?;
                    vec![]
                }
            };
            for more in more.into_iter().flatten() {
                names.get_or_insert_default().extend(more);
            }
        }
        Ok(names)
    }

    fn properties(&self, known: &Value, value: &Value, at: &str) -> Result<Names, String> {
        let known = known.as_object().ok_or(format!("{at}: no properties"))?;
        for (name, schema) in known {
            if let Some(member) = value.get(name) {
                self.fits(schema, member, &format!("{at}.{name}"))?;
            }
        }
        Ok(known.keys().cloned().collect())
    }

    /// Judges the members that are not among a schema's properties.
    fn others(
        &self,
        schema: &Map<String, Value>,
        says: &Value,
        value: &Value,
        at: &str,
    ) -> Result<Option<Names>, String> {
        let Some(members) = value.as_object() else {
            return Ok(None);
        };
        let known = schema.get("properties").unwrap_or(&Value::Null);
        for (name, other) in members.iter().filter(|(name, _)| known.get(name).is_none()) {
            self.fits(says, other, &format!("{at}.{name}"))?;
        }
        Ok(Some(members.keys().cloned().collect()))
    }
}

/// What a keyword says of a value alone; `None` if the keyword is not known.
fn is_met(keyword: &str, says: &Value, value: &Value) -> Option<bool> {
    let list = says.as_array().map(Vec::as_slice).unwrap_or_default();
    let length = value.as_str().map(|text| text.chars().count() as u64);
    Some(match keyword {
        "description" | "example" => true,
        "type" if says.is_string() => is_of(value, says),
        "type" => list.iter().any(|kind| is_of(value, kind)),
        "enum" => list.contains(value),
        "format" => value.is_null() || is_in_format(value, says),
        "minimum" => value.as_f64().is_none_or(|is| Some(is) >= says.as_f64()),
        "maximum" => value.as_f64().is_none_or(|is| Some(is) <= says.as_f64()),
        "minLength" => length.is_none_or(|is| Some(is) >= says.as_u64()),
        "maxLength" => length.is_none_or(|is| Some(is) <= says.as_u64()),
        "required" => list.iter().all(|name| {
            let name = name.as_str().unwrap_or_default();
            value
                .as_object()
                .is_none_or(|object| object.contains_key(name))
        }),
        _ => return None,
    })
}

fn need(is_so: bool, what: &str) -> Verdict {
    let wrong = || format!("not described: {what}");
    is_so.then_some(()).ok_or_else(wrong)
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn is_in_format(value: &Value, format: &Value) -> bool {
    match format.as_str() {
        Some("int32") => value.as_i64().is_some_and(|is| i32::try_from(is).is_ok()),
        Some("int64") => value.as_i64().is_some(),
        _ => false,
    }
}
