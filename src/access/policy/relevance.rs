//! Which condition keys speak of which permissions: a condition on the prefix of a list says
//! nothing of reading an object, and S3 refuses a statement that has it.
//!
//! Only asked when a policy is stored; one that is stored already is read as it is. Source: AWS
//! Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".

use super::Effect;
use super::Permissions;
use super::Policy;
use super::Statement;
use super::error::PolicyError;
use super::error::Reason;
use super::key::Key;
use super::key::PlainKey;
use super::permissions::On;
use super::permissions::PERMISSIONS;

/// What lists.
const LISTS: &[&str] = &[
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
];

/// What stores an object.
const STORES: &[&str] = &["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"];

/// What has preconditions.
const CONDITIONAL: &[&str] = &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"];

/// What brings the key of a customer.
const CUSTOMERS: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
];

/// What says an access control list.
const LISTED: &[&str] = &[
    "s3:CreateBucket",
    "s3:PutBucketAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];

/// What locks.
const LOCKS: &[&str] = &[
    "s3:BypassGovernanceRetention",
    "s3:PutObject",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
];

/// What gives tags.
const TAGS: &[&str] = &[
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
];

const OWNERSHIP: &[&str] = &["s3:CreateBucket", "s3:PutBucketOwnershipControls"];

impl Policy {
    /// Refuses what S3 refuses in a new policy of a bucket, beyond what cannot be read: conditions
    /// that say nothing of any of their statement's actions, and allowing everybody but some.
    ///
    /// # Errors
    /// Which statement, and what is wrong with it.
    pub fn check_new(&self) -> Result<(), PolicyError> {
        for (at, statement) in self.statements.iter().enumerate() {
            statement.check_new().map_err(|reason| PolicyError {
                statement: Some(at + 1),
                reason,
            })?;
        }
        Ok(())
    }
}

impl Statement {
    fn check_new(&self) -> Result<(), Reason> {
        let principals = self.principals.as_ref();
        if self.effect == Effect::Allow && principals.is_some_and(|named| named.is_negated()) {
            return Err(Reason::AllowsNotPrincipal);
        }
        let is_pointless =
            |condition: &&super::Condition| !speaks_of_any(&condition.key, self.permissions);
        match self.conditions.iter().find(is_pointless) {
            Some(condition) => Err(Reason::Irrelevant(condition.key.name())),
            None => Ok(()),
        }
    }
}

fn speaks_of_any(key: &Key, permissions: Permissions) -> bool {
    let mut all = PERMISSIONS.iter().enumerate();
    all.any(|(at, (name, on))| permissions.has(at) && speaks_of(key, name, *on))
}

fn speaks_of(key: &Key, permission: &str, on: On) -> bool {
    use PlainKey as K;
    let named = match key {
        Key::PrincipalTag(_) | Key::Jwt(_) => return true,
        Key::ExistingObjectTag(_) | Key::Plain(K::VersionId) => return on == On::Object,
        Key::RequestObjectTag(_) | Key::Plain(K::RequestObjectTagKeys) => TAGS,
        Key::Plain(key) => match key {
            K::Delimiter | K::MaxKeys | K::Prefix => LISTS,
            K::IfMatch | K::IfNoneMatch => CONDITIONAL,
            K::ObjectLockLegalHold
            | K::ObjectLockMode
            | K::ObjectLockRemainingRetentionDays
            | K::ObjectLockRetainUntilDate => LOCKS,
            K::Acl
            | K::GrantFullControl
            | K::GrantRead
            | K::GrantReadAcp
            | K::GrantWrite
            | K::GrantWriteAcp => LISTED,
            K::ObjectOwnership => OWNERSHIP,
            K::CustomerAlgorithm => CUSTOMERS,
            K::CopySource
            | K::MetadataDirective
            | K::Encryption
            | K::EncryptionKeyId
            | K::StorageClass
            | K::WebsiteRedirect => STORES,
            _ => return true,
        },
    };
    named.contains(&permission)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::error::Reason;
    use super::super::{Kind, Policy};
    use crate::types::names::{AgencyId, BucketName};

    #[track_caller]
    fn check(statement: &Value, expected: Option<&Reason>) {
        let mut whole = json!({"Effect": "Deny", "Principal": "*",
            "Resource": ["arn:aws:s3:::actas", "arn:aws:s3:::actas/*"]});
        let whole = whole.as_object_mut().unwrap();
        whole.extend(statement.as_object().unwrap().clone());
        if whole.contains_key("NotPrincipal") {
            whole.remove("Principal");
        }
        let text = json!({ "Statement": whole }).to_string();
        let kind = Kind::Bucket {
            agency: &AgencyId::parse("registro").unwrap(),
            bucket: &BucketName::parse("actas").unwrap(),
        };
        let policy = Policy::parse(&text, kind).unwrap();
        let refused = policy.check_new().err().map(|error| error.reason);
        assert_eq!(refused.as_ref(), expected, "{text}");
    }

    #[test]
    fn conditions_speak_of_the_actions_beside_them() {
        let on = |action: &str, operator: &str, key: &str, value: &str| {
            let mut test = json!({ operator: {} });
            test[operator][key] = json!(value);
            json!({"Action": action, "Condition": test})
        };
        let prefix = Reason::Irrelevant("s3:prefix".to_owned());
        check(&on("s3:ListBucket", "StringLike", "s3:prefix", "a*"), None);
        check(
            &on("s3:GetObject", "StringLike", "s3:prefix", "a*"),
            Some(&prefix),
        );
        // One of the actions is enough.
        check(&on("s3:*", "StringLike", "S3:Prefix", "a*"), None);
        check(&on("s3:Get*", "Null", "s3:prefix", "true"), Some(&prefix));
        let tag = "s3:ExistingObjectTag/a";
        check(&on("s3:GetObject", "StringEquals", tag, "b"), None);
        check(
            &on("s3:ListBucket", "StringEquals", tag, "b"),
            Some(&Reason::Irrelevant(tag.to_owned())),
        );
        let sealed = "s3:x-amz-server-side-encryption";
        check(
            &on("s3:PutObject", "StringNotEquals", sealed, "AES256"),
            None,
        );
        check(
            &on("s3:DeleteObject", "StringNotEquals", sealed, "AES256"),
            Some(&Reason::Irrelevant(sealed.to_owned())),
        );
        for action in ["s3:GetObject", "s3:ListBucket", "s3:PutBucketPolicy"] {
            check(&on(action, "IpAddress", "aws:SourceIp", "10.0.0.1"), None);
            check(&on(action, "StringEquals", "jwt:area", "actas"), None);
        }
    }

    #[test]
    fn everybody_but_some_can_be_forbidden_and_not_allowed() {
        let but = |effect: &str| {
            json!({"Effect": effect, "Action": "s3:GetObject",
                "NotPrincipal": {"AWS": "arn:aws:iam::registro:user/ana"}})
        };
        check(&but("Deny"), None);
        check(&but("Allow"), Some(&Reason::AllowsNotPrincipal));
    }
}
