//! Agencies that nobody asks for are closed, and are as they were when somebody does.

use std::time::Instant;

use crate::support::noise;
use crate::support::pause;
use crate::support::server::Server;

#[test]
fn idle_agencies_hold_no_threads_and_lose_nothing() {
    const AGENCIES: usize = 12;
    let server = Server::with(&[("ACERVO_LIMITS_AGENCY_IDLE_SECONDS", "1")]);
    let before = server.threads();
    let agencies: Vec<_> = (0..AGENCIES)
        .map(|number| {
            let name = format!("dependencia-{number}");
            server.make_agency(&name);
            let key = server.make_key(&name, "ventanilla", "agency-admin");
            let lockable = ("x-amz-bucket-object-lock-enabled", "true");
            key.ask("PUT", "/actas").header(lockable.0, lockable.1).ok();
            let held = ("x-amz-object-lock-legal-hold", "ON");
            let put = key.put("actas/a", &noise(1, 50_000)).header(held.0, held.1);
            let id = put.ok().header("x-amz-version-id").unwrap().to_owned();
            (key, id)
        })
        .collect();
    for round in 0..2 {
        let started = Instant::now();
        // Two of each agency's own; a few agencies may be open for the jobs' sake.
        while server.threads() > before + 8 {
            let threads = server.threads();
            assert!(started.elapsed().as_secs() < 30, "{threads} threads stay");
            pause(100);
        }
        for (number, (key, id)) in agencies.iter().enumerate() {
            key.get("actas/a").send().holds(&noise(1, 50_000));
            let version = key.delete("actas/a").query(&format!("versionId={id}"));
            version.refused(403, "AccessDenied");
            let name = format!("actas/{round}-{number}");
            key.put(&name, b"otra").ok();
            assert_eq!(key.keys_of("actas").len(), 2 + round);
        }
    }
    // Many at once, some of them in the midst of being closed.
    std::thread::scope(|scope| {
        for (key, _) in &agencies {
            scope.spawn(move || {
                for _ in 0..40 {
                    key.get("actas/a").send().holds(&noise(1, 50_000));
                    pause(u64::from(std::process::id() % 7) * 40);
                }
            });
        }
    });
}
