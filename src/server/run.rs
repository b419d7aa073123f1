//! From settings to a running server, and back to a closed one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api::http::anonymous::Anonymous;
use crate::api::http::body::Pace;
use crate::api::http::house::House;
use crate::api::http::house::InFlight;
use crate::api::http::signing_keys::SigningKeys;
use crate::audit::ledger::ReadsMode;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::local::LocalIssuer;
use crate::auth::bearer::local::OwnIssuer;
use crate::auth::scheme::Version2;
use crate::blobs::settings::BlobSettings;
use crate::blobs::settings::S3Settings;
use crate::blobs::store::BlobStore;
use crate::config;
use crate::config::AuditReads;
use crate::config::Config;
use crate::crypto::secret::SecretKey;
use crate::jobs;
use crate::jobs::lifecycle::rules::Day;
use crate::jobs::unheard::Unheard;
use crate::jobs::webhooks::allowed::Allowed;
use crate::meta;
use crate::meta::Catalog;
use crate::store::Store;
use crate::store::agencies::Parts;
use crate::telemetry::Metrics;
use crate::types::clock::Clock;
use crate::types::limits;
use crate::types::names::PrincipalName;

use super::data_dir::DataDir;
use super::error::Error;
use super::first_start;
use super::first_start::FirstStart;
use super::first_start::NewOperator;
use super::issuers;
use super::listeners;
use super::listeners::Connections;

/// The server serves: where, and what a first start made.
#[derive(Debug)]
pub struct Started {
    /// The S3 endpoint's URL.
    pub endpoint: String,
    /// The admin API's URL.
    pub admin_endpoint: String,
    /// The region that clients sign for.
    pub region: String,
    /// What the first start made; `None` at every later one.
    pub first: Option<FirstStart>,
    /// The operator that was asked for, if there was none of its name.
    pub operator: Option<NewOperator>,
}

/// Serves until the process is told to stop. `on_started` runs once, when requests are served.
///
/// # Errors
/// Why nothing could be served.
pub fn run(
    config: &Config,
    new_operator: Option<&PrincipalName>,
    on_started: impl FnOnce(&Started),
) -> Result<(), Error> {
    actix_rt::System::new().block_on(serve(config, new_operator, on_started))
}

async fn serve(
    config: &Config,
    new_operator: Option<&PrincipalName>,
    on_started: impl FnOnce(&Started),
) -> Result<(), Error> {
    let idle = Duration::from_secs(config.limits.idle_seconds);
    let s3_listener = listeners::bind(config.s3.listen, "s3.listen", idle)?;
    let admin_listener = listeners::bind(config.admin.listen, "admin.listen", idle)?;
    let s3_tls = config.s3.tls.as_ref().map(listeners::tls).transpose()?;
    let admin_tls = config.admin.tls.as_ref().map(listeners::tls).transpose()?;
    let data_dir = DataDir::open(&config.data_dir, &config.root_key)?;
    let clock = Clock::system();
    // Before the first request: a thread keeps the handles that it once got.
    let metrics = Metrics::of_process();
    let blobs = open_blobs(config, &data_dir).await?;
    let store = open_store(config, &data_dir, blobs, clock.clone())?;
    let issuers = issuers::trusted(config, &data_dir, &store)?;
    let (endpoint, admin_endpoint) = (
        url(s3_listener.local_addr().ok(), s3_tls.is_some()),
        url(admin_listener.local_addr().ok(), admin_tls.is_some()),
    );
    let house = Arc::new(house(config, store.clone(), issuers, clock));
    let (stop, stopping) = watch::channel(false);
    let stopped = |source| Error::Stopped(source);
    let unheard = Arc::<Unheard>::default();
    let connections = Connections::new(&config.limits, stopping.clone(), Arc::clone(&unheard));
    let with = |workers, connections_max| {
        Server::build()
            .workers(workers)
            .max_concurrent_connections(connections_max)
            .shutdown_timeout(config.limits.shutdown_seconds)
            .disable_signals()
    };
    let builder = with(workers(config), per_worker(config));
    let s3 = listeners::s3(builder, s3_listener, s3_tls, &house, &connections);
    let builder = with(1, limits::ADMIN_CONNECTIONS_MAX);
    let admin = (&house, metrics);
    let admin = listeners::admin(builder, admin_listener, admin_tls, admin, &connections);
    let (s3, admin) = (s3.map_err(stopped)?.run(), admin.map_err(stopped)?.run());
    let handles = [s3.handle(), admin.handle()];
    let jobs = start_jobs(config, &house, &unheard, stopping);
    let servers = actix_rt::spawn(async move { futures_util::future::try_join(s3, admin).await });
    on_started(&Started {
        endpoint,
        admin_endpoint,
        region: config.s3.region.clone(),
        first: first_start(&store, &house.own_issuer.current()).await?,
        operator: match new_operator {
            Some(name) => first_start::add_operator(&store, name).await?,
            None => None,
        },
    });
    wait_for_signal().await.map_err(stopped)?;
    let _ = stop.send(true);
    let [s3, admin] = &handles;
    futures_util::future::join(s3.stop(true), admin.stop(true)).await;
    let ended = servers.await;
    futures_util::future::join_all(jobs).await;
    if let Err(error) = unheard.record(&store).await {
        tracing::error!(%error, "connections without a request left no entry");
    }
    close(store).await;
    match ended {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(source)) => Err(stopped(source)),
        Err(join) => Err(stopped(std::io::Error::other(join))),
    }
}

/// Starts what works without a caller, until `stopping` says so.
fn start_jobs(
    config: &Config,
    house: &House,
    unheard: &Arc<Unheard>,
    stopping: watch::Receiver<bool>,
) -> [JoinHandle<()>; 10] {
    let store = &house.store;
    let day = Day::of_seconds(config.lifecycle.day_seconds);
    [
        jobs::issuer_keys::start(Arc::clone(&house.issuers), store.clone(), stopping.clone()),
        jobs::idle::start(
            store.clone(),
            Duration::from_secs(config.limits.agency_idle_seconds),
            stopping.clone(),
        ),
        jobs::sweep::start(store.clone(), config.limits.upload_days, stopping.clone()),
        jobs::rewrap::start(store.clone(), stopping.clone()),
        jobs::grants::start(store.clone(), stopping.clone()),
        jobs::unheard::start(store.clone(), Arc::clone(unheard), stopping.clone()),
        jobs::lifecycle::start(store.clone(), day, stopping.clone()),
        jobs::inventory::start(
            store.clone(),
            jobs::inventory::Settings {
                day,
                region: config.s3.region.clone(),
                rows_per_file: config.inventory.rows_per_file,
            },
            stopping.clone(),
        ),
        jobs::access_log::start(
            store.clone(),
            Arc::clone(&house.access_log),
            &config.s3.region,
            Duration::from_secs(config.access_log.deliver_seconds),
            stopping.clone(),
        ),
        jobs::webhooks::start(store.clone(), &config.webhooks, &config.s3.region, stopping),
    ]
}

/// Closes the store: everything queued is written when this returns.
async fn close(store: Store) {
    let closing = tokio::task::spawn_blocking(move || store.close());
    if let Err(error) = closing.await {
        tracing::error!(%error, "the store was not closed in order");
    }
}

/// What a first start makes; `None` once there is an operator.
async fn first_start(store: &Store, issuer: &LocalIssuer) -> Result<Option<FirstStart>, Error> {
    if store.has_operators()? {
        return Ok(None);
    }
    let first = first_start::make(store, issuer).await?;
    first_start::confirm(store, &first).await?;
    Ok(Some(first))
}

/// The backend of the blobs. A remote that is out of reach is waited for while serving; one that
/// refuses is an error.
async fn open_blobs(config: &Config, data_dir: &DataDir) -> Result<BlobStore, Error> {
    let blobs = BlobStore::new(&blob_settings(config, data_dir))?;
    let Err(error) = blobs.claim().await else {
        return Ok(blobs);
    };
    let config::Blobs::S3(remote) = &config.blobs else {
        return Err(error.into());
    };
    if !error.is_outage() {
        return Err(Error::Remote {
            endpoint: remote.endpoint.clone(),
            bucket: remote.bucket.clone(),
            source: Box::new(error),
        });
    }
    tracing::warn!(
        endpoint = remote.endpoint,
        "the remote of the blobs is out of reach; documents above 16 KiB wait for it"
    );
    Ok(blobs)
}

fn open_store(
    config: &Config,
    data_dir: &DataDir,
    blobs: BlobStore,
    clock: Clock,
) -> Result<Store, Error> {
    let index_settings = meta::Settings {
        readers: workers(config) + 2,
        reader_caches_bytes: config.limits.index_cache_bytes,
        ..meta::Settings::default()
    };
    let path = data_dir.path.join("catalog.db");
    let catalog = Catalog::open(&path, &data_dir.catalog_key, index_settings)?;
    Ok(Store::new(Parts {
        data_dir: data_dir.path.clone(),
        catalog,
        installation_audit_key: SecretKey::new(*data_dir.audit_key.expose()),
        root_key: Arc::clone(&data_dir.root_key),
        blobs,
        clock,
        reads: match config.audit.reads {
            AuditReads::Batched => ReadsMode::Batched,
            AuditReads::Strict => ReadsMode::Strict,
        },
        index_settings,
    })?)
}

fn blob_settings(config: &Config, data_dir: &DataDir) -> BlobSettings {
    match &config.blobs {
        config::Blobs::Local => BlobSettings::Local {
            directory: config.data_dir.clone(),
        },
        config::Blobs::Memory => BlobSettings::Memory,
        config::Blobs::S3(remote) => BlobSettings::S3(S3Settings {
            instance: data_dir.instance,
            endpoint: remote.endpoint.clone(),
            region: remote.region.clone(),
            bucket: remote.bucket.clone(),
            prefix: remote.prefix.clone(),
            access_key_id: remote.access_key_id.clone(),
            secret: remote.secret_access_key.clone(),
            virtual_host: false,
        }),
    }
}

fn house(
    config: &Config,
    store: Store,
    (issuers, own_issuer): (Arc<Issuers>, OwnIssuer),
    clock: Clock,
) -> House {
    House {
        store,
        issuers,
        own_issuer,
        fetch_hosts: config.auth.fetch_hosts.clone(),
        clock,
        signing_keys: SigningKeys::default(),
        grants: config.grants.clone(),
        day: Day::of_seconds(config.lifecycle.day_seconds),
        webhooks: Allowed::new(&config.webhooks),
        access_log: Arc::default(),
        region: config.s3.region.clone(),
        is_secure: config.s3.tls.is_some(),
        proxies: config.s3.trusted_proxies.clone(),
        signature_v2: if config.auth.signature_v2 {
            Version2::Accepted
        } else {
            Version2::Refused
        },
        anonymous: Anonymous::new(
            config.auth.anonymous_agencies.clone(),
            config.auth.anonymous_agency.clone(),
        ),
        domains: config.s3.domains.clone(),
        customer_keys_over_http: config.s3.customer_keys_over_http,
        pace: Pace {
            idle: Duration::from_secs(config.limits.idle_seconds),
            bytes_per_second: config.limits.body_min_bytes_per_second,
        },
        object_bytes_max: config.limits.object_bytes_max,
        put_bytes_max: config.limits.object_bytes_max.min(limits::PUT_BYTES_MAX),
        in_flight: Arc::new(InFlight::new(
            config.limits.inflight_requests,
            config.limits.inflight_bytes,
        )),
    }
}

/// Waits for SIGTERM or SIGINT.
async fn wait_for_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way are finished, new ones are not taken");
    Ok(())
}

fn workers(config: &Config) -> usize {
    let machine = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    config
        .workers
        .map_or_else(machine, std::num::NonZeroUsize::get)
}

fn per_worker(config: &Config) -> usize {
    config.limits.connections.div_ceil(workers(config))
}

fn url(address: Option<SocketAddr>, is_secure: bool) -> String {
    let scheme = if is_secure { "https" } else { "http" };
    address.map_or_else(String::new, |address| format!("{scheme}://{address}"))
}
