//! Access logs: what was asked of a bucket is delivered to another one.

use serde_json::json;

use crate::support::caller::Caller;
use crate::support::pause;
use crate::support::server::{Server, Settings};

const OFTEN: Settings<'_> = &[("ACERVO_ACCESS_LOG_DELIVER_SECONDS", "1")];

fn configure(caller: &Caller, target: &str, format: &str) -> crate::support::answer::Answer {
    let xml = format!(
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket>\
         <TargetPrefix>log/</TargetPrefix>{format}</LoggingEnabled></BucketLoggingStatus>"
    );
    caller
        .ask("PUT", "/actas?logging")
        .body(xml.as_bytes())
        .send()
}

/// The lines that were delivered, once there are so many.
fn delivered(caller: &Caller, count: usize) -> Vec<String> {
    for _ in 0..200 {
        let mut lines = Vec::new();
        for key in caller.keys_of("registros") {
            let log = caller.get(&format!("registros/{key}")).ok().text();
            lines.extend(log.lines().map(str::to_owned));
        }
        if lines.len() >= count {
            return lines;
        }
        pause(50);
    }
    panic!("the log is not delivered");
}

#[test]
fn requests_are_logged_as_s3_logs_them() {
    let server = Server::with(OFTEN);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("registros").ok();
    let empty = caller.ask("GET", "/actas?logging").ok();
    assert!(!empty.text().contains("LoggingEnabled"));
    caller.put("actas/antes", b"x").ok();
    let format = "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime\
                  </PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>";
    configure(&caller, "registros", format).ok();
    let shown = caller.ask("GET", "/actas?logging").ok();
    assert_eq!(shown.element("TargetBucket"), "registros");
    assert_eq!(shown.element("PartitionDateSource"), "EventTime");

    caller.put("actas/a b", b"hola").ok();
    caller
        .get("actas/a b")
        .header("user-agent", "lector/1 \"x\"")
        .ok();
    caller.get("actas/nada").refused(404, "NoSuchKey");
    let lines = delivered(&caller, 5);
    let of = |operation: &str, status: &str| {
        let found = lines.iter().filter(|line| {
            line.contains(&format!(" {operation} ")) && line.contains(&format!("\" {status} "))
        });
        let found: Vec<&String> = found.collect();
        assert_eq!(found.len(), 1, "{operation} {status} in {lines:#?}");
        found[0].clone()
    };
    let put = of("REST.PUT.OBJECT", "200");
    assert!(
        put.contains(" actas [") && put.contains(" a%2520b "),
        "{put}"
    );
    assert!(put.contains("arn:aws:iam::agencia:user/admin"), "{put}");
    assert!(put.contains("\"PUT /actas/a%20b HTTP/1.1\""), "{put}");
    let get = of("REST.GET.OBJECT", "200");
    assert!(get.contains(" 200 - 4 "), "{get}");
    assert!(get.contains("\"lector/1 %22x%22\""), "{get}");
    assert!(of("REST.GET.OBJECT", "404").contains(" NoSuchKey "));
    of("REST.PUT.LOGGING_STATUS", "200");
    assert!(
        !lines.iter().any(|line| line.contains("antes")),
        "{lines:#?}"
    );
    let keys = caller.keys_of("registros");
    assert!(
        keys[0].starts_with("log/agencia/us-east-1/actas/20"),
        "{keys:?}"
    );
}

#[test]
fn a_log_goes_only_where_the_owner_of_the_bucket_may_write() {
    let server = Server::with(OFTEN);
    let other = server.make_key("agencia", "otra", "app");
    other.make_bucket("ajeno").ok();
    let caller = server.make_key("agencia", "ventanilla", "app");
    caller.make_bucket("actas").ok();
    let code = "InvalidTargetBucketForLogging";
    let missing = configure(&caller, "nadie", "").refused(400, code);
    let foreign = configure(&caller, "ajeno", "").refused(400, code);
    assert_eq!(missing.element("Message"), foreign.element("Message"));
    configure(&caller, "actas", "").ok();
    caller
        .ask("PUT", "/actas?logging")
        .body(b"<BucketLoggingStatus/>")
        .ok();
    assert!(
        !caller
            .ask("GET", "/actas?logging")
            .ok()
            .text()
            .contains("Target")
    );
}

#[test]
fn a_policy_lets_logs_of_one_bucket_into_another_owners() {
    let server = Server::with(OFTEN);
    let archive = server.make_key("agencia", "archivo", "app");
    archive.make_bucket("registros").ok();
    let caller = server.make_key("agencia", "ventanilla", "app");
    caller.make_bucket("actas").ok();
    // As AWS words it, and CloudFormation and Terraform write it.
    let allow = |source: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "S3ServerAccessLogsPolicy",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": ["s3:PutObject"],
            "Resource": "arn:aws:s3:::registros/log/*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": source},
                "StringEquals": {"aws:SourceAccount": "agencia"},
            },
        }]});
        let put = archive.ask("PUT", "/registros?policy");
        put.body(policy.to_string().as_bytes()).ok();
    };
    let code = "InvalidTargetBucketForLogging";
    allow("arn:aws:s3:::becas");
    configure(&caller, "registros", "").refused(400, code);
    allow("arn:aws:s3:::actas");
    configure(&caller, "registros", "").ok();
    caller.put("actas/a", b"acta").ok();
    let lines = delivered(&archive, 1);
    assert!(lines.iter().any(|line| line.contains("REST.PUT.OBJECT a")));
    // Nobody else is meant.
    caller
        .put("registros/log/a", b"x")
        .refused(403, "AccessDenied");
}

#[test]
fn what_waits_is_delivered_at_the_stop() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("registros").ok();
    configure(&caller, "registros", "").ok();
    caller.put("actas/a", b"x").ok();
    let proof = caller.proof.clone();
    let server = Server::at(server.stop(), &[]);
    let caller = Caller {
        address: server.address.clone(),
        proof,
    };
    assert!(
        delivered(&caller, 2)
            .iter()
            .any(|line| line.contains("REST.PUT.OBJECT"))
    );
}

#[test]
fn a_log_opens_nothing() {
    let server = Server::with(OFTEN);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("registros").ok();
    caller.put("actas/a", b"hola").ok();
    configure(&caller, "registros", "").ok();
    let url = caller.get("actas/a").presigned(600);
    let nobody = server.nobody();
    nobody.ask("GET", &url).ok().holds(b"hola");
    let written = url.replace("X-Amz-Signature", "X%2DAmz%2DSignature");
    nobody.ask("GET", &written).ok();
    let referer = format!("http://{}{url}", server.address);
    caller.get("actas/a").header("referer", &referer).ok();
    let lines = delivered(&caller, 4);
    let signature = url.split_once("X-Amz-Signature=").unwrap().1;
    let signature = signature.split('&').next().unwrap();
    for line in &lines {
        assert!(!line.contains(signature), "{line}");
    }
    let line = lines.iter().find(|line| line.contains("REDACTED")).unwrap();
    assert!(line.contains("X-Amz-Credential="), "{line}");
    assert!(line.contains(" QueryString "), "{line}");
}
