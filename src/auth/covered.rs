//! What a signature that does not match should have covered.

/// What this side would have signed. A caller compares it with what it signed itself; all of it is
/// made of what the request brought, and nothing of the secret.
///
/// Source: AWS S3 API Reference, "Error responses", `SignatureDoesNotMatch`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Covered {
    /// The access key that the request names.
    pub access_key_id: String,
    /// The signature that it brought.
    pub signature: String,
    /// The string to sign; the policy's text of a form. Left out where it would repeat the key of a
    /// customer: answers end in logs.
    pub string_to_sign: Option<Vec<u8>>,
    /// The canonical request, which forms and Signature Version 2 do not have; left out like the
    /// string to sign.
    pub canonical_request: Option<Vec<u8>>,
}

/// Whether this header, or parameter of a presigned URL, holds the key of a customer.
pub(super) fn holds_a_key(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("customer-key")
}
