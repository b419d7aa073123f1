//! What a policy is asked about: who asks for what, and what the request says.

use crate::access::caller::Caller;
use crate::access::caller::Proof;
use crate::access::context::RequestContext;
use crate::access::permit::Resource;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::key::Key;
use super::key::PlainKey;
use super::parse;

/// One question to policies.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Whose resource it is: the caller's agency, but for a grant between agencies.
    pub agency: &'a AgencyId,
    /// On what.
    pub resource: &'a Resource,
    /// What the request says.
    pub context: &'a RequestContext<'a>,
}

impl Situation<'_> {
    /// The ARN of the resource.
    pub(super) fn arn(&self) -> String {
        match self.resource {
            Resource::Agency => parse::ARN_OF_AGENCY.to_owned(),
            Resource::NewBucket(name) => parse::bucket_arn(name),
            Resource::Bucket(bucket) => parse::bucket_arn(&bucket.name),
            Resource::Object(bucket, object_key) => {
                format!("{}/{object_key}", parse::bucket_arn(&bucket.name))
            }
        }
    }

    /// Whether the request may have values under a key that are not known here, or are too long to
    /// be compared with what a policy may say.
    pub(super) fn withholds(&self, key: &Key) -> bool {
        if matches!(key, Key::Jwt(_)) && self.caller.claims.are_withheld {
            return true;
        }
        let is_long = |value: &String| value.len() > limits::CONDITION_VALUE_BYTES_MAX;
        self.values(key)
            .is_some_and(|values| values.iter().any(is_long))
    }

    /// What a policy variable stands for: the one value of its key.
    pub(super) fn single(&self, key: &Key) -> Option<String> {
        let values = self.values(key)?;
        <[String; 1]>::try_from(values).ok().map(|[value]| value)
    }

    /// The values that the request has under a key; `None` if it has no such thing.
    pub(super) fn values(&self, key: &Key) -> Option<Vec<String>> {
        let tag = |tags: &[(String, String)], wanted: &str| {
            let found = tags.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| vec![value.clone()])
        };
        match key {
            Key::Plain(key) => self.plain(*key),
            Key::PrincipalTag(name) => self.caller.claims.tag(name).map(<[String]>::to_vec),
            Key::Jwt(name) => self.caller.claims.claim(name).map(<[String]>::to_vec),
            Key::RequestObjectTag(name) => tag(&self.context.request.tags()?, name),
            Key::ExistingObjectTag(name) => tag(&self.context.object?.tags, name),
        }
    }

    fn plain(&self, key: PlainKey) -> Option<Vec<String>> {
        use PlainKey as K;
        let context = self.context;
        let named = self.caller.is_principal();
        let service = match self.caller.proof {
            Proof::Service(service) => Some(service),
            Proof::AccessKey(_) | Proof::Token { .. } | Proof::Anonymous => None,
        };
        let one = |text: String| Some(vec![text]);
        match key {
            K::CurrentTime => one(context.at.iso8601()),
            K::EpochTime => one(context.at.seconds().to_string()),
            K::PrincipalAccount if named => one(self.caller.agency.to_string()),
            K::PrincipalArn if named => {
                let principal = self.caller.principal.as_str();
                one(parse::user_arn(&self.caller.agency, principal))
            }
            K::UserId if named => one(self.caller.canonical_id.to_string()),
            K::UserName if named => one(self.caller.principal.to_string()),
            K::PrincipalAccount | K::PrincipalArn | K::UserId | K::UserName => None,
            K::PrincipalIsService => one(service.is_some().to_string()),
            K::PrincipalServiceName => one(service?.name().to_owned()),
            K::PrincipalType if service.is_some() => None,
            K::PrincipalType => one(if named { "User" } else { "Anonymous" }.to_owned()),
            K::ResourceAccount | K::S3ResourceAccount => one(self.agency.to_string()),
            K::SecureTransport => one(context.is_secure.to_string()),
            K::SourceIp => one(context.remote.to_canonical().to_string()),
            K::RequestObjectTagKeys => {
                let tags = context.request.tags()?;
                Some(tags.into_iter().map(|(name, _)| name).collect())
            }
            K::ObjectLockRemainingRetentionDays => {
                let until = context.request.value(K::ObjectLockRetainUntilDate)?;
                let until = Time::parse_iso8601(&until)?;
                let seconds = until.seconds().saturating_sub(context.at.seconds());
                one(seconds.div_euclid(SECONDS_A_DAY).to_string())
            }
            K::VersionId => one(context.version_id?.to_string()),
            of_the_request => one(context.request.value(of_the_request)?.into_owned()),
        }
    }
}

const SECONDS_A_DAY: i64 = 86_400;
