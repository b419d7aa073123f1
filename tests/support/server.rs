//! A server in a process of its own, over a folder that outlives it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::client::{Client, Proof};
use super::eventually;

/// A server that did not start: what it said.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
}

/// A running server, killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    endpoint: String,
    admin_endpoint: String,
    credentials: Value,
    /// Kept open, so that the server can always write to it.
    _output: BufReader<ChildStdout>,
}

/// The command that serves the data in a folder.
pub(crate) fn serve(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acervo"));
    add_arguments(&mut command, folder);
    command
}

/// The command that serves the data in a folder, as the last arguments of another command.
pub(crate) fn serve_through(mut command: Command, folder: &Path) -> Command {
    command.arg(env!("CARGO_BIN_EXE_acervo"));
    add_arguments(&mut command, folder);
    command
}

fn add_arguments(command: &mut Command, folder: &Path) {
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(["--admin-listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(folder.join("data"))
        .arg("--credentials-file")
        .arg(folder.join("credentials.json"));
}

impl Server {
    /// Starts a server and waits until it serves.
    #[track_caller]
    pub(crate) fn start(folder: &Path) -> Self {
        Self::run(serve(folder), folder).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    pub(crate) fn try_start(folder: &Path) -> Result<Self, Refused> {
        Self::run(serve(folder), folder)
    }

    /// Runs a command of [`serve`] or [`serve_through`].
    pub(crate) fn run(mut command: Command, folder: &Path) -> Result<Self, Refused> {
        let log = File::create(folder.join("log")).unwrap();
        let mut process = command
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let urls = [url(&mut output), url(&mut output)];
        let [Some(endpoint), Some(admin_endpoint)] = urls else {
            let mut rest = String::new();
            let _ = output.read_to_string(&mut rest);
            let status = process.wait().unwrap();
            let said = rest + &read(&folder.join("log"));
            return Err(Refused { status, said });
        };
        let text = fs::read(folder.join("credentials.json")).unwrap();
        Ok(Self {
            process,
            folder: folder.to_owned(),
            endpoint,
            admin_endpoint,
            credentials: serde_json::from_slice(&text).unwrap(),
            _output: output,
        })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    fn credential(&self, name: &str) -> String {
        self.credentials[name].as_str().unwrap().to_owned()
    }

    /// The first agency's administrator, by token.
    pub(crate) fn client(&self) -> Client {
        self.client_of(Proof::Bearer(self.credential("bearer_token")))
    }

    pub(crate) fn client_of(&self, proof: Proof) -> Client {
        Client::new(&self.endpoint, proof)
    }

    pub(crate) fn operator(&self) -> Administrator {
        self.administrator("operator_token")
    }

    /// An admin of the first agency, who needs no second person in it.
    pub(crate) fn agency_admin(&self) -> Administrator {
        self.administrator("bearer_token")
    }

    fn administrator(&self, credential: &str) -> Administrator {
        let proof = Proof::Bearer(self.credential(credential));
        Administrator(Client::new(&self.admin_endpoint, proof))
    }

    /// Ends the server as a power cut ends a process: at once.
    pub(crate) fn kill(&self) {
        kill_process(Pid::from_child(&self.process), Signal::KILL).unwrap();
    }

    /// Ends the server as a service manager does. Clients must be gone: it waits for connections.
    #[track_caller]
    pub(crate) fn stop(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let mut status = None;
        eventually("the server ends", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(0));
    }

    pub(crate) fn log(&self) -> String {
        read(&self.folder.join("log"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(30);
            eprintln!("the end of the server's log:\n{}", lines[last..].join("\n"));
        }
    }
}

/// The next URL of the greeting.
fn url(output: &mut BufReader<ChildStdout>) -> Option<String> {
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(url) = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
        {
            return Some(url.to_owned());
        }
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// Somebody at the admin API.
pub(crate) struct Administrator(pub(crate) Client);

impl Administrator {
    #[track_caller]
    pub(crate) fn create_agency(&mut self, name: &str) {
        let body = json!({ "name": name }).to_string();
        let answer = self.ask("POST", "/admin/v1/agencies", &body).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Makes an access key of an agency's administrator; `None` if nobody knows whether it was.
    pub(crate) fn create_access_key(&mut self, agency: &str) -> Option<Proof> {
        let path = format!("/admin/v1/agencies/{agency}/access-keys");
        let body = json!({ "principal": "admin", "role": "agency-admin" }).to_string();
        let answer = self.ask("POST", &path, &body)?;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let made: Value = serde_json::from_slice(&answer.body).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Some(Proof::AccessKey {
            id: text("access_key_id"),
            secret: text("secret_access_key"),
        })
    }

    /// Revokes an access key; `None` if nobody knows whether it was.
    pub(crate) fn revoke(&mut self, agency: &str, id: &str) -> Option<()> {
        let path = format!("/admin/v1/agencies/{agency}/access-keys/{id}");
        let answer = self.ask("DELETE", &path, "")?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Some(())
    }

    /// Rotates an agency key: its newest version; `None` if nobody knows whether it was.
    pub(crate) fn rotate_key(&mut self, agency: &str, key: &str) -> Option<u64> {
        let path = format!("/admin/v1/agencies/{agency}/keys/{key}/rotate");
        let answer = self.ask("POST", &path, "")?;
        assert!(answer.is_success(), "{}", answer.text());
        let key: Value = serde_json::from_slice(&answer.body).unwrap();
        key["version"].as_u64()
    }

    /// The newest version of an agency key.
    pub(crate) fn key_version(&mut self, agency: &str, key: &str) -> u64 {
        let path = format!("/admin/v1/agencies/{agency}/keys");
        let answer = self.ask("GET", &path, "").unwrap();
        let keys: Value = serde_json::from_slice(&answer.body).unwrap();
        let mut keys = keys["keys"].as_array().unwrap().iter();
        let key = keys.find(|listed| listed["name"] == key).unwrap();
        key["version"].as_u64().unwrap()
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Option<super::client::Answer> {
        let headers = [("content-type", "application/json")];
        let answer = self.0.try_ask(method, path, &headers, body.as_bytes());
        answer.ok().filter(|answer| answer.is_whole)
    }
}

/// A folder for one server, on the disk that holds what cargo builds: a temporary folder in memory
/// would sync at no cost.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
