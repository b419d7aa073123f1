//! Why the server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::auth::error::IssuerError;
use crate::blobs;
use crate::keys;
use crate::meta;
use crate::store;
use crate::types::names::InvalidName;

/// Why the server does not start, or did not stop cleanly.
#[derive(Debug, Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that asked for it.
        setting: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The data directory cannot be written.
    #[error("cannot write {path}")]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process uses the data directory.
    #[error("another process uses the data directory {path}")]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// There is data, and nothing that says what it is.
    #[error("{path} holds data without its acervo.json")]
    Unidentified {
        /// The data directory.
        path: PathBuf,
    },
    /// The data is of a format that this release does not know.
    #[error("{path} has format {format}, this release knows up to {known}")]
    NewerFormat {
        /// The data directory.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// What this release knows.
        known: u32,
    },
    /// `acervo.json` does not read as one.
    #[error("{path} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// There is data, and no root key.
    #[error("the root key {path} is missing")]
    RootKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The root key is another one, or cannot be used.
    #[error("the root key cannot be used")]
    RootKey(#[source] keys::error::Error),
    /// A database does not open.
    #[error("a database does not open")]
    Metadata(#[from] meta::Error),
    /// The blob backend cannot be used.
    #[error("the blob backend cannot be used")]
    Blobs(#[from] blobs::error::Error),
    /// The remote of the blobs refuses.
    #[error("the bucket {bucket:?} of {endpoint} cannot be used")]
    Remote {
        /// The remote's URL.
        endpoint: String,
        /// The bucket.
        bucket: String,
        /// Why.
        #[source]
        source: Box<blobs::error::Error>,
    },
    /// The store does not open.
    #[error("the store does not open")]
    Store(#[from] store::Error),
    /// Certificate or key are no TLS certificate and key.
    #[error("the TLS certificate {path} or its key cannot be used")]
    Tls {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// An issuer of tokens is not usable.
    #[error("the issuer {name} cannot be used")]
    Issuer {
        /// Its name in the settings.
        name: String,
        /// Why.
        #[source]
        source: IssuerError,
    },
    /// A claim of an issuer's settings is no path.
    #[error("a claim of the issuer {name} is no path")]
    Claim {
        /// Its name in the settings.
        name: String,
        /// Why.
        #[source]
        source: InvalidName,
    },
    /// The server ended by itself.
    #[error("the server stopped")]
    Stopped(#[source] io::Error),
}
