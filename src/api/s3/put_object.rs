//! PutObject. Source: AWS S3 API Reference, "PutObject".

use std::sync::Arc;

use actix_http::Response;
use actix_http::body::BoxBody;

use crate::meta::records::BucketRecord;
use crate::store::Committed;
use crate::store::put::NewObject;
use crate::store::put::Stored;

use super::acl;
use super::checksums;
use super::code::Code;
use super::conditions;
use super::document::Document;
use super::encryption;
use super::encryption::About;
use super::encryption::Wanted;
use super::error::S3Error;
use super::lifecycle;
use super::metadata;
use super::object_lock;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn put_object(req: &S3Request) -> Result<Reply, S3Error> {
    let (stored, bucket) = store(req, req.document()?).await?;
    Ok(Reply::committed(stored, |stored| {
        render(req, &bucket, &stored)
    }))
}

/// Stores a document as the headers of the request say, whatever it comes in.
pub(super) async fn store(
    req: &S3Request,
    document: Document,
) -> Result<(Committed<Stored>, Arc<BucketRecord>), S3Error> {
    check_headers(req)?;
    let wanted = Wanted::parse(req)?;
    let mut metadata = metadata::parse(&req.head.headers, req.object_key()?)?;
    let precondition = conditions::write(&req.head.headers)?;
    let (permit, bucket) = req.permit_object().await?;
    metadata.acl = acl::of_new_object(req, &bucket)?;
    tagging::permit(req, &bucket, &metadata.tags).await?;
    let (lock, lock_rule) = object_lock::of_new_object(req, &bucket)?;
    let object = NewObject {
        lock,
        lock_rule,
        metadata,
        asked: wanted.or_default_of(req, &bucket)?,
        precondition,
        versioning: bucket.versioning,
    };
    let stored = req
        .store()
        .put(&permit, &req.draft(), object, document)
        .await?;
    Ok((stored, bucket))
}

/// The answer to a document that was stored.
pub(super) fn render(req: &S3Request, bucket: &BucketRecord, stored: &Stored) -> Response<BoxBody> {
    let mut builder = reply::builder(200);
    builder.insert_header(("etag", stored.etag.to_string()));
    if let Some(version) = reply::stored_version(stored.version_id) {
        builder.insert_header(version);
    }
    encryption::describe(req, &mut builder, &stored.encryption, About::New);
    if let Some(expires) = lifecycle::expires_stored(req, bucket, stored) {
        builder.insert_header(expires);
    }
    checksums::headers(&mut builder, stored.checksum.as_ref());
    builder.finish().map_into_boxed_body()
}

/// Refuses what the headers of a new object ask for and this store does not do.
pub(super) fn check_headers(req: &S3Request) -> Result<(), S3Error> {
    match req.header("x-amz-storage-class") {
        None | Some("STANDARD") => Ok(()),
        Some(_) => Err(Code::InvalidStorageClass.into()),
    }
}
