//! CopyObject, and what every copy reads of its source. Source: AWS S3 API Reference, "CopyObject".

use std::ops::Range;
use std::sync::Arc;

use crate::access::action::Action;
use crate::access::permit::Permit;
use crate::api::http::xml::Xml;
use crate::meta::records::BucketRecord;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::VersionRecord;
use crate::store::copy::CopyBody;
use crate::store::get::Found;
use crate::store::put::NewObject;
use crate::store::put::Stored;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::encoding;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;
use crate::types::range::ByteRange;
use crate::types::tags::Tags;

use super::acl;
use super::authenticate;
use super::checksums;
use super::code::Code;
use super::conditions;
use super::conditions::ReadConditions;
use super::conditions::Unmet;
use super::document;
use super::encryption;
use super::encryption::About;
use super::encryption::Wanted;
use super::error::S3Error;
use super::expected_owner;
use super::lifecycle;
use super::metadata;
use super::object_lock;
use super::put_object;
use super::reply;
use super::reply::Reply;
use super::request;
use super::request::S3Request;
use super::tagging;

pub(super) async fn copy_object(req: &S3Request) -> Result<Reply, S3Error> {
    put_object::check_headers(req)?;
    let wanted = Wanted::parse(req)?;
    let directive = Directive::parse(req)?;
    let tagging = TaggingDirective::parse(req)?;
    let algorithm = document::named_algorithm(req)?;
    let precondition = conditions::write(&req.head.headers)?;
    let (permit, bucket) = req.permit_object().await?;
    let source = Source::find(req).await?;
    let onto_itself = *req.object_key()? == source.object_key && bucket.name == source.bucket.name;
    if onto_itself
        && matches!(directive, Directive::Copy(None))
        && !wanted.is_some()
        && req.header("x-amz-storage-class").is_none()
        && source.version_id.is_none()
    {
        let message = "This copy request is illegal because it is trying to copy an object to \
                       itself without changing the object's metadata, storage class, website \
                       redirect location or encryption attributes.";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    let tags = tagging.tags(req, &source).await?;
    tagging::permit(req, &bucket, &tags).await?;
    let metadata = match directive {
        Directive::Copy(redirect) => {
            let mut metadata = source.found.metadata().clone();
            metadata
                .system
                .retain(|(name, _)| name != metadata::REDIRECT);
            metadata.system.extend(redirect);
            metadata
        }
        Directive::Replace(metadata) => metadata,
    };
    // A copy has no list of its source's. Source: AWS S3 User Guide, "Copying objects".
    let acl = acl::of_new_object(req, &bucket)?;
    let metadata = ObjectMetadata {
        tags,
        acl,
        ..metadata
    };
    let size_bytes = source.found.size_bytes();
    if size_bytes > limits::PUT_BYTES_MAX {
        let message = "The specified copy source is larger than the maximum allowable size for a \
                       copy source: 5368709120";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    let copied = source.version.clone();
    let body = source.body(req, 0..size_bytes, algorithm).await?;
    let (lock, lock_rule) = object_lock::of_new_object(req, &bucket)?;
    let object = NewObject {
        lock,
        lock_rule,
        metadata,
        asked: wanted.or_default_of(req, &bucket)?,
        precondition,
        versioning: bucket.versioning,
    };
    let stored = req.store().put(&permit, &req.draft(), object, body).await?;
    Ok(Reply::committed(stored, |stored| {
        let mut response = reply::xml(render("CopyObjectResult", &stored));
        encryption::set(req, &mut response, &stored.encryption, About::New);
        let expires = lifecycle::expires_stored(req, &bucket, &stored);
        let stored = reply::stored_version(stored.version_id);
        for (name, value) in stored.iter().chain(&copied).chain(&expires) {
            reply::set(&mut response, (name, value));
        }
        response
    }))
}

/// The document that both kinds of copy answer with.
pub(super) fn render(root: &str, stored: &Stored) -> String {
    let mut xml = Xml::new(root);
    xml.text("LastModified", &stored.modified.iso8601())
        .text("ETag", &stored.etag.to_string());
    checksums::elements(&mut xml, stored.checksum.as_ref());
    xml.finish(root)
}

/// Whether the copy has its source's metadata or that of the request.
enum Directive {
    /// With where the copy redirects to, which is never its source's.
    Copy(Option<(String, String)>),
    Replace(ObjectMetadata),
}

impl Directive {
    fn parse(req: &S3Request) -> Result<Self, S3Error> {
        match req.header("x-amz-metadata-directive") {
            None | Some("COPY") => Ok(Self::Copy(metadata::redirect(&req.head.headers)?)),
            Some("REPLACE") => Ok(Self::Replace(metadata::parse(
                &req.head.headers,
                req.object_key()?,
            )?)),
            Some(other) => {
                let message = "Unknown metadata directive.";
                Err(S3Error::argument(
                    "x-amz-metadata-directive",
                    other,
                    message,
                ))
            }
        }
    }
}

/// Whether the copy has its source's tags or those of the request.
enum TaggingDirective {
    Copy,
    Replace(Tags),
}

impl TaggingDirective {
    fn parse(req: &S3Request) -> Result<Self, S3Error> {
        match req.header("x-amz-tagging-directive") {
            None | Some("COPY") if req.head.headers.contains_key(tagging::HEADER) => {
                let message = "The header x-amz-tagging needs x-amz-tagging-directive: REPLACE.";
                Err(S3Error::new(Code::InvalidRequest, message))
            }
            None | Some("COPY") => Ok(Self::Copy),
            Some("REPLACE") => Ok(Self::Replace(tagging::of_headers(&req.head.headers)?)),
            Some(other) => {
                let message = "Unknown tagging directive.";
                Err(S3Error::argument("x-amz-tagging-directive", other, message))
            }
        }
    }

    /// The copy's tags; to copy them is to read them, which needs its own permission.
    async fn tags(self, req: &S3Request, source: &Source) -> Result<Tags, S3Error> {
        let tags = match self {
            Self::Replace(tags) => return Ok(tags),
            Self::Copy => source.found.metadata().tags.clone(),
        };
        if !tags.is_empty() {
            let (bucket, object_key) = (&source.bucket, &source.object_key);
            req.permit_on(
                Action::GetObjectTagging,
                bucket,
                object_key,
                source.version_id,
            )
            .await?;
        }
        Ok(tags)
    }
}

/// The object that a copy reads, with the permission to.
pub(super) struct Source {
    bucket: Arc<BucketRecord>,
    object_key: ObjectKey,
    version_id: Option<VersionId>,
    permit: Permit,
    /// The header that tells which version was copied, where there may be others.
    pub(super) version: Option<(&'static str, String)>,
    pub(super) found: Found,
}

const COPIED_VERSION: &str = "x-amz-copy-source-version-id";

impl Source {
    /// Reads `x-amz-copy-source`, asks for permission, finds the object, checks its conditions.
    pub(super) async fn find(req: &S3Request) -> Result<Self, S3Error> {
        authenticate::refuse_nobody(&req.caller, "copy objects")?;
        let text = req.header("x-amz-copy-source").unwrap_or_default();
        let (bucket_name, object_key, version_id) = parse(text).map_err(|fault| {
            let message = format!("Invalid copy source {fault}");
            S3Error::argument("x-amz-copy-source", text, message)
        })?;
        let version_id = version_id
            .map(|text| request::version_id("x-amz-copy-source", text))
            .transpose()?;
        let customer = encryption::source_customer_key(req)?;
        Box::pin(req.look_for_source_alias(&bucket_name, &object_key)).await?;
        let bucket = req.bucket_record(&bucket_name).await?;
        expected_owner::check(req, expected_owner::OF_SOURCE, &bucket)?;
        let version_id = version_id.or_else(|| req.pinned(&bucket_name));
        let permit = req
            .permit_on(Action::GetObject, &bucket, &object_key, version_id)
            .await?;
        let found = req.store().find(&permit, version_id).await?;
        if let (Some(_), Some(VersionRecord::Marker(_))) = (version_id, &found) {
            let message = "The source of a copy request may not specifically refer to a delete \
                           marker by version id.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
        let found = req.standing(found, &permit, version_id)?.unlock(customer)?;
        req.note_version(&permit, found.head().version_id);
        let version = reply::read_version(bucket.versioning, version_id, found.head().version_id);
        let version = version.map(|(_, id)| (COPIED_VERSION, id));
        let conditions = ReadConditions::parse(&req.head.headers, "x-amz-copy-source-");
        conditions
            .check(&found.etag(), found.modified())
            .map_err(Unmet::of_source)?;
        Ok(Self {
            bucket,
            object_key,
            version_id,
            permit,
            version,
            found,
        })
    }

    /// The range that `x-amz-copy-source-range` asks for, which must lie inside the source.
    pub(super) fn range(&self, req: &S3Request) -> Result<Range<u64>, S3Error> {
        let size_bytes = self.found.size_bytes();
        let Some(text) = req.header("x-amz-copy-source-range") else {
            return Ok(0..size_bytes);
        };
        let refused = |message| Err(S3Error::argument("x-amz-copy-source-range", text, message));
        match ByteRange::parse(text) {
            Some(ByteRange::FromTo(first, last)) if last < size_bytes => Ok(first..last + 1),
            Some(ByteRange::FromTo(..)) => refused(format!(
                "Range specified is not valid for source object of size: {size_bytes}"
            )),
            _ => refused(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where \
                 first and last are the zero-based offsets of the first and last bytes to copy"
                    .to_owned(),
            ),
        }
    }

    /// The source's bytes as the body of a new object or part.
    pub(super) async fn body(
        self,
        req: &S3Request,
        range: Range<u64>,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<CopyBody, S3Error> {
        // The copy's own entry comes with its commit; the grantor's stands before a byte is read.
        if let Some(alias) = req.aliases.source.get() {
            let action = req.action.name();
            let recorded = alias.record(&req.house, &req.arrival, &req.caller, action, None);
            Box::pin(recorded).await?;
        }
        Ok(req
            .store()
            .copy_body(&self.permit, self.found, range, algorithm)
            .await?)
    }
}

/// Reads `x-amz-copy-source`: bucket, key, and a version as it was written; or says what of it is
/// invalid.
pub(super) fn parse(text: &str) -> Result<(BucketName, ObjectKey, Option<&str>), &'static str> {
    let (path, version_id) = match text.split_once("?versionId=") {
        None => (text, None),
        Some((path, version_id)) => (path, Some(version_id)),
    };
    let path = encoding::parse_percent(path).ok_or("encoding")?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    let (bucket, key) = path.split_once('/').ok_or("object key")?;
    Ok((
        BucketName::parse(bucket).map_err(|_| "bucket name")?,
        ObjectKey::parse(key).map_err(|_| "object key")?,
        version_id,
    ))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let parsed = parse(text).ok();
        let parsed = parsed
            .as_ref()
            .map(|(bucket, key, _)| (bucket.as_str(), key.as_str()));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn sources() {
        check("/actas/a/b", Some(("actas", "a/b")));
        check("actas/a%20b%2Bc", Some(("actas", "a b+c")));
        check("actas/a+b", Some(("actas", "a+b")));
        check("/actas/a?versionId=null", Some(("actas", "a")));
        check("/actas//a", Some(("actas", "/a")));
        check("actas%2Fa", Some(("actas", "a")));
        check("actas", None);
        check("actas/", None);
        check("/actas/a?versionId=x", Some(("actas", "a")));
        check("/actas/%zz", None);
    }
}
