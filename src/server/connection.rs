//! What is known of one connection: whether a request is under way, since when it is quiet, and how
//! it ended.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::error::ParseError;
use tokio::time::Instant;

use crate::jobs::unheard::Fault;

/// One connection, from its first byte to its end.
pub(super) struct Connection {
    has_spoken: Cell<bool>,
    was_heard: Cell<bool>,
    under_way: Cell<u32>,
    active: Cell<Instant>,
    was_cut_off: Cell<bool>,
}

impl Connection {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            has_spoken: Cell::new(false),
            was_heard: Cell::new(false),
            under_way: Cell::new(0),
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
        Turn(Rc::clone(self))
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

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        self.0.active.set(Instant::now());
    }
}
