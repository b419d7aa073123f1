//! After a rotation: data keys are wrapped anew by the newest version, a bounded step at a time,
//! until nothing needs an older one. No blob is read or written.
//!
//! A pass goes through all versions of all objects. Rows that move meanwhile can slip past it, so
//! it ends with a look at every data key there is; what that finds begins another pass.

use std::sync::Arc;

use crate::keys::data_key::Place;
use crate::keys::data_key::PlaceAt;
use crate::keys::data_key::WrappedDataKey;
use crate::meta::commands::RewrapStep;
use crate::meta::commands::Rewrapped;
use crate::meta::queries::RewrapCandidate;
use crate::meta::queries::RewrapPage;
use crate::meta::queries::RewrapPlace;
use crate::meta::records::RewrapCursor;
use crate::meta::records::RewrapPhase;
use crate::meta::records::RewrapRecord;
use crate::types::agency_key::KeyState;
use crate::types::names::AgencyId;

use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::list::beside;
use super::recent::Subject;
use super::sweep::Swept;

/// Rows that one step looks at.
const STEP: u32 = 256;

impl Store {
    /// Rewraps some data keys of an agency; `is_more` tells whether the next step has work.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn rewrap_step(&self, agency: &AgencyId) -> Result<Swept, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let unfinished = beside(&agency.index, |reader| {
            for key in reader.agency_keys()? {
                if key.order.state == KeyState::Active
                    && key.is_settled
                    && let Some(rewrap) = reader.rewrap(key.order.number)?
                    && rewrap.phase != RewrapPhase::Done
                {
                    let page = reader.rewrap_page(&rewrap, STEP)?;
                    return Ok(Some((rewrap, page)));
                }
            }
            Ok(None)
        });
        let Some((rewrap, page)) = unfinished.await? else {
            return Ok(Swept::default());
        };
        if rewrap.examined == 0 {
            // What was wrapped before the rotation and is still being committed is waited for.
            drop(agency.sealing_now.write().await);
        }
        let rewrapped = rewrap_all(&agency, &page.found);
        let removed = rewrapped.len() as u64;
        let (next, is_more) = advance(&rewrap, &page, removed);
        // Records that are kept in memory have the old wrapping.
        let bucket = page.found.first().map(|candidate| candidate.bucket);
        let subject = bucket.map(|bucket| {
            let keys = page.found.iter().map(|found| found.object_key.clone());
            Subject::Objects(bucket, keys.collect())
        });
        let command = RewrapStep { rewrapped, next };
        agency.change_unrecorded(subject.as_ref(), command).await?;
        Ok(Swept { removed, is_more })
    }
}

fn rewrap_all(agency: &Arc<Agency>, found: &[RewrapCandidate]) -> Vec<Rewrapped> {
    let mut rewrapped = Vec::new();
    for candidate in found {
        let version_id;
        let at = match candidate.at {
            RewrapPlace::Part(upload, part) => PlaceAt::Part(upload, part),
            RewrapPlace::Version(_, id) => {
                version_id = id;
                PlaceAt::Version(&version_id)
            }
        };
        let place = Place {
            bucket: candidate.bucket,
            object_key: &candidate.object_key,
            at,
            size_bytes: candidate.size_bytes,
            context: candidate.context.as_deref(),
        };
        let new = WrappedDataKey::from_bytes(&candidate.wrapped_key)
            .and_then(|wrapped| agency.keyring.rewrap_data_key(&wrapped, &place));
        match new {
            Ok(None) => {}
            Ok(Some(new)) => rewrapped.push(Rewrapped {
                at: candidate.at,
                old: candidate.wrapped_key.clone(),
                new: new.into_bytes(),
            }),
            // It stays as it is, and the old version with it.
            Err(error) => tracing::error!(%error, agency = %agency.id, "a data key is damaged"),
        }
    }
    rewrapped
}

/// The state after a step, and whether the next one has work at once.
fn advance(rewrap: &RewrapRecord, page: &RewrapPage, rewrapped: u64) -> (RewrapRecord, bool) {
    let mut next = rewrap.clone();
    next.examined += page.examined;
    next.rewrapped += rewrapped;
    if page.left > 0 {
        next.phase = RewrapPhase::Objects;
        next.cursor = RewrapCursor::START;
        return (next, false);
    }
    match &page.next {
        Some(cursor) => next.cursor = cursor.clone(),
        None => {
            next.phase = rewrap.phase.next();
            next.cursor = RewrapCursor::START;
        }
    }
    let is_more = next.phase != RewrapPhase::Done;
    (next, is_more)
}
