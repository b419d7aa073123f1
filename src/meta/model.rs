//! One tiny model decides what is right: random changes to a bucket, in all three states of
//! versioning, against a `BTreeMap`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Strategy, prop, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::commands::{DeleteObjects, DeleteOutcome, Deletion, SetVersioning};
use super::fixture::{
    Place, at, blob, bucket, entry, new_version, object_key, owner, put, release, version,
};
use super::queries::{KeyRange, ListEntry, ListQuery, VersionMarker};
use super::records::{BucketRecord, DeleteCondition, StoredBody, VersionRecord, Versioning};
use super::usage::Usage;
use super::{Error, Index};
use crate::types::ids::VersionId;

/// Keys that fold, nearly fold, and sort at the edges.
const KEYS: &[&str] = &[
    "a",
    "a/",
    "a//b",
    "a/b",
    "a/b/c",
    "a/b/d",
    "a0",
    "a::b",
    "a::c",
    "a:c",
    "b/1",
    "ñ/x",
    "ñ/y",
    "\u{10ffff}",
    "\u{10ffff}/z",
];
const PREFIXES: &[&str] = &["", "a", "a/", "a/b", "b", "ñ", "\u{10ffff}", "zz"];
const DELIMITERS: &[&str] = &["", "/", "::", "b"];

#[derive(Clone, Copy, Debug)]
enum Change {
    Put(usize),
    Delete(usize),
    /// Removes the version of a key that so many others follow, or one that is not there.
    Remove(usize, usize),
    Versioning(Versioning),
}

fn change() -> impl Strategy<Value = Change> {
    // Some keys often, so that they get several versions.
    let key = prop_oneof![2 => 0..3_usize, 1 => 0..KEYS.len()];
    prop_oneof![
        6 => key.clone().prop_map(Change::Put),
        3 => key.clone().prop_map(Change::Delete),
        4 => (key, prop_oneof![2 => 0..1_usize, 1 => 0..4_usize])
            .prop_map(|(key, nth)| Change::Remove(key, nth)),
        2 => prop_oneof![
            proptest::strategy::Just(Versioning::Enabled),
            proptest::strategy::Just(Versioning::Suspended),
        ]
        .prop_map(Change::Versioning),
    ]
}

/// A version or, without a number, a delete marker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Modelled {
    id: VersionId,
    number: Option<u64>,
}

struct Model {
    versioning: Versioning,
    /// Oldest first.
    keys: BTreeMap<&'static str, Vec<Modelled>>,
    /// Every blob ever stored.
    numbers: u64,
}

impl Model {
    fn next_id(&mut self) -> VersionId {
        self.numbers += 1;
        match self.versioning {
            Versioning::Enabled => version(self.numbers),
            Versioning::Off | Versioning::Suspended => VersionId::Null,
        }
    }

    fn push(&mut self, key: &'static str, modelled: Modelled) {
        let versions = self.keys.entry(key).or_default();
        versions.retain(|v| modelled.id != VersionId::Null || v.id != VersionId::Null);
        versions.push(modelled);
    }

    fn delete(&mut self, key: &'static str, id: VersionId) -> DeleteOutcome {
        if self.versioning != Versioning::Off {
            self.push(key, Modelled { id, number: None });
            return DeleteOutcome::Marked(id);
        }
        match self.keys.remove(key).is_some_and(|v| !v.is_empty()) {
            true => DeleteOutcome::Deleted,
            false => DeleteOutcome::Nothing,
        }
    }

    fn remove(&mut self, key: &'static str, id: VersionId) -> DeleteOutcome {
        let versions = self.keys.entry(key).or_default();
        let Some(place) = versions.iter().position(|v| v.id == id) else {
            return DeleteOutcome::Nothing;
        };
        match versions.remove(place).number {
            Some(_) => DeleteOutcome::RemovedVersion(id),
            None => DeleteOutcome::RemovedMarker(id),
        }
    }

    fn current(&self, key: &str) -> Option<u64> {
        self.keys.get(key)?.last()?.number
    }

    fn live(&self) -> BTreeSet<u64> {
        let all = self.keys.values().flatten();
        all.filter_map(|v| v.number).collect()
    }

    /// What all pages of a list hold together.
    fn list(&self, prefix: &str, delimiter: &str) -> Vec<ListEntry<String>> {
        let keys = self.keys.keys().filter(|k| self.current(k).is_some());
        fold(keys.map(|k| (*k, (*k).to_owned())), prefix, delimiter)
    }

    fn list_versions(&self, prefix: &str, delimiter: &str) -> Vec<ListEntry<Listed>> {
        let rows = self.keys.iter().flat_map(|(key, versions)| {
            let newest_first = versions.iter().rev().enumerate();
            newest_first.map(move |(place, v)| {
                let listed = Listed {
                    key: (*key).to_owned(),
                    id: v.id,
                    is_latest: place == 0,
                    is_marker: v.number.is_none(),
                };
                (*key, listed)
            })
        });
        fold(rows, prefix, delimiter)
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Listed {
    key: String,
    id: VersionId,
    is_latest: bool,
    is_marker: bool,
}

fn fold<'k, T: Eq>(
    rows: impl Iterator<Item = (&'k str, T)>,
    prefix: &str,
    delimiter: &str,
) -> Vec<ListEntry<T>> {
    let mut entries = Vec::new();
    for (key, row) in rows {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        let entry = match rest.split_once(delimiter) {
            Some((folded, _)) if !delimiter.is_empty() => {
                ListEntry::Prefix(format!("{prefix}{folded}{delimiter}"))
            }
            _ => ListEntry::Object(row),
        };
        if !matches!(entry, ListEntry::Prefix(_)) || entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
    entries
}

/// All pages of a list, each as full as it may be.
fn pages<T, A>(limit: usize, mut page: impl FnMut(Option<A>) -> (Vec<T>, Option<A>)) -> Vec<T> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let (entries, next) = page(after);
        assert!(entries.len() <= limit);
        all.extend(entries);
        assert!(all.len() < 1_000, "pages without an end");
        match next {
            None => return all,
            Some(next) => {
                assert_eq!(all.len() % limit, 0, "a page with a next one is full");
                after = Some(next);
            }
        }
    }
}

/// What a key shows, after each change.
fn compare_key(index: &Index, bucket: &BucketRecord, model: &Model, key: &str) {
    let found = index.read(|q| q.object(bucket.id, &object_key(key)));
    let body = found.unwrap().map(|o| o.body);
    assert_eq!(body, model.current(key).map(|n| StoredBody::Blob(blob(n))));
    let versions = model.keys.get(key).map_or(&[][..], Vec::as_slice);
    for modelled in versions {
        let found = index
            .read(|q| q.object_version(bucket.id, &object_key(key), &modelled.id))
            .unwrap();
        let number = match found.unwrap() {
            VersionRecord::Object(object) => Some(object.body),
            VersionRecord::Marker(_) => None,
        };
        assert_eq!(number, modelled.number.map(|n| StoredBody::Blob(blob(n))));
    }
    let is_marked = versions.last().is_some_and(|v| v.number.is_none());
    let marker = index.read(|q| q.current_marker(bucket.id, &object_key(key)));
    assert_eq!(marker.unwrap().is_some(), is_marked);
}

/// What the whole bucket shows, and what became garbage.
fn compare(index: &Index, bucket: &BucketRecord, model: &Model, limit: usize) {
    for prefix in PREFIXES {
        for delimiter in DELIMITERS {
            compare_lists(index, bucket, model, prefix, delimiter, limit);
        }
    }
    let garbage = index.read(|q| q.garbage(at(i64::MAX / 1_000), 1_000));
    let garbage: BTreeSet<_> = garbage.unwrap().into_iter().collect();
    let live = model.live();
    // The number of a version is its size, too.
    let stored = Usage {
        bytes: live.iter().sum(),
        objects: live.len() as u64,
    };
    for account in [Some(bucket.id), None] {
        assert_eq!(index.read(|q| q.account(account)).unwrap().usage, stored);
    }
    for number in 1..=model.numbers {
        let is_live = live.contains(&number);
        let is_referenced = index.read(|q| q.is_referenced(&blob(number))).unwrap();
        assert_eq!(is_referenced, is_live);
        assert!(!(is_live && garbage.contains(&blob(number))));
    }
}

fn compare_lists(
    index: &Index,
    bucket: &BucketRecord,
    model: &Model,
    prefix: &str,
    delimiter: &str,
    limit: usize,
) {
    let limit_asked = u32::try_from(limit).unwrap();
    let found = pages(limit, |after: Option<String>| {
        let query = ListQuery {
            prefix: prefix.into(),
            delimiter: Some(delimiter.into()),
            after,
            limit: limit_asked,
        };
        let page = index
            .read(|q| q.list_objects(bucket.id, &query, &KeyRange::default()))
            .unwrap();
        let entries = page.entries.into_iter().map(|e| match e {
            ListEntry::Object(o) => ListEntry::Object(o.object_key.as_str().to_owned()),
            ListEntry::Prefix(p) => ListEntry::Prefix(p),
        });
        (entries.collect(), page.next)
    });
    assert_eq!(found, model.list(prefix, delimiter), "{prefix} {delimiter}");

    let found = pages(limit, |after: Option<VersionMarker>| {
        let query = ListQuery {
            prefix: prefix.into(),
            delimiter: Some(delimiter.into()),
            after,
            limit: limit_asked,
        };
        let page = index.read(|q| q.list_versions(bucket.id, &query)).unwrap();
        let entries = page.entries.into_iter().map(|e| match e {
            ListEntry::Object(v) => ListEntry::Object(Listed {
                key: v.object_key.as_str().to_owned(),
                id: v.version_id,
                is_latest: v.is_latest,
                is_marker: v.content.is_none(),
            }),
            ListEntry::Prefix(p) => ListEntry::Prefix(p),
        });
        (entries.collect(), page.next)
    });
    let expected = model.list_versions(prefix, delimiter);
    assert_eq!(found, expected, "{prefix} {delimiter}");
}

async fn apply(index: &Index, bucket: &BucketRecord, model: &mut Model, change: Change) {
    match change {
        Change::Put(key) => {
            let id = model.next_id();
            let number = model.numbers;
            let command = put(bucket, KEYS[key], new_version(id, number));
            index.commit(command, entry()).await.unwrap();
            let number = Some(number);
            model.push(KEYS[key], Modelled { id, number });
        }
        Change::Delete(key) => {
            let id = model.next_id();
            let found = delete(index, bucket, KEYS[key], None, id).await;
            assert_eq!(found.unwrap(), model.delete(KEYS[key], id));
        }
        Change::Remove(key, nth) => {
            let versions = model.keys.get(KEYS[key]);
            let modelled = versions.and_then(|v| v.iter().rev().nth(nth));
            let id = modelled.map_or(version(u64::MAX), |v| v.id);
            let found = delete(index, bucket, KEYS[key], Some(id), VersionId::Null).await;
            assert_eq!(found.unwrap(), model.remove(KEYS[key], id));
        }
        Change::Versioning(versioning) => {
            let bucket_id = bucket.id;
            let set = SetVersioning {
                bucket_id,
                versioning,
            };
            index.commit(set, entry()).await.unwrap();
            model.versioning = versioning;
        }
    }
}

async fn delete(
    index: &Index,
    bucket: &BucketRecord,
    key: &str,
    version: Option<VersionId>,
    marker_version_id: VersionId,
) -> Result<DeleteOutcome, Error> {
    let command = DeleteObjects {
        bucket_id: bucket.id,
        deletions: vec![Deletion {
            object_key: object_key(key),
            version,
            marker_version_id,
            condition: DeleteCondition::default(),
            release: release(),
        }],
        at: at(2_000),
        owner: owner(),
    };
    let outcomes = index.commit(command, entry()).await?;
    outcomes.into_iter().next().unwrap()
}

#[test]
fn the_index_does_what_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let changes = prop::collection::vec(change(), 1..60);
    let config = Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let ran = runner.run(&(changes, 1..5_usize), |(changes, limit)| {
        let place = Place::new();
        let index = place.index();
        let mut model = Model {
            versioning: Versioning::Off,
            keys: BTreeMap::new(),
            numbers: 0,
        };
        runtime.block_on(async {
            let bucket = bucket(&index, "actas", Versioning::Off).await;
            for change in changes {
                apply(&index, &bucket, &mut model, change).await;
                for key in KEYS {
                    compare_key(&index, &bucket, &model, key);
                }
            }
            compare(&index, &bucket, &model, limit);
        });
        Ok::<(), TestCaseError>(())
    });
    ran.unwrap();
}
