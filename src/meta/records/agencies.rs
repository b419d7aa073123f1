//! Agencies, as the catalog knows them.

use crate::types::clock::Time;
use crate::types::ids::AgencyCode;
use crate::types::names::AgencyId;

/// Whether an agency is served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgencyState {
    /// It is.
    Active,
    /// Its requests are refused; its data stay.
    Suspended,
}

/// An agency, as the catalog knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgencyRecord {
    /// Its slug, the name of its directory.
    pub agency: AgencyId,
    /// By which its access keys name it.
    pub code: AgencyCode,
    /// Its name for people.
    pub display_name: String,
    /// Whether it is served.
    pub state: AgencyState,
    /// When it was made.
    pub created: Time,
}
