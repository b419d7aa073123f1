//! `acervo admin quotas`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::names::{AgencyId, BucketName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::text;

#[derive(Debug, Subcommand)]
pub(super) enum QuotasAction {
    /// Show what an agency and its buckets store, and how much they may
    Show {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Set how much an agency, or one of its buckets, may store; what is not given has no quota
    Set {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// One of its buckets; without this, the agency as a whole
        #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
        bucket: Option<BucketName>,
        /// Bytes of all versions and of parts of unfinished uploads
        #[arg(long, value_name = "N")]
        bytes: Option<u64>,
        /// Versions, current or not
        #[arg(long, value_name = "N")]
        objects: Option<u64>,
    },
}

impl Noun for QuotasAction {
    fn request(&self) -> Request {
        match self {
            Self::Show { agency } => {
                Request::new(Method::GET, format!("/agencies/{agency}/quotas"))
            }
            Self::Set {
                agency,
                bucket,
                bytes,
                objects,
            } => {
                let bucket = bucket.as_ref().map(BucketName::as_str);
                let body = json!({ "bucket": bucket, "bytes": bytes, "objects": objects });
                Request::new(Method::PUT, format!("/agencies/{agency}/quotas")).body(body)
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Show { agency } => quotas(agency, body, words),
            Self::Set { agency, bucket, .. } => {
                let whose = bucket.as_ref().map_or(agency.as_str(), BucketName::as_str);
                format!("{} {whose}\n", words.quota_set)
            }
        }
    }
}

fn quotas(agency: &AgencyId, body: &Value, words: &Words) -> String {
    let most = |value: &Value, name: &str| {
        Some(text(value, name))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| words.unlimited.to_owned())
    };
    let row = |name: String, value: &Value| {
        vec![
            name,
            text(value, "bytes"),
            most(value, "quota_bytes"),
            text(value, "objects"),
            most(value, "quota_objects"),
        ]
    };
    let mut rows = Vec::new();
    if let Some(all) = body.get("agency") {
        rows.push(row(agency.as_str().to_owned(), all));
    }
    let buckets = body.get("buckets").and_then(Value::as_array);
    for bucket in buckets.into_iter().flatten() {
        rows.push(row(format!("  {}", text(bucket, "bucket")), bucket));
    }
    let head = [
        words.name,
        words.bytes,
        words.quota,
        words.objects,
        words.quota,
    ];
    table(&head, &rows)
}
