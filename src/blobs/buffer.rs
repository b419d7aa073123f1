//! Buffers that are used again.
//!
//! Fresh memory for each segment would be cleared by us or by the kernel, which costs a third of
//! the time of a warm read; a used buffer is only overwritten.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::types::limits;

/// A bounded stock of buffers that wait for their next use, by reads and by uploads.
#[derive(Default)]
pub(super) struct Buffers {
    free: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    /// A buffer of this length, with whatever bytes it last held: the taker fills all of it.
    pub(super) fn take(self: &Arc<Self>, length: usize) -> Buffer {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = free.pop().unwrap_or_default();
        drop(free);
        if bytes.len() < length {
            bytes.resize(length, 0);
        }
        Buffer {
            bytes,
            length,
            home: Arc::clone(self),
        }
    }
}

/// Bytes read from a blob, or to be written to one. They can be opened or sealed in place, and sent
/// or written without a copy; the memory goes back to the stock when the last of them is dropped.
pub struct Buffer {
    bytes: Vec<u8>,
    length: usize,
    home: Arc<Buffers>,
}

impl Buffer {
    /// Cuts it to fewer bytes.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Some of the bytes, to send; the rest is let go of with them.
    pub fn into_bytes(self, keep: Range<usize>) -> Bytes {
        let end = keep.end.min(self.length);
        let start = keep.start.min(end);
        Bytes::from_owner(self).slice(start..end)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Buffer({} bytes)", self.length)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self
            .home
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if free.len() < limits::BUFFERS_FREE_MAX && self.bytes.capacity() <= limits::BLOB_IO_BYTES {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Buffers;
    use crate::types::limits;

    fn free(buffers: &Buffers) -> usize {
        buffers.free.lock().unwrap().len()
    }

    #[test]
    fn buffers_come_back_and_show_no_more_than_their_length() {
        let buffers = Arc::new(Buffers::default());
        let mut long = buffers.take(100);
        long.as_mut().fill(7);
        let sent = long.into_bytes(10..20);
        assert_eq!((sent.len(), free(&buffers)), (10, 0));
        let copy = sent.clone();
        drop(sent);
        assert_eq!(free(&buffers), 0);
        drop(copy);
        assert_eq!(free(&buffers), 1);
        let short = buffers.take(5);
        assert_eq!((short.as_ref().len(), free(&buffers)), (5, 0));
        assert_eq!(short.into_bytes(3..99).len(), 2);
    }

    #[test]
    fn the_stock_is_bounded() {
        let buffers = Arc::new(Buffers::default());
        drop(buffers.take(limits::BLOB_IO_BYTES + 1));
        assert_eq!(free(&buffers), 0);
        let taken: Vec<_> = (0..limits::BUFFERS_FREE_MAX + 1)
            .map(|_| buffers.take(1))
            .collect();
        drop(taken);
        assert_eq!(free(&buffers), limits::BUFFERS_FREE_MAX);
    }
}
