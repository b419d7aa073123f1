//! What is asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::measures::Measure;
use crate::target::Credentials;

const USAGE: &str = "\
usage: cargo bench --bench load -- [MEASURE…] [--quick] [--dir DIR]
                                   [--garage URL,KEY_ID,SECRET[,REGION]]

measures: put-4k get-4k put-64m get-64m list rss bearer (all of them, if none is named)
--quick   short rounds: figures that are good for a first look alone
--dir     the folder for the data, on the disk to be measured (by default below target/)
--garage  another S3 server, measured beside this one in turns; the key may create buckets";

/// A whole command line.
pub struct Arguments {
    pub measures: Vec<Measure>,
    pub is_quick: bool,
    pub folder: PathBuf,
    pub garage: Option<Garage>,
}

/// An S3 server that is measured beside ours.
#[derive(Clone)]
pub struct Garage {
    pub address: String,
    pub credentials: Credentials,
}

impl Arguments {
    /// How often each contestant has its turn.
    pub fn rounds(&self) -> usize {
        if self.is_quick { 3 } else { 7 }
    }

    /// How long a turn is.
    pub fn turn(&self) -> Duration {
        Duration::from_secs(if self.is_quick { 2 } else { 5 })
    }
}

/// Reads the words; the error is what to tell whoever wrote them.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, &'static str> {
    let mut arguments = Arguments {
        measures: Vec::new(),
        is_quick: false,
        folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
        garage: None,
    };
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            // What cargo itself adds.
            "--bench" => {}
            "--quick" => arguments.is_quick = true,
            "--dir" => arguments.folder = words.next().ok_or(USAGE)?.into(),
            "--garage" => {
                let told = words.next().ok_or(USAGE)?;
                arguments.garage = Some(garage(&told).ok_or(USAGE)?);
            }
            name => arguments.measures.push(Measure::parse(name).ok_or(USAGE)?),
        }
    }
    if arguments.measures.is_empty() {
        arguments.measures = Measure::ALL.to_vec();
    }
    Ok(arguments)
}

fn garage(told: &str) -> Option<Garage> {
    let mut parts = told.split(',');
    let url = parts.next()?.trim_end_matches('/');
    Some(Garage {
        address: url.strip_prefix("http://")?.to_owned(),
        credentials: Credentials {
            access_key_id: parts.next()?.to_owned(),
            secret: parts.next()?.to_owned(),
            region: parts.next().unwrap_or("garage").to_owned(),
        },
    })
}
