//! What a backend needs to know; `config` reads it, `server` hands it in.

use std::path::PathBuf;

use crate::crypto::secret::SecretText;
use crate::types::ids::InstanceId;

/// Where blobs lie.
#[derive(Clone, Debug)]
pub enum BlobSettings {
    /// On the local disk, below the data directory, which must be there.
    Local {
        /// The data directory.
        directory: PathBuf,
    },
    /// In memory, for tests: gone with the process.
    Memory,
    /// In a bucket of an S3-compatible store: Ceph RGW, Garage, MinIO, AWS.
    S3(S3Settings),
}

/// A bucket of an S3-compatible store. It should have a lifecycle rule that ends multipart uploads
/// which a crash left unfinished, and no other use below the prefix.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The installation whose blobs they are.
    pub instance: InstanceId,
    /// The endpoint's URL. Plain `http://` is allowed: what is sent is ciphertext, and signed.
    pub endpoint: String,
    /// The region in signatures.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What every name in the bucket begins with; may be empty.
    pub prefix: String,
    /// The public half of the credential.
    pub access_key_id: String,
    /// The secret half.
    pub secret: SecretText,
    /// Whether the bucket is named by the host instead of by the path.
    pub virtual_host: bool,
}
