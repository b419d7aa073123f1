//! What a start says, and the credentials that it writes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::credentials::CredentialsFile;
use super::super::{Exit, Place, credentials_json, greeting};
use super::acervo;
use crate::config::Locale;
use crate::server::{FirstStart, Started};
use crate::types::secret::SecretText;

fn started(first: bool) -> Started {
    let secret = |text: &str| SecretText::new(text.to_owned());
    Started {
        endpoint: "http://127.0.0.1:9000".to_owned(),
        admin_endpoint: "http://127.0.0.1:9001".to_owned(),
        region: "us-east-1".to_owned(),
        operator: None,
        first: first.then(|| FirstStart {
            agency: "acervo".to_owned(),
            access_key_id: "ACQWER2ABCDEFGHIJKLM".to_owned(),
            secret_access_key: secret("s3cret"),
            bearer_token: secret("eyJ.e30.sig"),
            operator_token: secret("0perator"),
        }),
    }
}

fn place(locale: Locale) -> Place {
    Place {
        locale,
        data_dir: PathBuf::from("./data"),
        root_key: Some(PathBuf::from("./data/root.key")),
        credentials_file: None,
    }
}

#[test]
fn greetings() {
    for (name, locale) in [("es", Locale::Es), ("en", Locale::En)] {
        let first = started(true);
        insta::assert_snapshot!(
            format!("first_start_{name}"),
            greeting(&first, &place(locale))
        );
        let later = started(false);
        insta::assert_snapshot!(
            format!("later_start_{name}"),
            greeting(&later, &place(locale))
        );
        let credentials_file = Some(PathBuf::from("/run/acervo.json"));
        let filed = Place {
            credentials_file,
            root_key: None,
            ..place(locale)
        };
        insta::assert_snapshot!(format!("filed_start_{name}"), greeting(&first, &filed));
    }
}

/// What goes to a file is not printed: the output of a service ends in a log.
#[test]
fn a_greeting_beside_a_file_has_no_secrets() {
    let filed = Place {
        credentials_file: Some(PathBuf::from("f")),
        ..place(Locale::En)
    };
    let text = greeting(&started(true), &filed);
    for secret in ["s3cret", "eyJ.e30.sig", "0perator"] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_credentials_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");

    // A later start leaves no trace, and leaves what is there.
    fs::write(&path, "old").unwrap();
    drop(CredentialsFile::prepare(&path).unwrap());
    assert_eq!(names(folder.path()), ["c.json"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");

    // A first start replaces it, by a file that nobody else could ever read.
    let first = started(true);
    let json = credentials_json(&first, first.first.as_ref().unwrap());
    CredentialsFile::prepare(&path)
        .unwrap()
        .write(&json)
        .unwrap();
    assert_eq!(names(folder.path()), ["c.json"]);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let read: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let expected = serde_json::json!({
        "endpoint": "http://127.0.0.1:9000",
        "admin_endpoint": "http://127.0.0.1:9001",
        "region": "us-east-1",
        "agency": "acervo",
        "access_key_id": "ACQWER2ABCDEFGHIJKLM",
        "secret_access_key": "s3cret",
        "bearer_token": "eyJ.e30.sig",
        "operator_token": "0perator",
    });
    assert_eq!(read, expected);

    assert!(CredentialsFile::prepare(folder.path()).is_err());
    assert!(CredentialsFile::prepare(&folder.path().join("none/c.json")).is_err());
}

/// Settings are refused before anything is touched, in the language that they ask for.
#[test]
fn a_start_with_wrong_settings() {
    let ran = acervo(
        &["--listen", "x"],
        &[("LC_ALL", "es_MX.UTF-8"), ("ACERVO_WORKERS", "-1")],
    );
    assert_eq!(ran.exit, Exit::Usage);
    assert_eq!(
        ran.err,
        "Acervo no arranca: hay que corregir estos ajustes.\n\
         workers (variable de entorno ACERVO_WORKERS): dice \"-1\"; se esperaba un número entero \
         de 0 a 1024\n\
         s3.listen (opción --listen): dice \"x\"; se esperaba una dirección IP y un puerto, como \
         127.0.0.1:9000 o [::]:9000\n"
    );
}

#[test]
fn a_credentials_file_that_cannot_be_written_stops_the_start() {
    let ran = acervo(&["serve", "--credentials-file", "/nowhere/c.json"], &[]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failed, ""));
    assert!(
        ran.err
            .starts_with("Cannot write the credentials file /nowhere/c.json (")
    );
}
