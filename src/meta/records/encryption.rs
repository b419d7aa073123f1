//! How a document is sealed.

use crate::types::agency_key::AgencyKeyNumber;
use crate::types::names::KeyName;

/// How a document is sealed beyond what all are, as S3 shows it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Encryption {
    /// Under the agency's default key, and nothing said of it: SSE-S3.
    #[default]
    Default,
    /// Under an agency key that was asked for: SSE-KMS.
    Key(KeyEncryption),
    /// Under the default key and a key that its customer brings: SSE-C. A salted check value of
    /// that key (`keys/customer.rs`).
    Customer([u8; 32]),
}

impl Encryption {
    /// The agency key that wraps the document's data key.
    pub const fn key_number(&self) -> AgencyKeyNumber {
        match self {
            Self::Key(key) => key.number,
            Self::Default | Self::Customer(_) => AgencyKeyNumber::DEFAULT,
        }
    }

    /// The encryption context that the wrapping binds.
    pub fn context(&self) -> Option<&str> {
        match self {
            Self::Key(key) => key.context.as_deref(),
            Self::Default | Self::Customer(_) => None,
        }
    }
}

/// An agency key that a document asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyEncryption {
    /// The key.
    pub number: AgencyKeyNumber,
    /// Its name, which is never another key's.
    pub name: KeyName,
    /// The encryption context, in its canonical form; bound by the wrapping of the data key.
    pub context: Option<String>,
    /// Whether the client asked for an S3 Bucket Key: shown again, and means nothing here.
    pub bucket_key: bool,
}
