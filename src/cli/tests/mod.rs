//! The commands as they are typed: against a server that says what it was asked, and answers.

mod admin;
mod start;

use std::ffi::OsString;
use std::fs;

use super::{Console, Exit, run};

/// What a command printed and how it ended.
#[derive(Debug)]
struct Ran {
    exit: Exit,
    out: String,
    err: String,
}

fn acervo(line: &[&str], environment: &[(&str, &str)]) -> Ran {
    let words = std::iter::once("acervo")
        .chain(line.iter().copied())
        .map(OsString::from);
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(
        words,
        environment,
        &mut Console {
            out: &mut out,
            err: &mut err,
        },
    );
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        exit,
        out: text(out),
        err: text(err),
    }
}

#[track_caller]
fn shows(ran: &Ran, expected: &str) {
    assert_eq!(
        (ran.exit, ran.out.as_str(), ran.err.as_str()),
        (Exit::Done, expected, "")
    );
}

#[test]
fn command_lines() {
    for (line, expected) in [
        (&["--nothing"][..], "unexpected argument '--nothing'"),
        (&["serv"], "unrecognized subcommand 'serv'"),
        (
            &["--listen", "127.0.0.1:1", "admin", "health"],
            "cannot be used with",
        ),
        (
            &["admin", "agencies", "create", "AB"],
            "'AB' for '<NAME>': shorter than 3 characters",
        ),
        (
            &["admin", "access-keys", "revoke", "x", "--agency", "abc"],
            "not an access key id",
        ),
        (
            &[
                "admin",
                "access-keys",
                "create",
                "--agency",
                "abc",
                "--principal",
                "p",
                "--role",
                "x",
            ],
            "not one of: app, reader, reviewer, records-officer, auditor, agency-admin, none",
        ),
        (
            &["admin", "--endpoint", "ftp://a", "health"],
            "endpoint (flag --endpoint): found",
        ),
        (
            &["serve", "--listen", "here"],
            "s3.listen (flag --listen): found \"here\"",
        ),
        (
            &["--admin-listen", "x"],
            "admin.listen (flag --admin-listen): found \"x\"",
        ),
    ] {
        let ran = acervo(line, &[]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Usage, ""), "{line:?}");
        assert!(ran.err.contains(expected), "{line:?}: {}", ran.err);
    }
    let ran = acervo(&["--version"], &[]);
    shows(&ran, &format!("acervo {}\n", env!("CARGO_PKG_VERSION")));
}

/// What `--help` says is what the README promises.
#[test]
fn help() {
    insta::assert_snapshot!("help", acervo(&["--help"], &[]).out);
    insta::assert_snapshot!("help_access_keys", {
        acervo(&["admin", "access-keys", "create", "--help"], &[]).out
    });
}

#[test]
fn help_in_spanish() {
    let spanish = [("LC_ALL", "es_MX.UTF-8")];
    let help = acervo(&["--help"], &spanish);
    insta::assert_snapshot!("help_spanish", help.out);
    insta::assert_snapshot!("help_access_keys_spanish", {
        acervo(&["admin", "access-keys", "create", "--help"], &spanish).out
    });
    let english = [("LC_ALL", "es"), ("ACERVO_LOCALE", "en")];
    assert!(acervo(&["--help"], &english).out.contains("Usage:"));
    for (line, expected) in [
        (&["--nothing"][..], "no se conoce «--nothing»"),
        (
            &["serv"],
            "no hay ningún comando «serv». ¿Quiso decir «serve»?",
        ),
        (
            &["admin", "agencies"],
            "Uso: acervo admin agencies [OPCIONES] <COMANDO>",
        ),
        (&["admin", "agencies", "create"], "falta: <NAME>"),
        (&["--listen"], "falta el valor de «--listen <ADDR:PORT>»"),
        (
            &["--listen", "127.0.0.1:1", "admin", "health"],
            "«admin» no va junto con «--listen <ADDR:PORT>»",
        ),
        (
            &["admin", "agencies", "create", "AB"],
            "«AB» no vale para «<NAME>» (shorter than 3 characters)",
        ),
        (&["completions", "sh"], "se esperaba uno de: bash, "),
    ] {
        let ran = acervo(line, &spanish);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Usage, ""), "{line:?}");
        assert!(ran.err.contains(expected), "{line:?}: {}", ran.err);
    }
}

#[test]
fn shells_learn_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = acervo(&["completions", shell], &[]);
        assert_eq!(ran.exit, Exit::Done);
        for word in ["serve", "access-keys", "credentials-file"] {
            assert!(ran.out.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(acervo(&["completions", "sh"], &[]).exit, Exit::Usage);
}

#[test]
fn every_command_has_a_manual_page() {
    let home = tempfile::tempdir().unwrap();
    let pages = home.path().join("man1");
    let ran = acervo(&["man", pages.to_str().unwrap()], &[]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    for page in ["acervo", "acervo-serve", "acervo-admin-agencies-create"] {
        let text = fs::read_to_string(pages.join(format!("{page}.1"))).unwrap();
        assert!(text.starts_with(".ie"), "{page} is no manual page: {text}");
    }
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = acervo(&["man", file.to_str().unwrap()], &[]);
    assert_eq!(refused.exit, Exit::Failed);
    assert!(!refused.err.is_empty());
}
