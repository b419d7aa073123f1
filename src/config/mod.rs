//! Settings: one TOML file, overridden by the environment, overridden by flags.
//!
//! Owns: the name, unit, default and bounds of every setting, and what is said when one is wrong.
//! `config/acervo.toml` shows them all; a test keeps it complete. Setting `s3.listen` is line
//! `listen` of section `[s3]` and variable `ACERVO_S3_LISTEN`; every field of these structs is
//! named like its setting.
//! May touch: `types`; files and environment, and it alone (law 9). Never: the network, the data
//! directory.
//! Keeps: law 8 (a setting that is unknown or unclear stops the start) and law 10 (bounds).
//! Start at [`Config`]; `reader.rs` has the order of the sources.

mod access_log;
mod audit;
mod auth;
mod blobs;
mod client;
mod error;
mod grants;
mod inventory;
mod lifecycle;
mod limits;
mod listeners;
mod locale;
mod log;
mod reader;
mod root_key;
mod source;
#[cfg(test)]
mod tests;
mod webhooks;

use std::collections::BTreeMap;
use std::env;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub use access_log::AccessLog;
pub use audit::{Audit, AuditReads};
pub use auth::{AgencySource, Auth, Issuer, IssuerKeys, KeysUrl};
pub use blobs::{Blobs, RemoteBlobs};
pub use client::{AdminClient, CA_FILE_VARIABLE, ENDPOINT_VARIABLE, TOKEN_VARIABLE};
pub use error::{Fault, Origin, Problem, Problems, Wanted};
pub use grants::Grants;
pub use inventory::Inventory;
pub use lifecycle::Lifecycle;
pub use limits::Limits;
pub use listeners::{Admin, S3, Tls};
pub use locale::Locale;
pub use log::{Log, LogFormat};
pub use root_key::{RootKey, VARIABLE as ROOT_KEY_VARIABLE};
pub use webhooks::Webhooks;

use reader::Reader;
use source::FileSettings;

/// The variable that names the configuration file when no flag does.
pub const FILE_VARIABLE: &str = "ACERVO_CONFIG";

/// The flag that names it: also the name of what is wrong with the file as a whole.
const FILE_FLAG: &str = "--config";

/// Every setting of `acervo serve`.
#[derive(Debug, Eq, PartialEq)]
pub struct Config {
    /// The folder of everything that is stored; made at the first start.
    pub data_dir: PathBuf,
    /// The language of what is printed for people.
    pub locale: Locale,
    /// Threads that serve requests; one per processor when not set.
    pub workers: Option<NonZeroUsize>,
    /// Whether this is a trial, in which days may be short.
    pub testing: bool,
    /// The door of the documents.
    pub s3: S3,
    /// The operators' door.
    pub admin: Admin,
    /// Who keeps the root key.
    pub root_key: RootKey,
    /// Where sealed blobs live.
    pub blobs: Blobs,
    /// When reads are recorded.
    pub audit: Audit,
    /// Who is believed.
    pub auth: Auth,
    /// How requests state what they read another agency's documents for.
    pub grants: Grants,
    /// When what expires goes.
    pub lifecycle: Lifecycle,
    /// How often access logs are delivered.
    pub access_log: AccessLog,
    /// How inventory reports are made.
    pub inventory: Inventory,
    /// Who may be told of events, and how.
    pub webhooks: Webhooks,
    /// What one process gives at most.
    pub limits: Limits,
    /// What the process says of itself.
    pub log: Log,
}

/// Where the settings are to be taken from.
pub struct Sources<E> {
    /// The configuration file; without one, that of the variable [`FILE_VARIABLE`], else none.
    pub file: Option<PathBuf>,
    /// The environment, usually [`environment`].
    pub environment: E,
    /// What was said on the command line.
    pub flags: Flags,
}

/// The settings that have a flag; their text is checked like that of the other sources.
#[derive(Debug, Default)]
pub struct Flags {
    /// `--data-dir`.
    pub data_dir: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--admin-listen`.
    pub admin_listen: Option<String>,
}

/// The process's environment. Bytes that are not UTF-8 are replaced, and then refused by the
/// setting that they belong to.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    })
}

impl Config {
    /// Reads and checks everything, and tells every problem at once.
    pub fn load<E>(sources: Sources<E>) -> Result<Self, Problems>
    where
        E: Iterator<Item = (String, String)>,
    {
        let environment: BTreeMap<String, String> = sources.environment.collect();
        let locale = locale_of(&environment);
        let by_flag = sources.file.map(|path| (path, Origin::Flag(FILE_FLAG)));
        let file = by_flag.or_else(|| {
            let origin = Origin::Environment(FILE_VARIABLE.to_owned());
            environment
                .get(FILE_VARIABLE)
                .map(|path| (PathBuf::from(path), origin))
        });
        let file = file.map_or_else(
            FileSettings::default,
            |(path, origin)| match reader::read_text(&path) {
                Ok(text) => FileSettings::parse(&path, &text),
                Err(error) => FileSettings {
                    problems: vec![Problem {
                        setting: FILE_FLAG.to_owned(),
                        origin,
                        fault: Fault::Unreadable(path, error),
                    }],
                    ..FileSettings::default()
                },
            },
        );
        let flags = [
            ("data_dir", "--data-dir", sources.flags.data_dir),
            ("s3.listen", "--listen", sources.flags.listen),
            ("admin.listen", "--admin-listen", sources.flags.admin_listen),
        ];
        let flags = flags
            .into_iter()
            .filter_map(|(name, flag, text)| Some((name, flag, text?)));
        let mut reader = Reader::new(flags.collect(), environment, file);
        let config = Self::read(&mut reader, locale);
        let list = reader.finish();
        if list.is_empty() {
            Ok(config)
        } else {
            Err(Problems {
                list,
                locale: config.locale,
            })
        }
    }

    fn read(reader: &mut Reader, ambient: Locale) -> Self {
        let locales = [ambient, Locale::Es, Locale::En];
        let locale = reader.choice("locale", &["auto", "es", "en"], &locales);
        let data_dir = reader.path("data_dir");
        let testing = reader.boolean("testing", false);
        let workers = reader.count("workers", 0, 0..=1_024);
        let (s3, s3_origin) = S3::read(reader);
        let admin = Admin::read(reader, (s3.listen, s3_origin));
        Self {
            data_dir: data_dir.map_or_else(|| PathBuf::from("./data"), |d| d.value),
            locale: locale.map_or(ambient, |l| l.value),
            workers: NonZeroUsize::new(workers),
            testing,
            s3,
            admin,
            root_key: RootKey::read(reader),
            blobs: Blobs::read(reader),
            audit: Audit::read(reader),
            auth: Auth::read(reader),
            grants: Grants::read(reader),
            lifecycle: Lifecycle::read(reader, testing),
            access_log: AccessLog::read(reader),
            inventory: Inventory::read(reader),
            webhooks: Webhooks::read(reader),
            limits: Limits::read(reader),
            log: Log::read(reader),
        }
    }
}

impl Default for Config {
    /// Every setting at its default, in English.
    fn default() -> Self {
        let nothing = FileSettings::default();
        Self::read(
            &mut Reader::new(Vec::new(), BTreeMap::new(), nothing),
            Locale::En,
        )
    }
}

/// The language of an environment, before any setting is read.
pub fn locale(environment: &[(String, String)]) -> Locale {
    locale_of(&environment.iter().cloned().collect())
}

/// The language that the environment asks for, in the order of POSIX (IEEE 1003.1, section 8.2):
/// the first of these that is not empty.
fn locale_of(environment: &BTreeMap<String, String>) -> Locale {
    let ours = environment
        .get("ACERVO_LOCALE")
        .filter(|name| *name != "auto");
    let posix = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let mut names = ours
        .into_iter()
        .chain(posix.iter().filter_map(|name| environment.get(*name)));
    Locale::of_posix(
        names
            .find(|name| !name.is_empty())
            .map_or("", String::as_str),
    )
}
