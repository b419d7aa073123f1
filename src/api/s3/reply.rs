//! What an operation answers, and whether its audit entry is written already.

use actix_http::Response;
use actix_http::ResponseBuilder;
use actix_http::StatusCode;
use actix_http::body::BoxBody;
use actix_http::header::HeaderName;
use actix_http::header::HeaderValue;

use crate::meta::records::Versioning;
use crate::store::Committed;
use crate::types::ids::VersionId;

/// An operation's answer.
pub enum Reply {
    /// A change: its entry was committed with it.
    Committed(Response<BoxBody>),
    /// A read: its entry is still to be written.
    Read(Response<BoxBody>),
}

impl Reply {
    /// The answer to a change; the commit is the proof that its entry is written.
    pub fn committed<T>(
        committed: Committed<T>,
        answer: impl FnOnce(T) -> Response<BoxBody>,
    ) -> Self {
        Self::Committed(answer(committed.into_inner()))
    }

    /// A read that answers with a document of XML.
    pub fn xml(document: String) -> Self {
        Self::Read(xml(document))
    }
}

/// A document of XML with status 200.
pub fn xml(document: String) -> Response<BoxBody> {
    builder(200)
        .insert_header(("content-type", "application/xml"))
        .body(document)
        .map_into_boxed_body()
}

/// An answer without a body.
pub fn empty(status: u16) -> Response<BoxBody> {
    builder(status).finish().map_into_boxed_body()
}

/// The start of an answer.
pub fn builder(status: u16) -> ResponseBuilder {
    Response::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The version that an object was stored as, where the bucket keeps versions. Source: AWS S3 API
/// Reference, "PutObject": no id is told unless versioning is enabled.
pub fn stored_version(version_id: VersionId) -> Option<(&'static str, String)> {
    match version_id {
        VersionId::Null => None,
        VersionId::Id(_) => Some((VERSION, version_id.to_string())),
    }
}

/// The version that was read: told wherever there may be others.
pub fn read_version(
    versioning: Versioning,
    wanted: Option<VersionId>,
    found: VersionId,
) -> Option<(&'static str, String)> {
    let told = wanted.is_some() || versioning != Versioning::Off;
    told.then(|| (VERSION, found.to_string()))
}

const VERSION: &str = "x-amz-version-id";

/// Sets a header of an answer that has its body already.
pub fn set(response: &mut Response<BoxBody>, (name, value): (&'static str, &str)) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}
