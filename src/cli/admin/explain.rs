//! `acervo admin explain`.

use std::net::IpAddr;

use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::config::Locale;
use crate::types::grant::Purpose;
use crate::types::ids::AccessKeyId;
use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::words;
use super::Noun;
use super::view::text;

#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    /// The agency
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
    #[command(flatten)]
    who: Who,
    /// A built-in role of the principal; as often as it has several
    #[arg(long, value_name = "ROLE", requires = "principal")]
    role: Vec<String>,
    /// The operation, by its name in the S3 API, such as GetObject
    #[arg(long, value_name = "OPERATION")]
    action: String,
    /// The bucket
    #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
    bucket: Option<BucketName>,
    /// The object's key
    #[arg(long, value_name = "KEY", value_parser = ObjectKey::parse, requires = "bucket")]
    key: Option<ObjectKey>,
    /// A version of the object
    #[arg(long, value_name = "ID", requires = "key")]
    version_id: Option<String>,
    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// The request comes over TLS
    #[arg(long)]
    secure: bool,
    /// What else the request says, such as s3:prefix=actas/; as often as it says several things
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    value: Vec<(String, String)>,
    /// The purpose that it states, of a read through the alias of a grant
    #[arg(long, value_name = "CODE", value_parser = Purpose::parse)]
    purpose: Option<Purpose>,
}

/// Who would ask, in one way.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Who {
    /// A person or an application, with its own roles and groups
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    principal: Option<PrincipalName>,
    /// Whoever has this lasting access key
    #[arg(long, value_name = "ID", value_parser = AccessKeyId::parse)]
    access_key_id: Option<AccessKeyId>,
    /// Whoever has this Bearer token
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Nobody in particular
    #[arg(long)]
    anonymous: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("KEY=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Noun for ExplainArguments {
    fn request(&self) -> Request {
        let values = self.value.iter();
        let values: Map<String, Value> = values
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let body = json!({
            "principal": self.who.principal.as_ref().map(PrincipalName::as_str),
            "access_key_id": self.who.access_key_id.as_ref().map(AccessKeyId::as_str),
            "token": self.who.bearer,
            "anonymous": self.who.anonymous,
            "roles": self.role,
            "action": self.action,
            "bucket": self.bucket.as_ref().map(BucketName::as_str),
            "key": self.key.as_ref().map(ObjectKey::as_str),
            "version_id": self.version_id,
            "source_ip": self.source_ip.map(|address| address.to_string()),
            "secure": self.secure,
            "values": values,
            "purpose": self.purpose.as_ref().map(Purpose::as_str),
        });
        let path = format!("/agencies/{}/explain", self.agency);
        Request::new(Method::POST, path).body(body)
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        if body.get("allowed") != Some(&Value::Bool(true)) {
            return format!("{} {}\n", words.refused_by, text(body, "refused_by"));
        }
        let reasons = body.get("allowed_by").and_then(Value::as_array);
        let row = |reason: &Value| vec![text(reason, "permission"), text(reason, "by")];
        let rows: Vec<Vec<String>> = reasons.into_iter().flatten().map(row).collect();
        let head = [words.permission, words.allowed_by];
        table(
            &head.map(str::to_uppercase).each_ref().map(String::as_str),
            &rows,
        )
    }
}
