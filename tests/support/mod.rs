//! What the rigs share: a server in a process of its own and a small client that notices how an
//! answer ends.
#![allow(dead_code, reason = "each rig uses its own part of this")]

pub(crate) mod client;
pub(crate) mod content;
pub(crate) mod installation;
pub(crate) mod link;
pub(crate) mod server;

use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Waits for a while, on a channel that nobody sends to.
pub(crate) fn pause(length: Duration) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(length);
}

/// Asks again and again until the answer is yes.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "never: {what}");
        pause(Duration::from_millis(50));
    }
}

/// The text of every element of a name, in order. For names that do not nest in themselves.
pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let after = xml.split(&open).skip(1);
    after
        .map(|rest| rest.split(&close).next().unwrap_or_default().to_owned())
        .collect()
}
