//! Why a policy was refused, in words for who wrote it.

use thiserror::Error;

/// A document that is no policy of this store.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{reason}{}", place(*.statement))]
pub struct PolicyError {
    /// The number of the statement that is wrong, the first being 1.
    pub statement: Option<usize>,
    /// What is wrong.
    pub reason: Reason,
}

fn place(statement: Option<usize>) -> String {
    statement.map_or_else(String::new, |number| format!(" (statement {number})"))
}

impl From<Reason> for PolicyError {
    fn from(reason: Reason) -> Self {
        Self {
            statement: None,
            reason,
        }
    }
}

/// What is wrong with a policy. The texts are those of S3 where it has one.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Reason {
    /// More bytes than a policy may have.
    #[error("Policy exceeds the maximum allowed document size")]
    TooLong,
    /// No JSON object, or one in which a member comes twice.
    #[error(
        "Policies must be valid JSON and the first byte must be '{{'; no member may come twice"
    )]
    NotJson,
    /// A member that the language does not have.
    #[error("Unknown field {0}")]
    UnknownField(String),
    /// A member that must be there.
    #[error("Missing required field {0}")]
    MissingField(&'static str),
    /// A member and its negation together.
    #[error("{0} and Not{0} cannot stand together")]
    Both(&'static str),
    /// A member of another type or with a value that it cannot have.
    #[error("Invalid policy syntax: {0}")]
    BadField(&'static str),
    /// A version of the language that there is not.
    #[error("The policy must contain a valid version string: 2012-10-17 or 2008-10-17")]
    Version,
    /// No statement, or more than a policy may have.
    #[error("Policy has no statement, or too many")]
    Statements,
    /// An action that no operation asks for.
    #[error("Policy has invalid action: {0}")]
    UnknownAction(String),
    /// A principal that this agency cannot have.
    #[error("Invalid principal in policy: {0}")]
    BadPrincipal(String),
    /// A principal in a policy that belongs to one.
    #[error("Policy document should not specify a principal")]
    PrincipalGiven,
    /// A resource that is no ARN, or not the bucket's.
    #[error("Policy has invalid resource: {0}")]
    BadResource(String),
    /// None of the actions can be asked for on any of the resources.
    #[error("Action does not apply to any resource(s) in statement: {0}")]
    Pointless(String),
    /// An operator that the language does not have.
    #[error("Invalid condition operator: {0}")]
    UnknownOperator(String),
    /// A condition key that no request here ever has.
    #[error("Policy has an invalid condition key: {0}")]
    UnknownKey(String),
    /// A condition that says nothing of any of the actions.
    #[error("Conditions do not apply to combination of actions and resources in statement: {0}")]
    Irrelevant(String),
    /// Allowing everybody but some.
    #[error("Allow with NotPrincipal is not allowed")]
    AllowsNotPrincipal,
    /// A value that its operator cannot compare with.
    #[error("Invalid value in a condition: {0}")]
    BadValue(String),
}
