//! Issuers and keys of tokens: an agency's own, as fetched, and the installation's.

use crate::types::clock::Time;
use crate::types::names::AgencyId;

/// An issuer that an agency trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerRecord {
    /// Whose.
    pub agency: AgencyId,
    /// What the agency calls it.
    pub name: String,
    /// Its settings, in the form of the room that reads them.
    pub settings: String,
    /// When it was added.
    pub created: Time,
}

/// The key set of an issuer as it was fetched last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerKeysRecord {
    /// The agency that trusts the issuer; none if the configuration does.
    pub owner: Option<AgencyId>,
    /// What it is called.
    pub name: String,
    /// Its `iss`: keys are those of this issuer alone.
    pub issuer: String,
    /// Where they were fetched from.
    pub url: String,
    /// The set, as it came.
    pub key_set: String,
    /// When.
    pub fetched: Time,
}

/// A generation of the installation's signing key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SigningKeyRecord {
    /// Its number, from 1.
    pub generation: u32,
    /// From when on it signed.
    pub created: Time,
    /// Whether what it signed no longer counts.
    pub is_retired: bool,
}
