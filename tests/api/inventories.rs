//! Inventories over HTTP: configurations are kept as they were given, and reports are delivered
//! when a day begins. Days last two seconds here, where one has to end.

use std::io::Read as _;
use std::time::Instant;

use acervo::types::encoding;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::evidence;
use crate::support::pause;
use crate::support::server::{Server, Settings};

const SHORT_DAYS: Settings<'_> = &[
    ("ACERVO_TESTING", "true"),
    ("ACERVO_LIFECYCLE_DAY_SECONDS", "2"),
    ("ACERVO_INVENTORY_ROWS_PER_FILE", "3"),
];
const HEAD: [&str; 5] = ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker"];
const FIELDS: [&str; 13] = [
    "Size",
    "LastModifiedDate",
    "ETag",
    "StorageClass",
    "IsMultipartUploaded",
    "EncryptionStatus",
    "ObjectLockRetainUntilDate",
    "ObjectLockMode",
    "ObjectLockLegalHoldStatus",
    "BucketKeyStatus",
    "ChecksumAlgorithm",
    "ObjectAccessControlList",
    "ObjectOwner",
];

/// A configuration as clients write it.
struct Wanted<'a> {
    id: &'a str,
    target: &'a str,
    /// More of the destination.
    destination: &'a str,
    versions: &'a str,
    /// More of the configuration.
    rest: &'a str,
}

const DAILY: Wanted<'_> = Wanted {
    id: "todo",
    target: "listas",
    destination: "<Prefix>p</Prefix>",
    versions: "All",
    rest: "",
};

impl Wanted<'_> {
    fn xml(&self) -> String {
        let Self {
            id,
            target,
            destination,
            versions,
            rest,
        } = self;
        format!(
            "<InventoryConfiguration><Destination><S3BucketDestination>{destination}\
             <Bucket>arn:aws:s3:::{target}</Bucket><Format>CSV</Format></S3BucketDestination>\
             </Destination><IsEnabled>true</IsEnabled>{rest}<Id>{id}</Id>\
             <IncludedObjectVersions>{versions}</IncludedObjectVersions>\
             <Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>"
        )
    }

    fn set(&self, caller: &Caller) -> Answer {
        let path = format!("/actas?inventory&id={}", self.id);
        caller.ask("PUT", &path).body(self.xml().as_bytes()).send()
    }
}

fn all_fields() -> String {
    let fields = FIELDS.map(|field| format!("<Field>{field}</Field>"));
    format!("<OptionalFields>{}</OptionalFields>", fields.concat())
}

/// Looks again and again until there is something.
#[track_caller]
fn in_time<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed().as_secs() < 30, "{what}");
        pause(50);
    }
}

/// A report: its manifest, and the lines of its files.
struct Report {
    manifest: Value,
    lines: Vec<Vec<String>>,
}

impl Report {
    /// Some values of a line of a report that has all fields.
    fn values(&self, line: usize, names: &[&str]) -> String {
        let schema = [&HEAD[..], &FIELDS[..]].concat();
        let at = |name: &str| schema.iter().position(|known| *known == name).unwrap();
        let shown = names.iter().map(|name| self.lines[line][at(name)].as_str());
        shown.collect::<Vec<_>>().join(" ")
    }
}

/// The manifests that are complete.
fn checksums(caller: &Caller) -> Vec<String> {
    let mut keys = caller.keys_of("listas");
    keys.retain(|key| key.ends_with("manifest.checksum"));
    keys
}

/// Reads a report back, and checks that it is what its manifest says.
fn report(caller: &Caller, checksum_key: &str) -> Report {
    let md5 = caller.get(&format!("listas/{checksum_key}")).ok().text();
    let manifest_key = checksum_key.replace("manifest.checksum", "manifest.json");
    let manifest = caller.get(&format!("listas/{manifest_key}")).ok();
    assert_eq!(manifest.header("etag"), Some(format!("\"{md5}\"").as_str()));
    let manifest: Value = serde_json::from_slice(&manifest.body).unwrap();
    let mut lines = Vec::new();
    for file in manifest["files"].as_array().unwrap() {
        let key = file["key"].as_str().unwrap();
        let stored = caller.get(&format!("listas/{key}")).ok();
        assert_eq!(stored.body.len() as u64, file["size"].as_u64().unwrap());
        let md5 = format!("\"{}\"", file["MD5checksum"].as_str().unwrap());
        assert_eq!(stored.header("etag"), Some(md5.as_str()));
        let mut text = String::new();
        let mut decoder = GzDecoder::new(stored.body.as_slice());
        decoder.read_to_string(&mut text).unwrap();
        let rows = text.lines().map(|line| {
            let values = line.trim_matches('"').split("\",\"");
            values.map(str::to_owned).collect::<Vec<_>>()
        });
        let before = lines.len();
        lines.extend(rows);
        assert!(lines.len() - before <= 3, "no more rows than were set");
    }
    Report { manifest, lines }
}

fn states(server: &Server) -> Vec<Value> {
    let path = "/admin/v1/agencies/agencia/inventories";
    let told = server.administer("GET", path, &Value::Null).ok();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    told["inventories"].as_array().unwrap().clone()
}

#[test]
fn configurations_are_kept_listed_and_removed() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("listas").ok();
    let missing = "/actas?inventory&id=todo";
    caller
        .ask("GET", missing)
        .refused(404, "NoSuchConfiguration");
    caller
        .ask("DELETE", missing)
        .refused(404, "NoSuchConfiguration");
    let weekly = "<Filter><Prefix>a/</Prefix></Filter>";
    let wanted = Wanted {
        rest: &[weekly, &all_fields()].concat(),
        destination: "<AccountId>agencia</AccountId><Prefix>p</Prefix>\
                      <Encryption><SSE-S3/></Encryption>",
        ..DAILY
    };
    wanted.set(&caller).ok();
    let kept = caller.ask("GET", missing).ok();
    assert_eq!(kept.elements("Field"), FIELDS);
    assert_eq!(kept.element("AccountId"), "agencia");
    assert_eq!(kept.element("Bucket"), "arn:aws:s3:::listas");
    assert!(kept.text().contains("<Encryption><SSE-S3>"));
    for number in 0..120 {
        let id = format!("n{number:03}");
        Wanted { id: &id, ..DAILY }.set(&caller).ok();
    }
    let first = caller.ask("GET", "/actas?inventory").ok();
    assert_eq!(first.blocks("InventoryConfiguration").len(), 100);
    assert_eq!(first.element("IsTruncated"), "true");
    let next = encoding::percent(first.element("NextContinuationToken").as_bytes());
    let path = format!("/actas?inventory&continuation-token={next}");
    let second = caller.ask("GET", &path).ok();
    assert_eq!(second.blocks("InventoryConfiguration").len(), 21);
    assert_eq!(second.element("IsTruncated"), "false");
    caller.ask("DELETE", missing).send().status(204);
    caller
        .ask("GET", missing)
        .refused(404, "NoSuchConfiguration");
    caller
        .ask("PUT", "/actas?inventory")
        .body(DAILY.xml().as_bytes())
        .refused(400, "InvalidArgument");
    caller
        .ask("PUT", "/actas?inventory&id=otro")
        .body(DAILY.xml().as_bytes())
        .refused(400, "IdMismatch");
}

#[test]
fn a_report_goes_only_where_the_owner_of_the_bucket_may_write() {
    let server = Server::start();
    let other = server.make_key("agencia", "otra", "app");
    other.make_bucket("ajeno").ok();
    let caller = server.make_key("agencia", "ventanilla", "app");
    caller.make_bucket("actas").ok();
    caller.make_bucket("listas").ok();
    let code = "InvalidS3DestinationBucket";
    let missing = Wanted {
        target: "nadie",
        ..DAILY
    };
    let foreign = Wanted {
        target: "ajeno",
        ..DAILY
    };
    let other_agency = Wanted {
        destination: "<AccountId>123456789012</AccountId>",
        ..DAILY
    };
    let message = missing.set(&caller).refused(400, code).element("Message");
    for wanted in [&foreign, &other_agency] {
        let refused = wanted.set(&caller).refused(400, code);
        assert_eq!(refused.element("Message"), message);
    }
    // As AWS words the policy of a bucket that takes inventories.
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "InventoryPolicy",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": ["arn:aws:s3:::ajeno/*"],
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::actas"},
            "StringEquals": {
                "aws:SourceAccount": "agencia",
                "s3:x-amz-acl": "bucket-owner-full-control",
            },
        },
    }]});
    let put = other.ask("PUT", "/ajeno?policy");
    put.body(policy.to_string().as_bytes()).ok();
    foreign.set(&caller).ok();
    let key = Wanted {
        destination: "<Encryption><SSE-KMS><KeyId>alias/nada</KeyId></SSE-KMS></Encryption>",
        ..DAILY
    };
    key.set(&caller).refused(400, "KMS.NotFoundException");
    let long = format!("<Prefix>{}</Prefix>", "p".repeat(1_000));
    let long = Wanted {
        destination: &long,
        ..DAILY
    };
    long.set(&caller).refused(400, "InvalidArgument");
    DAILY.set(&caller).ok();
}

/// What stands in `actas` of the first test: the entity tags and versions that a report tells.
struct Stored {
    old: Answer,
    new: Answer,
    marker: Answer,
    kept: Answer,
}

fn store(caller: &Caller) -> Stored {
    caller
        .ask("PUT", "/actas")
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
    let old = caller.put("actas/a b+ñ\"/1", b"uno").ok();
    let new = caller.put("actas/a b+ñ\"/1", b"dos!").ok();
    caller.put("actas/borrado", b"x").ok();
    let marker = caller.delete("actas/borrado").ok();
    let kept = caller
        .put("actas/m", b"x")
        .header("x-amz-object-lock-mode", "GOVERNANCE")
        .header(
            "x-amz-object-lock-retain-until-date",
            "2999-01-02T03:04:05Z",
        )
        .header("x-amz-object-lock-legal-hold", "ON")
        .header("x-amz-server-side-encryption", "aws:kms")
        .header("x-amz-server-side-encryption-bucket-key-enabled", "true")
        .ok();
    let upload = caller.begin_upload("actas/partes");
    let part = caller.part("actas/partes", &upload, 1, b"parte").ok();
    let tag = part.header("etag").unwrap().to_owned();
    caller.complete("actas/partes", &upload, &[(1, &tag)]).ok();
    Stored {
        old,
        new,
        marker,
        kept,
    }
}

#[test]
fn a_report_lists_every_version_as_s3_does() {
    let server = Server::with(SHORT_DAYS);
    let caller = server.agency();
    let stored = store(&caller);
    caller.make_bucket("listas").ok();
    let wanted = Wanted {
        rest: &all_fields(),
        ..DAILY
    };
    wanted.set(&caller).ok();
    let done = in_time("the report is written", || checksums(&caller).pop());
    assert!(done.starts_with("p/actas/todo/2"), "{done}");
    let folder = done.split('/').nth(3).unwrap();
    assert!(folder.len() == 17 && folder.ends_with('Z'), "{folder}");
    let report = report(&caller, &done);
    let manifest = &report.manifest;
    assert_eq!(manifest["sourceBucket"], "actas");
    assert_eq!(manifest["destinationBucket"], "arn:aws:s3:::listas");
    assert_eq!(manifest["version"], "2016-11-30");
    assert_eq!(manifest["fileFormat"], "CSV");
    let schema = [&HEAD[..], &FIELDS[..]].concat();
    assert_eq!(manifest["fileSchema"], schema.join(", "));
    assert_eq!(manifest["files"].as_array().unwrap().len(), 2);
    assert_eq!(report.lines.len(), 6);
    tells_of(&report, &stored, &caller);

    let state = &states(&server)[0];
    assert_eq!(
        (&state["bucket"], &state["id"]),
        (&json!("actas"), &json!("todo"))
    );
    assert_eq!(
        (&state["rows"], &state["state"]),
        (&json!(6), &json!("done"))
    );
    assert_eq!(state["target_bucket"], "listas");
    assert!(state["written"].as_str().is_some(), "{state}");
    let home = server.stop();
    let log = evidence::agency_log(&home, "agencia");
    let delivered = log
        .iter()
        .filter(|entry| entry["action"] == "DeliverInventory" && entry["bucket"] == "listas");
    let delivered: Vec<_> = delivered.collect();
    assert!(delivered.len() >= 4, "two files, a manifest, its checksum");
    assert!(delivered.iter().all(|entry| entry["proof"] == "actas"));
}

/// Checks the values of a report of [`store`].
fn tells_of(report: &Report, stored: &Stored, caller: &Caller) {
    let etag = |answer: &Answer| answer.header("etag").unwrap().trim_matches('"').to_owned();
    let version = |answer: &Answer| answer.header("x-amz-version-id").unwrap().to_owned();
    let key = "a%20b%2B%C3%B1%22/1";
    let (new, old) = (version(&stored.new), version(&stored.old));
    for (at, expected) in [
        (0, format!("actas {key} {new} true false")),
        (1, format!("actas {key} {old} false false")),
        (
            2,
            format!("actas borrado {} true true", version(&stored.marker)),
        ),
    ] {
        assert_eq!(report.values(at, &HEAD), expected);
    }
    assert_eq!(report.values(1, &["ETag"]), etag(&stored.old));
    let plain = ["Size", "StorageClass", "IsMultipartUploaded"];
    assert_eq!(report.values(1, &plain), "3 STANDARD false");
    assert_eq!(report.values(2, &["Size", "ETag"]), " ");
    let sealed = [
        "EncryptionStatus",
        "BucketKeyStatus",
        "ObjectLockLegalHoldStatus",
    ];
    assert_eq!(report.values(0, &sealed), "SSE-S3 DISABLED Off");
    assert_eq!(report.values(4, &sealed), "SSE-KMS ENABLED On");
    let locked = ["ETag", "ObjectLockMode", "ObjectLockRetainUntilDate"];
    assert_eq!(
        report.values(4, &locked),
        format!("{} GOVERNANCE 2999-01-02T03:04:05.000Z", etag(&stored.kept))
    );
    assert_eq!(report.values(5, &["IsMultipartUploaded"]), "true");
    assert_eq!(report.values(0, &["ChecksumAlgorithm"]), "CRC64NVME");
    let owner = caller.ask("GET", "/actas?acl").ok().element("ID");
    assert_eq!(report.values(0, &["ObjectOwner"]), owner);
    let list = report.values(0, &["ObjectAccessControlList"]);
    let list: Value = serde_json::from_slice(&encoding::parse_base64(&list).unwrap()).unwrap();
    let grant = json!({"canonicalId": owner, "type": "CanonicalUser",
        "permission": "FULL_CONTROL"});
    assert_eq!(
        list,
        json!({"version": "2022-11-10", "status": "AVAILABLE", "grants": [grant]})
    );
}

#[test]
fn a_report_of_current_versions_under_a_prefix_is_made_each_day() {
    let server = Server::with(SHORT_DAYS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("listas").ok();
    for key in ["a", "b/1", "b/2", "b/3", "b/4", "b/5", "b/6", "c"] {
        caller.put(&format!("actas/{key}"), b"x").ok();
    }
    let wanted = Wanted {
        versions: "Current",
        destination: "<Encryption><SSE-KMS><KeyId>alias/aws/s3</KeyId></SSE-KMS></Encryption>",
        rest: "<Filter><Prefix>b/</Prefix></Filter>",
        ..DAILY
    };
    wanted.set(&caller).ok();
    let done = in_time("the report is written", || checksums(&caller).pop());
    assert!(done.starts_with("actas/todo/2"), "{done}");
    let sealed = caller.head(&format!("listas/{done}")).ok();
    assert_eq!(
        sealed.header("x-amz-server-side-encryption"),
        Some("aws:kms")
    );
    let manifest_key = done.replace("manifest.checksum", "manifest.json");
    let read = || {
        let manifest = caller.get(&format!("listas/{manifest_key}")).ok();
        serde_json::from_slice::<Value>(&manifest.body).unwrap()
    };
    let manifest = read();
    assert_eq!(manifest["fileSchema"], "Bucket, Key");
    // Six rows are two whole files, and no empty third one.
    assert_eq!(manifest["files"].as_array().unwrap().len(), 2);
    let first = states(&server)[0]["started"].clone();
    in_time("the next day has its own report", || {
        (states(&server)[0]["started"] != first).then_some(())
    });
}

#[test]
fn what_cannot_be_written_is_told_and_tried_again() {
    let server = Server::with(SHORT_DAYS);
    server.announce("an inventory report was given up");
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("listas").ok();
    caller.put("actas/a", b"x").ok();
    DAILY.set(&caller).ok();
    in_time("the report is written", || checksums(&caller).pop());
    for key in caller.keys_of("listas") {
        caller.delete(&format!("listas/{key}")).ok();
    }
    in_time("the target bucket goes", || {
        for key in caller.keys_of("listas") {
            caller.delete(&format!("listas/{key}")).ok();
        }
        let gone = caller.ask("DELETE", "/listas").send();
        (gone.status == 204).then_some(())
    });
    in_time("that is told", || {
        let state = states(&server)[0].clone();
        (state["state"] == "failed" && state["failure"] == "no_target").then_some(())
    });
    caller.make_bucket("listas").ok();
    in_time("the next day's is written", || checksums(&caller).pop());
    in_time("that is told", || {
        let state = states(&server)[0].clone();
        (state["state"] == "done" && state["failure"].is_null()).then_some(())
    });
    // A bucket that goes takes its configurations with it.
    caller.delete("actas/a").ok();
    caller.ask("DELETE", "/actas").send().status(204);
    assert_eq!(states(&server), Vec::<Value>::new());
}
