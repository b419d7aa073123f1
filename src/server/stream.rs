//! The stream of a connection without TLS: gives what the body that is read from it can take.
//!
//! TLS hands out one record of 16 KiB at a time, and is left to the HTTP library.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use actix_rt::net::TcpStream;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::io::Take;

use crate::api::http::flow::Flow;

/// A stream under a [`Flow`].
pub(super) struct PlainStream {
    stream: Take<TcpStream>,
    flow: Rc<Flow>,
}

impl PlainStream {
    /// Puts a stream under a flow of its own.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream: stream.take(0),
            flow: Rc::default(),
        }
    }

    /// For the bodies that are read from it.
    pub(super) fn flow(&self) -> Rc<Flow> {
        Rc::clone(&self.flow)
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(self.get_mut().stream.get_mut())
    }
}

impl AsyncRead for PlainStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, flow } = self.get_mut();
        let free = ready!(flow.poll_free(context));
        stream.set_limit(free as u64);
        let before = buffer.filled().len();
        ready!(Pin::new(stream).poll_read(context, buffer))?;
        flow.gave(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.get_ref().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
