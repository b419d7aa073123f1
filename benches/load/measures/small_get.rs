//! GET of 4 KiB over 64 connections, against a handler without a store.

use futures_util::future::join_all;

use super::{BUCKET, CONNECTIONS, SMALL_BYTES};
use crate::arguments::Arguments;
use crate::baseline::bare;
use crate::client::Connection;
use crate::content::{Document, Numbers};
use crate::report::{Reach, Report};
use crate::rounds::{Series, block_on, turn};
use crate::target::{Place, Target};

const MEASURE: &str = "GET 4 KiB, 64 connections";

/// Documents that are read, in an order without pattern.
pub const DOCUMENTS: usize = 4_096;

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let mut targets = super::targets(arguments, &place);
    let document = Document::new(SMALL_BYTES);
    for target in &targets {
        load(target, &document);
    }
    let credentials = targets[0].credentials.clone().unwrap();
    targets.insert(1, bare::start(&credentials, SMALL_BYTES));
    let mut series: Vec<Series> = targets.iter().map(|t| Series::new(t.name)).collect();
    for round in 0..arguments.rounds() {
        let numbers = std::cell::RefCell::new(Numbers(round as u64));
        let next = || numbers.borrow_mut().below(DOCUMENTS as u64) as usize;
        for (target, series) in targets.iter().zip(&mut series) {
            let length = arguments.turn();
            series.add(turn(
                target,
                CONNECTIONS,
                length,
                async |connection, _, _| {
                    connection.get(&path(next()), &document).await;
                },
            ));
        }
    }
    let ratio = series[0].a_second() / series[1].a_second();
    report.ratio(MEASURE, targets[1].name, ratio, &Reach::AtLeast(0.6));
    for (target, series) in targets.iter().zip(&series) {
        report.series(MEASURE, series, target, (1.0, "GET/s"));
    }
}

pub fn path(number: usize) -> String {
    format!("/{BUCKET}/actas/{number:08}.pdf")
}

pub fn load(target: &Target, document: &Document) {
    block_on(async {
        let lanes = (0..CONNECTIONS).map(|lane| async move {
            let mut connection = Connection::open(target).await;
            for number in (lane..DOCUMENTS).step_by(CONNECTIONS) {
                connection.put(&path(number), document).await;
            }
        });
        join_all(lanes).await;
    });
}
