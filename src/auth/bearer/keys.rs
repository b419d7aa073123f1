//! The keys of one issuer, read from its JSON Web Key Set (RFC 7517).

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::auth::error::{BearerError, IssuerError};
use crate::crypto::digest;
use crate::types::encoding;
use crate::types::json;
use crate::types::limits;

/// A signature algorithm of tokens. There is no `none` and no `HS…`: whoever can verify those can
/// sign them.
///
/// Source: RFC 7518 section 3.1, RFC 8037 section 3.1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// What kind of key an algorithm needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl TokenAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    const fn facts(self) -> (&'static str, KeyKind, Algorithm) {
        match self {
            Self::Rs256 => ("RS256", KeyKind::Rsa, Algorithm::RS256),
            Self::Rs384 => ("RS384", KeyKind::Rsa, Algorithm::RS384),
            Self::Rs512 => ("RS512", KeyKind::Rsa, Algorithm::RS512),
            Self::Ps256 => ("PS256", KeyKind::Rsa, Algorithm::PS256),
            Self::Ps384 => ("PS384", KeyKind::Rsa, Algorithm::PS384),
            Self::Ps512 => ("PS512", KeyKind::Rsa, Algorithm::PS512),
            Self::Es256 => ("ES256", KeyKind::P256, Algorithm::ES256),
            Self::Es384 => ("ES384", KeyKind::P384, Algorithm::ES384),
            Self::EdDsa => ("EdDSA", KeyKind::Ed25519, Algorithm::EdDSA),
        }
    }

    /// The name in `alg`.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// Reads the name, in exactly its case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == text)
    }
}

/// The keys with which one issuer signs.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<Box<str>>,
    kind: KeyKind,
    /// The one algorithm that the set allows for this key, if it says so.
    algorithm: Option<Box<str>>,
    key: DecodingKey,
    /// Tells the key from every other one, whatever it is called.
    print: [u8; 32],
}

impl KeySet {
    /// Reads a set. Keys that are not for signatures, or of a kind not spoken here, are left out;
    /// what is dangerous refuses the whole set.
    pub(super) fn parse(text: &str) -> Result<Self, IssuerError> {
        let set = json::parse_object(text.as_bytes()).ok_or(IssuerError::KeySetMalformed)?;
        let Some(Value::Array(listed)) = set.get("keys") else {
            return Err(IssuerError::KeySetMalformed);
        };
        if listed.len() > limits::ISSUER_KEYS_MAX {
            return Err(IssuerError::TooManyKeys);
        }
        let mut keys: Vec<Key> = Vec::with_capacity(listed.len());
        for listed in listed {
            let members = listed.as_object().ok_or(IssuerError::KeySetMalformed)?;
            let Some(key) = Key::parse(members)? else {
                continue;
            };
            if key.id.is_some() && keys.iter().any(|k| k.id == key.id) {
                return Err(IssuerError::RepeatedKeyId);
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(IssuerError::NoUsableKey);
        }
        Ok(Self(keys))
    }

    /// Whether there is a key that this algorithm could be of.
    pub(super) fn has_one_for(&self, algorithm: TokenAlgorithm) -> bool {
        let (name, kind, _) = algorithm.facts();
        self.0
            .iter()
            .any(|key| key.kind == kind && key.algorithm.as_deref().is_none_or(|only| only == name))
    }

    /// What tells each key from all others.
    pub(super) fn prints(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.0.iter().map(|key| &key.print)
    }

    /// Verifies a token's signature with the key that `id` names; without a name there must be
    /// exactly one key that fits. Gives what tells that key from all others.
    pub(super) fn verify(
        &self,
        id: Option<&str>,
        algorithm: TokenAlgorithm,
        message: &str,
        signature: &str,
    ) -> Result<&[u8; 32], BearerError> {
        let (name, kind, code) = algorithm.facts();
        let named = |key: &&Key| id.is_none_or(|id| key.id.as_deref() == Some(id));
        let fits = |key: &&Key| {
            key.kind == kind && key.algorithm.as_deref().is_none_or(|only| only == name)
        };
        let mut fitting = self.0.iter().filter(named).filter(fits);
        let (Some(key), None) = (fitting.next(), fitting.next()) else {
            return Err(BearerError::NoKey);
        };
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.key, code) {
            Ok(true) => Ok(&key.print),
            Ok(false) | Err(_) => Err(BearerError::SignatureMismatch),
        }
    }
}

impl Key {
    fn parse(members: &Map<String, Value>) -> Result<Option<Self>, IssuerError> {
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(IssuerError::KeySetMalformed),
        };
        let kind = text("kty")?.ok_or(IssuerError::KeySetMalformed)?;
        if kind == "oct" || members.contains_key("d") {
            return Err(IssuerError::SecretInKeySet);
        }
        if text("use")?.is_some_and(|purpose| purpose != "sig") || !may_verify(members) {
            return Ok(None);
        }
        let number = |name: &str| -> Result<(&str, Vec<u8>), IssuerError> {
            let text = text(name)?.ok_or(IssuerError::KeySetMalformed)?;
            let bytes = encoding::parse_base64_url(text).ok_or(IssuerError::KeySetMalformed)?;
            Ok((text, bytes))
        };
        let mut printed = Vec::new();
        for member in ["kty", "crv", "x", "y", "n", "e"] {
            let text = text(member)?.unwrap_or_default();
            printed.extend_from_slice(&digest::sha256(text.as_bytes()));
        }
        let (kind, key) = match (kind, text("crv")?) {
            ("RSA", _) => {
                let ((_, modulus), (_, exponent)) = (number("n")?, number("e")?);
                check_rsa(&modulus, &exponent)?;
                let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
                (KeyKind::Rsa, Ok(key))
            }
            ("EC", Some(curve @ ("P-256" | "P-384"))) => {
                let ((x, x_bytes), (y, y_bytes)) = (number("x")?, number("y")?);
                let (kind, length) = match curve {
                    "P-256" => (KeyKind::P256, 32),
                    _ => (KeyKind::P384, 48),
                };
                if x_bytes.len() != length || y_bytes.len() != length {
                    return Err(IssuerError::KeySetMalformed);
                }
                (kind, DecodingKey::from_ec_components(x, y))
            }
            ("OKP", Some("Ed25519")) => {
                let (x, bytes) = number("x")?;
                if bytes.len() != 32 {
                    return Err(IssuerError::KeySetMalformed);
                }
                (KeyKind::Ed25519, DecodingKey::from_ed_components(x))
            }
            _ => return Ok(None),
        };
        Ok(Some(Self {
            id: text("kid")?.map(Into::into),
            kind,
            algorithm: text("alg")?.map(Into::into),
            key: key.map_err(|_| IssuerError::KeySetMalformed)?,
            print: digest::sha256(&printed),
        }))
    }
}

/// `key_ops` (RFC 7517 section 4.3), if it is there, must name `verify`.
fn may_verify(members: &Map<String, Value>) -> bool {
    match members.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|o| o == "verify"),
        Some(_) => false,
    }
}

/// At least 2,048 bits and the exponent that everybody uses (NIST SP 800-131A, RFC 8725 3.5), at
/// most 8,192, beyond which verifying is a burden that nobody needs.
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), IssuerError> {
    let significant = modulus
        .iter()
        .position(|b| *b != 0)
        .map_or(&[][..], |start| modulus.get(start..).unwrap_or_default());
    let leading_zeros = significant.first().map_or(0, |b| b.leading_zeros());
    let bits = (significant.len() * 8).saturating_sub(leading_zeros as usize);
    if !(2_048..=8_192).contains(&bits) || *exponent != [1, 0, 1] {
        return Err(IssuerError::WeakRsaKey { bits });
    }
    Ok(())
}
