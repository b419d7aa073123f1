//! What keeps a version from being removed: S3's Object Lock. Source: AWS S3 User Guide, "Locking
//! objects with Object Lock".

use super::clock::Time;

/// How strictly a retention holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LockMode {
    /// Who has the permission may set it aside.
    Governance,
    /// Nobody may, whoever it is.
    Compliance,
}

impl LockMode {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "GOVERNANCE" => Some(Self::Governance),
            "COMPLIANCE" => Some(Self::Compliance),
            _ => None,
        }
    }
}

/// A version may not be removed before a moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// How strictly.
    pub mode: LockMode,
    /// The moment.
    pub until: Time,
}

/// A version may not be removed while this is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LegalHold {
    /// It may not.
    On,
    /// It was on, or was said to be off.
    Off,
}

impl LegalHold {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "ON",
            Self::Off => "OFF",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ON" => Some(Self::On),
            "OFF" => Some(Self::Off),
            _ => None,
        }
    }
}

/// All that keeps one version.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lock {
    /// Its retention, which may be over.
    pub retention: Option<Retention>,
    /// Its legal hold; `None` if nothing was ever said.
    pub legal_hold: Option<LegalHold>,
}

impl Lock {
    /// Nothing keeps it, and nothing ever did.
    pub const NONE: Self = Self {
        retention: None,
        legal_hold: None,
    };
}
