//! Temporary credentials: what they open, for how long, and what nobody gets by asking for them.

use acervo::auth::sigv4::SERVICE_STS;
use acervo::types::clock::{Clock, Time};
use acervo::types::encoding::percent;
use acervo::types::secret::SecretText;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::evidence;
use crate::support::server::Server;

/// A request to the STS door, as SDKs send it.
pub(crate) fn sts(caller: &Caller, action: &str, parameters: &[(&str, &str)]) -> Answer {
    let mut form = format!("Action={action}&Version=2011-06-15");
    for (name, value) in parameters {
        form += &format!("&{name}={}", percent(value.as_bytes()));
    }
    caller
        .ask("POST", "/")
        .service(SERVICE_STS)
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(form.as_bytes())
        .send()
}

pub(crate) fn assume(caller: &Caller, role: &str) -> Answer {
    let arn = format!("arn:aws:iam::agencia:role/{role}");
    sts(
        caller,
        "AssumeRole",
        &[("RoleArn", &arn), ("RoleSessionName", "turno-1")],
    )
}

pub(crate) fn web_identity(server: &Server, token: &str, role: &str) -> Answer {
    let arn = format!("arn:aws:iam::agencia:role/{role}");
    let parameters = [
        ("RoleArn", arn.as_str()),
        ("RoleSessionName", "turno-1"),
        ("WebIdentityToken", token),
    ];
    sts(&server.nobody(), "AssumeRoleWithWebIdentity", &parameters)
}

/// Who has the credentials in an answer.
#[track_caller]
pub(crate) fn session(server: &Server, answer: Answer) -> Caller {
    let answer = answer.ok();
    Caller {
        address: server.address.clone(),
        proof: Proof::Session {
            id: answer.element("AccessKeyId"),
            secret: SecretText::new(answer.element("SecretAccessKey")),
            token: answer.element("SessionToken"),
        },
    }
}

fn id_of(caller: &Caller) -> String {
    match &caller.proof {
        Proof::AccessKey { id, .. } | Proof::Session { id, .. } => id.clone(),
        Proof::Nobody | Proof::Bearer(_) => panic!("no access key"),
    }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (status, code),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.header("x-amzn-requestid"),
        Some(&*answer.element("RequestId"))
    );
    assert_eq!(answer.element("Type"), "Sender");
}

fn expiration(answer: &Answer) -> Time {
    Time::parse_iso8601(&answer.element("Expiration")).unwrap()
}

#[test]
fn a_token_becomes_credentials_that_open_what_its_role_opens() {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    server.agency().put("actas/acta", b"secreto").ok();
    let token = server.credential("bearer_token").to_owned();
    let answer = web_identity(&server, &token, "agency-admin").ok();
    assert_eq!(answer.element("SubjectFromWebIdentityToken"), "admin");
    assert_eq!(answer.element("AssumedRoleId"), "agency-admin:turno-1");
    let arn = "arn:aws:sts::agencia:assumed-role/agency-admin/turno-1";
    assert_eq!(answer.element("Arn"), arn);
    assert!(answer.text().starts_with(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <AssumeRoleWithWebIdentityResult><Credentials>"
    ));
    let session = session(&server, answer);
    session.get("actas/acta").ok().holds(b"secreto");
    session.put("actas/otra", b"otra").ok();

    // In the query too, where the token is part of what is signed.
    let url = session.get("actas/acta").presigned(60);
    server.nobody().ask("GET", &url).ok().holds(b"secreto");
    let (before, _) = url.split_once("X-Amz-Security-Token=").unwrap();
    let after = url.split_once("&X-Amz-Algorithm").unwrap().1;
    let without = format!("{before}X-Amz-Algorithm{after}");
    server
        .nobody()
        .ask("GET", &without)
        .refused(403, "InvalidAccessKeyId");

    let who = sts(&session, "GetCallerIdentity", &[]).ok();
    assert_eq!(who.element("Arn"), arn);
    assert_eq!(who.element("Account"), "agencia");
    let who = sts(&server.agency(), "GetCallerIdentity", &[]).ok();
    assert_eq!(who.element("Arn"), "arn:aws:iam::agencia:user/admin");

    // What the session does stands in the log under its key and its principal.
    let made = session.get("actas/acta").ok();
    let request_id = made.header("x-amz-request-id").unwrap().to_owned();
    let id = id_of(&session);
    let home = server.stop();
    let log = evidence::agency_log(&home, "agencia");
    let entry = evidence::of_request(&log, &request_id);
    assert_eq!(
        (&entry["principal"], &entry["proof"]),
        (&json!("admin"), &json!(id))
    );
    let issued: Vec<&Value> = log
        .iter()
        .filter(|entry| entry["action"] == "AssumeRoleWithWebIdentity")
        .collect();
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0]["key"], json!(format!("{id} {arn}")));
    assert_eq!(issued[0]["proof"], "local");
}

#[test]
fn a_session_is_never_wider_than_what_it_came_from() {
    let server = Server::start();
    let app = server.make_key("agencia", "ventanilla", "app");
    for role in ["agency-admin", "reader", "operator", "rey"] {
        refused(&assume(&app, role), 403, "AccessDenied");
    }
    let foreign = [
        ("RoleArn", "arn:aws:iam::tesoreria:role/app"),
        ("RoleSessionName", "turno-1"),
    ];
    refused(&sts(&app, "AssumeRole", &foreign), 403, "AccessDenied");
    let session = session(&server, assume(&app, "app"));
    refused(&assume(&session, "agency-admin"), 403, "AccessDenied");
    refused(&sts(&session, "GetSessionToken", &[]), 403, "AccessDenied");
    // The same principal: it owns what the key owns.
    app.make_bucket("tramites").ok();
    session.put("tramites/a", b"1").ok();
    app.get("tramites/a").ok().holds(b"1");
    server.agency().make_bucket("actas").ok();
    session.put("actas/a", b"1").refused(403, "AccessDenied");
    // A parameter that might narrow is never ignored.
    let arn = ("RoleArn", "arn:aws:iam::agencia:role/app");
    let named = ("RoleSessionName", "turno-1");
    for parameter in [
        "ExternalId",
        "TokenCode",
        "SourceIdentity",
        "PolicyArns.member.1.arn",
    ] {
        let answer = sts(&app, "AssumeRole", &[arn, named, (parameter, "x")]);
        refused(&answer, 400, "ValidationError");
    }
    // Nor does the admin API know it.
    let token = match &session.proof {
        Proof::Session { token, .. } => format!("Bearer {token}"),
        _ => unreachable!(),
    };
    let headers = [("authorization", token.as_str())];
    let answer = server.admin("GET", "/admin/v1/agencies", &headers, &Value::Null);
    assert_eq!(answer.status, 401);
}

#[test]
fn a_session_never_outlives_what_it_came_from() {
    let server = Server::start();
    let now = Clock::system().now();
    let wanted = json!({"principal": "corta", "role": "app", "expires_in_seconds": 120});
    let short = server.make_key_as("agencia", &wanted);
    for answer in [assume(&short, "app"), sts(&short, "GetSessionToken", &[])] {
        let ends = expiration(&answer.ok());
        assert!(ends <= now.plus_seconds(130), "{ends:?}");
    }
    let chained = session(&server, assume(&short, "app"));
    assert!(expiration(&assume(&chained, "app").ok()) <= now.plus_seconds(130));

    let long = server.make_key("agencia", "larga", "app");
    let named = ("RoleSessionName", "turno-1");
    let arn = ("RoleArn", "arn:aws:iam::agencia:role/app");
    let lasting = |caller: &Caller, seconds: &str| {
        sts(
            caller,
            "AssumeRole",
            &[arn, named, ("DurationSeconds", seconds)],
        )
    };
    let ends = expiration(&lasting(&long, "43200").ok());
    assert!(ends >= now.plus_seconds(43_190) && ends <= now.plus_seconds(43_260));
    for seconds in ["899", "43201", "-1", "x"] {
        refused(&lasting(&long, seconds), 400, "ValidationError");
    }
    let session = session(&server, lasting(&long, "43200"));
    refused(&lasting(&session, "3601"), 400, "ValidationError");
    lasting(&session, "3600").ok();

    // Sessions of sessions come to an end, by number too.
    let mut deep = session;
    for _ in 0..3 {
        deep = self::session(&server, assume(&deep, "app"));
    }
    refused(&assume(&deep, "app"), 403, "AccessDenied");
}

#[test]
fn a_session_needs_its_own_token() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let one = session(&server, assume(&agency, "agency-admin"));
    let two = session(&server, assume(&agency, "agency-admin"));
    let Proof::Session { id, secret, token } = one.proof.clone() else {
        unreachable!()
    };
    let with = |id: &str, secret: &SecretText, token: &str| Caller {
        address: server.address.clone(),
        proof: Proof::Session {
            id: id.to_owned(),
            secret: secret.clone(),
            token: token.to_owned(),
        },
    };
    let check = |caller: &Caller, status: u16, code: &str| {
        caller.ask("GET", "/actas").refused(status, code);
    };
    one.ask("GET", "/actas").ok();
    let Proof::Session { token: other, .. } = &two.proof else {
        unreachable!()
    };
    check(&with(&id, &secret, other), 400, "InvalidToken");
    check(&with(&id, &secret, "x"), 400, "InvalidToken");
    check(&with(&id, &secret, &token[1..]), 400, "InvalidToken");
    let wrong = SecretText::new("0".repeat(40));
    check(&with(&id, &wrong, &token), 403, "SignatureDoesNotMatch");
    check(
        &server.with_key(&id, secret.expose()),
        403,
        "InvalidAccessKeyId",
    );
    // A lasting key has no token, and a token does not make it another's.
    let Proof::AccessKey {
        id: lasting,
        secret: kept,
    } = &agency.proof
    else {
        unreachable!()
    };
    check(&with(lasting, kept, &token), 400, "InvalidToken");
    // A Bearer token it is not either.
    check(&server.with_token(&token), 400, "InvalidToken");

    // Of another agency with the same principal: nothing opens.
    server.make_agency("tesoreria");
    let foreign = server.make_key("tesoreria", "admin", "agency-admin");
    let arn = ("RoleArn", "arn:aws:iam::tesoreria:role/agency-admin");
    let named = ("RoleSessionName", "turno-1");
    let foreign = session(&server, sts(&foreign, "AssumeRole", &[arn, named]));
    foreign.ask("GET", "/actas").refused(404, "NoSuchBucket");
    let Proof::Session { token, .. } = &foreign.proof else {
        unreachable!()
    };
    check(&with(&id, &secret, token), 400, "InvalidToken");
}

#[test]
fn what_is_revoked_opens_nothing_at_once_and_after_a_crash() {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    let key = server.make_key("agencia", "ventanilla", "agency-admin");
    let direct = session(&server, assume(&key, "agency-admin"));
    let chained = session(&server, assume(&direct, "agency-admin"));
    let other = server.make_key("agencia", "archivo", "agency-admin");
    let kept = session(&server, assume(&other, "agency-admin"));
    let opens = |caller: &Caller| caller.ask("GET", "/actas").send().status == 200;
    assert!([&direct, &chained, &kept].into_iter().all(opens));

    let revoke = |server: &Server, id: &str| {
        let path = format!("/admin/v1/agencies/agencia/access-keys/{id}");
        server.administer("DELETE", &path, &Value::Null).ok();
    };
    // One session alone.
    let single = session(&server, assume(&key, "agency-admin"));
    revoke(&server, &id_of(&single));
    single.ask("GET", "/actas").refused(400, "InvalidToken");
    assert!(opens(&direct));
    // A parent, and with it all that came from it.
    revoke(&server, &id_of(&direct));
    assert!(!opens(&direct) && !opens(&chained) && opens(&key));
    let again = session(&server, assume(&key, "agency-admin"));
    revoke(&server, &id_of(&key));
    assert!(!opens(&key) && !opens(&again) && opens(&kept));
    refused(
        &sts(&again, "GetCallerIdentity", &[]),
        403,
        "InvalidClientTokenId",
    );

    let server = Server::at(server.kill(), &[]);
    let moved = |caller: &Caller| Caller {
        address: server.address.clone(),
        proof: caller.proof.clone(),
    };
    for ended in [&direct, &chained, &single, &again, &key] {
        assert!(!opens(&moved(ended)));
    }
    assert!(opens(&moved(&kept)), "sessions survive a restart");

    let suspend = |how: &str| {
        let path = format!("/admin/v1/agencies/agencia/{how}");
        server.administer("POST", &path, &Value::Null).ok();
    };
    suspend("suspend");
    assert!(!opens(&moved(&kept)));
    suspend("resume");
    assert!(opens(&moved(&kept)));
}

#[test]
fn a_revoked_principal_has_nothing_left() {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    let token = server.credential("bearer_token").to_owned();
    let bearer = server.with_token(&token);
    let key = server.agency();
    let one = session(&server, web_identity(&server, &token, "agency-admin"));
    let opens = |caller: &Caller| caller.ask("GET", "/actas").send().status == 200;
    assert!([&bearer, &key, &one].into_iter().all(opens));
    let path = "/admin/v1/agencies/agencia/revocations";
    let wanted = json!({"principal": "admin"});
    server.administer("POST", path, &wanted).ok();
    bearer.ask("GET", "/actas").refused(403, "AccessDenied");
    key.ask("GET", "/actas").refused(403, "InvalidAccessKeyId");
    one.ask("GET", "/actas").refused(400, "InvalidToken");
    refused(
        &web_identity(&server, &token, "agency-admin"),
        403,
        "AccessDenied",
    );
    let listed = server.administer("GET", path, &Value::Null).ok();
    let listed: Value = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed["revocations"][0]["principal"], "admin");
    assert_eq!(listed["revocations"][0]["standing"], false);

    // A new key counts, until a revocation stands.
    let again = server.make_key("agencia", "admin", "agency-admin");
    assert!(opens(&again));
    let wanted = json!({"principal": "admin", "standing": true});
    server.administer("POST", path, &wanted).ok();
    assert!(!opens(&again));
    let late = server.make_key("agencia", "admin", "agency-admin");
    assert!(!opens(&late));
    let server = Server::at(server.kill(), &[]);
    let late = Caller {
        address: server.address.clone(),
        ..late
    };
    assert!(!opens(&late));
    let lifted = format!("{path}/principals/admin");
    server.administer("DELETE", &lifted, &Value::Null).ok();
    assert!(opens(&late));
    let missing = server.administer("DELETE", &lifted, &Value::Null);
    assert_eq!(missing.status, 404);
    // A name with a slash in it stands in a path too.
    let wanted = json!({"principal": "mesa/1", "standing": true});
    server.administer("POST", path, &wanted).ok();
    let lifted = format!("{path}/principals/mesa%2F1");
    server.administer("DELETE", &lifted, &Value::Null).ok();
}

#[test]
fn hostile_requests_to_the_sts_door() {
    let server = Server::start();
    let agency = server.agency();
    let nobody = server.nobody();
    refused(
        &sts(&nobody, "GetCallerIdentity", &[]),
        403,
        "MissingAuthenticationToken",
    );
    refused(
        &sts(&nobody, "AssumeRole", &[]),
        403,
        "MissingAuthenticationToken",
    );
    refused(&sts(&agency, "AssumeRole", &[]), 400, "MissingParameter");
    refused(&sts(&agency, "AssumeRoot", &[]), 400, "InvalidAction");
    refused(&sts(&agency, "", &[]), 400, "MissingAction");
    refused(
        &web_identity(&server, "a.b.c", "app"),
        400,
        "InvalidIdentityToken",
    );
    let operator = server.credential("operator_token").to_owned();
    refused(
        &web_identity(&server, &operator, "app"),
        400,
        "InvalidIdentityToken",
    );
    let token = server.credential("bearer_token").to_owned();
    refused(&web_identity(&server, &token, "app"), 403, "AccessDenied");
    let short = [
        ("RoleArn", "arn:aws:iam::agencia:role/app"),
        ("RoleSessionName", "x"),
    ];
    refused(&sts(&agency, "AssumeRole", &short), 400, "ValidationError");

    let form = |body: &str| {
        nobody
            .ask("POST", "/")
            .unsigned("content-type", "application/x-www-form-urlencoded")
            .body(body.as_bytes())
            .send()
    };
    refused(&form(""), 400, "MissingAction");
    refused(&form("Action=GetCallerIdentity"), 400, "InvalidAction");
    refused(
        &form("Action=GetCallerIdentity&Version=2010-05-08"),
        400,
        "InvalidAction",
    );
    refused(&form("Action=A&Action=B"), 400, "MalformedInput");
    refused(&form("Action=%ff"), 400, "MalformedInput");
    let large = form(&format!("Action={}", "x".repeat(100_000)));
    assert_eq!(large.code(), "RequestEntityTooLarge");
}

#[test]
fn a_signature_for_one_door_opens_no_other() {
    let server = Server::start();
    let agency = server.agency();
    let body = b"Action=GetCallerIdentity&Version=2011-06-15";
    let wrong = agency
        .ask("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send();
    refused(&wrong, 400, "IncompleteSignature");
    agency
        .ask("GET", "/")
        .service(SERVICE_STS)
        .refused(400, "AuthorizationHeaderMalformed");
    // The body is what was signed.
    let signed = agency
        .ask("POST", "/")
        .service(SERVICE_STS)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .payload(acervo::auth::sigv4::payload::PayloadHash::Signed([7; 32]))
        .send();
    refused(&signed, 403, "SignatureDoesNotMatch");

    // By GET as well, signed in the header.
    let asked = agency
        .ask("GET", "/?Action=GetCallerIdentity&Version=2011-06-15")
        .service(SERVICE_STS)
        .send();
    assert_eq!(asked.ok().element("Account"), "agencia");
    // And a list of buckets is still one.
    agency.ask("GET", "/?x-id=ListBuckets").ok();
}

#[test]
fn a_session_policy_only_narrows() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a/1", b"1").ok();
    agency.put("actas/b/1", b"1").ok();
    let arn = ("RoleArn", "arn:aws:iam::agencia:role/agency-admin");
    let named = ("RoleSessionName", "turno-1");
    let with = |caller: &Caller, policy: &str| {
        sts(caller, "AssumeRole", &[arn, named, ("Policy", policy)])
    };
    let reads = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::actas/a/*"}]}"#;
    let answer = with(&agency, reads).ok();
    assert!(answer.element("PackedPolicySize").parse::<u32>().unwrap() < 100);
    let narrow = session(&server, answer);
    narrow.get("actas/a/1").ok().holds(b"1");
    narrow.get("actas/b/1").refused(403, "AccessDenied");
    narrow.put("actas/a/1", b"2").refused(403, "AccessDenied");
    narrow.ask("GET", "/actas").refused(403, "AccessDenied");
    // A session of the session has both policies.
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":"s3:*","Resource":"*"}]}"#;
    let chained = session(&server, with(&narrow, all));
    chained.get("actas/a/1").ok().holds(b"1");
    chained.put("actas/a/1", b"2").refused(403, "AccessDenied");
    let chained = session(&server, sts(&narrow, "AssumeRole", &[arn, named]));
    chained.get("actas/b/1").refused(403, "AccessDenied");
    // What allows everything gives an application nothing more than it has.
    let app = server.make_key("agencia", "ventanilla", "app");
    let of_app = ("RoleArn", "arn:aws:iam::agencia:role/app");
    let wide = sts(&app, "AssumeRole", &[of_app, named, ("Policy", all)]);
    let wide = session(&server, wide);
    wide.get("actas/a/1").refused(403, "AccessDenied");
    for wrong in [
        "{",
        "{}",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}"#,
    ] {
        refused(&with(&agency, wrong), 400, "MalformedPolicyDocument");
    }
    let long = format!("{all}{}", " ".repeat(2_048));
    refused(&with(&agency, &long), 400, "ValidationError");
}

#[test]
fn tags_are_given_by_those_who_may_do_everything_and_stay() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/registro/1", b"1").ok();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::actas/${aws:PrincipalTag/area}/*"}]}"#;
    let named = ("RoleSessionName", "turno-1");
    let arn = ("RoleArn", "arn:aws:iam::agencia:role/agency-admin");
    let with = |caller: &Caller, area: &str| {
        let tag = [("Tags.member.1.Key", "area"), ("Tags.member.1.Value", area)];
        let parameters = [arn, named, ("Policy", policy), tag[0], tag[1]];
        sts(caller, "AssumeRole", &parameters)
    };
    let other = session(&server, with(&agency, "otra"));
    other.get("actas/registro/1").refused(403, "AccessDenied");
    let tagged = session(&server, with(&agency, "registro"));
    tagged.get("actas/registro/1").ok().holds(b"1");
    // Who has a tag keeps it.
    let again = session(&server, with(&other, "registro"));
    again.get("actas/registro/1").refused(403, "AccessDenied");
    let app = server.make_key("agencia", "ventanilla", "app");
    let of_app = ("RoleArn", "arn:aws:iam::agencia:role/app");
    let tag = [("Tags.member.1.Key", "area"), ("Tags.member.1.Value", "x")];
    let answer = sts(&app, "AssumeRole", &[of_app, named, tag[0], tag[1]]);
    refused(&answer, 403, "AccessDenied");
}
