//! The settings of the client of the admin API: flags and environment, no file.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::types::secret::SecretText;

use super::error::{Fault, Origin, Problem, Problems, Wanted};
use super::locale::Locale;

/// The variable of the admin API's URL.
pub const ENDPOINT_VARIABLE: &str = "ACERVO_ADMIN_ENDPOINT";
/// The variable of the operator's token.
pub const TOKEN_VARIABLE: &str = "ACERVO_ADMIN_TOKEN";
/// The variable of the file with the certificates that sign the admin API's.
pub const CA_FILE_VARIABLE: &str = "ACERVO_ADMIN_CA_FILE";

const ENDPOINT: &str = "http://127.0.0.1:9001";

/// How to reach the admin API.
#[derive(Debug)]
pub struct AdminClient {
    /// Its URL without a path, and without a slash at the end.
    pub endpoint: String,
    /// The operator's token; health needs none.
    pub token: Option<SecretText>,
    /// The certificates (PEM) that are trusted to sign the admin API's, instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// The language of the answers.
    pub locale: Locale,
}

impl AdminClient {
    /// Flags over environment over defaults.
    pub fn load(
        endpoint: Option<String>,
        token: Option<String>,
        ca_file: Option<PathBuf>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        const URL: Wanted = Wanted::Words(
            "una URL sin ruta, como http://127.0.0.1:9001",
            "a URL without a path, such as http://127.0.0.1:9001",
        );
        let mut environment: BTreeMap<String, String> = environment.collect();
        let locale = super::locale_of(&environment);
        let flag = endpoint.map(|e| (e, Origin::Flag("--endpoint")));
        let variable = environment.remove(ENDPOINT_VARIABLE);
        let variable = variable.map(|e| (e, Origin::Environment(ENDPOINT_VARIABLE.to_owned())));
        let mut list = Vec::new();
        let endpoint = match flag.or(variable) {
            None => ENDPOINT.to_owned(),
            Some((text, origin)) => parse_endpoint(&text).unwrap_or_else(|| {
                list.push(Problem {
                    setting: "endpoint".to_owned(),
                    origin,
                    fault: Fault::Refused {
                        found: Some(format!("{text:?}")),
                        wanted: URL,
                    },
                });
                String::new()
            }),
        };
        let flag = ca_file.map(|path| (path, Origin::Flag("--ca-file")));
        let variable = environment.remove(CA_FILE_VARIABLE).map(PathBuf::from);
        let variable = variable.map(|p| (p, Origin::Environment(CA_FILE_VARIABLE.to_owned())));
        let authorities = flag.or(variable).and_then(|(path, origin)| {
            let fault = match read_certificates(path) {
                Ok(certificates) => return Some(certificates),
                Err(fault) => fault,
            };
            list.push(Problem {
                setting: "ca-file".to_owned(),
                origin,
                fault,
            });
            None
        });
        if !list.is_empty() {
            return Err(Problems { list, locale });
        }
        let token = token.or_else(|| environment.remove(TOKEN_VARIABLE));
        let token = token.filter(|t| !t.is_empty()).map(SecretText::new);
        Ok(Self {
            endpoint,
            token,
            authorities,
            locale,
        })
    }
}

/// Bytes of a file of certificates: the system's own have a quarter of a megabyte.
const CERTIFICATES_BYTES_MAX: usize = 1 << 20;

fn read_certificates(path: PathBuf) -> Result<Vec<u8>, Fault> {
    const CERTIFICATES: Wanted = Wanted::Words(
        "certificados en formato PEM (-----BEGIN CERTIFICATE-----)",
        "certificates in PEM (-----BEGIN CERTIFICATE-----)",
    );
    match fs::read(&path) {
        Err(error) => Err(Fault::Unreadable(path, error)),
        Ok(text) => {
            let begin = b"-----BEGIN CERTIFICATE-----";
            let is_pem = text.windows(begin.len()).any(|window| window == begin);
            match is_pem && text.len() <= CERTIFICATES_BYTES_MAX {
                true => Ok(text),
                false => Err(Fault::NotA(path, CERTIFICATES)),
            }
        }
    }
}

fn parse_endpoint(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let good = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"/?#@\\".contains(&b));
    good.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{AdminClient, parse_endpoint};

    #[test]
    fn endpoints() {
        for (text, expected) in [
            ("http://127.0.0.1:9001/", Some("http://127.0.0.1:9001")),
            ("https://[::1]:9001", Some("https://[::1]:9001")),
            ("127.0.0.1:9001", None),
            ("http://", None),
            ("http://a/admin", None),
            ("http://user@a", None),
            ("http://a b", None),
        ] {
            assert_eq!(parse_endpoint(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn flags_over_environment() {
        let environment = || {
            [
                ("ACERVO_ADMIN_ENDPOINT", "http://e:1"),
                ("ACERVO_ADMIN_TOKEN", "t"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
        };
        let client = AdminClient::load(None, None, None, environment()).unwrap();
        assert_eq!(client.endpoint, "http://e:1");
        assert_eq!(client.token.unwrap().expose(), "t");
        let flag = Some("http://f:2".to_owned());
        let client = AdminClient::load(flag, Some("u".to_owned()), None, environment()).unwrap();
        assert_eq!(client.endpoint, "http://f:2");
        assert_eq!(client.token.unwrap().expose(), "u");
        let problems =
            AdminClient::load(Some("f".to_owned()), None, None, environment()).unwrap_err();
        let expected = "endpoint (flag --endpoint): found \"f\"; expected a URL without a path, \
                        such as http://127.0.0.1:9001";
        assert_eq!(problems.to_string(), expected);
    }
}
