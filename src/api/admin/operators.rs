//! Operators of the installation: create, list, revoke.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::crypto::digest;
use crate::crypto::random;
use crate::meta::records::OperatorRecord;
use crate::store::approvals::Place;
use crate::store::operators::maker;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::names::PrincipalName;

use super::agencies::Done;
use super::answer;
use super::answer::Given;
use super::approvals::Approval;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;

/// An operator to make.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOperator {
    /// Its name, never given to a second one.
    #[schema(min_length = 1, max_length = 128, example = "guardia-2")]
    name: String,
}

/// A new operator. Its token is never shown again.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedOperator {
    name: String,
    /// For `Authorization: Bearer …` on the admin API.
    token: String,
    /// Whether it can be the second person for who made it: not if that one made it alone.
    is_independent: bool,
}

/// An operator.
#[derive(Serialize, ToSchema)]
pub(super) struct Operator {
    name: String,
    /// When it was made (RFC 3339).
    created: String,
    /// Who made it; `null` for one that the start of the server made.
    made_by: Option<String>,
    /// The second person at that; `null` if there was none.
    seconded_by: Option<String>,
    /// The operator as whose hand it counts where two people are needed: its own name, or that of
    /// who made it alone.
    hand: String,
    /// When it was revoked (RFC 3339).
    revoked: Option<String>,
}

/// All operators.
#[derive(Serialize, ToSchema)]
pub(super) struct Operators {
    /// By name, the revoked ones too.
    operators: Vec<Operator>,
}

impl From<OperatorRecord> for Operator {
    fn from(record: OperatorRecord) -> Self {
        Self {
            name: record.name.to_string(),
            created: record.created.iso8601(),
            made_by: record.made_by,
            seconded_by: record.seconded_by,
            hand: record.hand.to_string(),
            revoked: record.revoked.map(Time::iso8601),
        }
    }
}

fn operator_name(text: &str) -> Result<PrincipalName, AdminError> {
    PrincipalName::parse(text).map_err(|error| AdminError::invalid("operator's name", error))
}

/// Makes an operator with a token of its own. As soon as there are two operators, another one
/// approves it; the only one makes a second one alone, who never approves what its maker asks for.
#[utoipa::path(post, path = "/admin/v1/operators", tag = "operators",
    params(("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = NewOperator, security(("operator" = [])),
    responses((status = 201, body = CreatedOperator), (status = 202, body = Approval),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn create_operator(
    house: web::Data<House>,
    request: HttpRequest,
    body: Body,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Operators,
        "AddOperator",
        StatusCode::CREATED,
        async |op| {
            let body: NewOperator = body.json()?;
            let name = operator_name(&body.name)?;
            let store = &op.house.store;
            let in_force = store.operators()?.into_iter();
            let is_alone = in_force.filter(|o| o.revoked.is_none()).count() < 2;
            let seconded = if is_alone && op.approval.is_none() {
                None
            } else {
                Some(op.seconded(Place::Installation, &body.name, &body).await?)
            };
            let is_independent = seconded.is_some();
            let token = encoding::base64_url(&random::bytes::<32>());
            let hash = digest::sha256(token.as_bytes());
            let (maker, draft) = (
                maker(op.asker.name().clone(), seconded),
                op.draft(&body.name),
            );
            let made = store.add_operator(name, hash, maker, &draft).await?;
            Ok(Given::committed(made, |()| CreatedOperator {
                name: body.name.clone(),
                token,
                is_independent,
            }))
        },
    )
    .await
}

/// Lists every operator, without tokens.
#[utoipa::path(get, path = "/admin/v1/operators", tag = "operators",
    security(("operator" = [])),
    responses((status = 200, body = Operators), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn list_operators(house: web::Data<House>, request: HttpRequest) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "ListOperators",
        StatusCode::OK,
        async |op| {
            let records = op.house.store.operators()?;
            let operators = records.into_iter().map(Operator::from).collect();
            answer::read(Operators { operators })
        },
    )
    .await
}

/// Refuses an operator's token from now on. The last one stays.
#[utoipa::path(delete, path = "/admin/v1/operators/{operator}", tag = "operators",
    params(("operator" = String, Path, description = "The operator's name")),
    security(("operator" = [])),
    responses((status = 200, body = Done), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn revoke_operator(
    house: web::Data<House>,
    request: HttpRequest,
    operator: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "RevokeOperator",
        StatusCode::OK,
        async |op| {
            let name = operator_name(&operator)?;
            let draft = op.draft(&operator);
            let done = op.house.store.revoke_operator(name, &draft).await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}
