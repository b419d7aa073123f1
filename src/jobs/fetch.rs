//! Fetches a key set: from its URL, or from where a discovery document says that it is.
//!
//! Only the hosts of the settings are asked, redirects are not followed, no proxy of the
//! environment is used, sizes and times are bounded. Nothing of a token comes in here.

use std::time::Duration;

use reqwest::Certificate;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;
use thiserror::Error;

use crate::auth::bearer::settings::FetchSource;
use crate::auth::bearer::settings::FetchedDocument;
use crate::auth::error::IssuerError;
use crate::types::limits;
use crate::types::names::InvalidName;
use crate::types::url::FetchUrl;

const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(10);

/// Why there is no key set.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The certificates of the settings are none.
    #[error("the certificates of the settings cannot be used")]
    Certificates(#[source] reqwest::Error),
    /// The host's name has no address.
    #[error("the host {host} has no address")]
    Name {
        /// The host.
        host: Box<str>,
    },
    /// The connection failed: nobody listens, or TLS failed.
    #[error("cannot connect to {host}: {why}")]
    Connection {
        /// Host and port.
        host: Box<str>,
        /// Why, from the outermost to the innermost cause.
        why: String,
    },
    /// No answer in time.
    #[error("{host} does not answer in time")]
    Time {
        /// Host and port.
        host: Box<str>,
    },
    /// Another status than 200.
    #[error("{url} answers with status {status}")]
    Status {
        /// The URL.
        url: Box<str>,
        /// The status; 3xx are redirects, which are not followed.
        status: u16,
    },
    /// More bytes than any such document has.
    #[error("{url} is too large")]
    TooLarge {
        /// The URL.
        url: Box<str>,
    },
    /// No text, or no discovery document.
    #[error("{url} is not a discovery document")]
    NotDiscovery {
        /// The URL.
        url: Box<str>,
    },
    /// The document is of another issuer (OpenID Connect Discovery 1.0 section 4.3).
    #[error("the discovery document is of the issuer {found:?}")]
    OtherIssuer {
        /// Whose.
        found: Box<str>,
    },
    /// The document says that the keys are where none may be fetched from.
    #[error("the discovery document names a URL of keys that is {0}")]
    KeysUrl(InvalidName),
    /// The document says that the keys are at a host that the settings do not name.
    #[error("the discovery document says that the keys are at {host}, which is no host of theirs")]
    OtherHost {
        /// Host and port.
        host: Box<str>,
    },
    /// What came is not a key set, or a dangerous one.
    #[error("the keys cannot be used")]
    KeySet(#[source] IssuerError),
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: Box<str>,
    jwks_uri: Box<str>,
}

/// Fetches the text of an issuer's key set.
///
/// # Errors
/// Why there is none.
pub async fn key_set(issuer: &str, source: &FetchSource) -> Result<String, FetchError> {
    let client = client(source).map_err(FetchError::Certificates)?;
    match source.document {
        FetchedDocument::KeySet => text(&client, &source.url).await,
        FetchedDocument::Discovery => {
            let document = text(&client, &source.url).await?;
            let url = keys_url(issuer, source, &document)?;
            text(&client, &url).await
        }
    }
}

/// Where a discovery document says that the keys are, if they may be fetched from there.
fn keys_url(issuer: &str, source: &FetchSource, document: &str) -> Result<FetchUrl, FetchError> {
    let url = || source.url.as_str().into();
    let discovery: Discovery =
        serde_json::from_str(document).map_err(|_| FetchError::NotDiscovery { url: url() })?;
    if *discovery.issuer != *issuer {
        let found = discovery.issuer.chars().take(256).collect::<String>();
        return Err(FetchError::OtherIssuer {
            found: found.into(),
        });
    }
    let keys = FetchUrl::parse(&discovery.jwks_uri).map_err(FetchError::KeysUrl)?;
    let authority = keys.authority();
    let is_known = authority == source.url.authority();
    if !is_known && !source.hosts.iter().any(|host| **host == *authority) {
        return Err(FetchError::OtherHost {
            host: authority.into(),
        });
    }
    Ok(keys)
}

fn client(source: &FetchSource) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent("Acervo");
    if let Some(pem) = &source.ca_pem {
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem.as_bytes())?);
    }
    builder.build()
}

async fn text(client: &Client, url: &FetchUrl) -> Result<String, FetchError> {
    let failed = |error: reqwest::Error| failure(url, &error);
    let request = client
        .get(url.as_str())
        .header("accept", "application/json");
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    if status != 200 {
        let url = url.as_str().into();
        return Err(FetchError::Status { url, status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > limits::ISSUER_DOCUMENT_BYTES_MAX {
            let url = url.as_str().into();
            return Err(FetchError::TooLarge { url });
        }
        body.extend_from_slice(&chunk);
    }
    // What is no text is no key set either; the reader of either says so.
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn failure(url: &FetchUrl, error: &reqwest::Error) -> FetchError {
    let host = || url.authority().into();
    if error.is_timeout() {
        return FetchError::Time { host: host() };
    }
    let mut causes: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let why = causes.join(": ");
    // The resolver's errors have no type that the client shows.
    if error.is_connect() && why.contains("dns error") {
        let host = url.host().into();
        return FetchError::Name { host };
    }
    FetchError::Connection { host: host(), why }
}

#[cfg(test)]
mod tests {
    use super::{FetchError, keys_url};
    use crate::auth::bearer::settings::{FetchSource, FetchedDocument};
    use crate::types::url::FetchUrl;

    fn source() -> FetchSource {
        FetchSource {
            url: FetchUrl::parse("https://id.mx/.well-known/openid-configuration").unwrap(),
            document: FetchedDocument::Discovery,
            hosts: vec!["keys.id.mx".into(), "other.mx:8443".into()],
            ca_pem: None,
            refresh_seconds: 300,
            refresh_seconds_min: 10,
        }
    }

    fn found(keys: &str) -> Result<FetchUrl, FetchError> {
        let document = format!(r#"{{"issuer":"https://id.mx","jwks_uri":"{keys}","more":1}}"#);
        keys_url("https://id.mx", &source(), &document)
    }

    #[test]
    fn keys_come_from_hosts_of_the_settings_alone() {
        for good in [
            "https://id.mx/k",
            "https://keys.id.mx/k?x",
            "https://other.mx:8443/",
        ] {
            assert_eq!(found(good).unwrap().as_str(), good);
        }
        for elsewhere in [
            "https://evil.mx/k",
            "https://other.mx/k",
            "https://id.mx:1/k",
        ] {
            assert!(matches!(
                found(elsewhere),
                Err(FetchError::OtherHost { .. })
            ));
        }
        for wrong in ["", "http://id.mx/k", "file:///k", "https://id.mx@evil.mx/k"] {
            assert!(
                matches!(found(wrong), Err(FetchError::KeysUrl(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_document_is_the_issuers_own() {
        let refused = |document: &str| keys_url("https://id.mx", &source(), document).unwrap_err();
        let other = r#"{"issuer":"https://id.mx/","jwks_uri":"https://id.mx/k"}"#;
        assert!(matches!(refused(other), FetchError::OtherIssuer { .. }));
        for document in ["", "{}", "[]", "<html>", r#"{"issuer":"https://id.mx"}"#] {
            assert!(matches!(refused(document), FetchError::NotDiscovery { .. }));
        }
    }
}
