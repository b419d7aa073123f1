//! What every operation that makes a session shares: its bounds, its entry, its answer.

use std::collections::BTreeMap;

use crate::access::caller::Claims;
use crate::access::policy::Kind;
use crate::access::policy::Policy;
use crate::access::role::assume;
use crate::access::role::may_tag;
use crate::api::http::identify::Identified;
use crate::api::http::xml::Xml;
use crate::store::sessions::Assumed;
use crate::store::sessions::NewSession;
use crate::store::sessions::SessionFacts;
use crate::types::limits;
use crate::types::roles::Role;

use super::error::Code;
use super::error::StsError;
use super::parameters::Characters;
use super::parameters::is_name;
use super::request::Reply;
use super::request::StsRequest;
use super::role_arn;
use super::role_arn::RoleArn;

/// Source: AWS STS API Reference, AssumeRole, `RoleArn` and `RoleSessionName`.
const ARN: Characters = Characters {
    min: 20,
    max: 2_048,
};
const SESSION_NAME: Characters = Characters { min: 2, max: 64 };

/// The role and the name that a request asks for, and what narrows and describes the session.
pub(super) struct Wanted {
    arn: RoleArn,
    session_name: String,
    policy: Option<String>,
    tags: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    pub(super) fn parse(req: &StsRequest<'_>) -> Result<Self, StsError> {
        let text = req.parameters.text("RoleArn", ARN, |c| !c.is_control())?;
        let arn = RoleArn::parse(text).ok_or_else(|| {
            let message = "RoleArn is not of the form arn:aws:iam::<agency>:role/<role>.";
            StsError::new(Code::ValidationError, message)
        })?;
        let session_name = req
            .parameters
            .text("RoleSessionName", SESSION_NAME, is_name)?;
        Ok(Self {
            arn,
            session_name: session_name.to_owned(),
            policy: policy(req)?,
            tags: req.parameters.tags()?,
        })
    }
}

/// The session policy, which must be one that the language of policies knows all of.
fn policy(req: &StsRequest<'_>) -> Result<Option<String>, StsError> {
    let Some(text) = req.parameters.value("Policy") else {
        return Ok(None);
    };
    if text.chars().count() > limits::SESSION_POLICY_CHARACTERS_MAX {
        let message = format!(
            "1 validation error detected: Policy must be at most {} characters.",
            limits::SESSION_POLICY_CHARACTERS_MAX
        );
        return Err(StsError::new(Code::ValidationError, message));
    }
    Policy::parse(text, Kind::Identity)
        .map_err(|error| StsError::new(Code::MalformedPolicyDocument, format!("{error}.")))?;
    Ok(Some(text.to_owned()))
}

/// Makes a session with a role of its caller's, and answers.
pub(super) async fn with_role(
    req: &StsRequest<'_>,
    parent: Identified,
    wanted: Wanted,
    seconds: i64,
) -> Result<Reply, StsError> {
    let caller = &parent.caller;
    let denied = |rule: &'static str| StsError {
        source: Some(rule.into()),
        ..StsError::new(
            Code::AccessDenied,
            format!(
                "The caller is not authorized to perform sts:{}.",
                req.action
            ),
        )
    };
    if wanted.arn.agency != caller.agency {
        return Err(denied("the role is of another agency"));
    }
    let roles = match Role::parse(&wanted.arn.role) {
        Some(role) => assume(&caller.roles, role).map(|role| vec![role]),
        // One of the agency's own: what it allows is looked up for each request.
        None => caller.acts_in(&wanted.arn.role).then(Vec::new),
    };
    let roles = roles.ok_or_else(|| denied("the caller does not have the role"))?;
    // A tag can open what a policy grants by it, so only who may do everything gives tags.
    if !wanted.tags.is_empty() && !may_tag(&caller.roles) {
        return Err(denied("the caller may not give tags to a session"));
    }
    let assumed = Assumed {
        role: wanted.arn.role,
        session_name: wanted.session_name,
    };
    let arn = role_arn::assumed_role(&caller.agency, &assumed.role, &assumed.session_name);
    let assumed_id = format!("{}:{}", assumed.role, assumed.session_name);
    let subject = caller.principal.as_str().to_owned();
    let is_web_identity = req.action == "AssumeRoleWithWebIdentity";
    let narrowed = Narrowed {
        roles,
        assumed: Some(assumed),
        policy: wanted.policy,
        tags: wanted.tags,
    };
    issue(req, parent, narrowed, seconds, |xml| {
        if is_web_identity {
            xml.text("SubjectFromWebIdentityToken", &subject);
        }
        xml.open("AssumedRoleUser")
            .text("AssumedRoleId", &assumed_id)
            .text("Arn", &arn)
            .close("AssumedRoleUser");
    })
    .await
}

/// What a session is, beside its parent.
pub(super) struct Narrowed {
    pub(super) roles: Vec<Role>,
    pub(super) assumed: Option<Assumed>,
    pub(super) policy: Option<String>,
    pub(super) tags: BTreeMap<String, Vec<String>>,
}

/// Makes a session and answers. It is its parent's, narrowed, and ends with it at the latest.
pub(super) async fn issue(
    req: &StsRequest<'_>,
    parent: Identified,
    narrowed: Narrowed,
    seconds: i64,
    more: impl FnOnce(&mut Xml),
) -> Result<Reply, StsError> {
    if parent.chain.len() > limits::SESSION_CHAIN_MAX {
        let message = "Sessions cannot be made of one another any further.";
        return Err(StsError::new(Code::AccessDenied, message));
    }
    let caller = &parent.caller;
    let now = req.arrival.at;
    let asked = now.plus_seconds(seconds);
    let store = &req.house.store;
    let id = store.new_session_id(&caller.agency).await?;
    // Whatever narrows the caller must narrow what is made of it.
    if parent.policies.len() != caller.boundaries.len() {
        let rule = "the caller is narrowed by what a session cannot carry";
        return Err(StsError {
            source: Some(rule.into()),
            ..Code::AccessDenied.into()
        });
    }
    let mut policies = parent.policies;
    let has_policy = narrowed.policy.is_some();
    policies.extend(narrowed.policy);
    // What the parent is called stays: a session cannot call itself something else.
    let mut claims = Claims::clone(&caller.claims);
    for (name, values) in narrowed.tags {
        claims.tags.entry(name).or_insert(values);
    }
    let facts = SessionFacts {
        principal: caller.principal.clone(),
        roles: narrowed.roles,
        claimed: parent.claimed,
        issued: now,
        expires: parent.expires.map_or(asked, |end| end.min(asked)),
        chain: parent.chain,
        signer: parent.signer,
        policies,
        claims,
        assumed: narrowed.assumed,
    };
    let subject = match &facts.assumed {
        Some(a) => format!(
            "{id} {}",
            role_arn::assumed_role(&caller.agency, &a.role, &a.session_name)
        ),
        None => id.to_string(),
    };
    let draft = req.draft(caller, &subject);
    let made = store
        .issue_session(&caller.agency, id, &facts, &draft)
        .await?;
    Ok(Reply::committed(made, |made| {
        let mut xml = Xml::fragment();
        credentials(&mut xml, &made);
        more(&mut xml);
        if has_policy {
            let used = made.token.expose().len() * 100 / limits::SESSION_TOKEN_BYTES_MAX;
            xml.value("PackedPolicySize", used);
        }
        xml.into_text()
    }))
}

fn credentials(xml: &mut Xml, made: &NewSession) {
    xml.open("Credentials")
        .text("AccessKeyId", made.access_key_id.as_str())
        .text("SecretAccessKey", made.secret.expose())
        .text("SessionToken", made.token.expose())
        .text("Expiration", &expiration(made))
        .close("Credentials");
}

/// Whole seconds, as AWS writes it: some clients read no fraction.
fn expiration(made: &NewSession) -> String {
    made.expires
        .timestamp()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
