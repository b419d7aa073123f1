//! The agencies of the installation, opened when first used.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use crate::audit::entry::Draft;
use crate::audit::ledger::Ledger;
use crate::audit::ledger::Log;
use crate::audit::ledger::ReadsMode;
use crate::blobs::store::BlobStore;
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::keys;
use crate::keys::keyring::Keyring;
use crate::keys::root::RootKey;
use crate::meta;
use crate::meta::Catalog;
use crate::meta::Index;
use crate::meta::OfAgency;
use crate::meta::commands::CreateAgency;
use crate::meta::commands::SetAgencyState;
use crate::meta::records::AgencyRecord;
use crate::meta::records::AgencyState;
use crate::types::clock::Clock;
use crate::types::ids::AccessKeyId;
use crate::types::ids::AgencyCode;
use crate::types::ids::BASE32;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::Committed;
use super::credentials::Credentials;
use super::error::Error;
use super::grants::Grants;
use super::recent::Recent;
use super::recent::Subject;
use super::revocations::Revocations;
use super::roles::Directory;
use super::sessions::Sessions;
use super::trusted::TrustedClock;

/// What the store is made of; handed in by `server`.
pub struct Parts {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The installation's database.
    pub catalog: Catalog,
    /// The key that seals the bodies of the installation's log.
    pub installation_audit_key: SecretKey,
    /// Wraps everything below it.
    pub root_key: Arc<dyn RootKey>,
    /// Where blobs live.
    pub blobs: BlobStore,
    /// The time.
    pub clock: Clock,
    /// When entries of reads must be durable.
    pub reads: ReadsMode,
    /// How databases are opened.
    pub index_settings: meta::Settings,
}

/// The store: all agencies of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Inner>);

pub(super) struct Inner {
    data_dir: PathBuf,
    pub(super) catalog: Catalog,
    pub(super) ledger: Ledger,
    pub(super) root_key: Arc<dyn RootKey>,
    pub(super) blobs: BlobStore,
    pub(super) clock: Clock,
    reads: ReadsMode,
    index_settings: meta::Settings,
    /// Guards what is known of each agency; held for look-ups and insertions only.
    pub(super) registry: RwLock<Registry>,
    /// Held while an agency is opened or made, so that it is opened once.
    pub(super) opening: tokio::sync::Mutex<()>,
}

#[derive(Default)]
pub(super) struct Registry {
    pub(super) agencies: HashMap<AgencyId, Known>,
    codes: HashMap<AgencyCode, AgencyId>,
}

impl Registry {
    fn add(&mut self, record: &AgencyRecord, open: Option<Arc<Agency>>) {
        self.codes
            .insert(record.code.clone(), record.agency.clone());
        self.agencies.insert(
            record.agency.clone(),
            Known {
                state: record.state,
                trusted: open.as_ref().map(|open| Arc::clone(&open.trusted)),
                open,
            },
        );
    }
}

pub(super) struct Known {
    state: AgencyState,
    pub(super) open: Option<Arc<Agency>>,
    /// Goes on while the agency is closed.
    trusted: Option<Arc<TrustedClock>>,
}

/// An agency that is open in this process: nothing in it belongs to another one. On behalf of
/// another one it is opened through a grant alone, which names its purpose and stands in the
/// permit (law 3).
pub(super) struct Agency {
    pub(super) id: AgencyId,
    pub(super) keyring: Keyring,
    pub(super) index: Index,
    pub(super) ledger: Ledger,
    pub(super) credentials: Credentials,
    pub(super) recent: Arc<Recent>,
    /// What retention is compared with.
    pub(super) trusted: Arc<TrustedClock>,
    pub(super) sessions: Sessions,
    pub(super) revocations: Revocations,
    pub(super) directory: Directory,
    pub(super) grants: Grants,
    /// Held while its keys are changed, so that the keyring follows the index in order.
    pub(super) changing_keys: Arc<tokio::sync::Mutex<()>>,
    /// Read while a data key is wrapped and committed; written by whoever destroys a key, to wait
    /// for those that were wrapped before.
    pub(super) sealing_now: tokio::sync::RwLock<()>,
}

impl Agency {
    /// Commits a change of what may be kept in memory, together with its entry.
    ///
    /// Cancel safety: dropping the future changes nothing; commit and bookkeeping finish without
    /// it.
    pub(super) async fn change<C: meta::Command<On = OfAgency>>(
        &self,
        subject: &Subject,
        command: C,
        draft: &Draft<'_>,
    ) -> Result<C::Output, Error> {
        let entry = Some(self.ledger.entry(draft));
        let announced = self.recent.begin(subject);
        Ok(self.index.commit_holding(command, entry, announced).await?)
    }

    /// Commits a change that nobody asked for: the bookkeeping of a job.
    ///
    /// Cancel safety: as [`Agency::change`].
    pub(super) async fn change_unrecorded<C: meta::Command<On = OfAgency>>(
        &self,
        subject: Option<&Subject>,
        command: C,
    ) -> Result<C::Output, Error> {
        let announced = subject.map(|subject| self.recent.begin(subject));
        Ok(self.index.commit_holding(command, None, announced).await?)
    }
}

impl Store {
    /// The store over an open catalog. No agency is opened yet.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let agencies = parts.catalog.read(|reader| reader.agencies())?;
        let mut registry = Registry::default();
        for record in &agencies {
            registry.add(record, None);
        }
        let log = Log::Installation(parts.catalog.clone());
        Ok(Self(Arc::new(Inner {
            registry: RwLock::new(registry),
            ledger: Ledger::new(log, &parts.installation_audit_key, parts.reads),
            data_dir: parts.data_dir,
            catalog: parts.catalog,
            root_key: parts.root_key,
            blobs: parts.blobs,
            clock: parts.clock,
            reads: parts.reads,
            index_settings: parts.index_settings,
            opening: tokio::sync::Mutex::new(()),
        })))
    }

    /// Every agency, by name.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn agencies(&self) -> Result<Vec<AgencyRecord>, Error> {
        Ok(self.0.catalog.read(|reader| reader.agencies())?)
    }

    /// The agency that a code names.
    pub(super) fn agency_of_code(&self, code: &AgencyCode) -> Option<AgencyId> {
        self.0
            .registry
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .codes
            .get(code)
            .cloned()
    }

    /// The agency that made an access key, whether or not there is such a key.
    pub fn agency_of_key(&self, id: &AccessKeyId) -> Option<AgencyId> {
        self.agency_of_code(&id.agency_code())
    }

    /// The agency of an installation that has one only.
    pub fn only_agency(&self) -> Option<AgencyId> {
        let registry = self.registry();
        let mut agencies = registry.agencies.keys();
        let only = agencies.next()?;
        agencies.next().is_none().then(|| only.clone())
    }

    /// Refuses an agency that is unknown.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`].
    pub fn ensure_known(&self, agency: &AgencyId) -> Result<(), Error> {
        self.known(agency).map(drop)
    }

    /// Refuses an agency that is unknown or suspended.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], [`Error::AgencySuspended`].
    pub async fn ensure_active(&self, agency: &AgencyId) -> Result<(), Error> {
        self.agency(agency).await.map(drop)
    }

    /// An agency in use; opened now if it is not yet.
    pub(super) async fn agency(&self, agency: &AgencyId) -> Result<Arc<Agency>, Error> {
        match self.known(agency)? {
            (AgencyState::Suspended, _) => Err(Error::AgencySuspended),
            (AgencyState::Active, Some(open)) => Ok(open),
            (AgencyState::Active, None) => self.open(agency).await,
        }
    }

    /// An agency whatever its state, for its administration.
    pub(super) async fn agency_of_any_state(
        &self,
        agency: &AgencyId,
    ) -> Result<Arc<Agency>, Error> {
        match self.known(agency)? {
            (_, Some(open)) => Ok(open),
            (_, None) => self.open(agency).await,
        }
    }

    pub(super) fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        let registry = &self.0.registry;
        registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known(
        &self,
        agency: &AgencyId,
    ) -> Result<(AgencyState, Option<Arc<Agency>>), Error> {
        let registry = self.registry();
        let known = registry.agencies.get(agency).ok_or(Error::NoSuchAgency)?;
        Ok((known.state, known.open.clone()))
    }

    async fn open(&self, agency: &AgencyId) -> Result<Arc<Agency>, Error> {
        let _opening = self.0.opening.lock().await;
        if let (_, Some(open)) = self.known(agency)? {
            return Ok(open);
        }
        let trusted = {
            let registry = self.registry();
            let known = registry.agencies.get(agency);
            known.and_then(|known| known.trusted.clone())
        };
        let (inner, id) = (Arc::clone(&self.0), agency.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let directory = inner.directory(&id);
            let keyring = Keyring::open(&directory, &id, &*inner.root_key).map_err(Error::Keys)?;
            inner.assemble(id, keyring, trusted)
        });
        let opened = Arc::new(opened.await.map_err(|_| Error::Stopping)??);
        self.settle_keys(&opened).await?;
        let lag_seconds = opened.trusted.lag_seconds();
        if lag_seconds > limits::CLOCK_CREDIT_SECONDS_MAX {
            tracing::warn!(
                agency = %opened.id,
                lag_seconds,
                "retention ends later by this, for nobody vouches for the clock's jump"
            );
        }
        // Before anybody can use what was caught up: a restart gives nothing away.
        opened.keep_trusted_time().await?;
        self.remember(agency, |known| {
            known.open = Some(Arc::clone(&opened));
            known.trusted = Some(Arc::clone(&opened.trusted));
        });
        Ok(opened)
    }

    fn remember(&self, agency: &AgencyId, change: impl FnOnce(&mut Known)) {
        let mut registry = self
            .0
            .registry
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = registry.agencies.get_mut(agency) {
            change(known);
        }
    }

    /// Makes an agency: its directory, its keys, its database, and last its row in the catalog. A
    /// directory that is there already, left by a crash before the row or brought from another
    /// server, is taken over if the root key opens it.
    ///
    /// # Errors
    /// [`meta::Error::AgencyExists`]; a keyring that does not open.
    pub async fn create_agency(
        &self,
        agency: &AgencyId,
        draft: &Draft<'_>,
    ) -> Result<Committed<AgencyRecord>, Error> {
        let _opening = self.0.opening.lock().await;
        if self.known(agency).is_ok() {
            return Err(meta::Error::AgencyExists.into());
        }
        let (inner, id, code) = (Arc::clone(&self.0), agency.clone(), self.free_code()?);
        let made = tokio::task::spawn_blocking(move || {
            let directory = inner.directory(&id);
            let keyring = match Keyring::create(&directory, &id, &code, &*inner.root_key) {
                Err(keys::error::Error::Exists { .. }) => {
                    Keyring::open(&directory, &id, &*inner.root_key)
                }
                other => other,
            };
            inner.assemble(id, keyring.map_err(Error::Keys)?, None)
        });
        let opened = Arc::new(made.await.map_err(|_| Error::Stopping)??);
        self.settle_keys(&opened).await?;
        let record = AgencyRecord {
            agency: agency.clone(),
            code: opened.keyring.code().clone(),
            display_name: agency.as_str().to_owned(),
            state: AgencyState::Active,
            created: self.0.clock.now(),
        };
        let command = CreateAgency {
            agency: record.agency.clone(),
            code: record.code.clone(),
            display_name: record.display_name.clone(),
            created: record.created,
        };
        let committed = self.0.catalog.commit(command, self.0.ledger.entry(draft));
        let (store, made) = (self.clone(), record.clone());
        // A task of its own: what is committed holds even if the caller is gone.
        let adding = tokio::spawn(async move {
            committed.await?;
            let registry = &store.0.registry;
            let mut registry = registry.write().unwrap_or_else(PoisonError::into_inner);
            registry.add(&made, Some(opened));
            Ok::<_, meta::Error>(())
        });
        adding.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(record))
    }

    fn free_code(&self) -> Result<AgencyCode, Error> {
        for _ in 0..64 {
            let text = random::text(BASE32, AgencyCode::LENGTH);
            let Ok(code) = AgencyCode::parse(&text) else {
                continue;
            };
            if self.agency_of_code(&code).is_none() {
                return Ok(code);
            }
        }
        Err(Error::Limit("agency codes"))
    }

    /// Suspends an agency, or lets it be served again; in force when this returns.
    ///
    /// # Errors
    /// [`meta::Error::NoSuchAgency`].
    pub async fn set_agency_state(
        &self,
        agency: &AgencyId,
        state: AgencyState,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let command = SetAgencyState {
            agency: agency.clone(),
            state,
        };
        let committed = self.0.catalog.commit(command, self.0.ledger.entry(draft));
        let (store, agency) = (self.clone(), agency.clone());
        // A task of its own: what is committed holds even if the caller is gone.
        let changing = tokio::spawn(async move {
            committed.await?;
            store.remember(&agency, |known| known.state = state);
            Ok::<_, meta::Error>(())
        });
        changing.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(()))
    }

    /// Records a request that changed nothing: in its caller's agency's log, or in the
    /// installation's if there is no such caller.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub async fn record(&self, agency: Option<&AgencyId>, draft: &Draft<'_>) -> Result<(), Error> {
        match agency {
            Some(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                Ok(agency.ledger.record(draft).await?)
            }
            None => Ok(self.0.ledger.record(draft).await?),
        }
    }

    /// The clock of the house.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Whether every open log takes entries at present.
    pub fn is_writable(&self) -> bool {
        let registry = self.registry();
        let mut open = registry
            .agencies
            .values()
            .filter_map(|known| known.open.as_ref());
        self.0.catalog.is_writable() && open.all(|agency| agency.index.is_writable())
    }

    /// Writes what is queued and closes every database. Blocks until that is done.
    pub fn close(&self) {
        let mut registry = self
            .0
            .registry
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for agency in registry
            .agencies
            .values_mut()
            .filter_map(|known| known.open.take())
        {
            agency.close();
        }
        self.0.catalog.close();
    }
}

impl Inner {
    fn directory(&self, agency: &AgencyId) -> PathBuf {
        self.data_dir.join("agencies").join(agency.as_str())
    }

    fn assemble(
        &self,
        id: AgencyId,
        keyring: Keyring,
        trusted: Option<Arc<TrustedClock>>,
    ) -> Result<Agency, Error> {
        let path = self.directory(&id).join("index.db");
        let index = Index::open(&path, keyring.database_key(), self.index_settings)?;
        let log = Log::Agency(index.clone());
        let ledger = Ledger::new(log, keyring.audit_key(), self.reads);
        let revocations = Revocations::new(index.read(|reader| reader.revocations())?);
        let kept = index.read(|reader| reader.trusted_time())?;
        let new = || Arc::new(TrustedClock::new(self.clock.clone(), kept));
        let trusted = trusted.unwrap_or_else(new);
        Ok(Agency {
            sessions: Sessions::new(&keyring, &id),
            revocations,
            directory: Directory::default(),
            grants: Grants::default(),
            id,
            keyring,
            index,
            ledger,
            credentials: Credentials::default(),
            recent: Arc::default(),
            trusted,
            changing_keys: Arc::default(),
            sealing_now: tokio::sync::RwLock::default(),
        })
    }
}
