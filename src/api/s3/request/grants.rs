//! What a request reads from another agency, by a grant.

use crate::access::action::Action;
use crate::access::context::RequestContext;
use crate::access::decision::Refusal;
use crate::access::grant;
use crate::access::grant::Ask;
use crate::access::grant::GrantFacts;
use crate::access::grant::GrantRefusal;
use crate::access::permit::Permit;
use crate::meta::records::BucketRecord;
use crate::types::ids::VersionId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::super::alias::Alias;
use super::super::error::S3Error;
use super::S3Request;

impl S3Request {
    /// The alias that its bucket is, if it is one.
    pub(in crate::api::s3) fn alias(&self) -> Option<&Alias> {
        self.aliases.bucket.get().map(|alias| &**alias)
    }

    /// The alias of this name that the request reads through.
    pub(super) fn alias_named(&self, name: &BucketName) -> Option<&Alias> {
        self.aliases.all().find(|alias| alias.name() == name)
    }

    /// The agency that a bucket is of: the caller's, unless it is an alias.
    pub(in crate::api::s3) fn agency_of(&self, bucket: &BucketRecord) -> &str {
        let alias = self.alias_named(&bucket.name);
        let agency = alias.map_or(&self.caller.agency, |alias| &alias.facts().terms.grantor);
        agency.as_str()
    }

    /// The one version that can be read through a bucket of this name, if it is such an alias.
    pub(in crate::api::s3) fn pinned(&self, name: &BucketName) -> Option<VersionId> {
        self.alias_named(name).and_then(Alias::pinned)
    }

    /// The grant by which the request reads from another agency, if it does.
    pub(in crate::api::s3) fn granted(&self) -> Option<&Alias> {
        self.aliases.all().next()
    }

    /// Permission to read by a grant. Looks an object of the other agency up only if the decision
    /// depends on it and the grant lets it be read.
    pub(super) async fn permit_by_grant(
        &self,
        alias: &Alias,
        action: Action,
        object_key: Option<&ObjectKey>,
        version_id: Option<VersionId>,
    ) -> Result<Permit, S3Error> {
        if let Some(version_id) = version_id {
            alias.note_version(version_id);
        }
        let ask = alias.ask(object_key);
        let mut object = None;
        if let Some(object_key) = object_key
            && grant::needs_object(&self.caller, &ask)
        {
            let facts = alias.facts();
            let found = self
                .store()
                .granted_object_facts(facts, object_key, version_id);
            object = found.await?;
        }
        let context = RequestContext {
            version_id,
            object: object.as_ref(),
            ..self.context(self)
        };
        let refusal = match grant::decide(&self.caller, action, &ask, &context) {
            Ok(permit) => return Ok(permit),
            Err(refusal) => refusal,
        };
        // What lies outside is answered like what is missing, and nothing was looked up.
        let is_outside = refusal == Refusal::Grant(GrantRefusal::Outside);
        match object_key.filter(|_| is_outside && self.may_list(alias).is_ok()) {
            Some(object_key) => Err(S3Error {
                source: Some(Box::new(refusal)),
                ..self.absent(object_key, version_id, None)
            }),
            None => Err(refusal.into()),
        }
    }

    /// Whether the caller's own agency lets it list or read through an alias.
    pub(in crate::api::s3) fn may_use(&self, facts: &GrantFacts) -> bool {
        let ask = Ask {
            facts,
            object_key: None,
            purpose: None,
        };
        let context = self.context(self);
        let mut ways = [Action::ListObjectsV2, Action::GetObject].into_iter();
        ways.any(|action| grant::may_use(&self.caller, action, &ask, &context).is_ok())
    }

    pub(super) fn may_list(&self, alias: &Alias) -> Result<(), Refusal> {
        let context = self.context(self);
        let action = Action::ListObjectsV2;
        grant::decide(&self.caller, action, &alias.ask(None), &context).map(drop)
    }

    /// Looks whether the bucket of a copy's source is an alias, and takes what the request states.
    pub(in crate::api::s3) async fn look_for_source_alias(
        &self,
        name: &BucketName,
        object_key: &ObjectKey,
    ) -> Result<(), S3Error> {
        let key = Some(object_key.as_str());
        let Some(mut alias) = Alias::find(&self.house, &self.caller, name, key).await? else {
            return Ok(());
        };
        let by = (&*self.caller, &self.payload);
        let heard = alias.hear(&self.house, &self.head, &self.query, by);
        let _ = self.aliases.source.set(Box::new(alias));
        heard
    }

    /// Remembers which version is read by a grant: the entries name it.
    pub(in crate::api::s3) fn note_version(&self, permit: &Permit, version_id: VersionId) {
        if let Some(alias) = self.granted().filter(|_| permit.grant().is_some()) {
            alias.note_version(version_id);
        }
    }
}
