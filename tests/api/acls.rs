//! Access control lists: refused where a bucket's owner owns everything, and what they open else.

use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::server::Server;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

struct Scene {
    server: Server,
    owner: Caller,
    other: Caller,
}

/// A bucket whose lists count, and one where they do not.
fn scene() -> Scene {
    let server = Server::with(&[
        ("ACERVO_AUTH_ANONYMOUS_AGENCIES", "agencia"),
        ("ACERVO_AUTH_ANONYMOUS_AGENCY", "agencia"),
    ]);
    let owner = server.make_key("agencia", "ventanilla", "app");
    owner.make_bucket("actas").ok();
    owner
        .ask("PUT", "/listas")
        .header("x-amz-object-ownership", "ObjectWriter")
        .ok();
    for bucket in ["actas", "listas"] {
        owner.put(&format!("{bucket}/a"), b"a").ok();
    }
    Scene {
        other: server.make_key("agencia", "archivo", "app"),
        owner,
        server,
    }
}

impl Scene {
    fn open_the_block(&self) {
        let xml = "<PublicAccessBlockConfiguration/>";
        let put = self.owner.ask("PUT", "/listas?publicAccessBlock");
        put.body(xml.as_bytes()).ok();
    }

    fn other_id(&self) -> String {
        self.other.make_bucket("suyo").ok();
        let acl = self.other.ask("GET", "/suyo?acl").ok();
        acl.element("ID")
    }
}

fn canned(caller: &Caller, path: &str, acl: &str) -> Answer {
    caller.ask("PUT", path).header("x-amz-acl", acl).send()
}

#[test]
fn where_the_owner_owns_all_lists_are_shown_and_not_set() {
    let scene = scene();
    for path in ["/actas?acl", "/actas/a?acl"] {
        let shown = scene.owner.ask("GET", path).ok();
        assert_eq!(shown.elements("Permission"), ["FULL_CONTROL"]);
        assert_eq!(shown.elements("DisplayName"), ["ventanilla", "ventanilla"]);
        assert!(shown.text().contains("xsi:type=\"CanonicalUser\""));
        for acl in ["private", "public-read"] {
            canned(&scene.owner, path, acl).refused(400, "AccessControlListNotSupported");
        }
        // What holds anyway may be said: s3cmd copies the list of what it copies.
        canned(&scene.owner, path, "bucket-owner-full-control").ok();
        let again = scene.owner.ask("PUT", path).body(&shown.body);
        again.ok();
        scene.other.ask("GET", path).refused(403, "AccessDenied");
        canned(&scene.other, path, "private").refused(403, "AccessDenied");
    }
    canned(&scene.owner, "/actas/b", "bucket-owner-full-control").ok();
    canned(&scene.owner, "/actas/b", "public-read").refused(400, "AccessControlListNotSupported");
    let grant = format!("uri=\"{ALL_USERS}\"");
    let put = scene.owner.put("actas/b", b"b");
    put.header("x-amz-grant-read", &grant)
        .refused(400, "AccessControlListNotSupported");
    for (acl, code) in [
        ("public-read", "InvalidBucketAclWithObjectOwnership"),
        ("log-delivery-write", "InvalidBucketAclWithObjectOwnership"),
        ("nothing", "InvalidArgument"),
    ] {
        canned(&scene.owner, "/nueva", acl).refused(400, code);
    }
    // Where lists would count, the block of every new bucket is what stands against it.
    let made = scene.owner.ask("PUT", "/nueva");
    made.header("x-amz-acl", "public-read")
        .header("x-amz-object-ownership", "ObjectWriter")
        .refused(400, "InvalidBucketAclWithBlockPublicAccessError");
}

#[test]
fn lists_open_what_they_say() {
    let scene = scene();
    let other = &scene.other;
    let id = format!("id=\"{}\"", scene.other_id());
    other.get("listas/a").refused(403, "AccessDenied");
    let put = scene.owner.ask("PUT", "/listas/a?acl");
    put.header("x-amz-grant-read", &id).ok();
    other.get("listas/a").send().holds(b"a");
    other
        .get("listas/a")
        .query("versionId=null")
        .send()
        .holds(b"a");
    other
        .ask("GET", "/listas/a?acl")
        .refused(403, "AccessDenied");
    other.ask("GET", "/listas").refused(403, "AccessDenied");
    let put = scene.owner.ask("PUT", "/listas?acl");
    put.header("x-amz-grant-read", &id)
        .header("x-amz-grant-write", &id)
        .ok();
    assert_eq!(other.keys_of("listas"), ["a"]);
    other.put("listas/suya", b"suya").ok();
    // Who stored it owns it, and its list.
    let shown = other.ask("GET", "/listas/suya?acl").ok();
    assert_eq!(shown.element("DisplayName"), "archivo");
    other.get("listas/suya").send().holds(b"suya");
    // What one stores one may share.
    let shared = other.put("listas/compartida", b"c");
    shared.header("x-amz-acl", "bucket-owner-read").ok();
    let shown = other.ask("GET", "/listas/compartida?acl").ok();
    assert_eq!(shown.elements("Permission"), ["FULL_CONTROL", "READ"]);
    canned(other, "/listas/a?acl", "private").refused(403, "AccessDenied");
    // Who may store there may remove what is theirs, and nothing else.
    other.delete("listas/a").refused(403, "AccessDenied");
    other.delete("listas/suya").ok();
    other.ask("GET", "/listas?acl").refused(403, "AccessDenied");
    // A copy, and another version, have no list of what was before.
    let copied = scene.owner.copy("listas/a", "listas/b");
    copied.ok();
    other.get("listas/b").refused(403, "AccessDenied");
    scene.owner.put("listas/a", b"otra").ok();
    other.get("listas/a").refused(403, "AccessDenied");
    // A document goes where headers go, and comes back.
    let shown = scene.owner.ask("GET", "/listas?acl").ok().text();
    let put = scene.owner.ask("PUT", "/listas/a?acl");
    put.body(shown.as_bytes()).ok();
    other.get("listas/a").send().holds(b"otra");
    assert_eq!(scene.owner.ask("GET", "/listas/a?acl").ok().text(), shown);
}

#[test]
fn public_lists_are_blocked_ignored_and_counted() {
    let scene = scene();
    let nobody = scene.server.nobody();
    canned(&scene.owner, "/listas/a?acl", "public-read").refused(403, "AccessDenied");
    canned(&scene.owner, "/listas?acl", "authenticated-read").refused(403, "AccessDenied");
    canned(&scene.owner, "/listas/c", "public-read").refused(403, "AccessDenied");
    scene.open_the_block();
    canned(&scene.owner, "/listas/a?acl", "public-read").ok();
    nobody.get("listas/a").send().holds(b"a");
    nobody.put("listas/a", b"x").refused(403, "AccessDenied");
    nobody.get("listas/nada").refused(403, "AccessDenied");
    // Who may list the bucket is told what is missing in it, of what it could have read.
    canned(&scene.owner, "/listas?acl", "public-read").ok();
    scene.owner.put("listas/cerrada", b"c").ok();
    nobody.get("listas/nada").refused(404, "NoSuchKey");
    nobody.ask("HEAD", "/listas/nada").send().status(404);
    nobody.get("listas/cerrada").refused(403, "AccessDenied");
    nobody.delete("listas/nada").refused(403, "AccessDenied");
    nobody.put("listas/nada", b"x").refused(403, "AccessDenied");
    canned(&scene.owner, "/listas?acl", "private").ok();
    let upload = scene
        .owner
        .begin_upload_with("listas/partes", &[("x-amz-acl", "public-read")]);
    let part = scene.owner.part("listas/partes", &upload, 1, b"1").ok();
    let tag = part.header("etag").unwrap().to_owned();
    let parts = [(1, tag.as_str())];
    scene.owner.complete("listas/partes", &upload, &parts).ok();
    nobody.get("listas/partes").send().holds(b"1");
    // The switch that ignores them, and the ownership that does.
    let ignore = "<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls>\
                  </PublicAccessBlockConfiguration>";
    let put = scene.owner.ask("PUT", "/listas?publicAccessBlock");
    put.body(ignore.as_bytes()).ok();
    nobody.get("listas/a").refused(403, "AccessDenied");
    scene.open_the_block();
    nobody.get("listas/a").send().holds(b"a");
    let enforced = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced\
                    </ObjectOwnership></Rule></OwnershipControls>";
    canned(&scene.owner, "/listas?acl", "public-read").ok();
    let put = || scene.owner.ask("PUT", "/listas?ownershipControls");
    put()
        .body(enforced.as_bytes())
        .refused(400, "InvalidBucketAclWithObjectOwnership");
    canned(&scene.owner, "/listas?acl", "private").ok();
    put().body(enforced.as_bytes()).ok();
    nobody.get("listas/a").refused(403, "AccessDenied");
}

#[test]
fn lists_that_are_none_are_refused() {
    let scene = scene();
    let put = || scene.owner.ask("PUT", "/listas?acl");
    put().refused(400, "MissingSecurityHeader");
    put().body(b"<x/>").refused(400, "MalformedACLError");
    put()
        .header("x-amz-acl", "nothing")
        .refused(400, "InvalidArgument");
    put()
        .header("x-amz-acl", "private")
        .header("x-amz-grant-read", "id=\"1\"")
        .refused(400, "InvalidRequest");
    for (grant, code) in [
        ("id=\"1\"", "InvalidArgument"),
        ("uri=\"x\"", "InvalidArgument"),
        ("name=\"x\"", "InvalidArgument"),
        ("emailAddress=\"a@b.mx\"", "UnresolvableGrantByEmailAddress"),
    ] {
        put().header("x-amz-grant-read", grant).refused(400, code);
    }
    // Which grant a header gives does not matter where no list counts.
    let closed = scene.owner.ask("PUT", "/actas?acl");
    closed
        .header("x-amz-acl", "public-read")
        .header("x-amz-grant-read", "id=\"1\"")
        .refused(400, "AccessControlListNotSupported");
    let shown = scene.owner.ask("GET", "/listas?acl").ok();
    for header in ["x-amz-acl", "x-amz-grant-read"] {
        let both = put().header(header, "private").body(&shown.body);
        both.refused(400, "UnexpectedContent");
    }
    let nameless = "<AccessControlPolicy><AccessControlList/></AccessControlPolicy>";
    put()
        .body(nameless.as_bytes())
        .refused(400, "MalformedACLError");
    let theirs = scene.other_id();
    let of_all = ["read", "write", "read-acp", "write-acp", "full-control"];
    let all = of_all.iter().fold(put(), |put, name| {
        put.header(&format!("x-amz-grant-{name}"), &format!("id={theirs}"))
    });
    all.ok();
    let shown = scene.owner.ask("GET", "/listas?acl").ok();
    let expected = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
    assert_eq!(shown.elements("Permission"), expected);
    let stolen = format!(
        "<AccessControlPolicy><Owner><ID>{theirs}</ID></Owner><AccessControlList/>\
         </AccessControlPolicy>"
    );
    put().body(stolen.as_bytes()).refused(403, "AccessDenied");
    scene
        .owner
        .ask("GET", "/listas/nada?acl")
        .refused(404, "NoSuchKey");
}
