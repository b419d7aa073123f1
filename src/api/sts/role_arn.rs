//! The names by which STS calls roles and those who act in them.
//!
//! An agency stands where AWS has the number of an account: `arn:aws:iam::registro-civil:role/app`.

use crate::types::names::AgencyId;

/// A role of an agency, as a caller names it; there or not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RoleArn {
    pub(super) agency: AgencyId,
    pub(super) role: String,
}

impl RoleArn {
    /// Reads `arn:aws:iam::<agency>:role/<role>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("arn:aws:iam::")?;
        let (agency, role) = rest.split_once(":role/")?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let good = (1..=64).contains(&role.len()) && role.chars().all(is_allowed);
        good.then_some(Self {
            agency: AgencyId::parse(agency).ok()?,
            role: role.to_owned(),
        })
    }
}

/// Who acts in a role. Source: AWS IAM User Guide, "IAM identifiers".
pub(super) fn assumed_role(agency: &AgencyId, role: &str, session_name: &str) -> String {
    format!("arn:aws:sts::{agency}:assumed-role/{role}/{session_name}")
}

/// A principal.
pub(super) fn user(agency: &AgencyId, principal: &str) -> String {
    format!("arn:aws:iam::{agency}:user/{principal}")
}

#[cfg(test)]
mod tests {
    use super::RoleArn;

    #[test]
    fn role_arns() {
        let read = RoleArn::parse("arn:aws:iam::registro-civil:role/app").unwrap();
        assert_eq!(
            (read.agency.as_str(), read.role.as_str()),
            ("registro-civil", "app")
        );
        for refused in [
            "",
            "app",
            "arn:aws:iam::registro-civil:user/app",
            "arn:aws:iam::registro-civil:role/",
            "arn:aws:iam::registro-civil:role/a/b",
            "arn:aws:iam::REGISTRO:role/app",
            "arn:aws:iam:::role/app",
            "arn:aws:iam::registro-civil:role/app:role/x",
            "arn:aws:sts::registro-civil:assumed-role/app/x",
            " arn:aws:iam::registro-civil:role/app",
        ] {
            assert_eq!(RoleArn::parse(refused), None, "{refused}");
        }
    }
}
