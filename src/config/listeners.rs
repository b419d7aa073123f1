//! `[s3]` and `[admin]`: where the two doors listen, and how they speak TLS.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::types::network::Network;
use crate::types::secret::SecretText;

use super::error::{Fault, Origin, Wanted};
use super::reader::{Given, Reader};

/// The region that clients must sign for unless told otherwise: what every SDK and tool assumes
/// when it is told nothing, and the one region whose buckets are made without a location.
pub(super) const REGION: &str = "us-east-1";

/// `[s3]`: the door of the documents.
#[derive(Debug, Eq, PartialEq)]
pub struct S3 {
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Host names below which buckets and agencies are addressed as subdomains (virtual-host
    /// style), in lower case without a port.
    pub domains: Vec<String>,
    /// The region of signatures.
    pub region: String,
    /// Whether requests may bring keys of customers over plain HTTP.
    pub customer_keys_over_http: bool,
    /// The proxies that say who came to them, and by which protocol.
    pub trusted_proxies: Vec<Network>,
    /// The certificate; without one, plain HTTP.
    pub tls: Option<Tls>,
}

/// `[admin]`: the operators' door.
#[derive(Debug, Eq, PartialEq)]
pub struct Admin {
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The certificate; without one, plain HTTP.
    pub tls: Option<Tls>,
}

/// A certificate and its key, read from their files when the settings were.
#[derive(Debug, Eq, PartialEq)]
pub struct Tls {
    /// The file of the certificate chain.
    pub certificate: PathBuf,
    /// The file of the private key.
    pub key: PathBuf,
    /// PEM: the server's certificate first, then the chain.
    pub certificate_pem: String,
    /// PEM: the private key.
    pub key_pem: SecretText,
}

const ADDRESS: Wanted = Wanted::Words(
    "una dirección IP y un puerto, como 127.0.0.1:9000 o [::]:9000",
    "an IP address and a port, such as 127.0.0.1:9000 or [::]:9000",
);

impl S3 {
    pub(super) fn read(reader: &mut Reader) -> (Self, Option<Origin>) {
        const DOMAINS: Wanted = Wanted::Words(
            "nombres de dominio en minúsculas y sin puerto, como documentos.estado.gob.mx",
            "host names in lower case without a port, such as documents.state.example",
        );
        const REGION_NAME: Wanted = Wanted::Words(
            "de 1 a 64 letras minúsculas, dígitos y guiones, como us-east-1",
            "1 to 64 lower-case letters, digits and hyphens, such as us-east-1",
        );
        const PROXIES: Wanted = Wanted::Words(
            "direcciones IP y redes, como 127.0.0.1 y 10.1.0.0/16",
            "IP addresses and networks, such as 127.0.0.1 and 10.1.0.0/16",
        );
        let (listen, origin) = listen(reader, "s3.listen", 9000);
        let domains = reader.list("s3.domains", Some(DOMAINS), parse_domain);
        let region = reader.parsed("s3.region", REGION_NAME, parse_region);
        let customer_keys_over_http = reader.boolean("s3.customer_keys_over_http", false);
        let proxies = reader.list("s3.trusted_proxies", Some(PROXIES), Network::parse);
        let tls = Tls::read(reader, "s3.tls.");
        let s3 = Self {
            listen,
            domains: domains.map(|d| d.value).unwrap_or_default(),
            region: region.map_or_else(|| REGION.to_owned(), |r| r.value),
            customer_keys_over_http,
            trusted_proxies: proxies.map(|p| p.value).unwrap_or_default(),
            tls,
        };
        (s3, origin)
    }
}

impl Admin {
    /// `s3` is the other door, which this one must not share a port with, and its place.
    pub(super) fn read(reader: &mut Reader, s3: (SocketAddr, Option<Origin>)) -> Self {
        const ANOTHER: Wanted = Wanted::Words(
            "otra dirección que la de s3.listen",
            "another address than s3.listen",
        );
        let (listen, origin) = listen(reader, "admin.listen", 9001);
        let (s3_listen, s3_origin) = s3;
        if listen == s3_listen && listen.port() != 0 {
            // One of the two was given: the defaults differ.
            if let Some(origin) = origin.or(s3_origin) {
                let fault = Fault::Refused {
                    found: Some(listen.to_string()),
                    wanted: ANOTHER,
                };
                reader.report("admin.listen", origin, fault);
            }
        }
        Self {
            listen,
            tls: Tls::read(reader, "admin.tls."),
        }
    }
}

impl Tls {
    fn read(reader: &mut Reader, prefix: &str) -> Option<Self> {
        const CERTIFICATE: Wanted = Wanted::Words(
            "un archivo PEM con un certificado (BEGIN CERTIFICATE)",
            "a PEM file with a certificate (BEGIN CERTIFICATE)",
        );
        const KEY: Wanted = Wanted::Words(
            "un archivo PEM con una llave privada (BEGIN … PRIVATE KEY)",
            "a PEM file with a private key (BEGIN … PRIVATE KEY)",
        );
        let certificate = (
            format!("{prefix}certificate"),
            CERTIFICATE,
            "-----BEGIN CERTIFICATE",
        );
        let key = (format!("{prefix}key"), KEY, "PRIVATE KEY-----");
        let (certificate_path, key_path) = (reader.path(&certificate.0), reader.path(&key.0));
        let certificate_text = pem(reader, &certificate, certificate_path.as_ref());
        let key_text = pem(reader, &key, key_path.as_ref()).map(SecretText::new);
        match (&certificate_path, &key_path) {
            (Some(given), None) => reader.report(key.0, given.origin.clone(), Fault::Missing(KEY)),
            (None, Some(given)) => {
                let fault = Fault::Missing(CERTIFICATE);
                reader.report(certificate.0, given.origin.clone(), fault);
            }
            _ => {}
        }
        Some(Self {
            certificate: certificate_path?.value,
            key: key_path?.value,
            certificate_pem: certificate_text?,
            key_pem: key_text?,
        })
    }
}

/// The text of a PEM file that has the marker; reports what it has not.
fn pem(
    reader: &mut Reader,
    (setting, wanted, marker): &(String, Wanted, &str),
    path: Option<&Given<PathBuf>>,
) -> Option<String> {
    let path = path?;
    let text = reader.file_text(setting, path)?;
    if !text.contains(marker) {
        let fault = Fault::NotA(path.value.clone(), *wanted);
        reader.report(setting.clone(), path.origin.clone(), fault);
        return None;
    }
    Some(text)
}

fn listen(reader: &mut Reader, setting: &str, port: u16) -> (SocketAddr, Option<Origin>) {
    match reader.parsed(setting, ADDRESS, |text| text.parse().ok()) {
        Some(given) => (given.value, Some(given.origin)),
        None => (SocketAddr::from(([127, 0, 0, 1], port)), None),
    }
}

/// A host name: RFC 1123 section 2.1, in lower case.
fn parse_domain(text: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let good = text.len() <= 253 && text.split('.').all(label) && text.parse::<IpAddr>().is_err();
    good.then(|| text.to_owned())
}

fn parse_region(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
}
