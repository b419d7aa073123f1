//! The keyring's file: JSON, of a numbered format, its own types.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::crypto::derive::derive;
use crate::crypto::digest::{constant_time_eq, hmac_sha256};
use crate::crypto::secret::SecretKey;
use crate::types::encoding;

/// The format that this release writes, and the only one there has been.
const FORMAT: u32 = 1;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeyringFile {
    format: u32,
    contents: Contents,
    /// HMAC-SHA256 over the JSON of the contents, hexadecimal. Its key comes from the database key,
    /// so a change of a name or a state by hand is seen, not only of a wrapped key.
    mac: String,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// What a keyring holds.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    pub(super) agency: String,
    pub(super) code: String,
    pub(super) database_key: WrappedOnDisk,
    pub(super) audit_key: WrappedOnDisk,
    pub(super) secrets_key: WrappedOnDisk,
    pub(super) agency_keys: Vec<AgencyKeyOnDisk>,
}

/// A key wrapped by the root key.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrappedOnDisk {
    /// Base64.
    pub(super) wrapped: String,
    /// The key-check value, hexadecimal: tells one key from another without unwrapping either.
    pub(super) check: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgencyKeyOnDisk {
    pub(super) number: u16,
    pub(super) name: String,
    pub(super) versions: Vec<VersionOnDisk>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionOnDisk {
    pub(super) version: u32,
    pub(super) state: StateOnDisk,
    /// None of a destroyed version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wrapped_key: Option<WrappedOnDisk>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateOnDisk {
    Active,
    Retired,
    Destroyed,
}

/// Contents whose HMAC is still to be checked, with the database key that they contain.
pub(super) struct Unchecked {
    pub(super) contents: Contents,
    mac: String,
}

/// Reads the file's bytes.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Unchecked, Error> {
    let syntax = |source| Error::KeyringSyntax {
        path: path.into(),
        source,
    };
    let FormatOnly { format } = serde_json::from_slice(bytes).map_err(syntax)?;
    if format != FORMAT {
        return Err(Error::KeyringFormat {
            path: path.into(),
            format,
        });
    }
    let file: KeyringFile = serde_json::from_slice(bytes).map_err(syntax)?;
    Ok(Unchecked {
        contents: file.contents,
        mac: file.mac,
    })
}

impl Unchecked {
    /// The contents, if nobody changed them.
    pub(super) fn check(self, database_key: &SecretKey) -> Option<Contents> {
        let expected = mac(&self.contents, database_key);
        constant_time_eq(expected.as_bytes(), self.mac.as_bytes()).then_some(self.contents)
    }
}

/// The file's bytes.
pub(super) fn render(contents: &Contents, database_key: &SecretKey) -> Vec<u8> {
    let file = KeyringFile {
        format: FORMAT,
        contents: contents.clone(),
        mac: mac(contents, database_key),
    };
    let mut bytes = serde_json::to_vec_pretty(&file).expect("strings and numbers are JSON");
    bytes.push(b'\n');
    bytes
}

fn mac(contents: &Contents, database_key: &SecretKey) -> String {
    let mac_key = derive(database_key, "acervo.keyring/mac", &[]);
    let json = serde_json::to_vec(contents).expect("strings and numbers are JSON");
    encoding::hex(&hmac_sha256(mac_key.expose(), &json))
}
