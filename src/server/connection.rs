//! What is known of one connection: whether a request is under way, since when it is quiet, how
//! many answers wait for it, and how it ended.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use actix_http::Protocol;
use actix_http::body::BodySize;
use actix_http::body::BoxBody;
use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::error::ParseError;
use bytes::Bytes;
use tokio::time::Instant;

use crate::jobs::unheard::Fault;
use crate::types::limits;

/// One connection, from its first byte to its end.
pub(super) struct Connection {
    has_spoken: Cell<bool>,
    was_heard: Cell<bool>,
    under_way: Cell<u32>,
    /// Whether requests come beside one another, as with HTTP/2.
    is_multiplexed: bool,
    /// Answers of which something may still wait to be taken, if it is.
    waiting: Cell<u32>,
    is_overrun: Cell<bool>,
    active: Cell<Instant>,
    was_cut_off: Cell<bool>,
}

impl Connection {
    pub(super) fn new(protocol: Protocol) -> Rc<Self> {
        Rc::new(Self {
            has_spoken: Cell::new(false),
            was_heard: Cell::new(false),
            under_way: Cell::new(0),
            is_multiplexed: protocol == Protocol::Http2,
            waiting: Cell::new(0),
            is_overrun: Cell::new(false),
            active: Cell::new(Instant::now()),
            was_cut_off: Cell::new(false),
        })
    }

    /// Something came.
    pub(super) fn spoke(&self) {
        self.has_spoken.set(true);
    }

    /// Something of an answer left.
    pub(super) fn wrote(&self) {
        self.active.set(Instant::now());
    }

    /// A head arrived; the request is under way until the turn is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> Turn {
        self.was_heard.set(true);
        self.under_way.set(self.under_way.get() + 1);
        let open = self.under_way.get() + self.waiting.get();
        if self.is_multiplexed && open > limits::H2_STREAMS_CUT {
            self.is_overrun.set(true);
        }
        Turn(Rc::clone(self))
    }

    /// Whether the client opened more requests than one that listens ever would.
    pub(super) const fn is_overrun(&self) -> bool {
        self.is_overrun.get()
    }

    /// How long nothing was asked and nothing answered; `None` while a request is under way.
    pub(super) fn quiet(&self) -> Option<Duration> {
        (self.under_way.get() == 0).then(|| self.active.get().elapsed())
    }

    /// It was quiet for too long.
    pub(super) fn cut_off(&self) {
        self.was_cut_off.set(true);
    }

    /// What was wrong with it, if it ended so without its last request having been read.
    pub(super) fn fault(&self, ended: &Result<(), DispatchError>) -> Option<Fault> {
        match ended {
            _ if self.is_overrun.get() => Some(Fault::TooManyStreams),
            Err(DispatchError::Parse(ParseError::TooLarge)) => Some(Fault::HeadTooLarge),
            Err(DispatchError::Parse(_)) => Some(Fault::MalformedHead),
            Err(DispatchError::H2(error)) if error.is_library() => Some(Fault::MalformedHead),
            // A head that was being read; without one the library had closed it before.
            Err(_) if self.was_cut_off.get() => Some(Fault::IncompleteHead),
            _ if self.has_spoken.get() && !self.was_heard.get() => Some(Fault::IncompleteHead),
            _ => None,
        }
    }
}

/// A request under way.
pub(super) struct Turn(Rc<Connection>);

impl Turn {
    /// The request is answered. With HTTP/2 its answer counts until it is taken or given up.
    pub(super) fn end(self, body: impl MessageBody + 'static) -> BoxBody {
        let body = body.boxed();
        if !self.0.is_multiplexed {
            return body;
        }
        let _waiting = Waiting::new(&self.0);
        BoxBody::new(Answer { body, _waiting })
    }
}

/// An answer counts.
struct Waiting(Rc<Connection>);

impl Waiting {
    fn new(connection: &Rc<Connection>) -> Self {
        connection.waiting.set(connection.waiting.get() + 1);
        Self(Rc::clone(connection))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
    }
}

/// The body of an answer that counts.
struct Answer {
    body: BoxBody,
    _waiting: Waiting,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        self.0.active.set(Instant::now());
    }
}
