//! A request's body on its way in: given only when somebody asks for it, never too slow, never too
//! long.
//!
//! The payload reaches the operation through a [`BodySlot`]. An operation that reads its first byte
//! before the slot holds a payload has passed every check that it makes first; that is the moment
//! at which a client waiting behind `Expect: 100-continue` may be told to go on.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;

use actix_http::Payload;
use actix_http::error::PayloadError;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::flow::Flow;
use crate::store::body::BodyError;
use crate::telemetry;
use crate::telemetry::Door;

/// Where the payload of a request is put once it may come.
#[derive(Clone, Default)]
pub struct BodySlot {
    slot: Rc<RefCell<Slot>>,
    flow: Option<Rc<Flow>>,
}

#[derive(Default)]
enum Slot {
    /// Nobody has asked yet.
    #[default]
    Unasked,
    /// Somebody waits for it.
    Wanted(Waker),
    /// Here it is.
    Given(Payload),
    /// It was taken out.
    Taken,
}

impl BodySlot {
    /// A slot for the payload of a connection, whose stream may be under a flow.
    pub fn new(flow: Option<Rc<Flow>>) -> Self {
        let slot = Rc::default();
        Self { slot, flow }
    }

    /// Whether an operation waits for the payload.
    pub fn is_wanted(&self) -> bool {
        matches!(*self.slot.borrow(), Slot::Wanted(_))
    }

    /// Hands the payload over.
    pub fn give(&self, payload: Payload) {
        let before = std::mem::replace(&mut *self.slot.borrow_mut(), Slot::Given(payload));
        if let Slot::Wanted(waker) = before {
            waker.wake();
        }
    }

    /// Takes out a payload that nobody asked for.
    pub fn reclaim(&self) -> Option<Payload> {
        match self.slot.replace(Slot::Taken) {
            Slot::Given(payload) => Some(payload),
            Slot::Unasked | Slot::Wanted(_) | Slot::Taken => None,
        }
    }

    async fn take(&self) -> Payload {
        std::future::poll_fn(|context| {
            let mut slot = self.slot.borrow_mut();
            match std::mem::replace(&mut *slot, Slot::Taken) {
                Slot::Given(payload) => Poll::Ready(payload),
                Slot::Taken => Poll::Ready(Payload::None),
                Slot::Unasked | Slot::Wanted(_) => {
                    *slot = Slot::Wanted(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// How slow a body may be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest wait for the next byte.
    pub idle: Duration,
    /// The least average rate in bytes per second, after [`Pace::idle`] has passed once.
    pub bytes_per_second: u64,
}

/// The raw bytes of a body as they come from the connection.
pub struct RawBody {
    slot: BodySlot,
    door: Door,
    payload: Option<Payload>,
    /// Of the connection, once the payload is read.
    flow: Option<Rc<Flow>>,
    pace: Pace,
    started: Option<Instant>,
    received_bytes: u64,
    bytes_max: u64,
}

impl RawBody {
    /// A body of at most `bytes_max` bytes.
    pub const fn new(slot: BodySlot, door: Door, pace: Pace, bytes_max: u64) -> Self {
        Self {
            slot,
            door,
            payload: None,
            flow: None,
            pace,
            started: None,
            received_bytes: 0,
            bytes_max,
        }
    }

    /// The next bytes; `None` at the end that the framing of HTTP/1.1 or HTTP/2 announced.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        if self.payload.is_none() {
            self.payload = Some(self.slot.take().await);
            self.flow = self.slot.flow.clone();
            if let Some(flow) = &self.flow {
                flow.begin_body();
            }
        }
        let (payload, flow) = (self.payload.as_mut()?, &self.flow);
        let next = std::future::poll_fn(|context| {
            let polled = payload.poll_next_unpin(context);
            if let (Poll::Pending, Some(flow)) = (&polled, flow) {
                flow.ask();
            }
            polled
        });
        let started = *self.started.get_or_insert_with(Instant::now);
        let next = match tokio::time::timeout(self.pace.idle, next).await {
            Err(_elapsed) => return Some(Err(BodyError::TooSlow)),
            Ok(None) => return None,
            Ok(Some(next)) => next,
        };
        let bytes = match next {
            Ok(bytes) => bytes,
            Err(PayloadError::Overflow) => return Some(Err(BodyError::TooLarge)),
            Err(_) => return Some(Err(BodyError::Cut)),
        };
        self.received_bytes += bytes.len() as u64;
        if self.received_bytes > self.bytes_max {
            return Some(Err(BodyError::TooLarge));
        }
        let counted = started.elapsed().saturating_sub(self.pace.idle);
        if self.received_bytes < self.pace.bytes_per_second.saturating_mul(counted.as_secs()) {
            return Some(Err(BodyError::TooSlow));
        }
        Some(Ok(bytes))
    }

    /// All of a body that is short.
    ///
    /// # Errors
    /// Why not all of it came.
    pub async fn whole(mut self) -> Result<Vec<u8>, BodyError> {
        let mut whole = Vec::new();
        while let Some(next) = self.next().await {
            whole.extend_from_slice(&next?);
        }
        Ok(whole)
    }
}

impl Drop for RawBody {
    fn drop(&mut self) {
        if let Some(flow) = &self.flow {
            flow.end_body();
        }
        telemetry::received(self.door, self.received_bytes);
    }
}

/// Reads the rest of a small body that no operation wanted, so that the connection can be kept.
/// True if it ended within the bounds.
pub async fn drain(mut payload: Payload, bytes_max: usize, pace: Pace) -> bool {
    let mut left = bytes_max;
    while let Ok(next) = tokio::time::timeout(pace.idle, payload.next()).await {
        match next {
            None => return true,
            Some(Ok(bytes)) if bytes.len() <= left => left -= bytes.len(),
            Some(_) => return false,
        }
    }
    false
}
