//! Random requests against the running server and against a map in memory: both must agree, for
//! one client, for several side by side, and, where several write one key, on an order of events
//! that explains every answer (promise P2).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod reference;
mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use reference::Compared;
use reference::history::{History, Operation};
use reference::operation::operation;
use reference::versioned::{Versioned, step};
use reference::world::World;
use support::client::Client;
use support::content::{Content, etag};
use support::elements;
use support::server::{Server, folder};

/// Runs sequences of so many steps at the most, each in a world of its own. The seed is fixed, so
/// that a failure comes again.
fn run<S: Strategy>(
    seed: u8,
    cases: u32,
    steps: (S, usize),
    compare: impl Fn(u32, &[S::Value]) -> Compared,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let count = Cell::new(0);
    let (step, steps_max) = steps;
    let ran = runner.run(&vec(step, 1..steps_max), |steps| {
        count.set(count.get() + 1);
        compare(count.get(), &steps).map_err(TestCaseError::fail)
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// Compares a server with a map.
fn compare(seed: u8, cases: u32, new_world: impl Fn(u32) -> World) {
    run(seed, cases, (operation(), 48), |count, operations| {
        let mut world = new_world(count);
        for operation in operations {
            world.compare(operation)?;
        }
        world.compare_everything()
    });
}

/// The same for buckets with versions.
fn compare_versions(seed: u8, cases: u32, new_bucket: impl Fn(u32) -> Versioned) {
    run(seed, cases, (step(), 64), |count, steps| {
        let mut bucket = new_bucket(count);
        for step in steps {
            bucket.compare(step)?;
        }
        bucket.compare_everything()
    });
}

fn new_bucket(client: &mut Client, name: &str) {
    let made = client.ask("PUT", &format!("/{name}"), b"");
    assert!(made.is_success(), "{}", made.text());
}

#[test]
fn the_server_does_what_the_map_does() {
    let folder = folder();
    let server = Server::start(folder.path());
    compare(7, 40, |case| {
        let bucket = format!("modelo-{case}");
        let mut client = server.client();
        new_bucket(&mut client, &bucket);
        World::new(client, &bucket, "")
    });
    server.stop();
}

#[test]
fn versions_are_what_the_model_says() {
    let folder = folder();
    let server = Server::start(folder.path());
    compare_versions(11, 40, |case| {
        Versioned::new(server.client(), &format!("versiones-{case}"), false)
    });
    server.stop();
}

#[test]
fn locks_are_what_the_model_says() {
    let folder = folder();
    let server = Server::start(folder.path());
    compare_versions(13, 40, |case| {
        Versioned::new(server.client(), &format!("candados-{case}"), true)
    });
    server.stop();
}

#[test]
fn clients_side_by_side_do_not_disturb_each_other() {
    let folder = folder();
    let server = Server::start(folder.path());
    new_bucket(&mut server.client(), "modelo");
    thread::scope(|scope| {
        for seed in 1..=4 {
            let server = &server;
            scope.spawn(move || {
                compare(seed, 8, |case| {
                    World::new(server.client(), "modelo", &format!("{seed}/{case}/"))
                });
            });
        }
    });
    server.stop();
}

const REGISTERS: [&str; 3] = ["/registros/a", "/registros/b", "/registros/c"];
const WRITES: u64 = 40;

/// What many clients saw of a few keys.
struct Registers {
    began: Instant,
    next: AtomicU64,
    /// Which document has an entity tag, from before it is sent.
    numbers: Mutex<BTreeMap<String, u64>>,
    histories: [Mutex<History>; 3],
}

impl Registers {
    fn record(&self, key: usize, operation: Operation) {
        self.histories[key].lock().unwrap().push(operation);
    }

    fn number_of(&self, etag: &str) -> u64 {
        let numbers = self.numbers.lock().unwrap();
        *numbers.get(etag).expect("only what was written is read")
    }

    fn write(&self, client: &mut Client, key: usize) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // Every other one lies in a blob.
        let size_bytes = if number.is_multiple_of(2) {
            300
        } else {
            40_000
        };
        let bytes = Content { number, size_bytes }.bytes();
        self.numbers.lock().unwrap().insert(etag(&bytes), number);
        let start = self.began.elapsed();
        let answer = client.ask("PUT", REGISTERS[key], &bytes);
        let end = self.began.elapsed();
        assert!(answer.is_success(), "{}", answer.text());
        self.record(
            key,
            Operation {
                start,
                end,
                number,
                is_write: true,
            },
        );
    }

    fn read(&self, client: &mut Client, key: usize) {
        let start = self.began.elapsed();
        let answer = client.ask("GET", REGISTERS[key], b"");
        let end = self.began.elapsed();
        assert!(answer.is_success(), "{}", answer.text());
        assert_eq!(Some(etag(&answer.body).as_str()), answer.header("etag"));
        let number = self.number_of(&etag(&answer.body));
        self.record(
            key,
            Operation {
                start,
                end,
                number,
                is_write: false,
            },
        );
    }

    /// A list reads all keys at once.
    fn list(&self, client: &mut Client) {
        let start = self.began.elapsed();
        let answer = client.ask("GET", "/registros?list-type=2", b"");
        let end = self.began.elapsed();
        let tags = elements(&answer.text().replace("&quot;", "\""), "ETag");
        assert_eq!(tags.len(), REGISTERS.len());
        for (key, tag) in tags.iter().enumerate() {
            let number = self.number_of(tag);
            self.record(
                key,
                Operation {
                    start,
                    end,
                    number,
                    is_write: false,
                },
            );
        }
    }
}

#[test]
fn one_order_of_events_explains_every_answer() {
    let folder = folder();
    let server = Server::start(folder.path());
    new_bucket(&mut server.client(), "registros");
    let registers = Arc::new(Registers {
        began: Instant::now(),
        next: AtomicU64::new(1),
        numbers: Mutex::default(),
        histories: Default::default(),
    });
    (0..REGISTERS.len()).for_each(|key| registers.write(&mut server.client(), key));
    thread::scope(|scope| {
        for turn in 0..3 {
            let (registers, server) = (&registers, &server);
            scope.spawn(move || {
                let mut client = server.client();
                (turn..turn + WRITES).for_each(|n| registers.write(&mut client, key_of(n)));
            });
            scope.spawn(move || {
                let mut client = server.client();
                (turn..turn + 3 * WRITES).for_each(|n| registers.read(&mut client, key_of(n)));
            });
        }
        let (registers, server) = (&registers, &server);
        scope.spawn(move || {
            let mut client = server.client();
            (0..WRITES).for_each(|_| registers.list(&mut client));
        });
    });
    for (key, history) in registers.histories.iter().enumerate() {
        let explained = history.lock().unwrap().is_linearizable();
        explained.unwrap_or_else(|wrong| panic!("{}: {wrong}", REGISTERS[key]));
    }
    server.stop();
}

fn key_of(n: u64) -> usize {
    usize::try_from(n).unwrap() % REGISTERS.len()
}

/// Several clients raise one number, each by a write that holds only over what it read.
#[test]
fn conditional_writes_lose_no_update() {
    const CLIENTS: usize = 4;
    const RAISES: usize = 12;
    let folder = folder();
    let server = Server::start(folder.path());
    new_bucket(&mut server.client(), "registros");
    let first = [("if-none-match", "*")];
    let firsts: Vec<u16> = thread::scope(|scope| {
        let clients = [(); CLIENTS].map(|()| {
            scope.spawn(|| {
                let mut client = server.client();
                client.ask_with("PUT", REGISTERS[0], &first, b"0").status
            })
        });
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    assert_eq!(
        firsts.iter().filter(|status| **status == 200).count(),
        1,
        "{firsts:?}"
    );
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = server.client();
                (0..RAISES).for_each(|_| raise(&mut client));
            });
        }
    });
    let last = server.client().ask("GET", REGISTERS[0], b"");
    assert_eq!(last.text(), (CLIENTS * RAISES).to_string());
    server.stop();
}

fn raise(client: &mut Client) {
    loop {
        let found = client.ask("GET", REGISTERS[0], b"");
        let number: usize = found.text().parse().unwrap();
        let condition = [("if-match", found.header("etag").unwrap())];
        let raised = (number + 1).to_string();
        let answer = client.ask_with("PUT", REGISTERS[0], &condition, raised.as_bytes());
        match answer.status {
            200 => return,
            412 => {}
            other => panic!("{other}: {}", answer.text()),
        }
    }
}
