//! Who may do what: every operation by everybody, and nobody learns what is not theirs (P5).

use acervo::access::action::{Action, Effect};
use acervo::types::secret::SecretText;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::operations::{LIFECYCLE, actions, ask};
use crate::support::pause;
use crate::support::server::Server;

const UPLOAD: &str = "00000000000000000000000000000000";

/// What reading a configuration answers as long as nobody has set it.
fn unset(action: Action) -> Option<&'static str> {
    match action {
        Action::GetBucketPolicy | Action::GetBucketPolicyStatus => Some("NoSuchBucketPolicy"),
        Action::GetBucketCors => Some("NoSuchCORSConfiguration"),
        Action::GetBucketTagging => Some("NoSuchTagSet"),
        Action::GetObjectRetention | Action::GetObjectLegalHold => {
            Some("NoSuchObjectLockConfiguration")
        }
        Action::GetBucketInventoryConfiguration | Action::DeleteBucketInventoryConfiguration => {
            Some("NoSuchConfiguration")
        }
        Action::GetBucketWebsite => Some("NoSuchWebsiteConfiguration"),
        Action::GetBucketReplication => Some("ReplicationConfigurationNotFoundError"),
        _ => None,
    }
}

/// What a refusal must be; the answers to HEAD have no body to say it in.
#[track_caller]
fn check(answer: &Answer, action: Action, status: u16, code: &str) {
    let is_head = matches!(action, Action::HeadBucket | Action::HeadObject);
    let told = if is_head {
        code.to_owned()
    } else {
        answer.code()
    };
    assert_eq!(
        (answer.status, told.as_str()),
        (status, code),
        "{action:?}: {}",
        answer.text()
    );
}

/// A server with a bucket `actas` of the first agency, a document and an upload in it.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) owner: Caller,
    upload: String,
}

pub(crate) fn scene() -> Scene {
    let server = Server::start();
    let owner = server.agency();
    owner
        .ask("PUT", "/actas")
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
    owner.put("actas/acta", b"secreto").ok();
    owner.ask("PUT", "/actas?lifecycle").body(LIFECYCLE).ok();
    let upload = owner.begin_upload("actas/acta");
    Scene {
        server,
        owner,
        upload,
    }
}

impl Scene {
    /// Every operation is refused so, and nothing has changed.
    #[track_caller]
    fn refuses(&self, caller: &Caller, status: u16, code: &str) {
        for action in actions() {
            let answer = ask(caller, *action, "actas", &self.upload).send();
            check(&answer, *action, status, code);
        }
        self.is_untouched();
    }

    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        self.owner.get("actas/acta").send().holds(b"secreto");
        assert_eq!(self.owner.keys_of("actas"), ["acta"]);
        let uploads = self.owner.ask("GET", "/actas?uploads").ok();
        assert_eq!(uploads.elements("UploadId").concat(), self.upload);
        let parts = self
            .owner
            .get("actas/acta")
            .query(&format!("uploadId={}", self.upload));
        assert!(parts.ok().elements("PartNumber").is_empty());
    }
}

#[test]
fn nobody_may_do_anything() {
    let scene = scene();
    scene.refuses(&scene.server.nobody(), 403, "AccessDenied");
}

#[test]
fn a_wrong_signature_opens_nothing() {
    let scene = scene();
    let id = scene.server.credential("access_key_id").to_owned();
    let mut forger = scene.owner.clone();
    let secret = SecretText::new("0".repeat(40));
    forger.proof = Proof::AccessKey {
        id: id.clone(),
        secret,
    };
    scene.refuses(&forger, 403, "SignatureDoesNotMatch");
    // An id of the right form that was never made, one of another form, and none.
    for unknown in [
        format!("{}7777777", &id[..id.len() - 7]),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
    ] {
        let unknown = scene.server.with_key(&unknown, "0");
        scene.refuses(&unknown, 403, "InvalidAccessKeyId");
    }
}

#[test]
fn wrong_tokens_open_nothing() {
    let scene = scene();
    let token = scene.server.credential("bearer_token").to_owned();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let none = acervo::types::encoding::base64_url(b"{\"alg\":\"none\"}");
    let claims = signed.split_once('.').unwrap().1;
    for wrong in [
        format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        format!("{signed}."),
        format!("{none}.{claims}."),
        format!("{head}.{claims}x.{signature}"),
        "x".to_owned(),
    ] {
        scene.refuses(&scene.server.with_token(&wrong), 400, "InvalidToken");
    }
    let operator = scene.server.credential("operator_token");
    scene.refuses(&scene.server.with_token(operator), 400, "InvalidToken");
}

#[test]
fn a_revoked_key_an_expired_one_and_a_suspended_agency_are_refused() {
    let scene = scene();
    let server = &scene.server;
    let revoked = server.make_key("agencia", "antes", "agency-admin");
    revoked.get("actas/acta").send().holds(b"secreto");
    let Proof::AccessKey { id, .. } = &revoked.proof else {
        unreachable!()
    };
    let path = format!("/admin/v1/agencies/agencia/access-keys/{id}");
    server.administer("DELETE", &path, &Value::Null).ok();
    scene.refuses(&revoked, 403, "InvalidAccessKeyId");

    let wanted = json!({"principal": "corta", "role": "agency-admin", "expires_in_seconds": 1});
    let expired = server.make_key_as("agencia", &wanted);
    pause(1_100);
    scene.refuses(&expired, 403, "InvalidAccessKeyId");

    server
        .administer("POST", "/admin/v1/agencies/agencia/suspend", &Value::Null)
        .ok();
    let bearer = server.with_token(server.credential("bearer_token"));
    for action in actions() {
        let answer = ask(&scene.owner, *action, "actas", &scene.upload).send();
        check(&answer, *action, 403, "InvalidAccessKeyId");
        let answer = ask(&bearer, *action, "actas", &scene.upload).send();
        check(&answer, *action, 403, "AccessDenied");
    }
    server
        .administer("POST", "/admin/v1/agencies/agencia/resume", &Value::Null)
        .ok();
    scene.is_untouched();
}

#[test]
fn an_application_sees_its_own_buckets_only() {
    let scene = scene();
    let app = scene.server.make_key("agencia", "ventanilla", "app");
    for action in actions() {
        let answer = ask(&app, *action, "actas", &scene.upload).send();
        match action {
            Action::ListBuckets => assert!(answer.ok().elements("Name").is_empty()),
            Action::CreateBucket => check(&answer, *action, 409, "BucketAlreadyExists"),
            _ => check(&answer, *action, 403, "AccessDenied"),
        }
    }
    scene.is_untouched();
}

#[test]
fn a_reader_reads_and_changes_nothing() {
    let scene = scene();
    let reader = scene.server.make_key("agencia", "lectora", "reader");
    for action in actions() {
        let answer = ask(&reader, *action, "actas", &scene.upload).send();
        match action.effect() {
            Effect::Read => match unset(*action) {
                Some(code) => check(&answer, *action, 404, code),
                None => drop(answer.ok()),
            },
            Effect::Write => check(&answer, *action, 403, "AccessDenied"),
        }
    }
    scene.is_untouched();
}

#[test]
fn an_administrator_may_do_everything() {
    for action in actions() {
        if matches!(action, Action::CreateBucket | Action::DeleteBucket) {
            continue;
        }
        let scene = scene();
        let query = format!("partNumber=1&uploadId={}", scene.upload);
        scene.owner.put("actas/acta", b"a").query(&query).ok();
        let answer = ask(&scene.owner, *action, "actas", &scene.upload).send();
        match unset(*action) {
            _ if *action == Action::RestoreObject => {
                check(&answer, *action, 403, "InvalidObjectState");
            }
            // Not even an administrator sets a list where lists do not count.
            _ if matches!(action, Action::PutBucketAcl | Action::PutObjectAcl) => {
                check(&answer, *action, 400, "AccessControlListNotSupported");
            }
            Some(code) => check(&answer, *action, 404, code),
            None => drop(answer.ok()),
        }
    }
}

/// Another agency's bucket and one that does not exist: the answers are the same, byte for byte.
#[test]
fn a_foreign_bucket_and_a_missing_one_look_alike() {
    let scene = scene();
    scene.server.make_agency("tesoreria");
    let same_id_of_key = scene.upload.clone();
    for role in ["agency-admin", "app", "reader"] {
        let stranger = scene.server.make_key("tesoreria", role, role);
        for action in actions() {
            if matches!(action, Action::ListBuckets | Action::CreateBucket) {
                continue;
            }
            let foreign = ask(&stranger, *action, "actas", &same_id_of_key).send();
            let missing = ask(&stranger, *action, "nadie", UPLOAD).send();
            check(&foreign, *action, 404, "NoSuchBucket");
            assert_eq!(
                faceless(&foreign, "actas"),
                faceless(&missing, "nadie"),
                "{action:?}"
            );
        }
    }
    let admin = scene.server.make_key("tesoreria", "jefa", "agency-admin");
    assert!(admin.ask("GET", "/").ok().elements("Name").is_empty());
    // The name is free there, and what is in it is another's.
    admin.make_bucket("actas").ok();
    admin.get("actas/acta").refused(404, "NoSuchKey");
    admin.put("actas/acta", b"otro").ok();
    let upload = admin.part("actas/acta", &scene.upload, 1, b"1");
    upload.refused(404, "NoSuchUpload");
    scene.is_untouched();
}

/// An answer without what any two answers differ in: id, date, and the name that was asked for.
fn faceless(answer: &Answer, bucket: &str) -> (u16, Vec<(String, String)>, String) {
    let id = answer
        .header("x-amz-request-id")
        .unwrap_or_default()
        .to_owned();
    assert!(!id.is_empty());
    let mut headers = answer.headers.clone();
    let of_the_request = ["x-amz-request-id", "x-amz-id-2", "date"];
    headers.retain(|(name, _)| !of_the_request.contains(&name.as_str()));
    // Their order is drawn anew for each answer.
    headers.sort();
    let text = answer.text().replace(&id, "ID");
    (answer.status, headers, text.replace(bucket, "BUCKET"))
}

#[test]
fn a_key_acts_in_its_own_agency_wherever_the_bucket_name_leads() {
    let scene = scene();
    let server = &scene.server;
    server.make_agency("tesoreria");
    let theirs = server.make_key("tesoreria", "jefa", "agency-admin");
    theirs.make_bucket("actas").ok();
    theirs
        .copy("actas/acta", "actas/robada")
        .refused(404, "NoSuchKey");
    let of_agency = format!("/admin/v1/agencies/{}/access-keys", "agencia");
    let Proof::AccessKey { id, .. } = &theirs.proof else {
        unreachable!()
    };
    let crossed = format!("{of_agency}/{id}");
    let crossed = server.administer("DELETE", &crossed, &Value::Null);
    assert_eq!(crossed.status, 404, "{}", crossed.text());
    theirs.ask("GET", "/").ok();
}
