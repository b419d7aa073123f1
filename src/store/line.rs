//! The line on which one large upload is digested and sealed: block after block, in order, beside
//! the connection that they come from.
//!
//! Digests are one chain, so a line has one thread at a time, lent by the blocking pool for as long
//! as blocks wait. An upload that comes fast enough always has one waiting and hops once; one that
//! comes slowly holds no thread meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::crypto::blob::Sealer;
use crate::crypto::digest::Digests;

use super::error::Error;

/// Digests and seal of one document in the making.
pub(super) struct Work {
    pub(super) digests: Digests,
    pub(super) sealer: Sealer,
}

impl Work {
    fn take(&mut self, block: &Bytes, sealed: &mut Vec<Bytes>) {
        self.digests.update(block);
        self.sealer.push(block, &mut |bytes| sealed.push(bytes));
    }
}

/// Used by one task alone: it puts blocks in at one end and takes sealed pieces at the other.
///
/// Cancel safety: dropped, what is on the line is still worked off, and then forgotten.
pub(super) struct Line(Arc<Inner>);

struct Inner {
    /// Held for a push or a take, never while working.
    state: Mutex<State>,
    progress: Notify,
}

struct State {
    /// Blocks that wait, and their count with the one in hand: as many as the caller put in.
    blocks: VecDeque<Bytes>,
    unsealed: usize,
    sealed: Vec<Bytes>,
    /// Here while no thread has it; never again if a thread lost it.
    work: Option<Box<Work>>,
    is_lost: bool,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    pub(super) fn new(work: Work) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                blocks: VecDeque::new(),
                unsealed: 0,
                sealed: Vec::new(),
                work: Some(Box::new(work)),
                is_lost: false,
            }),
            progress: Notify::new(),
        }))
    }

    /// Puts a block in; the caller has waited for room.
    pub(super) fn push(&self, block: Bytes) {
        let mut state = self.0.lock();
        state.blocks.push_back(block);
        state.unsealed += 1;
        let Some(work) = state.work.take() else {
            return;
        };
        drop(state);
        let lent = Lent {
            line: Arc::clone(&self.0),
            work: Some(work),
        };
        tokio::task::spawn_blocking(move || lent.run());
    }

    /// Waits until fewer than this many blocks are unsealed.
    pub(super) async fn room(&self, blocks_max: usize) -> Result<(), Error> {
        loop {
            {
                let state = self.0.lock();
                if state.is_lost {
                    return Err(Error::Stopping);
                }
                if state.unsealed < blocks_max {
                    return Ok(());
                }
            }
            self.0.progress.notified().await;
        }
    }

    /// The pieces sealed since the last time.
    pub(super) fn sealed(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.0.lock().sealed)
    }

    /// Waits for the last block; the pieces not taken yet, and the work.
    pub(super) async fn end(self) -> Result<(Vec<Bytes>, Work), Error> {
        self.room(1).await?;
        let work = self.0.lock().work.take().ok_or(Error::Stopping)?;
        Ok((self.sealed(), *work))
    }
}

/// The work in the hands of a thread.
struct Lent {
    line: Arc<Inner>,
    work: Option<Box<Work>>,
}

impl Lent {
    fn run(mut self) {
        let mut sealed = Vec::new();
        let mut next = self.line.lock().blocks.pop_front();
        while let Some(block) = next {
            if let Some(work) = &mut self.work {
                work.take(&block, &mut sealed);
            }
            drop(block);
            let mut state = self.line.lock();
            state.unsealed -= 1;
            state.sealed.append(&mut sealed);
            next = state.blocks.pop_front();
            // With the last block the work goes back in the same step: who waits finds it there.
            if next.is_none() {
                state.work = self.work.take();
            }
            drop(state);
            self.line.progress.notify_one();
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Still here: its thread panicked, or the pool closed before it ran.
        if self.work.is_some() {
            self.line.lock().is_lost = true;
            self.line.progress.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Line;
    use super::Work;
    use crate::crypto::blob::Binding;
    use crate::crypto::blob::Purpose;
    use crate::crypto::blob::Sealer;
    use crate::crypto::blob::open_whole;
    use crate::crypto::digest::DigestPlan;
    use crate::crypto::digest::Digests;
    use crate::crypto::secret::SecretKey;
    use crate::types::ids::BlobId;
    use crate::types::names::AgencyId;

    #[tokio::test]
    async fn blocks_are_digested_and_sealed_in_order() {
        let data_key = SecretKey::random();
        let binding = Binding {
            agency: AgencyId::parse("civil").unwrap(),
            blob_id: BlobId::new([7; 16]),
            purpose: Purpose::Object,
        };
        let plan = DigestPlan {
            md5: true,
            ..DigestPlan::default()
        };
        for blocks_max in [1, 2, 5] {
            let line = Line::new(Work {
                digests: Digests::new(&plan),
                sealer: Sealer::new(&data_key, &binding),
            });
            let mut document = Vec::new();
            let mut blob = Vec::new();
            for number in 0..50_u8 {
                let block = vec![number; 10_000];
                document.extend_from_slice(&block);
                line.room(blocks_max).await.unwrap();
                blob.extend(line.sealed().concat());
                line.push(Bytes::from(block));
            }
            let (pieces, work) = line.end().await.unwrap();
            blob.extend(pieces.concat());
            let (last, size_bytes) = work.sealer.finish();
            blob.extend_from_slice(&last);
            assert_eq!(size_bytes, document.len() as u64);
            let mut digests = Digests::new(&plan);
            digests.update(&document);
            assert_eq!(work.digests.finish().md5, digests.finish().md5);
            let opened = open_whole(&data_key, &binding, size_bytes, blob).unwrap();
            assert!(opened == document);
        }
    }
}
