//! The built-in roles.

/// A named set of permissions; what each may do is decided in `access`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// An application: makes buckets and owns them, sees no others'.
    App,
    /// Reads every document of its agency, changes none.
    Reader,
    /// Decides about what was submitted: reads as a reader does.
    Reviewer,
    /// Says how long documents stay: retention, legal holds, lifecycle. Sees names, reads none.
    RecordsOfficer,
    /// Sees how everything is set up, and reads no document.
    Auditor,
    /// Everything inside its agency.
    AgencyAdmin,
    /// Manages the installation; never reads a document.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::App,
        Self::Reader,
        Self::Reviewer,
        Self::RecordsOfficer,
        Self::Auditor,
        Self::AgencyAdmin,
        Self::Operator,
    ];

    /// The roles that somebody in an agency can have, as people are told them.
    pub const IN_AGENCY: &'static str =
        "app, reader, reviewer, records-officer, auditor, agency-admin";

    /// The name in tokens, the admin API and the index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Reader => "reader",
            Self::Reviewer => "reviewer",
            Self::RecordsOfficer => "records-officer",
            Self::Auditor => "auditor",
            Self::AgencyAdmin => "agency-admin",
            Self::Operator => "operator",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}
