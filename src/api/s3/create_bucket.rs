//! CreateBucket. Source: AWS S3 API Reference, "CreateBucket".

use serde::Deserialize;

use crate::api::http::xml;
use crate::meta;
use crate::store;

use super::code::Code;
use super::error::S3Error;
use super::put_object;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateBucketConfiguration {
    location_constraint: Option<String>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

pub(super) async fn create_bucket(req: &S3Request) -> Result<Reply, S3Error> {
    check_headers(req)?;
    let bucket_name = req.bucket_name()?;
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
        return Err(S3Error::new(
            Code::IllegalLocationConstraintException,
            message,
        ));
    }
    let created = req
        .store()
        .create_bucket(&permit, &req.draft(), bucket_name.clone())
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

/// Only what is true of every bucket here may be asked for: private, owned by who made it.
fn check_headers(req: &S3Request) -> Result<(), S3Error> {
    if req
        .header("x-amz-acl")
        .is_some_and(|acl| !put_object::OWNERS_ACLS.contains(&acl))
    {
        return Err(S3Error::not_implemented(
            "An access control list other than private",
        ));
    }
    if req
        .header("x-amz-object-ownership")
        .is_some_and(|o| o != "BucketOwnerEnforced")
    {
        return Err(S3Error::not_implemented(
            "An ownership other than BucketOwnerEnforced",
        ));
    }
    let locked = req.header("x-amz-bucket-object-lock-enabled");
    if locked.is_some_and(|locked| !locked.eq_ignore_ascii_case("false")) {
        return Err(S3Error::not_implemented("Object Lock"));
    }
    Ok(())
}
