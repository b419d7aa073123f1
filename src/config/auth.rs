//! `[auth]`: whose tokens are believed, and who a request without any is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jsonwebtoken::Algorithm;

use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::url::FetchUrl;

use super::error::{Fault, Origin, Wanted};
use super::reader::{Given, Reader};

/// `[auth]`: who is believed.
#[derive(Debug, Eq, PartialEq)]
pub struct Auth {
    /// `[[auth.issuers]]`: the identity providers.
    pub issuers: Vec<Issuer>,
    /// The hosts from which the issuers that agencies add themselves may have their keys fetched.
    pub fetch_hosts: Vec<String>,
    /// Seconds for which the keys that were fetched from an issuer count after a restart, as long
    /// as it is out.
    pub keep_keys_seconds: u64,
    /// The public URL of the documents' door, if the installation is an issuer for others too.
    pub issuer_url: Option<String>,
    /// Whether requests may be signed by Signature Version 2.
    pub signature_v2: bool,
    /// The agencies that answer to requests without any proof at all.
    pub anonymous_agencies: Vec<AgencyId>,
    /// The one of them that is meant where the host names none.
    pub anonymous_agency: Option<AgencyId>,
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
    /// Where its public keys are.
    pub keys: IssuerKeys,
    /// The signature algorithms that are accepted; never a symmetric one.
    pub algorithms: Vec<Algorithm>,
    /// Seconds between `iat` and `exp` of a token, at most.
    pub max_lifetime_seconds: u64,
    /// Seconds by which its clock may differ from ours.
    pub leeway_seconds: u64,
    /// How a token says the agency.
    pub agency: AgencySource,
    /// What every agency's name has before it in the token.
    pub agency_prefix: String,
    /// The claim that names the principal: a dotted path, or a template of several.
    pub principal_claim: String,
    /// The claim that lists the roles; a dotted path.
    pub roles_claim: String,
    /// What the roles that are meant for this store have before them.
    pub roles_prefix: String,
    /// Claims that a token must have, each with its value.
    pub required_claims: Vec<(String, String)>,
    /// Tags for policies, each with the claim that it comes from.
    pub tags: Vec<(String, String)>,
}

/// Where an issuer's public keys are.
#[derive(Debug, Eq, PartialEq)]
pub enum IssuerKeys {
    /// In a file, read when the settings were.
    File {
        /// The file.
        path: PathBuf,
        /// A JSON Web Key Set (RFC 7517 section 5).
        jwks: String,
    },
    /// At a URL, fetched again and again.
    Url(KeysUrl),
}

/// A URL of public keys.
#[derive(Debug, Eq, PartialEq)]
pub struct KeysUrl {
    /// Of the key set, or of the discovery document that says where it is.
    pub url: FetchUrl,
    /// Whether it is a discovery document's.
    pub is_discovery: bool,
    /// Hosts at which the discovery document may say that the keys are, beside its own.
    pub hosts: Vec<String>,
    /// PEM: authorities that are believed beside the system's.
    pub ca_pem: Option<String>,
    /// Seconds after which the keys are fetched again.
    pub refresh_seconds: u64,
    /// Seconds between two fetches at least.
    pub refresh_min_seconds: u64,
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
        let issuer_url = reader.parsed("auth.issuer_url", ISSUER_URL, |text| {
            let url = FetchUrl::parse(text).ok()?;
            (!text.ends_with('/') && !text.contains('?')).then(|| url.as_str().to_owned())
        });
        let fetch_hosts = reader.list("auth.fetch_hosts", Some(HOSTS), parse_host);
        let kept_max = limits::KEPT_KEYS_SECONDS_MAX.unsigned_abs();
        let keep_keys_seconds = reader.number("auth.keep_keys_seconds", 86_400, 0..=kept_max);
        let (anonymous_agencies, anonymous_agency) = read_anonymous(reader);
        Self {
            issuers,
            fetch_hosts: fetch_hosts.map(|h| h.value).unwrap_or_default(),
            keep_keys_seconds,
            issuer_url: issuer_url.map(|url| url.value),
            signature_v2: reader.boolean("auth.signature_v2", false),
            anonymous_agencies,
            anonymous_agency,
        }
    }
}

fn read_anonymous(reader: &mut Reader) -> (Vec<AgencyId>, Option<AgencyId>) {
    const LISTED: Wanted = Wanted::Words(
        "una de auth.anonymous_agencies",
        "one of auth.anonymous_agencies",
    );
    let agencies = reader.list("auth.anonymous_agencies", Some(AGENCY), parse_agency);
    let agencies = agencies.map(|a| a.value).unwrap_or_default();
    let Some(agency) = reader.parsed("auth.anonymous_agency", AGENCY, parse_agency) else {
        return (agencies, None);
    };
    if !agencies.contains(&agency.value) {
        let fault = Fault::Refused {
            found: Some(format!("{:?}", agency.value.as_str())),
            wanted: LISTED,
        };
        reader.report("auth.anonymous_agency", agency.origin, fault);
    }
    (agencies, Some(agency.value))
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
        let keys = read_keys(reader, prefix, origin);
        let algorithms = read_algorithms(reader, &setting("algorithms"));
        let max_lifetime_seconds =
            reader.number(&setting("max_lifetime_seconds"), 3_600, 60..=86_400);
        let leeway_seconds = reader.number(&setting("leeway_seconds"), 30, 0..=300);
        let agency = read_agency(reader, prefix);
        let principal_claim = reader.parsed(&setting("claims.principal"), CLAIM, parse_claim);
        let roles_claim = reader.parsed(&setting("claims.roles"), CLAIM, parse_claim);
        let roles_prefix = reader.text(&setting("claims.roles_prefix"));
        let agency_prefix = reader.text(&setting("claims.agency_prefix"));
        let required_claims = reader.list(&setting("required_claims"), Some(PAIRS), parse_pair);
        let tags = reader.list(&setting("claims.tags"), Some(PAIRS), parse_pair);
        Some(Self {
            name: name?,
            issuer: issuer?,
            audiences: audiences?,
            keys: keys?,
            algorithms,
            max_lifetime_seconds,
            leeway_seconds,
            agency,
            principal_claim: principal_claim.map_or_else(|| "sub".to_owned(), |c| c.value),
            roles_claim: roles_claim.map_or_else(|| "roles".to_owned(), |c| c.value),
            agency_prefix: agency_prefix.map(|p| p.value).unwrap_or_default(),
            roles_prefix: roles_prefix.map(|p| p.value).unwrap_or_default(),
            required_claims: required_claims.map(|c| c.value).unwrap_or_default(),
            tags: tags.map(|t| t.value).unwrap_or_default(),
        })
    }
}

const ISSUER_URL: Wanted = Wanted::Words(
    "una URL https:// sin / al final, como https://documentos.estado.gob.mx",
    "an https:// URL without a / at its end, such as https://documents.state.example",
);

const HOSTS: Wanted = Wanted::Words(
    "nombres de host en minúsculas, con puerto si no es el usual, como id.estado.gob.mx:8443",
    "host names in lower case, with a port if it is unusual, such as id.state.example:8443",
);

fn parse_host(text: &str) -> Option<String> {
    let url = FetchUrl::parse(&format!("https://{text}")).ok()?;
    (url.authority() == text).then(|| text.to_owned())
}

const PAIRS: Wanted = Wanted::Words(
    "una lista de nombre=valor, como [\"email_verified=true\"]",
    "a list of name=value, such as [\"email_verified=true\"]",
);

fn parse_pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
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

/// Exactly one of `jwks_file`, `jwks_url` and `discovery_url`.
fn read_keys(reader: &mut Reader, prefix: &str, origin: &Origin) -> Option<IssuerKeys> {
    const ONE: Wanted = Wanted::Words(
        "solo uno de jwks_file, jwks_url y discovery_url",
        "only one of jwks_file, jwks_url and discovery_url",
    );
    const URL: Wanted = Wanted::Words(
        "una URL https://, o http:// de esta misma máquina",
        "an https:// URL, or an http:// one of this very machine",
    );
    const CA: Wanted = Wanted::Words(
        "un archivo PEM con certificados (BEGIN CERTIFICATE)",
        "a PEM file with certificates (BEGIN CERTIFICATE)",
    );
    let setting = |name: &str| format!("{prefix}{name}");
    let parse = |text: &str| FetchUrl::parse(text).ok();
    let file = reader.path(&setting("jwks_file"));
    let key_set = reader.parsed(&setting("jwks_url"), URL, parse);
    let discovery = reader.parsed(&setting("discovery_url"), URL, parse);
    let hosts = reader.list(&setting("jwks_hosts"), Some(HOSTS), parse_host);
    let refresh_seconds = reader.number(&setting("refresh_seconds"), 300, 5..=86_400);
    let refresh_min_seconds = reader.number(&setting("refresh_min_seconds"), 10, 1..=3_600);
    let ca = reader.path(&setting("ca_file"));
    let ca_pem = ca.and_then(|path| {
        let text = reader.file_text(&setting("ca_file"), &path)?;
        if !text.contains("-----BEGIN CERTIFICATE") {
            let fault = Fault::NotA(path.value, CA);
            reader.report(setting("ca_file"), path.origin, fault);
            return None;
        }
        Some(text)
    });
    let is_bad = ["jwks_url", "discovery_url"].map(|name| reader.has_reported(&setting(name)));
    if is_bad.contains(&true) {
        return None;
    }
    let (url, is_discovery) = match (key_set, discovery) {
        (None, None) => {
            let (path, jwks) = read_jwks(reader, &setting("jwks_file"), file, origin)?;
            return Some(IssuerKeys::File { path, jwks });
        }
        (Some(url), None) => (url, false),
        (None, Some(url)) => (url, true),
        (Some(_), Some(url)) => {
            let fault = Fault::Refused {
                found: Some(format!("{:?}", url.value.as_str())),
                wanted: ONE,
            };
            reader.report(setting("discovery_url"), url.origin, fault);
            return None;
        }
    };
    if let Some(path) = file {
        let fault = Fault::Refused {
            found: Some(path.value.display().to_string()),
            wanted: ONE,
        };
        reader.report(setting("jwks_file"), path.origin, fault);
        return None;
    }
    Some(IssuerKeys::Url(KeysUrl {
        url: url.value,
        is_discovery,
        hosts: hosts.map(|h| h.value).unwrap_or_default(),
        ca_pem,
        refresh_seconds,
        refresh_min_seconds,
    }))
}

/// The file and its text, which must be a key set with at least one key; what the keys are worth
/// is judged where tokens are verified.
fn read_jwks(
    reader: &mut Reader,
    setting: &str,
    path: Option<Given<PathBuf>>,
    origin: &Origin,
) -> Option<(PathBuf, String)> {
    const JWKS: Wanted = Wanted::Words(
        "un archivo JWKS: {\"keys\": […]} con al menos una llave",
        "a JWKS file: {\"keys\": […]} with at least one key",
    );
    let Some(path) = path else {
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
