//! GET of 64 MiB over 4 connections, warm, against nginx with a plain file.

use super::{BUCKET, LARGE_BYTES, MIB};
use crate::arguments::Arguments;
use crate::baseline::nginx;
use crate::client::Connection;
use crate::content::Document;
use crate::report::{Reach, Report};
use crate::rounds::{Series, block_on, turn};
use crate::target::Place;

const MEASURE: &str = "GET 64 MiB, 4 connections, warm";
const CONNECTIONS: usize = 4;

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let mut targets = super::targets(arguments, &place);
    let document = Document::new(LARGE_BYTES);
    let path = format!("/{BUCKET}/document");
    for target in &targets {
        block_on(async {
            let mut connection = Connection::open(target).await;
            connection.put_unsigned(&path, &document).await;
            connection.get(&path, &document).await;
        });
    }
    let nginx = nginx::start(place.path(), &document);
    let has_nginx = nginx.is_some();
    targets.splice(1..1, nginx);
    let mut series: Vec<Series> = targets.iter().map(|t| Series::new(t.name)).collect();
    for _ in 0..arguments.rounds() {
        for (target, series) in targets.iter().zip(&mut series) {
            let path = if target.credentials.is_some() {
                path.as_str()
            } else {
                "/document"
            };
            let length = arguments.turn();
            series.add(turn(
                target,
                CONNECTIONS,
                length,
                async |connection, _, _| {
                    connection.get(path, &document).await;
                },
            ));
        }
    }
    if has_nginx {
        let ratio = series[0].a_second() / series[1].a_second();
        report.ratio(MEASURE, targets[1].name, ratio, &Reach::AtLeast(1.0));
    } else {
        report.note("GET 64 MiB: nginx is not installed, so there is no ratio.");
    }
    let size_mib = LARGE_BYTES as f64 / MIB;
    for (target, series) in targets.iter().zip(&series) {
        report.series(MEASURE, series, target, (size_mib, "MiB/s"));
    }
}
