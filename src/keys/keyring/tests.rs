//! The keyring, its file, and what must not unwrap.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use super::{FILE_NAME, Keyring};
use crate::crypto::secret::SecretKey;
use crate::crypto::secret::SecretText;
use crate::keys::customer::CustomerKey;
use crate::keys::data_key::{Form, Place, PlaceAt, WrappedDataKey};
use crate::keys::error::Error;
use crate::keys::root::EnvRootKey;
use crate::types::agency_key::{AgencyKeyNumber, KeyOrder, KeyState};
use crate::types::encoding;
use crate::types::ids::{AgencyCode, BucketId, KeyVersion, PartNumber, UploadNumber, VersionId};
use crate::types::limits;
use crate::types::names::{AgencyId, KeyName, ObjectKey};

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
        context: None,
    }
}

const DEFAULT: AgencyKeyNumber = AgencyKeyNumber::DEFAULT;

fn wrap(keyring: &Keyring, data_key: &SecretKey, place: &Place<'_>) -> WrappedDataKey {
    let wrapped = keyring.wrap_data_key(data_key, place, DEFAULT, None);
    WrappedDataKey::from_bytes(&wrapped.unwrap().into_bytes()).unwrap()
}

fn unwrap(
    keyring: &Keyring,
    wrapped: &WrappedDataKey,
    place: &Place<'_>,
) -> Result<SecretKey, Error> {
    keyring.unwrap_data_key(wrapped, place, None)
}

fn order(number: u16, name: &str, state: KeyState, versions: RangeInclusive<u32>) -> KeyOrder {
    KeyOrder {
        number: AgencyKeyNumber(number),
        name: KeyName::parse(name).unwrap(),
        state,
        oldest: KeyVersion(*versions.start()),
        newest: KeyVersion(*versions.end()),
    }
}

fn settle(keyring: &Keyring, order: &KeyOrder) {
    keyring.settle(&root_key(7), order).unwrap();
}

#[test]
fn a_keyring_reopens_with_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("agencies/registro-civil");
    let keyring = create(&directory, "registro-civil");
    let object_key = object_key("acta");
    let data_key = SecretKey::random();
    let wrapped = wrap(&keyring, &data_key, &place(&object_key));

    let reopened = open(&directory).unwrap();
    assert!(unwrap(&reopened, &wrapped, &place(&object_key)).unwrap() == data_key);
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
    let wrapped = wrap(&keyring, &data_key, &place);
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
        Place {
            context: Some("{}"),
            ..place
        },
    ];
    for place in elsewhere {
        let refusal = unwrap(&keyring, &wrapped, &place).err();
        assert!(matches!(refusal, Some(Error::Refused(_))), "{place:?}");
    }
    let stored = wrapped.into_bytes();
    for at in 0..stored.len() {
        let mut bytes = stored.clone();
        bytes[at] ^= 1;
        let opened = WrappedDataKey::from_bytes(&bytes)
            .and_then(|wrapped| unwrap(&keyring, &wrapped, &place));
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
    let keyring = create(folder.path(), "registro-civil");
    let by = keyring.active(DEFAULT).unwrap();
    let (upload, number) = (UploadNumber(5), PartNumber::new(1).unwrap());
    let part = Place {
        at: PlaceAt::Part(upload, number),
        ..place(&acta)
    };
    let null = Place {
        at: PlaceAt::Version(&VersionId::Null),
        ..place(&acta)
    };
    let [empty, other] = ["{}", "{\"a\":\"b\"}"].map(|context| Place {
        context: Some(context),
        ..place(&acta)
    });
    let mut rendered = std::collections::HashSet::new();
    for name in ["registro-civil", "registro"].map(agency) {
        for place in [place(&acta), place(&long), part, null, empty, other] {
            let forms = [Form::Agency, Form::Customer];
            rendered.extend(forms.map(|form| place.render(&name, form, by)));
            rendered.insert(place.render_for_customer(&name));
        }
    }
    assert_eq!(rendered.len(), 2 * 6 * 3);
}

#[test]
fn after_a_rotation_the_old_version_opens_and_the_new_one_seals() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let acta = object_key("acta");
    let data_key = SecretKey::random();
    let old = wrap(&keyring, &data_key, &place(&acta));
    settle(&keyring, &order(1, "default", KeyState::Active, 1..=2));
    let new = wrap(&keyring, &data_key, &place(&acta));
    assert_eq!(
        (old.by().version, new.by().version),
        (KeyVersion(1), KeyVersion(2))
    );
    let again = keyring.rewrap_data_key(&old, &place(&acta)).unwrap();
    let again = again.unwrap();
    assert_eq!(again.by(), new.by());
    assert_eq!(keyring.rewrap_data_key(&new, &place(&acta)).unwrap(), None);
    for keyring in [&keyring, &open(folder.path()).unwrap()] {
        assert_eq!(keyring.active(DEFAULT), Some(new.by()));
        for wrapped in [&old, &new, &again] {
            assert!(unwrap(keyring, wrapped, &place(&acta)).unwrap() == data_key);
        }
    }
    // Saying that the old version wrapped it does not make it open.
    let mut bytes = new.into_bytes();
    bytes[6] = 1;
    let moved = WrappedDataKey::from_bytes(&bytes).unwrap();
    let refusal = unwrap(&keyring, &moved, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::Refused(_))));
    bytes[6] = 9;
    let unknown = WrappedDataKey::from_bytes(&bytes).unwrap();
    let refusal = unwrap(&keyring, &unknown, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::UnknownVersion(_))));
    settle(&keyring, &order(1, "default", KeyState::Active, 2..=2));
    let refusal = unwrap(&keyring, &old, &place(&acta)).err();
    assert!(matches!(refusal, Some(Error::Destroyed(by)) if by == old.by()));
    assert!(unwrap(&keyring, &again, &place(&acta)).unwrap() == data_key);
}

#[test]
fn a_destroyed_key_says_so_and_takes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let acta = object_key("acta");
    let number = AgencyKeyNumber(2);
    let data_key = SecretKey::random();
    let ours = wrap(&keyring, &data_key, &place(&acta));
    let wrap_by = |keyring: &Keyring| keyring.wrap_data_key(&data_key, &place(&acta), number, None);
    assert!(wrap_by(&keyring).is_err(), "there is no such key yet");
    let active = order(2, "nominas", KeyState::Active, 1..=1);
    settle(&keyring, &active);
    settle(&keyring, &active);
    let wrapped = wrap_by(&keyring).unwrap();
    assert!(matches!(
        unwrap(&keyring, &wrapped, &place(&object_key("actb"))).err(),
        Some(Error::Refused(_))
    ));
    let name = KeyName::parse("nominas").unwrap();
    let states = [
        (KeyState::Retired, true),
        (KeyState::Active, true),
        (KeyState::Destroyed, false),
        // What is gone does not come back by being wanted.
        (KeyState::Active, false),
    ];
    for (state, opens) in states {
        settle(&keyring, &order(2, "nominas", state, 1..=1));
        let reopened = open(folder.path()).unwrap();
        for keyring in [&keyring, &reopened] {
            let is_active = state == KeyState::Active && opens;
            assert_eq!(wrap_by(keyring).is_ok(), is_active, "{state:?}");
            let opened = unwrap(keyring, &wrapped, &place(&acta));
            match opens {
                true => assert!(opened.unwrap() == data_key),
                false => {
                    let refusal = opened.err();
                    assert!(matches!(refusal, Some(Error::Destroyed(by)) if by == wrapped.by()));
                }
            }
            assert!(unwrap(keyring, &ours, &place(&acta)).unwrap() == data_key);
        }
        let expected = if opens { state } else { KeyState::Destroyed };
        assert_eq!(reopened.key_named(&name), Some((number, expected)));
    }
    assert!(open(folder.path()).unwrap().database_key() == keyring.database_key());
}

#[test]
fn a_customers_key_is_needed_beside_the_agencys() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let acta = object_key("acta");
    let data_key = SecretKey::random();
    let [customer, other] = [1, 2].map(|byte| CustomerKey::new(SecretKey::new([byte; 32])));
    let wrapped = keyring.wrap_data_key(&data_key, &place(&acta), DEFAULT, Some(&customer));
    let wrapped = wrapped.unwrap();
    settle(&keyring, &order(1, "default", KeyState::Active, 1..=2));
    let rewrapped = keyring.rewrap_data_key(&wrapped, &place(&acta)).unwrap();
    for wrapped in [wrapped, rewrapped.unwrap()] {
        let unwrap = |place: &Place<'_>, customer: Option<&CustomerKey>| {
            keyring.unwrap_data_key(&wrapped, place, customer)
        };
        assert!(unwrap(&place(&acta), Some(&customer)).unwrap() == data_key);
        let missing = unwrap(&place(&acta), None).err();
        assert!(matches!(missing, Some(Error::CustomerKeyMissing)));
        for refusal in [
            unwrap(&place(&acta), Some(&other)),
            unwrap(&place(&object_key("actb")), Some(&customer)),
        ] {
            assert!(matches!(refusal.err(), Some(Error::Refused(_))));
        }
        let stored = wrapped.clone().into_bytes();
        for at in 0..stored.len() {
            let mut bytes = stored.clone();
            bytes[at] ^= 1;
            let opened = WrappedDataKey::from_bytes(&bytes)
                .and_then(|w| keyring.unwrap_data_key(&w, &place(&acta), Some(&customer)));
            assert!(opened.is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_keyring_has_room_for_so_many_versions() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = create(folder.path(), "registro-civil");
    let newest = u32::try_from(limits::KEY_VERSIONS_MAX).unwrap();
    let (most, more) = (1..=newest, 1..=newest + 1);
    let refused = keyring.settle(&root_key(7), &order(1, "default", KeyState::Active, more));
    assert!(matches!(refused.err(), Some(Error::TooManyVersions)));
    assert!(
        open(folder.path())
            .unwrap()
            .active(DEFAULT)
            .unwrap()
            .version
            == KeyVersion(1)
    );
    settle(&keyring, &order(1, "default", KeyState::Active, most));
    let bytes = fs::metadata(folder.path().join(FILE_NAME)).unwrap().len();
    assert!(bytes * 2 <= limits::KEYRING_BYTES_MAX, "{bytes}");
    open(folder.path()).unwrap();
}

/// Every keyring that a release has written opens with every later one: keys with one and more
/// versions, retired and destroyed ones, and the data keys that they wrapped.
#[test]
fn the_golden_keyring_opens() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = tempfile::tempdir().unwrap();
    let (file, wrapped) = (
        golden.join("keyring-v1.json"),
        golden.join("data-keys-v1.txt"),
    );
    fs::copy(&file, folder.path().join(FILE_NAME)).unwrap();
    let keyring = open(folder.path()).unwrap();
    let customer = CustomerKey::new(SecretKey::new([9; 32]));
    let acta = object_key("acta");
    let lines = fs::read_to_string(wrapped).unwrap();
    let opened = lines.lines().map(|line| {
        let bytes = encoding::parse_base64(line).unwrap();
        let wrapped = WrappedDataKey::from_bytes(&bytes).unwrap();
        let place = golden_place(&acta, wrapped.form());
        match keyring.unwrap_data_key(&wrapped, &place, Some(&customer)) {
            Ok(data_key) => data_key.expose()[0].to_string(),
            Err(error) => error.to_string(),
        }
    });
    let expected = ["1", "2", "3", "4", "agency key 4/1 has been destroyed"];
    assert_eq!(opened.collect::<Vec<_>>(), expected);
    let named = |name| keyring.key_named(&KeyName::parse(name).unwrap());
    assert_eq!(
        named("nominas"),
        Some((AgencyKeyNumber(2), KeyState::Active))
    );
    assert_eq!(
        named("becas"),
        Some((AgencyKeyNumber(3), KeyState::Retired))
    );
    assert_eq!(
        named("bajas"),
        Some((AgencyKeyNumber(4), KeyState::Destroyed))
    );
}

fn golden_place(object_key: &ObjectKey, form: Form) -> Place<'_> {
    Place {
        context: (form == Form::Agency).then_some("{\"serie\":\"7\"}"),
        ..place(object_key)
    }
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
    let long = text.clone() + &" ".repeat(2 << 20);
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
