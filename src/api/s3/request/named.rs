//! What a request names beside its bucket and its key, for its entry.

use crate::api::http::target::Query;
use crate::api::s3::copy_object;
use crate::audit::entry::Named;
use crate::types::ids::VersionId;

use super::Head;

/// What a request names beside its bucket and its key.
#[derive(Debug, Default)]
pub struct AlsoNamed {
    version: Option<String>,
    source: Option<String>,
}

impl AlsoNamed {
    /// Reads it from query and headers. What is no version and no source there is refused later.
    pub(in crate::api::s3) fn of(query: &Query, head: &Head) -> Self {
        let source = head
            .header("x-amz-copy-source")
            .and_then(|text| copy_object::parse(text).ok());
        let asked = match &source {
            Some((_, _, version)) => *version,
            None => query.value("versionId"),
        };
        let version = asked.and_then(|text| VersionId::parse(text).ok());
        Self {
            version: version.map(|id| id.to_string()),
            source: source.map(|(bucket, key, _)| format!("{bucket}/{key}")),
        }
    }

    /// As entries have it.
    pub(in crate::api::s3) fn draft(&self) -> Named<'_> {
        Named {
            version: self.version.as_deref(),
            source: self.source.as_deref(),
            ..Named::default()
        }
    }
}
