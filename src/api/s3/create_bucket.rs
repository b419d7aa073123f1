//! CreateBucket. Source: AWS S3 API Reference, "CreateBucket".

use std::sync::Arc;

use serde::Deserialize;

use crate::access::acl::Acl;
use crate::access::public_access::Ownership;
use crate::api::http::xml;
use crate::meta;
use crate::meta::records::BucketDocument;
use crate::store;
use crate::store::locks::LockRule;

use super::acl;
use super::bucket_tagging;
use super::code::Code;
use super::error::S3Error;
use super::error::excerpt;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateBucketConfiguration {
    location_constraint: Option<String>,
    tags: Option<tagging::TagSet>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

pub(super) async fn create_bucket(req: &S3Request) -> Result<Reply, S3Error> {
    let bucket_name = req.bucket_name()?;
    let mut documents = documents(req)?;
    let permit = req.permit_new_bucket()?;
    let body = req.xml_body().await?;
    let configuration: CreateBucketConfiguration = if body.is_empty() {
        CreateBucketConfiguration::default()
    } else {
        xml::read("CreateBucketConfiguration", &body)?
    };
    // The empty text of some clients, and `us-east-1` of others, mean «wherever you are».
    let elsewhere =
        |place: &String| !place.is_empty() && *place != req.house.region && place != "us-east-1";
    if let Some(place) = configuration.location_constraint.filter(elsewhere) {
        let message = format!(
            "The location constraint {place} is not {}.",
            req.house.region
        );
        return Err(
            S3Error::new(Code::IllegalLocationConstraintException, message)
                .with("LocationConstraint", excerpt(&place)),
        );
    }
    if let Some(tags) = configuration.tags {
        let tags = bucket_tagging::document(tags.pairs())?;
        documents.push((BucketDocument::Tagging, tags.into()));
    }
    let documents = documents.into_iter().collect();
    let created = req
        .store()
        .create_bucket(&permit, &req.draft(), bucket_name.clone(), documents)
        .await;
    let created = created.map_err(|error| match error {
        store::Error::Metadata(meta::Error::BucketExists { owner })
            if owner == req.caller.canonical_id =>
        {
            S3Error::from(Code::BucketAlreadyOwnedByYou)
        }
        other => other.into(),
    })?;
    let location = format!("/{bucket_name}");
    Ok(Reply::committed(created, |_| {
        reply::builder(200)
            .insert_header(("location", location))
            .finish()
            .map_into_boxed_body()
    }))
}

/// What the headers say of ownership and of an access control list. Every new bucket blocks public
/// lists, so one cannot be asked for here.
fn documents(req: &S3Request) -> Result<Vec<(BucketDocument, Arc<str>)>, S3Error> {
    let mut documents = Vec::new();
    let ownership = match req.header("x-amz-object-ownership") {
        None => Ownership::BucketOwnerEnforced,
        Some(text) => {
            let ownership = Ownership::parse(text).ok_or_else(|| {
                let message = format!("Invalid x-amz-object-ownership header: {text}");
                S3Error::argument("x-amz-object-ownership", text, message)
            })?;
            let text = Ownership::write(Some(ownership));
            documents.push((BucketDocument::OwnershipControls, text.into()));
            ownership
        }
    };
    let owner = req.caller.canonical_id;
    let acl = acl::of_headers(req, owner, owner)?;
    if let Some(acl) = acl.filter(|acl| *acl != Acl::of_owner(owner)) {
        if ownership == Ownership::BucketOwnerEnforced {
            return Err(Code::InvalidBucketAclWithObjectOwnership.into());
        }
        if acl.is_public() {
            return Err(Code::InvalidBucketAclWithBlockPublicAccessError.into());
        }
        documents.push((BucketDocument::Acl, acl.write().into()));
    }
    documents.extend(lock_rule(req)?);
    Ok(documents)
}

/// The configuration of a bucket whose versions can be locked.
fn lock_rule(req: &S3Request) -> Result<Option<(BucketDocument, Arc<str>)>, S3Error> {
    let name = "x-amz-bucket-object-lock-enabled";
    let Some(text) = req.header(name) else {
        return Ok(None);
    };
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "false" => Ok(None),
        "true" => Ok(Some((
            BucketDocument::ObjectLock,
            LockRule::default().text().into(),
        ))),
        _ => Err(S3Error::argument(
            name,
            &text,
            "The value is true or false.",
        )),
    }
}
