//! What a request says besides who asks for what: the values that conditions of policies read.
//!
//! Nothing is collected ahead: without a policy that asks, a request's context costs nothing.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::types::clock::Time;
use crate::types::ids::CanonicalId;
use crate::types::ids::VersionId;

use super::acl::Acl;
use super::policy::key::PlainKey;

/// The circumstances of one request.
#[derive(Clone, Copy)]
pub struct RequestContext<'a> {
    /// When it came.
    pub at: Time,
    /// The address at the other end of its connection; never what a header claims.
    pub remote: IpAddr,
    /// Whether the connection is TLS.
    pub is_secure: bool,
    /// The version of the object that is asked for, if one is.
    pub version_id: Option<VersionId>,
    /// What its head says.
    pub request: &'a dyn RequestFacts,
    /// What is known of the object that is asked for. Only looked up when
    /// [`super::decision::needs_object`] says that the decision depends on it.
    pub object: Option<&'a ObjectFacts>,
}

/// What the head of a request says, read when a condition asks.
pub trait RequestFacts {
    /// The value that the request has under a key that speaks of requests.
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>>;

    /// The tags that the request gives the object; `None` if it says nothing of tags.
    fn tags(&self) -> Option<Vec<(String, String)>>;

    /// Whether the request asks to bypass retention in governance mode.
    fn bypasses_governance(&self) -> bool;
}

/// What a decision may depend on of an object that is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectFacts {
    /// Whose it is.
    pub owner: CanonicalId,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its access control list.
    pub acl: Acl,
}

/// A request that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silence;

impl RequestFacts for Silence {
    fn value(&self, _key: PlainKey) -> Option<Cow<'_, str>> {
        None
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        None
    }

    fn bypasses_governance(&self) -> bool {
        false
    }
}
