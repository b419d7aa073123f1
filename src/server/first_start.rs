//! The first start: a first agency, a first access key, a first operator. There are no default
//! credentials: these are made for this installation and shown once.

use crate::access::consent::By;
use crate::access::consent::Gives;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::auth::bearer::local::Grant;
use crate::auth::bearer::local::LocalIssuer;
use crate::crypto::digest;
use crate::crypto::random;
use crate::meta;
use crate::meta::commands::Maker;
use crate::store;
use crate::store::Store;
use crate::store::approvals::Wanted;
use crate::store::credentials::Bounds;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::RequestId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;
use crate::types::secret::SecretText;

/// The slug of the agency that the first start makes.
const AGENCY: &str = "agencia";
/// Its first principal.
const PRINCIPAL: &str = "admin";
/// How long the first Bearer token lives.
const TOKEN_SECONDS: i64 = 12 * 3_600;

/// What the first start made; shown once.
#[derive(Debug)]
pub struct FirstStart {
    /// The first agency.
    pub agency: String,
    /// The public half of its first access key.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: SecretText,
    /// A token of its first principal, for a few hours.
    pub bearer_token: SecretText,
    /// The token of the first operator, for the admin API.
    pub operator_token: SecretText,
}

/// The hash under which the catalog knows an operator's token.
pub(super) fn token_hash(token: &str) -> [u8; 32] {
    digest::sha256(token.as_bytes())
}

/// Makes what a first start needs. Until [`confirm`] nothing of it counts: a start that finds no
/// operator makes it again.
pub(super) async fn make(store: &Store, issuer: &LocalIssuer) -> Result<FirstStart, store::Error> {
    let now = store.clock().now();
    let agency = AgencyId::parse(AGENCY).expect("the constant above is a slug");
    let principal = PrincipalName::parse(PRINCIPAL).expect("the constant above is a name");
    let draft = draft(now, "FirstStart");
    match store.create_agency(&agency, &draft).await {
        Ok(_) | Err(store::Error::Metadata(meta::Error::AgencyExists)) => {}
        Err(error) => return Err(error),
    }
    let role = Role::AgencyAdmin;
    let bounds = Bounds {
        roles: vec![role],
        ..Bounds::default()
    };
    let wanted = Wanted {
        gives: Gives::AccessKey(&bounds.roles),
        principal: Some(&principal),
    };
    let consent = store.consent(&agency, By::Start, wanted, None).await?;
    let consent = consent.ok_or(meta::Error::SamePerson)?;
    let made = store
        .create_access_key(&consent, principal.clone(), bounds, &draft)
        .await?;
    let made = made.into_inner();
    let grant = Grant {
        agency: &agency,
        principal: &principal,
        roles: &[role],
        lifetime_seconds: TOKEN_SECONDS,
    };
    let token = issuer.mint(&grant, now);
    Ok(FirstStart {
        agency: agency.as_str().to_owned(),
        access_key_id: made.access_key_id.as_str().to_owned(),
        secret_access_key: made.secret,
        bearer_token: token,
        operator_token: SecretText::new(encoding::base64_url(&random::bytes::<32>())),
    })
}

/// An operator that the start of the server made; its token is shown once.
#[derive(Debug)]
pub struct NewOperator {
    /// Its name.
    pub name: PrincipalName,
    /// Its token, for the admin API.
    pub token: SecretText,
}

/// Makes an operator in its own hand, unless there is or was one of this name: whoever starts the
/// server has the root key, so nothing is given away by it.
pub(super) async fn add_operator(
    store: &Store,
    name: &PrincipalName,
) -> Result<Option<NewOperator>, store::Error> {
    let token = SecretText::new(encoding::base64_url(&random::bytes::<32>()));
    let draft = Draft {
        object_key: Some(name.as_str()),
        ..draft(store.clock().now(), "AddOperator")
    };
    let hash = token_hash(token.expose());
    match store
        .add_operator(name.clone(), hash, Maker::Start, &draft)
        .await
    {
        Ok(_) => Ok(Some(NewOperator {
            name: name.clone(),
            token,
        })),
        Err(store::Error::Metadata(meta::Error::OperatorExists)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the operator's token count.
pub(super) async fn confirm(store: &Store, first: &FirstStart) -> Result<(), store::Error> {
    let name = PrincipalName::parse("operator").expect("the constant is a name");
    let hash = token_hash(first.operator_token.expose());
    let draft = draft(store.clock().now(), "AddOperator");
    store
        .add_operator(name, hash, Maker::Start, &draft)
        .await
        .map(drop)
}

fn draft<'a>(at: Time, action: &'static str) -> Draft<'a> {
    Draft {
        at,
        request_id: RequestId::new(random::bytes()),
        remote: "start",
        principal: None,
        proof: None,
        action,
        bucket: None,
        object_key: None,
        named: Named::default(),
        outcome: Outcome::Allowed,
        grant: None,
    }
}
