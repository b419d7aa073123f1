//! Cross-origin resource sharing: the rules of a bucket, and what they say to browsers.
//!
//! An origin is never reflected unless a rule matched it. The stored document is JSON, a list of
//! [`Rule`]s. Sources: AWS S3 User Guide, "Using cross-origin resource sharing (CORS)", "Elements
//! of a CORS configuration"; Fetch Standard, "CORS protocol".

use actix_http::Response;
use actix_http::body::BoxBody;
use serde::Deserialize;
use serde::Serialize;

use crate::api::http::head::Head;
use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::types::limits;

use super::code::Code;
use super::error::S3Error;
use super::reply;

/// What rules may allow.
pub(super) const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// A rule, as it is stored.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    id: Option<String>,
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    expose: Vec<String>,
    max_age_seconds: Option<i64>,
}

/// The rules of a bucket, in their order: the first that matches decides.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rules(Vec<Rule>);

/// What a browser asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `Origin`.
    pub origin: &'a str,
    /// The method of the request itself, or `Access-Control-Request-Method`.
    pub method: &'a str,
    /// `Access-Control-Request-Headers`.
    pub headers: &'a str,
}

/// What a request says of the page that it came from.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    origin: String,
    method: Option<String>,
    headers: Option<String>,
}

impl Crossing {
    /// Reads it, if there is any.
    pub(super) fn of(head: &Head) -> Option<Box<Self>> {
        let text = |name| head.header(name).map(str::to_owned);
        Some(Box::new(Self {
            origin: text("origin")?,
            method: text("access-control-request-method"),
            headers: text("access-control-request-headers"),
        }))
    }

    /// What the rules are asked about a request of this method. As by S3, a request that says what
    /// it would ask beforehand is taken by its word: no browser does, but tests of rules do.
    pub(super) fn asked<'a>(&'a self, method: &'a str) -> Asked<'a> {
        Asked {
            origin: &self.origin,
            method: self.method.as_deref().unwrap_or(method),
            headers: self.headers.as_deref().unwrap_or_default(),
        }
    }
}

/// What a rule allowed: the headers of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allowed(Vec<(&'static str, String)>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CorsConfiguration {
    #[serde(rename = "CORSRule", default)]
    rules: Vec<CorsRule>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CorsRule {
    #[serde(rename = "ID")]
    id: Option<String>,
    #[serde(default)]
    allowed_header: Vec<String>,
    #[serde(default)]
    allowed_method: Vec<String>,
    #[serde(default)]
    allowed_origin: Vec<String>,
    #[serde(default)]
    expose_header: Vec<String>,
    /// Of any sign, as at S3; a browser keeps nothing for a negative time.
    max_age_seconds: Option<i64>,
}

impl Rules {
    /// Reads a client's document, in the order of elements that it likes.
    pub fn read(body: &[u8]) -> Result<Self, S3Error> {
        let document: CorsConfiguration = xml::read("CORSConfiguration", body)?;
        let count = document.rules.len();
        if count == 0 || count > limits::CORS_RULES_MAX {
            return Err(Code::MalformedXML.into());
        }
        let rules = document.rules.into_iter().map(checked);
        Ok(Self(rules.collect::<Result<_, _>>()?))
    }

    /// Reads what [`Rules::stored`] wrote.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// The text that is stored.
    pub fn stored(&self) -> String {
        serde_json::to_string(&self.0).expect("texts and numbers have a JSON form")
    }

    /// The document as S3 shows it.
    pub fn render(&self) -> String {
        let mut xml = Xml::new("CORSConfiguration");
        for rule in &self.0 {
            xml.open("CORSRule").maybe("ID", rule.id.as_deref());
            for (name, values) in [
                ("AllowedHeader", &rule.headers),
                ("AllowedMethod", &rule.methods),
                ("AllowedOrigin", &rule.origins),
                ("ExposeHeader", &rule.expose),
            ] {
                values.iter().for_each(|value| {
                    xml.text(name, value);
                });
            }
            if let Some(seconds) = rule.max_age_seconds {
                xml.value("MaxAgeSeconds", seconds);
            }
            xml.close("CORSRule");
        }
        xml.finish("CORSConfiguration")
    }

    /// What the first rule that matches allows.
    pub fn allow(&self, asked: &Asked<'_>) -> Option<Allowed> {
        self.0.iter().find_map(|rule| rule.allow(asked))
    }
}

fn checked(rule: CorsRule) -> Result<Rule, S3Error> {
    if rule.allowed_method.is_empty() || rule.allowed_origin.is_empty() {
        return Err(Code::MalformedXML.into());
    }
    let refused = |message: String| Err(S3Error::new(Code::InvalidRequest, message));
    let is_known = |method: &&String| METHODS.contains(&method.as_str());
    if let Some(method) = rule.allowed_method.iter().find(|m| !is_known(m)) {
        return refused(format!(
            "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
        ));
    }
    for (name, values) in [
        ("AllowedOrigin", &rule.allowed_origin),
        ("AllowedHeader", &rule.allowed_header),
    ] {
        let is_wild = |value: &&String| value.matches('*').count() > 1;
        if let Some(value) = values.iter().find(is_wild) {
            return refused(format!(
                "{name} \"{value}\" can not have more than one wildcard."
            ));
        }
    }
    if let Some(value) = rule.expose_header.iter().find(|value| value.contains('*')) {
        return refused(format!(
            "ExposeHeader \"{value}\" contains wildcard. We currently do not support wildcard \
             for ExposeHeader."
        ));
    }
    for (kind, names) in [
        ("AllowedHeader", &rule.allowed_header),
        ("ExposeHeader", &rule.expose_header),
    ] {
        let is_name = |name: &&String| !name.is_empty() && name.bytes().all(is_token);
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            return refused(format!("{kind} \"{name}\" contains invalid character."));
        }
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > 255) {
        return refused("The ID of a rule has 255 characters at most.".to_owned());
    }
    Ok(Rule {
        id: rule.id,
        origins: rule.allowed_origin,
        methods: rule.allowed_method,
        headers: rule.allowed_header,
        expose: rule.expose_header,
        max_age_seconds: rule.max_age_seconds,
    })
}

/// Whether a byte may stand in the name of a header (RFC 9110, section 5.6.2).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl Rule {
    fn allow(&self, asked: &Asked<'_>) -> Option<Allowed> {
        let matching = |pattern: &&String| is_match(pattern, asked.origin);
        let pattern = self.origins.iter().find(matching)?;
        self.methods.iter().find(|method| *method == asked.method)?;
        let wanted: Vec<String> = asked
            .headers
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        let is_allowed = |name: &String| {
            let mut patterns = self.headers.iter();
            patterns.any(|pattern| is_match(&pattern.to_ascii_lowercase(), name))
        };
        if !wanted.iter().all(is_allowed) {
            return None;
        }
        let anybody = pattern == "*";
        let origin = if anybody { "*" } else { asked.origin };
        let mut headers = vec![("access-control-allow-origin", origin.to_owned())];
        headers.push(("access-control-allow-methods", self.methods.join(", ")));
        if !wanted.is_empty() {
            headers.push(("access-control-allow-headers", wanted.join(", ")));
        }
        if !self.expose.is_empty() {
            headers.push(("access-control-expose-headers", self.expose.join(", ")));
        }
        if let Some(seconds) = self.max_age_seconds {
            headers.push(("access-control-max-age", seconds.to_string()));
        }
        if !anybody {
            headers.push(("access-control-allow-credentials", "true".to_owned()));
        }
        headers.push((
            "vary",
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method".to_owned(),
        ));
        Some(Allowed(headers))
    }
}

/// Whether a text is what a pattern with at most one `*` says.
fn is_match(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
    }
}

impl Allowed {
    /// Puts the headers on an answer.
    pub fn put_on(&self, response: &mut Response<BoxBody>) {
        for (name, value) in &self.0 {
            reply::set(response, (name, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Asked, Rules};
    use crate::api::s3::code::Code;

    fn rules(inner: &str) -> Rules {
        let text = format!("<CORSConfiguration>{inner}</CORSConfiguration>");
        let rules = Rules::read(text.as_bytes()).unwrap();
        assert_eq!(Rules::parse(&rules.stored()).unwrap(), rules);
        assert_eq!(Rules::read(rules.render().as_bytes()).unwrap(), rules);
        rules
    }

    fn rule(origin: &str, methods: &[&str], headers: &[&str]) -> String {
        let all = |name: &str, values: &[&str]| -> String {
            let values = values.iter().map(|v| format!("<{name}>{v}</{name}>"));
            values.collect()
        };
        format!(
            "<CORSRule>{}{}{}<ExposeHeader>ETag</ExposeHeader></CORSRule>",
            all("AllowedOrigin", &[origin]),
            all("AllowedMethod", methods),
            all("AllowedHeader", headers),
        )
    }

    #[track_caller]
    fn check(inner: &str, asked: (&str, &str, &str), expected: Option<&str>) {
        let asked = Asked {
            origin: asked.0,
            method: asked.1,
            headers: asked.2,
        };
        let allowed = rules(inner).allow(&asked);
        let origin = allowed
            .as_ref()
            .map(|Allowed(headers)| headers[0].1.as_str());
        assert_eq!(origin, expected, "{asked:?}");
    }

    #[test]
    fn an_origin_is_allowed_by_a_rule_or_not_at_all() {
        let one = rule("https://tramites.gob.mx", &["GET", "PUT"], &["x-amz-*"]);
        let me = "https://tramites.gob.mx";
        check(&one, (me, "GET", ""), Some(me));
        check(&one, (me, "PUT", "X-Amz-Date, x-amz-acl"), Some(me));
        check(&one, (me, "PUT", "x-amz-date,content-type"), None);
        check(&one, (me, "DELETE", ""), None);
        check(&one, (me, "get", ""), None);
        for other in [
            "http://tramites.gob.mx",
            "https://tramites.gob.mx:8443",
            "https://tramites.gob.mx.evil.example",
            "https://TRAMITES.gob.mx",
            "null",
            "",
        ] {
            check(&one, (other, "GET", ""), None);
        }
        let wild = rule("https://*.gob.mx", &["GET"], &["*"]);
        check(
            &wild,
            ("https://a.b.gob.mx", "GET", "x-any"),
            Some("https://a.b.gob.mx"),
        );
        check(&wild, ("https://gob.mx", "GET", ""), None);
        check(&wild, ("https://a.gob.mx.evil.example", "GET", ""), None);
        check(&rule("*", &["GET"], &[]), ("null", "GET", ""), Some("*"));
        // The pattern's halves may not overlap.
        check(&rule("aba*ba", &["GET"], &[]), ("aba", "GET", ""), None);
        // The first rule that matches decides, whatever an earlier one refuses.
        let both = format!("{one}{}", rule("*", &["DELETE"], &[]));
        check(&both, (me, "DELETE", ""), Some("*"));
    }

    #[test]
    fn rules_out_of_form_are_refused() {
        #[track_caller]
        fn check(inner: &str, code: Code) {
            let text = format!("<CORSConfiguration>{inner}</CORSConfiguration>");
            let refused = Rules::read(text.as_bytes()).unwrap_err();
            assert_eq!(refused.code, code, "{inner}");
        }
        check("", Code::MalformedXML);
        check(&rule("*", &[], &[]), Code::MalformedXML);
        check(&rule("*", &["GET"], &[]).repeat(101), Code::MalformedXML);
        check(&rule("*", &["PATCH"], &[]), Code::InvalidRequest);
        check(&rule("*.*", &["GET"], &[]), Code::InvalidRequest);
        check(&rule("*", &["GET"], &["a*b*"]), Code::InvalidRequest);
        check(&rule("*", &["GET"], &["a b"]), Code::InvalidRequest);
        let exposed = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                       <ExposeHeader>*</ExposeHeader></CORSRule>";
        check(exposed, Code::InvalidRequest);
    }
}
