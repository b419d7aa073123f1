//! The door itself: from a head and a body to exactly one answer and one audit entry.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_http::Method;
use actix_http::Response;
use actix_http::ResponseBuilder;
use actix_http::StatusCode;
use actix_http::body::BoxBody;
use futures_util::FutureExt as _;

use crate::access::caller::Caller;
use crate::api::http::body::BodySlot;
use crate::api::http::body::RawBody;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::target::Target;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::digest;
use crate::telemetry;
use crate::telemetry::Answered;
use crate::telemetry::Door;
use crate::types::ids::RequestId;
use crate::types::limits;

use super::assume_role;
use super::assume_role_with_web_identity;
use super::error::Code;
use super::error::NAMESPACE;
use super::error::StsError;
use super::get_caller_identity;
use super::get_session_token;
use super::parameters::Parameters;
use super::parameters::VERSION;
use super::request::Reply;
use super::request::StsRequest;

/// The actions of this door.
const ACTIONS: [&str; 4] = [
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "GetCallerIdentity",
    "GetSessionToken",
];

/// Whether a request on the listener of the documents is for this door: `/` of no bucket, with a
/// form, or with an action and a version in its query. No S3 operation has either.
pub fn is_for_this_door(
    house: &House,
    method: &Method,
    path: &str,
    query: &str,
    header: impl Fn(&str) -> Option<String>,
) -> bool {
    if path != "/" {
        return false;
    }
    let is_asked = match *method {
        Method::POST => {
            let content_type = header("content-type").unwrap_or_default();
            let essence = content_type.split(';').next().unwrap_or_default().trim();
            query.is_empty() && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
        Method::GET => {
            let has = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
            has("Action=") && has("Version=")
        }
        _ => false,
    };
    let host = header("host").unwrap_or_default();
    is_asked && Target::parse(path, &host, &house.domains).is_ok_and(|t| t.bucket.is_none())
}

/// What became known of a request on its way, for the entry and the answer of a refusal.
#[derive(Default)]
struct Known {
    action: Option<&'static str>,
    caller: Option<Caller>,
}

/// Answers one request.
pub async fn answer(house: Arc<House>, head: Head, slot: BodySlot) -> Response<BoxBody> {
    let started = Instant::now();
    let _held = telemetry::request(Door::Sts);
    let arrival = Arrival::now(&house, &head);
    let mut known = Known::default();
    let served = AssertUnwindSafe(serve(&house, &head, slot, &arrival, &mut known))
        .catch_unwind()
        .await
        .unwrap_or_else(|_panic| {
            Err(StsError {
                source: Some("an operation panicked".into()),
                ..Code::InternalFailure.into()
            })
        });
    let outcome = match served {
        Ok(Reply::Committed(result)) => Ok(result),
        Ok(Reply::Read(result)) => record(&house, &arrival, &known, Outcome::Allowed)
            .await
            .map(|()| result),
        Err(error) => {
            let rule = error.rule();
            let refused = Outcome::Refused {
                code: error.code.name(),
                rule: &rule,
            };
            record(&house, &arrival, &known, refused)
                .await
                .and(Err(error))
        }
    };
    let action = known.action.unwrap_or("-");
    let code = outcome.as_ref().err().map(|error| error.code.name());
    let response = match outcome {
        Ok(result) => render(200, &arrival, document(action, &result, arrival.id)),
        Err(error) => {
            log(&error, &arrival, action);
            render(error.code.status(), &arrival, error.render(arrival.id))
        }
    };
    telemetry::answered(&Answered {
        door: Door::Sts,
        action,
        status: response.status().as_u16(),
        code,
        duration: started.elapsed(),
    });
    response
}

async fn serve(
    house: &House,
    head: &Head,
    slot: BodySlot,
    arrival: &Arrival,
    known: &mut Known,
) -> Result<Reply, StsError> {
    let Some(_place) = house.in_flight.enter(limits::STS_BODY_BYTES_MAX) else {
        return Err(Code::Throttling.into());
    };
    let body = if head.method == Method::POST {
        let unproven = house.in_flight.read_unproven();
        let _unproven = unproven.ok_or(Code::Throttling)?;
        read(house, slot).await?
    } else {
        Vec::new()
    };
    let raw = if head.method == Method::POST {
        std::str::from_utf8(&body).map_err(|_| Code::MalformedInput)?
    } else {
        head.uri.query().unwrap_or_default()
    };
    let parameters = Parameters::parse(raw)?;
    let action = action(&parameters)?;
    known.action = Some(action);
    let mut req = StsRequest {
        house,
        head,
        arrival,
        action,
        parameters: &parameters,
        body_sha256: digest::sha256(&body),
        caller: &mut known.caller,
    };
    match action {
        "AssumeRole" => assume_role::assume_role(&mut req).await,
        "AssumeRoleWithWebIdentity" => {
            assume_role_with_web_identity::assume_role_with_web_identity(&mut req).await
        }
        "GetCallerIdentity" => get_caller_identity::get_caller_identity(&mut req).await,
        "GetSessionToken" => get_session_token::get_session_token(&mut req).await,
        _ => Err(Code::InvalidAction.into()),
    }
}

async fn read(house: &House, slot: BodySlot) -> Result<Vec<u8>, StsError> {
    let bytes_max = limits::STS_BODY_BYTES_MAX as u64;
    Ok(RawBody::new(slot, Door::Sts, house.pace, bytes_max)
        .whole()
        .await?)
}

fn action(parameters: &Parameters) -> Result<&'static str, StsError> {
    let named = parameters.value("Action").ok_or(Code::MissingAction)?;
    let version = parameters.value("Version").unwrap_or_default();
    let known = ACTIONS.into_iter().find(|action| *action == named);
    known.filter(|_| version == VERSION).ok_or_else(|| {
        let message = format!(
            "The actions of this store are {} of version {VERSION}.",
            ACTIONS.join(", ")
        );
        StsError::new(Code::InvalidAction, message)
    })
}

/// Writes the entry of a request that gave nothing out. If that fails, so does the request (law 8).
async fn record(
    house: &House,
    arrival: &Arrival,
    known: &Known,
    outcome: Outcome<'_>,
) -> Result<(), StsError> {
    let caller = known.caller.as_ref();
    let draft = Draft {
        at: arrival.at,
        request_id: arrival.id,
        remote: &arrival.remote,
        principal: caller.map(|caller| caller.principal.as_str()),
        proof: caller.map(|caller| caller.proof.name()),
        action: known.action.unwrap_or("-"),
        bucket: None,
        object_key: None,
        named: Named::default(),
        outcome,
        grant: None,
    };
    let agency = caller.map(|caller| &caller.agency);
    let recorded = house.store.record(agency, &draft).await;
    recorded.map_err(|error| StsError {
        source: Some(Box::new(error)),
        ..Code::ServiceUnavailable.into()
    })
}

/// Logs an error once: ours as errors, refusals only where somebody asks for them.
fn log(error: &StsError, arrival: &Arrival, action: &str) {
    let (request, code) = (arrival.id.to_string(), error.code.name());
    let cause = error.rule();
    if error.code.status() < 500 {
        tracing::debug!(%request, action, code, cause, "refused");
    } else {
        tracing::error!(%request, action, code, cause, "failed");
    }
}

fn document(action: &str, result: &str, request_id: RequestId) -> String {
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\">\
         <{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </{action}Response>"
    )
}

/// Never kept by anything on the way: a document may hold credentials.
fn render(status: u16, arrival: &Arrival, document: String) -> Response<BoxBody> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    ResponseBuilder::new(status)
        .insert_header(("content-type", "text/xml"))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-amzn-requestid", arrival.id.to_string()))
        .insert_header(("server", "Acervo"))
        .body(document)
        .map_into_boxed_body()
}
