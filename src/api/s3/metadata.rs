//! What is stored beside an object's bytes: system and user metadata.

use crate::api::http::headers::Headers;
use crate::meta::records::ObjectMetadata;
use crate::types::encoding;
use crate::types::limits;
use crate::types::names::ObjectKey;

use super::code::Code;
use super::error::S3Error;
use super::tagging;

/// Where a web site would send who asks for the object. It is kept and told; nothing here follows
/// it. Source: AWS S3 API Reference, "PutObject".
pub const REDIRECT: &str = "x-amz-website-redirect-location";

/// The headers that S3 stores with an object and sends with it, besides `Content-Type`.
const SYSTEM: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    REDIRECT,
];

const USER_PREFIX: &str = "x-amz-meta-";

/// Reads the metadata of a new object. Without a `Content-Type` it is guessed from the key's
/// ending, as S3's own tools do; `aws-chunked` is a framing and no encoding of the document.
pub fn parse(headers: &Headers, object_key: &ObjectKey) -> Result<ObjectMetadata, S3Error> {
    let mut metadata = ObjectMetadata {
        content_type: match headers
            .get("content-type")
            .filter(|value| !value.is_empty())
        {
            Some(value) => text(value.as_bytes())?,
            None => mime_guess::from_path(object_key.as_str())
                .first_raw()
                .unwrap_or("binary/octet-stream")
                .to_owned(),
        },
        system: Vec::new(),
        user: Vec::new(),
        tags: tagging::of_headers(headers)?,
        acl: None,
    };
    for name in SYSTEM {
        let Some(value) = headers.get(name) else {
            continue;
        };
        let mut value = text(value.as_bytes())?;
        if name == "content-encoding" {
            value = without_framing(&value);
        }
        if name == REDIRECT {
            check_redirect(&value)?;
        }
        if !value.is_empty() {
            metadata.system.push((name.to_owned(), value));
        }
    }
    let mut size_bytes = 0;
    for (name, value) in headers.iter() {
        let Some(name) = name.strip_prefix(USER_PREFIX) else {
            continue;
        };
        let value = text(value.as_bytes())?;
        size_bytes += name.len() + value.len();
        match metadata.user.iter_mut().find(|(known, _)| known == name) {
            // S3 joins a name given twice.
            Some((_, joined)) => {
                joined.push(',');
                joined.push_str(&value);
            }
            None => metadata.user.push((name.to_owned(), value)),
        }
    }
    metadata.user.sort();
    if size_bytes > limits::USER_METADATA_BYTES_MAX {
        return Err(S3Error::from(Code::MetadataTooLarge)
            .with("Size", size_bytes.to_string())
            .with(
                "MaxSizeAllowed",
                limits::USER_METADATA_BYTES_MAX.to_string(),
            ));
    }
    Ok(metadata)
}

/// Where an object redirects to, of the headers of a copy: it is never copied.
pub fn redirect(headers: &Headers) -> Result<Option<(String, String)>, S3Error> {
    let Some(value) = headers.get(REDIRECT) else {
        return Ok(None);
    };
    let value = text(value.as_bytes())?;
    check_redirect(&value)?;
    Ok((!value.is_empty()).then(|| (REDIRECT.to_owned(), value)))
}

fn check_redirect(value: &str) -> Result<(), S3Error> {
    let starts = ["/", "http://", "https://"];
    let is_valid = value.is_empty() || starts.iter().any(|start| value.starts_with(start));
    match is_valid && value.len() <= limits::REDIRECT_BYTES_MAX {
        true => Ok(()),
        false => Err(Code::InvalidRedirectLocation.into()),
    }
}

fn text(bytes: &[u8]) -> Result<String, S3Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| S3Error::new(Code::InvalidArgument, "A metadata header is not UTF-8."))?;
    Ok(text.trim().to_owned())
}

fn without_framing(value: &str) -> String {
    let codings = value.split(',').map(str::trim);
    let kept: Vec<&str> = codings
        .filter(|c| !c.is_empty() && !c.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    kept.join(",")
}

/// The headers of an answer. Text outside ASCII goes as an RFC 2047 encoded word, as S3 sends it.
pub fn render(metadata: &ObjectMetadata) -> impl Iterator<Item = (String, String)> + '_ {
    let system = metadata
        .system
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let user = metadata
        .user
        .iter()
        .map(|(name, value)| (format!("{USER_PREFIX}{name}"), value.clone()));
    let content_type = ("content-type".to_owned(), metadata.content_type.clone());
    std::iter::once(content_type)
        .chain(system)
        .chain(user)
        .map(|(name, value)| {
            let value = if value.is_ascii() {
                value
            } else {
                format!("=?UTF-8?B?{}?=", encoding::base64(value.as_bytes()))
            };
            (name, value)
        })
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderName, HeaderValue};

    use super::{parse, render};
    use crate::api::http::headers::Headers;
    use crate::api::s3::code::Code;
    use crate::types::names::ObjectKey;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let mut map = Headers::default();
        for (name, value) in pairs {
            let name = HeaderName::try_from(*name).unwrap();
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        map
    }

    #[track_caller]
    fn check(key: &str, pairs: &[(&str, &str)], expected: &[(&str, &str)]) {
        let key = ObjectKey::parse(key).unwrap();
        let metadata = parse(&headers(pairs), &key).unwrap();
        let rendered: Vec<(String, String)> = render(&metadata).collect();
        let rendered: Vec<(&str, &str)> = rendered
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(rendered, expected);
    }

    #[test]
    fn metadata_comes_back() {
        check("acta.pdf", &[], &[("content-type", "application/pdf")]);
        check("acta", &[], &[("content-type", "binary/octet-stream")]);
        check(
            "acta.pdf",
            &[
                ("content-type", "text/plain"),
                ("content-encoding", "aws-chunked, gzip"),
                ("cache-control", "no-store"),
                ("x-amz-meta-b", "2"),
                ("x-amz-meta-a", "1"),
                ("x-amz-meta-a", "3"),
                ("x-amz-meta-n", "niño"),
            ],
            &[
                ("content-type", "text/plain"),
                ("cache-control", "no-store"),
                ("content-encoding", "gzip"),
                ("x-amz-meta-a", "1,3"),
                ("x-amz-meta-b", "2"),
                ("x-amz-meta-n", "=?UTF-8?B?bmnDsW8=?="),
            ],
        );
        check(
            "a",
            &[("content-encoding", "aws-chunked")],
            &[("content-type", "binary/octet-stream")],
        );
    }

    #[test]
    fn user_metadata_is_bounded() {
        let key = ObjectKey::parse("a").unwrap();
        let fits = "v".repeat(2_047);
        assert!(parse(&headers(&[("x-amz-meta-k", &fits)]), &key).is_ok());
        let over = "v".repeat(2_048);
        let refused = parse(&headers(&[("x-amz-meta-k", &over)]), &key).unwrap_err();
        assert_eq!(refused.code, Code::MetadataTooLarge);
    }
}
