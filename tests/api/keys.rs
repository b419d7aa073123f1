//! Object keys come back byte for byte, whatever they are.

use crate::support::caller::Caller;
use crate::support::server::Server;

fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "a",
        "a b",
        "a+b",
        "a%2Fb",
        "a%b",
        "%",
        "+",
        " ",
        "  ",
        "trailing ",
        " leading",
        "/",
        "//",
        "/a",
        "a/",
        "a//b",
        "//a//",
        "a/./b",
        "a/../b",
        "..",
        ".",
        "../../etc/passwd",
        "ñ",
        "n\u{303}",
        "日本語/文書.pdf",
        "😀",
        "\u{feff}bom",
        "a\u{200b}b",
        "\u{202e}rtl",
        "a&b<c>\"d'e",
        "]]>",
        "a;b=c,d:e@f!g$h(i)*j",
        "a\\b",
        "a|b^c`d{e}~[f]",
        "?",
        "#",
        "a?b#c",
        "a=b&c=d",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "\r",
        "a\u{1}b\u{1f}",
        "\u{7f}",
        "a\u{85}b",
        "ACTA.PDF",
        "acta.pdf",
        "null",
        "index.db",
        "-rf",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push("k".repeat(1_024));
    keys.push("ñ".repeat(512));
    keys.push("/".repeat(1_024));
    keys
}

#[test]
fn odd_keys_come_back_byte_for_byte() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let mut keys = odd_keys();
    for key in &keys {
        agency.put(&format!("actas/{key}"), key.as_bytes()).ok();
    }
    for key in &keys {
        let got = agency.get(&format!("actas/{key}")).send();
        got.holds(key.as_bytes());
    }
    keys.sort();
    assert_eq!(agency.keys_of("actas"), keys, "in a plain list");
    let listed = agency.list("actas", "encoding-type=url");
    let decode = |text: &String| acervo::types::encoding::parse_percent(text).unwrap();
    let encoded: Vec<String> = listed.elements("Key").iter().map(decode).collect();
    assert_eq!(encoded, keys, "in an encoded list");
    assert_eq!(in_pages(&agency), keys, "in pages of one key");
    let version_1 = agency.ask("GET", "/actas").ok().elements("Key");
    assert_eq!(version_1, keys, "in version 1 of the list");
    for key in &keys {
        let copied = format!("actas-copy/{key}");
        if copied.len() <= "actas-copy/".len() + 1_024 {
            agency
                .copy(&format!("actas/{key}"), "actas/copy of an odd key")
                .ok();
            let got = agency.get("actas/copy of an odd key").send();
            got.holds(key.as_bytes());
        }
        agency.delete(&format!("actas/{key}")).send().status(204);
    }
    assert_eq!(agency.keys_of("actas"), ["copy of an odd key"]);
}

/// All keys, one page each, so that each is a marker too.
fn in_pages(agency: &Caller) -> Vec<String> {
    let mut keys = Vec::new();
    let mut token = String::new();
    loop {
        let query = format!("max-keys=1{token}");
        let page = agency.list("actas", &query);
        keys.extend(page.elements("Key"));
        if page.element("IsTruncated") == "false" {
            return keys;
        }
        let next = page.element("NextContinuationToken");
        let next = acervo::types::encoding::percent(next.as_bytes());
        token = format!("&continuation-token={next}");
    }
}

#[test]
fn odd_keys_are_deleted_and_uploaded_by_xml() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for key in odd_keys() {
        let at = format!("actas/{key}");
        let upload = agency.begin_upload(&at);
        let part = agency.part(&at, &upload, 1, key.as_bytes()).ok();
        let tag = part.header("etag").unwrap();
        let done = agency.complete(&at, &upload, &[(1, tag)]).ok();
        assert_eq!(done.element("Key"), key);
        agency.get(&at).send().holds(key.as_bytes());
    }
    let objects = odd_keys().into_iter().map(|key| {
        let text: String = key
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect();
        format!("<Object><Key>{text}</Key></Object>")
    });
    let xml = format!("<Delete>{}</Delete>", objects.collect::<String>());
    let deleted = agency.post_xml("/actas?delete", &xml).ok();
    assert_eq!(deleted.elements("Key"), odd_keys());
    assert!(agency.keys_of("actas").is_empty());
}

/// The same key, however a client chooses to encode its target.
#[test]
fn a_target_means_the_bytes_that_it_decodes_to() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for (raw, key) in [
        ("/actas/%61%62", "ab"),
        ("/actas/a%2fb", "a/b"),
        ("/actas/a+b", "a+b"),
        ("/actas/a%2Bc", "a+c"),
        ("/actas/../x", "../x"),
        ("/actas/./y", "./y"),
        ("/actas//z", "/z"),
        ("/actas/a:@!$'()*,;=~-._b", "a:@!$'()*,;=~-._b"),
        ("/actas/%252F", "%2F"),
        ("/%61ctas/bucket", "bucket"),
    ] {
        agency.ask("PUT", raw).body(raw.as_bytes()).ok();
        let got = agency.get(&format!("actas/{key}")).send();
        got.holds(raw.as_bytes());
        agency.delete(&format!("actas/{key}")).ok();
    }
    for raw in [
        "/actas/%",
        "/actas/a%2",
        "/actas/%zz",
        "/actas/%ff",
        "/actas/%c3%28",
    ] {
        server
            .nobody()
            .ask("PUT", raw)
            .body(b"1")
            .refused(400, "InvalidURI");
    }
    let long = format!("/actas/{}", "k".repeat(1_025));
    agency
        .ask("PUT", &long)
        .body(b"1")
        .refused(400, "KeyTooLongError");
    assert!(agency.keys_of("actas").is_empty());
}
