//! The settings as a whole: the shipped file, the order of the sources, every refusal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jsonwebtoken::Algorithm;
use tracing::Level;

use super::error::Problems;
use super::locale::Locale;
use super::reader::Reader;
use super::source::FileSettings;
use super::{
    AgencySource, AuditReads, Auth, Blobs, Config, Flags, IssuerKeys, LogFormat, RootKey, Sources,
};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn owned(environment: &[(&str, &str)]) -> Vec<(String, String)> {
    environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Loads a file with this text, in a folder with a certificate, a key and a key set.
fn load(toml: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("cert.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    fs::write(at("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
    fs::write(at("jwks.json"), r#"{"keys": [{"kty": "OKP"}]}"#).unwrap();
    fs::write(at("large.pem"), vec![b'-'; (1 << 20) + 1]).unwrap();
    let path = at("acervo.toml");
    fs::write(&path, toml.replace("$", folder.path().to_str().unwrap())).unwrap();
    let environment = owned(environment).into_iter();
    Config::load(Sources {
        file: Some(path),
        environment,
        flags,
    })
    .map_err(|mut problems| {
        // The folder's name is random.
        for problem in &mut problems.list {
            if let super::Origin::File(path, _) = &mut problem.origin {
                *path = PathBuf::from("f");
            }
        }
        problems
    })
}

fn accepted(toml: &str, environment: &[(&str, &str)]) -> Config {
    load(toml, environment, Flags::default()).unwrap()
}

#[track_caller]
fn refused(toml: &str, environment: &[(&str, &str)], expected: &[&str]) {
    let problems = load(toml, environment, Flags::default()).unwrap_err();
    let text = problems.render(Locale::En);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{text}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line}\nhas not: {expected}");
    }
}

fn shipped() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/acervo.toml")).unwrap()
}

#[test]
fn the_shipped_file_is_the_defaults() {
    assert_eq!(accepted(&shipped(), &[]), Config::default());
    assert_eq!(load("", &[], Flags::default()).unwrap(), Config::default());
}

/// The settings that stand at their defaults are written out, the others behind a `# `: together
/// they are all that exist, and none that does not.
#[test]
fn the_shipped_file_shows_every_setting() {
    let setting = |line: &str| {
        let name = line.split(" = ").next().unwrap_or_default();
        let is_name = |n: &str| {
            n.bytes()
                .all(|b| b.is_ascii_lowercase() || b"_.".contains(&b))
        };
        line.contains(" = ") && is_name(name) || line.starts_with("[[")
    };
    let uncommented = |line: &str| {
        let inner = line.strip_prefix("# ").filter(|inner| setting(inner));
        inner.unwrap_or(line).to_owned()
    };
    let text: Vec<String> = shipped().lines().map(uncommented).collect();
    let file = FileSettings::parse(Path::new("f"), &text.join("\n"));
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let shown: Vec<String> = file.values.keys().cloned().collect();

    let mut reader = Reader::new(Vec::new(), BTreeMap::new(), file);
    Config::read(&mut reader, Locale::En);
    let known: Vec<String> = reader
        .known()
        .iter()
        // The table itself is no setting, and `agency` is the alternative of `claims.agency`.
        .filter(|name| !["auth.issuers", "auth.issuers.1.agency"].contains(&name.as_str()))
        .cloned()
        .collect();
    assert_eq!(shown, known);
}

/// Variables are made of the names, so no two names may make the same.
#[test]
fn variables_are_distinct() {
    let mut reader = Reader::new(Vec::new(), BTreeMap::new(), FileSettings::default());
    Config::read(&mut reader, Locale::En);
    let mut variables: Vec<String> = reader
        .known()
        .iter()
        .map(|name| format!("ACERVO_{}", name.replace('.', "_").to_ascii_uppercase()))
        .collect();
    variables.extend(
        [
            super::ENDPOINT_VARIABLE,
            super::TOKEN_VARIABLE,
            super::CA_FILE_VARIABLE,
        ]
        .map(str::to_owned),
    );
    variables.extend([super::FILE_VARIABLE, super::ROOT_KEY_VARIABLE].map(str::to_owned));
    let count = variables.len();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), count);
}

#[test]
fn flag_over_environment_over_file() {
    let toml = "data_dir = 'file'\nlimits.upload_days = 1\n[s3]\nlisten = '127.0.0.1:1'\n";
    let environment = [
        ("ACERVO_DATA_DIR", "env"),
        ("ACERVO_S3_LISTEN", "127.0.0.1:2"),
    ];
    let flags = Flags {
        data_dir: Some("flag".to_owned()),
        ..Flags::default()
    };
    let config = load(toml, &environment, flags).unwrap();
    assert_eq!(config.data_dir, Path::new("flag"));
    assert_eq!(config.s3.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.limits.upload_days, 1);
}

#[test]
fn every_setting_can_be_said() {
    let toml = r#"
        workers = 3
        locale = "es"
        s3.listen = "[::1]:1"
        s3.domains = ["d.example"]
        s3.region = "mx-1"
        s3.tls = { certificate = "$/cert.pem", key = "$/key.pem" }
        root_key.provider = "env"
        audit.reads = "strict"
        log = { format = "json", level = "debug" }
        [blobs]
        backend = "s3"
        s3 = { endpoint = "http://b:1/", bucket = "b", prefix = "p/q", allow_http = true }
        [auth]
        [[auth.issuers]]
        name = "a"
        issuer = "https://a"
        audiences = ["x"]
        jwks_file = "$/jwks.json"
        algorithms = ["ES256"]
        max_lifetime_seconds = 60
        leeway_seconds = 0
        agency = "registro"
        claims = { principal = "p.q", roles = "r" }
        [[auth.issuers]]
        name = "b"
        issuer = "https://b"
        audiences = ["x", "y"]
        jwks_file = "$/jwks.json"
        "#;
    let config = accepted(
        toml,
        &[
            ("ACERVO_ROOT_KEY", KEY),
            ("ACERVO_BLOBS_S3_ACCESS_KEY_ID", "id"),
            ("ACERVO_BLOBS_S3_SECRET_ACCESS_KEY", "secret"),
            ("ACERVO_LIMITS_CONNECTIONS", "7"),
            ("ACERVO_PORT_9000_TCP", "tcp://10.0.0.1:9000"),
            ("ACERVO_ADMIN_TOKEN", "t"),
            ("HOME", "/root"),
        ],
    );
    assert_eq!(config.workers.unwrap().get(), 3);
    assert_eq!(config.locale, Locale::Es);
    assert_eq!(config.s3.domains, ["d.example"]);
    assert_eq!(config.s3.region, "mx-1");
    assert_eq!(
        config.s3.tls.unwrap().certificate_pem,
        "-----BEGIN CERTIFICATE-----\n"
    );
    assert!(matches!(config.root_key, RootKey::Env { value } if value.expose() == KEY));
    assert_eq!(config.audit.reads, AuditReads::Strict);
    assert_eq!(
        (config.log.format, config.log.level),
        (LogFormat::Json, Level::DEBUG)
    );
    assert_eq!(config.limits.connections, 7);
    let Blobs::S3(remote) = config.blobs else {
        panic!("not remote")
    };
    assert_eq!(
        (remote.endpoint.as_str(), remote.prefix.as_str()),
        ("http://b:1", "p/q/")
    );
    assert_eq!(remote.secret_access_key.expose(), "secret");
    check_auth(config.auth);
}

fn check_auth(auth: Auth) {
    let [a, b] = auth.issuers.as_slice() else {
        panic!("not two")
    };
    assert_eq!(a.algorithms, [Algorithm::ES256]);
    assert!(matches!(&a.agency, AgencySource::Fixed(agency) if agency.as_str() == "registro"));
    assert_eq!(
        (a.principal_claim.as_str(), a.max_lifetime_seconds),
        ("p.q", 60)
    );
    assert_eq!(b.agency, AgencySource::Claim("agency".to_owned()));
    let IssuerKeys::File { jwks, .. } = &b.keys else {
        panic!("not a file")
    };
    assert_eq!(jwks, r#"{"keys": [{"kty": "OKP"}]}"#);
}

#[test]
fn all_problems_at_once_each_with_its_place() {
    refused(
        "workers = -1\n\n[s3]\nlisten = 'here'\nlistn = 1\n[limits]\nupload_days = 366\n",
        &[("ACERVO_S3_REGON", "x"), ("ACERVO_LOG_LEVEL", "loud")],
        &[
            "workers (f:1): found -1; expected a whole number from 0 to 1024",
            "s3.listen (f:4): found \"here\"; expected an IP address and a port",
            "limits.upload_days (f:7): found 366; expected a whole number from 1 to 365",
            "log.level (environment variable ACERVO_LOG_LEVEL): found \"loud\"; expected one of: \
             error, warn, info, debug, trace",
            "s3.listn (f:5): no such setting; did you mean s3.listen?",
            "ACERVO_S3_REGON (environment variable ACERVO_S3_REGON): no such setting; did you mean \
             ACERVO_S3_REGION?",
        ],
    );
}

#[test]
fn spanish() {
    let toml = "locale = 'es'\nworkers = 'x'\ndomains = 1\nnada_de_esto = 1";
    let problems = load(toml, &[], Flags::default()).unwrap_err();
    assert_eq!(problems.locale, Locale::Es);
    let expected = "workers (f:2): dice \"x\"; se esperaba un número entero de 0 a 1024\n\
                    domains (f:3): no existe tal ajuste; ¿quiso decir s3.domains?\n\
                    nada_de_esto (f:4): no existe tal ajuste\n";
    assert_eq!(problems.render(problems.locale), expected);
}

#[test]
fn locales() {
    for (environment, expected) in [
        (&[("LANG", "es_MX.UTF-8")][..], Locale::Es),
        (&[("LANG", "es_MX.UTF-8"), ("LC_ALL", "C")][..], Locale::En),
        (&[("LANG", "es_MX.UTF-8"), ("LC_ALL", "")][..], Locale::Es),
        (&[("LANG", "C"), ("LC_MESSAGES", "es")][..], Locale::Es),
        (&[("LANG", "es"), ("ACERVO_LOCALE", "en")][..], Locale::En),
        (&[("LANG", "es"), ("ACERVO_LOCALE", "auto")][..], Locale::Es),
        (&[][..], Locale::En),
    ] {
        assert_eq!(
            accepted("", environment).locale,
            expected,
            "{environment:?}"
        );
    }
}

#[test]
fn files_that_are_not_settings() {
    // What the parser makes of the broken line, and what follows it, is still looked at.
    refused(
        "workers = \n[s3]\nlisten = 7",
        &[],
        &[
            "--config (f:1): not valid TOML",
            "workers (f:1): found",
            "s3.listen (f:3): found 7",
        ],
    );
    let missing = Config::load(Sources {
        file: Some(PathBuf::from("/nowhere/acervo.toml")),
        environment: owned(&[("ACERVO_WORKERS", "x")]).into_iter(),
        flags: Flags::default(),
    });
    let text = missing.unwrap_err().to_string();
    assert!(
        text.contains("(flag --config): cannot read /nowhere/acervo.toml: "),
        "{text}"
    );
    assert!(
        text.contains("workers (environment variable ACERVO_WORKERS)"),
        "{text}"
    );
}

#[test]
fn values_of_the_wrong_kind() {
    refused(
        "workers = 1.5",
        &[],
        &["found 1.5; expected a whole number"],
    );
    refused(
        "workers = '1'",
        &[],
        &["found \"1\"; expected a whole number"],
    );
    refused(
        "workers = 99999999999999999999999",
        &[],
        &["workers (f:1): "],
    );
    refused(
        "data_dir = ''",
        &[],
        &["data_dir (f:1): found \"\"; expected the path"],
    );
    refused(
        "data_dir = 2026-01-01",
        &[],
        &["found 2026-01-01; expected the path"],
    );
    refused("s3 = 1", &[], &["s3 (f:1): no such setting"]);
    refused(
        "[nothing_like_it]",
        &[],
        &["nothing_like_it (f:1): no such setting"],
    );
    refused(
        "[workers]\nx = 1",
        &[],
        &["workers.x (f:2): no such setting; did you mean workers?"],
    );
    refused(
        "blobs.s3.allow_http = 'true'",
        &[],
        &["expected one of: true, false"],
    );
    refused(
        "",
        &[("ACERVO_DATA_DIR", "a\u{fffd}")],
        &["expected the path"],
    );
    refused(
        "",
        &[("ACERVO_WORKERS", "+ 1")],
        &["expected a whole number"],
    );
}

#[test]
fn listeners() {
    refused(
        "s3.domains = ['A.example']",
        &[],
        &["expected host names in lower case"],
    );
    for wrong in ["1.2.3.4", "a..b", ".a", "a.", "-a", "a_b", "a:1", ""] {
        let toml = format!("s3.domains = ['{wrong}']");
        refused(&toml, &[], &["expected host names in lower case"]);
    }
    let listed = accepted("", &[("ACERVO_S3_DOMAINS", "a.example, b.example")])
        .s3
        .domains;
    assert_eq!(listed, ["a.example", "b.example"]);
    refused(
        "s3.region = 'us east'",
        &[],
        &["expected 1 to 64 lower-case letters"],
    );
    refused(
        "admin.listen = '127.0.0.1:9000'",
        &[],
        &["expected another address than s3.listen"],
    );
    refused(
        "s3.listen = '127.0.0.1:9001'",
        &[],
        &["admin.listen (f:1): found 127.0.0.1:9001"],
    );
    accepted(
        "s3.listen = '127.0.0.1:0'\nadmin.listen = '127.0.0.1:0'",
        &[],
    );
    refused(
        "s3.tls.certificate = '$/cert.pem'",
        &[],
        &["s3.tls.key (f:1): is missing"],
    );
    refused(
        "admin.tls.key = '$/key.pem'",
        &[],
        &["admin.tls.certificate (f:1): is missing"],
    );
    refused(
        "s3.tls = { certificate = '$/key.pem', key = '$/nothing.pem' }",
        &[],
        &[
            "key.pem: expected a PEM file with a certificate",
            "s3.tls.key (f:1): cannot read",
        ],
    );
    refused(
        "s3.tls = { certificate = '$/large.pem', key = '$/key.pem' }",
        &[],
        &["s3.tls.certificate (f:1): cannot read"],
    );
}

#[test]
fn root_keys() {
    let env = "root_key.provider = 'env'";
    refused(
        env,
        &[],
        &["ACERVO_ROOT_KEY (f:1): is missing; expected 32 bytes in base64"],
    );
    for wrong in ["", "AAAA", "not base64"] {
        let expected = "variable ACERVO_ROOT_KEY): value refused; expected 32 bytes in base64";
        refused(env, &[("ACERVO_ROOT_KEY", wrong)], &[expected]);
    }
    refused(
        "",
        &[("ACERVO_ROOT_KEY", KEY)],
        &["value refused; expected that it is not set"],
    );
    let config = accepted("root_key.path = 'k'", &[]);
    assert_eq!(
        config.root_key,
        RootKey::File {
            path: Some(PathBuf::from("k"))
        }
    );
}

#[test]
fn days_are_short_in_trials_alone() {
    let short = "[lifecycle]\nday_seconds = 2";
    refused(short, &[], &["lifecycle.day_seconds"]);
    let variable = [("ACERVO_LIFECYCLE_DAY_SECONDS", "2")];
    refused("", &variable, &["ACERVO_LIFECYCLE_DAY_SECONDS"]);
    let trial = accepted(short, &[("ACERVO_TESTING", "true")]);
    assert_eq!(trial.lifecycle.day_seconds, 2);
    accepted("[lifecycle]\nday_seconds = 86400", &[]);
    refused("lifecycle.day_seconds = 0", &[], &["lifecycle.day_seconds"]);
}

#[test]
fn remote_blobs() {
    refused(
        "blobs.backend = 's3'",
        &[],
        &[
            "blobs.s3.endpoint (f:1): is missing",
            "blobs.s3.bucket (f:1): is missing",
            "blobs.s3.access_key_id (f:1): is missing",
            "blobs.s3.secret_access_key (f:1): is missing",
        ],
    );
    for wrong in [
        "http://a",
        "ftp://a",
        "https://",
        "https://u@a",
        "https://a b",
        "a",
    ] {
        let toml = format!("blobs.s3.endpoint = '{wrong}'");
        refused(&toml, &[], &["expected a URL without the bucket"]);
    }
    for wrong in ["/a", "a//b", "../a", "a b"] {
        let toml = format!("blobs.s3.prefix = '{wrong}'");
        refused(&toml, &[], &["expected a prefix of letters"]);
    }
    refused(
        "blobs.s3.secret_access_key = 7",
        &[],
        &["value refused; expected a text"],
    );
}

#[test]
fn issuers() {
    refused(
        "[[auth.issuers]]\nname = 'a'\nalgorithms = ['HS256']\n[[auth.issuers]]\nnam = 'b'",
        &[],
        &[
            "auth.issuers.1.issuer (f:1): is missing",
            "auth.issuers.1.audiences (f:1): is missing",
            "auth.issuers.1.jwks_file (f:1): is missing",
            "auth.issuers.1.algorithms (f:3): found [\"HS256\"]; expected a list of some of: RS256",
            "auth.issuers.2.name (f:4): is missing",
            "auth.issuers.2.issuer (f:4): is missing",
            "auth.issuers.2.audiences (f:4): is missing",
            "auth.issuers.2.jwks_file (f:4): is missing",
            "auth.issuers.2.nam (f:5): no such setting; did you mean auth.issuers.2.name?",
        ],
    );
    let issuer = |more: &str| {
        format!(
            "[[auth.issuers]]\nname = 'a'\nissuer = 'i'\naudiences = ['x']\n\
             jwks_file = '$/jwks.json'\n{more}\n"
        )
    };
    let twice = issuer("") + &issuer("");
    refused(
        &twice,
        &[],
        &[
            "issuers.2.name (f:7): found \"a\"",
            "issuers.2.issuer (f:7)",
        ],
    );
    let both = issuer("agency = 'abc'\nclaims.agency = 'c'");
    refused(
        &both,
        &[],
        &["expected either agency or claims.agency, not both"],
    );
    refused(
        &issuer("agency = 'A'"),
        &[],
        &["expected 3 to 40 lower-case letters"],
    );
    refused(
        &issuer("claims.roles = 'a..b'"),
        &[],
        &["expected the name of a claim"],
    );
    refused(
        &issuer("algorithms = []"),
        &[],
        &["found []; expected a list of some of"],
    );
    refused(
        &issuer("leeway_seconds = 301"),
        &[],
        &["a whole number from 0 to 300"],
    );
    let no_keys = issuer("").replace("jwks.json", "key.pem");
    refused(&no_keys, &[], &["key.pem: expected a JWKS file"]);
    accepted("auth.issuers = []", &[]);
    refused(
        "auth.issuers = [1]",
        &[],
        &["auth.issuers (f:1): no such setting"],
    );
    refused(
        "auth.issuers = 1",
        &[],
        &["auth.issuers (f:1): no such setting"],
    );
}

#[test]
fn the_keys_of_an_issuer_come_from_one_place() {
    let issuer = |keys: &str| {
        format!("[[auth.issuers]]\nname = 'a'\nissuer = 'i'\naudiences = ['x']\n{keys}\n")
    };
    let config = accepted(
        &issuer(
            "discovery_url = 'https://id.mx/d'\njwks_hosts = ['k.mx', 'k.mx:8443']\n\
             required_claims = ['email_verified = true']\nrefresh_seconds = 60\n\
             claims = { agency_prefix = 'a-', roles_prefix = 'r-', tags = ['area=dep.name'] }",
        ),
        &[],
    );
    let [issuer_read] = config.auth.issuers.as_slice() else {
        panic!("not one")
    };
    let IssuerKeys::Url(url) = &issuer_read.keys else {
        panic!("not a URL")
    };
    assert_eq!((url.url.host(), url.is_discovery), ("id.mx", true));
    assert_eq!((url.refresh_seconds, url.refresh_min_seconds), (60, 10));
    assert_eq!(url.hosts, ["k.mx", "k.mx:8443"]);
    let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
    assert_eq!(issuer_read.required_claims, pair("email_verified", "true"));
    assert_eq!(issuer_read.tags, pair("area", "dep.name"));
    let check = |keys: &str, problem: &str| refused(&issuer(keys), &[], &[problem]);
    check(
        "jwks_url = 'https://a.mx/'\ndiscovery_url = 'https://b.mx/'",
        "auth.issuers.1.discovery_url (f:6): found \"https://b.mx/\"; expected only one of",
    );
    check(
        "jwks_url = 'http://a.mx/'",
        "auth.issuers.1.jwks_url (f:5): found \"http://a.mx/\"; expected an https:// URL",
    );
    check(
        "jwks_url = 'https://a.mx/'\njwks_hosts = ['https://b.mx']",
        "auth.issuers.1.jwks_hosts (f:6): found [\"https://b.mx\"]; expected host names",
    );
    check(
        "jwks_url = 'https://a.mx/'\nclaims.tags = ['area']",
        "auth.issuers.1.claims.tags (f:6): found [\"area\"]; expected a list of name=value",
    );
}
