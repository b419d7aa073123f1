//! Tags on the wire: the header of a new object, the documents of the tagging operations.
//!
//! Source: AWS S3 API Reference, "PutObjectTagging", "PutObject" (`x-amz-tagging`).

use actix_http::Response;
use actix_http::body::BoxBody;
use serde::Deserialize;

use crate::access::action::Action;
use crate::api::http::headers::Headers;
use crate::api::http::target::Query;
use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::meta::records::BucketRecord;
use crate::types::ids::VersionId;
use crate::types::tags::Tags;

use super::error::S3Error;
use super::reply;
use super::request::S3Request;

/// The header that names the tags of a new object.
pub const HEADER: &str = "x-amz-tagging";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    tag_set: TagSet,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TagSet {
    #[serde(default)]
    tag: Vec<Tag>,
}

impl TagSet {
    /// The pairs as they came.
    pub(super) fn pairs(self) -> Vec<(String, String)> {
        let tags = self.tag.into_iter();
        tags.map(|tag| (tag.key, tag.value)).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

/// Reads the document of a tagging operation: the pairs as they came.
pub(super) fn read(body: &[u8]) -> Result<Vec<(String, String)>, S3Error> {
    let document: Tagging = xml::read("Tagging", body)?;
    Ok(document.tag_set.pairs())
}

/// The document of tags.
pub(super) fn render(tags: &Tags) -> String {
    let mut xml = Xml::new("Tagging");
    xml.open("TagSet");
    for (key, value) in tags.pairs() {
        xml.open("Tag").text("Key", key);
        xml.text("Value", value).close("Tag");
    }
    xml.close("TagSet");
    xml.finish("Tagging")
}

/// The tags that the headers of a new object name, none without the header.
pub fn of_headers(headers: &Headers) -> Result<Tags, S3Error> {
    let mut values = headers.get_all(HEADER);
    let Some(value) = values.next() else {
        return Ok(Tags::default());
    };
    let text = std::str::from_utf8(value.as_bytes()).unwrap_or("%");
    let refused = || {
        let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL \
                       query parameters without tag name duplicates.";
        S3Error::argument(HEADER, text, message)
    };
    if values.next().is_some() {
        return Err(refused());
    }
    let pairs = Query::parse(text).map_err(|_| refused())?.into_pairs();
    if pairs.iter().any(|(key, _)| key.is_empty()) {
        return Err(refused());
    }
    Ok(Tags::of_object(pairs)?)
}

/// Whoever stores an object with tags must be allowed to tag it.
///
/// Source: AWS S3 User Guide, "Object tagging and policies".
pub(super) async fn permit(
    req: &S3Request,
    bucket: &BucketRecord,
    tags: &Tags,
) -> Result<(), S3Error> {
    if !tags.is_empty() {
        req.permit_on(Action::PutObjectTagging, bucket, req.object_key()?, None)
            .await?;
    }
    Ok(())
}

/// Names the version that an operation is about, where there may be others.
pub(super) fn of_version(
    mut response: Response<BoxBody>,
    bucket: &BucketRecord,
    wanted: Option<VersionId>,
    version_id: VersionId,
) -> Response<BoxBody> {
    if let Some((name, value)) = reply::read_version(bucket.versioning, wanted, version_id) {
        reply::set(&mut response, (name, &value));
    }
    response
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderName, HeaderValue};

    use super::{HEADER, of_headers, read, render};
    use crate::api::http::headers::Headers;
    use crate::api::s3::code::Code;
    use crate::types::tags::Tags;

    #[track_caller]
    fn check_header(text: &str, expected: Result<&[(&str, &str)], Code>) {
        let mut headers = Headers::default();
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(HEADER), value);
        let found = of_headers(&headers).map_err(|error| error.code);
        let owned = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect()
        };
        let found = found.map(|tags| tags.pairs().to_vec());
        assert_eq!(found, expected.map(owned), "{text}");
    }

    #[test]
    fn headers() {
        check_header("", Ok(&[]));
        check_header("a=1&b", Ok(&[("a", "1"), ("b", "")]));
        check_header("a%2Fb=x+y%3D&%C3%B1=", Ok(&[("a/b", "x y="), ("ñ", "")]));
        check_header("a=1&a=2", Err(Code::InvalidArgument));
        check_header("a=%f", Err(Code::InvalidArgument));
        check_header("=1", Err(Code::InvalidArgument));
        check_header("aws:a=1", Err(Code::InvalidTag));
        check_header("a=%3C", Err(Code::InvalidTag));
        check_header("a&b&c&d&e&f&g&h&i&j&k", Err(Code::BadRequest));
    }

    #[test]
    fn documents_come_back() {
        let pairs = vec![("trámite".to_owned(), "a = b".to_owned())];
        let tags = Tags::of_object(pairs).unwrap();
        let text = render(&tags);
        assert!(text.contains("<Tag><Key>trámite</Key><Value>a = b</Value></Tag>"));
        assert_eq!(read(text.as_bytes()).unwrap(), tags.pairs());
        let none = b"<Tagging><TagSet/></Tagging>";
        assert!(read(none).unwrap().is_empty());
        for text in [
            "<Tagging/>",
            "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
            "<Tagging><TagSet><Other/></TagSet></Tagging>",
        ] {
            let refused = read(text.as_bytes()).unwrap_err();
            assert_eq!(refused.code, Code::MalformedXML, "{text}");
        }
    }
}
