//! What stands where a request looks, and what is said where nothing does.

use std::sync::Arc;

use crate::access::action::Action;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::meta::records::BucketRecord;
use crate::meta::records::MarkerRecord;
use crate::meta::records::ObjectHead;
use crate::meta::records::VersionRecord;
use crate::meta::records::Versioning;
use crate::store::get::Found;
use crate::types::ids::VersionId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::super::code::Code;
use super::super::error::S3Error;
use super::super::expected_owner;
use super::S3Request;

impl S3Request {
    /// The bucket that the target names, if it is whose the request expects it to be.
    pub(super) async fn target_bucket(&self) -> Result<Arc<BucketRecord>, S3Error> {
        let record = self.bucket_record(self.bucket_name()?).await?;
        expected_owner::check(self, expected_owner::OF_TARGET, &record)?;
        Ok(record)
    }

    /// What `access` must know of a bucket of the caller's agency. Names are unique inside an
    /// agency, so a foreign bucket and a missing one are the same thing here.
    pub async fn bucket_record(&self, name: &BucketName) -> Result<Arc<BucketRecord>, S3Error> {
        if let Some(alias) = self.alias_named(name) {
            return Ok(alias.view());
        }
        let found = self.store().bucket(&self.caller.agency, name).await?;
        found.ok_or_else(|| {
            if self.caller.is_anonymous() {
                // The names of an agency's buckets are its own matter.
                return Code::AccessDenied.into();
            }
            S3Error::from(Code::NoSuchBucket).with("BucketName", name.as_str().to_owned())
        })
    }

    /// Finds the object that a permit is for, or says that it is missing, or its version, or that a
    /// delete marker stands there.
    pub async fn find(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<Found, S3Error> {
        let found = self.store().find(permit, version_id).await?;
        let found = self.standing(found, permit, version_id)?;
        self.note_version(permit, found.head().version_id);
        Ok(found)
    }

    /// As [`S3Request::find`], without what only a read of the bytes needs.
    pub async fn find_head(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<ObjectHead, S3Error> {
        let found = self.store().find_head(permit, version_id).await?;
        let head = self.standing(found, permit, version_id)?;
        self.note_version(permit, head.version_id);
        Ok(head)
    }

    /// The document among what may stand at a key. Source: AWS S3 User Guide, "Working with delete
    /// markers".
    pub(in crate::api::s3) fn standing<T>(
        &self,
        found: Option<VersionRecord<T>>,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<T, S3Error> {
        let marker = match found {
            Some(VersionRecord::Object(object)) => return Ok(object),
            Some(VersionRecord::Marker(marker)) => Some(marker),
            None => None,
        };
        // Who may not list a bucket does not learn what is missing in it. Source: AWS S3 API
        // Reference, "GetObject", permissions.
        let Resource::Object(bucket, object_key) = permit.resource() else {
            return Err(Code::NoSuchKey.into());
        };
        let marker = match self.granted().filter(|_| permit.grant().is_some()) {
            Some(alias) => {
                self.may_list(alias)?;
                // Without leave to read versions there are none, and no markers between them.
                marker.filter(|_| alias.view().versioning != Versioning::Off)
            }
            None => {
                self.decide(Action::ListObjectsV2, Resource::Bucket(bucket.clone()))?;
                marker
            }
        };
        Err(self.absent(object_key, version_id, marker.as_ref()))
    }

    /// What is said of a key, or a version, at which no document stands.
    pub(super) fn absent(
        &self,
        object_key: &ObjectKey,
        version_id: Option<VersionId>,
        marker: Option<&MarkerRecord>,
    ) -> S3Error {
        let mut refused = match (&version_id, marker) {
            (Some(_), Some(marker)) => S3Error::from(Code::MethodNotAllowed)
                .with("Method", self.head.method.to_string())
                .with("ResourceType", "DeleteMarker".to_owned())
                .header("allow", "DELETE".to_owned())
                .header("last-modified", marker.modified.http_date()),
            (Some(_), None) => Code::NoSuchVersion.into(),
            (None, _) => Code::NoSuchKey.into(),
        };
        refused = refused.with("Key", object_key.as_str().to_owned());
        if let Some(version_id) = version_id {
            refused = refused.with("VersionId", version_id.to_string());
        }
        if let Some(marker) = marker {
            refused = refused
                .header("x-amz-delete-marker", "true".to_owned())
                .header("x-amz-version-id", marker.version_id.to_string());
        }
        refused
    }
}
