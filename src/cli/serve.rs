//! `acervo serve`.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::blobs::error::Error as BlobError;
use crate::config::{Config, Flags, LogFormat, RootKey, Sources};
use crate::keys::error::Error as KeyError;
use crate::server;
use crate::telemetry;
use crate::types::names::PrincipalName;

use super::arguments::ServeFlags;
use super::credentials::{CredentialsFile, credentials_json, operator_json};
use super::greeting::{Place, greeting};
use super::refusal::StartRefusal;
use super::remote_refusal::{RemoteFault, RemoteRefusal};
use super::words::words;
use super::{Console, Exit, complain};

/// Serves until told to stop.
pub(super) fn run(
    flags: ServeFlags,
    environment: impl Iterator<Item = (String, String)>,
    console: &mut Console<'_>,
) -> Exit {
    let ServeFlags {
        config: file,
        data_dir,
        listen,
        admin_listen,
        credentials_file,
        new_operator,
    } = flags;
    let flags = Flags {
        data_dir,
        listen,
        admin_listen,
    };
    let config = match Config::load(Sources {
        file,
        environment,
        flags,
    }) {
        Ok(config) => config,
        Err(problems) => {
            complain(console, words(problems.locale).settings_wrong);
            complain(console, &problems.render(problems.locale));
            return Exit::Usage;
        }
    };
    let place = place(&config, credentials_file);
    match serve(config, new_operator.as_ref(), &place, console) {
        Ok(()) => Exit::Done,
        Err(refusal) => {
            complain(console, &refusal.sentence(place.locale));
            Exit::Failed
        }
    }
}

fn serve(
    config: Config,
    new_operator: Option<&PrincipalName>,
    place: &Place,
    console: &mut Console<'_>,
) -> Result<(), StartRefusal> {
    let file = place.credentials_file.as_deref();
    let credentials_file = file
        .map(CredentialsFile::prepare)
        .transpose()
        .map_err(|source| {
            let path = file.unwrap_or(&place.data_dir).to_owned();
            StartRefusal::CredentialsFile { path, source }
        })?;
    telemetry::install(telemetry::Settings {
        format: match config.log.format {
            LogFormat::Json => telemetry::Format::Json,
            LogFormat::Text => telemetry::Format::Text,
        },
        level: config.log.level,
    });
    server::run(&config, new_operator, |started| {
        greet(started, place.clone(), credentials_file, console)
    })
    .map_err(refusal)
}

/// Tells what is served, and the credentials of a first start: in the file that was asked for, else
/// on the output. Fails over to the output, because they cannot be told again.
fn greet(
    started: &server::Started,
    mut place: Place,
    file: Option<CredentialsFile>,
    console: &mut Console<'_>,
) {
    let json = match (&started.first, &started.operator) {
        (Some(first), _) => Some(credentials_json(started, first)),
        (None, Some(operator)) => Some(operator_json(operator)),
        (None, None) => None,
    };
    if let (Some(file), Some(json)) = (file, json)
        && let Err(error) = file.write(&json)
    {
        let sentence = words(place.locale).credentials_not_written;
        complain(console, &format!("{sentence} {error}"));
        place.credentials_file = None;
    }
    let text = greeting(started, &place);
    if let Err(error) = console
        .out
        .write_all(text.as_bytes())
        .and_then(|()| console.out.flush())
    {
        tracing::warn!(%error, "nobody could be told that the server is ready");
    }
}

fn place(config: &Config, credentials_file: Option<PathBuf>) -> Place {
    let root_key = match &config.root_key {
        RootKey::File { path } => Some(
            path.clone()
                .unwrap_or_else(|| config.data_dir.join("root.key")),
        ),
        RootKey::Env { .. } => None,
    };
    let data_dir = config.data_dir.clone();
    Place {
        locale: config.locale,
        data_dir,
        root_key,
        credentials_file,
    }
}

/// What an operator is told of an error of the server.
fn refusal(error: server::Error) -> StartRefusal {
    use server::Error as E;
    match error {
        E::Listen {
            address,
            setting,
            source,
        } if source.kind() == ErrorKind::AddrInUse => StartRefusal::PortTaken { address, setting },
        E::Listen {
            address,
            setting,
            source,
        } => StartRefusal::CannotListen {
            address,
            setting,
            source,
        },
        E::Unwritable { path, source } => StartRefusal::Disk { path, source },
        E::InUse { path } => StartRefusal::InUse { path },
        E::Unidentified { path } => StartRefusal::NoIdentity { path },
        E::NewerFormat {
            path,
            format,
            known,
        } => StartRefusal::NewerFormat {
            path,
            found: format,
            known,
        },
        E::Damaged { path } => StartRefusal::BadIdentity { path },
        E::RootKeyMissing { path } => StartRefusal::RootKeyMissing { path },
        E::RootKey(KeyError::RootKeyMode { path, .. }) => StartRefusal::RootKeyExposed { path },
        E::RootKey(KeyError::RootKeyLength { path }) => StartRefusal::RootKeyDamaged { path },
        E::RootKey(KeyError::RootKeyRefused(_)) => StartRefusal::RootKeyWrong,
        E::Tls { path, source } => StartRefusal::Tls {
            path,
            reason: source.to_string(),
        },
        E::Remote {
            endpoint,
            bucket,
            source,
        } => remote_refusal(endpoint, bucket, &source),
        E::Issuer { name, source } => StartRefusal::Issuer {
            name,
            reason: source.to_string(),
        },
        other => StartRefusal::Other {
            reason: causes(&other),
        },
    }
}

fn remote_refusal(endpoint: String, bucket: String, error: &BlobError) -> StartRefusal {
    let fault = match error {
        BlobError::Denied(_) => RemoteFault::Denied,
        BlobError::NoBucket(_) => RemoteFault::NoBucket,
        BlobError::Taken => RemoteFault::Taken,
        other => RemoteFault::Other(causes(other)),
    };
    StartRefusal::Remote(RemoteRefusal {
        endpoint,
        bucket,
        fault,
    })
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason.push_str(": ");
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    reason
}
