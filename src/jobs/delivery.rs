//! Deliveries: what a bucket's owner has configured to be stored, stored in the owner's name.
//!
//! A job has no caller, so it is permitted what the owner of the bucket that it reports of may do
//! with a plain `app`'s role: to write to buckets of its own, and to others whose policy or list
//! lets the service that it is.

use std::borrow::Cow;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::access::action::Action;
use crate::access::caller::Caller;
use crate::access::caller::Claims;
use crate::access::caller::Proof;
use crate::access::caller::Service;
use crate::access::context::RequestContext;
use crate::access::context::RequestFacts;
use crate::access::decision;
use crate::access::decision::Refusal;
use crate::access::permit::BucketFacts;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::access::policy::key::PlainKey;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::random;
use crate::meta::records::BucketRecord;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::Precondition;
use crate::store;
use crate::store::Store;
use crate::store::body::Announced;
use crate::store::body::Body;
use crate::store::body::BodyError;
use crate::store::locks::LockRule;
use crate::store::put::NewObject;
use crate::store::put::Stored;
use crate::store::sealing::Asked;
use crate::store::sealing::AskedKey;
use crate::store::sealing::DefaultEncryption;
use crate::types::agency_key;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::clock::Time;
use crate::types::ids::RequestId;
use crate::types::lock::Lock;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::KeyName;
use crate::types::names::ObjectKey;
use crate::types::roles::Role;
use crate::types::tags::Tags;

/// Why nothing was delivered.
#[derive(Debug, Error)]
pub enum Undelivered {
    /// The owner may not write there.
    #[error("the owner of the bucket may not write to the target bucket")]
    Refused(#[from] Refusal),
    /// The store refused or failed.
    #[error("the store refused or failed")]
    Store(#[from] store::Error),
}

/// Something to be delivered.
pub(super) struct Parcel {
    /// As what the store delivers it.
    pub(super) service: Service,
    /// The name of the action in the audit log.
    pub(super) action: &'static str,
    /// Under which key.
    pub(super) object_key: ObjectKey,
    /// Its media type.
    pub(super) content_type: &'static str,
    /// How it is sealed.
    pub(super) asked: Asked,
}

/// How whatever is delivered to a bucket is sealed unless it says otherwise: as the bucket has it.
///
/// # Errors
/// If the bucket's configuration cannot be read.
pub(super) fn sealed_as_in(
    target: &BucketRecord,
    region: &str,
    agency: &AgencyId,
) -> Result<Asked, store::Error> {
    let default = DefaultEncryption::of(target)?;
    Ok(match default.key {
        None => Asked::Default,
        Some(key) => Asked::Key(AskedKey {
            name: key.id.as_deref().map_or_else(
                || Some(KeyName::default_key()),
                |id| agency_key::named(id, region, agency),
            ),
            context: None,
            bucket_key: default.bucket_key,
        }),
    })
}

/// Whether the owner of a bucket may write under a key of another one, or of its own.
///
/// # Errors
/// The rule that refuses.
pub fn permit(
    service: Service,
    agency: &AgencyId,
    source: &BucketRecord,
    target: &BucketRecord,
    object_key: ObjectKey,
    at: Time,
) -> Result<Permit, Refusal> {
    let caller = Caller {
        agency: agency.clone(),
        principal: source.owner.name.clone(),
        canonical_id: source.owner.id,
        roles: vec![Role::App],
        proof: Proof::Service(service),
        named_roles: Vec::new(),
        grants: Vec::new(),
        boundaries: Vec::new(),
        denials: Vec::new(),
        claims: Arc::new(Claims::default()),
    };
    let facts = BucketFacts {
        id: target.id,
        name: target.name.clone(),
        owner: target.owner.id,
        rules: target.documents.rules(agency, &target.name),
    };
    let context = RequestContext {
        at,
        // It never leaves this process.
        remote: IpAddr::V6(Ipv6Addr::LOCALHOST),
        is_secure: true,
        version_id: None,
        request: &Source {
            service,
            agency,
            bucket: &source.name,
        },
        object: None,
    };
    let resource = Resource::Object(facts, object_key);
    decision::decide(&caller, Action::PutObject, resource, &context)
}

/// For which bucket something is delivered: what conditions of the other's policy read.
struct Source<'a> {
    service: Service,
    agency: &'a AgencyId,
    bucket: &'a BucketName,
}

impl RequestFacts for Source<'_> {
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>> {
        match key {
            PlainKey::SourceAccount => Some(Cow::Borrowed(self.agency.as_str())),
            // S3 sends inventories with this list, and its users' policies ask for it.
            PlainKey::Acl if self.service == Service::Inventory => {
                Some(Cow::Borrowed("bucket-owner-full-control"))
            }
            PlainKey::SourceArn => Some(Cow::Owned(format!("arn:aws:s3:::{}", self.bucket))),
            _ => None,
        }
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        None
    }

    fn bypasses_governance(&self) -> bool {
        false
    }
}

/// Stores something in the name of a bucket's owner.
pub(super) async fn deliver(
    store: &Store,
    agency: &AgencyId,
    source: &BucketRecord,
    target: &BucketRecord,
    parcel: Parcel,
    body: impl Body,
) -> Result<Stored, Undelivered> {
    let at = store.clock().now();
    let permit = permit(
        parcel.service,
        agency,
        source,
        target,
        parcel.object_key.clone(),
        at,
    )?;
    let draft = Draft {
        at,
        request_id: RequestId::new(random::bytes()),
        remote: "job",
        principal: Some(source.owner.name.as_str()),
        proof: Some(source.name.as_str()),
        action: parcel.action,
        bucket: Some(target.name.as_str()),
        object_key: Some(parcel.object_key.as_str()),
        named: Named::default(),
        outcome: Outcome::Allowed,
        grant: None,
    };
    let object = NewObject {
        metadata: ObjectMetadata {
            content_type: parcel.content_type.to_owned(),
            system: Vec::new(),
            user: Vec::new(),
            tags: Tags::default(),
            acl: None,
        },
        lock: Lock::NONE,
        lock_rule: LockRule::of(&target.documents)?,
        asked: parcel.asked,
        precondition: Precondition::default(),
        versioning: target.versioning,
    };
    let stored = store.put(&permit, &draft, object, body).await?;
    Ok(stored.into_inner())
}

/// A document that is there already.
pub(super) struct Whole(Option<Bytes>);

impl Whole {
    pub(super) fn new(content: impl Into<Bytes>) -> Self {
        Self(Some(content.into()).filter(|content| !content.is_empty()))
    }
}

impl Body for Whole {
    fn wants_sha256(&self) -> bool {
        false
    }

    fn checksum_algorithm(&self) -> ChecksumAlgorithm {
        ChecksumAlgorithm::Crc64Nvme
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        self.0.take().map(Ok)
    }

    fn announced(&self) -> Announced {
        Announced::default()
    }
}
