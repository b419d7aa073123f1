//! Turns of closed loops: each connection sends its next request when it has its answer.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::client::Connection;
use crate::target::Target;

/// Runs what the load generator does, all of it on the calling thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// What one turn, or many together, gave.
#[derive(Clone, Default)]
pub struct Taken {
    pub operations: usize,
    pub elapsed: Duration,
    pub latencies: Vec<Duration>,
    /// Of the process under measure, if it is known.
    pub processor_us: Option<u64>,
}

impl Taken {
    pub fn a_second(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64()
    }
}

/// Has `connections` send requests for a while. `operation` is given the connection, its number
/// and a number that no other request of the turn has.
pub fn turn(
    target: &Target,
    connections: usize,
    length: Duration,
    operation: impl AsyncFn(&mut Connection, usize, usize),
) -> Taken {
    block_on(async {
        let opened = join_all((0..connections).map(|_| Connection::open(target))).await;
        let (number, operation) = (Cell::new(0), &operation);
        let before = target.process.as_ref().map(|p| p.processor_us());
        let started = Instant::now();
        let loops = opened.into_iter().enumerate().map(|(own, mut connection)| {
            let number = &number;
            async move {
                let mut latencies = Vec::new();
                while started.elapsed() < length {
                    let begun = Instant::now();
                    operation(&mut connection, own, number.replace(number.get() + 1)).await;
                    latencies.push(begun.elapsed());
                }
                latencies
            }
        });
        let latencies: Vec<Duration> = join_all(loops).await.into_iter().flatten().collect();
        let after = target.process.as_ref().map(|p| p.processor_us());
        Taken {
            operations: latencies.len(),
            elapsed: started.elapsed(),
            latencies,
            processor_us: after.zip(before).map(|(after, before)| after - before),
        }
    })
}

/// The turns of one contestant.
pub struct Series {
    pub name: String,
    turns: Vec<Taken>,
}

impl Series {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            turns: Vec::new(),
        }
    }

    pub fn add(&mut self, taken: Taken) {
        eprintln!("  {}: {:.1}/s", self.name, taken.a_second());
        self.turns.push(taken);
    }

    /// Operations a second in the middle turn.
    pub fn a_second(&self) -> f64 {
        median(self.turns.iter().map(Taken::a_second))
    }

    /// The latency that this share of all requests kept to.
    pub fn percentile(&self, share: f64) -> Duration {
        let all = self.turns.iter().flat_map(|t| &t.latencies);
        let mut all: Vec<Duration> = all.copied().collect();
        all.sort_unstable();
        let last = all.len().saturating_sub(1);
        let at = (all.len() as f64 * share) as usize;
        all.get(at.min(last)).copied().unwrap_or_default()
    }

    /// Microseconds of processor time for an operation, over all turns.
    pub fn processor_us(&self) -> Option<f64> {
        let spent: Option<u64> = self.turns.iter().map(|t| t.processor_us).sum();
        let operations: usize = self.turns.iter().map(|t| t.operations).sum();
        spent.map(|us| us as f64 / operations as f64)
    }
}

/// The one in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
