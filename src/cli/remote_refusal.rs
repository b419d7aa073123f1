//! Why the remote of the blobs cannot be used, and what to do about it.

use crate::config::Locale;

/// A remote that refuses.
#[derive(Debug)]
pub struct RemoteRefusal {
    /// The remote's URL.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What is wrong.
    pub fault: RemoteFault,
}

/// What is wrong with a remote.
#[derive(Debug)]
pub enum RemoteFault {
    /// It refuses the credential.
    Denied,
    /// It has no such bucket.
    NoBucket,
    /// The prefix holds the blobs of another installation.
    Taken,
    /// Anything else, in its words.
    Other(String),
}

impl RemoteRefusal {
    /// What happened and what to do, in one or two sentences.
    pub(super) fn sentence(&self, locale: Locale) -> String {
        match locale {
            Locale::Es => self.es(),
            Locale::En => self.en(),
        }
    }

    fn es(&self) -> String {
        let Self {
            endpoint,
            bucket,
            fault,
        } = self;
        match fault {
            RemoteFault::Denied => format!(
                "{endpoint} no acepta la credencial de blobs.s3 para leer y escribir en la cubeta \
                 {bucket:?}. Corrija access_key_id y secret_access_key, o dele el permiso."
            ),
            RemoteFault::NoBucket => format!(
                "{endpoint} no tiene la cubeta {bucket:?}. Créela, o corrija blobs.s3.bucket."
            ),
            RemoteFault::Taken => format!(
                "Otra instalación de Acervo guarda sus documentos en la cubeta {bucket:?} de \
                 {endpoint} bajo el mismo prefijo. Elija otro en blobs.s3.prefix."
            ),
            RemoteFault::Other(reason) => format!(
                "La cubeta {bucket:?} de {endpoint} no se puede usar: {reason}. Corrija los \
                 ajustes blobs.s3."
            ),
        }
    }

    fn en(&self) -> String {
        let Self {
            endpoint,
            bucket,
            fault,
        } = self;
        match fault {
            RemoteFault::Denied => format!(
                "{endpoint} does not accept the credential of blobs.s3 for reading and writing in \
                 the bucket {bucket:?}. Correct access_key_id and secret_access_key, or give it \
                 that permission."
            ),
            RemoteFault::NoBucket => {
                format!("{endpoint} has no bucket {bucket:?}. Make it, or correct blobs.s3.bucket.")
            }
            RemoteFault::Taken => format!(
                "Another installation of Acervo keeps its documents in the bucket {bucket:?} of \
                 {endpoint} under the same prefix. Choose another with blobs.s3.prefix."
            ),
            RemoteFault::Other(reason) => format!(
                "The bucket {bucket:?} of {endpoint} cannot be used: {reason}. Correct the \
                 settings blobs.s3."
            ),
        }
    }
}
