//! Forms that a browser posts: what their policy allows is stored, everything else is refused.

use acervo::crypto::digest::hmac_sha256;
use acervo::types::clock::{Clock, Time};
use acervo::types::encoding;
use serde_json::{Value, json};

use super::support::answer::Answer;
use super::support::caller::Caller;
use super::support::noise;
use super::support::server::{REGION, Server};

/// A form in the making.
struct Form<'a> {
    server: &'a Server,
    conditions: Vec<Value>,
    fields: Vec<(String, String)>,
    file: Vec<u8>,
    expires: i64,
    after: &'a str,
}

impl<'a> Form<'a> {
    fn new(server: &'a Server, key: &str, file: &[u8]) -> Self {
        let form = Self {
            server,
            conditions: vec![json!({"bucket": "actas"})],
            fields: Vec::new(),
            file: file.to_vec(),
            expires: 60,
            after: "",
        };
        form.field("key", key)
    }

    /// A field, and the condition that it is this.
    fn field(self, name: &str, value: &str) -> Self {
        self.condition(json!({name: value})).bare(name, value)
    }

    /// A field that no condition names.
    fn bare(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    fn signed(mut self) -> Self {
        let agency = self.server.agency();
        let credentials = agency.credentials().unwrap();
        let now = Clock::system().now();
        let date = now.amz_date();
        let day = &date[..8];
        let end = Time::from_seconds(now.seconds() + self.expires).iso8601();
        let policy = json!({"expiration": end, "conditions": self.conditions});
        let policy = encoding::base64(policy.to_string().as_bytes());
        let first = format!("AWS4{}", credentials.secret.expose());
        let mut key = hmac_sha256(first.as_bytes(), day.as_bytes());
        for step in [REGION, "s3", "aws4_request"] {
            key = hmac_sha256(&key, step.as_bytes());
        }
        let signature = encoding::hex(&hmac_sha256(&key, policy.as_bytes()));
        let id = credentials.access_key_id;
        let credential = format!("{id}/{day}/{REGION}/s3/aws4_request");
        for (name, value) in [
            ("policy", policy.as_str()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", &credential),
            ("x-amz-date", &date),
            ("x-amz-signature", &signature),
        ] {
            self = self.bare(name, value);
        }
        self
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
            body.extend(format!("--frontera\r\n{disposition}\r\n\r\n{value}\r\n").bytes());
        }
        let disposition = "form-data; name=\"file\"; filename=\"C:\\escaneo\\acta.pdf\"";
        let head = format!("Content-Disposition: {disposition}\r\nContent-Type: application/pdf");
        body.extend(format!("--frontera\r\n{head}\r\n\r\n").bytes());
        body.extend(&self.file);
        body.extend(format!("\r\n--frontera{}--\r\n", self.after).bytes());
        body
    }

    fn post(&self) -> Answer {
        self.post_body(&self.body())
    }

    fn post_body(&self, body: &[u8]) -> Answer {
        let nobody = self.server.nobody();
        let post = nobody.ask("POST", "/actas").body(body);
        let kind = "multipart/form-data; boundary=frontera";
        post.header("content-type", kind).send()
    }
}

fn server() -> (Server, Caller) {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    (server, agency)
}

#[test]
fn a_form_stores_its_file() {
    let (server, agency) = server();
    for size in [0, 10, 70_000, 3_000_000] {
        let file = noise(size as u64 + 1, size);
        let form = Form::new(&server, "folio/${filename}", &file).field("acl", "private");
        let form = form.field("x-amz-meta-folio", "7");
        let form = form.field("Content-Type", "application/pdf");
        // The key is expanded before the policy is asked.
        let mut form = form;
        form.conditions[1] = json!(["starts-with", "$key", "folio/"]);
        let answer = form.signed().post().status(204);
        assert!(
            answer
                .header("location")
                .unwrap()
                .ends_with("/actas/folio/acta.pdf")
        );
        let got = agency.get("actas/folio/acta.pdf").send().holds(&file);
        let got = got.has("x-amz-meta-folio", "7");
        got.has("content-type", "application/pdf");
    }
    // As the only key: nothing else was stored.
    assert_eq!(agency.keys_of("actas"), ["folio/acta.pdf"]);
}

#[test]
fn a_file_has_the_type_that_a_field_names_and_no_other() {
    let (server, agency) = server();
    let stored = |form: Form<'_>| {
        form.signed().post().status(204);
        agency.get("actas/acta.pdf").send().ok()
    };
    // The part of the file says application/pdf, which no policy bounds.
    let plain = stored(Form::new(&server, "acta.pdf", b"1"));
    plain.has("content-type", "binary/octet-stream");
    let named = Form::new(&server, "acta.pdf", b"1").field("Content-Type", "image/png");
    stored(named).has("content-type", "image/png");
}

#[test]
fn a_form_says_what_its_browser_is_answered() {
    let (server, agency) = server();
    let form = |status| Form::new(&server, "a", b"1").field("success_action_status", status);
    let answer = form("201").signed().post().status(201);
    assert_eq!(answer.element("Bucket"), "actas");
    assert_eq!(answer.element("Key"), "a");
    assert_eq!(answer.element("ETag"), answer.header("etag").unwrap());
    form("200").signed().post().status(200);
    form("404").signed().post().status(204);
    let url = "https://tramites.gob.mx/gracias?folio=7";
    let form = Form::new(&server, "a b", b"1").field("success_action_redirect", url);
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag></TagSet></Tagging>";
    let form = form.field("tagging", tags);
    let answer = form.signed().post().status(303);
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&format!("{url}&bucket=actas&key=a%20b&etag=%22")));
    let tags = agency.get("actas/a b").query("tagging").ok();
    assert_eq!(tags.elements("Value"), ["v w"]);
}

#[test]
fn what_the_policy_does_not_allow_is_refused() {
    let (server, agency) = server();
    let form = || Form::new(&server, "a", b"12345");
    let refused = |form: Form<'_>, status, code| {
        form.signed().post().refused(status, code);
    };
    refused(form().bare("x-amz-meta-a", "1"), 403, "AccessDenied");
    refused(
        form().condition(json!({"acl": "private"})),
        403,
        "AccessDenied",
    );
    refused(
        form().condition(json!({"bucket": "becas"})),
        403,
        "AccessDenied",
    );
    let mut expired = form();
    expired.expires = -1;
    refused(expired, 403, "AccessDenied");
    let sized = |low: u64, high: u64| {
        let range = json!(["content-length-range", low, high]);
        form().condition(range)
    };
    refused(sized(0, 4), 400, "EntityTooLarge");
    refused(sized(6, 9), 400, "EntityTooSmall");
    refused(
        form().condition(json!(["like", "$key", "a"])),
        400,
        "InvalidPolicyDocument",
    );
    for condition in [json!({}), json!({"acl": "private", "tagging": ""})] {
        refused(form().condition(condition), 400, "InvalidPolicyDocument");
    }
    refused(form().field("x-amz-bogus", "1"), 501, "NotImplemented");
    refused(
        form().field("acl", "public-read-write"),
        400,
        "AccessControlListNotSupported",
    );
    let wrong = form().field("x-amz-checksum-crc32", "AAAAAA==");
    refused(wrong, 400, "BadDigest");
    // Nobody may change what was signed.
    let mut forged = form().signed();
    forged.fields.retain(|(name, _)| name != "policy");
    let policy = encoding::base64(b"{\"expiration\":\"2099-01-01T00:00:00Z\",\"conditions\":[]}");
    forged
        .bare("policy", &policy)
        .post()
        .refused(403, "SignatureDoesNotMatch");
    let mut unsigned = form().signed();
    unsigned
        .fields
        .retain(|(name, _)| name != "x-amz-signature");
    let unsigned = unsigned.bare("x-amz-signature", "ninguna");
    unsigned.post().refused(403, "SignatureDoesNotMatch");
    form().post().refused(403, "AccessDenied");
    assert!(agency.keys_of("actas").is_empty());
    sized(5, 5).signed().post().status(204);
}

#[test]
fn refusals_of_forms_say_what_they_are_about() {
    let (server, agency) = server();
    let form = || Form::new(&server, "a", b"12345");
    let sized = form().condition(json!(["content-length-range", 0, 4]));
    let refused = sized.signed().post().refused(400, "EntityTooLarge");
    assert_eq!(refused.element("MaxSizeAllowed"), "4");
    let sized = form().condition(json!(["content-length-range", 6, 9]));
    let refused = sized.signed().post().refused(400, "EntityTooSmall");
    assert_eq!(refused.element("MinSizeAllowed"), "6");
    let with = |name: &str, change: &dyn Fn(&str) -> String| {
        let mut form = form().signed();
        let mut named = form.fields.iter_mut().filter(|(known, _)| known == name);
        let (_, value) = named.next().unwrap();
        *value = change(value);
        form.post()
    };
    let credential = "X-Amz-Credential";
    for (name, from, to, argument) in [
        (credential, REGION, "eu-west-9", "x-amz-credential"),
        (credential, "/s3/", "/ec2/", "x-amz-credential"),
        (credential, "aws4_request", "aws", "x-amz-credential"),
        ("x-amz-algorithm", "SHA256", "MD5", "x-amz-algorithm"),
        ("x-amz-date", "T", "t", "x-amz-date"),
    ] {
        let answer = with(name, &|value| value.replace(from, to));
        let refused = answer.refused(400, "InvalidArgument");
        assert_eq!(refused.element("ArgumentName"), argument, "{name}: {to}");
    }
    let forged = with("x-amz-signature", &|value| value.chars().rev().collect());
    let refused = forged.refused(403, "SignatureDoesNotMatch");
    let policy = refused.element("StringToSign");
    assert!(encoding::parse_base64(&policy).is_some(), "{policy}");
    let plain = agency.ask("POST", "/actas").body(b"a=1");
    plain.send().status(400);
    let plain = server.nobody();
    let plain = plain
        .ask("POST", "/actas")
        .header("content-type", "text/plain");
    let refused = plain.body(b"a=1").refused(412, "PreconditionFailed");
    assert!(refused.element("Condition").contains("multipart/form-data"));
    // A type that is empty is none.
    let untyped = form().field("Content-Type", "").signed();
    untyped.post().status(204);
    agency
        .head("actas/a")
        .ok()
        .has("content-type", "binary/octet-stream");
}

#[test]
fn bodies_that_are_no_forms_are_refused() {
    let (server, agency) = server();
    let form = Form::new(&server, "a", b"12345").signed();
    let body = form.body();
    for (body, status, code) in [
        (b"".to_vec(), 400, "MalformedPOSTRequest"),
        (
            b"--frontera--\r\n".to_vec(),
            400,
            "IncorrectNumberOfFilesInPostRequest",
        ),
        (b"x--frontera\r\n".to_vec(), 400, "MalformedPOSTRequest"),
        (body[..body.len() - 12].to_vec(), 400, "IncompleteBody"),
        ([body.clone(), body].concat(), 204, ""),
    ] {
        let answer = form.post_body(&body).status(status);
        assert_eq!(answer.code(), code);
    }
    let long = Form::new(&server, "a", b"1").bare("x-ignore-a", &"v".repeat(70_000));
    long.post()
        .refused(400, "MaxPostPreDataLengthExceededError");
    let twice = Form::new(&server, "a", b"1").bare("Key", "b");
    twice.post().refused(400, "InvalidArgument");
    let plain = server.nobody();
    let plain = plain.ask("POST", "/actas").body(b"x");
    plain.refused(412, "PreconditionFailed");
    let boundless = server.nobody();
    let boundless = boundless.ask("POST", "/actas").body(b"x");
    boundless
        .header("content-type", "multipart/form-data")
        .refused(400, "MalformedPOSTRequest");
    let signed = agency.ask("POST", "/actas").body(b"x");
    signed.refused(400, "InvalidArgument");
    // A button behind the file is ignored, as every browser may send one.
    let button = "\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nSubir\r\n--frontera";
    let mut with_button = Form::new(&server, "b", b"1").signed();
    with_button.after = button;
    with_button.post().status(204);
    agency.get("actas/b").send().holds(b"1");
}

#[test]
fn what_policies_forbid_is_forbidden_to_forms() {
    let (server, agency) = server();
    let deny = |condition: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny",
            "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::actas/*",
            "Condition": condition}});
        let policy = policy.to_string();
        let put = agency.ask("PUT", "/actas?policy");
        put.body(policy.as_bytes()).ok();
    };
    let post = || Form::new(&server, "a", b"1").signed().post();
    for condition in [
        json!({"StringEquals": {"s3:authType": "POST"}}),
        json!({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}),
        json!({"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}),
        json!({"NumericGreaterThanEquals": {"s3:signatureAge": "0"}}),
    ] {
        deny(condition);
        post().refused(403, "AccessDenied");
    }
    deny(json!({"StringNotEquals": {"s3:authType": "POST"}}));
    post().status(204);
    // Where the page is that posts it.
    deny(json!({"StringNotLike": {"aws:Referer": "https://estado.mx/*"}}));
    post().refused(403, "AccessDenied");
    let form = Form::new(&server, "a", b"1").signed();
    let nobody = server.nobody();
    let ask = nobody.ask("POST", "/actas").body(&form.body());
    let kind = "multipart/form-data; boundary=frontera";
    ask.header("content-type", kind)
        .header("referer", "https://estado.mx/alta")
        .send()
        .status(204);
}

#[test]
fn slow_forms_leave_the_places_to_others() {
    let server = Server::with(&[("ACERVO_LIMITS_INFLIGHT_REQUESTS", "8")]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let head = "POST /actas HTTP/1.1\r\nhost: a\r\ncontent-length: 9000000\r\n\
                content-type: multipart/form-data; boundary=frontera\r\n\r\n--frontera";
    let slow = || {
        let mut wire = server.wire();
        wire.send(head.as_bytes());
        wire
    };
    server.announce("too busy");
    let mut slow: Vec<_> = (0..12).map(|_| slow()).collect();
    let mut waits = 0;
    for wire in &mut slow {
        waits += u32::from(!wire.hears_within(500));
    }
    assert_eq!(waits, 2, "the others are told to come later");
    agency.get("actas/a").ok().holds(b"1");
    drop(slow);
}
