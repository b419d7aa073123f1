//! Memory of 200 uploads at once, over that of 20.
//!
//! All uploads go on side by side, a lap of 256 KiB each, as fast as the server takes them. After
//! some laps the first twenty are completed and the others break off: what an upload holds does
//! not grow with what it has sent, and nobody wants to wait for 200 times 64 MiB.

use futures_util::future::join_all;

use super::{BUCKET, LARGE_BYTES};
use crate::arguments::Arguments;
use crate::client::{Connection, SEND_BYTES};
use crate::content::Document;
use crate::report::{Reach, Report};
use crate::rounds::block_on;
use crate::target::Place;

const FEW: usize = 20;
const MANY: usize = 200;

pub fn run(arguments: &Arguments, report: &mut Report) {
    let document = Document::new(LARGE_BYTES);
    let few = peak_kib(arguments, &document, FEW);
    let many = peak_kib(arguments, &document, MANY);
    let added_kib = (many.uploading as f64 - few.uploading as f64) / (MANY - FEW) as f64;
    let measure = "RSS, 200 uploads of 64 MiB over 20: KiB a connection";
    report.ratio(measure, "–", added_kib, &Reach::AtMost(256.0));
    for (count, peak) in [(FEW, few), (MANY, many)] {
        let what = format!("{count} uploads; {} MiB before the first", peak.idle / 1024);
        let rate = format!("{} MiB peak RSS", peak.uploading / 1024);
        report.rate("RSS", &what, rate);
    }
}

struct Peak {
    idle: u64,
    uploading: u64,
}

fn peak_kib(arguments: &Arguments, document: &Document, uploads: usize) -> Peak {
    let place = Place::new(arguments);
    let target = place.serve();
    target.make_bucket(BUCKET);
    let process = target.process.as_ref().unwrap();
    let idle = process.resident_kib();
    let laps = if arguments.is_quick { 32 } else { 64 };
    let path = |number: usize| format!("/{BUCKET}/grande-{number}.bin");
    block_on(async {
        let opened = join_all((0..uploads).map(|_| Connection::open(&target))).await;
        let mut connections: Vec<Connection> = opened;
        for (number, connection) in connections.iter_mut().enumerate() {
            connection.send_put_head(&path(number), document).await;
        }
        for lap in 0..laps {
            let (from, to) = (lap * SEND_BYTES, (lap + 1) * SEND_BYTES);
            join_all(
                connections
                    .iter_mut()
                    .map(|c| c.send_bytes(document, from, to)),
            )
            .await;
        }
        connections.truncate(FEW);
        let rest = connections
            .iter_mut()
            .enumerate()
            .map(|(number, connection)| async move {
                let sent = laps * SEND_BYTES;
                connection.send_bytes(document, sent, LARGE_BYTES).await;
                connection.stored(&path(number), document).await;
            });
        join_all(rest).await;
    });
    let uploading = process.peak_kib();
    eprintln!("  {uploads} uploads: {uploading} KiB, {idle} KiB before");
    Peak { idle, uploading }
}
