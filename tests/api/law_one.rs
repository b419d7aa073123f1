//! Law 1: nothing that was entrusted stands readable in the data directory, running or killed.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::sts;
use crate::support::caller::{Caller, Proof};
use crate::support::request::Ask;
use crate::support::server::{Home, Server};
use crate::support::{md5, noise, pause, position};

/// Every file below a folder that holds one of the texts, and which.
fn findings(folder: &Path, secrets: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut scanned = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // A file may go while the server works.
            let Ok(bytes) = fs::read(&path) else { continue };
            scanned += bytes.len();
            let name = path.to_string_lossy().into_owned();
            for (what, text) in secrets {
                if position(&bytes, text).is_some() || position(name.as_bytes(), text).is_some() {
                    found.push(format!("{what} in {name}"));
                }
            }
        }
    }
    assert!(scanned > 100_000, "only {scanned} bytes were there to scan");
    found
}

/// A text as it is, and in the forms in which it could hide.
pub(crate) fn forms(what: &str, text: &[u8]) -> Vec<(String, Vec<u8>)> {
    use acervo::types::encoding;
    [
        ("", text.to_vec()),
        (" (hex)", encoding::hex(text).into_bytes()),
        (" (base64)", encoding::base64(text).into_bytes()),
    ]
    .map(|(form, bytes)| (format!("{what}{form}"), bytes))
    .to_vec()
}

/// Documents by name, with their sizes: inline, a blob, a part, and one that is never finished.
const DOCUMENTS: [(&str, usize); 4] = [
    ("inline", 9_000),
    ("blob", 700_000),
    ("part", 300_000),
    ("unfinished", 400_000),
];

fn document(name: &str) -> Vec<u8> {
    let at = DOCUMENTS.iter().position(|(known, _)| *known == name);
    let at = at.unwrap();
    noise(11 + at as u64, DOCUMENTS[at].1)
}

/// Entrusts the server with everything that it takes.
fn entrust(agency: &Caller) {
    let bucket = "cubeta-singular-q7";
    let at = |name: &str| format!("{bucket}/{name}");
    agency.make_bucket(bucket).ok();
    let put = agency.at("PUT", &at("nombre-singular-w8"));
    let put = put.body(&document("inline"));
    let put = put.header("x-amz-meta-folio", "metadato-singular-e9");
    let put = put.header("content-disposition", "disposicion-singular-r1");
    put.ok();
    agency.put(&at("otro-nombre-t2"), &document("blob")).ok();
    let metadata = [("x-amz-meta-folio", "metadato-de-subida-u4")];
    let upload = agency.begin_upload_with(&at("subida-singular-y3"), &metadata);
    let part = document("part");
    agency
        .part(&at("subida-singular-y3"), &upload, 1, &part)
        .ok();
    agency.get(&at("leido-singular-i5")).send().status(404);
    let inline = document("inline");
    agency
        .put(&at("borrado-singular-o6"), &inline[1_000..])
        .ok();
    agency.delete(&at("borrado-singular-o6")).ok();
}

/// Every text that must not be found.
fn secrets(server: &Server, new_key: &Caller) -> Vec<(String, Vec<u8>)> {
    let mut secrets = Vec::new();
    for (what, text) in [
        ("a bucket's name", "cubeta-singular-q7"),
        ("a key", "nombre-singular-w8"),
        ("a key", "otro-nombre-t2"),
        ("an upload's key", "subida-singular-y3"),
        ("a key that was read", "leido-singular-i5"),
        ("a deleted key", "borrado-singular-o6"),
        ("metadata", "metadato-singular-e9"),
        ("system metadata", "disposicion-singular-r1"),
        ("an upload's metadata", "metadato-de-subida-u4"),
        ("a principal", "persona-singular-p7"),
        ("a secret", server.credential("secret_access_key")),
        (
            "a new secret",
            new_key.credentials().unwrap().secret.expose(),
        ),
        ("an operator's token", server.credential("operator_token")),
        ("a Bearer token", server.credential("bearer_token")),
    ] {
        secrets.extend(forms(what, text.as_bytes()));
    }
    for (name, _) in DOCUMENTS {
        let bytes = document(name);
        for at in [0, bytes.len() / 2, bytes.len() - 24] {
            secrets.extend(forms(name, &bytes[at..at + 24]));
        }
    }
    secrets
}

#[track_caller]
pub(crate) fn holds_none(home: &Home, secrets: &[(String, Vec<u8>)]) {
    let found = findings(&home.data(), secrets);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nothing_entrusted_stands_readable_on_disk() {
    let server = Server::with(&[("ACERVO_LOG_LEVEL", "trace")]);
    let agency = server.agency();
    entrust(&agency);
    let new_key = server.make_key("agencia", "persona-singular-p7", "app");
    let secrets = secrets(&server, &new_key);
    // One upload is under way while the files are read.
    let put = agency.put("cubeta-singular-q7/a-medias", &document("unfinished"));
    let wired = put.wired();
    let mut wire = server.wire();
    wire.send(&wired.head);
    wire.send(&wired.body[..399_000]);
    pause(300);
    holds_none(&server.home, &secrets);
    let log = server.log();
    for (what, text) in &secrets {
        assert_eq!(position(log.as_bytes(), text), None, "{what} in the log");
    }
    let home = server.kill();
    holds_none(&home, &secrets);
    let home = Server::at(home, &[]).stop();
    holds_none(&home, &secrets);
}

/// What of the newer features is entrusted: each text is in one place only.
const PLANTED: [(&str, &str); 17] = [
    ("an encryption context", "contexto-singular-a1"),
    ("a key under a customer's key", "cliente-singular-a2"),
    ("a tag's key", "etiqueta-singular-a3"),
    ("a tag's value", "valor-singular-a4"),
    ("a bucket's tag", "etiqueta-de-cubeta-a5"),
    ("a policy", "politica-singular-a6"),
    ("a principal in a list", "persona-de-lista-a7"),
    ("a webhook's address", "gancho-singular-a8"),
    ("an origin", "origen-singular-a9"),
    ("a lifecycle rule", "regla-singular-b1"),
    ("a notification's name", "aviso-singular-b2"),
    ("a role's policy", "rol-singular-b3"),
    ("a group", "grupo-singular-b4"),
    ("an upload's tag", "etiqueta-de-subida-b5"),
    ("a form's key", "formulario-singular-b6"),
    ("a user agent", "agente-singular-b7"),
    ("where access logs go", "bitacora-singular-b8"),
];
const CUSTOMERS_KEY: [u8; 32] = *b"llave de un cliente, 32 octetos!";

fn customers(ask: Ask<'_>) -> Ask<'_> {
    use acervo::types::encoding::base64;
    const NAME: &str = "x-amz-server-side-encryption-customer";
    ask.header(&format!("{NAME}-algorithm"), "AES256")
        .header(&format!("{NAME}-key"), &base64(&CUSTOMERS_KEY))
        .header(&format!("{NAME}-key-md5"), &base64(&md5(&CUSTOMERS_KEY)))
}

/// Every configuration of a bucket.
fn configure(agency: &Caller) {
    let set = |query: &str, body: &str| {
        let put = agency.ask("PUT", &format!("/cubeta?{query}"));
        put.body(body.as_bytes()).ok();
    };
    for bucket in ["cubeta", "bitacoras"] {
        agency.make_bucket(bucket).ok();
    }
    set(
        "notification",
        "<NotificationConfiguration><QueueConfiguration><Id>aviso-singular-b2</Id>\
         <Queue>arn:aws:sqs:us-east-1:agencia:avisos</Queue><Event>s3:ObjectCreated:*</Event>\
         </QueueConfiguration></NotificationConfiguration>",
    );
    set(
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>bitacoras</TargetBucket>\
         <TargetPrefix>bitacora-singular-b8/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
    );
    set(
        "tagging",
        "<Tagging><TagSet><Tag><Key>etiqueta-de-cubeta-a5</Key><Value>x</Value></Tag></TagSet>\
         </Tagging>",
    );
    set(
        "policy",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"politica-singular-a6","Effect":"Deny",
            "Principal":"*","Action":"s3:PutBucketAcl","Resource":"arn:aws:s3:::cubeta"}]}"#,
    );
    set(
        "cors",
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://origen-singular-a9.example\
         </AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
    );
    set(
        "lifecycle",
        "<LifecycleConfiguration><Rule><ID>regla-singular-b1</ID><Filter></Filter>\
         <Status>Enabled</Status><Expiration><Days>900</Days></Expiration></Rule>\
         </LifecycleConfiguration>",
    );
}

/// Documents under contexts and customers' keys, and parts of one in progress.
fn entrust_documents(agency: &Caller) {
    use acervo::types::encoding::base64;
    let context = base64(br#"{"asunto":"contexto-singular-a1"}"#);
    for (key, size) in [
        ("cubeta/contexto", 2_000),
        ("cubeta/contexto-grande", 90_000),
    ] {
        let put = agency.put(key, &noise(31, size));
        put.header("x-amz-server-side-encryption", "aws:kms")
            .header("x-amz-server-side-encryption-context", &context)
            .header("x-amz-tagging", "etiqueta-singular-a3=valor-singular-a4")
            .header("user-agent", "agente-singular-b7/1")
            .ok();
        let key = format!("cubeta/cliente-singular-a2-{size}");
        customers(agency.put(&key, &noise(32, size))).ok();
        customers(agency.get(&key)).ok();
    }
    let tags = [("x-amz-tagging", "etiqueta-de-subida-b5=x")];
    let upload = agency.begin_upload_with("cubeta/subida", &tags);
    for (number, size) in [(1, 3_000), (2, 70_000)] {
        let part = noise(33, size);
        agency.part("cubeta/subida", &upload, number, &part).ok();
    }
}

/// Entrusts all of it, and gives what must not be found.
fn entrust_more(server: &Server, agency: &Caller) -> Vec<(String, Vec<u8>)> {
    let hook = json!({ "name": "avisos", "url": "https://127.0.0.1:1/gancho-singular-a8" });
    let path = "/admin/v1/agencies/agencia/webhooks";
    let hook = server.administer("PUT", path, &hook).ok();
    let hook: Value = serde_json::from_slice(&hook.body).unwrap();
    configure(agency);
    entrust_documents(agency);
    let app = server.make_key("agencia", "persona-de-lista-a7", "app");
    let session = sts::session(server, sts::assume(&app, "app"));
    session.make_bucket("de-la-sesion").ok();
    let Proof::Session { secret, token, .. } = &session.proof else {
        panic!("a session has a token")
    };
    let signing = hook["secret"].as_str().unwrap();
    entrust_access(server);
    // An event, now that there is a webhook to tell it to.
    agency.put("cubeta/formulario-singular-b6", b"x").ok();
    pause(1_500);
    let mut secrets = Vec::new();
    for (what, text) in PLANTED {
        secrets.extend(forms(what, text.as_bytes()));
    }
    secrets.extend(forms("a customer's key", &CUSTOMERS_KEY));
    secrets.extend(forms("its digest", &md5(&CUSTOMERS_KEY)));
    secrets.extend(forms("a session's secret", secret.expose().as_bytes()));
    secrets.extend(forms("a session's token", token.as_bytes()));
    secrets.extend(forms("a webhook's secret", signing.as_bytes()));
    let signing = signing.trim_start_matches("whsec_");
    let signing = acervo::types::encoding::parse_base64(signing).unwrap();
    secrets.extend(forms("a webhook's key", &signing));
    for (seed, size) in [
        (31, 2_000),
        (31, 90_000),
        (32, 2_000),
        (32, 90_000),
        (33, 3_000),
    ] {
        let bytes = noise(seed, size);
        secrets.extend(forms("a document", &bytes[size / 2..size / 2 + 24]));
    }
    secrets
}

/// Roles and groups.
fn entrust_access(server: &Server) {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "x", "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::cubeta/rol-singular-b3",
    }] });
    let base = "/admin/v1/agencies/agencia";
    let role = json!({ "policy": policy });
    server
        .administer("PUT", &format!("{base}/roles/lectura"), &role)
        .ok();
    server
        .administer(
            "PUT",
            &format!("{base}/groups/grupo-singular-b4/principals/persona"),
            &Value::Null,
        )
        .ok();
}

#[test]
fn what_came_since_stands_readable_nowhere_either() {
    let home = Home::new();
    let temporary = home.data().join("temporary");
    fs::create_dir_all(&temporary).unwrap();
    let settings = [
        ("ACERVO_LOG_LEVEL", "trace"),
        ("ACERVO_S3_CUSTOMER_KEYS_OVER_HTTP", "true"),
        ("ACERVO_ACCESS_LOG_DELIVER_SECONDS", "1"),
        ("ACERVO_WEBHOOKS_ALLOW", "127.0.0.0/8"),
        ("TMPDIR", temporary.to_str().unwrap()),
    ];
    let server = Server::at(home, &settings);
    let secrets = entrust_more(&server, &server.agency());
    holds_none(&server.home, &secrets);
    let log = server.log();
    for (what, text) in &secrets {
        assert_eq!(position(log.as_bytes(), text), None, "{what} in the log");
    }
    let home = server.kill();
    holds_none(&home, &secrets);
    let home = Server::at(home, &settings[1..]).stop();
    holds_none(&home, &secrets);
}

/// The scan itself finds what is there: without this it would prove nothing.
#[test]
fn the_scan_finds_what_is_readable() {
    let server = Server::start();
    let text = b"un texto que nadie sello";
    fs::write(server.home.data().join("agencies/agencia/plain"), text).unwrap();
    for (what, form) in forms("text", text) {
        let path = server.home.data().join("form");
        fs::write(&path, &form).unwrap();
        assert!(!findings(&server.home.data(), &[(what, form)]).is_empty());
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn files_of_the_data_directory_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start();
    for name in ["root.key", "acervo.json", "catalog.db"] {
        let mode = fs::metadata(server.home.data().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let path = server.home.path().join("credentials.json");
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
