//! What of a report is kept between its steps, and the manifest that is its last.
//!
//! Source: AWS S3 User Guide, "Locating your inventory list".

use serde::Deserialize;
use serde::Serialize;

use crate::store::inventory::RowsAfter;
use crate::types::clock::Time;
use crate::types::ids::Sequence;
use crate::types::names::ObjectKey;

/// How far a report is. Its JSON text is what the index keeps of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// The shape of this document: 1.
    shape: u8,
    /// When it was begun, in milliseconds.
    started_ms: i64,
    /// The last row that stands in a file.
    after: Option<(String, Option<i64>)>,
    /// The rows in all files.
    pub(super) rows: u64,
    /// The files so far.
    pub(super) files: Vec<File>,
}

/// A data file that is stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) key: String,
    pub(super) size: u64,
    #[serde(rename = "MD5checksum")]
    pub(super) md5_checksum: String,
}

impl Run {
    pub(super) const fn begin(started: Time) -> Self {
        Self {
            shape: 1,
            started_ms: started.millis(),
            after: None,
            rows: 0,
            files: Vec::new(),
        }
    }

    /// Reads what the index kept; `None` if this program did not write it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let run: Self = serde_json::from_str(text).ok()?;
        (run.shape == 1).then_some(run)
    }

    pub(super) fn render(&self) -> String {
        serde_json::to_string(self).expect("a struct of text always has a JSON form")
    }

    pub(super) const fn started(&self) -> Time {
        Time::from_millis(self.started_ms)
    }

    /// What the next file begins after.
    pub(super) fn after(&self) -> Option<RowsAfter> {
        let (object_key, sequence) = self.after.as_ref()?;
        Some(RowsAfter {
            object_key: ObjectKey::parse(object_key).ok()?,
            sequence: sequence.map(Sequence),
        })
    }

    /// Adds a file; `after` is what the next one begins after.
    pub(super) fn add(&mut self, file: File, rows: u64, after: Option<&RowsAfter>) {
        self.files.push(file);
        self.rows = self.rows.saturating_add(rows);
        self.after = after.map(|after| {
            let sequence = after.sequence.map(|sequence| sequence.0);
            (after.object_key.as_str().to_owned(), sequence)
        });
    }
}

/// The manifest of a report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest<'a> {
    pub(super) source_bucket: &'a str,
    pub(super) destination_bucket: String,
    pub(super) version: &'static str,
    pub(super) creation_timestamp: String,
    pub(super) file_format: &'static str,
    pub(super) file_schema: String,
    pub(super) files: &'a [File],
}

impl<'a> Manifest<'a> {
    pub(super) fn new(source: &'a str, target: &str, schema: String, run: &'a Run) -> Self {
        Self {
            source_bucket: source,
            destination_bucket: format!("arn:aws:s3:::{target}"),
            version: "2016-11-30",
            creation_timestamp: run.started_ms.to_string(),
            file_format: "CSV",
            file_schema: schema,
            files: &run.files,
        }
    }

    pub(super) fn render(&self) -> String {
        serde_json::to_string_pretty(self).expect("a struct of text always has a JSON form")
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Manifest, Run};
    use crate::store::inventory::RowsAfter;
    use crate::types::clock::Time;
    use crate::types::ids::Sequence;
    use crate::types::names::ObjectKey;

    #[test]
    fn a_run_goes_on_where_it_was() {
        let mut run = Run::begin(Time::from_millis(1_514_944_800_000));
        assert_eq!(run.after(), None);
        let after = RowsAfter {
            object_key: ObjectKey::parse("ñ/1").unwrap(),
            sequence: Some(Sequence(7)),
        };
        let file = File {
            key: "p/actas/todo/data/a.csv.gz".into(),
            size: 3,
            md5_checksum: "00".into(),
        };
        run.add(file, 5, Some(&after));
        let read = Run::parse(&run.render()).unwrap();
        assert_eq!((read.after(), read.rows), (Some(after), 5));
        assert_eq!(Run::parse("{}"), None);

        let manifest = Manifest::new("actas", "listas", "Bucket, Key".into(), &read);
        let manifest: serde_json::Value = serde_json::from_str(&manifest.render()).unwrap();
        assert_eq!(manifest["destinationBucket"], "arn:aws:s3:::listas");
        assert_eq!(manifest["creationTimestamp"], "1514944800000");
        assert_eq!(manifest["files"][0]["MD5checksum"], "00");
    }
}
