//! PUT of 64 MiB in one stream, against the rate of MD5.

use std::time::Duration;

use super::{BUCKET, LARGE_BYTES, MIB};
use crate::arguments::Arguments;
use crate::baseline::{disk, md5_rate};
use crate::content::Document;
use crate::report::{Reach, Report};
use crate::rounds::{Series, median, turn};
use crate::target::Place;

const MEASURE: &str = "PUT 64 MiB, one stream";

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let targets = super::targets(arguments, &place);
    let document = Document::new(LARGE_BYTES);
    let size_mib = LARGE_BYTES as f64 / MIB;
    let (mut md5_published, mut md5_own, mut disk_rates) = (Vec::new(), Vec::new(), Vec::new());
    let names = |body: &str| -> Vec<Series> {
        let names = targets.iter().map(|t| format!("{}, {body} body", t.name));
        names.map(Series::new).collect()
    };
    let (mut unsigned, mut signed) = (names("unsigned"), names("signed"));
    let path = format!("/{BUCKET}/grande.bin");
    for _ in 0..arguments.rounds() {
        let rates = md5_rate::measure(&document);
        md5_published.push(rates.published / MIB);
        md5_own.push(rates.own / MIB);
        disk_rates.push(disk::measure(place.path(), &document) / MIB);
        for (at, target) in targets.iter().enumerate() {
            let length = arguments.turn() / 2;
            let length = length.max(Duration::from_secs(1));
            unsigned[at].add(turn(target, 1, length, async |connection, _, _| {
                connection.put_unsigned(&path, &document).await;
            }));
            signed[at].add(turn(target, 1, length, async |connection, _, _| {
                connection.put(&path, &document).await;
            }));
        }
    }
    let [published, own, disk] =
        [md5_published, md5_own, disk_rates].map(|rates| median(rates.into_iter()));
    let rate = |series: &Series| series.a_second() * size_mib;
    let md5 = published.max(own);
    let reach = Reach::AtLeast(0.75);
    report.ratio(
        MEASURE,
        "MD5, the faster of both",
        rate(&unsigned[0]) / md5,
        &reach,
    );
    let against = "the disk: one file, written and synced";
    report.ratio(MEASURE, against, rate(&unsigned[0]) / disk, &Reach::None);
    let measure = "PUT 64 MiB, one stream, signed body";
    report.ratio(
        measure,
        "MD5, the faster of both",
        rate(&signed[0]) / md5,
        &Reach::None,
    );
    for (at, target) in targets.iter().enumerate() {
        report.series(MEASURE, &unsigned[at], target, (size_mib, "MiB/s"));
        report.series(MEASURE, &signed[at], target, (size_mib, "MiB/s"));
    }
    report.rate(
        MEASURE,
        "MD5, the md-5 crate",
        format!("{published:.0} MiB/s"),
    );
    report.rate(MEASURE, "MD5, our own", format!("{own:.0} MiB/s"));
    report.rate(MEASURE, against, format!("{disk:.0} MiB/s"));
}
