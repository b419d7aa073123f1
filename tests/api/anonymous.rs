//! Requests of nobody.

use serde_json::json;

use crate::policies::{all, scene_on};
use crate::support::evidence;
use crate::support::server::Server;

/// Whatever a bucket gives to everybody, uploads of parts and copies are for those who have a name.
#[test]
fn anonymous_requests_begin_no_uploads_and_copy_nothing() {
    let scene = scene_on(Server::with(&[
        ("ACERVO_AUTH_ANONYMOUS_AGENCIES", "agencia"),
        ("ACERVO_AUTH_ANONYMOUS_AGENCY", "agencia"),
    ]));
    scene.set_block("<BlockPublicAcls>true</BlockPublicAcls>");
    scene.set(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::actas", "arn:aws:s3:::actas/*"]}]),
    );
    let nobody = scene.server.nobody();
    nobody.put("actas/libre/n", b"n").ok();
    let upload = nobody.at("POST", "actas/libre/m").query("uploads");
    let refused = upload.refused(403, "AccessDenied");
    let message = "Anonymous users cannot initiate multipart uploads. Please authenticate.";
    assert_eq!(refused.element("Message"), message);
    let copy = nobody.copy("actas/libre/a", "actas/libre/c");
    let refused = copy.refused(403, "AccessDenied");
    let message = "Anonymous users cannot copy objects. Please authenticate.";
    assert_eq!(refused.element("Message"), message);
}

/// What nobody in particular may do where its agency answers to it: what the bucket says, no more.
#[test]
fn anonymous_requests_get_what_the_bucket_gives_to_everybody() {
    let scene = scene_on(Server::with(&[
        ("ACERVO_AUTH_ANONYMOUS_AGENCIES", "agencia"),
        ("ACERVO_AUTH_ANONYMOUS_AGENCY", "agencia"),
    ]));
    let nobody = scene.server.nobody();
    let refused = |path: &str, status: u16| {
        let answer = nobody.get(path).send();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    };
    refused("actas/libre/a", 403);
    refused("nadie/libre/a", 403);
    nobody.ask("GET", "/").refused(403, "AccessDenied");
    nobody.make_bucket("suyo").refused(403, "AccessDenied");
    scene.set_block("<BlockPublicAcls>true</BlockPublicAcls>");
    scene.set(json!([
        {"Sid": "Publico", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::actas/libre/*"},
        {"Effect": "Allow", "Principal": {"AWS": "agencia"}, "Action": "s3:*",
         "Resource": "arn:aws:s3:::actas/*"},
    ]));
    let read = nobody.get("actas/libre/a").send().holds(b"libre");
    nobody.head("actas/libre/a").ok();
    // What an answer is called is for those to say who sign their requests.
    let renamed = nobody.get("actas/libre/a");
    let renamed = renamed.query("response-content-type=text/html");
    renamed.refused(400, "InvalidRequest");
    refused("actas/cerrado/b", 403);
    // Who may not list learns nothing of what is missing.
    refused("actas/libre/nada", 403);
    nobody
        .put("actas/libre/a", b"x")
        .refused(403, "AccessDenied");
    nobody.delete("actas/libre/a").refused(403, "AccessDenied");
    for sub_resource in ["", "?policy", "?publicAccessBlock", "?versions", "?uploads"] {
        nobody
            .ask("GET", &format!("/actas{sub_resource}"))
            .refused(403, "AccessDenied");
    }
    // A proof that fails is no missing proof.
    scene
        .server
        .with_token("x")
        .get("actas/libre/a")
        .refused(400, "InvalidToken");
    scene.set_block("<RestrictPublicBuckets>true</RestrictPublicBuckets>");
    refused("actas/libre/a", 403);
    scene.other.get("actas/libre/a").send().holds(b"libre");
    let request = read.header("x-amz-request-id").unwrap().to_owned();
    let home = scene.server.stop();
    let log = evidence::agency_log(&home, "agencia");
    let entry = evidence::of_request(&log, &request);
    assert_eq!(entry["proof"], "anonymous");
    assert_eq!(entry["action"], "GetObject");
}

#[test]
fn an_agency_that_is_not_listed_answers_nobody() {
    let scene = scene_on(Server::with(&[(
        "ACERVO_AUTH_ANONYMOUS_AGENCIES",
        "tesoreria",
    )]));
    scene.set_block("");
    scene.set(
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": all("actas")}),
    );
    let nobody = scene.server.nobody();
    nobody.get("actas/libre/a").refused(403, "AccessDenied");
    // Nor does one that is listed and does not exist.
    let home = scene.server.stop();
    let both = [
        ("ACERVO_AUTH_ANONYMOUS_AGENCIES", "tesoreria"),
        ("ACERVO_AUTH_ANONYMOUS_AGENCY", "tesoreria"),
    ];
    let server = Server::at(home, &both);
    server
        .nobody()
        .get("actas/libre/a")
        .refused(403, "AccessDenied");
}

#[test]
fn an_anonymous_host_names_its_agency() {
    let scene = scene_on(Server::with(&[
        ("ACERVO_AUTH_ANONYMOUS_AGENCIES", "agencia"),
        ("ACERVO_S3_DOMAINS", "s3.estado.mx"),
    ]));
    scene.set_block("");
    scene.set(
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::actas/*"}),
    );
    for (host, path, status) in [
        ("agencia.s3.estado.mx", "/actas/libre/a", 200),
        ("actas.agencia.s3.estado.mx", "/libre/a", 200),
        ("s3.estado.mx", "/actas/libre/a", 403),
        ("actas.s3.estado.mx", "/libre/a", 403),
        ("tesoreria.s3.estado.mx", "/actas/libre/a", 403),
        ("agencia.otro.mx", "/actas/libre/a", 403),
    ] {
        let mut wire = scene.server.wire();
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes());
        let answer = wire.answer("GET");
        assert_eq!(answer.status, status, "{host}: {}", answer.text());
    }
}
