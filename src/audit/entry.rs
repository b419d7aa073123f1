//! One entry: public leaf, sealed body.
//!
//! ```text
//! leaf       = "acervo.audit/v1" | unix seconds | agency | sequence | commitment (32 bytes)
//! commitment = SHA-256("acervo.body/v1" || salt (32 bytes) || body)
//! body       = canonical JSON (RFC 8785)
//! at rest    = AES-256-GCM under the agency's audit key of salt || body,
//!              associated data "acervo.body/v1" || commitment
//! ```
//!
//! The leaf's sequence is given by the index in the transaction, so nothing here needs to know it,
//! and a key rotation changes no leaf.

use serde::Serialize;
use serde::Serializer;

use crate::crypto::aead::Aead;
use crate::crypto::digest;
use crate::crypto::random;
use crate::crypto::small::SmallKey;
use crate::meta::audit::AuditEntry;
use crate::types::clock::Time;
use crate::types::ids::RequestId;
use crate::types::limits;

/// Separates commitments of bodies from every other hash of the house.
const BODY_LABEL: &[u8; 14] = b"acervo.body/v1";

/// Bytes that most bodies have, label and salt included; a longer one makes room for itself.
const BODY_BYTES: usize = 512;

/// How a request ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome<'a> {
    /// It was allowed and done.
    Allowed,
    /// It was refused or failed with this error code; `rule` says which rule refused it.
    Refused {
        /// The code that the caller was answered.
        code: &'a str,
        /// The rule, in words for the agency's own eyes.
        rule: &'a str,
    },
}

/// What is to be recorded of one request. All of it is sealed.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// When the request came.
    pub at: Time,
    /// The request.
    pub request_id: RequestId,
    /// The address it came from.
    pub remote: &'a str,
    /// Who asked, if known.
    pub principal: Option<&'a str>,
    /// By what it proved who it is: an access key id, an issuer's name.
    pub proof: Option<&'a str>,
    /// The name of the action; `-` if the request named none.
    pub action: &'a str,
    /// The bucket, as asked for.
    pub bucket: Option<&'a str>,
    /// The object's key, as asked for.
    pub object_key: Option<&'a str>,
    /// What else it names.
    pub named: Named<'a>,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// The grant between agencies that it uses or changes. Apart, because few entries have one.
    pub grant: Option<Box<GrantNote<'a>>>,
}

/// What a request names beside its bucket and its key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named<'a> {
    /// The version, where it asks for one.
    pub version: Option<&'a str>,
    /// What it copies: bucket and key; the version is that of this.
    pub source: Option<&'a str>,
    /// The keys of a request that names many, in their order.
    pub keys: &'a [&'a str],
    /// The version of each of these keys, `-` where it asks for none; empty if it asks for none.
    pub versions: &'a [&'a str],
    /// The keys of such a request that it may not ask for: nothing was done with them.
    pub refused: &'a [&'a str],
}

/// What an entry says of a grant between agencies. The two logs that a granted read stands in say
/// the same, each naming the other agency.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GrantNote<'a> {
    /// Its number.
    pub id: &'a str,
    /// The other agency: whose documents they are, or, in their owner's log, whose principal asks.
    pub agency: &'a str,
    /// The purpose that the request states; of a change, that of the terms.
    pub purpose: Option<&'a str>,
    /// The case that the request states.
    pub expediente: Option<&'a str>,
    /// The version that is read, where one is asked for.
    pub version: Option<&'a str>,
}

/// The body. Fields stand in the order of RFC 8785: sorted by name.
#[derive(Serialize)]
struct Body<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expediente: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    keys: Texts<'a>,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    refused: Texts<'a>,
    remote: &'a str,
    request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    versions: Texts<'a>,
}

/// Texts, each cut.
struct Texts<'a>(&'a [&'a str]);

impl Texts<'_> {
    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|text| cut(text)))
    }
}

/// What an entry holds of a text that a client chose: who is refused writes no book into the log.
fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(limits::ENTRY_TEXT_BYTES_MAX);
    text.get(..end).unwrap_or_default()
}

impl Draft<'_> {
    /// The entry as the index takes it. Costs one hash, one seal, two allocations.
    pub fn seal<A: Aead>(&self, audit_key: &SmallKey<A>) -> AuditEntry {
        let salt = random::bytes::<32>();
        let mut hashed = Vec::with_capacity(BODY_BYTES);
        hashed.extend_from_slice(BODY_LABEL);
        hashed.extend_from_slice(&salt);
        serde_json::to_writer(&mut hashed, &self.body())
            .expect("a struct of text and numbers always has a JSON form");
        let commitment = digest::sha256(&hashed);
        let salted = hashed.get(BODY_LABEL.len()..).unwrap_or_default();
        let sealed_body = audit_key.seal(&associated_data(&commitment), salted);
        AuditEntry {
            at: self.at,
            commitment,
            sealed_body,
            origin: None,
        }
    }

    fn body(&self) -> Body<'_> {
        let (outcome, code, rule) = match self.outcome {
            Outcome::Allowed => ("allowed", None, None),
            Outcome::Refused { code, rule } => ("refused", Some(code), Some(rule)),
        };
        let grant = self.grant.as_deref();
        Body {
            action: self.action,
            agency: grant.map(|grant| grant.agency),
            bucket: self.bucket.map(cut),
            code,
            expediente: grant.and_then(|grant| grant.expediente),
            grant: grant.map(|grant| grant.id),
            key: self.object_key.map(cut),
            keys: Texts(self.named.keys),
            outcome,
            principal: self.principal,
            proof: self.proof,
            purpose: grant.and_then(|grant| grant.purpose),
            refused: Texts(self.named.refused),
            remote: self.remote,
            request: self.request_id.to_string(),
            rule: rule.map(cut),
            source: self.named.source.map(cut),
            time_ms: self.at.millis(),
            version: grant.and_then(|grant| grant.version).or(self.named.version),
            versions: Texts(self.named.versions),
        }
    }
}

fn associated_data(commitment: &[u8; 32]) -> [u8; BODY_LABEL.len() + 32] {
    let mut bytes = [0; BODY_LABEL.len() + 32];
    for (byte, from) in bytes.iter_mut().zip(BODY_LABEL.iter().chain(commitment)) {
        *byte = *from;
    }
    bytes
}

/// Opens a sealed body and checks it against its commitment; `None` if anything was changed.
pub fn open(audit_key: &SmallKey, commitment: &[u8; 32], sealed_body: &[u8]) -> Option<Vec<u8>> {
    let salted = audit_key
        .open(&associated_data(commitment), sealed_body)
        .ok()?;
    let hashed = [BODY_LABEL.as_slice(), salted.as_slice()].concat();
    if digest::sha256(&hashed) != *commitment {
        return None;
    }
    Some(salted.get(32..)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Draft, GrantNote, Named, Outcome, open};
    use crate::crypto::secret::SecretKey;
    use crate::crypto::small::SmallKey;
    use crate::types::clock::Time;
    use crate::types::ids::RequestId;

    fn draft() -> Draft<'static> {
        Draft {
            at: Time::from_seconds(1_800_000_000),
            request_id: RequestId::new([7; 8]),
            remote: "127.0.0.1",
            principal: None,
            proof: None,
            action: "GetObject",
            bucket: Some("actas"),
            object_key: Some("2026/ñ \"1\"\n"),
            named: Named::default(),
            outcome: Outcome::Refused {
                code: "AccessDenied",
                rule: "no credentials",
            },
            grant: None,
        }
    }

    #[test]
    fn a_body_opens_only_under_its_own_commitment() {
        let audit_key = SmallKey::new(&SecretKey::random());
        let entry = draft().seal(&audit_key);
        let body = open(&audit_key, &entry.commitment, &entry.sealed_body).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "{\"action\":\"GetObject\",\"bucket\":\"actas\",\"code\":\"AccessDenied\",\
             \"key\":\"2026/ñ \\\"1\\\"\\n\",\"outcome\":\"refused\",\"remote\":\"127.0.0.1\",\
             \"request\":\"0707070707070707\",\"rule\":\"no credentials\",\
             \"time_ms\":1800000000000}"
        );
        let granted = Draft {
            grant: Some(Box::new(GrantNote {
                id: "0a",
                agency: "licencias",
                purpose: Some("tramite"),
                expediente: None,
                version: Some("null"),
            })),
            ..draft()
        };
        let entry = granted.seal(&audit_key);
        let body = open(&audit_key, &entry.commitment, &entry.sealed_body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.starts_with("{\"action\":\"GetObject\",\"agency\":\"licencias\","));
        assert!(body.contains("\"grant\":\"0a\",\"key\":"));
        assert!(body.contains("\"purpose\":\"tramite\",\"remote\":"));
        assert!(body.ends_with(",\"version\":\"null\"}"));
        let many = Draft {
            bucket: Some(&"ñ".repeat(600)),
            named: Named {
                version: Some("0b"),
                source: Some("otro/1"),
                keys: &["a", "b"],
                versions: &["-", "0c"],
                refused: &[&"x".repeat(1_025)],
            },
            ..draft()
        };
        let entry = many.seal(&audit_key);
        let body = open(&audit_key, &entry.commitment, &entry.sealed_body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(
            body.contains("\"keys\":[\"a\",\"b\"],\"outcome\":"),
            "{body}"
        );
        assert!(body.contains(&format!(
            "\"refused\":[\"{}\"],\"remote\":",
            "x".repeat(1_024)
        )));
        assert!(body.contains(&format!("\"bucket\":\"{}\",\"code\":", "ñ".repeat(512))));
        assert!(body.contains("\"rule\":\"no credentials\",\"source\":\"otro/1\",\"time_ms\":"));
        assert!(body.ends_with(",\"version\":\"0b\",\"versions\":[\"-\",\"0c\"]}"));
        let entry = draft().seal(&audit_key);
        let other = draft().seal(&audit_key);
        assert_ne!(
            entry.commitment, other.commitment,
            "each body has a salt of its own"
        );
        assert!(open(&audit_key, &other.commitment, &entry.sealed_body).is_none());
        assert!(
            open(
                &SmallKey::new(&SecretKey::random()),
                &entry.commitment,
                &entry.sealed_body
            )
            .is_none()
        );
    }
}
