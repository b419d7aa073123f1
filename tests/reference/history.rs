//! Whether one order of events explains what many clients saw of one key.
//!
//! Every write stores another document, so each read tells which write it saw. All operations on
//! one document make a zone of time: from the first moment at which one of them had ended to the
//! last at which one began. If the first lies before the last the document was surely there in
//! between ("forward"), else it may have been there for a moment only ("backward"). An order exists
//! if and only if no two forward zones overlap and no backward zone lies inside a forward one.
//! Source: Gibbons and Korach, "Testing Shared Memories", SIAM Journal on Computing 26 (1997).

use std::collections::BTreeMap;
use std::time::Duration;

/// A write of a document, or a read that saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) start: Duration,
    pub(crate) end: Duration,
    /// Which document.
    pub(crate) number: u64,
    pub(crate) is_write: bool,
}

/// All that happened to one key.
#[derive(Debug, Default)]
pub(crate) struct History(Vec<Operation>);

#[derive(Debug)]
struct Zone {
    number: u64,
    is_forward: bool,
    from: Duration,
    to: Duration,
}

impl History {
    pub(crate) fn push(&mut self, operation: Operation) {
        self.0.push(operation);
    }

    pub(crate) fn is_linearizable(&self) -> Result<(), String> {
        let mut of_number: BTreeMap<u64, Vec<Operation>> = BTreeMap::new();
        for operation in &self.0 {
            of_number
                .entry(operation.number)
                .or_default()
                .push(*operation);
        }
        let zones = of_number.values().map(|operations| zone(operations));
        let zones = zones.collect::<Result<Vec<_>, _>>()?;
        for forward in zones.iter().filter(|zone| zone.is_forward) {
            for other in zones.iter().filter(|zone| zone.number != forward.number) {
                let is_wrong = match other.is_forward {
                    true => forward.from < other.to && other.from < forward.to,
                    false => forward.from < other.from && other.to < forward.to,
                };
                if is_wrong {
                    return Err(format!("no order explains {forward:?} with {other:?}"));
                }
            }
        }
        Ok(())
    }
}

fn zone(operations: &[Operation]) -> Result<Zone, String> {
    let number = operations[0].number;
    let write = operations.iter().find(|operation| operation.is_write);
    let write = write.ok_or_else(|| format!("{number} was read and never written"))?;
    if operations
        .iter()
        .any(|operation| operation.end < write.start)
    {
        return Err(format!("{number} was read before it was written"));
    }
    let first_end = operations
        .iter()
        .map(|operation| operation.end)
        .min()
        .unwrap();
    let last_start = operations
        .iter()
        .map(|operation| operation.start)
        .max()
        .unwrap();
    let is_forward = first_end < last_start;
    Ok(Zone {
        number,
        is_forward,
        from: first_end.min(last_start),
        to: first_end.max(last_start),
    })
}

/// Each operation as `w1` or `r1` with its start and end.
#[track_caller]
fn check(operations: &[(&str, u64, u64)], expected: bool) {
    let operations = operations.iter().map(|(what, start, end)| Operation {
        start: Duration::from_millis(*start),
        end: Duration::from_millis(*end),
        number: what[1..].parse().unwrap(),
        is_write: what.starts_with('w'),
    });
    let history = History(operations.collect());
    assert_eq!(history.is_linearizable().is_ok(), expected);
}

#[test]
fn orders_of_events_are_found_or_refused() {
    check(
        &[
            ("w1", 0, 10),
            ("r1", 20, 30),
            ("w2", 40, 50),
            ("r2", 60, 70),
        ],
        true,
    );
    // While a write runs, either is right, but not one after the other.
    check(
        &[
            ("w1", 0, 10),
            ("w2", 20, 90),
            ("r1", 30, 40),
            ("r2", 50, 60),
        ],
        true,
    );
    check(
        &[
            ("w1", 0, 10),
            ("w2", 20, 90),
            ("r2", 30, 40),
            ("r1", 50, 60),
        ],
        false,
    );
    // Older than the last acknowledged one.
    check(&[("w1", 0, 10), ("w2", 20, 30), ("r1", 40, 50)], false);
    // Lost under a concurrent write, and back again.
    check(
        &[
            ("w1", 0, 100),
            ("w2", 0, 100),
            ("r1", 110, 120),
            ("r2", 130, 140),
        ],
        false,
    );
    check(
        &[
            ("w1", 0, 100),
            ("w2", 0, 100),
            ("r2", 110, 120),
            ("r2", 130, 140),
        ],
        true,
    );
    check(&[("r1", 0, 10), ("w1", 20, 30)], false);
    check(&[("w1", 0, 10), ("r2", 20, 30)], false);
}
