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
