//! The stream of a connection, with TLS or without: gives what the body that is read from it can
//! take, and ends when nothing is asked for too long.
//!
//! The HTTP library bounds the time of the first head and of silence between requests, but not that
//! of a later head: a byte of it ends its patience for good. So a stream that is quiet for longer
//! than both bounds together is cut off.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use actix_http::Protocol;
use actix_rt::net::TcpStream;
use rustls::ProtocolVersion;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::io::Take;
use tokio::time::Instant;
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;

use crate::api::http::flow::Flow;
use crate::api::http::forwarded::TlsVersion;

use super::connection::Connection;
use super::greeting::Greeting;

/// What carries the bytes.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream of a [`Connection`]. With HTTP/1.1 it is under a [`Flow`]; HTTP/2 has its own windows.
pub(super) struct Stream {
    transport: Take<Transport>,
    flow: Option<Rc<Flow>>,
    connection: Rc<Connection>,
    greeting: Greeting,
    patience: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// A stream that may be quiet for so long.
    pub(super) fn new(transport: Transport, protocol: Protocol, patience: Duration) -> Self {
        Self {
            transport: transport.take(u64::MAX),
            flow: (protocol == Protocol::Http1).then(Rc::default),
            connection: Connection::new(protocol),
            greeting: match protocol {
                Protocol::Http2 => Greeting::Awaited,
                _ => Greeting::Done,
            },
            patience,
            timer: None,
        }
    }

    /// The version of TLS that was agreed on, if it is one of those that are spoken here.
    pub(super) fn tls(&self) -> Option<TlsVersion> {
        let Transport::Tls(stream) = self.transport.get_ref() else {
            return None;
        };
        match stream.get_ref().1.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some(TlsVersion::V1_2),
            ProtocolVersion::TLSv1_3 => Some(TlsVersion::V1_3),
            _ => None,
        }
    }

    /// For the bodies that are read from it.
    pub(super) fn flow(&self) -> Option<Rc<Flow>> {
        self.flow.clone()
    }

    /// What is known of it.
    pub(super) fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.connection)
    }

    fn transport(self: Pin<&mut Self>) -> Pin<&mut Transport> {
        Pin::new(self.get_mut().transport.get_mut())
    }

    /// Ready once it was quiet for too long.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        loop {
            ready!(timer.as_mut().poll(context));
            let quiet = self.connection.quiet().unwrap_or_default();
            match patience.checked_sub(quiet).filter(|left| !left.is_zero()) {
                None => return Poll::Ready(()),
                Some(left) => timer.as_mut().reset(Instant::now() + left),
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_overrun() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let free = match &this.flow {
            Some(flow) => ready!(flow.poll_free(context)) as u64,
            None => u64::MAX,
        };
        this.transport.set_limit(free);
        let before = buffer.filled().len();
        if Pin::new(&mut this.transport)
            .poll_read(context, buffer)?
            .is_pending()
        {
            ready!(this.poll_overdue(context));
            this.connection.cut_off();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let given = buffer.filled().len() - before;
        if let Some(flow) = &this.flow {
            flow.gave(given);
        }
        if given > 0 {
            this.connection.spoke();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let transport = Pin::new(this.transport.get_mut());
        let written = if this.greeting.is_done() {
            transport.poll_write(context, bytes)
        } else {
            this.greeting.poll_write(transport, context, bytes)
        };
        let written = ready!(written)?;
        this.connection.wrote();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.greeting.is_done() {
            let first = pieces.iter().find(|piece| !piece.is_empty());
            return self.poll_write(context, first.map_or(&[], |piece| piece));
        }
        let connection = self.connection();
        let written = ready!(self.transport().poll_write_vectored(context, pieces))?;
        connection.wrote();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.get_ref().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_shutdown(context)
    }
}

/// The same of either kind of stream.
macro_rules! either {
    ($self:ident.$poll:ident($($argument:expr),*)) => {
        match $self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).$poll($($argument),*),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).$poll($($argument),*),
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.poll_read(context, buffer))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_shutdown(context))
    }
}
