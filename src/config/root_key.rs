//! `[root_key]`: who keeps the key that wraps every agency's.

use std::path::PathBuf;

use crate::types::encoding;
use crate::types::secret::SecretText;

use super::error::{Fault, Origin, Wanted};
use super::reader::Reader;

/// The variable that holds the root key of the `env` provider: base64 of 32 bytes.
pub const VARIABLE: &str = "ACERVO_ROOT_KEY";

/// `[root_key]`: the provider of the root key.
#[derive(Debug, Eq, PartialEq)]
pub enum RootKey {
    /// A file of 32 bytes, made at the first start.
    File {
        /// The file; `root.key` in the data directory when not set.
        path: Option<PathBuf>,
    },
    /// The value of the variable [`VARIABLE`].
    Env {
        /// Base64 of 32 bytes; checked.
        value: SecretText,
    },
}

#[derive(Clone, Copy)]
enum Provider {
    File,
    Env,
}

impl RootKey {
    pub(super) fn read(reader: &mut Reader) -> Self {
        const WANTED: Wanted = Wanted::Words(
            "32 octetos en base64, como los de: openssl rand -base64 32",
            "32 bytes in base64, as made by: openssl rand -base64 32",
        );
        const NO_VALUE: Wanted = Wanted::Words(
            "que no exista, o root_key.provider = \"env\"",
            "that it is not set, or root_key.provider = \"env\"",
        );
        let providers = [Provider::File, Provider::Env];
        let provider = reader.choice("root_key.provider", &["file", "env"], &providers);
        let path = reader.path("root_key.path").map(|p| p.value);
        let value = reader.variable(VARIABLE).map(SecretText::new);
        let variable = || Origin::Environment(VARIABLE.to_owned());
        match (provider, value) {
            (Some(given), value) if matches!(given.value, Provider::Env) => match value {
                Some(value) if is_key(&value) => return Self::Env { value },
                Some(_) => {
                    let fault = Fault::Refused {
                        found: None,
                        wanted: WANTED,
                    };
                    reader.report(VARIABLE, variable(), fault);
                }
                None => reader.report(VARIABLE, given.origin, Fault::Missing(WANTED)),
            },
            // Somebody believes that this key is in use, and may be about to lose the other one.
            (_, Some(_)) => {
                let fault = Fault::Refused {
                    found: None,
                    wanted: NO_VALUE,
                };
                reader.report(VARIABLE, variable(), fault);
            }
            (_, None) => {}
        }
        Self::File { path }
    }
}

fn is_key(value: &SecretText) -> bool {
    encoding::parse_base64(value.expose().trim()).is_some_and(|bytes| bytes.len() == 32)
}
