//! The S3 and STS doors as a service of actix: how a head and a payload reach it, and when a client
//! that waits behind `Expect: 100-continue` is told to go on.
//!
//! actix calls one service for the expectation and another for the request. Here the operation
//! starts in the first. If it ends before it asks for the body, its answer is sent and the
//! connection closed, and the body never travels. If it asks, the client is told to continue, and
//! the same operation goes on in the second service, with the payload.

use std::future::Future;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use actix_http::HttpMessage as _;
use actix_http::Payload;
use actix_http::Request;
use actix_http::Response;
use actix_http::body::BoxBody;
use actix_http::header;

use crate::api::http::body::BodySlot;
use crate::api::http::body::drain;
use crate::api::http::flow::Flow;
use crate::api::http::forwarded::Origin;
use crate::api::http::forwarded::TlsVersion;
use crate::api::http::head::Head;
use crate::api::http::headers::Headers;
use crate::api::http::house::House;
use crate::api::s3::door;
use crate::api::sts;

/// Bytes of an unwanted body that are read so that a connection can be kept.
const DRAIN_BYTES_MAX: usize = 256 << 10;

type Operation = Pin<Box<dyn Future<Output = Response<BoxBody>>>>;

/// An operation that waits for its body.
struct Waiting {
    operation: Operation,
    slot: BodySlot,
}

/// The service for `Expect: 100-continue`: `Err` is the final answer.
pub(super) async fn expect(
    house: Arc<House>,
    mut request: Request,
) -> Result<Request, Response<BoxBody>> {
    let slot = slot_of(&request);
    let mut operation: Operation = Box::pin(answer(
        Arc::clone(&house),
        head_of(&house, &mut request),
        slot.clone(),
    ));
    let answered = std::future::poll_fn(|context| match operation.as_mut().poll(context) {
        Poll::Ready(response) => Poll::Ready(Some(response)),
        Poll::Pending if slot.is_wanted() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    match answered.await {
        Some(mut response) => {
            response
                .head_mut()
                .set_connection_type(actix_http::ConnectionType::Close);
            Err(response)
        }
        None => {
            request.extensions_mut().insert(Waiting { operation, slot });
            Ok(request)
        }
    }
}

/// The service for requests.
pub(super) async fn serve(house: Arc<House>, mut request: Request) -> Response<BoxBody> {
    let waiting = request.extensions_mut().remove::<Waiting>();
    let payload = request.take_payload();
    if let Some(Waiting { operation, slot }) = waiting {
        slot.give(payload);
        return operation.await;
    }
    let slot = slot_of(&request);
    slot.give(payload);
    let head = head_of(&house, &mut request);
    let is_small = head.header("content-length").is_none_or(|text| {
        text.parse()
            .is_ok_and(|length: usize| length <= DRAIN_BYTES_MAX)
    });
    let pace = house.pace;
    let mut response = answer(house, head, slot.clone()).await;
    // A body that nobody read stands between this answer and the next request.
    if let Some(payload) = slot.reclaim() {
        let is_none = matches!(payload, Payload::None);
        let is_read = is_none || is_small && drain(payload, DRAIN_BYTES_MAX, pace).await;
        if !is_read {
            response
                .head_mut()
                .set_connection_type(actix_http::ConnectionType::Close);
        }
    }
    response
}

/// Lets the door answer that the request is for.
async fn answer(house: Arc<House>, head: Head, slot: BodySlot) -> Response<BoxBody> {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let header = |name: &str| head.header(name).map(str::to_owned);
    let is_well_known = sts::well_known::is_asked(&head.method, path);
    if !is_well_known && !sts::door::is_for_this_door(&house, &head.method, path, query, header) {
        return door::answer(house, head, slot).await;
    }
    if is_well_known {
        return sts::well_known::answer(house, head).await;
    }
    sts::door::answer(house, head, slot).await
}

fn slot_of(request: &Request) -> BodySlot {
    BodySlot::new(request.conn_data::<Rc<Flow>>().map(Rc::clone))
}

/// Takes the head out of the request: nothing else will ask for it.
fn head_of(house: &House, request: &mut Request) -> Head {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let mut headers = Headers::take(request.headers_mut());
    // Over HTTP/2 the host is in the target.
    if !headers.contains_key("host")
        && let Some(host) = request.uri().authority()
        && let Ok(value) = header::HeaderValue::from_str(host.as_str())
    {
        headers.append(header::HOST, value);
    }
    let origin = Origin::of(&house.proxies, peer, house.is_secure, &headers);
    Head {
        method: request.method().clone(),
        version: request.version(),
        uri: request.uri().clone(),
        headers,
        remote: origin.remote,
        is_secure: origin.is_secure,
        tls: request
            .conn_data::<TlsVersion>()
            .copied()
            .filter(|_| !origin.is_forwarded),
    }
}
