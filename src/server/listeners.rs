//! The listeners of both doors.

use std::net::SocketAddr;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Extensions;
use actix_http::HttpServiceBuilder;
use actix_http::Protocol;
use actix_http::Request;
use actix_http::Response;
use actix_http::body::BoxBody;
use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_rt::net::TcpStream;
use actix_server::ServerBuilder;
use actix_service::Service;
use actix_service::ServiceFactory;
use actix_service::ServiceFactoryExt as _;
use actix_service::apply_fn_factory;
use actix_service::boxed;
use actix_service::boxed::BoxServiceFactory;
use actix_service::fn_service;
use rustix::net::sockopt;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::api::admin;
use crate::api::http::house::House;
use crate::config;
use crate::config::Limits;
use crate::jobs::unheard::Fault;
use crate::jobs::unheard::Unheard;
use crate::telemetry;
use crate::telemetry::Door;
use crate::telemetry::Metrics;
use crate::types::limits;

use super::connection::Connection;
use super::connection::Turn;
use super::error::Error;
use super::s3_service;
use super::stream::Stream;
use super::stream::Transport;

/// How long a closed connection may take to go: a client that was refused before its body needs to
/// read the refusal.
const DISCONNECT: Duration = Duration::from_secs(5);

/// Takes an address, so that a taken one is told before anything else is done.
///
/// Its connections end when the other side takes nothing for `idle`: the HTTP library bounds the
/// time of a head and of silence, but not of an answer that nobody reads. They inherit the kernel's
/// bound from the listener (tcp(7), TCP_USER_TIMEOUT).
pub(super) fn bind(
    address: SocketAddr,
    setting: &'static str,
    idle: Duration,
) -> Result<TcpListener, Error> {
    let listen = |source| Error::Listen {
        address,
        setting,
        source,
    };
    let listener = TcpListener::bind(address).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let idle = u32::try_from(idle.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(&listener, idle).map_err(|error| listen(error.into()))?;
    Ok(listener)
}

/// Reads certificates and key.
pub(super) fn tls(settings: &config::Tls) -> Result<ServerConfig, Error> {
    let refused = |source| Error::Tls {
        path: settings.certificate.clone(),
        source,
    };
    let bad = |_| refused(rustls::Error::General("not PEM".to_owned()));
    let certificates = CertificateDer::pem_slice_iter(settings.certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(bad)?;
    let key = PrivateKeyDer::from_pem_slice(settings.key_pem.expose().as_bytes()).map_err(bad)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        })
        .map_err(refused)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What the connections of both doors have in common.
#[derive(Clone)]
pub(super) struct Connections {
    head: Duration,
    keep_alive: Duration,
    stopping: watch::Receiver<bool>,
    unheard: Arc<Unheard>,
}

impl Connections {
    /// Once `stopping` says so, connections without a request under way are closed.
    pub(super) fn new(
        limits: &Limits,
        stopping: watch::Receiver<bool>,
        unheard: Arc<Unheard>,
    ) -> Self {
        Self {
            head: Duration::from_secs(limits.head_seconds),
            keep_alive: Duration::from_secs(limits.keep_alive_seconds),
            stopping,
            unheard,
        }
    }
}

/// Adds the S3 door to the server.
pub(super) fn s3(
    builder: ServerBuilder,
    listener: TcpListener,
    tls: Option<ServerConfig>,
    house: &Arc<House>,
    connections: &Connections,
) -> std::io::Result<ServerBuilder> {
    let (house, connections) = (Arc::clone(house), connections.clone());
    let tls = tls.map(Arc::new);
    builder.listen("s3", listener, move || {
        let (for_expect, for_requests) = (Arc::clone(&house), Arc::clone(&house));
        let expect = fn_service(move |request| {
            let (house, turn) = (Arc::clone(&for_expect), turn_of(&request));
            async move {
                let answered = s3_service::expect(house, request).await;
                drop(turn);
                answered
            }
        });
        let requests = fn_service(move |request| {
            let (house, turn) = (Arc::clone(&for_requests), turn_of(&request));
            async move {
                let answered = s3_service::serve(house, request).await;
                Ok::<_, actix_http::Error>(answered.map_body(|_, body| ended(turn, body)))
            }
        });
        let http = http(Door::S3, &connections).expect(expect).finish(requests);
        over_connections(Door::S3, tls.clone(), connections.clone(), http)
    })
}

/// Adds the admin door to the server.
pub(super) fn admin(
    builder: ServerBuilder,
    listener: TcpListener,
    tls: Option<ServerConfig>,
    (house, metrics): (&Arc<House>, Metrics),
    connections: &Connections,
) -> std::io::Result<ServerBuilder> {
    let (house, connections) = (Arc::clone(house), connections.clone());
    let tls = tls.map(Arc::new);
    builder.listen("admin", listener, move || {
        let app = admin::app(&house, &metrics);
        let counted = apply_fn_factory(app, |request: Request, app| {
            let turn = turn_of(&request);
            let answered = app.call(request);
            async move {
                let answered = answered.await;
                answered.map(|response| response.map_body(|_, body| ended(turn, body)))
            }
        });
        let http = http(Door::Admin, &connections).finish(counted);
        over_connections(Door::Admin, tls.clone(), connections.clone(), http)
    })
}

/// HTTP as both doors speak it.
fn http<S>(door: Door, connections: &Connections) -> HttpServiceBuilder<Stream, S>
where
    S: ServiceFactory<Request, Config = ()>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: std::fmt::Debug,
    <S::Service as Service<Request>>::Future: 'static,
{
    let stopping = connections.stopping.clone();
    HttpServiceBuilder::default()
        .client_request_timeout(connections.head)
        .client_disconnect_timeout(DISCONNECT)
        .keep_alive(connections.keep_alive)
        .h2_initial_window_size(limits::H2_BODY_BYTES_MAX)
        .h2_initial_connection_window_size(limits::H2_CONNECTION_BYTES_MAX)
        .graceful_shutdown_signal(move || {
            let mut stopping = stopping.clone();
            async move {
                let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
            }
        })
        .on_connect_ext(move |stream: &Stream, extensions: &mut Extensions| {
            extensions.insert(telemetry::connection(door));
            extensions.insert(stream.connection());
            if let Some(flow) = stream.flow() {
                extensions.insert(flow);
            }
            if let Some(version) = stream.tls() {
                extensions.insert(version);
            }
        })
}

/// The turn of a request on its connection.
fn turn_of(request: &Request) -> Option<Turn> {
    request.conn_data::<Rc<Connection>>().map(Connection::begin)
}

/// The body of an answer, with which the turn of its request ends.
fn ended(turn: Option<Turn>, body: impl MessageBody + 'static) -> BoxBody {
    match turn {
        Some(turn) => turn.end(body),
        None => body.boxed(),
    }
}

/// HTTP over what a listener accepts; what cannot be read is told.
fn over_connections<H>(
    door: Door,
    tls: Option<Arc<ServerConfig>>,
    connections: Connections,
    http: H,
) -> BoxServiceFactory<(), TcpStream, (), DispatchError, ()>
where
    H: ServiceFactory<
            (Stream, Protocol, Option<SocketAddr>),
            Config = (),
            Response = (),
            Error = DispatchError,
            InitError = (),
        > + 'static,
{
    let acceptor = tls.map(TlsAcceptor::from);
    let told = Arc::clone(&connections.unheard);
    let accepted = fn_service(move |stream: TcpStream| {
        let (acceptor, connections) = (acceptor.clone(), connections.clone());
        async move {
            // A stream that is closed already will tell.
            let _ = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            let accepted = accept(acceptor, stream, &connections).await;
            let (stream, protocol) = accepted.map_err(|refused| {
                if let Some(fault) = refused {
                    connections
                        .unheard
                        .tell(door, fault, peer.map(|peer| peer.ip()));
                }
                DispatchError::Io(std::io::ErrorKind::ConnectionAborted.into())
            })?;
            Ok((stream, protocol, peer))
        }
    });
    boxed::factory(accepted.and_then(apply_fn_factory(
        http,
        move |(stream, protocol, peer): (Stream, _, Option<SocketAddr>), http| {
            let (connection, told) = (stream.connection(), Arc::clone(&told));
            let ended = http.call((stream, protocol, peer));
            async move {
                let ended = ended.await;
                if let Some(fault) = connection.fault(&ended) {
                    told.tell(door, fault, peer.map(|peer| peer.ip()));
                }
                ended
            }
        },
    )))
}

/// A stream over a connection, and what is spoken over it. Whoever closes without a word, as
/// monitors do, leaves nothing to tell.
async fn accept(
    acceptor: Option<TlsAcceptor>,
    stream: TcpStream,
    connections: &Connections,
) -> Result<(Stream, Protocol), Option<Fault>> {
    let patience = connections.keep_alive + connections.head;
    let Some(acceptor) = acceptor else {
        let protocol = Protocol::Http1;
        let stream = Stream::new(Transport::Plain(stream), protocol, patience);
        return Ok((stream, protocol));
    };
    let shaken = tokio::time::timeout(connections.head, async {
        if !matches!(stream.peek(&mut [0]).await, Ok(1..)) {
            return Err(None);
        }
        acceptor.accept(stream).await.map_err(|error| {
            tracing::debug!(%error, "no TLS could be agreed on");
            Some(Fault::Tls)
        })
    });
    let stream = shaken.await.unwrap_or(Err(Some(Fault::Tls)))?;
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    };
    let transport = Transport::Tls(Box::new(stream));
    Ok((Stream::new(transport, protocol, patience), protocol))
}
