//! Names in requests, each read in one way and refused by what it is the name of.

use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::GroupName;
use crate::types::names::ObjectKey;
use crate::types::names::PrincipalName;
use crate::types::names::RoleName;

use super::error::AdminError;

pub(super) fn agency_id(text: &str) -> Result<AgencyId, AdminError> {
    AgencyId::parse(text).map_err(|error| AdminError::invalid("agency's name", error))
}

pub(super) fn bucket_name(text: &str) -> Result<BucketName, AdminError> {
    BucketName::parse(text).map_err(|error| AdminError::invalid("bucket's name", error))
}

pub(super) fn object_key(text: &str) -> Result<ObjectKey, AdminError> {
    ObjectKey::parse(text).map_err(|error| AdminError::invalid("object's key", error))
}

pub(super) fn principal_name(text: &str) -> Result<PrincipalName, AdminError> {
    PrincipalName::parse(text).map_err(|error| AdminError::invalid("principal's name", error))
}

/// Of a role that may be any but a built-in one.
pub(super) fn role_name(text: &str) -> Result<RoleName, AdminError> {
    RoleName::parse(text).map_err(|error| AdminError::invalid("role's name", error))
}

pub(super) fn group_name(text: &str) -> Result<GroupName, AdminError> {
    GroupName::parse(text).map_err(|error| AdminError::invalid("group's name", error))
}
