//! The server's own binary, running over a data directory of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use acervo::types::secret::SecretText;

use super::answer::Answer;
use super::caller::{Caller, Proof};
use super::contract::{self, Asked, Contract};
use super::pause;
use super::wire::Wire;

pub(crate) const REGION: &str = "us-east-1";
const PATIENCE: Duration = Duration::from_secs(30);

/// Settings by their variables.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// Settings whose names begin with dashes are flags.
fn is_flag((name, _): &&(&str, &str)) -> bool {
    name.starts_with("--")
}

/// A place for one server's data, and the command that starts it there.
pub(crate) struct Home(pub(crate) TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn agency_dir(&self, agency: &str) -> PathBuf {
        self.data().join("agencies").join(agency)
    }

    /// `acervo serve` on free ports, in a clean environment.
    pub(crate) fn command(&self, settings: Settings<'_>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acervo"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--admin-listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.data())
            .arg("--credentials-file")
            .arg(self.path().join("credentials.json"))
            .env_clear()
            .env("LANG", "C.UTF-8")
            .args(
                settings
                    .iter()
                    .filter(is_flag)
                    .flat_map(|(flag, value)| [flag, value]),
            )
            .envs(settings.iter().filter(|one| !is_flag(one)).copied())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts it where it must not start, and gives what it says.
    #[track_caller]
    pub(crate) fn is_refused(&self, settings: Settings<'_>) -> String {
        let said = self.path().join("said");
        let mut process = self
            .command(settings)
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let status = loop {
            if let Some(status) = process.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                let _ = process.kill();
                let _ = process.wait();
                panic!("it must not start");
            }
            pause(5);
        };
        assert!(status.code().is_some_and(|code| code != 0), "{status}");
        fs::read_to_string(said).unwrap()
    }
}

/// A running server; stopped when dropped, and then it must end well.
pub(crate) struct Server {
    pub(crate) home: Home,
    pub(crate) address: String,
    pub(crate) admin_address: String,
    process: Child,
    credentials: Value,
    announced: RefCell<Vec<&'static str>>,
    /// Tokens of an admin of each agency that was made here.
    admins: RefCell<HashMap<String, String>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(settings: Settings<'_>) -> Self {
        Self::at(Home::new(), settings)
    }

    /// Starts over what an earlier server left.
    pub(crate) fn at(home: Home, settings: Settings<'_>) -> Self {
        let output = home.path().join("output");
        let mut process = home
            .command(settings)
            .stdout(File::create(&output).unwrap())
            .stderr(File::create(home.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let endpoints = loop {
            let said = fs::read_to_string(&output).unwrap();
            if let Some(found) = endpoints(&said) {
                break found;
            }
            let ended = process.try_wait().unwrap();
            let log = fs::read_to_string(home.path().join("log")).unwrap();
            assert!(ended.is_none(), "the server ended at once: {ended:?} {log}");
            assert!(started.elapsed() < PATIENCE, "the server does not serve");
            pause(5);
        };
        let credentials = fs::read(home.path().join("credentials.json")).unwrap_or_default();
        let [address, admin_address] = endpoints;
        Self {
            home,
            address,
            admin_address,
            process,
            credentials: serde_json::from_slice(&credentials).unwrap_or_default(),
            announced: RefCell::default(),
            admins: RefCell::default(),
        }
    }

    pub(crate) fn credential(&self, name: &str) -> &str {
        self.credentials[name].as_str().unwrap()
    }

    /// The first principal: administrator of the first agency.
    pub(crate) fn agency(&self) -> Caller {
        let id = self.credential("access_key_id");
        self.with_key(id, self.credential("secret_access_key"))
    }

    pub(crate) fn with_key(&self, id: &str, secret: &str) -> Caller {
        self.caller(Proof::AccessKey {
            id: id.to_owned(),
            secret: SecretText::new(secret.to_owned()),
        })
    }

    pub(crate) fn with_token(&self, token: &str) -> Caller {
        self.caller(Proof::Bearer(token.to_owned()))
    }

    pub(crate) fn nobody(&self) -> Caller {
        self.caller(Proof::Nobody)
    }

    fn caller(&self, proof: Proof) -> Caller {
        Caller {
            address: self.address.clone(),
            proof,
        }
    }

    #[track_caller]
    pub(crate) fn make_agency(&self, name: &str) {
        let made = self.administer("POST", "/admin/v1/agencies", &json!({ "name": name }));
        assert_eq!(made.status, 201, "{}", made.text());
        // Before anything is stored there: later it would need a second person.
        let path = format!("/admin/v1/agencies/{name}/tokens");
        let wanted = json!({"principal": "jefatura", "role": "agency-admin",
            "lifetime_seconds": 43_200});
        let minted = self.administer("POST", &path, &wanted).ok();
        let minted: Value = serde_json::from_slice(&minted.body).unwrap();
        let token = minted["token"].as_str().unwrap().to_owned();
        self.admins.borrow_mut().insert(name.to_owned(), token);
    }

    /// A token of an admin of the agency.
    pub(crate) fn admin_token(&self, agency: &str) -> String {
        let kept = self.admins.borrow().get(agency).cloned();
        kept.unwrap_or_else(|| self.credential("bearer_token").to_owned())
    }

    /// A new access key of a principal, and who has it.
    #[track_caller]
    pub(crate) fn make_key(&self, agency: &str, principal: &str, role: &str) -> Caller {
        let wanted = json!({ "principal": principal, "role": role });
        self.make_key_as(agency, &wanted)
    }

    #[track_caller]
    pub(crate) fn make_key_as(&self, agency: &str, wanted: &Value) -> Caller {
        let path = format!("/admin/v1/agencies/{agency}/access-keys");
        let made = self.administer("POST", &path, wanted);
        assert_eq!(made.status, 201, "{}", made.text());
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        self.with_key(&text("access_key_id"), &text("secret_access_key"))
    }

    /// A request of the first operator; if it needs a second person, an admin of the agency
    /// approves it.
    #[track_caller]
    pub(crate) fn administer(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = self.administer_alone(method, path, body);
        if answer.status != 202 {
            return answer;
        }
        let waiting: Value = serde_json::from_slice(&answer.body).unwrap();
        let text = |name: &str| waiting[name].as_str().unwrap().to_owned();
        let (id, agency) = (text("approval_id"), text("agency"));
        let token = format!("Bearer {}", self.admin_token(&agency));
        let approve = format!("/admin/v1/agencies/{agency}/approvals/{id}/approve");
        let headers = [("authorization", token.as_str())];
        self.admin("POST", &approve, &headers, &Value::Null).ok();
        let token = format!("Bearer {}", self.credential("operator_token"));
        let headers = [
            ("authorization", token.as_str()),
            ("x-acervo-approval", &id),
        ];
        self.admin(method, path, &headers, body)
    }

    /// A request of the first operator, whom nobody helps.
    #[track_caller]
    pub(crate) fn administer_alone(&self, method: &str, path: &str, body: &Value) -> Answer {
        let token = format!("Bearer {}", self.credential("operator_token"));
        self.admin(method, path, &[("authorization", &token)], body)
    }

    /// A request to the admin API by anybody, which is held against the API's description.
    #[track_caller]
    pub(crate) fn admin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let answer = self.exchange(method, path, headers, body);
        let asked = Asked {
            method,
            target: path,
            headers,
            sent: body,
        };
        if let Err(wrong) = self.contract().holds(&asked, &answer) {
            let (status, text) = (answer.status, answer.text());
            panic!("{method} {path} {body}\nis answered {status} {text}\n{wrong}");
        }
        answer
    }

    /// What the admin API says of itself: the same of every server.
    pub(crate) fn contract(&self) -> &'static Contract {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| {
            let document = self.exchange("GET", contract::PATH, &[], &Value::Null);
            Contract(serde_json::from_slice(&document.ok().body).unwrap())
        })
    }

    fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
            self.admin_address,
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut wire = Wire::to(&self.admin_address);
        wire.send(format!("{head}\r\n{body}").as_bytes());
        wire.answer(method)
    }

    /// A fresh connection to the documents' door.
    pub(crate) fn wire(&self) -> Wire {
        Wire::to(&self.address)
    }

    /// Lets warnings with this text stand in the log.
    pub(crate) fn announce(&self, text: &'static str) {
        self.announced.borrow_mut().push(text);
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// How many threads its process has.
    pub(crate) fn threads(&self) -> usize {
        let tasks = format!("/proc/{}/task", self.process.id());
        fs::read_dir(tasks).unwrap().count()
    }

    pub(crate) fn ask_to_end(&self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// Ends it as a service manager does, and leaves its data.
    pub(crate) fn stop(mut self) -> Home {
        self.ends_well();
        std::mem::replace(&mut self.home, Home::new())
    }

    /// Ends it as a power cut does, and leaves its data.
    pub(crate) fn kill(mut self) -> Home {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::mem::replace(&mut self.home, Home::new())
    }

    fn ends_well(&mut self) {
        let ended = self.process.try_wait().unwrap();
        let status = ended.unwrap_or_else(|| {
            self.ask_to_end();
            self.waited()
        });
        assert_eq!(status.code(), Some(0), "{status}\n{}", self.log());
        let log = self.log();
        let announced = self.announced.borrow();
        let is_alarm = |line: &&str| {
            let is_loud = ["WARN", "ERROR", "panicked"]
                .iter()
                .any(|l| line.contains(l));
            is_loud && !announced.iter().any(|text| line.contains(text))
        };
        let alarms: Vec<&str> = log.lines().filter(is_alarm).collect();
        assert!(alarms.is_empty(), "the log:\n{}", alarms.join("\n"));
    }

    fn waited(&mut self) -> ExitStatus {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < PATIENCE, "SIGTERM did not end the server");
            pause(5);
        }
    }
}

/// The addresses that the greeting names: of the documents, of the operators.
fn endpoints(said: &str) -> Option<[String; 2]> {
    let whole = said.rsplit_once('\n')?.0;
    let mut found = whole.lines().filter_map(|line| line.split_once("://"));
    let mut next = || found.next()?.1.split(' ').next().map(str::to_owned);
    Some([next()?, next()?])
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.process.kill();
            let _ = self.process.wait();
            eprintln!("the server's log:\n{}", self.log());
        } else if !self.has_ended() {
            self.ends_well();
        }
    }
}
