//! `[lifecycle]`: how long a day is.

use super::error::{Fault, Wanted};
use super::reader::Reader;

const DAY_SECONDS: u64 = 86_400;

/// `[lifecycle]`: when what expires goes.
#[derive(Debug, Eq, PartialEq)]
pub struct Lifecycle {
    /// Seconds of a day; fewer than 86,400 in trials alone.
    pub day_seconds: u64,
}

impl Lifecycle {
    /// `testing` says whether this is a trial, in which documents may go sooner than their rules
    /// say.
    pub(super) fn read(reader: &mut Reader, testing: bool) -> Self {
        const WHOLE: Wanted = Wanted::Words(
            "86400; un día más corto solo con testing = true",
            "86400; a shorter day only with testing = true",
        );
        let setting = "lifecycle.day_seconds";
        let origin = reader.origin(setting);
        let day_seconds = reader.number(setting, DAY_SECONDS, 1..=DAY_SECONDS);
        if day_seconds != DAY_SECONDS
            && !testing
            && let Some(origin) = origin
        {
            let fault = Fault::Refused {
                found: Some(day_seconds.to_string()),
                wanted: WHOLE,
            };
            reader.report(setting, origin, fault);
        }
        Self { day_seconds }
    }
}
