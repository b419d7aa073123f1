//! Grants between agencies: what one lets another read, for one purpose and under both eyes.

use std::fs;

use acervo::types::clock::Clock;
use serde_json::{Value, json};

use crate::law_one;
use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::evidence;
use crate::support::request::Ask;
use crate::support::server::{Home, Server, Settings};
use crate::support::{pause, position};

pub(crate) const PURPOSE: &str = "tramite-licencia";
const BASIS: &str = "Convenio 7/2026, art. 3";

/// What both agencies may do, and who asks. `agencia` has the documents, `licencias` reads them.
pub(crate) struct Scene {
    pub(crate) server: Server,
    /// Owns the documents.
    pub(crate) owner: Caller,
    /// Reads everything of `licencias`.
    pub(crate) reader: Caller,
    /// Of the admins of the two, grantor and grantee.
    tokens: [String; 2],
}

pub(crate) fn admin_token(server: &Server, agency: &str, principal: &str) -> String {
    let path = format!("/admin/v1/agencies/{agency}/tokens");
    let wanted = json!({"principal": principal, "role": "agency-admin"});
    let made = server.administer("POST", &path, &wanted).status(201);
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    made["token"].as_str().unwrap().to_owned()
}

pub(crate) fn scene() -> Scene {
    scene_with(&[])
}

pub(crate) fn scene_with(settings: Settings<'_>) -> Scene {
    Scene::at(Home::new(), settings)
}

pub(crate) const AGENCIES: [&str; 2] = ["agencia", "licencias"];

impl Scene {
    pub(crate) fn at(home: Home, settings: Settings<'_>) -> Self {
        let server = Server::at(home, settings);
        server.make_agency("licencias");
        let owner = server.agency();
        owner.make_bucket("actas").ok();
        owner.put("actas/2026/a", b"acta a").ok();
        owner.put("actas/2026/b c", b"acta b").ok();
        owner.put("actas/2026x/d", b"acta d").ok();
        owner.put("actas/secreta", b"acta secreta").ok();
        Self {
            reader: server.make_key("licencias", "ventanilla", "reader"),
            tokens: [
                admin_token(&server, "agencia", "directora"),
                admin_token(&server, "licencias", "jefe"),
            ],
            owner,
            server,
        }
    }

    /// A request of the admin of one of the two agencies about its own grants.
    pub(crate) fn decide(&self, side: usize, method: &str, path: &str, body: &Value) -> Answer {
        let path = format!("/admin/v1/agencies/{}/grants{path}", AGENCIES[side]);
        let token = format!("Bearer {}", self.tokens[side]);
        self.server
            .admin(method, &path, &[("authorization", &token)], body)
    }

    #[track_caller]
    pub(crate) fn step(&self, side: usize, id: &str, step: &str) -> Value {
        let path = format!("/{id}/{step}");
        json_of(&self.decide(side, "POST", &path, &Value::Null).status(200))
    }

    #[track_caller]
    pub(crate) fn state(&self, side: usize, id: &str) -> String {
        let shown = self.decide(side, "GET", &format!("/{id}"), &Value::Null);
        text(&json_of(&shown.status(200)), "state")
    }

    #[track_caller]
    pub(crate) fn offer(&self, terms: &Value) -> String {
        let offered = self.decide(0, "POST", "/offers", terms).status(201);
        text(&json_of(&offered), "id")
    }

    /// An active grant: its number and its alias.
    #[track_caller]
    pub(crate) fn grant(&self, terms: &Value) -> (String, String) {
        let id = self.offer(terms);
        let approved = self.step(1, &id, "approve");
        assert_eq!(text(&approved, "state"), "active");
        (id, text(&approved, "alias"))
    }

    /// Its callers, at the address where the server is now.
    pub(crate) fn moved(mut self) -> Self {
        for caller in [&mut self.owner, &mut self.reader] {
            caller.address.clone_from(&self.server.address);
        }
        self
    }

    /// Waits until both agencies say the same.
    #[track_caller]
    fn both_know(&self, id: &str, state: &str) {
        for _ in 0..100 {
            if [0, 1].map(|side| self.state(side, id)) == [state, state] {
                return;
            }
            pause(100);
        }
        panic!("{:?}", [0, 1].map(|side| self.state(side, id)));
    }
}

pub(crate) fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn in_seconds(seconds: i64) -> String {
    let at = Clock::system().now().plus_seconds(seconds);
    at.iso8601_millis()
}

/// The terms that the tests begin with: reading and listing below `2026/` for a day.
pub(crate) fn terms() -> Value {
    json!({"agency": "licencias", "bucket": "actas", "prefix": "2026/",
        "actions": ["s3:GetObject", "s3:ListBucket"], "purpose": PURPOSE, "legal_basis": BASIS,
        "expires": in_seconds(86_400)})
}

const ALL: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:ListBucket",
];

pub(crate) fn everything() -> Value {
    with(terms(), json!({"prefix": "", "actions": ALL}))
}

pub(crate) fn with(mut terms: Value, more: Value) -> Value {
    let members = more.as_object().unwrap().clone();
    terms.as_object_mut().unwrap().extend(members);
    terms
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    terms
}

/// A request that states the purpose.
pub(crate) fn stating(ask: Ask<'_>) -> Ask<'_> {
    ask.header("x-acervo-purpose", PURPOSE)
        .header("x-acervo-expediente", "EXP/2026-7")
}

#[test]
fn a_grant_from_its_offer_to_its_end() {
    let scene = scene();
    let id = scene.offer(&terms());
    // An offer alone opens nothing, and both agencies know it.
    assert_eq!(scene.state(0, &id), "offered");
    assert_eq!(scene.state(1, &id), "offered");
    assert!(
        scene
            .reader
            .ask("GET", "/")
            .ok()
            .elements("Name")
            .is_empty()
    );
    let own_offer = scene.decide(0, "POST", &format!("/{id}/approve"), &Value::Null);
    assert_eq!(
        text(&json_of(&own_offer.status(409))["error"], "code"),
        "grant_state"
    );
    let alias = json!({"alias": "actas-del-registro"});
    let path = format!("/{id}/approve");
    let approved = scene.decide(1, "POST", &path, &alias).status(200);
    assert_eq!(text(&json_of(&approved), "state"), "active");
    assert_eq!(scene.state(0, &id), "active");

    let reader = &scene.reader;
    assert_eq!(
        reader.ask("GET", "/").ok().elements("Name"),
        ["actas-del-registro"]
    );
    let got = stating(reader.get("actas-del-registro/2026/a")).send();
    got.holds(b"acta a");
    let listed = stating(reader.ask("GET", "/actas-del-registro?list-type=2")).ok();
    assert_eq!(listed.elements("Key"), ["2026/a", "2026/b c"]);
    assert_eq!(listed.elements("Name"), ["actas-del-registro"]);

    scene.step(0, &id, "revoke");
    assert_eq!(scene.state(1, &id), "revoked");
    stating(reader.get("actas-del-registro/2026/a")).refused(403, "AccessDenied");
    assert!(reader.ask("GET", "/").ok().elements("Name").is_empty());
    for (side, step) in [(0, "revoke"), (1, "approve"), (1, "refuse")] {
        let again = scene.decide(side, "POST", &format!("/{id}/{step}"), &Value::Null);
        again.status(409);
    }
    // The end holds after a crash as well, and the name is free again.
    let home = scene.server.kill();
    let server = Server::at(home, &[]);
    let reader = Caller {
        address: server.address.clone(),
        ..scene.reader
    };
    stating(reader.get("actas-del-registro/2026/a")).refused(403, "AccessDenied");
    let admin = server.make_key("licencias", "jefe", "agency-admin");
    admin.make_bucket("actas-del-registro").ok();
}

#[test]
fn a_grant_may_be_requested_refused_and_taken_back() {
    let scene = scene();
    let request = with(terms(), json!({"agency": "agencia", "alias": "pedidas"}));
    let ask = || {
        let asked = scene.decide(1, "POST", "/requests", &request).status(201);
        text(&json_of(&asked), "id")
    };
    let id = ask();
    assert_eq!(scene.state(0, &id), "requested");
    stating(scene.reader.get("pedidas/2026/a")).refused(403, "AccessDenied");
    scene
        .decide(1, "POST", &format!("/{id}/approve"), &Value::Null)
        .status(409);
    scene.step(0, &id, "refuse");
    assert_eq!(scene.state(1, &id), "refused");
    stating(scene.reader.get("pedidas/2026/a")).refused(403, "AccessDenied");
    // The name is free again; what is taken back cannot be approved.
    let id = ask();
    scene.step(1, &id, "revoke");
    scene
        .decide(0, "POST", &format!("/{id}/approve"), &Value::Null)
        .status(409);
    let id = ask();
    scene.step(0, &id, "approve");
    stating(scene.reader.get("pedidas/2026/a"))
        .send()
        .holds(b"acta a");
    // Of a bucket that is not there nobody learns by asking, and it cannot be approved.
    let nowhere = with(request.clone(), json!({"bucket": "nadie", "alias": null}));
    let asked = scene.decide(1, "POST", "/requests", &nowhere).status(201);
    let path = format!("/{}/approve", text(&json_of(&asked), "id"));
    let approved = scene.decide(0, "POST", &path, &Value::Null).status(404);
    assert_eq!(text(&json_of(&approved)["error"], "code"), "no_such_bucket");
}

/// A hundred and first was kept here and refused there, and told as not yet told.
#[test]
fn proposals_that_wait_are_few_on_both_sides() {
    let scene = scene();
    let request = with(terms(), json!({"agency": "agencia", "alias": null}));
    let ask = || scene.decide(1, "POST", "/requests", &request);
    let mut ids: Vec<_> = (0..100)
        .map(|_| text(&json_of(&ask().status(201)), "id"))
        .collect();
    let refused = json_of(&ask().status(409));
    assert_eq!(text(&refused["error"], "code"), "limit_reached");
    scene.offer(&terms());
    scene.step(0, &ids.pop().unwrap(), "refuse");
    ask().status(201);
}

#[test]
fn only_admins_of_the_two_agencies_decide() {
    let scene = scene();
    scene.server.make_agency("tercera");
    let id = scene.offer(&terms());
    let grants = |agency: &str, rest: &str| format!("/admin/v1/agencies/{agency}/grants{rest}");
    for step in ["approve", "refuse", "revoke"] {
        for agency in AGENCIES {
            let path = grants(agency, &format!("/{id}/{step}"));
            scene
                .server
                .administer("POST", &path, &Value::Null)
                .status(403);
            let other = admin_token(&scene.server, "tercera", "otro");
            let bearer = format!("Bearer {other}");
            let headers = [("authorization", bearer.as_str())];
            scene
                .server
                .admin("POST", &path, &headers, &Value::Null)
                .status(403);
        }
    }
    scene
        .server
        .administer("POST", &grants("agencia", "/offers"), &terms())
        .status(403);
    // Operators see that there is one, and no names of documents.
    let listed = scene
        .server
        .administer("GET", &grants("agencia", ""), &Value::Null)
        .ok();
    let grant = &json_of(&listed)["grants"][0];
    assert_eq!(
        (text(grant, "purpose"), text(grant, "state")),
        (PURPOSE.into(), "offered".into())
    );
    assert_eq!(grant["prefix"], Value::Null);
    let own = json_of(&scene.decide(0, "GET", "", &Value::Null).ok());
    assert_eq!(text(&own["grants"][0], "prefix"), "2026/");
    // A third agency knows of no grant of others.
    let other = format!("Bearer {}", admin_token(&scene.server, "tercera", "otro"));
    let headers = [("authorization", other.as_str())];
    let shown = grants("tercera", &format!("/{id}"));
    scene
        .server
        .admin("GET", &shown, &headers, &Value::Null)
        .status(404);
    let listed = scene
        .server
        .admin("GET", &grants("tercera", ""), &headers, &Value::Null);
    assert_eq!(json_of(&listed.ok())["grants"], json!([]));
}

/// Who gives rights in an agency that reads another's documents gives those of the other.
#[test]
fn an_operator_alone_lets_nobody_read_by_a_grant() {
    let scene = scene();
    let keys = "/admin/v1/agencies/licencias/access-keys";
    let alone = |principal: &str, role: &str| {
        let wanted = json!({"principal": principal, "role": role});
        scene.server.administer_alone("POST", keys, &wanted).status
    };
    assert_eq!(alone("primera", "reader"), 201);
    let (id, _) = scene.grant(&terms());
    assert_eq!((alone("otra", "reader"), alone("otra", "app")), (202, 201));
    let named = json!({"roles": ["app"]});
    let (other, _) = scene.grant(&with(terms(), named));
    assert_eq!(alone("nueva", "app"), 202);
    for id in [id, other] {
        scene.step(0, &id, "revoke");
    }
    assert_eq!(alone("ultima", "reader"), 201);
}

#[test]
fn terms_are_checked() {
    let scene = scene();
    for (wrong, status) in [
        (json!({"agency": "agencia"}), 400),
        (json!({"agency": "nadie"}), 404),
        (json!({"bucket": "nadie"}), 404),
        (json!({"prefix": null}), 400),
        (json!({"key": "2026/a"}), 400),
        (json!({"version_id": "null"}), 400),
        (
            json!({"prefix": null, "key": "2026/a", "version_id": "null"}),
            400,
        ),
        (json!({"actions": []}), 400),
        (json!({"actions": ["s3:PutObject"]}), 400),
        (json!({"actions": ["s3:*"]}), 400),
        (json!({"purpose": "Trámite"}), 400),
        (json!({"purpose": null}), 400),
        (json!({"legal_basis": " "}), 400),
        (json!({"expires": null}), 400),
        (json!({"expires": "mañana"}), 400),
        (json!({"expires": in_seconds(-1)}), 400),
        (json!({"expires": in_seconds(86_400 * 1_828)}), 400),
        (json!({"principals": ["a b"]}), 400),
        (json!({"alias": "actas"}), 400),
        (json!({"write": true}), 400),
    ] {
        let offered = scene.decide(0, "POST", "/offers", &with(terms(), wrong.clone()));
        assert_eq!(offered.status, status, "{wrong}: {}", offered.text());
    }
    let listed = json_of(&scene.decide(1, "GET", "", &Value::Null).ok());
    assert_eq!(listed["grants"], json!([]));
    // The name of an alias is a bucket's name that is still free.
    let admin = scene.server.make_key("licencias", "jefe", "agency-admin");
    admin.make_bucket("propia").ok();
    let id = scene.offer(&terms());
    let approve = |alias: &str| {
        let path = format!("/{id}/approve");
        scene.decide(1, "POST", &path, &json!({ "alias": alias }))
    };
    approve("No").status(400);
    approve("x-s3alias").status(400);
    approve("propia").status(409);
    approve("ajena").status(200);
    admin
        .make_bucket("ajena")
        .refused(409, "BucketAlreadyExists");
    let id = scene.offer(&terms());
    let path = format!("/{id}/approve");
    scene
        .decide(1, "POST", &path, &json!({"alias": "ajena"}))
        .status(409);
    // A name that is made begins with whom it is of.
    let made = text(&scene.step(1, &id, "approve"), "alias");
    assert!(made.starts_with("de-agencia-"), "{made}");
}

fn get_granted(scene: &Scene) -> Answer {
    stating(scene.reader.get("actas-del-registro/2026/a")).send()
}

impl Scene {
    /// Kills the server and starts it again over keyrings of which one agency's is away, so that
    /// this agency cannot be opened, or over all of them.
    fn killed_and_started(self, away: Option<&str>) -> Self {
        let home = self.server.kill();
        for agency in AGENCIES {
            let path = home.agency_dir(agency).join("keyring");
            let aside = path.with_extension("away");
            match (away == Some(agency), aside.exists()) {
                (true, false) => fs::rename(&path, &aside).unwrap(),
                (false, true) => fs::rename(&aside, &path).unwrap(),
                _ => {}
            }
        }
        let scene = Self {
            server: Server::at(home, &[]),
            ..self
        };
        if away.is_some() {
            scene.server.announce("failed");
            scene.server.announce("cannot be opened");
        }
        scene.moved()
    }
}

/// The two commits of a step, cut apart: the other agency cannot be opened when it is to be told.
#[test]
fn a_crash_between_the_two_agencies_opens_nothing_more() {
    let scene = scene();
    let id = scene.offer(&terms());
    let alias = json!({"alias": "actas-del-registro"});

    // The grantee approves, and nobody hears it. What both approved opens when both know it.
    let scene = scene.killed_and_started(Some("agencia"));
    let half = scene.decide(1, "POST", &format!("/{id}/approve"), &alias);
    let half = json_of(&half.status(503));
    assert_eq!(text(&half["error"], "code"), "other_agency_not_told");
    assert_eq!(scene.state(1, &id), "active");
    let scene = scene.killed_and_started(None);
    let answer = get_granted(&scene);
    assert!([200, 403].contains(&answer.status), "{}", answer.text());
    scene.both_know(&id, "active");
    get_granted(&scene).holds(b"acta a");

    // The grantor revokes, and nobody hears it: the grantee's record does not help it.
    let scene = scene.killed_and_started(Some("licencias"));
    let revoke = format!("/{id}/revoke");
    let half = scene.decide(0, "POST", &revoke, &Value::Null);
    half.status(503);
    let scene = scene.killed_and_started(None);
    get_granted(&scene).refused(403, "AccessDenied");
    scene.both_know(&id, "revoked");
    get_granted(&scene).refused(403, "AccessDenied");

    // Each step stands once in each log, by whom and with whom.
    let home = scene.server.stop();
    for (agency, other) in [("agencia", "licencias"), ("licencias", "agencia")] {
        let log = evidence::agency_log(&home, agency);
        for (action, principal) in [
            ("OfferGrant", "directora"),
            ("ApproveGrant", "jefe"),
            ("RevokeGrant", "directora"),
        ] {
            let found: Vec<_> = log.iter().filter(|e| e["action"] == action).collect();
            let told = |name: &str| found[0][name].as_str().unwrap_or_default();
            assert_eq!(found.len(), 1, "{action} in {agency}");
            let expected = [principal, other, id.as_str(), PURPOSE, "allowed"];
            let names = ["principal", "agency", "grant", "purpose", "outcome"];
            assert_eq!(names.map(told), expected, "{action} in {agency}");
        }
    }
}

#[test]
fn nothing_of_a_grant_stands_readable_on_disk() {
    let scene = scene_with(&[("ACERVO_LOG_LEVEL", "trace")]);
    let singular = json!({"purpose": "finalidad-singular-k3",
        "legal_basis": "fundamento-singular-k4", "principals": ["lectora-singular-k5"]});
    let id = scene.offer(&with(terms(), singular));
    let path = format!("/{id}/approve");
    let alias = json!({"alias": "alias-singular-k6"});
    scene.decide(1, "POST", &path, &alias).status(200);
    let reader = scene
        .server
        .make_key("licencias", "lectora-singular-k5", "app");
    let get = reader.get("alias-singular-k6/2026/a");
    let get = get.header("x-acervo-purpose", "finalidad-singular-k3");
    let get = get.header("x-acervo-expediente", "expediente-singular-k7");
    get.send().holds(b"acta a");
    let mut secrets = Vec::new();
    for (what, text) in [
        ("a purpose", "finalidad-singular-k3"),
        ("a legal basis", "fundamento-singular-k4"),
        ("a principal", "lectora-singular-k5"),
        ("an alias", "alias-singular-k6"),
        ("an expediente", "expediente-singular-k7"),
    ] {
        secrets.extend(law_one::forms(what, text.as_bytes()));
    }
    law_one::holds_none(&scene.server.home, &secrets);
    let log = scene.server.log();
    for (what, text) in &secrets {
        assert_eq!(position(log.as_bytes(), text), None, "{what} in the log");
    }
    let home = scene.server.kill();
    law_one::holds_none(&home, &secrets);
}
