//! Durable PUT of 4 KiB over 64 connections, against the raw group commit.

use super::{BUCKET, CONNECTIONS, SMALL_BYTES};
use crate::arguments::Arguments;
use crate::baseline::raw_commit::RawCommit;
use crate::content::Document;
use crate::report::{Reach, Report};
use crate::rounds::{Series, block_on, turn};
use crate::target::{Place, Target};

const MEASURE: &str = "PUT 4 KiB, 64 connections, durable";

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let targets = super::targets(arguments, &place);
    let document = Document::new(SMALL_BYTES);
    let raw = RawCommit::open(place.path());
    let mut raw_series = Series::new("raw group commit, one row of 4 KiB a request");
    let mut series: Vec<Series> = targets.iter().map(|t| Series::new(t.name)).collect();
    for round in 0..arguments.rounds() {
        raw_series.add(raw.turn(CONNECTIONS, SMALL_BYTES, arguments.turn()));
        for (target, series) in targets.iter().zip(&mut series) {
            series.add(one_turn(target, &document, round, arguments));
        }
    }
    let ratio = series[0].a_second() / raw_series.a_second();
    report.ratio(MEASURE, &raw_series.name, ratio, &Reach::AtLeast(0.5));
    for (target, series) in targets.iter().zip(&series) {
        report.series(MEASURE, series, target, (1.0, "PUT/s"));
    }
    let rate = format!("{:.0} rows/s", raw_series.a_second());
    report.rate(MEASURE, &raw_series.name, rate);
}

fn one_turn(
    target: &Target,
    document: &Document,
    round: usize,
    arguments: &Arguments,
) -> crate::rounds::Taken {
    let path = |number: usize| format!("/{BUCKET}/actas/{round}/{number:08}.pdf");
    let taken = turn(
        target,
        CONNECTIONS,
        arguments.turn(),
        async |connection, _, number| connection.put(&path(number), document).await,
    );
    // What was acknowledged can be read.
    block_on(async {
        let mut connection = crate::client::Connection::open(target).await;
        for number in (0..taken.operations).step_by(997) {
            connection.get(&path(number), document).await;
        }
    });
    taken
}
