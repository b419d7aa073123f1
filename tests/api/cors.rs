//! Cross-origin requests: what a browser is told before and after.

use super::support::caller::Caller;
use super::support::server::Server;

const PAGE: &str = "https://tramites.gob.mx";
const RULES: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://tramites.gob.mx\
    </AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
    <AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
    <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>";

fn with_rules(server: &Server) -> Caller {
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.ask("PUT", "/actas?cors").body(RULES.as_bytes()).ok();
    agency
}

#[test]
fn rules_are_set_shown_and_removed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let at = |method| agency.ask(method, "/actas?cors");
    at("GET").refused(404, "NoSuchCORSConfiguration");
    at("PUT").body(RULES.as_bytes()).ok();
    let got = at("GET").ok();
    assert_eq!(got.elements("AllowedMethod"), ["PUT", "GET"]);
    assert_eq!(got.element("AllowedOrigin"), PAGE);
    assert_eq!(got.element("MaxAgeSeconds"), "60");
    at("PUT")
        .body(b"<CORSConfiguration/>")
        .refused(400, "MalformedXML");
    at("PUT").refused(400, "MissingRequestBodyError");
    let bad = RULES.replace(">GET<", ">PATCH<");
    at("PUT")
        .body(bad.as_bytes())
        .refused(400, "InvalidRequest");
    assert_eq!(
        at("GET").ok().text(),
        got.text(),
        "what is refused changes nothing"
    );
    // A time that is none is kept as it is.
    let never = RULES.replace(">60<", ">-1<");
    at("PUT").body(never.as_bytes()).ok();
    assert_eq!(at("GET").ok().element("MaxAgeSeconds"), "-1");
    at("DELETE").send().status(204);
    at("GET").refused(404, "NoSuchCORSConfiguration");
}

#[test]
fn a_preflight_is_answered_by_the_rules_and_by_nothing_else() {
    let server = Server::start();
    let agency = with_rules(&server);
    let nobody = server.nobody();
    let ask = |target: &str, origin: &str, method: &str, headers: &str| {
        let ask = nobody.ask("OPTIONS", target).header("origin", origin);
        let ask = ask.header("access-control-request-method", method);
        ask.header("access-control-request-headers", headers)
    };
    let allowed = ask("/actas/a", PAGE, "PUT", "Content-Type").ok();
    let allowed = allowed.has("access-control-allow-origin", PAGE);
    let allowed = allowed.has("access-control-allow-methods", "PUT, GET");
    let allowed = allowed.has("access-control-allow-headers", "content-type");
    let allowed = allowed.has("access-control-expose-headers", "ETag");
    let allowed = allowed.has("access-control-max-age", "60");
    assert!(allowed.header("vary").unwrap().contains("Origin"));
    for refused in [
        ask("/actas/a", "https://evil.example", "PUT", ""),
        ask("/actas/a", "null", "PUT", ""),
        ask("/actas/a", PAGE, "DELETE", ""),
        ask("/actas/a", PAGE, "PUT", "x-amz-acl"),
    ] {
        let answer = refused.refused(403, "AccessForbidden");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(answer.element("Message").starts_with("CORSResponse: This"));
    }
    agency.make_bucket("cerrado").ok();
    let closed = ask("/cerrado/a", PAGE, "PUT", "").refused(403, "AccessForbidden");
    let missing = ask("/nadie/a", PAGE, "PUT", "").refused(403, "AccessForbidden");
    assert_eq!(closed.element("Message"), missing.element("Message"));
    assert!(closed.element("Message").contains("not enabled"));
    nobody.ask("OPTIONS", "/actas/a").refused(400, "BadRequest");
    let half = nobody.ask("OPTIONS", "/actas/a").header("origin", PAGE);
    half.refused(400, "BadRequest");
    // What cannot be asked is told before whose the bucket is.
    ask("/nadie/a", "", "PUT", "").refused(400, "BadRequest");
    for method in ["put", "PATCH", "OPTIONS"] {
        let refused = ask("/nadie/a", PAGE, method, "").refused(400, "BadRequest");
        assert!(refused.element("Message").ends_with(method));
    }
}

#[test]
fn among_agencies_the_key_of_the_url_tells_whose_bucket_it_is() {
    let server = Server::start();
    let agency = with_rules(&server);
    server.make_agency("tesoreria");
    let other = server.make_key("tesoreria", "jefa", "agency-admin");
    other.make_bucket("actas").ok();
    let nobody = server.nobody();
    let preflight = |target: &str| {
        let ask = nobody.ask("OPTIONS", target).header("origin", PAGE);
        ask.header("access-control-request-method", "PUT")
    };
    preflight("/actas/a").refused(403, "AccessForbidden");
    let url = agency.ask("PUT", "/actas/a").presigned(60);
    preflight(&url)
        .ok()
        .has("access-control-allow-origin", PAGE);
    let url = other.ask("PUT", "/actas/a").presigned(60);
    preflight(&url).refused(403, "AccessForbidden");
    preflight("/actas/a?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F").refused(403, "AccessForbidden");
}

#[test]
fn a_preflight_of_no_headers_names_is_told_so() {
    let server = Server::start();
    with_rules(&server);
    let nobody = server.nobody();
    let ask = nobody.ask("OPTIONS", "/actas/a").header("origin", PAGE);
    let ask = ask
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type, a b");
    let refused = ask.refused(400, "BadRequest");
    assert!(refused.element("Message").contains("\"a b\""));
}

#[test]
fn an_answer_is_shared_with_the_pages_that_the_rules_name() {
    let server = Server::start();
    let agency = with_rules(&server);
    let put = agency.put("actas/a", b"1").header("origin", PAGE).ok();
    let put = put.has("access-control-allow-origin", PAGE);
    assert!(put.header("vary").unwrap().contains("Origin"));
    let allow = "access-control-allow-origin";
    for (method, origin) in [("GET", "https://evil.example"), ("DELETE", PAGE)] {
        let answer = agency.at(method, "actas/a").header("origin", origin).ok();
        assert_eq!(answer.header(allow), None, "{method} {origin}");
    }
    // As S3 has it, a request may say what it would have asked beforehand.
    for (method, allowed) in [("PUT", Some(PAGE)), ("DELETE", None)] {
        let answer = agency.get("actas/a").header("origin", PAGE);
        let answer = answer.header("access-control-request-method", method);
        assert_eq!(answer.send().header(allow), allowed, "{method}");
    }
    // Refusals are shared too, so that a page can tell its user why.
    let missing = agency.get("actas/b").header("origin", PAGE);
    missing.refused(404, "NoSuchKey").has(allow, PAGE);
    assert_eq!(agency.get("actas/b").send().header(allow), None);
    // Who is nobody is told nothing.
    let stranger = server.nobody();
    let answer = stranger.get("actas/a").header("origin", PAGE);
    let answer = answer.refused(403, "AccessDenied");
    assert_eq!(answer.header(allow), None);
}
