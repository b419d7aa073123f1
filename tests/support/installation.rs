//! The data of a stopped server, with its keys: what an attacker with everything, or the house's
//! own jobs, could reach.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use acervo::audit::ledger::ReadsMode;
use acervo::blobs::settings::BlobSettings;
use acervo::blobs::store::BlobStore;
use acervo::crypto::secret::SecretKey;
use acervo::keys::keyring::Keyring;
use acervo::keys::root::{FileRootKey, RootKey as _};
use acervo::meta::{Catalog, Settings};
use acervo::store::Store;
use acervo::store::agencies::Parts;
use acervo::types::clock::Clock;
use acervo::types::encoding;
use acervo::types::ids::InstanceId;
use acervo::types::names::AgencyId;
use rusqlite::Connection;
use serde_json::Value;

pub(crate) struct Installation {
    pub(crate) data: PathBuf,
    root_key: FileRootKey,
}

impl Installation {
    pub(crate) fn open(folder: &Path) -> Self {
        let data = folder.join("data");
        let root_key = FileRootKey::open(&data.join("root.key")).unwrap();
        Self { data, root_key }
    }

    fn directory(&self, agency: &str) -> PathBuf {
        self.data.join("agencies").join(agency)
    }

    /// An agency's database, with its key.
    pub(crate) fn index(&self, agency: &str) -> Connection {
        let (directory, agency) = (self.directory(agency), AgencyId::parse(agency).unwrap());
        let keyring = Keyring::open(&directory, &agency, &self.root_key).unwrap();
        let index = Connection::open(directory.join("index.db")).unwrap();
        let key = format!("x'{}'", encoding::hex(keyring.database_key().expose()));
        index.key(None::<&str>, key.as_bytes(), false).unwrap();
        index
            .execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
            .unwrap();
        index
    }

    /// Every file of an agency's blobs, whatever its name.
    pub(crate) fn blobs(&self, agency: &str) -> Vec<PathBuf> {
        let Ok(shards) = std::fs::read_dir(self.directory(agency).join("blobs")) else {
            return Vec::new();
        };
        let files = |shard: std::io::Result<std::fs::DirEntry>| {
            let files = std::fs::read_dir(shard.unwrap().path()).unwrap();
            files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
        };
        let mut blobs: Vec<PathBuf> = shards.flat_map(files).collect();
        blobs.sort();
        blobs
    }

    /// Where the blob of an object lies that was stored in one piece.
    pub(crate) fn blob_of(&self, agency: &str, object_key: &str) -> PathBuf {
        let blob_id: [u8; 16] = self
            .index(agency)
            .query_row(
                "SELECT blob_id FROM details JOIN objects USING (sequence) WHERE object_key = ?1",
                [object_key.as_bytes()],
                |row| row.get(0),
            )
            .unwrap();
        self.blob(agency, &encoding::hex(&blob_id))
    }

    /// The file of a blob.
    pub(crate) fn blob(&self, agency: &str, blob_id: &str) -> PathBuf {
        let shard = self.directory(agency).join("blobs").join(&blob_id[..2]);
        shard.join(blob_id)
    }

    /// The house's own view: what its jobs work on.
    pub(crate) fn store(self) -> Store {
        let directory = self.data.clone();
        self.store_over(|_| BlobSettings::Local { directory })
    }

    /// The same with blobs elsewhere.
    pub(crate) fn store_over(self, blobs: impl FnOnce(InstanceId) -> BlobSettings) -> Store {
        let text = std::fs::read(self.data.join("acervo.json")).unwrap();
        let identity: Value = serde_json::from_slice(&text).unwrap();
        let instance = identity["instance"].as_str().unwrap();
        let key = |name: &str| {
            let wrapped = identity[format!("{name}_key")].as_str().unwrap();
            let wrapped = encoding::parse_base64(wrapped).unwrap();
            let context = format!("acervo.installation/v1\0{instance}\0{name}");
            self.root_key.unwrap(context.as_bytes(), &wrapped).unwrap()
        };
        let (catalog_key, installation_audit_key): (SecretKey, _) = (key("catalog"), key("audit"));
        let index_settings = Settings::default();
        let catalog = self.data.join("catalog.db");
        let blobs = blobs(InstanceId::parse(instance).unwrap());
        Store::new(Parts {
            catalog: Catalog::open(&catalog, &catalog_key, index_settings).unwrap(),
            installation_audit_key,
            blobs: BlobStore::new(&blobs).unwrap(),
            clock: Clock::system(),
            reads: ReadsMode::Batched,
            index_settings,
            data_dir: self.data,
            root_key: Arc::new(self.root_key),
        })
        .unwrap()
    }
}
