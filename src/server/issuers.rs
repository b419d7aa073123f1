//! The issuers of the installation, of its configuration and of its agencies, in the words of
//! `auth`.

use std::sync::Arc;

use crate::api::admin::issuers::IssuerBody;
use crate::auth::bearer::claims::ClaimPath;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::keys::TokenAlgorithm;
use crate::auth::bearer::local::LOCAL_NAME;
use crate::auth::bearer::local::LocalIssuer;
use crate::auth::bearer::local::OwnIssuer;
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
use crate::crypto::secret::SecretKey;
use crate::store::Store;
use crate::types::names::InvalidName;

use super::data_dir::DataDir;
use super::error::Error;

/// All issuers that are trusted at the start, and the installation's own.
pub(super) fn trusted(
    config: &Config,
    data_dir: &DataDir,
    store: &Store,
) -> Result<(Arc<Issuers>, OwnIssuer), Error> {
    let own = own(config, data_dir, store)?;
    let issuers = of(config, &own.current())?;
    add_those_of_agencies(config, store, &issuers)?;
    restore_keys(config, store, &issuers)?;
    Ok((Arc::new(issuers), own))
}

/// The issuer of the installation itself. Unless it has a public URL, its name is the instance's,
/// which no other one has.
fn own(config: &Config, data_dir: &DataDir, store: &Store) -> Result<OwnIssuer, Error> {
    let name = match &config.auth.issuer_url {
        Some(url) => url.clone(),
        None => format!("acervo:{}", data_dir.instance),
    };
    let source = SecretKey::new(*data_dir.issuer_key.expose());
    let generations = store.signing_generations()?;
    OwnIssuer::new(source, &name, &generations).map_err(|source| Error::Issuer {
        name: LOCAL_NAME.to_owned(),
        source,
    })
}

/// Trusts the issuers that agencies added. One that is trusted no more by the settings of now is
/// left out and said: its tokens are refused, and nothing else of its agency is.
fn add_those_of_agencies(config: &Config, store: &Store, issuers: &Issuers) -> Result<(), Error> {
    for record in store.issuers()? {
        let (agency, name) = (&record.agency, &record.name);
        let settings = IssuerBody::of_stored(&record.settings)
            .ok_or_else(|| "its settings do not read".to_owned())
            .and_then(|body| {
                let settings = body.settings(agency, &config.auth.fetch_hosts);
                settings.map_err(|(what, why)| format!("{what}: {why}"))
            });
        let added = settings.and_then(|settings| {
            let added = issuers.add(settings);
            added.map(drop).map_err(|error| error.to_string())
        });
        if let Err(why) = added {
            tracing::error!(%agency, issuer = name, why, "an agency's issuer is not trusted");
        }
    }
    Ok(())
}

/// Gives issuers the keys that were fetched from them before the start, if they are the same
/// issuers and the keys are not too old: then an outage of theirs at a start changes nothing.
fn restore_keys(config: &Config, store: &Store, issuers: &Issuers) -> Result<(), Error> {
    let seconds = i64::try_from(config.auth.keep_keys_seconds).unwrap_or(i64::MAX);
    let now = store.clock().now();
    for record in store.issuer_keys()? {
        let until = record.fetched.plus_seconds(seconds);
        // A time that has not come yet says nothing of how old they are.
        if now >= until || now < record.fetched {
            continue;
        }
        for issuer in issuers.all().iter() {
            let settings = issuer.settings();
            let is_it = (&settings.owner, &*settings.name, &*settings.issuer)
                == (&record.owner, record.name.as_str(), record.issuer.as_str());
            let is_there = |source: &FetchSource| source.url.as_str() == record.url;
            // What was good is good, or the rules for keys are stricter now: then they are fetched.
            if is_it && issuer.source().is_some_and(is_there) {
                let _ = issuer.restore(&record.key_set, until);
            }
        }
    }
    Ok(())
}

/// The installation's own issuer and those of the configuration.
fn of(config: &Config, local: &LocalIssuer) -> Result<Issuers, Error> {
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
