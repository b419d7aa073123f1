//! One request, parsed once, and the caller who made it.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Method;
use actix_http::Uri;
use actix_http::Version;

use crate::access::action::Action;
use crate::access::action::Effect;
use crate::access::bucket_rules::BucketRules;
use crate::access::bucket_rules::Unreadable;
use crate::access::caller::Caller;
use crate::access::context::RequestContext;
use crate::access::context::RequestFacts;
use crate::access::decision;
use crate::access::decision::Refusal;
use crate::access::grant;
use crate::access::grant::Ask;
use crate::access::grant::GrantFacts;
use crate::access::grant::GrantRefusal;
use crate::access::permit::BucketFacts;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::access::policy::Policy;
use crate::api::http::body::BodySlot;
use crate::api::http::headers::Headers;
use crate::api::http::house::House;
use crate::api::http::target::Query;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::meta::records::BucketRecord;
use crate::meta::records::MarkerRecord;
use crate::meta::records::ObjectHead;
use crate::meta::records::VersionRecord;
use crate::meta::records::Versioning;
use crate::store::Store;
use crate::store::get::Found;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::PartNumber;
use crate::types::ids::RequestId;
use crate::types::ids::UploadId;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;
use crate::types::tags::Tags;

use super::alias::Alias;
use super::alias::Aliases;
use super::authenticate::Payload;
use super::code::Code;
use super::document::Document;
use super::error::S3Error;
use super::expected_owner;
use super::facts;
use super::post_object::Posted;

/// The head of a request as it came, before anything of it is believed.
#[derive(Clone, Debug)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The version of HTTP that it came in: the framing of bodies goes by it.
    pub version: Version,
    /// The raw target.
    pub uri: Uri,
    /// The headers, names in lower case.
    pub headers: Headers,
    /// The client's address.
    pub remote: IpAddr,
    /// Whether the client speaks TLS.
    pub is_secure: bool,
}

impl Head {
    /// A header as text; one that is not UTF-8 is as good as another value: never equal to any.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Whether it tells where its body ends. HTTP/1.1 takes a body of which nothing is said for an
    /// empty one; HTTP/2 frames every body. Source: RFC 9112, section 6.3.
    pub(super) fn frames_body(&self) -> bool {
        self.version >= Version::HTTP_2
            || self.headers.contains_key("content-length")
            || self.headers.contains_key("transfer-encoding")
    }
}

/// When and where from: what is known of a request before it is parsed.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its id.
    pub id: RequestId,
    /// When it came.
    pub at: Time,
    /// The address it came from, as text for the audit entry.
    pub remote: String,
}

/// A request whose caller is known.
pub struct S3Request {
    pub(super) house: Arc<House>,
    pub(super) head: Head,
    pub(super) arrival: Arrival,
    pub(super) action: Action,
    pub(super) query: Query,
    pub(super) bucket: Option<BucketName>,
    pub(super) object_key: Option<ObjectKey>,
    pub(super) caller: Arc<Caller>,
    pub(super) payload: Payload,
    pub(super) slot: BodySlot,
    /// The file of a form, until the operation takes it.
    pub(super) posted: Cell<Option<Posted>>,
    /// The aliases that it reads through; most requests do through none.
    pub(super) aliases: Rc<Aliases>,
}

impl S3Request {
    /// The store.
    pub fn store(&self) -> &Store {
        &self.house.store
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The bucket that the target names; the routing table guarantees one.
    pub fn bucket_name(&self) -> Result<&BucketName, S3Error> {
        self.bucket
            .as_ref()
            .ok_or_else(|| Code::InvalidBucketName.into())
    }

    /// The key that the target names; the routing table guarantees one.
    pub fn object_key(&self) -> Result<&ObjectKey, S3Error> {
        self.object_key
            .as_ref()
            .ok_or_else(|| Code::InvalidURI.into())
    }

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

    /// The alias that its bucket is, if it is one.
    pub(super) fn alias(&self) -> Option<&Alias> {
        self.aliases.bucket.get().map(|alias| &**alias)
    }

    /// The alias of this name that the request reads through.
    fn alias_named(&self, name: &BucketName) -> Option<&Alias> {
        self.aliases.all().find(|alias| alias.name() == name)
    }

    /// The agency that a bucket is of: the caller's, unless it is an alias.
    pub(super) fn agency_of(&self, bucket: &BucketRecord) -> &str {
        let alias = self.alias_named(&bucket.name);
        let agency = alias.map_or(&self.caller.agency, |alias| &alias.facts().terms.grantor);
        agency.as_str()
    }

    /// The one version that can be read through a bucket of this name, if it is such an alias.
    pub(super) fn pinned(&self, name: &BucketName) -> Option<VersionId> {
        self.alias_named(name).and_then(Alias::pinned)
    }

    /// The grant by which the request reads from another agency, if it does.
    pub(super) fn granted(&self) -> Option<&Alias> {
        self.aliases.all().next()
    }

    /// Permission to read by a grant. Looks an object of the other agency up only if the decision
    /// depends on it and the grant lets it be read.
    async fn permit_by_grant(
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
    pub(super) fn may_use(&self, facts: &GrantFacts) -> bool {
        let ask = Ask {
            facts,
            object_key: None,
            purpose: None,
        };
        let context = self.context(self);
        let mut ways = [Action::ListObjectsV2, Action::GetObject].into_iter();
        ways.any(|action| grant::may_use(&self.caller, action, &ask, &context).is_ok())
    }

    fn may_list(&self, alias: &Alias) -> Result<(), Refusal> {
        let context = self.context(self);
        let action = Action::ListObjectsV2;
        grant::decide(&self.caller, action, &alias.ask(None), &context).map(drop)
    }

    fn object_in(&self, bucket: &BucketRecord, object_key: &ObjectKey) -> Resource {
        Resource::Object(bucket.facts(&self.caller.agency), object_key.clone())
    }

    /// Looks the object up only if the decision depends on it.
    async fn decide_on_object(
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
    pub(super) fn with_rules<T>(
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
    pub(super) fn may_still(&self, permit: &Permit, policy: Policy) -> Result<bool, S3Error> {
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

    fn decide(&self, action: Action, resource: Resource) -> Result<Permit, S3Error> {
        let context = self.context(self);
        Ok(decision::decide(&self.caller, action, resource, &context)?)
    }

    fn context<'a>(&self, request: &'a dyn RequestFacts) -> RequestContext<'a> {
        RequestContext {
            at: self.arrival.at,
            remote: self.head.remote,
            is_secure: self.head.is_secure,
            version_id: None,
            request,
            object: None,
        }
    }

    /// The bucket that the target names, if it is whose the request expects it to be.
    async fn target_bucket(&self) -> Result<Arc<BucketRecord>, S3Error> {
        let record = self.bucket_record(self.bucket_name()?).await?;
        expected_owner::check(self, expected_owner::OF_TARGET, &record)?;
        Ok(record)
    }

    /// What `access` must know of a bucket of the caller's agency. Names are unique inside an
    /// agency, so a foreign bucket and a missing one are the same thing here.
    pub async fn bucket_record(&self, name: &BucketName) -> Result<Arc<BucketRecord>, S3Error> {
        if let Some(alias) = self.alias_named(name) {
            return Ok(alias.view());
        }
        let found = self.store().bucket(&self.caller.agency, name).await?;
        found.ok_or_else(|| {
            if self.caller.is_anonymous() {
                // The names of an agency's buckets are its own matter.
                return Code::AccessDenied.into();
            }
            S3Error::from(Code::NoSuchBucket).with("BucketName", name.as_str().to_owned())
        })
    }

    /// Looks whether the bucket of a copy's source is an alias, and takes what the request states.
    pub(super) async fn look_for_source_alias(
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

    /// Finds the object that a permit is for, or says that it is missing, or its version, or that a
    /// delete marker stands there.
    pub async fn find(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<Found, S3Error> {
        let found = self.store().find(permit, version_id).await?;
        let found = self.standing(found, permit, version_id)?;
        self.note_version(permit, found.head().version_id);
        Ok(found)
    }

    /// As [`S3Request::find`], without what only a read of the bytes needs.
    pub async fn find_head(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<ObjectHead, S3Error> {
        let found = self.store().find_head(permit, version_id).await?;
        let head = self.standing(found, permit, version_id)?;
        self.note_version(permit, head.version_id);
        Ok(head)
    }

    /// Remembers which version is read by a grant: the entries name it.
    pub(super) fn note_version(&self, permit: &Permit, version_id: VersionId) {
        if let Some(alias) = self.granted().filter(|_| permit.grant().is_some()) {
            alias.note_version(version_id);
        }
    }

    /// The document among what may stand at a key. Source: AWS S3 User Guide, "Working with delete
    /// markers".
    pub(super) fn standing<T>(
        &self,
        found: Option<VersionRecord<T>>,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<T, S3Error> {
        let marker = match found {
            Some(VersionRecord::Object(object)) => return Ok(object),
            Some(VersionRecord::Marker(marker)) => Some(marker),
            None => None,
        };
        // Who may not list a bucket does not learn what is missing in it. Source: AWS S3 API
        // Reference, "GetObject", permissions.
        let Resource::Object(bucket, object_key) = permit.resource() else {
            return Err(Code::NoSuchKey.into());
        };
        let marker = match self.granted().filter(|_| permit.grant().is_some()) {
            Some(alias) => {
                self.may_list(alias)?;
                // Without leave to read versions there are none, and no markers between them.
                marker.filter(|_| alias.view().versioning != Versioning::Off)
            }
            None => {
                self.decide(Action::ListObjectsV2, Resource::Bucket(bucket.clone()))?;
                marker
            }
        };
        Err(self.absent(object_key, version_id, marker.as_ref()))
    }

    /// What is said of a key, or a version, at which no document stands.
    fn absent(
        &self,
        object_key: &ObjectKey,
        version_id: Option<VersionId>,
        marker: Option<&MarkerRecord>,
    ) -> S3Error {
        let mut refused = match (&version_id, marker) {
            (Some(_), Some(marker)) => S3Error::from(Code::MethodNotAllowed)
                .with("Method", self.head.method.to_string())
                .with("ResourceType", "DeleteMarker".to_owned())
                .header("allow", "DELETE".to_owned())
                .header("last-modified", marker.modified.http_date()),
            (Some(_), None) => Code::NoSuchVersion.into(),
            (None, _) => Code::NoSuchKey.into(),
        };
        refused = refused.with("Key", object_key.as_str().to_owned());
        if let Some(version_id) = version_id {
            refused = refused.with("VersionId", version_id.to_string());
        }
        if let Some(marker) = marker {
            refused = refused
                .header("x-amz-delete-marker", "true".to_owned())
                .header("x-amz-version-id", marker.version_id.to_string());
        }
        refused
    }

    /// What the audit log will hold of this request when it is done.
    pub fn draft(&self) -> Draft<'_> {
        Draft {
            at: self.arrival.at,
            request_id: self.arrival.id,
            remote: &self.arrival.remote,
            principal: Some(self.caller.principal.as_str()),
            proof: Some(self.caller.proof.name()),
            action: self.action.name(),
            bucket: self.bucket.as_ref().map(BucketName::as_str),
            object_key: self.object_key.as_ref().map(ObjectKey::as_str),
            keys: &[],
            outcome: Outcome::Allowed,
            grant: self.granted().map(|alias| Box::new(alias.note())),
        }
    }

    /// Where a client finds an object, as an address.
    pub(super) fn location(&self, bucket: &BucketName, object_key: &ObjectKey) -> String {
        let scheme = if self.head.is_secure { "https" } else { "http" };
        let host = self.header("host").unwrap_or_default();
        let key = encoding::percent_path(object_key.as_str().as_bytes());
        format!("{scheme}://{host}/{bucket}/{key}")
    }

    /// The `uploadId` parameter; text that is no id of ours names no upload.
    pub fn upload_id(&self) -> Result<UploadId, S3Error> {
        let text = self.query.value("uploadId").unwrap_or_default();
        UploadId::parse(text).map_err(|_| Code::NoSuchUpload.into())
    }

    /// The `partNumber` parameter, which must be there.
    pub fn part_number(&self) -> Result<PartNumber, S3Error> {
        let text = self.query.value("partNumber").unwrap_or_default();
        PartNumber::parse(text).ok_or_else(|| {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            S3Error::argument("partNumber", text, message)
        })
    }

    /// The `versionId` parameter; through the alias of one version, that one.
    pub fn version_id(&self) -> Result<Option<VersionId>, S3Error> {
        let Some(text) = self.query.value("versionId") else {
            return Ok(self.alias().and_then(Alias::pinned));
        };
        version_id("versionId", text).map(Some)
    }

    /// The body as a document to store.
    pub fn document(&self) -> Result<Document, S3Error> {
        Document::of(self)
    }

    /// The whole body of an operation whose input is XML, its digests checked.
    pub async fn xml_body(&self) -> Result<Vec<u8>, S3Error> {
        self.collect(self.document()?).await
    }

    /// As [`S3Request::xml_body`], where the checksum headers speak of the object.
    pub async fn xml_body_about_object(&self) -> Result<Vec<u8>, S3Error> {
        self.collect(Document::without_checksum(self)?).await
    }

    async fn collect(&self, document: Document) -> Result<Vec<u8>, S3Error> {
        let length = self
            .header("content-length")
            .and_then(|text| text.parse::<usize>().ok());
        if length.is_some_and(|length| length > limits::XML_BODY_BYTES_MAX) {
            return Err(Code::MaxMessageLengthExceeded.into());
        }
        document.collect(limits::XML_BODY_BYTES_MAX).await
    }
}

/// Reads a version id.
pub fn version_id(argument: &'static str, text: &str) -> Result<VersionId, S3Error> {
    if text.is_empty() {
        let message = "Version id cannot be the empty string";
        return Err(S3Error::argument(argument, text, message));
    }
    VersionId::parse(text)
        .map_err(|_| S3Error::argument(argument, text, "Invalid version id specified"))
}
