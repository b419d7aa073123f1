//! Signature Version 2: a proof where a setting says so, and nothing anywhere else.

use acervo::auth::sigv2::sign;
use acervo::types::clock::{Clock, Time};
use acervo::types::encoding;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::server::{Server, Settings};

const ON: Settings<'_> = &[
    ("ACERVO_AUTH_SIGNATURE_V2", "true"),
    ("ACERVO_S3_DOMAINS", "s3.estado.mx"),
];

fn server() -> (Server, Caller) {
    let server = Server::with(ON);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"hola").ok();
    (server, agency)
}

/// A request, and what of it is signed in which way.
struct Old<'a> {
    method: &'a str,
    target: &'a str,
    /// What the canonical resource is, if not the target.
    resource: Option<&'a str>,
    /// Canonical `x-amz-` headers, in their order.
    amz: &'a [(&'a str, &'a str)],
    kind: &'a str,
    host: Option<&'a str>,
    body: &'a [u8],
}

const GET: Old<'_> = Old {
    method: "GET",
    target: "/actas/a",
    resource: None,
    amz: &[],
    kind: "",
    host: None,
    body: b"",
};

impl Old<'_> {
    fn text(&self, date: &str) -> String {
        let amz = self
            .amz
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"));
        format!(
            "{}\n\n{}\n{date}\n{}{}",
            self.method,
            self.kind,
            amz.collect::<String>(),
            self.resource.unwrap_or(self.target)
        )
    }

    /// Signed in the header at a moment.
    fn send_at(&self, caller: &Caller, at: Time) -> Answer {
        let date = at.http_date();
        let credentials = caller.credentials().unwrap();
        let signature = sign(credentials.secret, &self.text(&date));
        let authorization = format!("AWS {}:{signature}", credentials.access_key_id);
        let nobody = Caller {
            proof: Proof::Nobody,
            ..caller.clone()
        };
        let mut ask = nobody
            .ask(self.method, self.target)
            .header("date", &date)
            .header("authorization", &authorization)
            .body(self.body);
        for (name, value) in self.amz {
            ask = ask.header(name, value);
        }
        if !self.kind.is_empty() {
            ask = ask.header("content-type", self.kind);
        }
        if let Some(host) = self.host {
            ask = ask.host(host);
        }
        ask.send()
    }

    fn send(&self, caller: &Caller) -> Answer {
        self.send_at(caller, Clock::system().now())
    }

    /// The target of a URL that lives so many seconds.
    fn presigned(&self, caller: &Caller, seconds: i64) -> String {
        let ends = Clock::system().now().seconds() + seconds;
        let credentials = caller.credentials().unwrap();
        let signature = sign(credentials.secret, &self.text(&ends.to_string()));
        let signature = encoding::percent(signature.as_bytes());
        let sign = if self.target.contains('?') { '&' } else { '?' };
        let id = credentials.access_key_id;
        format!(
            "{}{sign}AWSAccessKeyId={id}&Expires={ends}&Signature={signature}",
            self.target
        )
    }
}

fn open(server: &Server, target: &str) -> Answer {
    server.nobody().ask("GET", target).send()
}

#[test]
fn it_is_refused_unless_it_is_let() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let told = GET.send(&agency).refused(400, "InvalidRequest");
    assert!(told.text().contains("AWS4-HMAC-SHA256"), "{}", told.text());
    open(&server, &GET.presigned(&agency, 60)).refused(400, "InvalidRequest");
}

#[test]
fn a_header_signs_a_request() {
    let (_server, agency) = server();
    GET.send(&agency).ok().holds(b"hola");
    let put = Old {
        method: "PUT",
        target: "/actas/b%20%C3%B1",
        amz: &[("x-amz-meta-a", "1"), ("x-amz-meta-b", "2")],
        kind: "text/plain",
        body: b"dos",
        ..GET
    };
    put.send(&agency).ok();
    let stored = agency.get("actas/b ñ").ok();
    assert_eq!(stored.header("x-amz-meta-b"), Some("2"));
    assert_eq!(stored.header("content-type"), Some("text/plain"));
    let list = Old {
        target: "/actas?prefix=a&list-type=2",
        resource: Some("/actas"),
        ..GET
    };
    assert_eq!(list.send(&agency).ok().elements("Key"), ["a"]);
    let by_host = Old {
        target: "/a?tagging",
        resource: Some("/actas/a?tagging"),
        host: Some("actas.s3.estado.mx"),
        ..GET
    };
    by_host.send(&agency).ok();
    // What is not signed is not accepted: a sub-resource, a header, another method.
    let bare = Old {
        target: "/actas/a?tagging",
        resource: Some("/actas/a"),
        ..GET
    };
    bare.send(&agency).refused(403, "SignatureDoesNotMatch");
    let now = Clock::system().now();
    for seconds in [-901, 901] {
        let skewed = GET.send_at(&agency, now.plus_seconds(seconds));
        skewed.refused(403, "RequestTimeTooSkewed");
    }
    let stranger = Caller {
        proof: Proof::AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: acervo::types::secret::SecretText::new("0".to_owned()),
        },
        ..agency
    };
    GET.send(&stranger).refused(403, "InvalidAccessKeyId");
}

#[test]
fn a_url_opens_what_it_names_until_it_ends() {
    let (server, agency) = server();
    let target = GET.presigned(&agency, 3_000_000_000);
    open(&server, &target).ok().holds(b"hola");
    open(&server, &GET.presigned(&agency, 0)).refused(403, "AccessDenied");
    let mismatch = "SignatureDoesNotMatch";
    open(&server, &format!("{target}&acl")).refused(403, mismatch);
    open(&server, &format!("{target}&versionId=null")).refused(403, mismatch);
    open(&server, &target.replace("/a?", "/b?")).refused(403, mismatch);
    let put = server.nobody().ask("PUT", &target).body(b"x").send();
    put.refused(403, mismatch);
    open(&server, &target.replace("Expires=", "Expires=1")).refused(403, mismatch);
    let partial = target.split_once("&Signature").unwrap().0;
    open(&server, partial).refused(403, "AccessDenied");
    let overridden = Old {
        target: "/actas/a?response-content-type=text%2Fplain%3B%20charset%3Dutf-8",
        resource: Some("/actas/a?response-content-type=text/plain; charset=utf-8"),
        ..GET
    };
    let shown = open(&server, &overridden.presigned(&agency, 60)).ok();
    assert_eq!(
        shown.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    // Header and query at once are one proof too many.
    let both = server.nobody();
    let both = both.ask("GET", &target).header("authorization", "AWS a:b");
    both.refused(400, "InvalidArgument");
    let both = format!("{target}&X-Amz-Signature=1");
    open(&server, &both).refused(400, "InvalidArgument");
}

#[test]
fn a_session_brings_its_token() {
    let (server, agency) = server();
    let session = agency
        .ask("POST", "/")
        .service("sts")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(b"Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900")
        .ok();
    let token = session.element("SessionToken");
    let session = server.with_key(
        &session.element("AccessKeyId"),
        &session.element("SecretAccessKey"),
    );
    let amz = [("x-amz-security-token", token.as_str())];
    let with_token = Old { amz: &amz, ..GET };
    with_token.send(&session).ok().holds(b"hola");
    GET.send(&session).refused(403, "InvalidAccessKeyId");
    let in_query = format!(
        "/actas/a?x-amz-security-token={}",
        encoding::percent(token.as_bytes())
    );
    let url = Old {
        target: &in_query,
        resource: Some("/actas/a"),
        ..with_token
    };
    let target = url.presigned(&session, 60);
    open(&server, &target).ok().holds(b"hola");
    let other = target.replace("x-amz-security-token=", "x-amz-security-token=a");
    open(&server, &other).refused(400, "InvalidToken");
}

#[test]
fn a_form_may_be_signed_so_too() {
    let (server, agency) = server();
    let post = |server: &Server, extra: &[(&str, &str)]| {
        let credentials = agency.credentials().unwrap();
        let end = Time::from_seconds(Clock::system().now().seconds() + 60).iso8601();
        let conditions = json!([{"bucket": "actas"}, {"key": "forma"}]);
        let policy = json!({"expiration": end, "conditions": conditions}).to_string();
        let policy = encoding::base64(policy.as_bytes());
        let signature = sign(credentials.secret, &policy);
        let fields = [
            ("key", "forma"),
            ("AWSAccessKeyId", credentials.access_key_id),
            ("policy", &policy),
            ("signature", &signature),
        ];
        let mut body = String::new();
        for (name, value) in fields.iter().chain(extra) {
            body += &format!(
                "--f\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += "--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\
                 tres\r\n--f--\r\n";
        let nobody = server.nobody();
        let ask = nobody.ask("POST", "/actas").body(body.as_bytes());
        ask.header("content-type", "multipart/form-data; boundary=f")
            .send()
    };
    post(&server, &[]).status(204);
    agency.get("actas/forma").ok().holds(b"tres");
    let both = [("x-amz-algorithm", "AWS4-HMAC-SHA256")];
    post(&server, &both).refused(400, "InvalidArgument");
    post(&server, &[("acl", "private")]).refused(403, "AccessDenied");
    let off = Server::start();
    off.agency().make_bucket("actas").ok();
    post(&off, &[]).refused(400, "InvalidRequest");
}
