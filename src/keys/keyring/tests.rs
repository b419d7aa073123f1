//! The keyring, its file, and what must not unwrap.

use std::fs;
use std::path::Path;

use super::{FILE_NAME, Keyring};
use crate::crypto::secret::SecretKey;
use crate::crypto::secret::SecretText;
use crate::keys::data_key::{Place, PlaceAt, WrappedDataKey};
use crate::keys::disk::{self, StateOnDisk};
use crate::keys::error::Error;
use crate::keys::root::EnvRootKey;
use crate::types::encoding;
use crate::types::ids::{AgencyCode, BucketId, KeyVersion, PartNumber, UploadNumber, VersionId};
use crate::types::names::{AgencyId, ObjectKey};

fn root_key(byte: u8) -> EnvRootKey {
    EnvRootKey::parse(&SecretText::new(encoding::base64(&[byte; 32]))).unwrap()
}

fn agency(name: &str) -> AgencyId {
    AgencyId::parse(name).unwrap()
}

fn create(directory: &Path, name: &str) -> Keyring {
    let code = AgencyCode::parse("QWER2").unwrap();
    Keyring::create(directory, &agency(name), &code, &root_key(7)).unwrap()
}

fn open(directory: &Path) -> Result<Keyring, Error> {
    Keyring::open(directory, &agency("registro-civil"), &root_key(7))
}

fn object_key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

const VERSION: VersionId = VersionId::Id([5; 16]);

fn place(object_key: &ObjectKey) -> Place<'_> {
    Place {
        bucket: BucketId(3),
        object_key,
        at: PlaceAt::Version(&VERSION),
        size_bytes: 100,
    }
}

#[test]
fn a_keyring_reopens_with_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("agencies/registro-civil");
    let keyring = create(&directory, "registro-civil");
    let object_key = object_key("acta");
    let data_key = SecretKey::random();
    let wrapped = keyring
        .wrap_data_key(&data_key, &place(&object_key))
        .unwrap();
    let wrapped = WrappedDataKey::from_bytes(wrapped.as_bytes()).unwrap();

    let reopened = open(&directory).unwrap();
    assert!(
        reopened
            .unwrap_data_key(&wrapped, &place(&object_key))
            .unwrap()
            == data_key
    );
    assert_eq!(reopened.code().as_str(), "QWER2");
    let keys =
        |k: &Keyring| [k.database_key(), k.audit_key(), k.secrets_key()].map(|key| *key.expose());
    assert_eq!(keys(&reopened), keys(&keyring));
    let [database_key, audit_key, secrets_key] = keys(&keyring);
    assert!(database_key != audit_key && audit_key != secrets_key && secrets_key != database_key);
}

#[test]
fn a_keyring_is_never_replaced_and_never_shows_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let code = AgencyCode::parse("QWER2").unwrap();
    let again = Keyring::create(folder.path(), keyring.agency(), &code, &root_key(7));
    assert!(matches!(again.err(), Some(Error::Exists { .. })));
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    for key in [
        keyring.database_key(),
        keyring.audit_key(),
        keyring.secrets_key(),
    ] {
        assert!(!text.contains(&encoding::base64(key.expose())));
        assert!(!text.contains(&encoding::hex(key.expose())));
    }
}

#[test]
fn a_data_key_unwraps_in_its_own_place_only() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let (acta, other) = (object_key("acta"), object_key("actb"));
    let data_key = SecretKey::random();
    let place = place(&acta);
    let wrapped = keyring.wrap_data_key(&data_key, &place).unwrap();
    let (upload, number) = (UploadNumber(5), PartNumber::new(1).unwrap());
    let elsewhere = [
        Place {
            bucket: BucketId(4),
            ..place
        },
        Place {
            object_key: &other,
            ..place
        },
        Place {
            at: PlaceAt::Version(&VersionId::Null),
            ..place
        },
        Place {
            at: PlaceAt::Version(&VersionId::Id([6; 16])),
            ..place
        },
        Place {
            at: PlaceAt::Part(upload, number),
            ..place
        },
        Place {
            size_bytes: 101,
            ..place
        },
    ];
    for place in elsewhere {
        let refusal = keyring.unwrap_data_key(&wrapped, &place).err();
        assert!(matches!(refusal, Some(Error::Refused(_))), "{place:?}");
    }
    for at in 0..wrapped.as_bytes().len() {
        let mut bytes = wrapped.as_bytes().to_vec();
        bytes[at] ^= 1;
        let opened = WrappedDataKey::from_bytes(&bytes)
            .and_then(|wrapped| keyring.unwrap_data_key(&wrapped, &place));
        assert!(opened.is_err(), "byte {at}");
        assert!(WrappedDataKey::from_bytes(&bytes[..at]).is_err());
    }
}

/// The agency is in the binding itself, not only in its key: were one agency's keyring to hold
/// another's key, its documents would still not open there.
#[test]
fn bindings_of_two_places_are_never_the_same_bytes() {
    let (acta, long) = (object_key("acta"), object_key("acta\u{1}\u{10}"));
    let folder = tempfile::tempdir().unwrap();
    let by = create(folder.path(), "registro-civil").active().unwrap();
    let (upload, number) = (UploadNumber(5), PartNumber::new(1).unwrap());
    let part = Place {
        at: PlaceAt::Part(upload, number),
        ..place(&acta)
    };
    let null = Place {
        at: PlaceAt::Version(&VersionId::Null),
        ..place(&acta)
    };
    let rendered: std::collections::HashSet<_> = ["registro-civil", "registro"]
        .into_iter()
        .flat_map(|name| [place(&acta), place(&long), part, null].map(|p| (name, p)))
        .map(|(name, place)| place.render(&agency(name), by))
        .collect();
    assert_eq!(rendered.len(), 8);
}

#[test]
fn after_a_rotation_the_old_version_opens_and_the_new_one_seals() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let acta = object_key("acta");
    let data_key = SecretKey::random();
    let old = keyring.wrap_data_key(&data_key, &place(&acta)).unwrap();
    let rotated = keyring.rotate(&root_key(7)).unwrap();
    let new = keyring.wrap_data_key(&data_key, &place(&acta)).unwrap();
    assert_eq!(
        (old.by().version, new.by().version),
        (KeyVersion(1), KeyVersion(2))
    );
    assert_eq!(rotated, new.by());
    for keyring in [&keyring, &open(folder.path()).unwrap()] {
        assert_eq!(keyring.active(), Some(rotated));
        for wrapped in [&old, &new] {
            assert!(keyring.unwrap_data_key(wrapped, &place(&acta)).unwrap() == data_key);
        }
    }
    // Saying that the old version wrapped it does not make it open.
    let mut bytes = new.as_bytes().to_vec();
    bytes[6] = 1;
    let moved = WrappedDataKey::from_bytes(&bytes).unwrap();
    let refusal = keyring.unwrap_data_key(&moved, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::Refused(_))));
    bytes[6] = 9;
    let unknown = WrappedDataKey::from_bytes(&bytes).unwrap();
    let refusal = keyring.unwrap_data_key(&unknown, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::UnknownVersion(_))));
}

#[test]
fn a_destroyed_version_says_so_and_takes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let acta = object_key("acta");
    let wrapped = keyring
        .wrap_data_key(&SecretKey::random(), &place(&acta))
        .unwrap();
    let mut contents = keyring.contents.lock().unwrap().clone();
    contents.agency_keys[0].versions[0].state = StateOnDisk::Destroyed;
    contents.agency_keys[0].versions[0].wrapped_key = None;
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, disk::render(&contents, keyring.database_key())).unwrap();

    let reopened = open(folder.path()).unwrap();
    let refusal = reopened.unwrap_data_key(&wrapped, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::Destroyed(by)) if by == wrapped.by()));
    let refusal = reopened
        .wrap_data_key(&SecretKey::random(), &place(&acta))
        .err();
    assert!(matches!(refusal, Some(Error::NoActiveVersion)));
    assert!(reopened.database_key() == keyring.database_key());
}

#[test]
fn files_that_were_changed_or_moved_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path(), "registro-civil");
    let path = folder.path().join(FILE_NAME);
    let text = fs::read_to_string(&path).unwrap();
    let refusal = |text: &str| {
        fs::write(&path, text).unwrap();
        open(folder.path()).err()
    };
    assert!(refusal(&text).is_none());
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refusal(&text.replacen(from, to, 1)).unwrap()
    };
    let is_damaged = |e: Error| matches!(e, Error::KeyringDamaged { .. });
    assert!(is_damaged(changed("\"default\"", "\"defaulu\"")));
    assert!(is_damaged(changed("\"active\"", "\"retired\"")));
    assert!(is_damaged(changed("\"mac\": \"", "\"mac\": \"0")));
    assert!(is_damaged(changed("\"check\": \"", "\"check\": \"0")));
    assert!(matches!(
        changed("QWER2", "QWER3"),
        Error::RootKeyRefused(_)
    ));
    assert!(matches!(
        changed("registro-civil", "registro-civim"),
        Error::KeyringElsewhere { .. }
    ));
    assert!(matches!(
        changed("\"format\": 1", "\"format\": 2"),
        Error::KeyringFormat { format: 2, .. }
    ));
    assert!(matches!(changed("{", "["), Error::KeyringSyntax { .. }));
    assert!(matches!(
        changed("\"name\"", "\"nome\""),
        Error::KeyringSyntax { .. }
    ));
    let long = text.clone() + &" ".repeat(1 << 20);
    assert!(matches!(refusal(&long), Some(Error::KeyringLength { .. })));
    fs::write(&path, &text).unwrap();
    let other = Keyring::open(folder.path(), &agency("registro-civil"), &root_key(8));
    assert!(matches!(other.err(), Some(Error::RootKeyRefused(_))));
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        open(folder.path()).err(),
        Some(Error::Missing { .. })
    ));
}
