//! Copies: the source's verified bytes as the body of a new object or part.
//!
//! A copy is sealed anew under a data key of its own, so that no blob ever has two owners.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::access::permit::Permit;
use crate::types::checksum::ChecksumAlgorithm;

use super::agencies::Store;
use super::body::Announced;
use super::body::Body;
use super::body::BodyError;
use super::content::Content;
use super::content::ContentStream;
use super::error::Error;
use super::get::Found;

/// The bytes of a copy's source.
pub struct CopyBody {
    content: ContentStream,
    algorithm: ChecksumAlgorithm,
}

impl Store {
    /// The source of a copy as a body. Its checksum will be of the algorithm asked for, else of the
    /// source's own, else of the default.
    ///
    /// # Errors
    /// As [`Store::content`].
    pub async fn copy_body(
        &self,
        permit: &Permit,
        found: Found,
        range: Range<u64>,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<CopyBody, Error> {
        let own = found.checksum().map(|checksum| checksum.value.algorithm());
        let algorithm = algorithm.or(own).unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let content: ContentStream = if range.is_empty() {
            Box::pin(stream::empty())
        } else {
            match self.content(permit, found, range).await? {
                Content::Ready(bytes) => Box::pin(stream::iter([Ok(bytes)])),
                Content::Stream(content) => content,
            }
        };
        Ok(CopyBody { content, algorithm })
    }
}

impl Body for CopyBody {
    fn wants_sha256(&self) -> bool {
        false
    }

    fn checksum_algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        let next = self.content.next().await?;
        Some(next.map_err(|error| {
            tracing::error!(%error, "the source of a copy could not be read");
            BodyError::Source
        }))
    }

    fn announced(&self) -> Announced {
        Announced::default()
    }
}
