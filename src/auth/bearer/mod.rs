//! Bearer tokens: JSON Web Tokens of the identity providers that the installation trusts.
//!
//! A token is one of a configured issuer, or nothing: the issuer's settings say which algorithms,
//! audiences and lifetimes are right and which claims name agency, principal and roles. The token
//! itself chooses only which issuer is asked (`iss`) and which of that issuer's keys (`kid`).
//!
//! Source: RFC 7519 (JWT), RFC 7515 (JWS), RFC 7517 (JWK), RFC 8725 (best current practices).
//!
//! What a verification costs, measured on one core: 40 us with RSA of 2,048 bits, 75 us with ES256
//! or EdDSA, of which the JSON is a few. The verdict is kept by the token's hash, so a second
//! request with it costs one hash of it; a verdict ends with the token, with the issuer's settings
//! and with the key set that it was made by.
//!
//! Nothing here fetches: an issuer whose keys come from a URL says when it wants them
//! ([`issuer::Issuer::wanted`]), and whoever fetches them hands them over.

pub mod check;
pub mod claims;
pub mod issuer;
pub mod issuers;
pub mod keys;
pub mod local;
pub mod rules;
pub mod settings;
mod token;

#[cfg(test)]
mod tests;
