//! The S3 door: one operation a file, each in four beats: parse, permit, work, answer.
//!
//! A request's way: its head → route → caller → operation → one audit entry → answer.
//! Changes bring their entry with their commit; for everything else the entry is written here,
//! before the first byte of the answer leaves.

mod acl;
mod alias;
pub mod authenticate;
mod bucket_acl;
pub mod checksums;
pub mod code;
pub mod conditions;
pub mod cors;
pub mod document;
pub mod door;
mod encryption;
pub mod error;
mod expected_owner;
pub mod facts;
pub mod lifecycle;
pub mod listing;
pub mod metadata;
pub mod notification;
mod particulars;
mod presigned;
pub mod reply;
pub mod request;
pub mod route;
pub mod tagging;

#[cfg(test)]
mod compatibility;

mod abort_multipart_upload;
mod access_log;
mod bucket_cors;
mod bucket_encryption;
mod bucket_inventory;
mod bucket_logging;
mod bucket_tagging;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_bucket_document;
mod delete_object;
mod delete_object_tagging;
mod delete_objects;
mod get_bucket_lifecycle_configuration;
mod get_bucket_location;
mod get_bucket_notification_configuration;
mod get_bucket_ownership_controls;
mod get_bucket_policy;
mod get_bucket_policy_status;
mod get_bucket_versioning;
mod get_object;
mod get_object_attributes;
mod get_object_tagging;
mod get_public_access_block;
mod head_bucket;
mod inventory;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod object_acl;
mod object_lock;
pub mod post_object;
pub mod post_policy;
mod preflight;
mod put_bucket_lifecycle_configuration;
mod put_bucket_notification_configuration;
mod put_bucket_ownership_controls;
mod put_bucket_policy;
mod put_bucket_request_payment;
mod put_bucket_versioning;
mod put_object;
mod put_object_tagging;
mod put_public_access_block;
mod restore_object;
mod unset;
mod upload_part;
mod upload_part_copy;

use crate::access::action::Action;

use error::S3Error;
use reply::Reply;
use request::S3Request;

/// The wiring: every action to its operation.
#[expect(clippy::too_many_lines, reason = "a table: a row or two an action")]
async fn perform(req: &S3Request) -> Result<Reply, S3Error> {
    match req.action {
        Action::ListBuckets => list_buckets::list_buckets(req).await,
        Action::CreateBucket => create_bucket::create_bucket(req).await,
        Action::HeadBucket => head_bucket::head_bucket(req).await,
        Action::DeleteBucket => delete_bucket::delete_bucket(req).await,
        Action::GetBucketLocation => get_bucket_location::get_bucket_location(req).await,
        Action::GetBucketCors => bucket_cors::get_bucket_cors(req).await,
        Action::PutBucketCors => bucket_cors::put_bucket_cors(req).await,
        Action::DeleteBucketCors => bucket_cors::delete_bucket_cors(req).await,
        Action::GetBucketTagging => bucket_tagging::get_bucket_tagging(req).await,
        Action::PutBucketTagging => bucket_tagging::put_bucket_tagging(req).await,
        Action::DeleteBucketTagging => bucket_tagging::delete_bucket_tagging(req).await,
        Action::GetBucketEncryption => bucket_encryption::get_bucket_encryption(req).await,
        Action::PutBucketEncryption => bucket_encryption::put_bucket_encryption(req).await,
        Action::DeleteBucketEncryption => bucket_encryption::delete_bucket_encryption(req).await,
        Action::GetBucketLogging
        | Action::PutBucketLogging
        | Action::GetBucketInventoryConfiguration
        | Action::ListBucketInventoryConfigurations
        | Action::PutBucketInventoryConfiguration
        | Action::DeleteBucketInventoryConfiguration
        | Action::GetBucketNotificationConfiguration
        | Action::PutBucketNotificationConfiguration
        | Action::GetBucketLifecycleConfiguration
        | Action::PutBucketLifecycleConfiguration
        | Action::DeleteBucketLifecycle => configure_jobs(req).await,
        Action::ListObjects => list_objects::list_objects(req).await,
        Action::ListObjectsV2 => list_objects_v2::list_objects_v2(req).await,
        Action::GetBucketVersioning => get_bucket_versioning::get_bucket_versioning(req).await,
        Action::PutBucketVersioning => put_bucket_versioning::put_bucket_versioning(req).await,
        Action::GetObjectLockConfiguration => object_lock::get_object_lock_configuration(req).await,
        Action::PutObjectLockConfiguration => object_lock::put_object_lock_configuration(req).await,
        Action::GetObjectRetention => object_lock::get_object_retention(req).await,
        Action::PutObjectRetention => object_lock::put_object_retention(req).await,
        Action::GetObjectLegalHold => object_lock::get_object_legal_hold(req).await,
        Action::PutObjectLegalHold => object_lock::put_object_legal_hold(req).await,
        Action::ListObjectVersions => list_object_versions::list_object_versions(req).await,
        Action::ListMultipartUploads => list_multipart_uploads::list_multipart_uploads(req).await,
        Action::PostObject => post_object::post_object(req).await,
        Action::PutObject => put_object::put_object(req).await,
        Action::GetObject | Action::HeadObject => get_object::get_object(req).await,
        Action::GetObjectAttributes => get_object_attributes::get_object_attributes(req).await,
        Action::RestoreObject => restore_object::restore_object(req).await,
        Action::GetBucketAccelerateConfiguration
        | Action::GetBucketRequestPayment
        | Action::GetBucketWebsite
        | Action::DeleteBucketWebsite
        | Action::GetBucketReplication
        | Action::DeleteBucketReplication
        | Action::ListBucketAnalyticsConfigurations
        | Action::ListBucketIntelligentTieringConfigurations
        | Action::ListBucketMetricsConfigurations => unset::unset(req).await,
        Action::PutBucketRequestPayment => {
            put_bucket_request_payment::put_bucket_request_payment(req).await
        }
        Action::GetObjectTagging => get_object_tagging::get_object_tagging(req).await,
        Action::PutObjectTagging => put_object_tagging::put_object_tagging(req).await,
        Action::DeleteObjectTagging => delete_object_tagging::delete_object_tagging(req).await,
        Action::DeleteObject => delete_object::delete_object(req).await,
        Action::DeleteObjects => delete_objects::delete_objects(req).await,
        // The largest of all; apart, so that other requests are no larger for it.
        Action::CopyObject => Box::pin(copy_object::copy_object(req)).await,
        Action::CreateMultipartUpload => {
            create_multipart_upload::create_multipart_upload(req).await
        }
        Action::UploadPart => upload_part::upload_part(req).await,
        Action::UploadPartCopy => Box::pin(upload_part_copy::upload_part_copy(req)).await,
        Action::CompleteMultipartUpload => {
            complete_multipart_upload::complete_multipart_upload(req).await
        }
        Action::AbortMultipartUpload => abort_multipart_upload::abort_multipart_upload(req).await,
        Action::ListParts => list_parts::list_parts(req).await,
        Action::PutBucketPolicy => put_bucket_policy::put_bucket_policy(req).await,
        Action::GetBucketAcl => bucket_acl::get_bucket_acl(req).await,
        Action::PutBucketAcl => bucket_acl::put_bucket_acl(req).await,
        Action::GetObjectAcl => object_acl::get_object_acl(req).await,
        Action::PutObjectAcl => object_acl::put_object_acl(req).await,
        Action::GetBucketPolicy => get_bucket_policy::get_bucket_policy(req).await,
        Action::DeleteBucketPolicy => delete_bucket_document::delete_bucket_policy(req).await,
        Action::GetBucketPolicyStatus => {
            get_bucket_policy_status::get_bucket_policy_status(req).await
        }
        Action::PutPublicAccessBlock => put_public_access_block::put_public_access_block(req).await,
        Action::GetPublicAccessBlock => get_public_access_block::get_public_access_block(req).await,
        Action::DeletePublicAccessBlock => {
            delete_bucket_document::delete_public_access_block(req).await
        }
        Action::PutBucketOwnershipControls => {
            put_bucket_ownership_controls::put_bucket_ownership_controls(req).await
        }
        Action::GetBucketOwnershipControls => {
            get_bucket_ownership_controls::get_bucket_ownership_controls(req).await
        }
        Action::DeleteBucketOwnershipControls => {
            delete_bucket_document::delete_bucket_ownership_controls(req).await
        }
    }
}

/// The configurations of a bucket that jobs act on.
async fn configure_jobs(req: &S3Request) -> Result<Reply, S3Error> {
    match req.action {
        Action::GetBucketLogging => bucket_logging::get_bucket_logging(req).await,
        Action::PutBucketLogging => bucket_logging::put_bucket_logging(req).await,
        Action::GetBucketInventoryConfiguration => bucket_inventory::get(req).await,
        Action::ListBucketInventoryConfigurations => bucket_inventory::list(req).await,
        Action::PutBucketInventoryConfiguration => bucket_inventory::put(req).await,
        Action::DeleteBucketInventoryConfiguration => bucket_inventory::delete(req).await,
        Action::GetBucketNotificationConfiguration => {
            get_bucket_notification_configuration::get_bucket_notification_configuration(req).await
        }
        Action::PutBucketNotificationConfiguration => {
            put_bucket_notification_configuration::put_bucket_notification_configuration(req).await
        }
        Action::GetBucketLifecycleConfiguration => {
            get_bucket_lifecycle_configuration::get_bucket_lifecycle_configuration(req).await
        }
        Action::PutBucketLifecycleConfiguration => {
            put_bucket_lifecycle_configuration::put_bucket_lifecycle_configuration(req).await
        }
        Action::DeleteBucketLifecycle => delete_bucket_document::delete_bucket_lifecycle(req).await,
        _ => Err(code::Code::MethodNotAllowed.into()),
    }
}
