//! Agency keys are made, rotated, retired and destroyed: what the keyring is to hold changes here,
//! with the entry of who asked for it; the keyring follows, at the latest when it is next opened.

use super::super::codec::{Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::queries::{AGENCY_KEY, read_agency_key};
use super::super::records::{AgencyKeyRecord, DestructionRequest, RewrapPhase};
use super::super::schema::OfAgency;
use super::super::versions::may_lose_key;
use crate::access::lock::Release;
use crate::types::agency_key::{AgencyKeyNumber, KeyOrder, KeyState};
use crate::types::clock::Time;
use crate::types::ids::KeyVersion;
use crate::types::limits;
use crate::types::names::KeyName;

/// Makes an agency key. Refused with [`Error::AgencyKeyExists`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct CreateAgencyKey {
    /// Its name.
    pub name: KeyName,
    /// When.
    pub created: Time,
}

impl Command for CreateAgencyKey {
    type On = OfAgency;
    type Output = AgencyKeyRecord;

    fn apply(&self, tx: &Tx<'_>) -> Result<AgencyKeyRecord, Error> {
        if find(tx, &self.name)?.is_some() {
            return Err(Error::AgencyKeyExists);
        }
        let newest = tx.first(
            "SELECT number FROM agency_keys ORDER BY number DESC LIMIT 1",
            [],
            |row| column::<AgencyKeyNumber>(row, 0),
        )?;
        let newest = newest.unwrap_or(AgencyKeyNumber::DEFAULT);
        if usize::from(newest.0) >= limits::AGENCY_KEYS_MAX {
            return Err(Error::LimitReached(Limited::AgencyKeys));
        }
        let record = AgencyKeyRecord {
            order: KeyOrder {
                number: AgencyKeyNumber(newest.0.saturating_add(1)),
                name: self.name.clone(),
                state: KeyState::Active,
                oldest: KeyVersion(1),
                newest: KeyVersion(1),
            },
            is_settled: false,
            created: Some(self.created),
            destruction: None,
            was_retired: false,
        };
        store(tx, &record)?;
        Ok(record)
    }
}

/// What is to become of an agency key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyChange {
    /// A new version seals from now on; the old ones open.
    Rotate,
    /// The versions that nothing needs any more, once the rewrapping has found none.
    DestroyOldVersions,
    /// It seals nothing any more.
    Retire,
    /// The first half of its destruction: it seals nothing any more.
    RequestDestruction(DestructionRequest),
    /// It is not destroyed after all, and seals again if it did before.
    CancelDestruction,
    /// The second half, by another person of another hand.
    ConfirmDestruction {
        /// Who confirms.
        by: String,
        /// In whose hand that person is.
        hand: String,
    },
}

/// Changes an agency key. Refused with [`Error::NoSuchAgencyKey`], [`Error::AgencyKeyState`],
/// [`Error::DefaultAgencyKey`] or [`Error::SamePerson`], or with [`Error::Locked`] if it would
/// destroy a locked version.
#[derive(Clone, Debug)]
pub struct ChangeAgencyKey {
    /// Which.
    pub name: KeyName,
    /// How.
    pub change: KeyChange,
    /// What the locks of what it seals are judged by.
    pub release: Release,
}

impl Command for ChangeAgencyKey {
    type On = OfAgency;
    type Output = AgencyKeyRecord;

    fn apply(&self, tx: &Tx<'_>) -> Result<AgencyKeyRecord, Error> {
        let mut record = find(tx, &self.name)?.ok_or(Error::NoSuchAgencyKey)?;
        self.change.check(&record)?;
        if self.change == KeyChange::DestroyOldVersions {
            ensure_rewrapped(tx, &record.order)?;
        }
        if self.change.destroys() {
            may_lose_key(tx, record.order.number, &self.release)?;
        }
        self.change.make(&mut record);
        if self.change == KeyChange::Rotate {
            tx.execute(
                "INSERT OR REPLACE INTO rewraps (number, version) VALUES (?1, ?2)",
                (Sql(record.order.number), Sql(record.order.newest)),
            )?;
        }
        record.is_settled = false;
        store(tx, &record)?;
        Ok(record)
    }
}

/// Refuses unless the rewrapping of the newest version has looked at everything and found nothing
/// under an older one.
fn ensure_rewrapped(tx: &Tx<'_>, order: &KeyOrder) -> Result<(), Error> {
    let done = tx.first(
        "SELECT 1 FROM rewraps WHERE number = ?1 AND version = ?2 AND phase = ?3",
        (Sql(order.number), Sql(order.newest), Sql(RewrapPhase::Done)),
        |_| Ok(()),
    )?;
    done.ok_or(Error::AgencyKeyInUse)
}

impl KeyChange {
    /// Whether what the key seals is lost by this. Its request counts: nobody is to wait for a
    /// second person in vain.
    const fn destroys(&self) -> bool {
        match self {
            Self::RequestDestruction(_) | Self::ConfirmDestruction { .. } => true,
            Self::Rotate | Self::DestroyOldVersions | Self::Retire | Self::CancelDestruction => {
                false
            }
        }
    }

    fn check(&self, record: &AgencyKeyRecord) -> Result<(), Error> {
        let is_default = record.order.number == AgencyKeyNumber::DEFAULT;
        if is_default && !matches!(self, Self::Rotate | Self::DestroyOldVersions) {
            // What names no other key would find none to be sealed under.
            return Err(Error::DefaultAgencyKey);
        }
        let is_asked = record.destruction.is_some();
        let fits = match (self, record.order.state) {
            (_, KeyState::Destroyed) => false,
            (Self::Rotate | Self::Retire | Self::DestroyOldVersions, KeyState::Active) => true,
            (Self::Rotate | Self::Retire | Self::DestroyOldVersions, KeyState::Retired) => false,
            (Self::RequestDestruction(_), KeyState::Active | KeyState::Retired) => !is_asked,
            (Self::CancelDestruction | Self::ConfirmDestruction { .. }, _) => is_asked,
        };
        if !fits {
            return Err(Error::AgencyKeyState);
        }
        match (self, &record.destruction) {
            (Self::ConfirmDestruction { by, hand }, Some(request))
                if *by == request.by || *hand == request.hand =>
            {
                Err(Error::SamePerson)
            }
            _ => Ok(()),
        }
    }

    fn make(&self, record: &mut AgencyKeyRecord) {
        let order = &mut record.order;
        match self {
            Self::Rotate => order.newest = KeyVersion(order.newest.0.saturating_add(1)),
            Self::DestroyOldVersions => order.oldest = order.newest,
            Self::Retire => order.state = KeyState::Retired,
            Self::RequestDestruction(request) => {
                record.was_retired = order.state == KeyState::Retired;
                order.state = KeyState::Retired;
                record.destruction = Some(request.clone());
            }
            Self::CancelDestruction => {
                if !record.was_retired {
                    order.state = KeyState::Active;
                }
                record.destruction = None;
            }
            Self::ConfirmDestruction { .. } => order.state = KeyState::Destroyed,
        }
    }
}

/// The keyring holds what was wanted of a key; left alone if something else is wanted by now.
#[derive(Clone, Debug)]
pub struct SettleAgencyKey {
    /// What it holds.
    pub order: KeyOrder,
}

impl Command for SettleAgencyKey {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let Some(mut record) = find(tx, &self.order.name)? else {
            return Ok(());
        };
        if record.order == self.order {
            record.is_settled = true;
            store(tx, &record)?;
        }
        Ok(())
    }
}

fn find(tx: &Tx<'_>, name: &KeyName) -> Result<Option<AgencyKeyRecord>, Error> {
    tx.first(AGENCY_KEY, [Sql(name)], read_agency_key)
}

fn store(tx: &Tx<'_>, record: &AgencyKeyRecord) -> Result<(), Error> {
    let AgencyKeyRecord {
        order,
        is_settled,
        created,
        destruction,
        was_retired,
    } = record;
    tx.execute(
        "INSERT OR REPLACE INTO agency_keys (number, name, state, oldest_version, newest_version,
             is_settled, created_ms, destruction_by, destruction_ms, destruction_hand,
             was_retired)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            Sql(order.number),
            Sql(&order.name),
            Sql(order.state),
            Sql(order.oldest),
            Sql(order.newest),
            is_settled,
            created.map(Sql),
            destruction.as_ref().map(|request| request.by.as_str()),
            destruction.as_ref().map(|request| Sql(request.at)),
            destruction.as_ref().map(|request| request.hand.as_str()),
            was_retired,
        ),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::Index;
    use super::super::super::fixture::{Place, at, bucket, entry, new_version, put, release};
    use super::super::super::records::{Encryption, KeyEncryption, NewVersion, Versioning};
    use super::{ChangeAgencyKey, Command, CreateAgencyKey, DestructionRequest, Error, KeyChange};
    use super::{KeyName, KeyState, OfAgency, Tx};
    use crate::types::ids::VersionId;
    use crate::types::lock::{LegalHold, Lock, LockMode, Retention};

    /// Overwrites the lock of every version with bytes, as a fault would.
    struct Spoil(Option<&'static [u8]>);

    impl Command for Spoil {
        type On = OfAgency;
        type Output = ();

        fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
            tx.execute("UPDATE details SET lock = ?1", [self.0])?;
            Ok(())
        }
    }

    fn name() -> KeyName {
        KeyName::parse("nominas").unwrap()
    }

    async fn make_key(index: &Index) -> Encryption {
        let create = CreateAgencyKey {
            name: name(),
            created: at(1),
        };
        let made = index.commit(create, entry()).await.unwrap();
        Encryption::Key(KeyEncryption {
            number: made.order.number,
            name: name(),
            context: None,
            bucket_key: false,
        })
    }

    fn change(change: KeyChange) -> ChangeAgencyKey {
        ChangeAgencyKey {
            name: name(),
            change,
            release: release(),
        }
    }

    fn request() -> ChangeAgencyKey {
        change(KeyChange::RequestDestruction(DestructionRequest {
            by: "una".to_owned(),
            hand: "una".to_owned(),
            at: at(2),
        }))
    }

    fn version(number: u64, lock: Lock, encryption: &Encryption) -> NewVersion {
        NewVersion {
            lock,
            encryption: encryption.clone(),
            ..new_version(VersionId::Null, number)
        }
    }

    fn until(mode: LockMode, second: i64) -> Lock {
        let until = at(second);
        Lock {
            retention: Some(Retention { mode, until }),
            legal_hold: None,
        }
    }

    fn held(hold: LegalHold) -> Lock {
        Lock {
            legal_hold: Some(hold),
            ..until(LockMode::Compliance, 1_999)
        }
    }

    /// Locks are judged at second 2,000.
    #[tokio::test]
    async fn a_key_is_destroyed_once_no_lock_is_in_force() {
        let place = Place::new();
        let index = place.index();
        let actas = bucket(&index, "actas", Versioning::Off).await;
        let encryption = make_key(&index).await;
        for (number, lock, is_free) in [
            (10, until(LockMode::Governance, 2_001), false),
            (11, until(LockMode::Compliance, 2_001), false),
            (12, held(LegalHold::On), false),
            (13, until(LockMode::Governance, 2_000), true),
            (14, held(LegalHold::Off), true),
            (15, Lock::NONE, true),
        ] {
            let version = version(number, lock, &encryption);
            let stored = put(&actas, &format!("a{number}"), version);
            index.commit(stored, entry()).await.unwrap();
            let asked = index.commit(request(), entry()).await;
            match asked {
                Ok(_) => {
                    let cancel = change(KeyChange::CancelDestruction);
                    index.commit(cancel, entry()).await.unwrap();
                }
                Err(ref error) => assert!(matches!(error, Error::Locked), "{error:?}"),
            }
            assert_eq!(asked.is_ok(), is_free, "{lock:?}");
            // The next one is looked at alone.
            index.commit(Spoil(None), entry()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_key_stays_while_a_lock_is_unreadable() {
        let place = Place::new();
        let index = place.index();
        let actas = bucket(&index, "actas", Versioning::Off).await;
        let encryption = make_key(&index).await;
        let sealed = put(&actas, "a", version(1, Lock::NONE, &encryption));
        index.commit(sealed, entry()).await.unwrap();
        index.commit(request(), entry()).await.unwrap();
        index.commit(Spoil(Some(b"?")), entry()).await.unwrap();
        let confirm = || {
            change(KeyChange::ConfirmDestruction {
                by: "otra".to_owned(),
                hand: "otra".to_owned(),
            })
        };
        let refused = index.commit(confirm(), entry()).await;
        assert!(matches!(refused, Err(Error::Locked)), "{refused:?}");
        index.commit(Spoil(None), entry()).await.unwrap();
        // What another key seals does not count.
        let other = version(2, held(LegalHold::On), &Encryption::Default);
        index
            .commit(put(&actas, "b", other), entry())
            .await
            .unwrap();
        let gone = index.commit(confirm(), entry()).await.unwrap();
        assert_eq!(gone.order.state, KeyState::Destroyed);
    }
}
