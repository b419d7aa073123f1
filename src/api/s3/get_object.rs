//! GetObject and HeadObject. Source: AWS S3 API Reference, "GetObject", "HeadObject".

use std::ops::Range;

use actix_http::Response;
use actix_http::ResponseBuilder;
use actix_http::body::BodySize;
use actix_http::body::BoxBody;
use actix_http::header::HeaderValue;

use crate::access::action::Action;
use crate::access::permit::Permit;
use crate::api::http::house::Held;
use crate::meta::records::ObjectHead;
use crate::store::content::Content;
use crate::store::content::ContentStream;
use crate::store::get::Found;
use crate::store::sealing;
use crate::telemetry;
use crate::telemetry::Door;
use crate::types::checksum::ObjectChecksum;
use crate::types::ids::PartNumber;
use crate::types::limits;
use crate::types::parameters::RESPONSE_OVERRIDES;
use crate::types::range::ByteRange;

use super::alias::Alias;
use super::checksums;
use super::code::Code;
use super::conditions::ReadConditions;
use super::encryption;
use super::encryption::About;
use super::error::S3Error;
use super::lifecycle;
use super::metadata;
use super::object_lock;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

/// What of the object is asked for.
enum Extent {
    Whole,
    Range(ByteRange),
    Part(PartNumber),
}

pub(super) async fn get_object(req: &S3Request) -> Result<Reply, S3Error> {
    let conditions = ReadConditions::parse(&req.head.headers, "");
    let extent = extent(req)?;
    let version_id = req.version_id()?;
    check_overrides(req)?;
    let wants_checksum = req
        .header("x-amz-checksum-mode")
        .is_some_and(|m| m == "ENABLED");
    let customer = encryption::customer_key(req)?;
    let (permit, bucket) = req.permit_object().await?;
    let found = match req.action {
        Action::HeadObject => {
            let head = req.find_head(&permit, version_id).await?;
            sealing::unlock_object(&head.encryption, customer)?;
            Looked::Head(Box::new(head))
        }
        _ => Looked::Whole(req.find(&permit, version_id).await?.unlock(customer)?),
    };
    let head = found.head();
    let version = reply::read_version(bucket.versioning, version_id, head.version_id);
    match conditions.check(&head.etag, head.modified) {
        Err(unmet) if unmet.code == Code::NotModified => {
            return Ok(Reply::Read(not_modified(head, version)));
        }
        checked => checked?,
    }
    let Slice {
        range,
        status,
        part_checksum,
    } = slice(req, &permit, head, &extent).await?;
    let mut builder = reply::builder(status);
    describe(req, &mut builder, head, &range, status);
    object_lock::describe(req, &mut builder, &bucket, version_id, &head.lock).await?;
    if let Some(version) = version {
        builder.insert_header(version);
    }
    if let Some(expires) = lifecycle::expires_found(req, &bucket, version_id, head) {
        builder.insert_header(expires);
    }
    if wants_checksum {
        match extent {
            Extent::Whole => checksums::headers(&mut builder, head.checksum.as_ref()),
            Extent::Part(_) => checksums::headers(&mut builder, part_checksum.as_ref()),
            Extent::Range(_) => {}
        }
    }
    let size_bytes = range.end - range.start;
    let body = match found {
        Looked::Head(_) => BoxBody::new(Sized {
            size_bytes,
            content: None,
            _held: None,
        }),
        Looked::Whole(found) => match req.store().content(&permit, found, range).await? {
            Content::Ready(bytes) => {
                telemetry::sent(Door::S3, size_bytes);
                BoxBody::new(bytes)
            }
            Content::Stream(content) => BoxBody::new(Sized {
                size_bytes,
                content: Some(content),
                _held: Some(hold(req, size_bytes)?),
            }),
        },
    };
    Ok(Reply::Read(builder.body(body).map_into_boxed_body()))
}

/// Leave to hold what of a document is on its way to the client: a block, and the next one.
fn hold(req: &S3Request, size_bytes: u64) -> Result<Held, S3Error> {
    let bytes = usize::try_from(size_bytes).unwrap_or(usize::MAX);
    let held = req
        .house
        .in_flight
        .hold(bytes.min(2 * limits::BLOB_IO_BYTES));
    held.ok_or_else(|| Code::SlowDown.into())
}

/// What was found: all of it, or as much as a HEAD needs.
enum Looked {
    Head(Box<ObjectHead>),
    Whole(Found),
}

impl Looked {
    fn head(&self) -> &ObjectHead {
        match self {
            Self::Head(head) => head,
            Self::Whole(found) => found.head(),
        }
    }
}

/// What RFC 9110 section 15.4.5 has an answer without a body repeat.
fn not_modified(head: &ObjectHead, version: Option<(&'static str, String)>) -> Response<BoxBody> {
    let mut builder = reply::builder(Code::NotModified.status());
    builder.insert_header(("etag", head.etag.to_string()));
    builder.insert_header(("last-modified", head.modified.http_date()));
    if let Some(version) = version {
        builder.insert_header(version);
    }
    builder.finish().map_into_boxed_body()
}

fn extent(req: &S3Request) -> Result<Extent, S3Error> {
    let range = req.header("range").and_then(ByteRange::parse);
    match (req.query.has("partNumber"), range) {
        (false, None) => Ok(Extent::Whole),
        (false, Some(range)) => Ok(Extent::Range(range)),
        (true, None) => Ok(Extent::Part(req.part_number()?)),
        (true, Some(_)) => {
            let message = "Cannot specify both Range header and partNumber query parameter";
            Err(S3Error::new(Code::InvalidRequest, message))
        }
    }
}

/// Refuses an override that no header can hold: one with a line end would end the header there.
/// Only who signs a request may say what its answer is called. Source: AWS S3 API Reference,
/// "GetObject", `response-…`.
fn check_overrides(req: &S3Request) -> Result<(), S3Error> {
    for (parameter, _) in RESPONSE_OVERRIDES {
        let Some(value) = req.query.value(parameter) else {
            continue;
        };
        if req.caller.is_anonymous() {
            let message = "Request specific response headers cannot be used for anonymous GET \
                           requests.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
        if HeaderValue::from_str(value).is_err() {
            let message = "The value cannot stand in a header.";
            return Err(S3Error::argument(parameter, value, message));
        }
    }
    Ok(())
}

struct Slice {
    range: Range<u64>,
    status: u16,
    part_checksum: Option<ObjectChecksum>,
}

async fn slice(
    req: &S3Request,
    permit: &Permit,
    head: &ObjectHead,
    extent: &Extent,
) -> Result<Slice, S3Error> {
    let size_bytes = head.size_bytes;
    match extent {
        Extent::Whole => Ok(Slice {
            range: 0..size_bytes,
            status: 200,
            part_checksum: None,
        }),
        // The last bytes of nothing are nothing, which no content range can say.
        Extent::Range(ByteRange::Last(1..)) if size_bytes == 0 => Ok(Slice {
            range: 0..0,
            status: 200,
            part_checksum: None,
        }),
        Extent::Range(range) => {
            match range.resolve(size_bytes) {
                Some(range) => Ok(Slice {
                    range,
                    status: 206,
                    part_checksum: None,
                }),
                None => Err(S3Error::from(Code::InvalidRange)
                    .with("ActualObjectSize", size_bytes.to_string())),
            }
        }
        Extent::Part(number) => {
            let part = req.store().part_of(permit, head, *number).await?;
            let part = part.ok_or_else(|| {
                let count = head.parts.map_or(1, |(_, count)| count);
                S3Error::from(Code::InvalidPartNumber)
                    .with("ActualPartCount", count.to_string())
                    .with("PartNumberRequested", number.get().to_string())
            })?;
            Ok(Slice {
                range: part.range,
                status: 206,
                part_checksum: part.checksum,
            })
        }
    }
}

fn describe(
    req: &S3Request,
    builder: &mut ResponseBuilder,
    head: &ObjectHead,
    range: &Range<u64>,
    status: u16,
) {
    for header in metadata::render(&head.metadata) {
        builder.insert_header(header);
    }
    for (parameter, header) in RESPONSE_OVERRIDES {
        if let Some(value) = req.query.value(parameter) {
            builder.insert_header((header, value));
        }
    }
    builder.insert_header(("etag", head.etag.to_string()));
    builder.insert_header(("last-modified", head.modified.http_date()));
    builder.insert_header(("accept-ranges", "bytes"));
    builder.insert_header(("x-content-type-options", "nosniff"));
    encryption::describe(req, builder, &head.encryption, About::Stored);
    let tags = head.metadata.tags.pairs().len();
    let may_know = |alias: &Alias| alias.gives("s3:GetObjectTagging");
    if tags > 0 && req.alias().is_none_or(may_know) {
        builder.insert_header(("x-amz-tagging-count", tags.to_string()));
    }
    if let Some((_, count)) = head.parts.filter(|_| req.query.has("partNumber")) {
        builder.insert_header(("x-amz-mp-parts-count", count.to_string()));
    }
    if status == 206 && range.end > range.start {
        let last = range.end - 1;
        let text = format!("bytes {}-{last}/{}", range.start, head.size_bytes);
        builder.insert_header(("content-range", text));
    }
}

/// A body of known size; without content for HEAD.
struct Sized {
    size_bytes: u64,
    content: Option<ContentStream>,
    _held: Option<Held>,
}

impl actix_http::body::MessageBody for Sized {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size_bytes)
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<bytes::Bytes, Self::Error>>> {
        let Some(content) = self.get_mut().content.as_mut() else {
            return std::task::Poll::Ready(None);
        };
        // An error here cuts the connection: the client never sees a clean end (law 4).
        content.as_mut().poll_next(context).map(|next| {
            next.map(|read| match read {
                Ok(bytes) => {
                    telemetry::sent(Door::S3, bytes.len() as u64);
                    Ok(bytes)
                }
                Err(error) => {
                    tracing::error!(%error, "a document was cut off while it was sent");
                    Err(error.into())
                }
            })
        })
    }
}
