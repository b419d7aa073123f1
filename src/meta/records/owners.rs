//! Owners, as S3 shows them.

use crate::types::ids::CanonicalId;
use crate::types::names::PrincipalName;

/// Who owns a bucket, an object or an upload, as S3 shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owner {
    /// S3's canonical user id.
    pub id: CanonicalId,
    /// S3's display name.
    pub name: PrincipalName,
}
