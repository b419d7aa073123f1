//! What must hold of the current version for a change to happen.

use super::super::error::Error;
use crate::types::clock::Time;
use crate::types::etag::{Etag, EtagMatch};

/// What must hold of the current version for a write to happen; both parts, where given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Precondition {
    /// `If-Match`.
    pub if_match: Option<EtagMatch>,
    /// `If-None-Match`.
    pub if_none_match: Option<EtagMatch>,
}

impl Precondition {
    /// Whether the write may happen over a current version with this tag, or over none.
    ///
    /// Source: AWS S3 User Guide, "How to prevent object overwrites with conditional writes".
    pub(in crate::meta) fn check(&self, current: Option<&Etag>) -> Result<(), Error> {
        match (&self.if_match, current) {
            (Some(_), None) => return Err(Error::NoSuchObject),
            (Some(wanted), Some(etag)) if !wanted.matches(etag) => {
                return Err(Error::PreconditionFailed);
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        match (&self.if_none_match, current) {
            (Some(unwanted), Some(etag)) if unwanted.matches(etag) => {
                Err(Error::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}

/// What must hold of the current version for a deletion to happen; all parts, where given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeleteCondition {
    /// `If-Match`.
    pub if_match: Option<EtagMatch>,
    /// `x-amz-if-match-last-modified-time`, to the second.
    pub modified: Option<Time>,
    /// `x-amz-if-match-size`.
    pub size_bytes: Option<u64>,
}

impl DeleteCondition {
    /// Whether the deletion may happen while this version is the current one, or none is. Only
    /// `If-Match` needs one.
    ///
    /// Source: AWS S3 User Guide, "How to perform conditional deletes"; AWS S3 API Reference,
    /// "DeleteObject".
    pub(in crate::meta) fn check(&self, current: Option<(&Etag, Time, u64)>) -> Result<(), Error> {
        let Some((etag, modified, size_bytes)) = current else {
            return match self.if_match {
                Some(_) => Err(Error::NoSuchObject),
                None => Ok(()),
            };
        };
        let holds = self.if_match.as_ref().is_none_or(|tags| tags.matches(etag))
            && self
                .modified
                .is_none_or(|time| time.seconds() == modified.seconds())
            && self.size_bytes.is_none_or(|size| size == size_bytes);
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}
