//! The listeners of both doors.

use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Extensions;
use actix_http::HttpService;
use actix_http::Protocol;
use actix_rt::net::TcpStream;
use actix_server::ServerBuilder;
use actix_service::ServiceFactoryExt as _;
use actix_service::fn_service;
use rustix::net::sockopt;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::watch;

use crate::api::http::house::House;
use crate::config;
use crate::config::Limits;
use crate::telemetry;
use crate::telemetry::Door;

use super::error::Error;
use super::s3_service;
use super::stream::PlainStream;

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
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        })
        .map_err(refused)
}

/// Adds the S3 door to the server. Once `stopping` says so, connections without a request under way
/// are closed.
pub(super) fn s3(
    builder: ServerBuilder,
    listener: TcpListener,
    tls: Option<ServerConfig>,
    house: &Arc<House>,
    limits: &Limits,
    stopping: watch::Receiver<bool>,
) -> std::io::Result<ServerBuilder> {
    let seconds = Duration::from_secs;
    let head = seconds(limits.head_seconds);
    let keep_alive = seconds(limits.keep_alive_seconds);
    let house = Arc::clone(house);
    // The same service for two types of stream; a function of it would spell out all their traits.
    macro_rules! service {
        ($connected:expr) => {{
            let (for_expect, for_requests) = (Arc::clone(&house), Arc::clone(&house));
            let stopping = stopping.clone();
            HttpService::build()
                .client_request_timeout(head)
                .client_disconnect_timeout(DISCONNECT)
                .keep_alive(keep_alive)
                .tcp_nodelay(true)
                .graceful_shutdown_signal(move || {
                    let mut stopping = stopping.clone();
                    async move {
                        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
                    }
                })
                .on_connect_ext(|stream, extensions: &mut Extensions| {
                    extensions.insert(telemetry::connection(Door::S3));
                    $connected(stream, extensions);
                })
                .expect(fn_service(move |request| {
                    s3_service::expect(Arc::clone(&for_expect), request)
                }))
                .finish(fn_service(move |request| {
                    let answered = s3_service::serve(Arc::clone(&for_requests), request);
                    async move { Ok::<_, actix_http::Error>(answered.await) }
                }))
        }};
    }
    match tls {
        None => builder.listen("s3", listener, move || {
            fn_service(|stream: TcpStream| async move {
                // As the library's own `tcp` does; a stream that is closed already will tell.
                let _ = stream.set_nodelay(true);
                let peer = stream.peer_addr().ok();
                Ok((PlainStream::new(stream), Protocol::Http1, peer))
            })
            .and_then(service!(
                |stream: &PlainStream, extensions: &mut Extensions| {
                    extensions.insert(stream.flow());
                }
            ))
        }),
        Some(config) => builder.listen("s3", listener, move || {
            service!(|_, _: &mut Extensions| ()).rustls_0_23(config.clone())
        }),
    }
}
