//! The public-access block of a bucket, and the ownership of what is in it.
//!
//! Both exist for every new bucket in their strictest form, as S3 has it since April 2023; a bucket
//! whose block or controls were removed is another thing than one that was never asked, so a
//! removal is written down as `null`.
//!
//! Sources: AWS S3 User Guide, "Blocking public access to your Amazon S3 storage", "Controlling
//! ownership of objects and disabling ACLs for your bucket".

use serde::Deserialize;
use serde::Serialize;

/// What public access is refused, whatever allows it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// Public access control lists cannot be set any more.
    pub block_public_acls: bool,
    /// Those that are set do not count.
    pub ignore_public_acls: bool,
    /// Public policies cannot be set any more.
    pub block_public_policy: bool,
    /// One that is set opens nothing to callers from outside the agency.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What every new bucket has.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// What a bucket without a block has.
    pub const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Reads a bucket's text: `None` if the block was removed.
    ///
    /// # Errors
    /// If the text is no block.
    pub fn read(text: Option<&str>) -> Result<Option<Self>, serde_json::Error> {
        text.map_or(Ok(Some(Self::ALL)), serde_json::from_str)
    }

    /// Writes a bucket's text.
    pub fn write(block: Option<Self>) -> String {
        serde_json::json!(block).to_string()
    }
}

/// Who owns an object that another principal than the bucket's owner stores.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Ownership {
    /// The bucket's owner; access control lists do not count and cannot be set.
    BucketOwnerEnforced,
    /// The bucket's owner if the object was stored with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Who stores it.
    ObjectWriter,
}

impl Ownership {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::BucketOwnerEnforced,
        Self::BucketOwnerPreferred,
        Self::ObjectWriter,
    ];

    /// The name in S3's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == text)
    }

    /// Reads a bucket's text: `None` if its controls were removed.
    ///
    /// # Errors
    /// If the text names no ownership.
    pub fn read(text: Option<&str>) -> Result<Option<Self>, serde_json::Error> {
        text.map_or(Ok(Some(Self::BucketOwnerEnforced)), serde_json::from_str)
    }

    /// Writes a bucket's text.
    pub fn write(ownership: Option<Self>) -> String {
        serde_json::json!(ownership).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ownership, PublicAccessBlock};

    #[test]
    fn texts_are_read_back() {
        for block in [
            None,
            Some(PublicAccessBlock::ALL),
            Some(PublicAccessBlock::NONE),
        ] {
            let text = PublicAccessBlock::write(block);
            assert_eq!(PublicAccessBlock::read(Some(&text)).unwrap(), block);
        }
        for ownership in [None, Some(Ownership::ObjectWriter)] {
            let text = Ownership::write(ownership);
            assert_eq!(Ownership::read(Some(&text)).unwrap(), ownership);
        }
        for ownership in Ownership::ALL {
            assert_eq!(Ownership::parse(ownership.name()), Some(ownership));
        }
        let never_asked = PublicAccessBlock::read(None).unwrap();
        assert_eq!(never_asked, Some(PublicAccessBlock::ALL));
        let never_asked = Ownership::read(None).unwrap();
        assert_eq!(never_asked, Some(Ownership::BucketOwnerEnforced));
        assert!(PublicAccessBlock::read(Some("{}")).is_err());
        assert!(Ownership::read(Some("\"Nobody\"")).is_err());
    }
}
