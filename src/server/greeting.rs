//! The first words of a server of HTTP/2: its settings.
//!
//! The HTTP library has no word for how many streams a client may have open at once, which is then
//! as many as it likes, each with an answer that may wait for ever. So the setting is added to the
//! first frame on its way out; [`super::connection::Connection`] sees to it that it is kept.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncWrite;

use crate::types::limits;

/// How far the settings are sent.
pub(super) enum Greeting {
    /// Nothing was written yet.
    Awaited,
    /// The changed beginning of the frame, and how much of it is written.
    Leaving(Vec<u8>, usize),
    /// They are, or there are none.
    Done,
}

/// Bytes of a frame's head. Source: RFC 9113, section 4.1.
const HEAD_BYTES: usize = 9;
/// Of the frame SETTINGS, and of the setting SETTINGS_MAX_CONCURRENT_STREAMS. Source: RFC 9113,
/// sections 6.5 and 6.5.2.
const SETTINGS: u8 = 4;
const MAX_CONCURRENT_STREAMS: u8 = 3;

impl Greeting {
    /// Whether the next bytes have to go through [`Greeting::poll_write`].
    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// Writes the beginning of what the library says; gives how much of that is done with.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        mut transport: Pin<&mut W>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if matches!(self, Self::Awaited) {
            *self = changed(bytes).map_or(Self::Done, |changed| Self::Leaving(changed, 0));
        }
        let Self::Leaving(changed, at) = self else {
            return transport.poll_write(context, bytes);
        };
        while let Some(left) = changed.get(*at..).filter(|left| !left.is_empty()) {
            match ready!(transport.as_mut().poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *at += written,
            }
        }
        *self = Self::Done;
        Poll::Ready(Ok(HEAD_BYTES))
    }
}

/// The head of a frame of settings, with one setting more behind it.
fn changed(bytes: &[u8]) -> Option<Vec<u8>> {
    let [0, 0, length, SETTINGS, 0, 0, 0, 0, 0] = *bytes.first_chunk::<HEAD_BYTES>()? else {
        return None;
    };
    let [a, b, c, d] = limits::H2_STREAMS_MAX.to_be_bytes();
    let setting = [0, MAX_CONCURRENT_STREAMS, a, b, c, d];
    let longer = length.checked_add(u8::try_from(setting.len()).ok()?)?;
    let mut changed = vec![0, 0, longer, SETTINGS, 0, 0, 0, 0, 0];
    changed.extend_from_slice(&setting);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::changed;

    #[test]
    fn only_settings_are_added_to() {
        let head = [0, 0, 6, 4, 0, 0, 0, 0, 0];
        let expected = [0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 128];
        assert_eq!(changed(&head), Some(expected.to_vec()));
        let ends_in_rest = [head.as_slice(), &[0, 4, 0, 4, 0, 0]].concat();
        assert_eq!(changed(&ends_in_rest), Some(expected.to_vec()));
        assert_eq!(changed(&head[..8]), None);
        assert_eq!(changed(b"HTTP/1.1 200 OK"), None);
        assert_eq!(changed(&[0, 0, 0, 4, 1, 0, 0, 0, 0]), None);
        assert_eq!(changed(&[0, 0, 250, 4, 0, 0, 0, 0, 0]), None);
    }
}
