//! The remote: a bucket of an S3-compatible store.
//!
//! A request to it is given up after a time for which a client of ours waits, and tried again a few
//! times before that. Nothing but the endpoint is spoken to: no proxy of the environment, no
//! redirect, no metadata service.
//!
//! Below the prefix lies, beside the blobs, one object that names the installation to which they
//! belong: the sweep of another one would find nothing that refers to them.

use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector, HttpError};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig,
};

use super::error::Error;
use super::settings::S3Settings;
use super::store::BlobStore;
use crate::types::ids::InstanceId;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// Without a byte from the remote, or for it to take a request in.
const SILENCE: Duration = Duration::from_secs(30);
/// After this long nothing is tried again.
const RETRY: Duration = Duration::from_secs(10);
const RETRIES_MAX: usize = 4;
/// Between two tries.
const BACKOFF: BackoffConfig = BackoffConfig {
    init_backoff: Duration::from_millis(50),
    max_backoff: Duration::from_secs(1),
    base: 2.0,
};
/// Idle connections that are kept.
const IDLE_MAX: usize = 64;
/// The object that names the installation, below the prefix.
const CLAIM: &str = "acervo-instance";

/// Who writes below the prefix of a remote.
#[derive(Debug)]
pub(super) struct Claim {
    instance: InstanceId,
    path: Path,
    /// Set once the remote has said that the prefix is this installation's.
    held: tokio::sync::OnceCell<()>,
}

impl Claim {
    pub(super) fn new(settings: &S3Settings, prefix: &str) -> Self {
        Self {
            instance: settings.instance,
            path: Path::from(format!("{prefix}{CLAIM}")),
            held: tokio::sync::OnceCell::new(),
        }
    }

    async fn take(&self, objects: &dyn ObjectStore) -> Result<(), Error> {
        let mine = self.instance.to_string();
        match objects.get(&self.path).await {
            Ok(found) => {
                let found = found.bytes().await.map_err(Error::of_backend)?;
                if found.trim_ascii() == mine.as_bytes() {
                    return Ok(());
                }
                Err(Error::Taken)
            }
            Err(object_store::Error::NotFound { .. }) => {
                let text = PutPayload::from(Bytes::from(mine));
                match objects.put(&self.path, text).await {
                    Ok(_) => Ok(()),
                    Err(error @ object_store::Error::NotFound { .. }) => {
                        Err(Error::NoBucket(error))
                    }
                    Err(error) => Err(Error::of_backend(error)),
                }
            }
            Err(error) => Err(Error::of_backend(error)),
        }
    }
}

impl BlobStore {
    /// Makes sure that what lies below the remote's prefix is this installation's, which also shows
    /// whether the credential may read and write there. Does nothing for other backends, and
    /// nothing once it has succeeded.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::NoBucket`], [`Error::Denied`], or that the remote is silent.
    pub async fn claim(&self) -> Result<(), Error> {
        let Some(claim) = &self.0.claim else {
            return Ok(());
        };
        let take = || claim.take(&*self.0.objects);
        claim.held.get_or_try_init(take).await.copied()
    }
}

/// The client of a remote.
pub(super) fn connect(settings: &S3Settings) -> Result<impl ObjectStore + use<>, Error> {
    let client = client(settings).map_err(|source| {
        Error::Settings(object_store::Error::Generic {
            store: STORE,
            source: Box::new(source),
        })
    })?;
    AmazonS3Builder::new()
        .with_endpoint(&settings.endpoint)
        .with_allow_http(settings.endpoint.starts_with("http://"))
        .with_region(&settings.region)
        .with_bucket_name(&settings.bucket)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(settings.secret.expose())
        .with_virtual_hosted_style_request(settings.virtual_host)
        .with_http_connector(Connector(HttpClient::new(client)))
        .with_retry(RetryConfig {
            backoff: BACKOFF,
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY,
        })
        .build()
        .map_err(Error::Settings)
}

/// How the backend names itself in its errors.
pub(super) const STORE: &str = "S3";

/// No proxy from the environment (law 9), and no redirect to a host that nobody configured.
fn client(settings: &S3Settings) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .http1_only()
        .no_gzip()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .pool_max_idle_per_host(IDLE_MAX);
    if settings.endpoint.starts_with("https://") {
        return builder.build();
    }
    // Without TLS the system's certificates are of no use, and a small system may have none.
    builder.tls_certs_only([]).build()
}

/// Hands out the one client.
#[derive(Debug)]
struct Connector(HttpClient);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

/// Whether nobody answered, or with an error of the server's: what may heal by itself.
pub(super) fn is_outage(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<HttpError>() {
            return true;
        }
        cause = error.source();
    }
    // The status is told in words alone.
    let words = error.to_string();
    ["status code: 5", "status code: 429", "status code: 408"]
        .iter()
        .any(|status| words.contains(status))
}
