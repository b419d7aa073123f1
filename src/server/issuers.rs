//! The issuers of the configuration, in the words of `auth`.

use crate::auth::bearer::claims::ClaimPath;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::keys::TokenAlgorithm;
use crate::auth::bearer::local::LocalIssuer;
use crate::auth::bearer::rules::ListRule;
use crate::auth::bearer::rules::RequiredClaim;
use crate::auth::bearer::rules::TagRule;
use crate::auth::bearer::rules::TextRule;
use crate::auth::bearer::settings::AgencyRule;
use crate::auth::bearer::settings::FetchSource;
use crate::auth::bearer::settings::FetchedDocument;
use crate::auth::bearer::settings::IssuerSettings;
use crate::auth::bearer::settings::KeySource;
use crate::config;
use crate::config::AgencySource;
use crate::config::Config;
use crate::config::IssuerKeys;
use crate::config::KeysUrl;
use crate::types::names::InvalidName;

use super::error::Error;

/// The installation's own issuer and those of the configuration.
pub(super) fn of(config: &Config, local: &LocalIssuer) -> Result<Issuers, Error> {
    let mut settings = vec![local.settings()];
    for issuer in &config.auth.issuers {
        settings.push(self::settings(issuer).map_err(|source| Error::Claim {
            name: issuer.name.clone(),
            source,
        })?);
    }
    Issuers::new(settings).map_err(|(name, source)| Error::Issuer {
        name: name.into_string(),
        source,
    })
}

fn settings(issuer: &config::Issuer) -> Result<IssuerSettings, InvalidName> {
    let algorithm = |name: &jsonwebtoken::Algorithm| TokenAlgorithm::parse(&format!("{name:?}"));
    let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let required = issuer.required_claims.iter().map(|(path, value)| {
        let path = ClaimPath::parse(path)?;
        let value = value.as_str().into();
        Ok(RequiredClaim { path, value })
    });
    let tags = issuer.tags.iter().map(|(name, path)| {
        let path = ClaimPath::parse(path)?;
        let name = name.as_str().into();
        Ok(TagRule { name, path })
    });
    let agency = match &issuer.agency {
        AgencySource::Fixed(agency) => AgencyRule::Fixed(agency.clone()),
        AgencySource::Claim(text) => {
            AgencyRule::Claim(TextRule::parse(text)?.stripping(&issuer.agency_prefix))
        }
    };
    let roles = ListRule::new(ClaimPath::parse(&issuer.roles_claim)?);
    Ok(IssuerSettings {
        name: issuer.name.as_str().into(),
        owner: None,
        issuer: issuer.issuer.as_str().into(),
        audiences: issuer.audiences.iter().map(|a| a.as_str().into()).collect(),
        keys: match &issuer.keys {
            IssuerKeys::File { jwks, .. } => KeySource::Given(jwks.as_str().into()),
            IssuerKeys::Url(url) => KeySource::Fetched(fetched(url)),
        },
        algorithms: issuer.algorithms.iter().filter_map(algorithm).collect(),
        lifetime_seconds_max: seconds(issuer.max_lifetime_seconds),
        leeway_seconds: seconds(issuer.leeway_seconds),
        required: required.collect::<Result<_, _>>()?,
        agency,
        principal: TextRule::parse(&issuer.principal_claim)?,
        roles: roles.stripping(&issuer.roles_prefix),
        tags: tags.collect::<Result<_, _>>()?,
    })
}

fn fetched(url: &KeysUrl) -> FetchSource {
    FetchSource {
        url: url.url.clone(),
        document: if url.is_discovery {
            FetchedDocument::Discovery
        } else {
            FetchedDocument::KeySet
        },
        hosts: url.hosts.iter().map(|h| h.as_str().into()).collect(),
        ca_pem: url.ca_pem.as_deref().map(Into::into),
        refresh_seconds: url.refresh_seconds,
        refresh_seconds_min: url.refresh_min_seconds,
    }
}
