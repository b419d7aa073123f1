//! Why the server did not start, and what to do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Locale;

use super::remote_refusal::RemoteRefusal;

/// A start that was refused.
#[derive(Debug)]
pub enum StartRefusal {
    /// Another process listens there.
    PortTaken {
        /// The address that was asked for.
        address: SocketAddr,
        /// The setting that asked for it.
        setting: &'static str,
    },
    /// The address is not one of this machine, or a port below 1024 without the right to it.
    CannotListen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The setting that asked for it.
        setting: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate or its key is of no use.
    Tls {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The data directory was written by a later version.
    NewerFormat {
        /// The data directory.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The latest that this version knows.
        known: u32,
    },
    /// There is data, but no `acervo.json` that says what it is.
    NoIdentity {
        /// The data directory.
        path: PathBuf,
    },
    /// `acervo.json` is not one.
    BadIdentity {
        /// The file.
        path: PathBuf,
    },
    /// There is data, but no root key to open it.
    RootKeyMissing {
        /// Where the root key should be.
        path: PathBuf,
    },
    /// The root key is not the one that wrapped the data.
    RootKeyWrong,
    /// Others than its owner may read the root key.
    RootKeyExposed {
        /// The file of the root key.
        path: PathBuf,
    },
    /// The file of the root key has another length than 32 bytes.
    RootKeyDamaged {
        /// The file of the root key.
        path: PathBuf,
    },
    /// Another process uses the data directory.
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The disk refuses to be read or written.
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The credentials file cannot be written.
    CredentialsFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The remote of the blobs cannot be used.
    Remote(RemoteRefusal),
    /// An issuer's key set is refused.
    Issuer {
        /// The issuer's name in the settings.
        name: String,
        /// What is wrong with its keys.
        reason: String,
    },
    /// Anything else, in the words of the log.
    Other {
        /// The error and its causes.
        reason: String,
    },
}

impl StartRefusal {
    /// What happened and what to do, in one or two sentences.
    pub fn sentence(&self, locale: Locale) -> String {
        match locale {
            Locale::Es => self.es(),
            Locale::En => self.en(),
        }
    }

    fn es(&self) -> String {
        match self {
            Self::PortTaken { address, setting } => format!(
                "Otro proceso ya escucha en {address}. Deténgalo, o elija otra dirección en el \
                 ajuste {setting}."
            ),
            Self::CannotListen {
                address,
                setting,
                source,
            } => format!(
                "No se puede escuchar en {address} ({source}). Elija en el ajuste {setting} una \
                 dirección de esta máquina y un puerto permitido."
            ),
            Self::Tls { path, reason } => format!(
                "El certificado {} o su llave no sirve: {reason}. Corrija los archivos o los \
                 ajustes tls.",
                path.display()
            ),
            Self::NewerFormat { path, found, known } => format!(
                "{} fue escrito por una versión más nueva de Acervo (formato {found}; esta conoce \
                 hasta el {known}). Use esa versión; nada se ha cambiado.",
                path.display()
            ),
            Self::NoIdentity { path } => format!(
                "{0} contiene datos, pero no acervo.json, que dice cuáles son. Restaure \
                 {0}/acervo.json del respaldo, o elija otra carpeta con data_dir.",
                path.display()
            ),
            Self::BadIdentity { path } => format!(
                "{} está dañado o no es de Acervo. Restáurelo del respaldo.",
                path.display()
            ),
            Self::RootKeyMissing { path } => format!(
                "Hay datos, pero falta la llave raíz que los abre: {}. Restáurela de su respaldo; \
                 una llave nueva no abriría nada, así que no se hace ninguna.",
                path.display()
            ),
            Self::RootKeyWrong => "La llave raíz no es la que selló estos datos. Restaure la que \
                                   les corresponde, o corrija data_dir o root_key."
                .to_owned(),
            Self::RootKeyExposed { path } => format!(
                "Otros usuarios pueden leer la llave raíz. Quíteles el permiso: chmod 600 {}",
                path.display()
            ),
            Self::RootKeyDamaged { path } => format!(
                "{} no tiene los 32 octetos de una llave raíz. Restáurela de su respaldo.",
                path.display()
            ),
            Self::InUse { path } => format!(
                "Otro proceso de Acervo usa {}. Deténgalo, o elija otra carpeta con data_dir.",
                path.display()
            ),
            Self::Disk { path, source } => format!(
                "No se puede leer o escribir {} ({source}). Revise los permisos y el espacio del \
                 disco.",
                path.display()
            ),
            Self::CredentialsFile { path, source } => format!(
                "No se puede escribir el archivo de credenciales {} ({source}). Elija otro con \
                 --credentials-file.",
                path.display()
            ),
            Self::Remote(refusal) => refusal.sentence(Locale::Es),
            Self::Issuer { name, reason } => format!(
                "Las llaves del emisor {name:?} no se aceptan: {reason}. Corrija su jwks_file."
            ),
            Self::Other { reason } => format!("Acervo no puede continuar: {reason}"),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::PortTaken { address, setting } => format!(
                "Another process already listens on {address}. Stop it, or choose another address \
                 with the setting {setting}."
            ),
            Self::CannotListen {
                address,
                setting,
                source,
            } => format!(
                "Cannot listen on {address} ({source}). Choose an address of this machine and a \
                 permitted port with the setting {setting}."
            ),
            Self::Tls { path, reason } => format!(
                "The certificate {} or its key is of no use: {reason}. Correct the files or the \
                 tls settings.",
                path.display()
            ),
            Self::NewerFormat { path, found, known } => format!(
                "{} was written by a newer version of Acervo (format {found}; this one knows up to \
                 {known}). Use that version; nothing has been changed.",
                path.display()
            ),
            Self::NoIdentity { path } => format!(
                "{0} holds data, but no acervo.json, which says what it is. Restore \
                 {0}/acervo.json from the backup, or choose another folder with data_dir.",
                path.display()
            ),
            Self::BadIdentity { path } => {
                format!(
                    "{} is damaged or not Acervo's. Restore it from the backup.",
                    path.display()
                )
            }
            Self::RootKeyMissing { path } => format!(
                "There is data, but the root key that opens it is missing: {}. Restore it from its \
                 backup; a new key would open nothing, so none is made.",
                path.display()
            ),
            Self::RootKeyWrong => "The root key is not the one that sealed this data. Restore the \
                                   one that belongs to it, or correct data_dir or root_key."
                .to_owned(),
            Self::RootKeyExposed { path } => format!(
                "Other users can read the root key. Take that permission away: chmod 600 {}",
                path.display()
            ),
            Self::RootKeyDamaged { path } => format!(
                "{} does not have the 32 bytes of a root key. Restore it from its backup.",
                path.display()
            ),
            Self::InUse { path } => format!(
                "Another process uses {}. Stop it, or choose another folder with data_dir.",
                path.display()
            ),
            Self::Disk { path, source } => format!(
                "Cannot read or write {} ({source}). Look at its permissions and at the space on \
                 the disk.",
                path.display()
            ),
            Self::CredentialsFile { path, source } => format!(
                "Cannot write the credentials file {} ({source}). Choose another with \
                 --credentials-file.",
                path.display()
            ),
            Self::Remote(refusal) => refusal.sentence(Locale::En),
            Self::Issuer { name, reason } => format!(
                "The keys of the issuer {name:?} are refused: {reason}. Correct its jwks_file."
            ),
            Self::Other { reason } => format!("Acervo cannot go on: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::StartRefusal;
    use crate::cli::remote_refusal::{RemoteFault, RemoteRefusal};
    use crate::config::Locale;

    fn remote(fault: RemoteFault) -> StartRefusal {
        StartRefusal::Remote(RemoteRefusal {
            endpoint: "https://s3.example".to_owned(),
            bucket: "acervo".to_owned(),
            fault,
        })
    }

    fn every() -> Vec<StartRefusal> {
        let path = || PathBuf::from("data");
        let source = || io::Error::from(io::ErrorKind::PermissionDenied);
        let reason = || "the reason".to_owned();
        let address = ([127, 0, 0, 1], 9000).into();
        vec![
            StartRefusal::PortTaken {
                address,
                setting: "s3.listen",
            },
            StartRefusal::CannotListen {
                address,
                setting: "s3.listen",
                source: source(),
            },
            StartRefusal::Tls {
                path: path(),
                reason: reason(),
            },
            StartRefusal::NewerFormat {
                path: path(),
                found: 2,
                known: 1,
            },
            StartRefusal::NoIdentity { path: path() },
            StartRefusal::BadIdentity { path: path() },
            StartRefusal::RootKeyMissing { path: path() },
            StartRefusal::RootKeyWrong,
            StartRefusal::RootKeyExposed { path: path() },
            StartRefusal::RootKeyDamaged { path: path() },
            StartRefusal::InUse { path: path() },
            StartRefusal::Disk {
                path: path(),
                source: source(),
            },
            StartRefusal::CredentialsFile {
                path: path(),
                source: source(),
            },
            remote(RemoteFault::Denied),
            remote(RemoteFault::NoBucket),
            remote(RemoteFault::Taken),
            remote(RemoteFault::Other(reason())),
            StartRefusal::Issuer {
                name: "llave".to_owned(),
                reason: reason(),
            },
            StartRefusal::Other { reason: reason() },
        ]
    }

    #[test]
    fn sentences() {
        for (name, locale) in [("es", Locale::Es), ("en", Locale::En)] {
            let sentences: Vec<String> = every().iter().map(|r| r.sentence(locale)).collect();
            insta::assert_snapshot!(format!("refusals_{name}"), sentences.join("\n"));
        }
    }
}
