//! The built-in roles.

/// A named set of permissions; what each may do is decided in `access`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// An application: makes buckets and owns them, sees no others'.
    App,
    /// Reads every document of its agency, changes none.
    Reader,
    /// Everything inside its agency.
    AgencyAdmin,
    /// Manages the installation; never reads a document.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::App, Self::Reader, Self::AgencyAdmin, Self::Operator];

    /// The name in tokens, the admin API and the index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Reader => "reader",
            Self::AgencyAdmin => "agency-admin",
            Self::Operator => "operator",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}
