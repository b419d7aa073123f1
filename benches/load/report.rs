//! What is printed: ratios first, then the figures that they come from.

use std::fmt;

use crate::rounds::Series;
use crate::target::Target;

/// Both tables.
#[derive(Default)]
pub struct Report {
    ratios: Vec<[String; 4]>,
    figures: Vec<[String; 7]>,
    notes: Vec<String>,
}

/// A bound that a ratio is to keep.
pub enum Reach {
    AtLeast(f64),
    AtMost(f64),
    /// Told for comparison alone.
    None,
}

impl Report {
    /// A ratio and what it is to reach.
    pub fn ratio(&mut self, measure: &str, against: &str, ratio: f64, reach: &Reach) {
        let (bound, is_reached) = match reach {
            Reach::AtLeast(bound) => (format!("≥ {bound}"), Some(ratio >= *bound)),
            Reach::AtMost(bound) => (format!("≤ {bound}"), Some(ratio <= *bound)),
            Reach::None => ("–".to_owned(), None),
        };
        let mark = match is_reached {
            Some(true) => " ✓",
            Some(false) => " ✗",
            None => "",
        };
        self.ratios.push([
            measure.to_owned(),
            against.to_owned(),
            bound,
            format!("{ratio:.2}{mark}"),
        ]);
    }

    /// The figures of one contestant. `unit` is what one operation counts for, and of what.
    pub fn series(&mut self, measure: &str, series: &Series, target: &Target, unit: (f64, &str)) {
        let (count, unit) = unit;
        let milliseconds =
            |share| format!("{:.2} ms", series.percentile(share).as_secs_f64() * 1e3);
        let processor = series.processor_us();
        let peak = target.process.as_ref().map(|p| p.peak_kib());
        self.figures.push([
            measure.to_owned(),
            series.name.clone(),
            format!("{:.0} {unit}", series.a_second() * count),
            milliseconds(0.5),
            milliseconds(0.99),
            processor.map_or_else(dash, microseconds),
            peak.map_or_else(dash, |kib| format!("{} MiB", kib / 1024)),
        ]);
    }

    /// A figure that is a rate and nothing more.
    pub fn rate(&mut self, measure: &str, name: &str, rate: String) {
        let [p50, p99, processor, peak] = std::array::from_fn(|_| dash());
        let row = [
            measure.to_owned(),
            name.to_owned(),
            rate,
            p50,
            p99,
            processor,
            peak,
        ];
        self.figures.push(row);
    }

    /// Something to know of the figures.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

fn microseconds(us: f64) -> String {
    match us < 10_000.0 {
        true => format!("{us:.0} µs"),
        false => format!("{:.0} ms", us / 1e3),
    }
}

fn dash() -> String {
    "–".to_owned()
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(
            formatter,
            ["measure", "against", "reach", "reached"],
            &self.ratios,
        )?;
        let heads = [
            "measure",
            "what",
            "rate",
            "p50",
            "p99",
            "CPU an operation",
            "peak RSS",
        ];
        table(formatter, heads, &self.figures)?;
        for note in &self.notes {
            writeln!(formatter, "- {note}")?;
        }
        Ok(())
    }
}

fn table<const N: usize>(
    formatter: &mut fmt::Formatter<'_>,
    heads: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    writeln!(formatter, "| {} |", heads.join(" | "))?;
    writeln!(formatter, "|{}", " --- |".repeat(N))?;
    for row in rows {
        writeln!(formatter, "| {} |", row.join(" | "))?;
    }
    writeln!(formatter)
}
