//! The routing table: which operation a request asks for, and what that operation understands.
//!
//! A query parameter or an `x-amz-*` header that is in neither the operation's lists nor the common
//! ones is refused with `NotImplemented`: nothing is silently accepted.

mod table;
#[cfg(test)]
mod tests;
mod understood;

use crate::access::action::Action;
use crate::auth::sigv4;
use crate::types::parameters::SUB_RESOURCES;

pub use table::ROUTES;

/// What the target names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// `/`
    Service,
    /// `/bucket`
    Bucket,
    /// `/bucket/key`
    Object,
}

/// One row of the table.
#[derive(Debug)]
pub struct Route {
    /// The operation.
    pub action: Action,
    pub(super) method: &'static str,
    pub(super) scope: Scope,
    /// A query parameter, and the value it must have if one is given.
    pub(super) selector: Option<(&'static str, Option<&'static str>)>,
    /// Another query parameter that must be there.
    pub(super) beside: Option<&'static str>,
    /// A header that must be there.
    pub(super) header: Option<&'static str>,
    /// The query parameters that the operation understands besides its selector.
    pub(super) query: &'static [&'static str],
    /// The `x-amz-*` headers that it understands; a trailing `*` stands for any ending.
    pub(super) headers: &'static [&'static str],
}

const fn route(method: &'static str, scope: Scope, action: Action) -> Route {
    Route {
        action,
        method,
        scope,
        selector: None,
        beside: None,
        header: None,
        query: &[],
        headers: &[],
    }
}

impl Route {
    const fn by(mut self, parameter: &'static str) -> Self {
        self.selector = Some((parameter, None));
        self
    }

    const fn valued(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.selector = Some((parameter, Some(value)));
        self
    }

    const fn with(mut self, parameter: &'static str) -> Self {
        self.beside = Some(parameter);
        self
    }

    const fn having(mut self, header: &'static str) -> Self {
        self.header = Some(header);
        self
    }

    const fn query(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    const fn headers(mut self, headers: &'static [&'static str]) -> Self {
        self.headers = headers;
        self
    }

    /// Whether the operation is about a bucket that is there.
    fn has_bucket(&self) -> bool {
        self.scope != Scope::Service && self.action != Action::CreateBucket
    }

    /// The first query parameter that the operation does not understand.
    pub fn unknown_parameter<'a>(
        &self,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        names.find(|name| {
            !(self.selector.is_some_and(|(selector, _)| selector == *name)
                || self.beside == Some(*name)
                || listed(self.query, name)
                || sigv4::QUERY.contains(name)
                || listed(COMMON_QUERY, name))
        })
    }

    /// The first `x-amz-*` header that the operation does not understand.
    pub fn unknown_header<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        names.find(|name| {
            name.starts_with("x-amz-")
                && !(self.header.is_some_and(|header| header == *name)
                    || listed(self.headers, name)
                    || listed(COMMON_HEADERS, name)
                    || self.has_bucket() && listed(BUCKET_HEADERS, name))
        })
    }
}

fn listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|entry| match entry.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *entry == name,
    })
}

/// Parameters that any request may have beside those of a signature: what it says of the body, the
/// name that newer SDKs add, and what states a purpose.
const COMMON_QUERY: &[&str] = &[
    "X-Amz-Content-Sha256",
    // What another agency's documents are read for: of no meaning on a bucket of one's own.
    "x-acervo-expediente",
    "x-acervo-purpose",
    "x-id",
];

/// Headers that any request may have.
const COMMON_HEADERS: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
];

/// Headers that any request about a bucket that is there may have: whose it must be, and who would
/// pay. Here nobody is billed, so whoever is ready to pay may be; S3 has it so where it bills only
/// the owner.
const BUCKET_HEADERS: &[&str] = &["x-amz-expected-bucket-owner", "x-amz-request-payer"];

/// Why no operation was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NoRoute {
    /// The method has no meaning here.
    Method,
    /// The sub-resource is one of S3's that this version does not have.
    SubResource(&'static str),
}

/// Finds the row of a request.
pub fn find<'q>(
    method: &str,
    scope: Scope,
    parameter: impl Fn(&str) -> Option<&'q str>,
    has_header: impl Fn(&str) -> bool,
) -> Result<&'static Route, NoRoute> {
    let sub_resource = SUB_RESOURCES.iter().find(|name| parameter(name).is_some());
    let selected = |route: &Route| {
        let by = route.selector.map(|(name, _)| name);
        // A sub-resource is asked for by name or not at all.
        sub_resource.is_none_or(|name| by == Some(*name))
            && route.selector.is_none_or(|(name, wanted)| {
                parameter(name).is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
            })
            && route.beside.is_none_or(|name| parameter(name).is_some())
            && route.header.is_none_or(&has_header)
    };
    let mut routes = ROUTES.iter();
    let found =
        routes.find(|route| route.scope == scope && route.method == method && selected(route));
    found.ok_or_else(|| sub_resource.map_or(NoRoute::Method, |name| NoRoute::SubResource(name)))
}
