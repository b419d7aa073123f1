//! `[blobs]`: where sealed blobs live.

use crate::types::secret::SecretText;

use super::error::{Fault, Origin, Wanted};
use super::listeners::REGION;
use super::reader::{Given, Reader};

/// `[blobs]`: the backend of the blobs.
#[derive(Debug, Eq, PartialEq)]
pub enum Blobs {
    /// The data directory.
    Local,
    /// Memory: everything is lost at the stop. For tests.
    Memory,
    /// An S3-compatible store, which sees ciphertext alone.
    S3(RemoteBlobs),
}

/// `[blobs.s3]`: an S3-compatible store.
#[derive(Debug, Eq, PartialEq)]
pub struct RemoteBlobs {
    /// The URL of the store, without the bucket.
    pub endpoint: String,
    /// The bucket, which must exist.
    pub bucket: String,
    /// What every name begins with; empty, or ending with `/`.
    pub prefix: String,
    /// The region to sign for.
    pub region: String,
    /// The public half of the credential.
    pub access_key_id: String,
    /// Its secret half.
    pub secret_access_key: SecretText,
    /// Whether the endpoint may be plain HTTP.
    pub allow_http: bool,
}

#[derive(Clone, Copy)]
enum Backend {
    Local,
    Memory,
    S3,
}

impl Blobs {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let backends = [Backend::Local, Backend::Memory, Backend::S3];
        let backend = reader.choice("blobs.backend", &["local", "memory", "s3"], &backends);
        let remote = Remote::read(reader);
        match backend {
            Some(Given {
                value: Backend::S3,
                origin,
            }) => remote
                .complete(reader, &origin)
                .map_or(Self::Local, Self::S3),
            Some(Given {
                value: Backend::Memory,
                ..
            }) => Self::Memory,
            _ => Self::Local,
        }
    }
}

/// What of `[blobs.s3]` was given; complete only if the backend needs it.
struct Remote {
    endpoint: Option<Given<String>>,
    bucket: Option<Given<String>>,
    prefix: Option<Given<String>>,
    region: Option<Given<String>>,
    access_key_id: Option<Given<String>>,
    secret_access_key: Option<Given<SecretText>>,
    allow_http: bool,
}

const ENDPOINT: Wanted = Wanted::Words(
    "una URL sin bucket, como https://s3.estado.gob.mx (o http:// con allow_http = true)",
    "a URL without the bucket, such as https://s3.example (or http:// with allow_http = true)",
);
const TEXT: Wanted = Wanted::Words(
    "un texto, porque blobs.backend es s3",
    "a text, because blobs.backend is s3",
);

impl Remote {
    fn read(reader: &mut Reader) -> Self {
        const PREFIX: Wanted = Wanted::Words(
            "un prefijo de letras, dígitos, - _ . y / sin / al principio, como acervo/",
            "a prefix of letters, digits, - _ . and / with no / at the start, such as acervo/",
        );
        let allow_http = reader.boolean("blobs.s3.allow_http", false);
        Self {
            endpoint: reader.parsed("blobs.s3.endpoint", ENDPOINT, |text| {
                let plain = text.strip_prefix("http://").filter(|_| allow_http);
                let host = text.strip_prefix("https://").or(plain)?;
                let good = host.bytes().all(|b| b.is_ascii_graphic()) && !host.contains('@');
                (good && !host.is_empty()).then(|| text.trim_end_matches('/').to_owned())
            }),
            bucket: reader.text("blobs.s3.bucket"),
            prefix: reader.parsed("blobs.s3.prefix", PREFIX, parse_prefix),
            region: reader.text("blobs.s3.region"),
            access_key_id: reader.text("blobs.s3.access_key_id"),
            secret_access_key: reader.secret("blobs.s3.secret_access_key"),
            allow_http,
        }
    }

    fn complete(self, reader: &mut Reader, origin: &Origin) -> Option<RemoteBlobs> {
        let missing = [
            ("blobs.s3.endpoint", ENDPOINT, self.endpoint.is_none()),
            ("blobs.s3.bucket", TEXT, self.bucket.is_none()),
            ("blobs.s3.access_key_id", TEXT, self.access_key_id.is_none()),
            (
                "blobs.s3.secret_access_key",
                TEXT,
                self.secret_access_key.is_none(),
            ),
        ];
        for (setting, wanted, _) in missing.into_iter().filter(|(_, _, missing)| *missing) {
            // A value that was refused has been reported already.
            if !reader.has_reported(setting) {
                reader.report(setting, origin.clone(), Fault::Missing(wanted));
            }
        }
        Some(RemoteBlobs {
            endpoint: self.endpoint?.value,
            bucket: self.bucket?.value,
            prefix: self.prefix.map(|p| p.value).unwrap_or_default(),
            region: self.region.map_or_else(|| REGION.to_owned(), |r| r.value),
            access_key_id: self.access_key_id?.value,
            secret_access_key: self.secret_access_key?.value,
            allow_http: self.allow_http,
        })
    }
}

/// No segment of `.` or `..`, none empty; a `/` is added at the end.
fn parse_prefix(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Some(String::new());
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let segment = |s: &str| !["", ".", ".."].contains(&s) && s.bytes().all(allowed);
    text.split('/').all(segment).then(|| format!("{text}/"))
}
