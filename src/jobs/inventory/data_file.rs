//! A data file of a report: lines, compressed while they are stored. Memory holds a page of rows
//! and what a chunk was compressed to, however large the bucket is.

use std::io;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::store;
use crate::store::Store;
use crate::store::body::Announced;
use crate::store::body::Body;
use crate::store::body::BodyError;
use crate::store::inventory::InventoryQuery;
use crate::store::inventory::InventoryRow;
use crate::store::inventory::RowsAfter;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::line::Layout;

/// What a data file is made of.
pub(super) struct Source<'j> {
    pub(super) store: &'j Store,
    pub(super) agency: &'j AgencyId,
    pub(super) query: InventoryQuery,
    pub(super) layout: Arc<Layout>,
}

impl Source<'_> {
    /// Whether there is anything after a row.
    pub(super) async fn has_more(&self, after: &Option<RowsAfter>) -> Result<bool, store::Error> {
        let mut after = after.clone();
        loop {
            let read = self
                .store
                .inventory_rows(self.agency, &self.query, after, 1);
            let page = read.await?;
            match page.next {
                _ if !page.rows.is_empty() => return Ok(true),
                None => return Ok(false),
                next => after = next,
            }
        }
    }
}

/// A data file on its way.
pub(super) struct DataFile<'j> {
    source: &'j Source<'j>,
    rows_max: u64,
    /// `None` once the file has ended.
    packer: Option<Packer>,
    /// What the next page comes after.
    pub(super) after: Option<RowsAfter>,
    /// Lines so far.
    pub(super) rows: u64,
    /// What was stored, once the file has ended.
    pub(super) packed: Option<Packed>,
    /// Why the file ended early.
    pub(super) failure: Option<store::Error>,
}

/// The compressed bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    pub(super) size_bytes: u64,
    pub(super) md5: [u8; 16],
}

impl<'j> DataFile<'j> {
    /// A file of at most so many lines, which begins after a row.
    pub(super) fn new(source: &'j Source<'j>, after: Option<RowsAfter>, rows_max: u64) -> Self {
        Self {
            source,
            rows_max,
            packer: Some(Packer::new()),
            after,
            rows: 0,
            packed: None,
            failure: None,
        }
    }

    /// The next chunk, which may be empty; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, store::Error> {
        let Some(packer) = self.packer.take() else {
            return Ok(None);
        };
        let left = self.rows_max.saturating_sub(self.rows);
        let limit = u32::try_from(left).unwrap_or(limits::LIST_PAGE_MAX);
        let source = self.source;
        let page = source
            .store
            .inventory_rows(source.agency, &source.query, self.after.take(), limit)
            .await?;
        self.rows += page.rows.len() as u64;
        self.after = page.next;
        let is_last = self.after.is_none() || self.rows >= self.rows_max;
        let layout = Arc::clone(&source.layout);
        // Rendering and compressing a page takes milliseconds: not on a reactor.
        let packing =
            tokio::task::spawn_blocking(move || packer.pack(&layout, &page.rows, is_last));
        let packed = packing.await.map_err(|_| store::Error::Stopping)?;
        // Writing to memory does not fail.
        let (left, chunk) = packed.map_err(|_| store::Error::Stopping)?;
        match left {
            Left::More(packer) => self.packer = Some(*packer),
            Left::Nothing(packed) => self.packed = Some(packed),
        }
        Ok(Some(chunk))
    }
}

impl Body for &mut DataFile<'_> {
    fn wants_sha256(&self) -> bool {
        false
    }

    fn checksum_algorithm(&self) -> ChecksumAlgorithm {
        ChecksumAlgorithm::Crc64Nvme
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) if chunk.is_empty() => {}
                Ok(chunk) => return chunk.map(|chunk| Ok(chunk.into())),
                Err(error) => {
                    self.failure = Some(error);
                    return Some(Err(BodyError::Source));
                }
            }
        }
    }

    fn announced(&self) -> Announced {
        Announced::default()
    }
}

/// Compresses lines and digests what comes of it.
struct Packer {
    encoder: GzEncoder<Vec<u8>>,
    digests: Digests,
    size_bytes: u64,
}

enum Left {
    More(Box<Packer>),
    Nothing(Packed),
}

impl Packer {
    fn new() -> Self {
        Self {
            encoder: GzEncoder::new(Vec::new(), Compression::default()),
            digests: Digests::new(&DigestPlan {
                md5: true,
                sha256: false,
                checksums: Vec::new(),
            }),
            size_bytes: 0,
        }
    }

    fn pack(
        mut self,
        layout: &Layout,
        rows: &[InventoryRow],
        is_last: bool,
    ) -> io::Result<(Left, Vec<u8>)> {
        let mut text = String::new();
        for row in rows {
            layout.write(row, &mut text);
        }
        self.encoder.write_all(text.as_bytes())?;
        if is_last {
            self.encoder.try_finish()?;
        }
        let chunk = std::mem::take(self.encoder.get_mut());
        self.digests.update(&chunk);
        self.size_bytes += chunk.len() as u64;
        if !is_last {
            return Ok((Left::More(Box::new(self)), chunk));
        }
        let packed = Packed {
            size_bytes: self.size_bytes,
            md5: self.digests.finish().md5.unwrap_or_default(),
        };
        Ok((Left::Nothing(packed), chunk))
    }
}
