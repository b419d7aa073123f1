//! Conditional reads and writes.

use crate::support::server::Server;
use crate::support::{etag, noise};

const LONG_AGO: &str = "Fri, 24 May 2013 00:00:00 GMT";
const IN_2037: &str = "Wed, 21 Oct 2037 07:28:00 GMT";

#[test]
fn reads_on_conditions() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let (own, other) = (etag(b"1"), etag(b"2"));
    let several = format!("{other}, {own}");
    for (headers, status) in [
        (vec![("if-match", own.as_str())], 200),
        (vec![("if-match", other.as_str())], 412),
        (vec![("if-match", several.as_str())], 200),
        (vec![("if-match", "*")], 200),
        (vec![("if-none-match", own.as_str())], 304),
        (vec![("if-none-match", other.as_str())], 200),
        (vec![("if-none-match", several.as_str())], 304),
        (vec![("if-none-match", "*")], 304),
        (vec![("if-modified-since", LONG_AGO)], 200),
        (vec![("if-modified-since", IN_2037)], 304),
        (vec![("if-unmodified-since", LONG_AGO)], 412),
        (vec![("if-unmodified-since", IN_2037)], 200),
        (
            vec![
                ("if-match", own.as_str()),
                ("if-unmodified-since", LONG_AGO),
            ],
            200,
        ),
        (
            vec![
                ("if-none-match", other.as_str()),
                ("if-modified-since", IN_2037),
            ],
            200,
        ),
        (
            vec![("range", "bytes=5-"), ("if-none-match", own.as_str())],
            304,
        ),
    ] {
        for method in ["GET", "HEAD"] {
            let mut ask = agency.at(method, "actas/a");
            for (name, value) in &headers {
                ask = ask.header(name, value);
            }
            let answer = ask.send();
            assert_eq!(answer.status, status, "{method} {headers:?}");
            if status == 304 {
                assert!(answer.body.is_empty());
            }
        }
    }
    agency
        .get("actas/none")
        .header("if-match", "*")
        .refused(404, "NoSuchKey");
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", own.as_str(), 200),
        ("x-amz-copy-source-if-match", other.as_str(), 412),
        ("x-amz-copy-source-if-none-match", own.as_str(), 412),
        ("x-amz-copy-source-if-modified-since", IN_2037, 412),
        ("x-amz-copy-source-if-unmodified-since", LONG_AGO, 412),
    ] {
        let copied = agency.copy("actas/a", "actas/b").header(name, value).send();
        assert_eq!(copied.status, status, "{name}");
    }
}

#[test]
fn writes_on_conditions() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let (first, second) = (noise(1, 10), noise(2, 100_000));
    let put = |body: &[u8], name: &str, value: &str| {
        agency.put("actas/a", body).header(name, value).send()
    };
    put(&first, "if-match", "*").refused(404, "NoSuchKey");
    put(&first, "if-match", &etag(&first)).refused(404, "NoSuchKey");
    put(&first, "if-none-match", "*").ok();
    put(&second, "if-none-match", "*").refused(412, "PreconditionFailed");
    put(&second, "if-match", &etag(&second)).refused(412, "PreconditionFailed");
    agency.get("actas/a").send().holds(&first);
    put(&second, "if-match", &etag(&first)).ok();
    agency.get("actas/a").send().holds(&second);
    put(&first, "if-match", &etag(&first)).refused(412, "PreconditionFailed");
    put(&first, "if-none-match", &etag(&first)).refused(501, "NotImplemented");
    put(&first, "if-unmodified-since", LONG_AGO).refused(501, "NotImplemented");
    agency.get("actas/a").send().holds(&second);
    let upload = agency.begin_upload("actas/a");
    let tag = agency.part("actas/a", &upload, 1, b"1").ok();
    let parts = [(1, tag.header("etag").unwrap())];
    let complete = || agency.complete("actas/a", &upload, &parts);
    complete()
        .header("if-none-match", "*")
        .refused(412, "PreconditionFailed");
    complete().header("if-match", &etag(&second)).ok();
    agency.get("actas/a").send().holds(b"1");
}

#[test]
fn deletes_on_conditions() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let delete = |conditions: &[(&str, &str)]| {
        let ask = agency.delete("actas/a");
        let ask = conditions.iter().fold(ask, |ask, (n, v)| ask.header(n, v));
        ask.send()
    };
    const MODIFIED: &str = "x-amz-if-match-last-modified-time";
    const SIZE: &str = "x-amz-if-match-size";
    let (own, other) = (etag(b"12"), etag(b"3"));
    delete(&[("if-match", "*")]).refused(404, "NoSuchKey");
    delete(&[("if-match", &own)]).refused(404, "NoSuchKey");
    delete(&[(SIZE, "7"), (MODIFIED, LONG_AGO)]).status(204);
    agency.put("actas/a", b"12").ok();
    let modified = agency.head("actas/a").ok();
    let modified = modified.header("last-modified").unwrap();
    for (conditions, status, code) in [
        (vec![("if-match", &*other)], 412, "PreconditionFailed"),
        (vec![("if-match", "x")], 412, "PreconditionFailed"),
        (vec![(SIZE, "3")], 412, "PreconditionFailed"),
        (vec![(MODIFIED, LONG_AGO)], 412, "PreconditionFailed"),
        (
            vec![("if-match", &*own), (SIZE, "3")],
            412,
            "PreconditionFailed",
        ),
        (vec![(SIZE, "two")], 400, "InvalidArgument"),
        (vec![(SIZE, "-1")], 400, "InvalidArgument"),
        (vec![(MODIFIED, "yesterday")], 400, "InvalidArgument"),
        (vec![("if-none-match", "*")], 501, "NotImplemented"),
        (
            vec![("if-unmodified-since", modified)],
            501,
            "NotImplemented",
        ),
    ] {
        delete(&conditions).refused(status, code);
    }
    let of_version = agency.delete("actas/a").query("versionId=null");
    of_version
        .header("if-match", &own)
        .refused(501, "NotImplemented");
    agency.get("actas/a").send().holds(b"12");
    let all = [("if-match", &*own), (SIZE, "2"), (MODIFIED, modified)];
    for conditions in [
        &all[..],
        &all[..1],
        &all[1..2],
        &all[2..],
        &[("if-match", "*")],
    ] {
        agency.put("actas/a", b"12").ok();
        // The clock may have gone on since.
        let modified = agency.head("actas/a").ok();
        let modified = modified.header("last-modified").unwrap();
        let now = |&(name, value)| (name, if name == MODIFIED { modified } else { value });
        let conditions: Vec<(&str, &str)> = conditions.iter().map(now).collect();
        delete(&conditions).status(204);
        agency.get("actas/a").refused(404, "NoSuchKey");
    }
}

#[test]
fn each_of_many_is_deleted_on_its_own_conditions() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for key in ["a", "b", "c", "d", "e"] {
        agency.put(&format!("actas/{key}"), b"12").ok();
    }
    let (own, other) = (etag(b"12"), etag(b"3"));
    let listed = agency.list("actas", "prefix=a").element("LastModified");
    let object = |key: &str, rest: &str| format!("<Object><Key>{key}</Key>{rest}</Object>");
    let xml = [
        object(
            "a",
            &format!("<LastModifiedTime>{listed}</LastModifiedTime>"),
        ),
        object("b", &format!("<ETag>{own}</ETag><Size>2</Size>")),
        object("c", &format!("<ETag>{other}</ETag>")),
        object("d", "<Size>3</Size>"),
        object("e", "<LastModifiedTime>soon</LastModifiedTime>"),
        object("none", "<ETag>*</ETag>"),
        object("nothing", "<Size>2</Size>"),
    ];
    let xml = format!("<Delete>{}</Delete>", xml.concat());
    let done = agency.post_xml("/actas?delete", &xml).ok();
    let codes = [
        "PreconditionFailed",
        "PreconditionFailed",
        "InvalidArgument",
        "NoSuchKey",
    ];
    assert_eq!(done.elements("Code"), codes);
    assert_eq!(done.elements("Deleted").len(), 3, "{}", done.text());
    assert_eq!(agency.keys_of("actas"), ["c", "d", "e"]);
}

#[test]
fn a_condition_tells_nothing_to_who_may_not_read() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"12").ok();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::actas/*"}]}"#;
    let put = agency.ask("PUT", "/actas?policy").body(policy.as_bytes());
    put.send().status(204);
    let delete = || agency.delete("actas/a");
    let own = etag(b"12");
    for (name, value) in [("if-match", &*own), ("x-amz-if-match-size", "2")] {
        delete().header(name, value).refused(403, "AccessDenied");
    }
    delete().header("if-match", "*").send().status(204);
}

#[test]
fn of_many_who_want_to_be_first_one_is() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8_u8)
            .map(|number| {
                let agency = &agency;
                scope.spawn(move || {
                    let put = agency.put("actas/a", &[number]);
                    put.header("if-none-match", "*").send().status
                })
            })
            .collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    let won = statuses.iter().filter(|status| **status == 200).count();
    let lost = statuses
        .iter()
        .filter(|status| [409, 412].contains(*status))
        .count();
    assert_eq!((won, lost), (1, 7), "{statuses:?}");
}
