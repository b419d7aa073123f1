//! Refusals, deletes of many keys, multipart uploads.

use bytes::Bytes;

use super::super::Index;
use super::super::error::Error;
use super::super::fixture::release;
use super::super::fixture::{
    Place, at, blob, bucket, entry, inline, new_version, object_key, owner, put, version,
};
use super::super::queries::{ListEntry, ListQuery, UploadMarker};
use super::super::records::{
    BucketRecord, DeleteCondition, Encryption, ObjectMetadata, Precondition, StoredBody,
    StoredPiece, Versioning,
};
use super::{
    AbortUpload, CollectAbandoned, CompleteUpload, CompletedPart, CreateUpload, DeleteBucket,
    DeleteObject, DeleteObjects, DeleteOutcome, Deletion, ForgetGarbage, Progress, PutPart,
    UploadPlace,
};
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue, ObjectChecksum};
use crate::types::clock::Time;
use crate::types::etag::{Etag, EtagMatch};
use crate::types::ids::{PartNumber, Sequence, UploadId, VersionId};
use crate::types::limits;
use crate::types::lock::Lock;

/// After everything that these tests do.
const LATER: Time = Time::from_millis(i64::MAX);

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let value = ChecksumValue::new(ChecksumAlgorithm::Crc32, &[1, 2, 3, 4]).unwrap();
    let mut stored = new_version(VersionId::Null, 1);
    stored.metadata.system = vec![("cache-control".into(), "no-store".into())];
    stored.metadata.user = vec![("folio".into(), "ñ 123".into())];
    stored.checksum = Some(ObjectChecksum::of_content(value));
    stored.body = inline(vec![8; 5_000]);
    let command = put(&made, "a//ñ ", stored.clone());
    index.commit(command, entry()).await.unwrap();

    let key = object_key("a//ñ ");
    let found = index.read(|q| q.object(made.id, &key)).unwrap().unwrap();
    assert_eq!(found.body, stored.body);
    assert_eq!(found.wrapped_key, stored.wrapped_key);
    assert_eq!(found.head.metadata, stored.metadata);
    assert_eq!(found.head.checksum, stored.checksum);
    assert_eq!(found.head.etag, stored.etag);
    assert_eq!(found.head.modified, stored.modified);
    let head = index.read(|q| q.object_head(made.id, &key)).unwrap();
    assert_eq!(head, Some(found.head));
}

#[tokio::test]
async fn writes_happen_only_if_their_precondition_holds() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let there = new_version(VersionId::Null, 1);
    let mine = Some(EtagMatch::OneOf(vec![there.etag]));
    let other = Some(EtagMatch::OneOf(vec![Etag::of_content([0xee; 16])]));
    let any = Some(EtagMatch::Any);
    index
        .commit(put(&made, "there", there), entry())
        .await
        .unwrap();

    let mut number = 10;
    for (key, if_match, if_none_match, expected) in [
        ("there", &mine, &None, None),
        ("there", &any, &None, Some(Error::PreconditionFailed)),
        ("there", &None, &any, Some(Error::PreconditionFailed)),
        ("new", &None, &any, None),
        ("absent", &any, &None, Some(Error::NoSuchObject)),
        ("absent", &other, &None, Some(Error::NoSuchObject)),
    ] {
        number += 1;
        // The first row replaces what is there, so `mine` is stale for the second.
        let if_match = match (key, if_match) {
            ("there", Some(EtagMatch::Any)) => &other,
            (_, given) => given,
        };
        let mut command = put(&made, key, new_version(VersionId::Null, number));
        command.precondition = Precondition {
            if_match: if_match.clone(),
            if_none_match: if_none_match.clone(),
        };
        let outcome = index.commit(command, entry()).await.err();
        let told = outcome.map(|e| e.to_string());
        assert_eq!(told, expected.map(|e: Error| e.to_string()), "{key}");
    }
    let deletion = |key: &str, if_match: &Option<EtagMatch>| DeleteObject {
        bucket_id: made.id,
        deletion: Deletion {
            object_key: object_key(key),
            version: None,
            marker_version_id: VersionId::Null,
            condition: DeleteCondition {
                if_match: if_match.clone(),
                ..DeleteCondition::default()
            },
            release: release(),
        },
        at: at(5),
        owner: owner(),
    };
    let outcome = index.commit(deletion("new", &other), entry()).await;
    assert!(matches!(outcome, Err(Error::PreconditionFailed)));
    let outcome = index.commit(deletion("absent", &any), entry()).await;
    assert!(matches!(outcome, Err(Error::NoSuchObject)));
    let outcome = index.commit(deletion("new", &any), entry()).await;
    assert!(matches!(outcome, Ok(DeleteOutcome::Deleted)));
}

#[tokio::test]
async fn a_refused_key_leaves_the_other_deletions_be() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    for (n, key) in ["a", "b", "c"].into_iter().enumerate() {
        let version = new_version(VersionId::Null, n as u64 + 1);
        index
            .commit(put(&made, key, version), entry())
            .await
            .unwrap();
    }
    let stale = EtagMatch::OneOf(vec![Etag::of_content([0xee; 16])]);
    let deletion = |key: &str, if_match| Deletion {
        object_key: object_key(key),
        version: None,
        marker_version_id: VersionId::Null,
        condition: DeleteCondition {
            if_match,
            ..DeleteCondition::default()
        },
        release: release(),
    };
    let command = DeleteObjects {
        bucket_id: made.id,
        deletions: vec![
            deletion("a", None),
            deletion("b", Some(stale)),
            deletion("c", None),
            deletion("absent", None),
        ],
        at: at(9),
        owner: owner(),
    };
    let outcomes = index.commit(command, entry()).await.unwrap();
    assert!(matches!(
        outcomes[..],
        [
            Ok(DeleteOutcome::Deleted),
            Err(Error::PreconditionFailed),
            Ok(DeleteOutcome::Deleted),
            Ok(DeleteOutcome::Nothing)
        ]
    ));
    let garbage = index.read(|q| q.garbage(at(10), 100)).unwrap();
    assert_eq!(garbage, [blob(1), blob(3)]);
    assert_eq!(index.read(|q| q.garbage(at(9), 100)).unwrap(), []);
    let forget = ForgetGarbage { blob_ids: garbage };
    index.commit_unrecorded(forget).await.unwrap();
    assert_eq!(index.read(|q| q.garbage(at(10), 100)).unwrap(), []);
}

#[tokio::test]
async fn nothing_is_stored_in_a_bucket_that_went_away() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let delete = DeleteBucket {
        bucket_id: made.id,
        at: at(2),
    };
    index.commit(delete, entry()).await.unwrap();
    let late = put(&made, "a", new_version(VersionId::Null, 1));
    let outcome = index.commit(late, entry()).await;
    assert!(matches!(outcome, Err(Error::NoSuchBucket)));
    let outcome = index.commit(create_upload(&made, "a", 1), entry()).await;
    assert!(matches!(outcome, Err(Error::NoSuchBucket)));
}

fn upload_place(bucket: &BucketRecord, key: &str, byte: u8) -> UploadPlace {
    UploadPlace {
        bucket_id: bucket.id,
        object_key: object_key(key),
        upload_id: UploadId::new([byte; 16]),
    }
}

fn create_upload(bucket: &BucketRecord, key: &str, byte: u8) -> CreateUpload {
    CreateUpload {
        lock: Lock::NONE,
        place: upload_place(bucket, key, byte),
        owner: owner(),
        initiated: at(100 + i64::from(byte)),
        metadata: ObjectMetadata {
            content_type: "text/plain".into(),
            ..ObjectMetadata::default()
        },
        checksum: Some((ChecksumAlgorithm::Crc32, ChecksumType::Composite)),
        encryption: Encryption::Default,
    }
}

fn number(n: u64) -> PartNumber {
    PartNumber::new(n).unwrap()
}

fn part(bucket: &BucketRecord, key: &str, n: u64, size_bytes: u64, blob_number: u64) -> PutPart {
    PutPart {
        place: upload_place(bucket, key, 1),
        number: number(n),
        size_bytes,
        md5: *blob(blob_number).as_bytes(),
        modified: at(200),
        checksum: ChecksumValue::new(ChecksumAlgorithm::Crc32, &[0, 0, 0, 7]),
        wrapped_key: vec![6; 60],
        body: match size_bytes {
            0..1_024 => StoredPiece::Inline(Bytes::from(vec![5; 9])),
            _ => StoredPiece::Blob(blob(blob_number)),
        },
    }
}

/// Begins an upload with parts 2, 4, 6 and 8; the last is small.
async fn upload(index: &Index, bucket: &BucketRecord, key: &str) -> Vec<CompletedPart> {
    let command = create_upload(bucket, key, 1);
    let upload = index.commit(command, entry()).await.unwrap();
    let large = limits::PART_BYTES_MIN;
    for (n, size_bytes) in [(4, large), (2, large + 1), (6, large + 2), (8, 10)] {
        let command = part(bucket, key, n, size_bytes, n);
        index.commit(command, entry()).await.unwrap();
    }
    let parts = index.read(|q| q.list_parts(upload, None, 100)).unwrap();
    let numbers: Vec<_> = parts.iter().map(|p| p.number.get()).collect();
    assert_eq!(numbers, [2, 4, 6, 8]);
    let named = parts.iter().map(|p| CompletedPart {
        number: p.number,
        sequence: p.sequence,
    });
    named.collect()
}

fn complete(bucket: &BucketRecord, key: &str, parts: Vec<CompletedPart>) -> CompleteUpload {
    CompleteUpload {
        place: upload_place(bucket, key, 1),
        parts,
        precondition: Precondition::default(),
        version_id: VersionId::Null,
        modified: at(300),
        etag: Etag {
            md5: [2; 16],
            parts: Some(3),
        },
        checksum: None,
        lock: Lock::NONE,
        release: release(),
    }
}

#[tokio::test]
async fn an_upload_becomes_an_object_of_its_named_parts() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let before = put(&made, "a", new_version(VersionId::Null, 77));
    index.commit(before, entry()).await.unwrap();
    let mut parts = upload(&index, &made, "a").await;
    parts.remove(1);
    let command = complete(&made, "a", parts);
    index.commit(command.clone(), entry()).await.unwrap();

    let found = index.read(|q| q.object(made.id, &object_key("a")));
    let found = found.unwrap().unwrap();
    let large = limits::PART_BYTES_MIN;
    assert_eq!(found.head.size_bytes, 2 * large + 13);
    assert_eq!(found.head.metadata.content_type, "text/plain");
    assert_eq!(found.head.etag, command.etag);
    let StoredBody::Parts { upload, count: 3 } = found.body else {
        panic!("{:?}", found.body);
    };
    for (offset, limit, expected) in [
        (0, 100, &[2, 6, 8][..]),
        (0, 2, &[2, 6]),
        (large, 100, &[2, 6, 8]),
        (large + 1, 100, &[6, 8]),
        (2 * large + 12, 100, &[8]),
        (2 * large + 13, 100, &[]),
    ] {
        let pieces = index.read(|q| q.pieces(upload, offset, limit)).unwrap();
        let numbers: Vec<_> = pieces.iter().map(|p| p.listed.number.get()).collect();
        assert_eq!(numbers, expected, "{offset}");
    }
    let piece = index.read(|q| q.piece(upload, number(6))).unwrap().unwrap();
    assert_eq!(piece.start_offset, Some(large + 1));
    assert_eq!(piece.body, StoredPiece::Blob(blob(6)));
    assert_eq!(piece.wrapped_key, vec![6; 60]);

    let garbage = index.read(|q| q.garbage(at(1_001), 9)).unwrap();
    assert_eq!(
        garbage,
        [blob(4), blob(77)],
        "the part left out, the object replaced"
    );
    let again = index.commit(command, entry()).await;
    assert!(matches!(again, Err(Error::NoSuchUpload)));
    let late = index.commit(part(&made, "a", 9, 10, 9), entry()).await;
    assert!(matches!(late, Err(Error::NoSuchUpload)));
}

#[tokio::test]
async fn an_upload_is_completed_as_it_was_read_or_not_at_all() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let parts = upload(&index, &made, "a").await;
    let stranger = CompletedPart {
        number: number(5),
        sequence: parts[0].sequence,
    };
    let replaced = CompletedPart {
        sequence: Sequence(parts[1].sequence.0 - 1),
        ..parts[1]
    };
    let [two, four, six, eight] = parts[..] else {
        panic!("{parts:?}");
    };
    let beyond = CompletedPart {
        number: number(9),
        ..eight
    };
    for (named, refusal) in [
        (vec![], "the parts are not in ascending order"),
        (vec![four, two], "the parts are not in ascending order"),
        (vec![two, two], "the parts are not in ascending order"),
        (
            vec![two, stranger],
            "part 5 is not the one that was uploaded",
        ),
        (
            vec![two, replaced],
            "part 4 is not the one that was uploaded",
        ),
        (vec![two, beyond], "part 9 is not the one that was uploaded"),
        (vec![beyond], "part 9 is not the one that was uploaded"),
    ] {
        let refused = index.commit(complete(&made, "a", named), entry()).await;
        assert_eq!(refused.unwrap_err().to_string(), refusal);
    }
    let mut foreign = complete(&made, "a", vec![two]);
    foreign.place.object_key = object_key("b");
    let refused = index.commit(foreign, entry()).await;
    assert!(matches!(refused, Err(Error::NoSuchUpload)));
    let mut unmet = complete(&made, "a", vec![two]);
    unmet.precondition.if_match = Some(EtagMatch::Any);
    let refused = index.commit(unmet, entry()).await;
    assert!(matches!(refused, Err(Error::NoSuchObject)));
    let mut versioned = complete(&made, "a", vec![two]);
    versioned.version_id = version(1);
    let refused = index.commit(versioned, entry()).await;
    assert!(matches!(refused, Err(Error::VersioningChanged)));

    // Part 8 becomes one in the middle.
    let command = part(&made, "a", 9, limits::PART_BYTES_MIN, 9);
    index.commit(command, entry()).await.unwrap();
    let upload = index.read(|q| q.upload(made.id, &object_key("a"), &UploadId::new([1; 16])));
    let upload = upload.unwrap().unwrap().number;
    let last = index
        .read(|q| q.list_parts(upload, Some(number(8)), 9))
        .unwrap();
    let nine = CompletedPart {
        number: number(9),
        sequence: last[0].sequence,
    };
    let refused = index.commit(complete(&made, "a", vec![two, eight, nine]), entry());
    let refused = refused.await.unwrap_err().to_string();
    assert_eq!(refused, "part 8 is too small");
    let parts = vec![two, four, six, nine];
    index
        .commit(complete(&made, "a", parts), entry())
        .await
        .unwrap();
}

#[tokio::test]
async fn abandoned_parts_become_garbage_in_bounded_steps() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    upload(&index, &made, "a").await;
    let replace = part(&made, "a", 2, limits::PART_BYTES_MIN, 20);
    index.commit(replace, entry()).await.unwrap();
    let garbage = || index.read(|q| q.garbage(at(10_000), 100)).unwrap();
    assert_eq!(garbage(), [blob(2)], "the part that was replaced");

    let abort = AbortUpload {
        place: upload_place(&made, "a", 1),
        at: at(400),
    };
    index.commit(abort.clone(), entry()).await.unwrap();
    let again = index.commit(abort, entry()).await;
    assert!(matches!(again, Err(Error::NoSuchUpload)));
    assert!(index.read(|q| q.is_referenced(&blob(20))).unwrap());

    let mut steps = 0;
    while let Progress::More = index
        .commit_unrecorded(CollectAbandoned {
            before: LATER,
            pieces_max: 2,
        })
        .await
        .unwrap()
    {
        steps += 1;
    }
    assert_eq!(steps, 2);
    assert_eq!(garbage(), [blob(2), blob(4), blob(6), blob(20)]);
    assert!(!index.read(|q| q.is_referenced(&blob(20))).unwrap());
}

#[tokio::test]
async fn removing_objects_and_buckets_abandons_their_parts() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let parts = upload(&index, &made, "a").await;
    index
        .commit(complete(&made, "a", parts), entry())
        .await
        .unwrap();
    let replace = put(&made, "a", new_version(VersionId::Null, 50));
    index.commit(replace, entry()).await.unwrap();
    let delete = DeleteObject {
        bucket_id: made.id,
        deletion: Deletion {
            object_key: object_key("a"),
            version: None,
            marker_version_id: VersionId::Null,
            condition: DeleteCondition::default(),
            release: release(),
        },
        at: at(1_000),
        owner: owner(),
    };
    index.commit(delete, entry()).await.unwrap();
    index
        .commit(create_upload(&made, "b", 1), entry())
        .await
        .unwrap();
    let command = part(&made, "b", 1, 5 << 20, 60);
    index.commit(command, entry()).await.unwrap();
    let delete = DeleteBucket {
        bucket_id: made.id,
        at: at(1_000),
    };
    index.commit(delete, entry()).await.unwrap();
    let collect = CollectAbandoned {
        before: LATER,
        pieces_max: 100,
    };
    let done = index.commit_unrecorded(collect).await.unwrap();
    assert_eq!(done, Progress::Done);
    let garbage = index.read(|q| q.garbage(at(10_000), 100)).unwrap();
    assert_eq!(garbage, [2, 4, 6, 50, 60].map(blob));
}

#[tokio::test]
async fn uploads_are_listed_by_key_and_id() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    for (key, byte) in [
        ("b", 3),
        ("a/x", 5),
        ("b", 1),
        ("c", 9),
        ("a/y", 2),
        ("b", 2),
    ] {
        index
            .commit(create_upload(&made, key, byte), entry())
            .await
            .unwrap();
    }
    for limit in 1..=6 {
        let mut found = Vec::new();
        let mut after: Option<UploadMarker> = None;
        loop {
            let query = ListQuery {
                prefix: String::new(),
                delimiter: Some("/".into()),
                after,
                limit,
            };
            let page = index.read(|q| q.list_uploads(made.id, &query)).unwrap();
            found.extend(page.entries.into_iter().map(|e| match e {
                ListEntry::Object(u) => (u.object_key.to_string(), u.upload_id.as_bytes()[0]),
                ListEntry::Prefix(p) => (p, 0),
            }));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected = [("a/", 0), ("b", 1), ("b", 2), ("b", 3), ("c", 9)];
        assert_eq!(found, expected.map(|(k, n)| (k.to_owned(), n)), "{limit}");
    }
    let expired = index.read(|q| q.uploads_begun_before(at(103), 10)).unwrap();
    let expired: Vec<_> = expired
        .iter()
        .map(|(_, _, key, id)| (key.as_str(), id.as_bytes()[0]))
        .collect();
    assert_eq!(expired, [("b", 1), ("a/y", 2), ("b", 2)]);
}
