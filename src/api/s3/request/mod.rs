//! One request, parsed once, and the caller who made it.

mod found;
mod grants;
mod named;
mod permits;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::access::action::Action;
use crate::access::caller::Caller;
use crate::api::http::body::BodySlot;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::target::Query;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::store::Store;
use crate::types::encoding;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::alias::Alias;
use super::alias::Aliases;
use super::authenticate::Payload;
use super::code::Code;
use super::document::Document;
use super::error::S3Error;
use super::post_object::Posted;

pub use named::AlsoNamed;

/// A request whose caller is known.
pub struct S3Request {
    pub(super) house: Arc<House>,
    pub(super) head: Head,
    pub(super) arrival: Arrival,
    pub(super) action: Action,
    pub(super) query: Query,
    pub(super) bucket: Option<BucketName>,
    pub(super) object_key: Option<ObjectKey>,
    pub(super) caller: Arc<Caller>,
    pub(super) payload: Payload,
    pub(super) slot: BodySlot,
    /// The file of a form, until the operation takes it.
    pub(super) posted: Cell<Option<Posted>>,
    /// The aliases that it reads through; most requests do through none.
    pub(super) aliases: Rc<Aliases>,
    /// What else its entry names.
    pub(super) named: Rc<AlsoNamed>,
}

impl S3Request {
    /// The store.
    pub fn store(&self) -> &Store {
        &self.house.store
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The bucket that the target names; the routing table guarantees one.
    pub fn bucket_name(&self) -> Result<&BucketName, S3Error> {
        self.bucket
            .as_ref()
            .ok_or_else(|| Code::InvalidBucketName.into())
    }

    /// The key that the target names; the routing table guarantees one.
    pub fn object_key(&self) -> Result<&ObjectKey, S3Error> {
        self.object_key
            .as_ref()
            .ok_or_else(|| Code::InvalidURI.into())
    }

    /// What the audit log will hold of this request when it is done.
    pub fn draft(&self) -> Draft<'_> {
        Draft {
            at: self.arrival.at,
            request_id: self.arrival.id,
            remote: &self.arrival.remote,
            principal: Some(self.caller.principal.as_str()),
            proof: Some(self.caller.proof.name()),
            action: self.action.name(),
            bucket: self.bucket.as_ref().map(BucketName::as_str),
            object_key: self.object_key.as_ref().map(ObjectKey::as_str),
            named: self.named.draft(),
            outcome: Outcome::Allowed,
            grant: self.granted().map(|alias| Box::new(alias.note())),
        }
    }

    /// Where a client finds an object, as an address.
    pub(super) fn location(&self, bucket: &BucketName, object_key: &ObjectKey) -> String {
        let scheme = if self.head.is_secure { "https" } else { "http" };
        let host = self.header("host").unwrap_or_default();
        let key = encoding::percent_path(object_key.as_str().as_bytes());
        format!("{scheme}://{host}/{bucket}/{key}")
    }

    /// The `uploadId` parameter; text that is no id of ours names no upload.
    pub fn upload_id(&self) -> Result<UploadId, S3Error> {
        let text = self.query.value("uploadId").unwrap_or_default();
        UploadId::parse(text).map_err(|_| Code::NoSuchUpload.into())
    }

    /// The `partNumber` parameter, which must be there.
    pub fn part_number(&self) -> Result<PartNumber, S3Error> {
        let text = self.query.value("partNumber").unwrap_or_default();
        PartNumber::parse(text).ok_or_else(|| {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            S3Error::argument("partNumber", text, message)
        })
    }

    /// The `versionId` parameter; through the alias of one version, that one.
    pub fn version_id(&self) -> Result<Option<VersionId>, S3Error> {
        let Some(text) = self.query.value("versionId") else {
            return Ok(self.alias().and_then(Alias::pinned));
        };
        version_id("versionId", text).map(Some)
    }

    /// The body as a document to store.
    pub fn document(&self) -> Result<Document, S3Error> {
        Document::of(self)
    }

    /// The whole body of an operation whose input is XML, its digests checked.
    pub async fn xml_body(&self) -> Result<Vec<u8>, S3Error> {
        self.collect(self.document()?).await
    }

    /// As [`S3Request::xml_body`], where the checksum headers speak of the object.
    pub async fn xml_body_about_object(&self) -> Result<Vec<u8>, S3Error> {
        self.collect(Document::without_checksum(self)?).await
    }

    async fn collect(&self, document: Document) -> Result<Vec<u8>, S3Error> {
        let length = self
            .header("content-length")
            .and_then(|text| text.parse::<usize>().ok());
        let bytes_max = self.xml_bytes_max();
        if length.is_some_and(|length| length > bytes_max) {
            return Err(Code::MaxMessageLengthExceeded.into());
        }
        document.collect(bytes_max).await
    }

    /// How long an XML body may be.
    pub(super) const fn xml_bytes_max(&self) -> usize {
        match self.action {
            Action::DeleteObjects | Action::CompleteMultipartUpload => limits::XML_BODY_BYTES_MAX,
            Action::PutBucketLifecycleConfiguration => limits::LIFECYCLE_BYTES_MAX,
            Action::PutBucketCors => limits::CORS_BYTES_MAX,
            _ => limits::BUCKET_DOCUMENT_BYTES_MAX,
        }
    }
}

/// Reads a version id.
pub fn version_id(argument: &'static str, text: &str) -> Result<VersionId, S3Error> {
    if text.is_empty() {
        let message = "Version id cannot be the empty string";
        return Err(S3Error::argument(argument, text, message));
    }
    VersionId::parse(text)
        .map_err(|_| S3Error::argument(argument, text, "Invalid version id specified"))
}
