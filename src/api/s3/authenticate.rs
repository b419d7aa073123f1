//! Who asks: from the head of a request to a caller.

use crate::access::caller::Caller;
use crate::access::caller::Proof;
use crate::api::http::house::House;
use crate::auth;
use crate::auth::chunked::signer::ChunkSigner;
use crate::auth::head::RequestHead;
use crate::auth::scheme::Presented;
use crate::auth::sigv4::claim::Claim;
use crate::auth::sigv4::claim::Expected;
use crate::auth::sigv4::payload::PayloadHash;
use crate::auth::sigv4::payload::Streaming;
use crate::store::credentials;
use crate::types::clock::Time;

use super::code::Code;
use super::error::S3Error;
use super::request::Head;

/// What the caller's proof says of the body.
pub struct Payload {
    /// Its hash or framing.
    pub hash: PayloadHash,
    /// What checks its chunks, if they are signed.
    pub chunks: Option<ChunkSigner>,
}

/// Proves who sent a request; anonymous requests are refused here, for nothing is public.
pub async fn authenticate(
    house: &House,
    head: &Head,
    now: Time,
) -> Result<(Caller, Payload), S3Error> {
    let headers: Vec<(&str, &[u8])> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let request_head = RequestHead {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &headers,
    };
    let expected = Expected {
        region: &house.region,
        service: "s3",
        now,
    };
    match auth::scheme::presented(&request_head, &expected)? {
        Presented::Signature(claim) => by_signature(house, &request_head, claim, now).await,
        Presented::Bearer(token) => {
            let caller = by_token(house, token.expose(), now).await?;
            let text = head
                .header("x-amz-content-sha256")
                .unwrap_or("UNSIGNED-PAYLOAD");
            let hash = PayloadHash::parse(text)?;
            let unsigned = [Streaming::UnsignedTrailer];
            if matches!(hash, PayloadHash::Streaming(framing) if !unsigned.contains(&framing)) {
                let message = "A Bearer token cannot sign the chunks of a body.";
                return Err(S3Error::new(Code::InvalidRequest, message));
            }
            Ok((caller, Payload { hash, chunks: None }))
        }
        Presented::Anonymous => Err(S3Error::new(
            Code::AccessDenied,
            "Anonymous access is not allowed.",
        )),
    }
}

async fn by_signature(
    house: &House,
    head: &RequestHead<'_>,
    claim: Claim<'_>,
    now: Time,
) -> Result<(Caller, Payload), S3Error> {
    let id = claim.access_key_id()?;
    let found = house.store.credential(&id).await?;
    let Some(credential) = found.filter(|c| c.expires.is_none_or(|at| now < at)) else {
        return Err(Code::InvalidAccessKeyId.into());
    };
    let cache = house.signing_keys.of(&id);
    let secret = || Ok::<_, S3Error>(credential.secret.clone());
    let signing_key = cache.key(claim.scope(), secret)?;
    let verified = claim.verify(head, &signing_key)?;
    let caller = Caller::new(
        credential.agency.clone(),
        credential.principal.clone(),
        credential.canonical_id,
        credential.roles.clone(),
        Proof::AccessKey(id),
    );
    Ok((
        caller,
        Payload {
            hash: verified.payload,
            chunks: verified.chunks,
        },
    ))
}

async fn by_token(house: &House, token: &str, now: Time) -> Result<Caller, S3Error> {
    let identity = house.issuers.verify(token, now)?;
    house.store.ensure_active(&identity.agency).await?;
    let canonical_id = credentials::canonical_id(&identity.agency, &identity.principal);
    Ok(Caller::new(
        identity.agency,
        identity.principal,
        canonical_id,
        identity.roles,
        Proof::Token {
            issuer: identity.issuer.to_string(),
        },
    ))
}
