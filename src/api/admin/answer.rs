//! One request of the admin API, from its head to its entry and its answer.

use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::store::Committed;
use crate::telemetry;
use crate::telemetry::Answered;
use crate::telemetry::Door;
use crate::types::ids::ApprovalId;

use super::approvals::Approval;
use super::asker;
use super::asker::Asked;
use super::asker::Asker;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::error::ErrorDetail;
use super::guard;
use super::guard::Stop;

/// What a route gives: a change whose entry is committed with it, or something read.
pub(super) enum Given<T> {
    Committed(T),
    Read(T),
}

impl<T> Given<T> {
    pub(super) fn committed<C>(committed: Committed<C>, answer: impl FnOnce(C) -> T) -> Self {
        Self::Committed(answer(committed.into_inner()))
    }
}

/// A request whose asker is known and may use the route.
pub(super) struct Operation<'a> {
    pub(super) house: &'a House,
    pub(super) asked: &'a Asked,
    pub(super) asker: &'a Asker,
    /// The approval that the request names.
    pub(super) approval: Option<ApprovalId>,
}

impl<'a> Operation<'a> {
    /// The entry of a change of this subject, to go into the change's transaction.
    pub(super) fn draft(&self, subject: &'a str) -> Draft<'a> {
        self.asked
            .draft(Some(self.asker), Some(subject), Outcome::Allowed)
    }
}

/// Runs a route: authenticates, performs, records, answers.
pub(super) async fn answer<T: Serialize>(
    house: web::Data<House>,
    request: HttpRequest,
    authority: Authority<'_>,
    action: &'static str,
    status: StatusCode,
    perform: impl AsyncFnOnce(Operation<'_>) -> Result<Given<T>, AdminError>,
) -> HttpResponse {
    run(house, request, authority, (action, status), perform).await
}

/// Runs a route that may have to wait for a second person, as [`answer`] does all others.
pub(super) async fn guarded<T: Serialize>(
    house: web::Data<House>,
    request: HttpRequest,
    authority: Authority<'_>,
    action: &'static str,
    status: StatusCode,
    perform: impl AsyncFnOnce(Operation<'_>) -> Result<Given<T>, Stop>,
) -> HttpResponse {
    run(house, request, authority, (action, status), perform).await
}

async fn run<T: Serialize, E: Into<Stop>>(
    house: web::Data<House>,
    request: HttpRequest,
    authority: Authority<'_>,
    (action, status): (&'static str, StatusCode),
    perform: impl AsyncFnOnce(Operation<'_>) -> Result<Given<T>, E>,
) -> HttpResponse {
    let started = Instant::now();
    let asked = Asked::new(&house, &request, action);
    let asker = asker::authenticate(&house, &request, authority).await;
    let (asker, outcome) = match asker {
        Err(error) => (None, Err(Stop::Failed(error))),
        Ok(asker) => {
            let outcome = match guard::named(&request) {
                Err(error) => Err(Stop::Failed(error)),
                Ok(approval) => {
                    let operation = Operation {
                        house: &house,
                        asked: &asked,
                        asker: &asker,
                        approval,
                    };
                    perform(operation).await.map_err(Into::into)
                }
            };
            (Some(asker), outcome)
        }
    };
    let recorded = match &outcome {
        // What waits was recorded when it began to wait.
        Ok(Given::Committed(_)) | Err(Stop::Waiting(_)) => Ok(()),
        Ok(Given::Read(_)) => record(&house, &asked, asker.as_ref(), Outcome::Allowed).await,
        Err(Stop::Failed(error)) => {
            let rule = error.source.as_deref().unwrap_or(&error.message);
            let refused = Outcome::Refused {
                code: error.code,
                rule,
            };
            record(&house, &asked, asker.as_ref(), refused).await
        }
    };
    let outcome = recorded.map_err(Stop::Failed).and(outcome);
    let code = match &outcome {
        Err(Stop::Failed(error)) => Some(error.code),
        Err(Stop::Waiting(_)) | Ok(_) => None,
    };
    let response = match outcome {
        Ok(Given::Committed(body) | Given::Read(body)) => HttpResponse::build(status).json(body),
        Err(Stop::Waiting(waiting)) => {
            HttpResponse::Accepted().json(Approval::waiting(*waiting, asked.at))
        }
        Err(Stop::Failed(error)) => refuse(&error, &asked),
    };
    telemetry::answered(&Answered {
        door: Door::Admin,
        action,
        status: response.status().as_u16(),
        code,
        duration: started.elapsed(),
    });
    response
}

async fn record(
    house: &House,
    asked: &Asked,
    asker: Option<&Asker>,
    outcome: Outcome<'_>,
) -> Result<(), AdminError> {
    let draft = asked.draft(asker, None, outcome);
    house
        .store
        .record(asker.and_then(Asker::agency), &draft)
        .await
        .map_err(AdminError::from)
}

fn refuse(error: &AdminError, asked: &Asked) -> HttpResponse {
    let request_id = asked.id.to_string();
    if error.status >= 500 {
        let cause = error.source.as_deref().unwrap_or_default();
        tracing::error!(
            request = request_id,
            action = asked.action,
            code = error.code,
            cause,
            "failed"
        );
    }
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (code, message) = (error.code.to_owned(), error.message.clone().into_owned());
    HttpResponse::build(status).json(ErrorBody {
        error: ErrorDetail {
            code,
            message,
            request_id,
        },
    })
}

/// What was read.
pub(super) fn read<T>(given: T) -> Result<Given<T>, AdminError> {
    Ok(Given::Read(given))
}
