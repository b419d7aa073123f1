//! What the tests of this room share: an index in a directory of its own, and shorthand.

use std::path::PathBuf;

use bytes::Bytes;

use super::audit::AuditEntry;
use super::commands::{CreateBucket, PutObject, SetVersioning};
use super::records::{
    BucketRecord, Documents, NewVersion, ObjectMetadata, Owner, Precondition, StoredBody,
    Versioning,
};
use super::{Catalog, Index, Settings};
use crate::access::lock::Release;
use crate::crypto::secret::SecretKey;
use crate::types::clock::{Time, TrustedTime};
use crate::types::etag::Etag;
use crate::types::ids::{BlobId, CanonicalId, VersionId};
use crate::types::lock::Lock;
use crate::types::names::{BucketName, ObjectKey, PrincipalName};

/// A directory with an index in it.
pub(super) struct Place {
    pub(super) directory: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("index.db")
    }

    pub(super) fn index(&self) -> Index {
        Index::open(&self.path(), &key(7), Settings::default()).unwrap()
    }

    pub(super) fn catalog(&self) -> Catalog {
        let path = self.directory.path().join("catalog.db");
        Catalog::open(&path, &key(8), Settings::default()).unwrap()
    }
}

pub(super) fn key(byte: u8) -> SecretKey {
    SecretKey::new([byte; 32])
}

pub(super) fn entry() -> AuditEntry {
    AuditEntry {
        at: Time::from_seconds(1_795_000_000),
        commitment: [3; 32],
        sealed_body: vec![4; 300],
        origin: None,
    }
}

pub(super) fn owner() -> Owner {
    Owner {
        id: CanonicalId::new([1; 32]),
        name: PrincipalName::parse("ventanilla").unwrap(),
    }
}

/// What locks are judged by: at second 2,000, by nobody in particular.
pub(super) fn release() -> Release {
    Release::at(TrustedTime::vouched(at(2_000)))
}

pub(super) fn at(second: i64) -> Time {
    Time::from_seconds(second)
}

pub(super) fn object_key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(super) fn blob(number: u64) -> BlobId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    BlobId::new(bytes)
}

pub(super) fn version(number: u64) -> VersionId {
    VersionId::Id(*blob(number).as_bytes())
}

/// A version whose blob, tag and content are told by one number.
pub(super) fn new_version(version_id: VersionId, number: u64) -> NewVersion {
    NewVersion {
        version_id,
        modified: at(1_000),
        size_bytes: number,
        etag: Etag::of_content(*blob(number).as_bytes()),
        owner: owner(),
        metadata: ObjectMetadata {
            content_type: "application/pdf".into(),
            ..ObjectMetadata::default()
        },
        checksum: None,
        encryption: super::records::Encryption::Default,
        wrapped_key: vec![9; 64],
        lock: Lock::NONE,
        body: StoredBody::Blob(blob(number)),
    }
}

pub(super) fn inline(sealed: Vec<u8>) -> StoredBody {
    StoredBody::Inline(Bytes::from(sealed))
}

pub(super) async fn bucket(index: &Index, name: &str, versioning: Versioning) -> BucketRecord {
    let name = BucketName::parse(name).unwrap();
    let create = CreateBucket {
        name: name.clone(),
        owner: owner(),
        created: at(1),
        documents: Documents::default(),
    };
    let record = index.commit(create, entry()).await.unwrap();
    let set = SetVersioning {
        bucket_id: record.id,
        versioning,
    };
    index.commit(set, entry()).await.unwrap();
    index.read(|q| q.bucket(&name)).unwrap().unwrap()
}

pub(super) fn put(bucket: &BucketRecord, text: &str, version: NewVersion) -> PutObject {
    PutObject {
        bucket_id: bucket.id,
        object_key: object_key(text),
        precondition: Precondition::default(),
        version,
        release: release(),
    }
}
