//! An inventory configuration: what a report lists, where it goes, how often one is made.
//!
//! Source: AWS S3 User Guide, "Cataloging and analyzing your data with S3 Inventory"; AWS S3 API
//! Reference, "InventoryConfiguration".

use serde::Deserialize;
use serde::Serialize;

use crate::jobs::lifecycle::rules::Day;
use crate::types::clock::Time;

/// Days from the day 0 of the calendar, a Thursday, to the first Sunday.
const FIRST_SUNDAY: i64 = 3;

/// A configuration. Its JSON text is what the index keeps.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The shape of this document: 1.
    pub shape: u8,
    /// Its name, unique in the bucket.
    pub id: String,
    /// Whether reports are made.
    pub is_enabled: bool,
    /// What the keys that are listed begin with.
    pub filter_prefix: Option<String>,
    /// Which versions are listed.
    pub versions: Versions,
    /// How often a report is made.
    pub frequency: Frequency,
    /// What is told of each beside its name, in the order in which it was asked for.
    pub fields: Vec<Field>,
    /// The bucket that reports are delivered to.
    pub target_bucket: String,
    /// What their keys begin with.
    pub target_prefix: Option<String>,
    /// The agency that the target bucket was said to be of.
    pub target_account: Option<String>,
    /// How they are sealed; as the target bucket has it if nothing was said.
    pub encryption: Option<ReportEncryption>,
}

/// Which versions a report lists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Versions {
    /// All, and delete markers.
    All,
    /// Those that a list of the bucket shows.
    Current,
}

/// How often a report is made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Frequency {
    /// Each day.
    Daily,
    /// Each Sunday.
    Weekly,
}

/// How a report is sealed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ReportEncryption {
    /// As everything is: SSE-S3.
    Default,
    /// Under the agency key of this id, as the client wrote it: SSE-KMS.
    Key(String),
}

macro_rules! fields {
    ($($(#[$of:meta])* $variant:ident;)*) => {
        /// What a report may tell of a version beside its name.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        pub enum Field {
            $($(#[$of])* $variant,)*
        }

        impl Field {
            /// All of them, in the order of the columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in S3's API and in manifests.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }

            /// Reads the name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.name() == text)
            }
        }
    };
}

fields! {
    /// Bytes of the document.
    Size;
    /// When it was stored.
    LastModifiedDate;
    /// Its entity tag.
    ETag;
    /// `STANDARD`, the only one there is.
    StorageClass;
    /// Whether it was made of parts.
    IsMultipartUploaded;
    /// `SSE-S3`, `SSE-KMS` or `SSE-C`.
    EncryptionStatus;
    /// Until when it is kept.
    ObjectLockRetainUntilDate;
    /// In which mode.
    ObjectLockMode;
    /// Whether a legal hold keeps it.
    ObjectLockLegalHoldStatus;
    /// Whether a bucket key was asked for.
    BucketKeyStatus;
    /// By which algorithm its checksum was computed.
    ChecksumAlgorithm;
    /// Its access control list.
    ObjectAccessControlList;
    /// Whose it is.
    ObjectOwner;
}

impl Inventory {
    /// Reads a configuration; `None` if this program did not write it.
    pub fn parse(document: &str) -> Option<Self> {
        let inventory: Self = serde_json::from_str(document).ok()?;
        (inventory.shape == 1).then_some(inventory)
    }

    /// The document.
    pub fn render(&self) -> String {
        serde_json::to_string(self).expect("a struct of text always has a JSON form")
    }

    /// Whether a report is to be made, if the last one was begun at `tried`.
    pub fn is_due(&self, tried: Option<Time>, now: Time, day: Day) -> bool {
        let Some(tried) = tried else {
            return self.is_enabled;
        };
        let (last, present) = match self.frequency {
            Frequency::Daily => (day.number(tried), day.number(now)),
            Frequency::Weekly => (week(day.number(tried)), week(day.number(now))),
        };
        self.is_enabled && present > last
    }

    /// What every key of its reports begins with.
    pub fn folder(&self, bucket: &str) -> String {
        let prefix = match self.target_prefix.as_deref() {
            None | Some("") => String::new(),
            Some(prefix) => format!("{}/", prefix.trim_end_matches('/')),
        };
        format!("{prefix}{bucket}/{}", self.id)
    }

    /// The folder of the manifest of a report that was begun at this moment.
    pub fn report_folder(&self, bucket: &str, started: Time) -> String {
        let moment = started.timestamp().strftime("%Y-%m-%dT%H-%MZ");
        format!("{}/{moment}", self.folder(bucket))
    }
}

/// How many Sundays have begun.
const fn week(day: i64) -> i64 {
    (day - FIRST_SUNDAY).div_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::{Field, Frequency, Inventory, Versions};
    use crate::jobs::lifecycle::rules::Day;
    use crate::types::clock::Time;

    fn inventory(frequency: Frequency) -> Inventory {
        Inventory {
            shape: 1,
            id: "todo".into(),
            is_enabled: true,
            filter_prefix: None,
            versions: Versions::All,
            frequency,
            fields: Field::ALL.to_vec(),
            target_bucket: "listas".into(),
            target_prefix: Some("p/".into()),
            target_account: None,
            encryption: None,
        }
    }

    #[track_caller]
    fn due(frequency: Frequency, tried: &str, now: &str, expected: bool) {
        let day = Day::of_seconds(86_400);
        let at = |text: &str| Time::parse_iso8601(text).unwrap();
        let found = inventory(frequency).is_due(Some(at(tried)), at(now), day);
        assert_eq!(found, expected, "{tried} {now}");
    }

    #[test]
    fn reports_are_due_each_day_or_each_sunday() {
        let (saturday, sunday) = ("2026-11-28T23:59:59Z", "2026-11-29T00:00:00Z");
        due(Frequency::Daily, saturday, saturday, false);
        due(Frequency::Daily, saturday, sunday, true);
        due(Frequency::Weekly, "2026-11-22T00:00:00Z", saturday, false);
        due(Frequency::Weekly, saturday, sunday, true);
        due(Frequency::Weekly, sunday, "2026-12-05T23:00:00Z", false);
        due(Frequency::Weekly, sunday, "2026-12-06T00:00:00Z", true);
        // A clock that was set back makes nothing due again.
        due(Frequency::Daily, sunday, saturday, false);
        let day = Day::of_seconds(86_400);
        let new = inventory(Frequency::Weekly);
        assert!(new.is_due(None, Time::from_seconds(0), day));
        let off = Inventory {
            is_enabled: false,
            ..new
        };
        assert!(!off.is_due(None, Time::from_seconds(0), day));
    }

    #[test]
    fn configurations_read_back() {
        let written = inventory(Frequency::Daily);
        assert_eq!(Inventory::parse(&written.render()), Some(written.clone()));
        assert_eq!(Inventory::parse("{}"), None);
        let started = Time::parse_iso8601("2026-11-24T01:02:03Z").unwrap();
        assert_eq!(
            written.report_folder("actas", started),
            "p/actas/todo/2026-11-24T01-02Z"
        );
    }
}
