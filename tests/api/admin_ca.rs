//! `acervo admin` over TLS, with an authority that no system knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::server::{Home, Server};

fn openssl(folder: &Path, line: &str) {
    let done = Command::new("openssl")
        .args(line.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{line}: {said}");
}

/// An authority, and what it signed for this machine.
pub(crate) fn certify(folder: &Path) {
    const NEW: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for name in ["ca", "other"] {
        let made = format!("req -x509 {NEW} -keyout {name}.key -out {name}.pem -subj /CN={name}");
        openssl(folder, &format!("{made} -days 2"));
    }
    let asked = format!("req {NEW} -keyout leaf.key -out leaf.csr -subj /CN=acervo");
    openssl(folder, &asked);
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let signed = "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                  -extfile names -out leaf.pem";
    openssl(folder, signed);
}

#[test]
fn an_authority_of_ones_own_is_trusted_by_its_file() {
    let home = Home::new();
    certify(home.path());
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let [certificate, key] = [at("leaf.pem"), at("leaf.key")];
    let [ca, other, missing] = [at("ca.pem"), at("other.pem"), at("none.pem")];
    let settings = [
        ("ACERVO_ADMIN_TLS_CERTIFICATE", certificate.as_str()),
        ("ACERVO_ADMIN_TLS_KEY", key.as_str()),
    ];
    let server = Server::at(home, &settings);
    let endpoint = format!("https://{}", server.admin_address);
    let admin = |variable: Option<&str>, flag: Option<&str>, locale: &str| -> Output {
        let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_acervo")));
        command.args(["admin", "agencies", "list", "--json"]);
        command.args(flag.iter().flat_map(|file| ["--ca-file", *file]));
        command.env_clear().env("LC_ALL", locale);
        command.env("ACERVO_ADMIN_ENDPOINT", &endpoint);
        command.env("ACERVO_ADMIN_TOKEN", server.credential("operator_token"));
        command.envs(variable.map(|file| ("ACERVO_ADMIN_CA_FILE", file)));
        command.output().unwrap()
    };
    let trusts = |output: &Output| {
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("agencia"));
    };
    trusts(&admin(Some(&ca), None, "C"));
    trusts(&admin(Some(&other), Some(&ca), "C"));
    let refuses = |output: &Output, words: &str| {
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{words}: {said}");
        assert!(output.stdout.is_empty());
    };
    refuses(&admin(None, None, "C"), &endpoint);
    refuses(&admin(Some(&other), None, "C"), &endpoint);
    refuses(
        &admin(None, Some(&missing), "C"),
        "ca-file (flag --ca-file)",
    );
    refuses(&admin(Some(&key), None, "C"), "certificates in PEM");
    refuses(
        &admin(Some(&key), None, "es_MX.UTF-8"),
        "certificados en formato PEM",
    );
}
