//! Real S3 clients against the real server, each through whole workflows.
//!
//! A test starts a server of its own, runs one script of `tests/clients` against it, and stops it
//! again. A client that is missing fails its test: `tests/run` installs them all.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Where `tests/run` makes sure that the clients are; nothing else is looked at.
const CLIENTS_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SCRIPT_SECONDS_MAX: &str = "600";
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(30);

/// A running server with a data directory of its own, killed when it is dropped.
struct Server {
    process: Child,
    folder: TempDir,
    credentials: Value,
}

impl Server {
    /// Starts a server on free ports in a folder and waits until it lives. Settings are its
    /// environment.
    fn start(folder: TempDir, settings: &[(&str, &Path)]) -> Self {
        let here = folder.path();
        let credentials = here.join("credentials.json");
        let log = File::create(here.join("log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_acervo"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            .arg("--data-dir")
            .arg(here.join("data"))
            .arg("--credentials-file")
            .arg(&credentials)
            .env_clear()
            .env("LANG", "C.UTF-8")
            .envs(settings.iter().copied())
            .current_dir(here)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            process,
            folder,
            credentials: Value::Null,
        };
        server.credentials = server.awaited(&credentials);
        server
    }

    /// The credentials, once they are written and the server says that it lives.
    fn awaited(&mut self, credentials: &Path) -> Value {
        let started = Instant::now();
        loop {
            if let Ok(text) = fs::read(credentials) {
                let credentials: Value = serde_json::from_slice(&text).unwrap();
                if lives(credentials["admin_endpoint"].as_str().unwrap()) {
                    return credentials;
                }
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended at once: {ended:?}");
            assert!(started.elapsed() < START_MAX, "the server does not live");
            pause();
        }
    }

    fn credential(&self, name: &str) -> &str {
        self.credentials[name].as_str().unwrap()
    }

    /// Runs a program as a client, alone in a clean environment, and shows all that it said if it
    /// fails or hangs.
    fn serves(&self, program: &Path, arguments: &[&str], environment: &[(&str, &Path)]) {
        let work = self.folder.path().join("work");
        let home = self.folder.path().join("home");
        let said = self.folder.path().join("said");
        fs::create_dir(&work).unwrap();
        fs::create_dir(&home).unwrap();
        let output = File::create(&said).unwrap();
        let status = Command::new("timeout")
            .args(["--kill-after=5", SCRIPT_SECONDS_MAX])
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs([("PATH", CLIENTS_PATH), ("LANG", "C.UTF-8"), ("TZ", "UTC")])
            .envs([("HOME", &home), ("WORK_DIR", &work)])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("S3_ENDPOINT", self.credential("endpoint"))
            .env("AWS_ACCESS_KEY_ID", self.credential("access_key_id"))
            .env(
                "AWS_SECRET_ACCESS_KEY",
                self.credential("secret_access_key"),
            )
            .env("AWS_DEFAULT_REGION", self.credential("region"))
            .env("ACERVO_BEARER_TOKEN", self.credential("bearer_token"))
            .env("ACERVO_ADMIN_ENDPOINT", self.credential("admin_endpoint"))
            .env("ACERVO_OPERATOR_TOKEN", self.credential("operator_token"))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .status()
            .unwrap();
        let said = String::from_utf8_lossy(&fs::read(&said).unwrap()).into_owned();
        assert!(
            status.success(),
            "{status} (124: it took too long) of {arguments:?}:\n{said}"
        );
    }

    /// Asks the server to end, as a service manager does. It ends well and has met no error.
    fn stops(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "after SIGTERM: {status}");
        let log = self.log();
        let alarming = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        let alarms: Vec<&str> = log.lines().filter(alarming).collect();
        assert!(
            alarms.is_empty(),
            "the server's log has errors:\n{}",
            alarms.join("\n")
        );
    }

    fn ended(&mut self) -> ExitStatus {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < STOP_MAX, "SIGTERM did not end the server");
            pause();
        }
    }

    fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("the end of the server's log:");
            last.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// A moment, on a channel that nobody sends to.
fn pause() {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(Duration::from_millis(20));
}

fn lives(admin_endpoint: &str) -> bool {
    let address = admin_endpoint.trim_start_matches("http://");
    let request = format!(
        "GET /admin/v1/health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    );
    let mut answer = String::new();
    TcpStream::connect(address)
        .and_then(|mut connection| {
            connection.set_read_timeout(Some(START_MAX))?;
            connection.write_all(request.as_bytes())?;
            connection.read_to_string(&mut answer)
        })
        .is_ok_and(|_| answer.starts_with("HTTP/1.1 200 "))
}

/// A certificate for this machine that only clients of this test believe, and its key.
fn certify(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (
        folder.join("certificate.pem"),
        folder.join("certificate.key"),
    );
    let made = Command::new(found("openssl"))
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    (certificate, key)
}

/// The path of a client that `tests/run` has installed.
fn found(program: &str) -> PathBuf {
    let folders = CLIENTS_PATH.split(':').map(Path::new);
    let paths = folders.map(|folder| folder.join(program));
    installed(paths.into_iter().find(|path| path.exists()), program)
}

/// The same of a client that some releases call otherwise.
fn found_or(program: &str, other: &str) -> PathBuf {
    let is_there = |folder: &str| Path::new(folder).join(program).exists();
    let name = if CLIENTS_PATH.split(':').any(is_there) {
        program
    } else {
        other
    };
    found(name)
}

/// The path of a client in the Python environment that `tests/run` makes beside what cargo builds.
fn found_in_venv(program: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("clients-venv/bin").join(program);
    installed(Some(path).filter(|path| path.exists()), program)
}

/// The folder of npm's packages that `tests/run` makes beside what cargo builds.
fn node_modules() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("clients-node/node_modules");
    installed(Some(path).filter(|path| path.exists()), "the SDK of npm")
}

fn installed(path: Option<PathBuf>, program: &str) -> PathBuf {
    path.unwrap_or_else(|| panic!("{program} is not installed; run tests/run, which installs it"))
}

fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    folder.join(name).to_str().unwrap().to_owned()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn boto3(name: &str) {
    let python = found_in_venv("python");
    let server = Server::start(folder(), &[]);
    server.serves(&python, &[&script(name)], &[]);
    server.stops();
}

/// Runs a script of a command-line client, which finds its path as `CLIENT`.
fn shell(name: &str, client: &Path) {
    let server = Server::start(folder(), &[]);
    server.serves(&found("bash"), &[&script(name)], &[("CLIENT", client)]);
    server.stops();
}

#[test]
fn boto3_buckets() {
    boto3("boto3_buckets.py");
}

#[test]
fn boto3_objects() {
    boto3("boto3_objects.py");
}

#[test]
fn boto3_keys() {
    boto3("boto3_keys.py");
}

#[test]
fn boto3_conditions() {
    boto3("boto3_conditions.py");
}

#[test]
fn boto3_checksums() {
    boto3("boto3_checksums.py");
}

#[test]
fn boto3_checksums_over_tls() {
    let python = found_in_venv("python");
    let folder = folder();
    let (certificate, key) = certify(folder.path());
    let settings = [
        ("ACERVO_S3_TLS_CERTIFICATE", &*certificate),
        ("ACERVO_S3_TLS_KEY", &*key),
    ];
    let server = Server::start(folder, &settings);
    let trusted = [("AWS_CA_BUNDLE", &*certificate)];
    server.serves(&python, &[&script("boto3_checksums.py")], &trusted);
    server.stops();
}

#[test]
fn boto3_multipart() {
    boto3("boto3_multipart.py");
}

#[test]
fn boto3_transfers() {
    boto3("boto3_transfers.py");
}

#[test]
fn boto3_lists() {
    boto3("boto3_lists.py");
}

#[test]
fn boto3_grants() {
    boto3("boto3_grants.py");
}

#[test]
fn boto3_locks() {
    boto3("boto3_locks.py");
}

#[test]
fn boto3_presigned() {
    boto3("boto3_presigned.py");
}

#[test]
fn boto3_refusals() {
    boto3("boto3_refusals.py");
}

#[test]
fn boto3_temporary_credentials() {
    boto3("boto3_sts.py");
}

#[test]
fn boto3_virtual_host() {
    let python = found_in_venv("python");
    let server = Server::start(folder(), &[("ACERVO_S3_DOMAINS", Path::new("localhost"))]);
    server.serves(&python, &[&script("boto3_virtual_host.py")], &[]);
    server.stops();
}

/// What lets Signature Version 2 be a proof.
const VERSION_2: (&str, &str) = ("ACERVO_AUTH_SIGNATURE_V2", "true");

#[test]
fn boto3_signature_v2() {
    let python = found_in_venv("python");
    let (name, on) = VERSION_2;
    let server = Server::start(folder(), &[(name, Path::new(on))]);
    server.serves(&python, &[&script("boto3_signature_v2.py")], &[]);
    server.stops();
}

#[test]
fn s3cmd_signature_v2() {
    let (name, on) = VERSION_2;
    let server = Server::start(folder(), &[(name, Path::new(on))]);
    let script = script("s3cmd_signature_v2.sh");
    server.serves(&found("bash"), &[&script], &[]);
    server.stops();
}

#[test]
fn sdk_for_javascript() {
    let server = Server::start(folder(), &[]);
    let packages = node_modules();
    let environment = [
        ("NODE_PATH", &*packages),
        ("NODE_NO_WARNINGS", Path::new("1")),
    ];
    server.serves(&found("node"), &[&script("sdk.cjs")], &environment);
    server.stops();
}

#[test]
fn chromium_posts_forms() {
    let browser = found_or("chromium", "chromium-browser");
    let python = found_in_venv("python");
    let server = Server::start(folder(), &[]);
    server.serves(&python, &[&script("browser.py")], &[("CLIENT", &browser)]);
    server.stops();
}

#[test]
fn curl_with_a_bearer_token() {
    shell("bearer.sh", &found("curl"));
}

/// Version 1 alone: Debian's version 2 is older than the variables of endpoints.
#[test]
fn aws_cli_1_with_a_web_identity() {
    shell("web_identity.sh", &found_in_venv("aws"));
}

#[test]
fn aws_cli_1() {
    shell("aws.sh", &found_in_venv("aws"));
}

#[test]
fn aws_cli_2() {
    shell("aws.sh", &found("aws"));
}

#[test]
fn rclone() {
    shell("rclone.sh", &found("rclone"));
}

#[test]
fn restic() {
    shell("restic.sh", &found("restic"));
}

#[test]
fn s3cmd() {
    shell("s3cmd.sh", &found("s3cmd"));
}
