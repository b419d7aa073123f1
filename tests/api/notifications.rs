//! Notifications: what happened to documents is told to those who were configured, once it has
//! happened, signed, and again until it is taken.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use acervo::crypto::digest::hmac_sha256;
use acervo::types::encoding;
use serde_json::{Value, json};

use crate::support::caller::Caller;
use crate::support::server::{Server, Settings};

const SETTINGS: Settings<'_> = &[
    ("ACERVO_WEBHOOKS_ALLOW", "127.0.0.0/8"),
    ("ACERVO_WEBHOOKS_ALLOW_HTTP", "true"),
    ("ACERVO_WEBHOOKS_RETRY_SECONDS", "1"),
    ("ACERVO_WEBHOOKS_TRIES", "2"),
];
const WEBHOOKS: &str = "/admin/v1/agencies/agencia/webhooks";
const DELIVERIES: &str = "/admin/v1/agencies/agencia/deliveries";

/// What a webhook was told.
struct Told {
    headers: Vec<(String, String)>,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn record(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["Records"].as_array().unwrap().len(), 1);
        body["Records"][0].clone()
    }

    /// Event and key.
    fn short(&self) -> String {
        let record = self.record();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name = text(&record["eventName"]);
        format!("{name} {}", text(&record["s3"]["object"]["key"]))
    }
}

/// A webhook that answers each request with the next of its statuses, and the last for ever.
struct Receiving {
    url: String,
    told: Receiver<Told>,
}

impl Receiving {
    fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/gancho", listener.local_addr().unwrap());
        let (sender, told) = channel();
        std::thread::spawn(move || {
            let last = statuses.last().copied().unwrap();
            let statuses = statuses.iter().copied().chain(std::iter::repeat(last));
            for (stream, status) in listener.incoming().zip(statuses) {
                hear(stream.unwrap(), status, &sender);
            }
        });
        Self { url, told }
    }

    #[track_caller]
    fn next(&self) -> Told {
        let told = self.told.recv_timeout(Duration::from_secs(20));
        told.expect("the webhook is told something")
    }

    /// Hears that it is named by the configuration of `actas`.
    #[track_caller]
    fn is_tried_out(&self) {
        let told = self.next();
        let body: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!(body["Service"], "Amazon S3");
        assert_eq!(
            (&body["Event"], &body["Bucket"]),
            (&json!("s3:TestEvent"), &json!("actas"))
        );
        assert!(body.get("Records").is_none());
    }

    #[track_caller]
    fn hears_no_more(&self) {
        if let Ok(told) = self.told.recv_timeout(Duration::from_millis(2_500)) {
            panic!("{}", told.body);
        }
    }
}

fn hear(stream: TcpStream, status: u16, told: &Sender<Told>) {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    // Whoever followed this redirect would be told somewhere else.
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nlocation: http://127.0.0.1:1/\r\n\
         connection: close\r\n\r\n"
    );
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
    let body = String::from_utf8(body).unwrap();
    let _ = told.send(Told { headers, body });
}

fn set_webhook(server: &Server, name: &str, url: &str) -> Value {
    let made = server.administer("PUT", WEBHOOKS, &json!({ "name": name, "url": url }));
    serde_json::from_slice(&made.ok().body).unwrap()
}

fn configure(caller: &Caller, xml: &str) {
    let xml = format!("<NotificationConfiguration>{xml}</NotificationConfiguration>");
    caller
        .ask("PUT", "/actas?notification")
        .body(xml.as_bytes())
        .ok();
}

fn queue(arn: &str, events: &[&str], filter: &str) -> String {
    let events: String = events
        .iter()
        .map(|event| format!("<Event>s3:{event}</Event>"))
        .collect();
    format!(
        "<QueueConfiguration><Id>uno</Id><Queue>{arn}</Queue>{events}{filter}</QueueConfiguration>"
    )
}

#[test]
fn changes_are_told_signed_and_in_the_shape_of_s3() {
    let server = Server::with(SETTINGS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let receiving = Receiving::answering(&[200]);
    let made = set_webhook(&server, "avisos", &receiving.url);
    let (arn, secret) = (
        made["arn"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    assert_eq!(arn, "arn:aws:sqs:us-east-1:agencia:avisos");
    let filter = "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule>\
                  </S3Key></Filter>";
    let events = ["ObjectCreated:*", "ObjectRemoved:*", "ObjectTagging:*"];
    configure(&caller, &queue(arn, &events, filter));
    receiving.is_tried_out();
    // Who wants none tried out has none tried out: the next that is told is a document.
    let skip = "x-amz-skip-destination-validation";
    let untried = |value: &str| {
        let body = format!(
            "<NotificationConfiguration>{}</NotificationConfiguration>",
            queue(arn, &events, filter)
        );
        let ask = caller.ask("PUT", "/actas?notification");
        ask.header(skip, value).body(body.as_bytes()).send()
    };
    untried("true").ok();
    untried("perhaps").refused(400, "InvalidArgument");
    caller.put("actas/out/x", b"x").ok();
    caller.put("actas/in/a b", b"hola").ok();
    let told = receiving.next();
    let record = told.record();
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    assert_eq!(record["eventSource"], "aws:s3");
    assert_eq!(record["userIdentity"]["principalId"], "admin");
    assert_eq!(record["s3"]["bucket"]["name"], "actas");
    assert_eq!(record["s3"]["configurationId"], "uno");
    let object = &record["s3"]["object"];
    assert_eq!(
        (&object["key"], &object["size"]),
        (&json!("in/a+b"), &json!(4))
    );
    assert_eq!(object["eTag"], "4d186321c1a7f0f354b297e8914ab240");

    let key = encoding::parse_base64(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (told.header("webhook-id"), told.header("webhook-timestamp"));
    let mac = hmac_sha256(&key, format!("{id}.{at}.{}", told.body).as_bytes());
    let expected = format!("v1,{}", encoding::base64(&mac));
    assert_eq!(told.header("webhook-signature"), expected);

    caller.copy("actas/out/x", "actas/in/c").ok();
    assert_eq!(receiving.next().short(), "ObjectCreated:Copy in/c");
    let upload = caller.begin_upload("actas/in/m");
    let part = caller.part("actas/in/m", &upload, 1, b"1").ok();
    let tag = part.header("etag").unwrap();
    caller.complete("actas/in/m", &upload, &[(1, tag)]).ok();
    let expected = "ObjectCreated:CompleteMultipartUpload in/m";
    assert_eq!(receiving.next().short(), expected);
    caller
        .at("PUT", "actas/in/c")
        .query("tagging")
        .body(b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>")
        .ok();
    assert_eq!(receiving.next().short(), "ObjectTagging:Put in/c");
    caller.delete("actas/in/c").ok();
    assert_eq!(receiving.next().short(), "ObjectRemoved:Delete in/c");
    caller.delete("actas/in/c").ok();
    receiving.hears_no_more();
}

#[test]
fn versions_are_told_apart_and_configurations_end() {
    let server = Server::with(SETTINGS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .ok();
    let receiving = Receiving::answering(&[204]);
    let made = set_webhook(&server, "avisos", &receiving.url);
    let arn = made["arn"].as_str().unwrap();
    configure(
        &caller,
        &queue(arn, &["ObjectRemoved:*", "ObjectCreated:Put"], ""),
    );
    receiving.is_tried_out();
    let put = caller.put("actas/a", b"1").ok();
    let version = put.header("x-amz-version-id").unwrap();
    let first = receiving.next().record();
    assert_eq!(first["s3"]["object"]["versionId"], version);
    caller.delete("actas/a").ok();
    let second = receiving.next();
    assert_eq!(second.short(), "ObjectRemoved:DeleteMarkerCreated a");
    let sequencer = |record: &Value| {
        let text = record["s3"]["object"]["sequencer"].as_str().unwrap();
        text.to_owned()
    };
    assert!(sequencer(&first) < sequencer(&second.record()));
    caller
        .delete("actas/a")
        .query(&format!("versionId={version}"))
        .ok();
    assert_eq!(receiving.next().short(), "ObjectRemoved:Delete a");
    configure(&caller, "");
    caller.put("actas/a", b"2").ok();
    receiving.hears_no_more();
    let shown = caller.ask("GET", "/actas?notification").ok();
    assert!(!shown.text().contains("QueueConfiguration"));
}

#[test]
fn what_is_not_taken_is_tried_again_and_then_dead_until_it_is_replayed() {
    let server = Server::with(SETTINGS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let receiving = Receiving::answering(&[200, 503, 302, 200]);
    let made = set_webhook(&server, "avisos", &receiving.url);
    configure(
        &caller,
        &queue(made["arn"].as_str().unwrap(), &["ObjectCreated:*"], ""),
    );
    receiving.is_tried_out();
    caller.put("actas/a", b"1").ok();
    let first = receiving.next();
    let second = receiving.next();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    receiving.hears_no_more();
    let failed = server.administer("GET", DELIVERIES, &Value::Null).ok();
    let failed: Value = serde_json::from_slice(&failed.body).unwrap();
    let dead = &failed["deliveries"][0];
    assert_eq!(
        (&dead["state"], &dead["attempts"]),
        (&json!("dead"), &json!(2))
    );
    assert_eq!(dead["last_error"], "the webhook answered 302");

    let replay = json!({ "webhook": "avisos" });
    let replayed = server.administer("POST", DELIVERIES, &replay).ok();
    assert!(replayed.text().contains("1"));
    let third = receiving.next();
    assert_eq!(first.header("webhook-id"), third.header("webhook-id"));
    assert_eq!(third.record(), first.record());
}

/// What expires takes a day of two seconds here.
#[test]
fn lists_tags_and_what_expires_are_told() {
    let settings = [
        SETTINGS,
        &[
            ("ACERVO_TESTING", "true"),
            ("ACERVO_LIFECYCLE_DAY_SECONDS", "2"),
        ],
    ]
    .concat();
    let server = Server::with(&settings);
    let caller = server.agency();
    caller
        .ask("PUT", "/actas")
        .header("x-amz-object-ownership", "ObjectWriter")
        .ok();
    let receiving = Receiving::answering(&[200]);
    let made = set_webhook(&server, "avisos", &receiving.url);
    let arn = made["arn"].as_str().unwrap();
    let events = [
        "ObjectAcl:Put",
        "ObjectTagging:Delete",
        "LifecycleExpiration:*",
    ];
    configure(&caller, &queue(arn, &events, ""));
    receiving.is_tried_out();
    caller.ask("DELETE", "/actas?publicAccessBlock").ok();
    caller.put("actas/a", b"x").ok();
    let set_list = |canned: &str| {
        let ask = caller.at("PUT", "actas/a").query("acl");
        ask.header("x-amz-acl", canned).ok();
    };
    // The list that an object has anyway is no change.
    set_list("private");
    set_list("authenticated-read");
    set_list("authenticated-read");
    let told = receiving.next();
    assert_eq!(told.short(), "ObjectAcl:Put a");
    assert!(told.record()["s3"]["object"].get("size").is_none());
    let tags = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    caller.at("PUT", "actas/a").query("tagging").body(tags).ok();
    caller.at("DELETE", "actas/a").query("tagging").ok();
    assert_eq!(receiving.next().short(), "ObjectTagging:Delete a");
    caller
        .ask("PUT", "/actas?lifecycle")
        .body(
            b"<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status><Expiration>\
              <Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
        )
        .ok();
    assert_eq!(receiving.next().short(), "LifecycleExpiration:Delete a");
    caller
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .ok();
    caller.put("actas/b", b"x").ok();
    let expected = "LifecycleExpiration:DeleteMarkerCreated b";
    assert_eq!(receiving.next().short(), expected);
    receiving.hears_no_more();
    // What never happens here is refused, and then nothing is set.
    let refused = queue(arn, &["ObjectRestore:*"], "");
    let refused = format!("<NotificationConfiguration>{refused}</NotificationConfiguration>");
    caller
        .ask("PUT", "/actas?notification")
        .body(refused.as_bytes())
        .refused(501, "NotImplemented");
    receiving.hears_no_more();
}

#[test]
fn events_are_asked_for_one_after_another() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.put("actas/antes", b"x").ok();
    configure(&caller, "<EventBridgeConfiguration/>");
    for key in ["a", "b", "c"] {
        caller.put(&format!("actas/{key}"), b"x").ok();
    }
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let ask = |query: &str| -> Value {
        let path = format!("/admin/v1/agencies/agencia/events{query}");
        let told = server.admin("GET", &path, &[("authorization", &token)], &Value::Null);
        serde_json::from_slice(&told.ok().body).unwrap()
    };
    let keys = |page: &Value| -> Vec<String> {
        let records = page["Records"].as_array().unwrap();
        let key = |record: &Value| record["s3"]["object"]["key"].as_str().unwrap().to_owned();
        records.iter().map(key).collect()
    };
    let first = ask("?limit=2");
    assert_eq!(
        (keys(&first), &first["more"]),
        (vec!["a".into(), "b".into()], &json!(true))
    );
    let second = ask(&format!("?after={}", first["next"]));
    assert_eq!(keys(&second), ["c"]);
    let third = ask(&format!("?after={}", second["next"]));
    assert_eq!((keys(&third).len(), &third["next"]), (0, &second["next"]));
    let operator = server.administer("GET", "/admin/v1/agencies/agencia/events", &Value::Null);
    assert_eq!(
        operator.status, 403,
        "the names of documents are the agency's"
    );
}

#[test]
fn nobody_is_told_where_the_settings_do_not_allow_it() {
    let server = Server::start();
    let refused = |url: &str| {
        let wanted = json!({ "name": "avisos", "url": url });
        server.administer("PUT", WEBHOOKS, &wanted).status
    };
    assert_eq!(refused("http://127.0.0.1:9000/"), 400);
    assert_eq!(refused("https://127.0.0.1:9000/"), 400);
    assert_eq!(refused("https://169.254.169.254/latest/meta-data"), 400);
    assert_eq!(refused("https://example.org/"), 400);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let xml = queue(
        "arn:aws:sqs:us-east-1:agencia:avisos",
        &["ObjectCreated:*"],
        "",
    );
    caller
        .ask("PUT", "/actas?notification")
        .body(format!("<NotificationConfiguration>{xml}</NotificationConfiguration>").as_bytes())
        .refused(400, "InvalidArgument");
}

#[test]
fn no_operator_alone_has_the_names_of_documents_told_to_it() {
    let server = Server::with(SETTINGS);
    let wanted = |url: &str| json!({"name": "avisos", "url": url});
    let set = |url: &str| server.administer_alone("PUT", WEBHOOKS, &wanted(url));
    // Where nothing is stored there is nothing to tell.
    set("http://127.0.0.1:1/antes").status(200);
    server.agency().make_bucket("actas").ok();
    server.agency().put("actas/a", b"1").ok();
    let waiting = set("http://127.0.0.1:1/otro").status(202);
    assert!(!waiting.text().contains("whsec_"), "{}", waiting.text());
    let listed = server.administer_alone("GET", WEBHOOKS, &Value::Null).ok();
    assert!(listed.text().contains("/antes"), "{}", listed.text());
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let headers = [("authorization", token.as_str())];
    let own = wanted("http://127.0.0.1:1/propio");
    server.admin("PUT", WEBHOOKS, &headers, &own).status(200);
    let seconded = server.administer("PUT", WEBHOOKS, &wanted("http://127.0.0.1:1/dos"));
    assert!(seconded.status(200).text().contains("whsec_"));
}
