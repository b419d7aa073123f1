//! How much of a body may have left the kernel before an operation takes it.
//!
//! The HTTP library reads a connection whenever it is called, whether the body that it reads is
//! taken or not, into a buffer that it doubles as it fills: hundreds of kilobytes for each upload
//! that comes faster than it is stored. So a stream gives no more than
//! [`limits::RECEIVED_BYTES_MAX`] until the body asks again; what is left waits in the kernel,
//! whose window slows the client down.

use std::cell::Cell;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use crate::types::limits;

/// Stands between the stream of a connection and the body that is read from it.
#[derive(Default)]
pub struct Flow {
    /// A body is being read, and will ask again.
    has_body: Cell<bool>,
    given_bytes: Cell<usize>,
    stream: Cell<Option<Waker>>,
}

impl Flow {
    /// How many bytes the stream may give now, one at least.
    ///
    /// Without a body to wait for, a stream that gave so much only lets the others have their turn.
    pub fn poll_free(&self, context: &Context<'_>) -> Poll<usize> {
        let free = limits::RECEIVED_BYTES_MAX.saturating_sub(self.given_bytes.get());
        if free > 0 {
            return Poll::Ready(free);
        }
        if self.has_body.get() {
            self.stream.set(Some(context.waker().clone()));
        } else {
            self.given_bytes.set(0);
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// The stream gave so many bytes.
    pub fn gave(&self, bytes: usize) {
        self.given_bytes.set(self.given_bytes.get() + bytes);
    }

    /// A body begins to be read.
    pub(super) fn begin_body(&self) {
        self.has_body.set(true);
        self.ask();
    }

    /// The body took what was given and waits for more.
    pub(super) fn ask(&self) {
        self.given_bytes.set(0);
        if let Some(waker) = self.stream.take() {
            waker.wake();
        }
    }

    /// The body is read no further.
    pub(super) fn end_body(&self) {
        self.has_body.set(false);
        self.ask();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Context;
    use std::task::Poll;
    use std::task::Waker;

    use super::Flow;
    use crate::types::limits;

    #[test]
    fn a_stream_waits_for_the_body_and_for_nothing_else() {
        const MAX: usize = limits::RECEIVED_BYTES_MAX;
        let context = Context::from_waker(Waker::noop());
        let flow = Flow::default();
        let check = |expected| assert_eq!(flow.poll_free(&context), expected);
        check(Poll::Ready(MAX));
        flow.gave(MAX);
        // Its turn is over; the next one begins.
        check(Poll::Pending);
        check(Poll::Ready(MAX));
        flow.begin_body();
        flow.gave(MAX - 1);
        check(Poll::Ready(1));
        flow.gave(1);
        check(Poll::Pending);
        check(Poll::Pending);
        flow.ask();
        check(Poll::Ready(MAX));
        flow.gave(MAX);
        check(Poll::Pending);
        flow.end_body();
        check(Poll::Ready(MAX));
    }
}
