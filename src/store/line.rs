//! The line on which one large upload is digested and sealed: segment after segment, in order,
//! beside the connection that they come from and the backend that they go to.
//!
//! There are two stations, each of them a chain that has one thread at a time: MD5, which takes
//! longer than all else together, and behind it the other digests and the seal. Threads are lent by
//! the blocking pool for as long as segments wait. An upload that comes fast enough always has one
//! waiting and hops rarely; one that comes slowly holds no thread meanwhile. The thread of the
//! first station sees to the second as well, unless so many segments wait there that they are worth
//! a thread of their own: then MD5 alone bounds the upload. Lines take turns at few threads,
//! however many there are.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::crypto::aead::TAG_BYTES;
use crate::crypto::blob::Position;
use crate::crypto::blob::Sealer;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::DigestResults;
use crate::crypto::digest::Digests;
use crate::types::limits;

use super::cutter::Segment;
use super::error::Error;

/// One permit for each thread that is lent: a few more than there are processors.
static THREADS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Arc::new(Semaphore::new(processors + 2))
});

/// What one thread at a time does to each segment.
trait Work: Sized + Send + 'static {
    /// What comes of a segment.
    type Done;

    /// Where it is done.
    fn station(state: &mut State) -> &mut Station<Self>;

    /// Does it; nothing is locked meanwhile.
    fn take(&mut self, segment: Segment) -> Self::Done;

    /// Puts what came of it where it goes next.
    fn put(state: &mut State, done: Self::Done);
}

/// The digest of the entity tag.
struct Md5(Digests);

impl Work for Md5 {
    type Done = Segment;

    fn station(state: &mut State) -> &mut Station<Self> {
        &mut state.digesting
    }

    fn take(&mut self, mut segment: Segment) -> Segment {
        self.0.update(text(segment.buffer.as_mut()));
        segment
    }

    fn put(state: &mut State, segment: Segment) {
        state.sealing.waiting.push_back(segment);
    }
}

/// All other digests, and the seal.
struct Seal {
    digests: Digests,
    sealer: Sealer,
}

impl Work for Seal {
    type Done = Bytes;

    fn station(state: &mut State) -> &mut Station<Self> {
        &mut state.sealing
    }

    fn take(&mut self, segment: Segment) -> Bytes {
        let Segment {
            mut buffer,
            position,
        } = segment;
        let bytes = buffer.as_mut();
        self.digests.update(text(bytes));
        self.sealer.seal(bytes, position);
        let length = bytes.len();
        buffer.into_bytes(0..length)
    }

    fn put(state: &mut State, sealed: Bytes) {
        state.unsealed -= 1;
        state.sealed.push(sealed);
    }
}

/// What a segment is before its tag stands behind it.
fn text(segment: &[u8]) -> &[u8] {
    let (text, _) = segment
        .split_last_chunk::<TAG_BYTES>()
        .expect("the cutter leaves room for the tag");
    text
}

/// One task puts segments in at one end and takes them, sealed, at the other.
///
/// Cancel safety: dropped, what is on the line is still worked off, and then forgotten.
pub(super) struct Line(Arc<Inner>);

struct Inner {
    /// Held for a push or a take, never while working.
    state: Mutex<State>,
    /// Wakes who waits for room.
    room: Notify,
    /// Wakes who waits for sealed segments.
    sealed: Notify,
}

struct State {
    digesting: Station<Md5>,
    sealing: Station<Seal>,
    /// Segments at both stations.
    unsealed: usize,
    sealed: Vec<Bytes>,
    /// The last segment was put in.
    is_ended: bool,
    /// How many segments may be on the line, and whether they are.
    segments_max: usize,
    is_full: bool,
    /// A thread lost its work.
    is_lost: bool,
}

struct Station<W> {
    waiting: VecDeque<Segment>,
    /// Here while no thread has it; never again if a thread lost it.
    work: Option<Box<W>>,
}

impl<W> Station<W> {
    fn new(work: W) -> Self {
        Self {
            waiting: VecDeque::new(),
            work: Some(Box::new(work)),
        }
    }

    /// The work, if no thread has it and so many segments wait.
    fn work_for(&mut self, segments_min: usize) -> Option<Box<W>> {
        match self.waiting.len() >= segments_min {
            true => self.work.take(),
            false => None,
        }
    }
}

impl State {
    /// Whether sealed segments are worth taking: enough to be written together, or what else the
    /// line would stand still for.
    fn is_ready(&self) -> bool {
        let is_all = self.unsealed == 0 && self.is_ended;
        let is_some = !self.sealed.is_empty();
        let is_enough = self.sealed.len() >= (self.segments_max / 4).max(1);
        is_enough || is_some && self.is_full || is_all || self.is_lost
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// A line for one document, with the digests of a plan that has MD5 in it.
    pub(super) fn new(plan: DigestPlan, sealer: Sealer) -> Self {
        let md5 = Digests::new(&DigestPlan {
            md5: true,
            ..DigestPlan::default()
        });
        let digests = Digests::new(&DigestPlan { md5: false, ..plan });
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                digesting: Station::new(Md5(md5)),
                sealing: Station::new(Seal { digests, sealer }),
                unsealed: 0,
                sealed: Vec::new(),
                is_ended: false,
                segments_max: 0,
                is_full: false,
                is_lost: false,
            }),
            room: Notify::new(),
            sealed: Notify::new(),
        }))
    }

    /// Waits until fewer than so many segments are on the line, sealed or not.
    pub(super) async fn room(&self, segments_max: usize) -> Result<(), Error> {
        loop {
            {
                let mut state = self.0.lock();
                if state.is_lost {
                    return Err(Error::Stopping);
                }
                state.segments_max = segments_max;
                state.is_full = state.unsealed + state.sealed.len() >= segments_max;
                if !state.is_full {
                    return Ok(());
                }
                if state.is_ready() {
                    self.0.sealed.notify_one();
                }
            }
            self.0.room.notified().await;
        }
    }

    /// Puts the next segment in; the caller has waited for room.
    pub(super) fn push(&self, segment: Segment) {
        let mut state = self.0.lock();
        state.is_ended = segment.position == Position::Last;
        state.digesting.waiting.push_back(segment);
        state.unsealed += 1;
        let work = state.digesting.work.take();
        drop(state);
        if let Some(work) = work {
            Lent::new(&self.0, work).start();
        }
    }

    /// Waits for sealed segments; `None` once the last one was taken.
    pub(super) async fn sealed(&self) -> Result<Option<Vec<Bytes>>, Error> {
        loop {
            {
                let mut state = self.0.lock();
                if state.is_lost {
                    return Err(Error::Stopping);
                }
                if state.is_ready() {
                    let sealed = std::mem::take(&mut state.sealed);
                    self.0.room.notify_one();
                    return Ok((!sealed.is_empty()).then_some(sealed));
                }
            }
            self.0.sealed.notified().await;
        }
    }

    /// The digests, once the last segment was taken.
    pub(super) fn end(self) -> Result<DigestResults, Error> {
        let mut state = self.0.lock();
        let (Some(md5), Some(seal)) = (state.digesting.work.take(), state.sealing.work.take())
        else {
            return Err(Error::Stopping);
        };
        let mut results = seal.digests.finish();
        results.md5 = md5.0.finish().md5;
        Ok(results)
    }
}

/// Work in the hands of a thread.
struct Lent<W: Work> {
    line: Arc<Inner>,
    work: Option<Box<W>>,
}

impl<W: Work> Lent<W> {
    fn new(line: &Arc<Inner>, work: Box<W>) -> Self {
        Self {
            line: Arc::clone(line),
            work: Some(work),
        }
    }

    /// Has a thread work it off, now or when one of the few is free.
    fn start(self) {
        match Arc::clone(&THREADS).try_acquire_owned() {
            Ok(permit) => drop(tokio::task::spawn_blocking(move || self.run(permit))),
            Err(_) => drop(tokio::spawn(async move {
                if let Ok(permit) = Arc::clone(&THREADS).acquire_owned().await {
                    tokio::task::spawn_blocking(move || self.run(permit));
                }
            })),
        }
    }

    fn run(mut self, permit: OwnedSemaphorePermit) {
        let sealing = self.work_off();
        if self.work.is_some() {
            // Its turn is over; it goes behind those that wait.
            drop(permit);
            self.start();
        } else if let Some(sealing) = sealing {
            Lent::new(&self.line, sealing).run(permit);
        }
    }

    /// Takes segments until none waits, or others wait for the thread; gives what is left to be
    /// done at the second station, if nobody is there.
    fn work_off(&mut self) -> Option<Box<Seal>> {
        let mut left = limits::LINE_TURN_SEGMENTS;
        let mut next = W::station(&mut self.line.lock()).waiting.pop_front();
        while let (Some(segment), Some(work)) = (next, &mut self.work) {
            let done = work.take(segment);
            left = left.saturating_sub(1);
            let has_turn = left > 0 || THREADS.available_permits() > 0;
            let mut state = self.line.lock();
            W::put(&mut state, done);
            let station = W::station(&mut state);
            next = has_turn.then(|| station.waiting.pop_front()).flatten();
            // With the last segment the work goes back in the same step: who waits finds it there.
            if next.is_none() && station.waiting.is_empty() {
                station.work = self.work.take();
            }
            let is_idle = self.work.is_none();
            let worth = if is_idle {
                1
            } else {
                limits::LINE_THREAD_SEGMENTS
            };
            let sealing = state.sealing.work_for(worth);
            let is_ready = state.is_ready();
            drop(state);
            if is_ready {
                self.line.sealed.notify_one();
            }
            if is_idle {
                return sealing;
            }
            if let Some(sealing) = sealing {
                Lent::new(&self.line, sealing).start();
            }
        }
        None
    }
}

impl<W: Work> Drop for Lent<W> {
    fn drop(&mut self) {
        // Still here: its thread panicked, or the pool closed before it ran.
        if self.work.is_some() {
            self.line.lock().is_lost = true;
            self.line.room.notify_one();
            self.line.sealed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Bytes;

    use super::Line;
    use crate::blobs::settings::BlobSettings;
    use crate::blobs::store::BlobStore;
    use crate::crypto::blob::Binding;
    use crate::crypto::blob::Position;
    use crate::crypto::blob::Purpose;
    use crate::crypto::blob::Sealer;
    use crate::crypto::blob::open_whole;
    use crate::crypto::digest::DigestPlan;
    use crate::crypto::digest::Digests;
    use crate::crypto::secret::SecretKey;
    use crate::store::body::Announced;
    use crate::store::body::Body;
    use crate::store::body::BodyError;
    use crate::store::cutter::Cutter;
    use crate::types::checksum::ChecksumAlgorithm;
    use crate::types::ids::BlobId;
    use crate::types::names::AgencyId;

    struct Pieces(VecDeque<Bytes>);

    impl Body for Pieces {
        fn wants_sha256(&self) -> bool {
            false
        }

        fn checksum_algorithm(&self) -> ChecksumAlgorithm {
            ChecksumAlgorithm::Crc32
        }

        async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
            tokio::task::yield_now().await;
            self.0.pop_front().map(Ok)
        }

        fn announced(&self) -> Announced {
            Announced::default()
        }
    }

    /// Cuts, digests and seals a document that comes in pieces; it must open as what it was.
    async fn check(length: usize, piece_bytes: usize, segments_max: usize) {
        let data_key = SecretKey::random();
        let binding = Binding {
            agency: AgencyId::parse("civil").unwrap(),
            blob_id: BlobId::new([7; 16]),
            purpose: Purpose::Object,
        };
        let plan = DigestPlan {
            md5: true,
            sha256: true,
            checksums: vec![ChecksumAlgorithm::Crc64Nvme],
        };
        let document: Bytes = (0..=250).cycle().take(length).collect();
        let pieces = document
            .chunks(piece_bytes)
            .map(|piece| document.slice_ref(piece));
        let blobs = BlobStore::new(&BlobSettings::Memory).unwrap();
        let mut body = Pieces(pieces.collect());
        let mut cutter = Cutter::new(&mut body, Bytes::new(), &blobs);
        let (sealer, header) = Sealer::new(&data_key, &binding);
        let line = Line::new(plan.clone(), sealer);
        let putting = async {
            loop {
                line.room(segments_max).await.unwrap();
                let segment = cutter.next().await.unwrap();
                let position = segment.position;
                line.push(segment);
                if position == Position::Last {
                    break;
                }
            }
        };
        let taking = async {
            let mut blob = header.to_vec();
            while let Some(sealed) = line.sealed().await.unwrap() {
                assert!(sealed.len() <= segments_max);
                blob.extend(sealed.concat());
            }
            blob
        };
        let ((), blob) = futures_util::future::join(putting, taking).await;
        let results = line.end().unwrap();
        let mut digests = Digests::new(&plan);
        digests.update(&document);
        assert_eq!(results, digests.finish());
        let opened = open_whole(&data_key, &binding, length as u64, &blob).unwrap();
        assert!(opened == document, "{length} by {piece_bytes}");
    }

    #[tokio::test]
    async fn segments_are_digested_and_sealed_in_order() {
        const SEGMENT: usize = 65_536;
        for length in [
            0,
            1,
            SEGMENT - 1,
            SEGMENT,
            SEGMENT + 1,
            10 * SEGMENT,
            700_001,
        ] {
            for piece_bytes in [8_192, 100_000, SEGMENT, 1 << 20] {
                for segments_max in [1, 2, 64] {
                    check(length, piece_bytes, segments_max).await;
                }
            }
        }
        // Longer than a thread's turn.
        check(200 * SEGMENT, 1 << 20, 100).await;
    }
}
