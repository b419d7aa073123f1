//! The document in a request's body: unframed, with what the client announced of it.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::access::action::Action;
use crate::api::http::body::RawBody;
use crate::api::http::form::FileDecoder;
use crate::auth::chunked::decoder::ChunkDecoder;
use crate::auth::error::ChunkError;
use crate::auth::sigv4::payload::PayloadHash;
use crate::auth::sigv4::payload::Streaming;
use crate::store::body::Announced;
use crate::store::body::Body;
use crate::store::body::BodyError;
use crate::store::ingest;
use crate::telemetry::Door;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumValue;
use crate::types::encoding;
use crate::types::ids::PartNumber;

use super::code::Code;
use super::error::S3Error;
use super::post_object::PostedFile;
use super::request::S3Request;

/// A document on its way in.
pub struct Document {
    raw: RawBody,
    framing: Framing,
    announced: Announced,
    algorithm: ChecksumAlgorithm,
    /// The algorithm that the client named, by its name or by a value.
    named: Option<ChecksumAlgorithm>,
    decoded: VecDeque<Bytes>,
}

enum Framing {
    /// The body is the document.
    Plain,
    /// aws-chunked, under way.
    Chunked(Box<ChunkDecoder>),
    /// The file of a form.
    Form(Box<FormFile>),
    /// Everything was read and checked.
    Done,
}

/// The file of a form on its way, and how large it may be and is so far.
struct FormFile {
    decoder: FileDecoder,
    bytes: (u64, u64),
    given_bytes: u64,
}

impl FormFile {
    fn feed(&mut self, raw: Bytes, decoded: &mut VecDeque<Bytes>) -> Result<(), BodyError> {
        let given_bytes = &mut self.given_bytes;
        self.decoder.feed(raw, &mut |bytes| {
            *given_bytes += bytes.len() as u64;
            decoded.push_back(bytes);
        })?;
        if self.given_bytes > self.bytes.1 {
            return Err(BodyError::TooLarge);
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), BodyError> {
        self.decoder.finish()?;
        if self.given_bytes < self.bytes.0 {
            return Err(BodyError::TooSmall);
        }
        Ok(())
    }
}

impl Document {
    /// The file of a form, whose fields are the request's headers by now.
    pub(super) fn of_form(req: &S3Request, posted: PostedFile) -> Result<Self, S3Error> {
        let announced = Announced {
            checksum: checksum_header(req)?,
            ..Announced::default()
        };
        let carried = announced.checksum.map(|value| value.algorithm());
        let named = carried.or(named_algorithm(req)?);
        let mut file = FormFile {
            decoder: posted.decoder,
            bytes: posted.bytes,
            given_bytes: 0,
        };
        // What was read together with the fields.
        let mut decoded = VecDeque::new();
        file.feed(Bytes::new(), &mut decoded)?;
        Ok(Self {
            raw: posted.raw,
            framing: Framing::Form(Box::new(file)),
            announced,
            algorithm: named.unwrap_or(ChecksumAlgorithm::Crc64Nvme),
            named,
            decoded,
        })
    }

    /// The checksum algorithm that the client named.
    pub(super) const fn named_checksum(&self) -> Option<ChecksumAlgorithm> {
        self.named
    }

    /// Reads all headers that speak of the body.
    pub(super) fn of(req: &S3Request) -> Result<Self, S3Error> {
        Self::announcing(req, checksum_header(req)?)
    }

    /// As [`Document::of`], for a body whose request speaks of another thing's checksum.
    pub(super) fn without_checksum(req: &S3Request) -> Result<Self, S3Error> {
        Self::announcing(req, None)
    }

    fn announcing(req: &S3Request, checksum: Option<ChecksumValue>) -> Result<Self, S3Error> {
        let size = size(req)?;
        let announced = Announced {
            size_bytes: size,
            md5: md5(req)?,
            sha256: match req.payload.hash {
                PayloadHash::Signed(sha256) => Some(sha256),
                PayloadHash::Unsigned | PayloadHash::Streaming(_) => None,
            },
            checksum,
        };
        let trailer = trailer_algorithm(req)?;
        if announced.checksum.is_some() && trailer.is_some() {
            return Err(one_checksum());
        }
        let named = named_algorithm(req)?;
        let carried = announced
            .checksum
            .map(|value| value.algorithm())
            .or(trailer);
        if let (Some(named), Some(carried)) = (named, carried)
            && named != carried
        {
            let message = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
        if size.is_some_and(|size| size > req.house.put_bytes_max) {
            return Err(Code::EntityTooLarge.into());
        }
        let framing = match req.payload.hash {
            PayloadHash::Streaming(framing) => {
                let size = size.ok_or(Code::MissingContentLength)?;
                Framing::Chunked(Box::new(decoder(req, framing, size)?))
            }
            PayloadHash::Unsigned | PayloadHash::Signed(_) => {
                if trailer.is_some() {
                    let message = "Trailers need a body framed as aws-chunked.";
                    return Err(S3Error::new(Code::InvalidRequest, message));
                }
                Framing::Plain
            }
        };
        let bytes_max = match framing {
            Framing::Plain => req.house.put_bytes_max,
            // The decoder has bounds of its own for document and framing.
            Framing::Chunked(_) | Framing::Form(_) | Framing::Done => u64::MAX,
        };
        let raw = RawBody::new(req.slot.clone(), Door::S3, req.house.pace, bytes_max);
        let named = carried.or(named);
        Ok(Self {
            raw,
            framing,
            announced,
            algorithm: named.unwrap_or(ChecksumAlgorithm::Crc64Nvme),
            named,
            decoded: VecDeque::new(),
        })
    }

    /// The whole document, its digests checked, for operations whose input is XML.
    pub async fn collect(mut self, bytes_max: usize) -> Result<Vec<u8>, S3Error> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await {
            whole.extend_from_slice(&bytes?);
            if whole.len() > bytes_max {
                return Err(Code::MaxMessageLengthExceeded.into());
            }
        }
        ingest::check_digests(&whole, &self)?;
        Ok(whole)
    }

    fn finish(&mut self) -> Option<Result<Bytes, BodyError>> {
        match std::mem::replace(&mut self.framing, Framing::Done) {
            Framing::Plain | Framing::Done => None,
            Framing::Form(file) => file.finish().err().map(Err),
            Framing::Chunked(decoder) => match decoder.finish() {
                Err(error) => Some(Err(of_chunk(&error))),
                Ok(trailers) => {
                    let header = self.algorithm.header();
                    if let Some(text) = trailers.value(header) {
                        let Some(value) = ChecksumValue::parse(self.algorithm, text) else {
                            return Some(Err(BodyError::TrailerValue(self.algorithm)));
                        };
                        self.announced.checksum = Some(value);
                    }
                    None
                }
            },
        }
    }
}

impl Body for Document {
    fn wants_sha256(&self) -> bool {
        self.announced.sha256.is_some()
    }

    fn checksum_algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            if let Some(bytes) = self.decoded.pop_front() {
                return Some(Ok(bytes));
            }
            let raw = match self.raw.next().await {
                None => return self.finish(),
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(raw)) => raw,
            };
            match &mut self.framing {
                Framing::Plain | Framing::Done => return Some(Ok(raw)),
                Framing::Form(file) => {
                    if let Err(error) = file.feed(raw, &mut self.decoded) {
                        return Some(Err(error));
                    }
                }
                Framing::Chunked(decoder) => {
                    let decoded = &mut self.decoded;
                    if let Err(error) = decoder.feed(raw, &mut |bytes| decoded.push_back(bytes)) {
                        return Some(Err(of_chunk(&error)));
                    }
                }
            }
        }
    }

    fn announced(&self) -> Announced {
        self.announced
    }
}

fn one_checksum() -> S3Error {
    S3Error::new(
        Code::InvalidRequest,
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
}

fn md5(req: &S3Request) -> Result<Option<[u8; 16]>, S3Error> {
    if !req.head.headers.contains_key("content-md5") {
        return Ok(None);
    }
    let digest = req.header("content-md5").and_then(encoding::parse_base64);
    let digest = digest.and_then(|bytes| bytes.try_into().ok());
    digest.map(Some).ok_or_else(|| Code::InvalidDigest.into())
}

/// The one `x-amz-checksum-<algorithm>` header, about the body.
fn checksum_header(req: &S3Request) -> Result<Option<ChecksumValue>, S3Error> {
    the_checksum(req, ChecksumValue::parse)
}

/// The same header where it is about a whole object: a composite value carries the count of parts
/// behind the base64.
pub(super) fn checksum_of_object(
    req: &S3Request,
) -> Result<Option<(ChecksumValue, Option<u16>)>, S3Error> {
    the_checksum(req, |algorithm, text| match text.split_once('-') {
        None => Some((ChecksumValue::parse(algorithm, text)?, None)),
        Some((value, parts)) => {
            let parts = PartNumber::parse(parts)?;
            Some((ChecksumValue::parse(algorithm, value)?, Some(parts.get())))
        }
    })
}

fn the_checksum<T>(
    req: &S3Request,
    parse: impl Fn(ChecksumAlgorithm, &str) -> Option<T>,
) -> Result<Option<T>, S3Error> {
    let mut found = None;
    for algorithm in ChecksumAlgorithm::ALL {
        let Some(text) = req.header(algorithm.header()) else {
            continue;
        };
        let value = parse(algorithm, text).ok_or_else(|| {
            let message = format!("Value for {} header is invalid.", algorithm.header());
            S3Error::new(Code::InvalidRequest, message)
        })?;
        if found.replace(value).is_some() {
            return Err(one_checksum());
        }
    }
    for name in req.head.headers.names() {
        let known = [
            "x-amz-checksum-algorithm",
            "x-amz-checksum-mode",
            "x-amz-checksum-type",
        ];
        if name.starts_with("x-amz-checksum-")
            && !known.contains(&name)
            && ChecksumAlgorithm::of_header(name).is_none()
        {
            let message = "The algorithm type you specified in x-amz-checksum- header is invalid.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
    }
    Ok(found)
}

/// The algorithm named by `x-amz-sdk-checksum-algorithm` or `x-amz-checksum-algorithm`.
pub(super) fn named_algorithm(req: &S3Request) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    for name in ["x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"] {
        let Some(text) = req.header(name) else {
            continue;
        };
        return ChecksumAlgorithm::parse(text).map(Some).ok_or_else(|| {
            S3Error::new(
                Code::InvalidRequest,
                "Checksum algorithm provided is unsupported.",
            )
        });
    }
    Ok(None)
}

fn trailer_algorithm(req: &S3Request) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(text) = req.header("x-amz-trailer") else {
        return Ok(None);
    };
    ChecksumAlgorithm::of_header(text.trim())
        .map(Some)
        .ok_or_else(|| {
            S3Error::new(
                Code::InvalidRequest,
                "The value of x-amz-trailer is not a known checksum.",
            )
        })
}

/// The document's size as announced; `None` for a body with transfer encoding and no length. What
/// is to be stored is never taken for empty because nothing is said of it.
fn size(req: &S3Request) -> Result<Option<u64>, S3Error> {
    let is_stored = matches!(req.action, Action::PutObject | Action::UploadPart);
    if is_stored && !req.head.frames_body() {
        return Err(Code::MissingContentLength.into());
    }
    let name = match req.payload.hash {
        PayloadHash::Streaming(_) => "x-amz-decoded-content-length",
        PayloadHash::Unsigned | PayloadHash::Signed(_) => "content-length",
    };
    match req.header(name) {
        None if name == "content-length" => Ok(None),
        None => Err(Code::MissingContentLength.into()),
        Some(text) if name != "content-length" => {
            let size = text.trim().parse().map(Some);
            size.map_err(|_| Code::MissingContentLength.into())
        }
        Some(text) => text.trim().parse().map(Some).map_err(|_| {
            S3Error::argument(
                "content-length",
                text,
                "The length of the body is no number.",
            )
        }),
    }
}

fn decoder(req: &S3Request, framing: Streaming, size: u64) -> Result<ChunkDecoder, S3Error> {
    let announced = req.header("x-amz-trailer");
    ChunkDecoder::new(framing, req.payload.chunks.clone(), announced, size)
        .map_err(|error| S3Error::new(Code::InvalidRequest, error.to_string()))
}

/// What the framing's error is for the store; the caller is told the store's words.
fn of_chunk(error: &ChunkError) -> BodyError {
    match error {
        ChunkError::SignatureMissing | ChunkError::SignatureMismatch => BodyError::Signature,
        ChunkError::ShorterThanAnnounced { .. } | ChunkError::Incomplete => BodyError::Cut,
        ChunkError::ChunkTooLarge { .. } => BodyError::TooLarge,
        ChunkError::TooManyTrailers
        | ChunkError::TrailersNotAllowed
        | ChunkError::TrailersTooLong
        | ChunkError::MalformedTrailer
        | ChunkError::UnannouncedTrailer
        | ChunkError::TrailerMissing { .. } => BodyError::Trailer,
        ChunkError::NotSigned
        | ChunkError::HeaderTooLong
        | ChunkError::InvalidSize
        | ChunkError::Framing
        | ChunkError::UnexpectedExtension
        | ChunkError::LongerThanAnnounced => BodyError::Framing,
    }
}
