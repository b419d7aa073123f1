//! `[auth]`: whose tokens are believed, and who a request without any is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jsonwebtoken::Algorithm;

use crate::types::names::AgencyId;

use super::error::{Fault, Origin, Wanted};
use super::reader::{Given, Reader};

/// `[auth]`: who is believed.
#[derive(Debug, Eq, PartialEq)]
pub struct Auth {
    /// `[[auth.issuers]]`: the identity providers.
    pub issuers: Vec<Issuer>,
}

/// `[[auth.issuers]]`: an identity provider and what its tokens mean here.
#[derive(Debug, Eq, PartialEq)]
pub struct Issuer {
    /// What the record of accesses calls it.
    pub name: String,
    /// The `iss` of its tokens, byte for byte.
    pub issuer: String,
    /// The `aud` values of which a token must have one.
    pub audiences: Vec<String>,
    /// The file of its public keys.
    pub jwks_file: PathBuf,
    /// Its public keys: a JSON Web Key Set (RFC 7517 section 5).
    pub jwks: String,
    /// The signature algorithms that are accepted; never a symmetric one.
    pub algorithms: Vec<Algorithm>,
    /// Seconds between `iat` and `exp` of a token, at most.
    pub max_lifetime_seconds: u64,
    /// Seconds by which its clock may differ from ours.
    pub leeway_seconds: u64,
    /// How a token says the agency.
    pub agency: AgencySource,
    /// The claim that names the principal; a dotted path.
    pub principal_claim: String,
    /// The claim that lists the roles; a dotted path.
    pub roles_claim: String,
}

/// Where the agency of a token comes from.
#[derive(Debug, Eq, PartialEq)]
pub enum AgencySource {
    /// A claim; a dotted path.
    Claim(String),
    /// Every token of the issuer is of this agency.
    Fixed(AgencyId),
}

const AGENCY: Wanted = Wanted::Words(
    "de 3 a 40 letras minúsculas, dígitos y guiones, como registro-civil",
    "3 to 40 lower-case letters, digits and hyphens, such as civil-registry",
);

impl Auth {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut issuers = Vec::new();
        let mut names = BTreeSet::new();
        let mut urls = BTreeSet::new();
        for (prefix, origin) in reader.tables("auth.issuers") {
            let Some(issuer) = Issuer::read(reader, &prefix, &origin) else {
                continue;
            };
            let firsts = [
                ("name", &issuer.name, names.insert(issuer.name.clone())),
                ("issuer", &issuer.issuer, urls.insert(issuer.issuer.clone())),
            ];
            for (field, value, _) in firsts.into_iter().filter(|(_, _, first)| !first) {
                let wanted = Wanted::Words(
                    "un valor que no tenga otro emisor",
                    "a value that no other issuer has",
                );
                let fault = Fault::Refused {
                    found: Some(format!("{value:?}")),
                    wanted,
                };
                reader.report(format!("{prefix}{field}"), origin.clone(), fault);
            }
            issuers.push(issuer);
        }
        Self { issuers }
    }
}

impl Issuer {
    fn read(reader: &mut Reader, prefix: &str, origin: &Origin) -> Option<Self> {
        const AUDIENCES: Wanted = Wanted::Words(
            "una lista de al menos una audiencia, como [\"acervo\"]",
            "a list of at least one audience, such as [\"acervo\"]",
        );
        let setting = |name: &str| format!("{prefix}{name}");
        let name = reader.text(&setting("name"));
        let name = required(reader, &setting("name"), name, origin);
        let issuer = reader.text(&setting("issuer"));
        let issuer = required(reader, &setting("issuer"), issuer, origin);
        let audiences = reader.list(&setting("audiences"), Some(AUDIENCES), |text| {
            (!text.is_empty()).then(|| text.to_owned())
        });
        let audiences = audiences.map(|a| a.value).filter(|list| !list.is_empty());
        if audiences.is_none() && !reader.has_reported(&setting("audiences")) {
            reader.report(
                setting("audiences"),
                origin.clone(),
                Fault::Missing(AUDIENCES),
            );
        }
        let jwks = read_jwks(reader, &setting("jwks_file"), origin);
        let algorithms = read_algorithms(reader, &setting("algorithms"));
        let max_lifetime_seconds =
            reader.number(&setting("max_lifetime_seconds"), 3_600, 60..=86_400);
        let leeway_seconds = reader.number(&setting("leeway_seconds"), 30, 0..=300);
        let agency = read_agency(reader, prefix);
        let principal_claim = reader.parsed(&setting("claims.principal"), CLAIM, parse_claim);
        let roles_claim = reader.parsed(&setting("claims.roles"), CLAIM, parse_claim);
        let (jwks_file, jwks) = jwks?;
        Some(Self {
            name: name?,
            issuer: issuer?,
            audiences: audiences?,
            jwks_file,
            jwks,
            algorithms,
            max_lifetime_seconds,
            leeway_seconds,
            agency,
            principal_claim: principal_claim.map_or_else(|| "sub".to_owned(), |c| c.value),
            roles_claim: roles_claim.map_or_else(|| "roles".to_owned(), |c| c.value),
        })
    }
}

const CLAIM: Wanted = Wanted::Words(
    "el nombre de un claim, con puntos para los anidados, como realm_access.roles",
    "the name of a claim, with dots for nested ones, such as realm_access.roles",
);

fn parse_claim(text: &str) -> Option<String> {
    text.split('.')
        .all(|part| !part.is_empty())
        .then(|| text.to_owned())
}

fn parse_agency(text: &str) -> Option<AgencyId> {
    AgencyId::parse(text).ok()
}

/// The value, or the report that it is missing.
fn required(
    reader: &mut Reader,
    setting: &str,
    given: Option<Given<String>>,
    origin: &Origin,
) -> Option<String> {
    const NEEDED: Wanted = Wanted::Words("un texto", "a text");
    if given.is_none() && !reader.has_reported(setting) {
        reader.report(setting, origin.clone(), Fault::Missing(NEEDED));
    }
    given.map(|g| g.value)
}

/// The file and its text, which must be a key set with at least one key; what the keys are worth
/// is judged where tokens are verified.
fn read_jwks(reader: &mut Reader, setting: &str, origin: &Origin) -> Option<(PathBuf, String)> {
    const JWKS: Wanted = Wanted::Words(
        "un archivo JWKS: {\"keys\": […]} con al menos una llave",
        "a JWKS file: {\"keys\": […]} with at least one key",
    );
    let Some(path) = reader.path(setting) else {
        if !reader.has_reported(setting) {
            reader.report(setting, origin.clone(), Fault::Missing(JWKS));
        }
        return None;
    };
    let text = reader.file_text(setting, &path)?;
    let keys = serde_json::from_str::<serde_json::Value>(&text).ok();
    let keys = keys
        .as_ref()
        .and_then(|set| set.get("keys"))
        .and_then(|keys| keys.as_array());
    if keys.is_none_or(Vec::is_empty) {
        reader.report(setting, path.origin, Fault::NotA(path.value, JWKS));
        return None;
    }
    Some((path.value, text))
}

fn read_algorithms(reader: &mut Reader, setting: &str) -> Vec<Algorithm> {
    const NAMES: &[&str] = &[
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
    ];
    let wanted = Wanted::SomeOf(NAMES);
    let given = reader.list(setting, Some(wanted), |text| {
        text.parse().ok().filter(|_| NAMES.contains(&text))
    });
    match given {
        Some(given) if !given.value.is_empty() => given.value,
        Some(given) => {
            let fault = Fault::Refused {
                found: Some("[]".to_owned()),
                wanted,
            };
            reader.report(setting, given.origin, fault);
            Vec::new()
        }
        None => vec![
            Algorithm::RS256,
            Algorithm::PS256,
            Algorithm::ES256,
            Algorithm::EdDSA,
        ],
    }
}

/// `agency` or `claims.agency`, not both; the claim `agency` when neither is said.
fn read_agency(reader: &mut Reader, prefix: &str) -> AgencySource {
    const ONE: Wanted = Wanted::Words(
        "agency o claims.agency, pero no ambos",
        "either agency or claims.agency, not both",
    );
    let fixed = reader.parsed(&format!("{prefix}agency"), AGENCY, parse_agency);
    let claim = reader.parsed(&format!("{prefix}claims.agency"), CLAIM, parse_claim);
    match (fixed, claim) {
        (Some(fixed), Some(_)) => {
            let fault = Fault::Refused {
                found: Some(format!("{:?}", fixed.value.as_str())),
                wanted: ONE,
            };
            reader.report(format!("{prefix}agency"), fixed.origin, fault);
            AgencySource::Fixed(fixed.value)
        }
        (Some(fixed), None) => AgencySource::Fixed(fixed.value),
        (None, claim) => {
            AgencySource::Claim(claim.map_or_else(|| "agency".to_owned(), |c| c.value))
        }
    }
}
