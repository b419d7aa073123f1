//! `acervo admin grants`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::grant::Purpose;
use crate::types::ids::GrantId;
use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{facts, listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum GrantsAction {
    /// List the grants that an agency has given and received
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Show one grant: its terms, and who approved it
    Show {
        #[command(flatten)]
        grant: OneGrant,
    },
    /// Offer another agency to read documents of this one
    Offer {
        /// The agency whose documents they are
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The agency that is to read them
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        to: AgencyId,
        #[command(flatten)]
        terms: Box<Terms>,
    },
    /// Ask another agency to let this one read documents
    Request {
        /// The agency that wants to read
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The agency whose documents they are
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        from: AgencyId,
        #[command(flatten)]
        terms: Box<Terms>,
        /// What it will be called among the buckets of the agency that reads; else a name is made
        #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
        alias: Option<BucketName>,
    },
    /// Approve what the other agency proposed: from now on it counts
    Approve {
        #[command(flatten)]
        grant: OneGrant,
        /// What it is called among the buckets of the agency that reads; else a name is made
        #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
        alias: Option<BucketName>,
    },
    /// Do not approve what the other agency proposed
    Refuse {
        #[command(flatten)]
        grant: OneGrant,
    },
    /// End a grant at once, or take a proposal back
    Revoke {
        #[command(flatten)]
        grant: OneGrant,
    },
}

#[derive(Args, Debug)]
pub(super) struct OneGrant {
    /// The grant's number
    #[arg(value_name = "ID", value_parser = GrantId::parse)]
    id: GrantId,
    /// The agency that decides, one of the two
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
}

#[derive(Args, Debug)]
pub(super) struct Terms {
    /// The bucket, of the agency whose documents they are
    #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
    bucket: BucketName,
    #[command(flatten)]
    scope: Scope,
    /// One version of the object alone
    #[arg(long, value_name = "ID", requires = "key")]
    version_id: Option<String>,
    /// What may be done, such as s3:GetObject or s3:ListBucket; as often as it is several things
    #[arg(long, value_name = "PERMISSION", required = true)]
    action: Vec<String>,
    /// For what: a short code, which each request has to state
    #[arg(long, value_name = "CODE", value_parser = Purpose::parse)]
    purpose: Purpose,
    /// By what law or instrument
    #[arg(long, value_name = "TEXT")]
    legal_basis: String,
    /// From when on no more, such as 2027-11-30T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: String,
    /// Who of the agency that reads may; as often as they are several
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    principal: Vec<PrincipalName>,
    /// In which role of the agency that reads; as often as they are several
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
}

/// Which documents, in one way.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Scope {
    /// All whose keys begin so; with the empty text, the whole bucket
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// One
    #[arg(long, value_name = "KEY", value_parser = ObjectKey::parse)]
    key: Option<ObjectKey>,
}

impl Terms {
    fn body(&self, other: &AgencyId) -> Value {
        let principals = self.principal.iter().map(PrincipalName::as_str);
        let principals: Vec<&str> = principals.collect();
        json!({
            "agency": other.as_str(),
            "bucket": self.bucket.as_str(),
            "prefix": self.scope.prefix,
            "key": self.scope.key.as_ref().map(ObjectKey::as_str),
            "version_id": self.version_id,
            "actions": self.action,
            "purpose": self.purpose.as_str(),
            "legal_basis": self.legal_basis,
            "expires": self.expires,
            "principals": principals,
            "roles": self.role,
        })
    }
}

impl OneGrant {
    fn request(&self, step: &str) -> Request {
        let path = format!("/agencies/{}/grants/{}/{step}", self.agency, self.id);
        Request::new(Method::POST, path)
    }
}

impl Noun for GrantsAction {
    fn request(&self) -> Request {
        let alias = |alias: &Option<BucketName>| json!(alias.as_ref().map(BucketName::as_str));
        match self {
            Self::List { agency } => {
                Request::new(Method::GET, format!("/agencies/{agency}/grants"))
            }
            Self::Show { grant } => {
                let path = format!("/agencies/{}/grants/{}", grant.agency, grant.id);
                Request::new(Method::GET, path)
            }
            Self::Offer { agency, to, terms } => {
                let path = format!("/agencies/{agency}/grants/offers");
                Request::new(Method::POST, path).body(terms.body(to))
            }
            Self::Request {
                agency,
                from,
                terms,
                alias: name,
            } => {
                let path = format!("/agencies/{agency}/grants/requests");
                let mut body = terms.body(from);
                if let Value::Object(members) = &mut body {
                    members.insert("alias".to_owned(), alias(name));
                }
                Request::new(Method::POST, path).body(body)
            }
            Self::Approve { grant, alias: name } => {
                let body = json!({ "alias": alias(name) });
                grant.request("approve").body(body)
            }
            Self::Refuse { grant } => grant.request("refuse"),
            Self::Revoke { grant } => grant.request("revoke"),
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::List { .. } => listed(body, "grants", words, |list| grants(list, words)),
            Self::Show { .. }
            | Self::Offer { .. }
            | Self::Request { .. }
            | Self::Approve { .. }
            | Self::Refuse { .. }
            | Self::Revoke { .. } => one(body, words),
        }
    }
}

/// How far it is, in the reader's language.
fn state<'w>(grant: &Value, words: &'w Words) -> &'w str {
    match text(grant, "state").as_str() {
        "offered" => words.offered,
        "requested" => words.requested,
        "active" => words.in_force,
        "expired" => words.expired,
        "refused" => words.not_approved,
        _ => words.taken_back,
    }
}

/// Which documents; operators are not told their names.
fn scope(grant: &Value) -> String {
    let names = ["key", "prefix"].map(|name| grant.get(name).and_then(Value::as_str));
    let bucket = text(grant, "bucket");
    match names {
        [Some(key), _] => match text(grant, "version_id") {
            version if version.is_empty() => format!("{bucket}/{key}"),
            version => format!("{bucket}/{key}?versionId={version}"),
        },
        [None, Some(prefix)] => format!("{bucket}/{prefix}*"),
        [None, None] => bucket,
    }
}

fn grants(list: &[Value], words: &Words) -> String {
    let row = |grant: &Value| {
        vec![
            text(grant, "id"),
            state(grant, words).to_owned(),
            text(grant, "grantor"),
            text(grant, "grantee"),
            scope(grant),
            text(grant, "purpose"),
            text(grant, "expires"),
            text(grant, "alias"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [
        words.number,
        words.state,
        words.grantor,
        words.grantee,
        words.documents,
        words.purpose,
        words.expires,
        words.alias,
    ];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}

fn one(grant: &Value, words: &Words) -> String {
    let steps = grant.get("steps").and_then(Value::as_array);
    let step = |step: &Value| {
        let done = match text(step, "step").as_str() {
            "proposed" => words.proposed,
            "approved" => words.agreed,
            "refused" => words.not_approved,
            _ => words.taken_back,
        };
        let (principal, agency) = (text(step, "principal"), text(step, "agency"));
        format!("{} {done} ({principal}, {agency})", text(step, "at"))
    };
    let steps: Vec<String> = steps.into_iter().flatten().map(step).collect();
    facts(&[
        (words.number, text(grant, "id")),
        (words.state, state(grant, words).to_owned()),
        (words.grantor, text(grant, "grantor")),
        (words.grantee, text(grant, "grantee")),
        (words.documents, scope(grant)),
        (words.permission, text(grant, "actions")),
        (words.purpose, text(grant, "purpose")),
        (words.legal_basis, text(grant, "legal_basis")),
        (words.expires, text(grant, "expires")),
        (words.principals, text(grant, "principals")),
        (words.roles, text(grant, "roles")),
        (words.alias, text(grant, "alias")),
        (words.steps, steps.join("; ")),
    ])
}
