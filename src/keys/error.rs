//! Why a key cannot be had.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::crypto::error::OpenError;
use crate::types::agency_key::AgencyKeyVersion;
use crate::types::names::AgencyId;

/// Why a key cannot be had.
#[derive(Debug, Error)]
pub enum Error {
    /// A key file cannot be read or written.
    #[error("the file {path} cannot be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A key file that should be new is already there.
    #[error("{path} is already there")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A key file is not there.
    #[error("{path} is missing; without it nothing that it wrapped can be read")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The root key's file is not 32 bytes long.
    #[error("{path} is no root key: it is not exactly 32 bytes long")]
    RootKeyLength {
        /// The file.
        path: PathBuf,
    },
    /// The root key's file can be read by others than its owner.
    #[error("{path} has mode {mode:03o}, so others may read the root key; run: chmod 600 {path}")]
    RootKeyMode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text of a root key is not what it should be.
    #[error("the root key of the environment is not the base64 of 32 bytes")]
    RootKeyText,
    /// The root key does not unwrap what it should.
    #[error("the root key does not unwrap this key: another root key, or a damaged file")]
    RootKeyRefused(#[source] OpenError),
    /// The keyring is longer than `limits::KEYRING_BYTES_MAX`.
    #[error("{path} is too long for a keyring")]
    KeyringLength {
        /// The file.
        path: PathBuf,
    },
    /// The keyring is not JSON of the right shape.
    #[error("{path} is no keyring")]
    KeyringSyntax {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        #[source]
        source: serde_json::Error,
    },
    /// The keyring was written by a newer release.
    #[error("{path} has format {format}, which this release does not know")]
    KeyringFormat {
        /// The file.
        path: PathBuf,
        /// The format it names.
        format: u32,
    },
    /// The keyring belongs to another agency.
    #[error("{path} is the keyring of another agency than {agency}")]
    KeyringElsewhere {
        /// The file.
        path: PathBuf,
        /// The agency that was to be opened.
        agency: AgencyId,
    },
    /// The keyring was changed by something else than this program.
    #[error("{path} is damaged: its contents do not fit its checks")]
    KeyringDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The keyring holds `limits::AGENCY_KEYS_MAX` keys or `limits::KEY_VERSIONS_MAX` versions.
    #[error("the keyring has too many versions to make another")]
    TooManyVersions,
    /// A data key names an agency key that this keyring never had.
    #[error("agency key {0} is not in this keyring")]
    UnknownVersion(AgencyKeyVersion),
    /// A data key was wrapped by a version that has been destroyed: what it sealed is gone.
    #[error("agency key {0} has been destroyed")]
    Destroyed(AgencyKeyVersion),
    /// The agency key is retired or destroyed, so nothing can be sealed under it.
    #[error("the agency key seals nothing any more")]
    NoActiveVersion,
    /// The document needs its customer's key, which the request did not bring.
    #[error("the data key is wrapped by a customer's key, which is not here")]
    CustomerKeyMissing,
    /// Stored bytes are no wrapped data key.
    #[error("not a wrapped data key")]
    NotWrapped,
    /// A data key does not unwrap in this place.
    #[error("the data key does not unwrap in this place")]
    Refused(#[source] OpenError),
}
