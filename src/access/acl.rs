//! Access control lists: who besides the owner may do what, without a policy.
//!
//! | permission | on a bucket | on an object |
//! | --- | --- | --- |
//! | `READ` | list objects, versions, uploads | read it, and its versions |
//! | `WRITE` | store objects, delete those that one owns | – |
//! | `READ_ACP` | read the list | read the list |
//! | `WRITE_ACP` | replace the list | replace the list |
//! | `FULL_CONTROL` | all of these | all of these |
//!
//! Lists count only in buckets whose ownership is not `BucketOwnerEnforced`. The groups: everybody,
//! and every principal of the agency. Source: AWS S3 User Guide, "Access control list (ACL)
//! overview".

use serde::Deserialize;
use serde::Serialize;

use crate::types::ids::CanonicalId;
use crate::types::limits;

use super::caller::Caller;
use super::caller::Proof;
use super::caller::Service;

/// A list as it is stored; an object or bucket without one has its owner's alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acl(Vec<Grant>);

/// One line of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: AclPermission,
}

/// Whom a line speaks of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grantee {
    /// One principal.
    Principal(CanonicalId),
    /// Several.
    Group(Group),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in S3's API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Reads the name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == text)
            }
        }
    };
}

named! {
    /// A group that S3 predefines, by its URI.
    Group {
        /// Everybody, anonymous callers too.
        AllUsers "http://acs.amazonaws.com/groups/global/AllUsers";
        /// Every principal of the agency.
        AuthenticatedUsers "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
        /// The store itself, delivering access logs.
        LogDelivery "http://acs.amazonaws.com/groups/s3/LogDelivery";
    }
}

named! {
    /// What a line allows.
    AclPermission {
        /// Everything.
        FullControl "FULL_CONTROL";
        /// Storing objects in a bucket.
        Write "WRITE";
        /// Replacing the list.
        WriteAcp "WRITE_ACP";
        /// Listing a bucket, reading an object.
        Read "READ";
        /// Reading the list.
        ReadAcp "READ_ACP";
    }
}

named! {
    /// A list that S3 names.
    CannedAcl {
        /// The owner's alone.
        Private "private";
        /// Everybody reads.
        PublicRead "public-read";
        /// Everybody reads and stores.
        PublicReadWrite "public-read-write";
        /// Every principal of the agency reads.
        AuthenticatedRead "authenticated-read";
        /// What holds for machine images at AWS: here as `private`.
        AwsExecRead "aws-exec-read";
        /// The bucket's owner reads an object.
        BucketOwnerRead "bucket-owner-read";
        /// The bucket's owner has an object as its own owner has.
        BucketOwnerFullControl "bucket-owner-full-control";
        /// Access logs may be written into a bucket.
        LogDeliveryWrite "log-delivery-write";
    }
}

/// More lines than a list may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooManyGrants;

impl Acl {
    /// A list of these lines. Source: AWS S3 User Guide, "Access control list (ACL) overview": 100
    /// grants.
    ///
    /// # Errors
    /// [`TooManyGrants`].
    pub fn new(grants: Vec<Grant>) -> Result<Self, TooManyGrants> {
        if grants.len() > limits::ACL_GRANTS_MAX {
            return Err(TooManyGrants);
        }
        Ok(Self(grants))
    }

    /// The list of something that nobody gave one.
    pub fn of_owner(owner: CanonicalId) -> Self {
        Self(vec![full_control(owner)])
    }

    /// A list that S3 names, for an object or a bucket of this owner.
    pub fn canned(canned: CannedAcl, owner: CanonicalId, bucket_owner: CanonicalId) -> Self {
        let group = |group, permission| Grant {
            grantee: Grantee::Group(group),
            permission,
        };
        let mut grants = vec![full_control(owner)];
        match canned {
            CannedAcl::Private | CannedAcl::AwsExecRead => {}
            CannedAcl::PublicRead => grants.push(group(Group::AllUsers, AclPermission::Read)),
            CannedAcl::PublicReadWrite => grants.extend([
                group(Group::AllUsers, AclPermission::Read),
                group(Group::AllUsers, AclPermission::Write),
            ]),
            CannedAcl::AuthenticatedRead => {
                grants.push(group(Group::AuthenticatedUsers, AclPermission::Read));
            }
            CannedAcl::BucketOwnerRead if owner != bucket_owner => grants.push(Grant {
                grantee: Grantee::Principal(bucket_owner),
                permission: AclPermission::Read,
            }),
            CannedAcl::BucketOwnerFullControl if owner != bucket_owner => {
                grants.push(full_control(bucket_owner));
            }
            CannedAcl::BucketOwnerRead | CannedAcl::BucketOwnerFullControl => {}
            CannedAcl::LogDeliveryWrite => grants.extend([
                group(Group::LogDelivery, AclPermission::Write),
                group(Group::LogDelivery, AclPermission::ReadAcp),
            ]),
        }
        Self(grants)
    }

    /// Its lines.
    pub fn grants(&self) -> &[Grant] {
        &self.0
    }

    /// Whether it names a principal itself, not a group.
    pub fn favours(&self, id: CanonicalId) -> bool {
        let is_it = |grant: &Grant| grant.grantee == Grantee::Principal(id);
        self.0.iter().any(is_it)
    }

    /// Whether it opens something to a group that is not closed. Source: AWS S3 User Guide,
    /// "The meaning of public", ACLs.
    pub fn is_public(&self) -> bool {
        let opens = |grant: &Grant| grant.grantee.is_public();
        self.0.iter().any(opens)
    }

    /// Whether it says the same as the list that its owner alone has.
    pub fn is_of_owner(&self, owner: CanonicalId) -> bool {
        let is_owners = |grant: &Grant| grant.grantee == Grantee::Principal(owner);
        self.0.iter().all(is_owners)
    }

    /// Whether a line allows this to a caller; with `closed`, lines for public groups do not count.
    pub(super) fn allows(&self, caller: &Caller, permission: AclPermission, closed: bool) -> bool {
        self.0.iter().any(|grant| {
            let fits =
                grant.permission == permission || grant.permission == AclPermission::FullControl;
            fits && grant.grantee.is(caller) && !(closed && grant.grantee.is_public())
        })
    }

    /// Reads the stored text.
    ///
    /// # Errors
    /// If it is no list.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        use serde::de::Error as _;
        let lines: Vec<(String, AclPermission)> = serde_json::from_str(text)?;
        let grants = lines.into_iter().map(|(grantee, permission)| {
            let grantee = Group::parse(&grantee)
                .map(Grantee::Group)
                .or_else(|| CanonicalId::parse(&grantee).ok().map(Grantee::Principal))
                .ok_or_else(|| serde_json::Error::custom("a grantee is a group or a principal"))?;
            Ok(Grant {
                grantee,
                permission,
            })
        });
        let grants = grants.collect::<Result<_, serde_json::Error>>()?;
        Self::new(grants).map_err(|_| serde_json::Error::custom("too many grants"))
    }

    /// Writes the stored text: pairs of grantee and permission.
    pub fn write(&self) -> String {
        let line = |grant: &Grant| {
            let grantee = match grant.grantee {
                Grantee::Principal(id) => id.to_string(),
                Grantee::Group(group) => group.name().to_owned(),
            };
            (grantee, grant.permission)
        };
        serde_json::json!(self.0.iter().map(line).collect::<Vec<_>>()).to_string()
    }
}

const fn full_control(owner: CanonicalId) -> Grant {
    Grant {
        grantee: Grantee::Principal(owner),
        permission: AclPermission::FullControl,
    }
}

impl Grantee {
    fn is(self, caller: &Caller) -> bool {
        match self {
            Self::Principal(id) => caller.is_principal() && caller.canonical_id == id,
            Self::Group(Group::AllUsers) => true,
            Self::Group(Group::AuthenticatedUsers) => caller.is_principal(),
            Self::Group(Group::LogDelivery) => caller.proof == Proof::Service(Service::Logging),
        }
    }

    const fn is_public(self) -> bool {
        matches!(
            self,
            Self::Group(Group::AllUsers | Group::AuthenticatedUsers)
        )
    }
}

/// What a line of a bucket's list must say for this permission, if one can give it.
pub(super) fn of_bucket(permission: &str) -> Option<AclPermission> {
    match permission {
        "s3:ListBucket" | "s3:ListBucketVersions" | "s3:ListBucketMultipartUploads" => {
            Some(AclPermission::Read)
        }
        "s3:PutObject" => Some(AclPermission::Write),
        "s3:GetBucketAcl" => Some(AclPermission::ReadAcp),
        "s3:PutBucketAcl" => Some(AclPermission::WriteAcp),
        _ => None,
    }
}

/// What a line of an object's list must say for this permission, if one can give it.
pub(super) fn of_object(permission: &str) -> Option<AclPermission> {
    match permission {
        "s3:GetObject" | "s3:GetObjectVersion" => Some(AclPermission::Read),
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" => Some(AclPermission::ReadAcp),
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" => Some(AclPermission::WriteAcp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Acl, AclPermission, CannedAcl, Grant, Grantee, Group};
    use crate::access::caller::{Caller, Proof};
    use crate::types::ids::CanonicalId;
    use crate::types::names::{AgencyId, PrincipalName};

    const OWNER: CanonicalId = CanonicalId::new([1; 32]);
    const BUCKET_OWNER: CanonicalId = CanonicalId::new([2; 32]);
    const OTHER: CanonicalId = CanonicalId::new([3; 32]);

    fn caller(id: CanonicalId, proof: Proof) -> Caller {
        let agency = AgencyId::parse("registro").unwrap();
        let principal = PrincipalName::parse("ana").unwrap();
        Caller::new(agency, principal, id, Vec::new(), proof)
    }

    #[test]
    fn canned_lists() {
        use AclPermission::{Read, Write};
        let token = || Proof::Token {
            issuer: "estado".to_owned(),
        };
        let owner = caller(OWNER, token());
        let bucket_owner = caller(BUCKET_OWNER, token());
        let other = caller(OTHER, token());
        let nobody = caller(OWNER, Proof::Anonymous);
        // Whether the bucket's owner, any principal, and nobody may read; nobody may write.
        for (canned, theirs, anyones, nobodys, written, public) in [
            (CannedAcl::Private, false, false, false, false, false),
            (CannedAcl::AwsExecRead, false, false, false, false, false),
            (CannedAcl::PublicRead, true, true, true, false, true),
            (CannedAcl::PublicReadWrite, true, true, true, true, true),
            (CannedAcl::AuthenticatedRead, true, true, false, false, true),
            (CannedAcl::BucketOwnerRead, true, false, false, false, false),
            (
                CannedAcl::BucketOwnerFullControl,
                true,
                false,
                false,
                false,
                false,
            ),
            (
                CannedAcl::LogDeliveryWrite,
                false,
                false,
                false,
                false,
                false,
            ),
        ] {
            let acl = Acl::canned(canned, OWNER, BUCKET_OWNER);
            assert!(acl.allows(&owner, Write, true), "{canned:?}");
            assert_eq!(acl.allows(&bucket_owner, Read, false), theirs, "{canned:?}");
            assert_eq!(acl.allows(&other, Read, false), anyones, "{canned:?}");
            assert_eq!(acl.allows(&nobody, Read, false), nobodys, "{canned:?}");
            assert_eq!(acl.allows(&nobody, Write, false), written, "{canned:?}");
            assert!(!acl.allows(&nobody, Read, true), "{canned:?}");
            assert!(!acl.allows(&other, Read, true), "{canned:?}");
            assert_eq!(acl.is_public(), public, "{canned:?}");
            assert_eq!(Acl::read(&acl.write()).unwrap(), acl);
        }
    }

    #[test]
    fn lists_are_bounded_and_strict() {
        let grant = Grant {
            grantee: Grantee::Group(Group::AllUsers),
            permission: AclPermission::Read,
        };
        assert!(Acl::new(vec![grant; 100]).is_ok());
        assert!(Acl::new(vec![grant; 101]).is_err());
        for bad in ["", "{}", r#"[["x","READ"]]"#, r#"[["x"]]"#] {
            assert!(Acl::read(bad).is_err(), "{bad}");
        }
        assert!(Acl::of_owner(OWNER).is_of_owner(OWNER));
        assert!(!Acl::of_owner(OWNER).is_of_owner(OTHER));
    }
}
