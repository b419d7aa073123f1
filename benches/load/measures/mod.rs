//! What is measured.

mod bearer;
mod large_get;
mod large_put;
mod list;
mod memory;
mod small_get;
mod small_put;

use crate::arguments::Arguments;
use crate::report::Report;
use crate::target::{Place, Target};

/// The bucket of all measures but lists.
const BUCKET: &str = "medidas";

const SMALL_BYTES: usize = 4 << 10;
const LARGE_BYTES: usize = 64 << 20;

/// What is also the unit of large transfers.
const MIB: f64 = (1 << 20) as f64;

/// Connections of the measures of small documents.
const CONNECTIONS: usize = 64;

/// A measure, by its name on the command line.
#[derive(Clone, Copy)]
pub enum Measure {
    SmallPut,
    SmallGet,
    LargePut,
    LargeGet,
    List,
    Memory,
    Bearer,
}

impl Measure {
    pub const ALL: [Self; 7] = [
        Self::SmallPut,
        Self::SmallGet,
        Self::LargePut,
        Self::LargeGet,
        Self::List,
        Self::Memory,
        Self::Bearer,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::SmallPut => "put-4k",
            Self::SmallGet => "get-4k",
            Self::LargePut => "put-64m",
            Self::LargeGet => "get-64m",
            Self::List => "list",
            Self::Memory => "rss",
            Self::Bearer => "bearer",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    pub fn run(self, arguments: &Arguments, report: &mut Report) {
        match self {
            Self::SmallPut => small_put::run(arguments, report),
            Self::SmallGet => small_get::run(arguments, report),
            Self::LargePut => large_put::run(arguments, report),
            Self::LargeGet => large_get::run(arguments, report),
            Self::List => list::run(arguments, report),
            Self::Memory => memory::run(arguments, report),
            Self::Bearer => bearer::run(arguments, report),
        }
    }
}

/// The server of this build and, if one was told, the one beside it, each with the bucket.
fn targets(arguments: &Arguments, place: &Place) -> Vec<Target> {
    let garage = arguments.garage.as_ref().map(Target::garage);
    let targets: Vec<Target> = std::iter::once(place.serve()).chain(garage).collect();
    for target in &targets {
        target.make_bucket(BUCKET);
    }
    targets
}
