//! What the caller may do: the ways in which a request asks `access`.

use std::sync::Arc;

use crate::access::action::Action;
use crate::access::action::Effect;
use crate::access::bucket_rules::BucketRules;
use crate::access::bucket_rules::Unreadable;
use crate::access::context::RequestContext;
use crate::access::context::RequestFacts;
use crate::access::decision;
use crate::access::decision::Refusal;
use crate::access::permit::BucketFacts;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::access::policy::Policy;
use crate::meta::records::BucketRecord;
use crate::types::ids::VersionId;
use crate::types::names::ObjectKey;
use crate::types::tags::Tags;

use super::super::code::Code;
use super::super::error::S3Error;
use super::super::expected_owner;
use super::super::facts;
use super::S3Request;

impl S3Request {
    /// Permission for the request's action on the agency itself.
    pub fn permit_agency(&self) -> Result<Permit, S3Error> {
        self.decide(self.action, Resource::Agency)
    }

    /// Permission to make the bucket that the target names.
    pub fn permit_new_bucket(&self) -> Result<Permit, S3Error> {
        let resource = Resource::NewBucket(self.bucket_name()?.clone());
        self.decide(self.action, resource)
    }

    /// Permission for the request's action on its bucket.
    pub async fn permit_bucket(&self) -> Result<(Permit, Arc<BucketRecord>), S3Error> {
        if let Some(alias) = self.alias() {
            let asked = self.permit_by_grant(alias, self.action, None, None);
            // Apart, so that requests that use no grant are no larger for it.
            let permit = Box::pin(asked).await?;
            let view = alias.view();
            expected_owner::check(self, expected_owner::OF_TARGET, &view)?;
            return Ok((permit, view));
        }
        let record = self.target_bucket().await?;
        let resource = Resource::Bucket(record.facts(&self.caller.agency));
        Ok((self.decide(self.action, resource)?, record))
    }

    /// Permission for the request's action on its object.
    pub async fn permit_object(&self) -> Result<(Permit, Arc<BucketRecord>), S3Error> {
        let record = self.target_bucket().await?;
        let object_key = self.object_key()?;
        let version_id = self.version_id()?;
        let permit = self
            .permit_on(self.action, &record, object_key, version_id)
            .await?;
        Ok((permit, record))
    }

    /// As [`S3Request::permit_object`], for a request whose body gives the object these tags.
    pub async fn permit_tagging(
        &self,
        tags: &Tags,
    ) -> Result<(Permit, Arc<BucketRecord>), S3Error> {
        let record = self.target_bucket().await?;
        let resource = self.object_in(&record, self.object_key()?);
        let says = facts::Tagging {
            request: self,
            tags,
        };
        let permit = self
            .decide_on_object(self.action, resource, self.version_id()?, &says)
            .await?;
        Ok((permit, record))
    }

    /// Permission for an action on an object, or on a version of it: a copy's source, one key of
    /// many.
    pub async fn permit_on(
        &self,
        action: Action,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        version_id: Option<VersionId>,
    ) -> Result<Permit, S3Error> {
        if let Some(alias) = self.alias_named(&bucket.name) {
            let asked = self.permit_by_grant(alias, action, Some(object_key), version_id);
            return Box::pin(asked).await;
        }
        let resource = self.object_in(bucket, object_key);
        self.decide_on_object(action, resource, version_id, self)
            .await
    }

    pub(super) fn object_in(&self, bucket: &BucketRecord, object_key: &ObjectKey) -> Resource {
        Resource::Object(bucket.facts(&self.caller.agency), object_key.clone())
    }

    /// Looks the object up only if the decision depends on it.
    pub(super) async fn decide_on_object(
        &self,
        action: Action,
        resource: Resource,
        version_id: Option<VersionId>,
        says: &dyn RequestFacts,
    ) -> Result<Permit, S3Error> {
        let mut object = None;
        let mut missing = None;
        if let Resource::Object(bucket, object_key) = &resource
            && decision::needs_object(&self.caller, &resource)
        {
            object = self
                .store()
                .object_facts(&self.caller.agency, bucket.id, object_key, version_id)
                .await?;
            missing = object.is_none().then(|| bucket.clone());
        }
        let context = RequestContext {
            version_id,
            object: object.as_ref(),
            ..self.context(says)
        };
        let decided = decision::decide(&self.caller, action, resource, &context);
        // Where lists count, an object that is missing has none that could allow anything; who may
        // list the bucket is told that it is missing.
        if let (Err(Refusal::NotAllowed { .. }), Some(bucket)) = (&decided, missing)
            && matches!(action.effect(), Effect::Read)
            && decision::goes_by_acls(&bucket)
            && self
                .decide(Action::ListObjectsV2, Resource::Bucket(bucket))
                .is_ok()
        {
            return Err(version_id
                .map_or(Code::NoSuchKey, |_| Code::NoSuchVersion)
                .into());
        }
        Ok(decided?)
    }

    /// Reads what a bucket's documents say of access.
    pub(in crate::api::s3) fn with_rules<T>(
        &self,
        bucket: &BucketRecord,
        read: impl FnOnce(&BucketRules) -> T,
    ) -> Result<T, S3Error> {
        match bucket.facts(&self.caller.agency).rules.as_deref() {
            None => Ok(read(&BucketRules::default())),
            Some(Ok(rules)) => Ok(read(rules)),
            Some(Err(Unreadable)) => Err(Refusal::Unreadable.into()),
        }
    }

    /// Whether the caller would still be allowed what a permit is for if this were the policy of
    /// its bucket.
    pub(in crate::api::s3) fn may_still(
        &self,
        permit: &Permit,
        policy: Policy,
    ) -> Result<bool, S3Error> {
        let Resource::Bucket(bucket) = permit.resource() else {
            return Err(Code::InvalidRequest.into());
        };
        let rules = BucketRules {
            has_public_policy: policy.is_public(),
            policy: Some(policy),
            ..BucketRules::default()
        };
        let resource = Resource::Bucket(BucketFacts {
            rules: Some(Arc::new(Ok(rules))),
            ..bucket.clone()
        });
        Ok(self.decide(permit.action(), resource).is_ok())
    }

    pub(super) fn decide(&self, action: Action, resource: Resource) -> Result<Permit, S3Error> {
        let context = self.context(self);
        Ok(decision::decide(&self.caller, action, resource, &context)?)
    }

    pub(super) fn context<'a>(&self, request: &'a dyn RequestFacts) -> RequestContext<'a> {
        RequestContext {
            at: self.arrival.at,
            remote: self.head.remote,
            is_secure: self.head.is_secure,
            version_id: None,
            request,
            object: None,
        }
    }
}
