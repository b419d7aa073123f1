//! Buckets of many keys, put into the index while no server runs: a million requests would take
//! longer than all measures together.

use acervo::access::lock::Release;
use acervo::keys::keyring::Keyring;
use acervo::keys::root::FileRootKey;
use acervo::meta::commands::PutObject;
use acervo::meta::records::Encryption;
use acervo::meta::records::{NewVersion, ObjectMetadata, Precondition, StoredBody};
use acervo::meta::{Index, Settings};
use acervo::types::clock::{Clock, Time, TrustedTime};
use acervo::types::etag::Etag;
use acervo::types::ids::VersionId;
use acervo::types::lock::Lock;
use acervo::types::names::{AgencyId, BucketName, ObjectKey};

use crate::rounds::block_on;
use crate::target::Place;

/// Changes handed to the writer before one is waited for.
const AHEAD: usize = 2_048;

/// A bucket to be filled: `keys` keys, so many in each folder.
pub struct Stock {
    pub bucket: &'static str,
    pub keys: u64,
    pub in_folder: u64,
}

impl Stock {
    /// The key of a number; keys sort as their numbers.
    pub fn key(&self, number: u64) -> String {
        let folder = number / self.in_folder;
        format!("expedientes-{folder:07}/documento-{number:07}.pdf")
    }
}

/// Fills buckets that exist in the first agency of a place.
pub fn fill(place: &Place, stocks: &[Stock]) {
    let agency = AgencyId::parse(&place.credential("agency")).unwrap();
    let folder = place.data_dir().join("agencies").join(agency.as_str());
    let root_key = FileRootKey::open(&place.data_dir().join("root.key")).unwrap();
    let keyring = Keyring::open(&folder, &agency, &root_key).unwrap();
    let path = folder.join("index.db");
    let index = Index::open(&path, keyring.database_key(), Settings::default()).unwrap();
    for stock in stocks {
        fill_one(&index, stock);
    }
    index.close();
}

fn fill_one(index: &Index, stock: &Stock) {
    let name = BucketName::parse(stock.bucket).unwrap();
    let bucket = index.read(|reader| reader.bucket(&name)).unwrap().unwrap();
    let modified = Clock::system().now();
    let put = |number: u64| PutObject {
        bucket_id: bucket.id,
        object_key: ObjectKey::parse(&stock.key(number)).unwrap(),
        precondition: Precondition::default(),
        release: Release::at(TrustedTime::vouched(Time::from_millis(0))),
        version: NewVersion {
            lock: Lock::NONE,
            encryption: Encryption::Default,
            version_id: VersionId::Null,
            modified,
            size_bytes: number,
            etag: Etag::of_content(u128::from(number).to_be_bytes()),
            owner: bucket.owner.clone(),
            metadata: ObjectMetadata {
                content_type: "application/pdf".into(),
                ..ObjectMetadata::default()
            },
            checksum: None,
            // Lists alone are measured, and they never look at these two.
            wrapped_key: vec![0; 64],
            body: StoredBody::Inline(bytes::Bytes::from_static(&[0; 32])),
        },
    };
    block_on(async {
        let mut waiting = std::collections::VecDeque::new();
        for number in 0..stock.keys {
            waiting.push_back(index.commit_unrecorded(put(number)));
            if waiting.len() >= AHEAD {
                waiting.pop_front().unwrap().await.unwrap();
            }
        }
        for committed in waiting {
            committed.await.unwrap();
        }
    });
}
