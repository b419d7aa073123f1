//! What is measured: a server of this build, or one that runs elsewhere.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::arguments::{Arguments, Garage};
use crate::client::Connection;
use crate::process::Process;
use crate::rounds::block_on;

/// Whose requests are signed.
#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret: String,
    pub region: String,
}

/// Where requests go.
pub struct Target {
    pub name: &'static str,
    /// Host and port.
    pub address: String,
    /// None: requests are not signed.
    pub credentials: Option<Credentials>,
    /// A token that is sent instead of a signature.
    pub bearer_token: Option<String>,
    /// None: it runs elsewhere, and nobody knows what it costs.
    pub process: Option<Process>,
}

impl Target {
    /// The server that runs elsewhere.
    pub fn garage(garage: &Garage) -> Self {
        Self {
            name: "Garage",
            address: garage.address.clone(),
            credentials: Some(garage.credentials.clone()),
            bearer_token: None,
            process: None,
        }
    }

    /// Makes a bucket, unless it is there.
    pub fn make_bucket(&self, bucket: &str) {
        let (status, body) = block_on(async {
            let mut connection = Connection::open(self).await;
            connection.ask("PUT", &format!("/{bucket}"), "").await
        });
        let told = String::from_utf8_lossy(&body);
        assert!(status == 200 || status == 409, "{bucket}: {status} {told}");
    }
}

/// A place for a server's data, removed with everything in it.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new(arguments: &Arguments) -> Self {
        fs::create_dir_all(&arguments.folder).unwrap();
        let folder = tempfile::Builder::new()
            .prefix("load-")
            .tempdir_in(&arguments.folder);
        Self {
            folder: folder.unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// What the first start wrote down.
    pub fn credential(&self, name: &str) -> String {
        let text = fs::read(self.path().join("credentials.json")).unwrap();
        let value: Value = serde_json::from_slice(&text).unwrap();
        value[name].as_str().unwrap().to_owned()
    }

    /// Starts the server of this build over what lies here.
    pub fn serve(&self) -> Target {
        let log = File::create(self.path().join("log")).unwrap();
        let said = self.path().join("said");
        let mut command = Command::new(env!("CARGO_BIN_EXE_acervo"));
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            .arg("--data-dir")
            .arg(self.data_dir())
            .arg("--credentials-file")
            .arg(self.path().join("credentials.json"))
            .env_clear()
            .env("LANG", "C.UTF-8")
            .current_dir(self.path())
            .stdout(File::create(&said).unwrap())
            .stderr(log);
        let mut process = Process::start(&mut command);
        // It says where it serves when it does, at the first start and at every later one.
        let address = process.until(|| endpoint(&fs::read_to_string(&said).ok()?));
        Target {
            name: "Acervo",
            address,
            credentials: Some(Credentials {
                access_key_id: self.credential("access_key_id"),
                secret: self.credential("secret_access_key"),
                region: self.credential("region"),
            }),
            bearer_token: None,
            process: Some(process),
        }
    }
}

/// The first address in what the server said.
fn endpoint(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("http://")?;
    let end = rest.find(|c: char| c.is_whitespace() || c == '/')?;
    Some(rest[..end].to_owned())
}
