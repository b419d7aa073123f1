//! Commands of `acervo admin` against a server that answers as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::thread::JoinHandle;

use super::super::Exit;
use super::{Ran, acervo, shows};

/// A server for as many requests as it has answers; gives what it was asked, one text a request:
/// the request line, the token, the body.
struct Fake {
    endpoint: String,
    asked: JoinHandle<Vec<String>>,
}

impl Fake {
    fn answering(answers: &'static [(u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let answer = |(status, body): &(u16, &str)| {
                let (stream, _) = listener.accept().unwrap();
                exchange(stream, *status, body)
            };
            answers.iter().map(answer).collect()
        });
        Self { endpoint, asked }
    }

    fn asked(self) -> Vec<String> {
        self.asked.join().unwrap()
    }
}

fn exchange(mut stream: TcpStream, status: u16, body: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut asked = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => asked = format!("{asked} | {value}"),
            _ if asked.is_empty() => asked = line.to_owned(),
            _ => {}
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    if !sent.is_empty() {
        asked = format!("{asked} | {}", String::from_utf8(sent).unwrap());
    }
    let head = format!("HTTP/1.1 {status} S\r\nContent-Length: {}\r\n", body.len());
    stream
        .write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
        .unwrap();
    asked
}

/// Runs `acervo admin …` in English with a token against one answer.
#[track_caller]
fn admin(line: &str, answer: &'static [(u16, &'static str)], asked: &str) -> Ran {
    admin_in("C", line, answer, asked)
}

#[track_caller]
fn admin_in(locale: &str, line: &str, answer: &'static [(u16, &'static str)], asked: &str) -> Ran {
    let fake = Fake::answering(answer);
    let words: Vec<&str> = std::iter::once("admin")
        .chain(line.split_whitespace())
        .collect();
    let environment = [
        ("ACERVO_ADMIN_ENDPOINT", fake.endpoint.as_str()),
        ("ACERVO_ADMIN_TOKEN", "t0ken"),
        ("LC_ALL", locale),
    ];
    let ran = acervo(&words, &environment);
    assert_eq!(fake.asked(), [asked], "{ran:?}");
    ran
}

const AGENCY: &str =
    r#"{"name":"registro","code":"QWER2","state":"active","created":"2026-11-23"}"#;

#[test]
fn agencies() {
    let ran = admin(
        "agencies create registro",
        &[(201, AGENCY)],
        "POST /admin/v1/agencies HTTP/1.1 | Bearer t0ken | {\"name\":\"registro\"}",
    );
    shows(
        &ran,
        "NAME      CODE   STATE   CREATED\nregistro  QWER2  active  2026-11-23\n",
    );
    let ran = admin(
        "agencies suspend registro",
        &[(200, "{}")],
        "POST /admin/v1/agencies/registro/suspend HTTP/1.1 | Bearer t0ken",
    );
    shows(&ran, "Suspended: registro\n");
    admin(
        "agencies resume registro",
        &[(200, AGENCY)],
        "POST /admin/v1/agencies/registro/resume HTTP/1.1 | Bearer t0ken",
    );
    let list = "GET /admin/v1/agencies HTTP/1.1 | Bearer t0ken";
    shows(
        &admin("agencies list", &[(200, r#"{"agencies":[]}"#)], list),
        "There are none.\n",
    );
    let two = &[(
        200,
        r#"{"agencies":[{"name":"a-long-name","state":"suspended"},{"name":"b","state":"x"}]}"#,
    )];
    let ran = admin_in("es_MX.UTF-8", "agencies list", two, list);
    shows(
        &ran,
        "NOMBRE       CÓDIGO  ESTADO      CREADA\na-long-name          suspendida\n\
         b                    x\n",
    );
}

const KEY: &str = r#"{"access_key_id":"ACQWER2ABCDEFGHIJKLM","secret_access_key":"s3cret",
"canonical_id":"c","display_name":"d","principal":"app-1","role":"app","created":"2026-11-23",
"expires":null}"#;

#[test]
fn access_keys() {
    let create = "access-keys create --agency registro --principal app-1 --role app";
    let asked = "POST /admin/v1/agencies/registro/access-keys HTTP/1.1 | Bearer t0ken | \
                 {\"principal\":\"app-1\",\"role\":\"app\"}";
    let ran = admin(create, &[(201, KEY)], asked);
    shows(
        &ran,
        "ACCESS KEY ID      ACQWER2ABCDEFGHIJKLM\nSECRET ACCESS KEY  s3cret\n\
         PRINCIPAL          app-1\nROLE               app\nCANONICAL ID       c\n\
         DISPLAY NAME       d\nCREATED            2026-11-23\nEXPIRES            never\n\n\
         The secret is shown once: keep it now.\n",
    );
    let ran = admin(&format!("{create} --json"), &[(201, KEY)], asked);
    shows(&ran, &format!("{KEY}\n"));
    let until = asked.replace("{\"principal", "{\"expires_in_seconds\":60,\"principal");
    admin(
        &format!("{create} --expires-in-seconds 60"),
        &[(201, KEY)],
        &until,
    );
    let ran = admin(
        "access-keys list --agency registro",
        &[(
            200,
            r#"{"access_keys":[{"access_key_id":"AC","roles":["app","reader"],"expires":"2027"},
               {"access_key_id":"AD","roles":["app"],"expires":null,"revoked":"2026"}]}"#,
        )],
        "GET /admin/v1/agencies/registro/access-keys HTTP/1.1 | Bearer t0ken",
    );
    shows(
        &ran,
        "ACCESS KEY ID  PRINCIPAL  ROLE         CREATED  EXPIRES  STATE\n\
         AC                        app, reader           2027     active\n\
         AD                        app                   never    revoked\n",
    );
    let ran = admin(
        "access-keys revoke ACQWER2ABCDEFGHIJKLM --agency registro",
        &[(204, "")],
        "DELETE /admin/v1/agencies/registro/access-keys/ACQWER2ABCDEFGHIJKLM HTTP/1.1 | Bearer \
         t0ken",
    );
    shows(&ran, "Revoked: ACQWER2ABCDEFGHIJKLM\n");
}

#[test]
fn quotas() {
    let ran = admin(
        "quotas show --agency registro",
        &[(
            200,
            r#"{"agency":{"bytes":30,"objects":2,"quota_bytes":100,"quota_objects":null},
               "buckets":[{"bucket":"actas","bytes":30,"objects":2,"quota_bytes":null,
               "quota_objects":2}]}"#,
        )],
        "GET /admin/v1/agencies/registro/quotas HTTP/1.1 | Bearer t0ken",
    );
    shows(
        &ran,
        "NAME      BYTES  QUOTA      OBJECTS  QUOTA\n\
         registro  30     100        2        unlimited\n  \
         actas   30     unlimited  2        2\n",
    );
    let asked = "PUT /admin/v1/agencies/registro/quotas HTTP/1.1 | Bearer t0ken | ";
    let ran = admin(
        "quotas set --agency registro --bucket actas --bytes 5",
        &[(200, "{}")],
        &format!("{asked}{{\"bucket\":\"actas\",\"bytes\":5,\"objects\":null}}"),
    );
    shows(&ran, "Quota set: actas\n");
    let ran = admin(
        "quotas set --agency registro",
        &[(200, "{}")],
        &format!("{asked}{{\"bucket\":null,\"bytes\":null,\"objects\":null}}"),
    );
    shows(&ran, "Quota set: registro\n");
}

#[test]
fn keys() {
    let path = "/admin/v1/agencies/registro/keys";
    let ran = admin(
        "keys list --agency registro",
        &[(
            200,
            r#"{"keys":[{"name":"nominas","state":"active","version":2,"objects":7,"created":null,
               "destruction":null}]}"#,
        )],
        &format!("GET {path} HTTP/1.1 | Bearer t0ken"),
    );
    let shown = "NAME     STATE   VERSION  OBJECTS  CREATED  DESTRUCTION ASKED FOR BY\n\
                 nominas  active  2        7\n";
    shows(&ran, shown);
    for (command, method, asks) in [
        ("create", "POST", " | {\"name\":\"nominas\"}"),
        ("rotate", "POST", "rotate"),
        ("retire", "POST", "retire"),
        ("destroy-old-versions", "DELETE", "old-versions"),
        ("destroy", "POST", "destruction"),
        ("destroy --cancel", "DELETE", "destruction"),
        ("destroy --confirm", "POST", "destruction/confirmation"),
    ] {
        let asked = match asks.strip_prefix(" | ") {
            Some(body) => format!("{method} {path} HTTP/1.1 | Bearer t0ken | {body}"),
            None => format!("{method} {path}/nominas/{asks} HTTP/1.1 | Bearer t0ken"),
        };
        let ran = admin(
            &format!("keys {command} --agency registro --name nominas"),
            &[(
                200,
                r#"{"name":"nominas","state":"retired","version":2,"created":null,"destruction":
                   {"requested_by":"operator ana","requested":"2026-11-24T00:00:00Z"}}"#,
            )],
            &asked,
        );
        let told = "NAME     STATE    VERSION  OBJECTS  CREATED  DESTRUCTION ASKED FOR BY\n\
                    nominas  retired  2                          operator ana\n";
        let waits = "\nAnother person has to confirm with --confirm. What this key sealed will be \
                     unreadable for ever.\n";
        let waits = if command == "destroy" { waits } else { "" };
        shows(&ran, &format!("{told}{waits}"));
    }
}

#[test]
fn health_and_metrics() {
    let metrics = "GET /admin/v1/metrics HTTP/1.1 | Bearer t0ken";
    shows(
        &admin("metrics", &[(200, "acervo_build_info 1\n")], metrics),
        "acervo_build_info 1\n",
    );

    let fake = Fake::answering(&[(200, "{}"), (200, "{}"), (503, "{}")]);
    let ran = acervo(&["admin", "health", "--endpoint", &fake.endpoint], &[]);
    let table = "CHECK      STATE\nlives      yes\ncan read   yes\ncan store  no\n";
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failed, table));
    let asked = ["live", "ready-read", "ready-write"]
        .map(|check| format!("GET /admin/v1/health/{check} HTTP/1.1"));
    assert_eq!(fake.asked(), asked);

    let fake = Fake::answering(&[(200, "{}"), (200, "{}"), (200, "{}")]);
    let ran = acervo(
        &["admin", "health", "--json", "--endpoint", &fake.endpoint],
        &[],
    );
    shows(
        &ran,
        "{\"live\":true,\"ready-read\":true,\"ready-write\":true}\n",
    );
}

#[test]
fn refusals_of_the_admin_api() {
    let list = "GET /admin/v1/agencies HTTP/1.1 | Bearer t0ken";
    let fails = |locale: &str, answer, expected: &str| {
        let ran = admin_in(locale, "agencies list", answer, list);
        assert_eq!(
            (ran.exit, ran.out.as_str(), ran.err.as_str()),
            (Exit::Failed, "", expected)
        );
    };
    let refused = &[(
        403,
        r#"{"error":{"code":"Forbidden","message":"the token\u001b is not","request_id":"0a"}}"#,
    )];
    fails(
        "C",
        refused,
        "Refused: Forbidden: the token\u{fffd} is not (request 0a)\n",
    );
    fails(
        "es",
        refused,
        "Rechazado: Forbidden: the token\u{fffd} is not (solicitud 0a)\n",
    );
    let page = "The answer is not the admin API's; is --endpoint right?";
    fails("C", &[(404, "<html>")], &format!("{page} (HTTP 404)\n"));
    fails("C", &[(200, "<html>")], &format!("{page} (HTTP 200)\n"));
    // A redirect would take the token along.
    fails("C", &[(302, "")], &format!("{page} (HTTP 302)\n"));
}

#[test]
fn no_server_no_token() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ran = acervo(&["admin", "health", "--endpoint", &endpoint], &[]);
    assert_eq!(ran.exit, Exit::Failed);
    assert!(
        ran.err
            .starts_with(&format!("Cannot reach the admin API at {endpoint}: "))
    );
    assert!(ran.err.contains("refused"), "{}", ran.err);
    let ran = acervo(&["admin", "agencies", "list"], &[("LC_ALL", "es_MX.UTF-8")]);
    assert_eq!(ran.exit, Exit::Usage);
    assert!(
        ran.err.contains("Falta el token de operador"),
        "{}",
        ran.err
    );
}

const GRANT: &str = r#"{"id":"0a","side":"grantor","grantor":"registro","grantee":"licencias",
"state":"offered","bucket":"actas","prefix":"2026/","actions":["s3:GetObject","s3:ListBucket"],
"purpose":"tramite","legal_basis":"Convenio 7","expires":"2027","principals":[],"roles":["app"],
"alias":null,"steps":[{"step":"proposed","agency":"registro","principal":"ana","at":"2026"}],
"told":true}"#;

#[test]
fn grants() {
    let id = "0".repeat(32);
    let offer = "grants offer --agency registro --to licencias --bucket actas --prefix 2026/ \
                 --action s3:GetObject --purpose tramite --legal-basis Convenio --expires 2027 \
                 --role app";
    let asked = "POST /admin/v1/agencies/registro/grants/offers HTTP/1.1 | Bearer t0ken | \
                 {\"actions\":[\"s3:GetObject\"],\"agency\":\"licencias\",\"bucket\":\"actas\",\
                 \"expires\":\"2027\",\"key\":null,\"legal_basis\":\"Convenio\",\
                 \"prefix\":\"2026/\",\"principals\":[],\"purpose\":\"tramite\",\
                 \"roles\":[\"app\"],\"version_id\":null}";
    let ran = admin_in("es_MX.UTF-8", offer, &[(201, GRANT)], asked);
    shows(
        &ran,
        "NÚMERO            0a\nESTADO            ofrecido\nOTORGA            registro\n\
         RECIBE            licencias\nDOCUMENTOS        actas/2026/*\n\
         PERMISO           s3:GetObject, s3:ListBucket\nFINALIDAD         tramite\n\
         FUNDAMENTO LEGAL  Convenio 7\nVENCE             2027\nPRINCIPALES       \n\
         ROLES             app\nALIAS             \n\
         PASOS             2026 propuesto (ana, registro)\n",
    );
    let list = "GET /admin/v1/agencies/registro/grants HTTP/1.1 | Bearer t0ken";
    let listed = &[(
        200,
        r#"{"grants":[{"id":"0a","state":"active","grantor":"a","grantee":"b","bucket":"c",
        "key":"d","version_id":"e","purpose":"f","expires":"g","alias":"h"}]}"#,
    )];
    shows(
        &admin("grants list --agency registro", listed, list),
        "NUMBER  STATE   GRANTOR  GRANTEE  DOCUMENTS        PURPOSE  EXPIRES  ALIAS\n\
         0a      active  a        b        c/d?versionId=e  f        g        h\n",
    );
    let approve = format!("grants approve {id} --agency licencias --alias de-registro");
    let asked = format!(
        "POST /admin/v1/agencies/licencias/grants/{id}/approve HTTP/1.1 | Bearer t0ken | \
         {{\"alias\":\"de-registro\"}}"
    );
    let ran = admin(&format!("{approve} --json"), &[(200, GRANT)], &asked);
    shows(&ran, &format!("{GRANT}\n"));
    for step in ["refuse", "revoke"] {
        let line = format!("grants {step} {id} --agency registro");
        let asked =
            format!("POST /admin/v1/agencies/registro/grants/{id}/{step} HTTP/1.1 | Bearer t0ken");
        admin(&line, &[(200, GRANT)], &asked);
    }
}
