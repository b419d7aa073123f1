//! The client's side: signs requests for tests, the load generator and the presigned URLs that the
//! command line prints.

use super::date::AmzDate;
use super::key::{Scope, SigningKey};
use super::payload::PayloadHash;
use super::query::Query;
use super::sign::sign;
use super::{ALGORITHM, TERMINATOR, canonical};
use crate::auth::chunked::signer::ChunkSigner;
use crate::auth::error::Error;
use crate::auth::head::RequestHead;
use crate::crypto::secret::SecretText;
use crate::types::clock::Time;
use crate::types::encoding;

/// Whose signature, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The public half of the access key.
    pub access_key_id: &'a str,
    /// The secret half.
    pub secret: &'a SecretText,
    /// The region of the installation.
    pub region: &'a str,
    /// The service, `s3`.
    pub service: &'a str,
}

/// The headers to add to a request, and the chunks' signer if its body is to be signed by chunks.
#[derive(Debug)]
pub struct SignedHead {
    /// `authorization`.
    pub authorization: String,
    /// `x-amz-date`.
    pub date: String,
    /// `x-amz-content-sha256`.
    pub content_sha256: String,
    /// Signs the chunks of the body, from this request's signature on.
    pub chunks: ChunkSigner,
}

/// Signs a request in its headers: all of `head.headers`, `host` among them, and the ones added.
///
/// # Errors
/// [`Error::InvalidUri`].
pub fn sign_header(
    credentials: &Credentials<'_>,
    head: &RequestHead<'_>,
    payload: PayloadHash,
    at: Time,
) -> Result<SignedHead, Error> {
    let date = AmzDate::of(at);
    let date_text = text(&date);
    let content_sha256 = payload.render();
    let mut headers = head.headers.to_vec();
    headers.push(("x-amz-date", date_text.as_bytes()));
    headers.push(("x-amz-content-sha256", content_sha256.as_bytes()));
    let signed = signed_names(&headers);
    let query = Query::parse(head.query)?;
    let head = RequestHead {
        headers: &headers,
        ..*head
    };
    let hash = canonical::hash(&head, &query, &signed, &content_sha256)?;
    let scope = credentials.scope(&date);
    let key = SigningKey::derive(credentials.secret, &scope);
    let signature = sign(&key, &date, &scope, &hash);
    let authorization = format!(
        "{ALGORITHM} Credential={},SignedHeaders={signed},Signature={}",
        credentials.credential(&date),
        encoding::hex(&signature)
    );
    let chunks = ChunkSigner::new(key, &date, &scope, &signature);
    Ok(SignedHead {
        authorization,
        date: date_text,
        content_sha256,
        chunks,
    })
}

/// The whole query of a presigned URL: `head.query` and the signature over it and `head.headers`,
/// of which `host` must be one.
///
/// # Errors
/// [`Error::InvalidUri`].
pub fn presign(
    credentials: &Credentials<'_>,
    head: &RequestHead<'_>,
    expires_seconds: u64,
    at: Time,
) -> Result<String, Error> {
    let date = AmzDate::of(at);
    let signed = signed_names(head.headers);
    let mut query = head.query.to_owned();
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(&format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={}\
         &X-Amz-Expires={expires_seconds}&X-Amz-SignedHeaders={}",
        encoding::percent(credentials.credential(&date).as_bytes()),
        text(&date),
        encoding::percent(signed.as_bytes()),
    ));
    let hash = canonical::hash(head, &Query::parse(&query)?, &signed, "UNSIGNED-PAYLOAD")?;
    let scope = credentials.scope(&date);
    let key = SigningKey::derive(credentials.secret, &scope);
    let signature = encoding::hex(&sign(&key, &date, &scope, &hash));
    query.push_str("&X-Amz-Signature=");
    query.push_str(&signature);
    Ok(query)
}

impl<'a> Credentials<'a> {
    fn scope(&self, date: &AmzDate) -> Scope<'a> {
        Scope {
            date: date.day(),
            region: self.region,
            service: self.service,
        }
    }

    fn credential(&self, date: &AmzDate) -> String {
        let date = date.time.timestamp().strftime("%Y%m%d").to_string();
        let Self {
            access_key_id,
            region,
            service,
            ..
        } = self;
        format!("{access_key_id}/{date}/{region}/{service}/{TERMINATOR}")
    }
}

fn text(date: &AmzDate) -> String {
    date.text.iter().copied().map(char::from).collect()
}

fn signed_names(headers: &[(&str, &[u8])]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}
