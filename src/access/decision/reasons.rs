//! Why the answer was yes or no.

use thiserror::Error;

use crate::types::roles::Role;

use super::super::grant::GrantRefusal;
use super::super::policy::StatementName;

/// Why the answer was no; the rule goes into the audit entry, never to the caller.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Refusal {
    /// None of the caller's roles allows the action here, and there is no policy.
    #[error("no role of the caller allows this action on this resource")]
    NoRole,
    /// An operator's token never opens an agency's documents, whatever a policy says.
    #[error("the operator role never grants anything inside an agency")]
    Operator,
    /// A statement forbids it.
    #[error("statement {} of {policy} forbids {permission}", .statement.0)]
    Forbidden {
        /// Whose policy.
        policy: Source,
        /// Which statement.
        statement: StatementName,
        /// What it forbids.
        permission: &'static str,
    },
    /// A policy that only narrows does not allow it.
    #[error("the policy of the access key or session does not allow {permission}")]
    Beyond {
        /// What it does not allow.
        permission: &'static str,
    },
    /// Nothing allows it.
    #[error("no role, policy or access control list allows {permission} on this resource")]
    NotAllowed {
        /// What is needed.
        permission: &'static str,
    },
    /// The bucket has a document about access that cannot be read (law 8).
    #[error("a document of the bucket that speaks of access cannot be read")]
    Unreadable,
    /// The grant between agencies behind an alias does not allow it.
    #[error(transparent)]
    Grant(#[from] GrantRefusal),
}

/// Whose policy it is.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Source {
    /// The bucket's.
    #[error("the bucket's policy")]
    Bucket,
    /// One of the caller's roles.
    #[error("a policy of the caller's roles")]
    Grant,
    /// The caller's access key or session.
    #[error("the policy of the access key or session")]
    Boundary,
}

/// What allows a permission.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Allowance {
    /// A built-in role of the caller.
    #[error("the role {}", .0.name())]
    Role(Role),
    /// A statement.
    #[error("statement {} of {policy}", .statement.0)]
    Statement {
        /// Whose policy.
        policy: Source,
        /// Which statement.
        statement: StatementName,
    },
    /// An access control list.
    #[error("an access control list")]
    Acl,
    /// The grant between agencies names the caller or a role that it acts in.
    #[error("the grant, which names the principal or a role of it")]
    Named,
    /// Each object of the request is decided alone.
    #[error("nothing yet: each key is decided alone")]
    Later,
}
