//! One request of the admin API, from its head to its entry and its answer.

use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::store::Committed;
use crate::telemetry;
use crate::telemetry::Answered;
use crate::telemetry::Door;

use super::asker;
use super::asker::Asked;
use super::asker::Asker;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::error::ErrorDetail;

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
    let started = Instant::now();
    let asked = Asked::new(&house, &request, action);
    let asker = asker::authenticate(&house, &request, authority).await;
    let (asker, outcome) = match asker {
        Err(error) => (None, Err(error)),
        Ok(asker) => {
            let operation = Operation {
                house: &house,
                asked: &asked,
                asker: &asker,
            };
            let outcome = perform(operation).await;
            (Some(asker), outcome)
        }
    };
    let recorded = match &outcome {
        Ok(Given::Committed(_)) => Ok(()),
        Ok(Given::Read(_)) => record(&house, &asked, asker.as_ref(), Outcome::Allowed).await,
        Err(error) => {
            let rule = error.source.as_deref().unwrap_or(&error.message);
            let refused = Outcome::Refused {
                code: error.code,
                rule,
            };
            record(&house, &asked, asker.as_ref(), refused).await
        }
    };
    let outcome = recorded.and(outcome);
    let code = outcome.as_ref().err().map(|error| error.code);
    let response = match outcome {
        Ok(Given::Committed(body) | Given::Read(body)) => HttpResponse::build(status).json(body),
        Err(error) => refuse(&error, &asked),
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

/// Reads a request's JSON.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    serde_json::from_slice(body)
        .map_err(|error| AdminError::new(400, "invalid_json", format!("The body: {error}.")))
}
