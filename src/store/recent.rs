//! What was read lately of an agency's index: buckets and current objects, as the index gave them.
//!
//! A commit makes SQLite drop every page that a reading connection holds opened, so under load each
//! look-up would open its pages anew; a record kept here costs nothing. What is kept is as sealed
//! as in the index.
//!
//! Reads stay linearizable. A change is announced here before it is queued: what is kept of its
//! subject is dropped, and nothing read while any change of its kind (of buckets, or of objects) is
//! pending, or before it ended, is kept. So a hit is never older than the last commit of its key
//! that anybody has seen. The change's end is told by what the writer holds for it, which it drops
//! before it answers, whether or not the request is still there.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::meta::records::BucketRecord;
use crate::meta::records::ObjectRecord;
use crate::meta::records::StoredBody;
use crate::types::ids::BucketId;
use crate::types::limits;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

/// What a change touches.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// A bucket: its record.
    Bucket(BucketName),
    /// Objects of one bucket.
    Objects(BucketId, Vec<ObjectKey>),
}

/// The records kept of one agency.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    buckets: HashMap<BucketName, Arc<BucketRecord>>,
    objects: HashMap<BucketId, HashMap<ObjectKey, Arc<ObjectRecord>>>,
    /// The objects in the order in which they came, some of them gone already.
    order: VecDeque<(BucketId, ObjectKey, usize)>,
    bytes: usize,
    /// What the buckets weigh.
    bucket_bytes: usize,
    bucket_changes: Changes,
    object_changes: Changes,
}

/// The changes of one kind.
#[derive(Default)]
struct Changes {
    pending: usize,
    /// Counts those that began or ended.
    epoch: u64,
}

impl Changes {
    fn before(&self) -> Before {
        Before((self.pending == 0).then_some(self.epoch))
    }

    fn are_as(&self, before: Before) -> bool {
        before.0 == Some(self.epoch)
    }

    fn begin(&mut self) {
        self.pending += 1;
        self.epoch += 1;
    }

    fn end(&mut self) {
        self.pending = self.pending.saturating_sub(1);
        self.epoch += 1;
    }
}

/// A change under way; its end is told when this is dropped.
pub(super) struct Announced {
    recent: Arc<Recent>,
    is_of_objects: bool,
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.recent.lock().changes(self.is_of_objects).end();
    }
}

/// The state before a read of the index; what was read is kept only if nothing changed since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before(Option<u64>);

impl Recent {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic under the lock is impossible: nothing is called that could.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn bucket(&self, name: &BucketName) -> Result<Arc<BucketRecord>, Before> {
        let kept = self.lock();
        let found = kept.buckets.get(name).cloned();
        found.ok_or_else(|| kept.bucket_changes.before())
    }

    pub(super) fn object(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
    ) -> Result<Arc<ObjectRecord>, Before> {
        let kept = self.lock();
        let found = kept
            .objects
            .get(&bucket_id)
            .and_then(|keys| keys.get(object_key));
        found.cloned().ok_or_else(|| kept.object_changes.before())
    }

    pub(super) fn keep_bucket(&self, record: &Arc<BucketRecord>, before: Before) {
        let size_bytes = bucket_weight(record);
        let mut kept = self.lock();
        let room = kept.bucket_bytes + size_bytes <= limits::RECENT_BUCKETS_BYTES_MAX;
        if kept.bucket_changes.are_as(before) && room {
            kept.forget_bucket(&record.name);
            kept.bucket_bytes += size_bytes;
            kept.buckets.insert(record.name.clone(), Arc::clone(record));
        }
    }

    pub(super) fn keep_object(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        record: &Arc<ObjectRecord>,
        before: Before,
    ) {
        let size_bytes = weight(object_key, record);
        let mut kept = self.lock();
        if !kept.object_changes.are_as(before) {
            return;
        }
        let keys = kept.objects.entry(bucket_id).or_default();
        if keys
            .insert(object_key.clone(), Arc::clone(record))
            .is_none()
        {
            kept.bytes += size_bytes;
            kept.order
                .push_back((bucket_id, object_key.clone(), size_bytes));
        }
        while kept.bytes > limits::RECENT_BYTES_MAX {
            let Some((bucket_id, object_key, size_bytes)) = kept.order.pop_front() else {
                break;
            };
            kept.bytes = kept.bytes.saturating_sub(size_bytes);
            kept.forget(bucket_id, &object_key);
        }
    }

    /// A change of this subject is about to be queued.
    pub(super) fn begin(self: &Arc<Self>, subject: &Subject) -> Announced {
        let mut kept = self.lock();
        let is_of_objects = matches!(subject, Subject::Objects(..));
        kept.changes(is_of_objects).begin();
        match subject {
            Subject::Bucket(name) => {
                kept.forget_bucket(name);
            }
            Subject::Objects(bucket_id, object_keys) => {
                for object_key in object_keys {
                    kept.forget(*bucket_id, object_key);
                }
            }
        }
        Announced {
            recent: Arc::clone(self),
            is_of_objects,
        }
    }
}

impl Kept {
    fn changes(&mut self, is_of_objects: bool) -> &mut Changes {
        if is_of_objects {
            &mut self.object_changes
        } else {
            &mut self.bucket_changes
        }
    }

    fn forget_bucket(&mut self, name: &BucketName) {
        if let Some(record) = self.buckets.remove(name) {
            self.bucket_bytes = self.bucket_bytes.saturating_sub(bucket_weight(&record));
        }
    }

    fn forget(&mut self, bucket_id: BucketId, object_key: &ObjectKey) {
        if let Some(keys) = self.objects.get_mut(&bucket_id) {
            keys.remove(object_key);
            if keys.is_empty() {
                self.objects.remove(&bucket_id);
            }
        }
    }
}

/// What a kept bucket weighs: its documents, as they are written and as they are read.
fn bucket_weight(record: &BucketRecord) -> usize {
    let documents: usize = record.documents.iter().map(|(_, text)| text.len()).sum();
    1_024 + 4 * documents
}

/// What a kept object weighs: its sealed bytes, its texts, and the maps around them.
fn weight(object_key: &ObjectKey, record: &ObjectRecord) -> usize {
    let inline = match &record.body {
        StoredBody::Inline(bytes) => bytes.len(),
        StoredBody::Blob(_) | StoredBody::Parts { .. } => 0,
    };
    let metadata = &record.head.metadata;
    let texts = metadata.system.iter().chain(&metadata.user);
    let texts = texts.chain(metadata.tags.pairs());
    let texts: usize = texts.map(|(name, value)| name.len() + value.len()).sum();
    1_024 + 2 * object_key.as_str().len() + inline + texts
}
