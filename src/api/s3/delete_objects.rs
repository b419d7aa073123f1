//! DeleteObjects. Source: AWS S3 API Reference, "DeleteObjects".

use serde::Deserialize;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::auth::sigv4::payload::PayloadHash;
use crate::meta::commands::DeleteOutcome;
use crate::meta::records::BucketRecord;
use crate::meta::records::DeleteCondition;
use crate::store::delete::Deletion;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::etag::EtagMatch;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::names::ObjectKey;

use super::code::Code;
use super::conditions;
use super::delete_object;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    #[serde(default)]
    object: Vec<Object>,
    #[serde(default)]
    quiet: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    key: String,
    version_id: Option<String>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
    last_modified_time: Option<String>,
    size: Option<u64>,
}

pub(super) async fn delete_objects(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, bucket) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    check_integrity_header(req)?;
    let delete: Delete = xml::read("Delete", &body)?;
    if delete.object.is_empty() || delete.object.len() > limits::DELETE_KEYS_MAX {
        return Err(Code::MalformedXML.into());
    }
    // What is refused before anything is looked up keeps its place among the answers.
    let mut refused = Vec::with_capacity(delete.object.len());
    let mut deletions = Vec::with_capacity(delete.object.len());
    for object in &delete.object {
        match deletion(req, &bucket, object).await {
            Ok(deletion) => {
                deletions.push(deletion);
                refused.push(None);
            }
            Err(error) => refused.push(Some(error)),
        }
    }
    let entry = Entry::of(&delete, &refused);
    let first = refused.iter().flatten().next();
    let rule = first.map(S3Error::rule);
    let outcome = match (first, &rule) {
        (Some(error), Some(rule)) if deletions.is_empty() => Outcome::Refused {
            code: error.code.name(),
            rule,
        },
        _ => Outcome::Allowed,
    };
    let draft = Draft {
        named: entry.named(),
        outcome,
        ..req.draft()
    };
    let done = req.store().delete_many(&permit, &draft, deletions).await?;
    Ok(Reply::committed(done, |outcomes| {
        let mut outcomes = outcomes.into_iter();
        let results = refused.into_iter().map(|refused| match refused {
            Some(error) => Err(error),
            None => outcomes.next().map_or_else(
                || Err(Code::InternalError.into()),
                |outcome| outcome.map_err(S3Error::from),
            ),
        });
        reply::xml(render(&delete, results))
    }))
}

/// What the log says was asked for: apart what could be done, and what was refused before that.
struct Entry<'a> {
    keys: Vec<&'a str>,
    versions: Vec<&'a str>,
    refused: Vec<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(delete: &'a Delete, refused: &[Option<S3Error>]) -> Self {
        let (mut keys, mut versions, mut not) = (Vec::new(), Vec::new(), Vec::new());
        for (object, refused) in delete.object.iter().zip(refused) {
            if refused.is_some() {
                not.push(object.key.as_str());
                continue;
            }
            let version = object.version_id.as_deref().filter(|text| !text.is_empty());
            keys.push(object.key.as_str());
            versions.push(version.unwrap_or("-"));
        }
        if versions.iter().all(|version| *version == "-") {
            versions.clear();
        }
        Self {
            keys,
            versions,
            refused: not,
        }
    }

    fn named(&self) -> Named<'_> {
        Named {
            keys: &self.keys,
            versions: &self.versions,
            refused: &self.refused,
            ..Named::default()
        }
    }
}

fn render(
    delete: &Delete,
    results: impl Iterator<Item = Result<DeleteOutcome, S3Error>>,
) -> String {
    let mut xml = Xml::new("DeleteResult");
    for (object, result) in delete.object.iter().zip(results) {
        match result {
            Ok(_) if delete.quiet => {}
            Ok(outcome) => {
                xml.open("Deleted").text("Key", &object.key);
                xml.maybe("VersionId", object.version_id.as_deref());
                if let (Some(marker), true) = delete_object::versions_of(outcome, None) {
                    xml.value("DeleteMarker", true)
                        .value("DeleteMarkerVersionId", marker);
                }
                xml.close("Deleted");
            }
            Err(error) => {
                xml.open("Error").text("Key", &object.key);
                xml.maybe("VersionId", object.version_id.as_deref());
                xml.text("Code", error.code.name())
                    .text("Message", error.sentence());
                xml.close("Error");
            }
        }
    }
    xml.finish("DeleteResult")
}

async fn deletion(
    req: &S3Request,
    bucket: &BucketRecord,
    object: &Object,
) -> Result<Deletion, S3Error> {
    let object_key = ObjectKey::parse(&object.key)
        .map_err(|e| S3Error::new(Code::InvalidArgument, format!("The key is {e}.")))?;
    let version_id = match object.version_id.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(VersionId::parse(text).map_err(|_| S3Error::from(Code::NoSuchVersion))?),
    };
    let permit = req
        .permit_on(req.action, bucket, &object_key, version_id)
        .await?;
    let modified = object.last_modified_time.as_deref();
    let modified = modified.map(|text| conditions::moment("LastModifiedTime", text));
    let deletion = Deletion {
        permit,
        version_id,
        condition: DeleteCondition {
            if_match: object.etag.as_deref().map(EtagMatch::parse),
            modified: modified.transpose()?,
            size_bytes: object.size,
        },
    };
    delete_object::may_ask(req, bucket, &object_key, &deletion).await?;
    Ok(deletion)
}

/// Refuses a change of many things whose body nothing protects.
pub(super) fn check_integrity_header(req: &S3Request) -> Result<(), S3Error> {
    if has_integrity_header(req) {
        return Ok(());
    }
    let message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
    Err(S3Error::new(Code::InvalidRequest, message))
}

/// Whether anything protects a body.
pub(super) fn has_integrity_header(req: &S3Request) -> bool {
    req.head.headers.contains_key("content-md5")
        || req.head.headers.contains_key("x-amz-trailer")
        || req
            .head
            .headers
            .names()
            .any(|name| ChecksumAlgorithm::of_header(name).is_some())
        || matches!(req.payload.hash, PayloadHash::Signed(_))
}
