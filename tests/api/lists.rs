//! Lists: order, prefixes, delimiters, pages.

use crate::support::server::Server;

#[test]
fn lists_are_in_the_order_of_bytes_and_fold_at_delimiters() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for name in [
        "2025/a", "2025/b", "2026/a", "2026/b/c", "A", "z", "ñ", "2026-x",
    ] {
        agency.put(&format!("actas/{name}"), b"1").ok();
    }
    let all = [
        "2025/a", "2025/b", "2026-x", "2026/a", "2026/b/c", "A", "z", "ñ",
    ];
    assert_eq!(agency.keys_of("actas"), all);
    for (query, keys, prefixes) in [
        (
            "delimiter=/",
            &["2026-x", "A", "z", "ñ"][..],
            &["2025/", "2026/"][..],
        ),
        ("delimiter=/&prefix=2026/", &["2026/a"], &["2026/b/"]),
        ("prefix=2026", &["2026-x", "2026/a", "2026/b/c"], &[]),
        (
            "delimiter=a",
            &["2025/b", "2026-x", "2026/b/c", "A", "z", "ñ"],
            &["2025/a", "2026/a"],
        ),
        ("prefix=none", &[], &[]),
        ("start-after=A", &["z", "ñ"], &[]),
        (
            "start-after=2025/&delimiter=/",
            &["2026-x", "A", "z", "ñ"],
            &["2026/"],
        ),
        ("max-keys=0", &[], &[]),
    ] {
        let page = agency.list("actas", query);
        let found: Vec<String> = page.blocks("CommonPrefixes");
        let found: Vec<String> = found
            .iter()
            .map(|block| crate::support::answer::elements(block, "Prefix").concat())
            .collect();
        assert_eq!(
            (page.elements("Key"), found),
            (own(keys), own(prefixes)),
            "{query}"
        );
        let count = page.element("KeyCount");
        assert_eq!(count, (keys.len() + prefixes.len()).to_string(), "{query}");
        assert_eq!(page.element("IsTruncated"), "false", "{query}");
    }
    for refused in [
        "max-keys=-1",
        "max-keys=x",
        "encoding-type=x",
        "continuation-token=*",
    ] {
        let query = format!("/actas?list-type=2&{refused}");
        agency.ask("GET", &query).refused(400, "InvalidArgument");
    }
}

fn own(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn pages_hold_everything_once() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for number in 0..25 {
        agency
            .put(&format!("actas/{:02}/{number}", number / 2), b"1")
            .ok();
    }
    for (delimiter, expected) in [("", 25), ("&delimiter=/", 13)] {
        for size in [1, 2, 7, 12, 13, 25, 26] {
            let (mut found, mut token) = (Vec::new(), String::new());
            loop {
                let query = format!("max-keys={size}{delimiter}{token}");
                let page = agency.list("actas", &query);
                let entries = match delimiter {
                    "" => page.elements("Key"),
                    _ => page.blocks("CommonPrefixes"),
                };
                assert!(entries.len() <= size, "{query}");
                found.extend(entries);
                if page.element("IsTruncated") == "false" {
                    break;
                }
                token = format!(
                    "&continuation-token={}",
                    page.element("NextContinuationToken")
                );
            }
            assert_eq!(found.len(), expected, "{size} {delimiter}");
            assert!(found.is_sorted(), "{size} {delimiter}");
        }
    }
}

#[test]
fn buckets_are_listed_to_those_who_may_see_them() {
    let server = Server::start();
    let agency = server.agency();
    let app = server.make_key("agencia", "ventanilla", "app");
    let reader = server.make_key("agencia", "lectora", "reader");
    agency.make_bucket("de-admin").ok();
    app.make_bucket("de-app").ok();
    for (caller, expected) in [
        (&agency, &["de-admin", "de-app"][..]),
        (&reader, &["de-admin", "de-app"]),
        (&app, &["de-app"]),
    ] {
        let listed = caller.ask("GET", "/").ok();
        assert_eq!(listed.elements("Name"), expected);
        assert_eq!(listed.elements("ID").len(), 1);
    }
    let first = agency.ask("GET", "/?max-buckets=1").ok();
    assert_eq!(first.elements("Name"), ["de-admin"]);
    let next = format!(
        "/?continuation-token={}",
        first.element("ContinuationToken")
    );
    assert_eq!(agency.ask("GET", &next).ok().elements("Name"), ["de-app"]);
    app.make_bucket("de-admin")
        .refused(409, "BucketAlreadyExists");
    for name in [
        "A",
        "ab",
        "a_b",
        "192.168.0.1",
        "-ab",
        "ab-",
        "a..b",
        "x".repeat(64).as_str(),
    ] {
        agency.make_bucket(name).refused(400, "InvalidBucketName");
    }
}

#[test]
fn pages_of_buckets_have_their_own_bounds() {
    let server = Server::start();
    let agency = server.agency();
    for name in ["actas", "bandos", "cartas"] {
        agency.make_bucket(name).ok();
    }
    let ask = |query: &str| agency.ask("GET", &format!("/?{query}"));
    for size in ["0", "-1", "10001", "many", ""] {
        ask(&format!("max-buckets={size}")).refused(400, "InvalidArgument");
    }
    let whole = ask("max-buckets=10000").ok();
    assert_eq!(whole.elements("Name"), ["actas", "bandos", "cartas"]);
    let first = ask("max-buckets=2").ok();
    assert_eq!(first.elements("Name"), ["actas", "bandos"]);
    let token = first.element("ContinuationToken");
    let second = ask(&format!("max-buckets=2&continuation-token={token}")).ok();
    assert_eq!(second.elements("Name"), ["cartas"]);
    assert!(second.elements("ContinuationToken").is_empty());
}
