//! The file that tells a program the credentials of the first start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;

use serde::Serialize;

use crate::server::{FirstStart, NewOperator, Started};

/// What `--credentials-file` receives: one JSON object, exactly these members, all texts.
#[derive(Serialize)]
struct Credentials<'a> {
    endpoint: &'a str,
    admin_endpoint: &'a str,
    region: &'a str,
    agency: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    bearer_token: &'a str,
    operator_token: &'a str,
}

/// The credentials as JSON, with a line end.
pub fn credentials_json(started: &Started, first: &FirstStart) -> String {
    let credentials = Credentials {
        endpoint: &started.endpoint,
        admin_endpoint: &started.admin_endpoint,
        region: &started.region,
        agency: &first.agency,
        access_key_id: &first.access_key_id,
        secret_access_key: first.secret_access_key.expose(),
        bearer_token: first.bearer_token.expose(),
        operator_token: first.operator_token.expose(),
    };
    let json = serde_json::to_string_pretty(&credentials);
    json.expect("texts in a struct have a JSON form") + "\n"
}

/// What it receives of an operator that a later start made.
#[derive(Serialize)]
struct OperatorCredentials<'a> {
    operator: &'a str,
    operator_token: &'a str,
}

/// An operator's token as JSON, with a line end.
pub(super) fn operator_json(operator: &NewOperator) -> String {
    let credentials = OperatorCredentials {
        operator: operator.name.as_str(),
        operator_token: operator.token.expose(),
    };
    let json = serde_json::to_string_pretty(&credentials);
    json.expect("texts in a struct have a JSON form") + "\n"
}

/// A credentials file to be: a new file beside it, made before the server starts, so that a folder
/// that cannot be written is found before there is a secret to lose.
///
/// Only its owner can read it from its creation on. It takes its name when it is complete; unused,
/// it is removed again, and a file that had the name stays.
#[derive(Debug)]
pub(super) struct CredentialsFile {
    path: PathBuf,
    new: PathBuf,
    file: File,
}

impl CredentialsFile {
    pub(super) fn prepare(path: &Path) -> io::Result<Self> {
        let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.new", process::id()));
        let new = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        Ok(Self {
            path: path.to_owned(),
            new,
            file,
        })
    }

    pub(super) fn write(mut self, json: &str) -> io::Result<()> {
        self.file.write_all(json.as_bytes())?;
        self.file.sync_all()?;
        fs::rename(&self.new, &self.path)?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for CredentialsFile {
    fn drop(&mut self) {
        // After the renaming there is nothing of this name, which is as well.
        let _ = fs::remove_file(&self.new);
    }
}
