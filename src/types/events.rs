//! Events: what happened to an object, and who of a bucket's own wants to be told.
//!
//! Source: AWS S3 User Guide, "Event notification types and destinations", "Configuring event
//! notifications using object key name filtering".

use serde::Deserialize;
use serde::Serialize;

/// What happened to an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// Stored by a PUT.
    CreatedPut,
    /// Stored by a form.
    CreatedPost,
    /// Stored as a copy.
    CreatedCopy,
    /// Made of an upload's parts.
    CreatedComplete,
    /// A version is gone, or the object of a bucket without versions.
    RemovedDelete,
    /// A delete marker hides it.
    RemovedMarker,
    /// It has other tags.
    TaggingPut,
    /// It has no tags any more.
    TaggingDelete,
    /// It has another access control list.
    AclPut,
    /// A version expired.
    ExpirationDelete,
    /// It expired, and a delete marker hides it.
    ExpirationMarker,
}

/// The events that a configuration may name together, by a `*` behind this.
const FAMILIES: [&str; 4] = [
    "ObjectCreated:",
    "ObjectRemoved:",
    "ObjectTagging:",
    "LifecycleExpiration:",
];

/// Events of S3 that never happen here, by what their names begin with, and why.
const ELSEWHERE: [(&str, &str); 6] = [
    (
        "s3:ReducedRedundancyLostObject",
        "there is one storage class",
    ),
    ("s3:ObjectRestore:", "nothing is archived"),
    ("s3:Replication:", "buckets are not replicated"),
    ("s3:LifecycleTransition", "there is one storage class"),
    ("s3:IntelligentTiering", "there is one storage class"),
    ("s3:ObjectAnnotation:", "annotations are not stored"),
];

/// What a webhook is told when a configuration names it. Source: AWS S3 User Guide, "Event message
/// structure", the test message.
pub const TEST_EVENT: &str = "TestEvent";

/// Whether webhooks are tried out when a bucket's configuration names them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trial {
    /// Each is sent an [`TEST_EVENT`].
    Made,
    /// The client wants none.
    Skipped,
}

/// Why an event of S3 never happens here; `None` if this is no event of S3, or one that does.
pub fn never_happens(configured: &str) -> Option<&'static str> {
    let found = ELSEWHERE
        .into_iter()
        .find(|(start, _)| match start.ends_with(':') {
            true => configured.starts_with(start),
            false => configured == *start,
        });
    found.map(|(_, why)| why)
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::CreatedPut,
        Self::CreatedPost,
        Self::CreatedCopy,
        Self::CreatedComplete,
        Self::RemovedDelete,
        Self::RemovedMarker,
        Self::TaggingPut,
        Self::TaggingDelete,
        Self::AclPut,
        Self::ExpirationDelete,
        Self::ExpirationMarker,
    ];

    /// Its name in messages, without the `s3:` of configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreatedPut => "ObjectCreated:Put",
            Self::CreatedPost => "ObjectCreated:Post",
            Self::CreatedCopy => "ObjectCreated:Copy",
            Self::CreatedComplete => "ObjectCreated:CompleteMultipartUpload",
            Self::RemovedDelete => "ObjectRemoved:Delete",
            Self::RemovedMarker => "ObjectRemoved:DeleteMarkerCreated",
            Self::TaggingPut => "ObjectTagging:Put",
            Self::TaggingDelete => "ObjectTagging:Delete",
            Self::AclPut => "ObjectAcl:Put",
            Self::ExpirationDelete => "LifecycleExpiration:Delete",
            Self::ExpirationMarker => "LifecycleExpiration:DeleteMarkerCreated",
        }
    }

    /// Whether a configuration's name of an event, `s3:ObjectCreated:*` or the like, means it.
    pub fn is_meant_by(self, configured: &str) -> bool {
        configured
            .strip_prefix("s3:")
            .is_some_and(|wanted| match wanted.strip_suffix('*') {
                Some(family) => FAMILIES.contains(&family) && self.name().starts_with(family),
                None => wanted == self.name(),
            })
    }
}

/// The notification document of a bucket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// The shape of this document: 1.
    pub shape: u8,
    /// Who is told of what.
    pub targets: Vec<Target>,
    /// Whether all events are kept for whoever asks for them: S3's EventBridge.
    pub keeps_all: bool,
}

/// The service that a target's ARN names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum TargetKind {
    /// `sqs`.
    Queue,
    /// `sns`.
    Topic,
}

/// Who is told of what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name in the configuration.
    pub id: String,
    /// As what it was configured.
    pub kind: TargetKind,
    /// Its ARN, as it was given.
    pub arn: String,
    /// The webhook that the ARN names.
    pub webhook: String,
    /// The events, as they were given.
    pub events: Vec<String>,
    /// What keys begin with.
    pub prefix: Option<String>,
    /// What keys end with.
    pub suffix: Option<String>,
}

impl Target {
    /// Whether it wants to be told.
    pub fn wants(&self, kind: EventKind, object_key: &str) -> bool {
        object_key.starts_with(self.prefix.as_deref().unwrap_or_default())
            && object_key.ends_with(self.suffix.as_deref().unwrap_or_default())
            && self.events.iter().any(|wanted| kind.is_meant_by(wanted))
    }

    /// Whether some event of some key would go to both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let means = |target: &Self, kind: EventKind| {
            target.events.iter().any(|wanted| kind.is_meant_by(wanted))
        };
        let starts = nested(&self.prefix, &other.prefix, |a, b| a.starts_with(b));
        let ends = nested(&self.suffix, &other.suffix, |a, b| a.ends_with(b));
        let shared = EventKind::ALL
            .into_iter()
            .any(|kind| means(self, kind) && means(other, kind));
        starts && ends && shared
    }
}

fn nested(a: &Option<String>, b: &Option<String>, holds: fn(&str, &str) -> bool) -> bool {
    let (a, b) = (a.as_deref(), b.as_deref());
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    holds(a, b) || holds(b, a)
}

impl Notification {
    /// Reads a bucket's notification document; `None` if this program did not write it.
    pub fn parse(document: &str) -> Option<Self> {
        let notification: Self = serde_json::from_str(document).ok()?;
        (notification.shape == 1).then_some(notification)
    }

    /// The document.
    pub fn render(&self) -> String {
        serde_json::to_string(self).expect("lists of text always have a JSON form")
    }
}

#[cfg(test)]
mod tests {
    use super::{EventKind, Notification, Target, TargetKind, never_happens};

    fn target(events: &[&str], prefix: &str, suffix: &str) -> Target {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Target {
            id: "t".into(),
            kind: TargetKind::Queue,
            arn: "arn:aws:sqs:us-east-1:agencia:avisos".into(),
            webhook: "avisos".into(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            prefix: given(prefix),
            suffix: given(suffix),
        }
    }

    #[test]
    fn names_and_families() {
        let meant = |configured: &str| {
            let all = EventKind::ALL.into_iter();
            all.filter(|kind| kind.is_meant_by(configured)).count()
        };
        assert_eq!(meant("s3:ObjectCreated:*"), 4);
        assert_eq!(meant("s3:ObjectRemoved:*"), 2);
        assert_eq!(meant("s3:ObjectTagging:*"), 2);
        assert_eq!(meant("s3:LifecycleExpiration:*"), 2);
        for kind in EventKind::ALL {
            assert_eq!(meant(&format!("s3:{}", kind.name())), 1);
        }
        for wrong in [
            "s3:*",
            "*",
            "ObjectCreated:Put",
            "s3:Object*",
            "s3:ObjectRestore:*",
            "s3:ObjectAcl:*",
            "s3:TestEvent",
            "",
        ] {
            assert_eq!(meant(wrong), 0, "{wrong}");
        }
        for elsewhere in [
            "s3:ReducedRedundancyLostObject",
            "s3:ObjectRestore:*",
            "s3:ObjectRestore:Completed",
            "s3:Replication:OperationNotTracked",
            "s3:LifecycleTransition",
            "s3:IntelligentTiering",
        ] {
            assert!(never_happens(elsewhere).is_some(), "{elsewhere}");
        }
        assert_eq!(never_happens("s3:LifecycleTransitionX"), None);
        assert_eq!(never_happens("s3:ObjectCreated:*"), None);
    }

    #[test]
    fn targets_want_what_fits() {
        let target = target(&["s3:ObjectCreated:*"], "in/", ".pdf");
        let put = EventKind::CreatedPut;
        assert!(target.wants(put, "in/a.pdf"));
        assert!(!target.wants(put, "in/a.PDF"));
        assert!(!target.wants(put, "out/a.pdf"));
        assert!(!target.wants(EventKind::RemovedDelete, "in/a.pdf"));
        let notification = Notification {
            shape: 1,
            targets: vec![target],
            keeps_all: true,
        };
        assert_eq!(
            Notification::parse(&notification.render()),
            Some(notification)
        );
        assert_eq!(Notification::parse("{}"), None);
    }

    #[track_caller]
    fn overlap(a: (&[&str], &str, &str), b: (&[&str], &str, &str), expected: bool) {
        let (a, b) = (target(a.0, a.1, a.2), target(b.0, b.1, b.2));
        assert_eq!(
            (a.overlaps(&b), b.overlaps(&a)),
            (expected, expected),
            "{a:?} {b:?}"
        );
    }

    #[test]
    fn targets_overlap_where_an_event_would_go_to_both() {
        let (all, put) = (&["s3:ObjectCreated:*"][..], &["s3:ObjectCreated:Put"][..]);
        let removed = &["s3:ObjectRemoved:*"][..];
        overlap((all, "", ""), (put, "", ""), true);
        overlap((all, "", ""), (removed, "", ""), false);
        overlap((all, "a/", ""), (put, "b/", ""), false);
        overlap((all, "a/", ""), (put, "a/b/", ""), true);
        overlap((all, "a/", ".jpg"), (put, "a/", ".png"), false);
        overlap((all, "", ".jpg"), (put, "a/", ""), true);
        overlap((all, "", "jpg"), (put, "", ".jpg"), true);
    }
}
