//! May this caller do this, and why not? A dry run: nothing is done, and it says the rule.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::action::Action;
use crate::access::caller::Caller;
use crate::access::caller::Proof;
use crate::access::context::RequestContext;
use crate::access::context::RequestFacts;
use crate::access::decision;
use crate::access::decision::Allowance;
use crate::access::decision::Refusal;
use crate::access::grant;
use crate::access::grant::Ask;
use crate::access::grant::GrantFacts;
use crate::access::permit::Resource;
use crate::access::policy::key::Key;
use crate::access::policy::key::PlainKey;
use crate::api::http::house::House;
use crate::api::http::identify;
use crate::api::http::identify::Unidentified;
use crate::store::credentials;
use crate::store::grants::Granted;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::ids::VersionId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::RoleName;
use crate::types::roles::Role;

use super::answer;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;
use super::names::bucket_name;
use super::names::object_key;
use super::names::principal_name;
use super::names::role_name;

/// A request to imagine. Who makes it is said in one way: a token, an access key, a principal with
/// the built-in roles that it would have, or nobody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Imagined {
    /// A Bearer token, as the caller would send it.
    token: Option<String>,
    /// A lasting access key.
    access_key_id: Option<String>,
    /// A principal; its own roles and groups count as they are.
    principal: Option<String>,
    /// The roles that its token names, built in or the agency's own; unknown names mean nothing.
    #[serde(default)]
    roles: Vec<String>,
    /// Whether nobody proves anything.
    #[serde(default)]
    anonymous: bool,
    /// The operation, by its name in the S3 API.
    #[schema(example = "GetObject")]
    action: String,
    /// The bucket, unless the operation is on the agency.
    bucket: Option<String>,
    /// The object's key, if the operation is on an object.
    key: Option<String>,
    /// A version of the object.
    version_id: Option<String>,
    /// The address that it comes from; 127.0.0.1, if absent.
    source_ip: Option<String>,
    /// Whether it comes over TLS.
    #[serde(default)]
    secure: bool,
    /// What else it says, by condition key, such as `s3:prefix`.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// The tags that it gives the object.
    tags: Option<BTreeMap<String, String>>,
    /// Whether it asks to bypass retention in governance mode.
    #[serde(default)]
    bypass_governance: bool,
    /// The purpose that it states, of a read through the alias of a grant; else that of the token.
    purpose: Option<String>,
}

/// A decision and its reasons.
#[derive(Serialize, ToSchema)]
pub(super) struct Explanation {
    /// Whether the store would do it, as far as access goes.
    allowed: bool,
    /// The rule that refuses.
    refused_by: Option<String>,
    /// Each permission that is needed, with what allows it.
    allowed_by: Vec<AllowedBy>,
    /// The principal that would act.
    principal: String,
    /// Its built-in roles.
    roles: Vec<&'static str>,
    /// The agency's own roles that it has.
    own_roles: Vec<String>,
}

/// A permission and what allows it.
#[derive(Serialize, ToSchema)]
pub(super) struct AllowedBy {
    permission: &'static str,
    by: String,
}

/// Explains whether a caller may do something.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/explain", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = Imagined, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Explanation), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn explain(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "Explain",
        StatusCode::OK,
        async |op| {
            let imagined: Imagined = body.json()?;
            let agency = agency_id(&agency)?;
            op.house.store.ensure_active(&agency).await?;
            let caller = caller(op.house, &agency, &imagined, op.asked.at).await?;
            let rule = refusal_or_reasons(op.house, &agency, &imagined, &caller, op.asked.at);
            let (refused_by, allowed_by) = match rule.await? {
                Ok(reasons) => (None, reasons),
                Err(rule) => (Some(rule), Vec::new()),
            };
            answer::read(Explanation {
                allowed: refused_by.is_none(),
                refused_by,
                allowed_by,
                principal: caller.principal.to_string(),
                roles: caller.roles.iter().map(|role| role.name()).collect(),
                own_roles: caller.named_roles.iter().map(|r| r.to_string()).collect(),
            })
        },
    )
    .await
}

/// Who would act.
async fn caller(
    house: &House,
    agency: &AgencyId,
    imagined: &Imagined,
    now: Time,
) -> Result<Caller, AdminError> {
    let ways = [
        imagined.token.is_some(),
        imagined.access_key_id.is_some(),
        imagined.principal.is_some(),
        imagined.anonymous,
    ];
    if ways.iter().filter(|given| **given).count() != 1 {
        return Err(AdminError::argument(
            "Say who in one way: token, access_key_id, principal or anonymous.",
        ));
    }
    let refused = |error: Unidentified| match error {
        Unidentified::Store(error) => AdminError::from(error),
        other => AdminError::argument(format!("Nobody acts by this: {other}.")),
    };
    let found = if let Some(token) = &imagined.token {
        let identified = identify::by_token(house, token, now).await;
        identified.map_err(refused)?.caller
    } else if let Some(id) = &imagined.access_key_id {
        let id = AccessKeyId::parse(id)
            .map_err(|_| AdminError::argument("The id is none of an access key."))?;
        identify::whose_key(house, &id, now)
            .await
            .map_err(refused)?
    } else if let Some(principal) = &imagined.principal {
        let principal = principal_name(principal)?;
        let (roles, claimed) = roles(imagined)?;
        let canonical_id = credentials::canonical_id(agency, &principal);
        let proof = Proof::Token {
            issuer: "explanation".to_owned(),
        };
        let caller = Caller::new(agency.clone(), principal, canonical_id, roles, proof);
        identify::described(house, caller, claimed)
            .await
            .map_err(refused)?
    } else {
        Caller::anonymous(agency.clone())
    };
    if found.agency != *agency {
        return Err(AdminError::argument("The caller is of another agency."));
    }
    Ok(found)
}

/// The roles that an imagined token names: built-in ones, and the agency's own as far as there are
/// any of these names.
fn roles(imagined: &Imagined) -> Result<(Vec<Role>, Vec<RoleName>), AdminError> {
    let (mut roles, mut claimed) = (Vec::new(), Vec::new());
    for text in &imagined.roles {
        match Role::parse(text) {
            Some(role) => roles.push(role),
            None => claimed.push(role_name(text)?),
        }
    }
    Ok((roles, claimed))
}

/// The rule that refuses, or why it is allowed.
async fn refusal_or_reasons(
    house: &House,
    agency: &AgencyId,
    imagined: &Imagined,
    caller: &Caller,
    now: Time,
) -> Result<Result<Vec<AllowedBy>, String>, AdminError> {
    let action = Action::ALL
        .iter()
        .copied()
        .find(|action| action.name() == imagined.action)
        .ok_or_else(|| {
            AdminError::argument("The action is the name of an S3 operation that is done here.")
        })?;
    let facts = Facts::read(imagined)?;
    let version_id = imagined.version_id.as_deref().map(VersionId::parse);
    let version_id = version_id
        .transpose()
        .map_err(|_| AdminError::argument("The version id is not one of this store."))?;
    let remote = imagined.source_ip.as_deref().map(str::parse::<IpAddr>);
    let remote = remote
        .transpose()
        .map_err(|_| AdminError::argument("The source_ip is no address."))?;
    let circumstances = RequestContext {
        at: now,
        remote: remote.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        is_secure: imagined.secure,
        version_id,
        request: &facts,
        object: None,
    };
    if let Some(granted) = alias(house, agency, imagined).await? {
        return through_alias(
            house,
            &granted.facts,
            imagined,
            (caller, action),
            circumstances,
        );
    }
    let Some(resource) = resource(house, agency, imagined, action).await? else {
        return Ok(Err("the agency has no bucket of this name".to_owned()));
    };
    let mut object = None;
    if let Resource::Object(bucket, object_key) = &resource
        && decision::needs_object(caller, &resource)
    {
        let found = house
            .store
            .object_facts(agency, bucket.id, object_key, version_id);
        object = found.await?;
    }
    let context = RequestContext {
        object: object.as_ref(),
        ..circumstances
    };
    let reasons = decision::explain(caller, action, &resource, &context);
    Ok(in_words(reasons))
}

fn in_words(
    reasons: Result<Vec<(&'static str, Allowance)>, Refusal>,
) -> Result<Vec<AllowedBy>, String> {
    let reasons = reasons.map_err(|refusal| refusal.to_string())?;
    let allowed = reasons
        .into_iter()
        .map(|(permission, allowance)| AllowedBy {
            permission,
            by: allowance.to_string(),
        });
    Ok(allowed.collect())
}

/// The grant behind the bucket, if that is an alias.
async fn alias(
    house: &House,
    agency: &AgencyId,
    imagined: &Imagined,
) -> Result<Option<Granted>, AdminError> {
    let Some(Ok(name)) = imagined.bucket.as_deref().map(BucketName::parse) else {
        return Ok(None);
    };
    match house.store.alias(agency, &name).await? {
        Some(record) => Ok(Some(house.store.granted(record).await?)),
        None => Ok(None),
    }
}

/// As the door decides, but nothing of the other agency's objects is looked at: a dry run stands in
/// no log of that agency's.
fn through_alias(
    house: &House,
    facts: &GrantFacts,
    imagined: &Imagined,
    (caller, action): (&Caller, Action),
    context: RequestContext<'_>,
) -> Result<Result<Vec<AllowedBy>, String>, AdminError> {
    let object_key = imagined.key.as_deref().map(object_key).transpose()?;
    let claim = &house.grants.purpose_claim;
    let in_token = caller.claims.claim(claim).or(caller.claims.tag(claim));
    let in_token = in_token.and_then(|values| values.first());
    let ask = Ask {
        facts,
        object_key: object_key.as_ref(),
        purpose: imagined.purpose.as_ref().or(in_token).map(String::as_str),
    };
    if grant::needs_object(caller, &ask) {
        let rule = "a policy decides by the tags of the object: only a request tells";
        return Ok(Err(rule.to_owned()));
    }
    let context = RequestContext {
        version_id: context.version_id.or(facts.terms.scope.version()),
        ..context
    };
    Ok(in_words(grant::explain(caller, action, &ask, &context)))
}

/// What the request would be on; `None` if there is no such bucket.
async fn resource(
    house: &House,
    agency: &AgencyId,
    imagined: &Imagined,
    action: Action,
) -> Result<Option<Resource>, AdminError> {
    let Some(bucket) = &imagined.bucket else {
        return match action {
            Action::ListBuckets => Ok(Some(Resource::Agency)),
            _ => Err(AdminError::argument("The operation is on a bucket.")),
        };
    };
    let name = bucket_name(bucket)?;
    if action == Action::CreateBucket {
        return Ok(Some(Resource::NewBucket(name)));
    }
    let Some(record) = house.store.bucket(agency, &name).await? else {
        return Ok(None);
    };
    let facts = record.facts(agency);
    Ok(Some(match &imagined.key {
        None => Resource::Bucket(facts),
        Some(key) => {
            let key = object_key(key)?;
            Resource::Object(facts, key)
        }
    }))
}

/// What the imagined request says.
struct Facts {
    values: Vec<(PlainKey, String)>,
    tags: Option<Vec<(String, String)>>,
    bypasses_governance: bool,
}

impl Facts {
    fn read(imagined: &Imagined) -> Result<Self, AdminError> {
        let value = |(name, value): (&String, &String)| match Key::parse(name) {
            Some(Key::Plain(key)) => Ok((key, value.clone())),
            _ => Err(AdminError::argument(format!(
                "{name} is no condition key that a request has of itself."
            ))),
        };
        let tags = imagined.tags.as_ref();
        Ok(Self {
            values: imagined
                .values
                .iter()
                .map(value)
                .collect::<Result<_, _>>()?,
            tags: tags.map(|tags| tags.clone().into_iter().collect()),
            bypasses_governance: imagined.bypass_governance,
        })
    }
}

impl RequestFacts for Facts {
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>> {
        let found = self.values.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| Cow::Borrowed(value.as_str()))
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        self.tags.clone()
    }

    fn bypasses_governance(&self) -> bool {
        self.bypasses_governance
    }
}
