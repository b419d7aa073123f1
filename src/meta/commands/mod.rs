//! What can change, one command a file. Every field is typed; every refusal is named.

mod access_keys;
mod agencies;
mod agency_keys;
mod approvals;
mod bucket;
mod complete_upload;
mod delete_objects;
mod events;
mod expire_version;
mod grants;
mod inventory;
mod issuers;
mod lifecycle;
mod lock_version;
mod operators;
mod put_object;
mod revocations;
mod rewrap;
mod roles;
mod tags;
mod trusted_time;
mod uploads;

#[cfg(test)]
mod tests;

pub use access_keys::{CreateAccessKey, RevokeAccessKey};
pub use agencies::{CreateAgency, SetAgencyState};
pub use agency_keys::{ChangeAgencyKey, CreateAgencyKey, KeyChange, SettleAgencyKey};
pub use approvals::{AskApproval, DecideApproval, Decision, UseApproval};
pub use bucket::{CreateBucket, DeleteBucket, SetBucketDocument, SetQuota, SetVersioning};
pub use complete_upload::{CompleteUpload, CompletedPart};
pub use delete_objects::{DeleteObject, DeleteObjects, DeleteOutcome, Deletion};
pub use events::{DeleteWebhook, RecordDelivery, ReplayDeliveries, SetWebhook, Tried, TrimEvents};
pub use expire_version::{ExpireVersion, Expiry};
pub use grants::{GrantTold, HearOfGrant, ProposeGrant, StepGrant};
pub use inventory::{RecordInventory, SetInventory};
pub use issuers::{AddIssuer, KeepIssuerKeys, RemoveIssuer, RotateSigningKey};
pub use lifecycle::RecordLifecycle;
pub use lock_version::{LockChange, LockVersion};
pub use operators::{AddOperator, Maker, RevokeOperator};
pub use put_object::{PutObject, PutOutcome};
pub use revocations::{LiftRevocation, Revoke};
pub use rewrap::{RewrapStep, Rewrapped};
pub use roles::{DeleteRole, Join, Leave, Membership, SetRole};
pub use tags::{SetAcl, SetTags};
pub use trusted_time::KeepTrustedTime;
pub use uploads::{AbortUpload, CreateUpload, PutPart, UploadPlace};
pub use uploads::{CollectAbandoned, ForgetGarbage, Progress};

use super::engine::Tx;
use super::error::{Error, Limited};

/// Refuses one more row than a table may have (law 10). `count` selects how many there are.
fn bounded(tx: &Tx<'_>, count: &str, max: u64, what: Limited) -> Result<(), Error> {
    let found: Option<i64> = tx.first(count, [], |row| row.get(0))?;
    let found = found.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    if found >= max {
        return Err(Error::LimitReached(what));
    }
    Ok(())
}
