//! What a stopped or killed server left behind: its audit logs, opened with its own keys.

use std::fs;

use acervo::audit::entry;
use acervo::crypto::secret::SecretKey;
use acervo::crypto::small::SmallKey;
use acervo::keys::keyring::Keyring;
use acervo::keys::root::{FileRootKey, RootKey as _};
use acervo::meta::audit::AuditRecord;
use acervo::meta::{Catalog, Index, Settings};
use acervo::types::encoding;
use acervo::types::names::AgencyId;
use serde_json::Value;

use super::server::Home;

/// The bodies of an agency's log, in sequence; fails if a number is missing.
pub(crate) fn agency_log(home: &Home, agency: &str) -> Vec<Value> {
    let root_key = FileRootKey::open(&home.data().join("root.key")).unwrap();
    let directory = home.agency_dir(agency);
    let agency = AgencyId::parse(agency).unwrap();
    let keyring = Keyring::open(&directory, &agency, &root_key).unwrap();
    let path = directory.join("index.db");
    let index = Index::open(&path, keyring.database_key(), Settings::default()).unwrap();
    let entries = index
        .read(|reader| {
            let entries = reader.audit_entries(0, 100_000)?;
            assert_eq!(reader.audit_size()?, entries.len() as u64);
            Ok(entries)
        })
        .unwrap();
    index.close();
    bodies(entries, keyring.audit_key())
}

/// The bodies of the installation's log, in sequence.
pub(crate) fn installation_log(home: &Home) -> Vec<Value> {
    let root_key = FileRootKey::open(&home.data().join("root.key")).unwrap();
    let identity = fs::read(home.data().join("acervo.json")).unwrap();
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    let unwrapped = |name: &str| {
        let context = format!("acervo.installation/v1\0{}\0{name}", text("instance"));
        let wrapped = encoding::parse_base64(&text(&format!("{name}_key"))).unwrap();
        root_key.unwrap(context.as_bytes(), &wrapped).unwrap()
    };
    let path = home.data().join("catalog.db");
    let catalog = Catalog::open(&path, &unwrapped("catalog"), Settings::default()).unwrap();
    let entries = catalog
        .read(|reader| reader.audit_entries(0, 100_000))
        .unwrap();
    catalog.close();
    bodies(entries, &unwrapped("audit"))
}

fn bodies(entries: Vec<AuditRecord>, audit_key: &SecretKey) -> Vec<Value> {
    let audit_key = SmallKey::new(audit_key);
    let opened = entries.iter().enumerate().map(|(at, record)| {
        assert_eq!(record.sequence, at as u64, "sequences are contiguous");
        let body = entry::open(&audit_key, &record.commitment, &record.sealed_body);
        serde_json::from_slice(&body.expect("an entry opens")).unwrap()
    });
    opened.collect()
}

/// The entry of a request, which there is exactly once.
#[track_caller]
pub(crate) fn of_request<'l>(log: &'l [Value], request_id: &str) -> &'l Value {
    let mut found = log.iter().filter(|body| body["request"] == request_id);
    let entry = found.next().expect("the request has its entry");
    assert!(found.next().is_none(), "the request has two entries");
    entry
}
