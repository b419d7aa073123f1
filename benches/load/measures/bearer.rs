//! GET of 4 KiB over 64 connections with a Bearer token, against the same with signatures.

use super::small_get::{DOCUMENTS, load, path};
use super::{CONNECTIONS, SMALL_BYTES};
use crate::arguments::Arguments;
use crate::content::{Document, Numbers};
use crate::report::{Reach, Report};
use crate::rounds::{Series, turn};
use crate::target::Place;

const MEASURE: &str = "GET 4 KiB, 64 connections, by proof";

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let mut target = place.serve();
    target.make_bucket(super::BUCKET);
    let document = Document::new(SMALL_BYTES);
    load(&target, &document);
    let proofs = [Some(place.credential("bearer_token")), None];
    let mut series = ["Bearer token", "Signature Version 4"].map(Series::new);
    for round in 0..arguments.rounds() {
        let numbers = std::cell::RefCell::new(Numbers(round as u64));
        let next = || numbers.borrow_mut().below(DOCUMENTS as u64) as usize;
        for (proof, series) in proofs.iter().zip(&mut series) {
            target.bearer_token.clone_from(proof);
            let length = arguments.turn();
            series.add(turn(
                &target,
                CONNECTIONS,
                length,
                async |connection, _, _| {
                    connection.get(&path(next()), &document).await;
                },
            ));
        }
    }
    let ratio = series[0].a_second() / series[1].a_second();
    report.ratio(MEASURE, "Signature Version 4", ratio, &Reach::AtLeast(0.8));
    for series in &series {
        report.series(MEASURE, series, &target, (1.0, "GET/s"));
    }
}
