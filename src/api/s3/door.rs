//! The door itself: from a head and a body to exactly one answer and one audit entry.

use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Response;
use actix_http::body::BoxBody;
use futures_util::FutureExt as _;

use crate::access::action::Action;
use crate::access::caller::Caller;
use crate::api::http::body::BodySlot;
use crate::api::http::form;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::target::Query;
use crate::api::http::target::Target;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::telemetry;
use crate::telemetry::Answered;
use crate::telemetry::Door;
use crate::types::ids::RequestId;
use crate::types::limits;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::access_log;
use super::alias::Alias;
use super::alias::Aliases;
use super::authenticate;
use super::authenticate::Payload;
use super::code::Code;
use super::cors::Crossing;
use super::error::S3Error;
use super::error::excerpt;
use super::particulars;
use super::perform;
use super::post_object::Form;
use super::preflight;
use super::presigned;
use super::reply;
use super::reply::Reply;
use super::request::AlsoNamed;
use super::request::S3Request;
use super::route;
use super::route::NoRoute;
use super::route::Scope;

/// What became known of a request on its way, for the entry and the answer of a refusal.
#[derive(Default)]
struct Known {
    action: Option<Action>,
    bucket: Option<String>,
    object_key: Option<String>,
    caller: Option<Arc<Caller>>,
    /// What it reads of other agencies.
    aliases: Rc<Aliases>,
    named: Rc<AlsoNamed>,
}

impl Known {
    /// What an access log tells of it, if enough became known.
    fn answered<'a>(
        &'a self,
        response: &'a Response<BoxBody>,
        code: Option<&'static str>,
        duration: std::time::Duration,
    ) -> Option<access_log::Answered<'a>> {
        Some(access_log::Answered {
            action: self.action?,
            caller: self.caller.as_ref()?,
            bucket: self.bucket.as_deref()?,
            object_key: self.object_key.as_deref(),
            code,
            millis: duration.as_millis(),
            response,
        })
    }
}

/// Answers one request. The future is done when the head of the answer may leave; it asks the slot
/// for the body only after the caller was authorised.
pub async fn answer(house: Arc<House>, head: Head, slot: BodySlot) -> Response<BoxBody> {
    let started = std::time::Instant::now();
    let _held = telemetry::request(Door::S3);
    let arrival = Arrival::now(&house, &head);
    let method = head.method.clone();
    let resource = head.uri.path().to_owned();
    let crossing = Crossing::of(&head);
    let mut known = Known::default();
    let asked = access_log::Asked::of(&head);
    let served = serve(&house, head, slot, &arrival, &mut known);
    let outcome = match caught(served).await {
        Ok(Reply::Committed(response)) => Ok(response),
        Ok(Reply::Read(response)) => record(&house, &arrival, &known, None)
            .await
            .map(|()| response),
        Err(error) => record(&house, &arrival, &known, Some(&error))
            .await
            .and(Err(error)),
    };
    let action = known.action.map_or("-", Action::name);
    let mut code = None;
    let mut response = outcome.unwrap_or_else(|error| {
        log(&error, &arrival, action, &known);
        code = Some(error.code.name());
        refuse(
            &error,
            method == actix_http::Method::HEAD,
            &resource,
            arrival.id,
        )
    });
    if let (Some(crossing), Some(caller), Some(bucket)) = (&crossing, &known.caller, &known.bucket)
    {
        let asked = crossing.asked(method.as_str());
        preflight::share(&house, &caller.agency, bucket, &asked, &mut response).await;
    }
    name_request(&mut response, arrival.id);
    let duration = started.elapsed();
    let answered = known.answered(&response, code, duration);
    asked.tell(&house, &arrival, answered).await;
    telemetry::answered(&Answered {
        door: Door::S3,
        action,
        status: response.status().as_u16(),
        code,
        duration,
    });
    response
}

/// Says which request the answer is to. S3's second id tells its engineers more of the same
/// request; here both are one.
fn name_request(response: &mut Response<BoxBody>, id: RequestId) {
    let id = id.to_string();
    reply::set(response, ("x-amz-request-id", &id));
    reply::set(response, ("x-amz-id-2", &id));
    reply::set(response, ("server", "Acervo"));
}

/// A panic is an error of ours; it ends this request and no other.
async fn caught(served: impl Future<Output = Result<Reply, S3Error>>) -> Result<Reply, S3Error> {
    AssertUnwindSafe(served)
        .catch_unwind()
        .await
        .unwrap_or_else(|_panic| {
            let source: Box<dyn std::error::Error + Send + Sync> = "an operation panicked".into();
            Err(S3Error {
                source: Some(source),
                ..Code::InternalError.into()
            })
        })
}

async fn serve(
    house: &Arc<House>,
    head: Head,
    slot: BodySlot,
    arrival: &Arrival,
    known: &mut Known,
) -> Result<Reply, S3Error> {
    let Some(_place) = house.in_flight.enter(held_bytes(&head)) else {
        return Err(Code::SlowDown.into());
    };
    if head.method == actix_http::Method::OPTIONS {
        return preflight::preflight(house, &head).await;
    }
    let host = head.header("host").unwrap_or_default();
    let anonymous = authenticate::is_anonymous(&head)
        .then(|| house.anonymous.place(host, &house.domains))
        .flatten();
    let (anonymous, target) = match anonymous {
        Some((agency, bucket)) => (Some(agency), Target::of(head.uri.path(), bucket)?),
        None => (None, Target::parse(head.uri.path(), host, &house.domains)?),
    };
    known.bucket.clone_from(&target.bucket);
    known.object_key.clone_from(&target.object_key);
    let mut query = Query::parse(head.uri.query().unwrap_or_default())?;
    let route = routed(&head, &target, &query)?;
    known.action = Some(route.action);
    let (mut head, mut target, mut posted) = (head, target, None);
    let (caller, payload) = if route.action == Action::PostObject {
        let unproven = house.in_flight.read_unproven();
        let _unproven = unproven.ok_or(Code::SlowDown)?;
        let mut form = Form::read(house, &head, &slot).await?;
        known.object_key = Some(form.key()?.to_owned());
        target.object_key.clone_from(&known.object_key);
        let bucket = target.bucket.as_deref().unwrap_or_default();
        let proved = form.authenticate(house, arrival.at, bucket, anonymous);
        let proved = proved.await?;
        let (as_put, file) = form.into_put(head)?;
        (head, posted) = (as_put, Some(file));
        proved
    } else {
        authenticate::authenticate(house, &head, arrival.at, anonymous).await?
    };
    let caller = Arc::clone(known.caller.insert(Arc::new(caller)));
    look_for_alias(house, &head, &query, &payload, known).await?;
    presigned::move_headers(&mut query, &mut head.headers)?;
    known.named = Rc::new(AlsoNamed::of(&query, &head));
    check_understood(route, &query, &head, &payload)?;
    let bucket = target.bucket.as_deref().map(bucket_name).transpose()?;
    let object_key = target.object_key.as_deref().map(object_key).transpose()?;
    let req = S3Request {
        house: Arc::clone(house),
        head,
        arrival: arrival.clone(),
        action: route.action,
        query,
        bucket,
        object_key,
        caller,
        payload,
        slot,
        posted: Cell::new(posted),
        aliases: Rc::clone(&known.aliases),
        named: Rc::clone(&known.named),
    };
    perform(&req)
        .await
        .map_err(|error| particulars::of_request(error, &req))
}

/// Refuses what the operation does not understand.
fn check_understood(
    route: &route::Route,
    query: &Query,
    head: &Head,
    payload: &Payload,
) -> Result<(), S3Error> {
    let asked = query.names().filter(|name| !payload.proof.contains(name));
    if let Some(name) = route.unknown_parameter(asked) {
        return Err(unknown_parameter(route, name, query));
    }
    match route.unknown_header(head.headers.names()) {
        Some(name) => Err(unknown_header(name, head.header(name).unwrap_or_default())),
        None => Ok(()),
    }
}

/// Looks whether the bucket is an alias, refuses what aliases do not have, and takes what the
/// request states. An alias is found before anything else can refuse, so that the grantor's log has
/// it all.
async fn look_for_alias(
    house: &House,
    head: &Head,
    query: &Query,
    payload: &Payload,
    known: &Known,
) -> Result<(), S3Error> {
    let name = known.bucket.as_deref().map(BucketName::parse);
    // A new bucket that has the name of an alias is refused where it is made.
    let action = known
        .action
        .filter(|action| *action != Action::CreateBucket);
    let (Some(Ok(name)), Some(caller), Some(action)) = (name, &known.caller, action) else {
        return Ok(());
    };
    let object_key = known.object_key.as_deref();
    let Some(mut alias) = Alias::find(house, caller, &name, object_key).await? else {
        return Ok(());
    };
    let heard = alias.hear(house, head, query, (caller, payload));
    let allowed = alias.check(action);
    let _ = known.aliases.bucket.set(Box::new(alias));
    heard.and(allowed)
}

fn unknown_parameter(route: &route::Route, name: &str, query: &Query) -> S3Error {
    match (route.action, name) {
        (Action::PutObject, "partNumber") => {
            let message = "This operation does not accept partNumber without uploadId";
            let value = query.value(name).unwrap_or_default();
            S3Error::argument("partNumber", value, message)
        }
        // What only a bucket has.
        (Action::GetObject, "uploads") => S3Error::new(
            Code::InvalidRequest,
            "Key is not expected for the GET method ?uploads subresource",
        ),
        _ => S3Error::not_implemented(&format!("The query parameter {name}")),
    }
}

fn unknown_header(name: &str, value: &str) -> S3Error {
    if name == "x-amz-copy-source" {
        let message = "You can only specify a copy source header for copy requests.";
        return S3Error::argument("x-amz-copy-source", value, message);
    }
    if !name.starts_with(ENCRYPTION) {
        return S3Error::not_implemented(&format!("The header {name}"))
            .with("Header", name.to_owned());
    }
    // Source: AWS S3 API Reference, "GetObject", "Encryption".
    let message = format!("{name} header is not supported for this operation.");
    S3Error::new(Code::InvalidArgument, message)
        .with("ArgumentName", name.to_owned())
        .with("ArgumentValue", excerpt(value))
}

/// What the headers begin with that say how a new object is to be sealed.
const ENCRYPTION: &str = "x-amz-server-side-encryption";

/// What a request may hold in memory: a document passes through in blocks, other bodies are read
/// whole.
fn held_bytes(head: &Head) -> usize {
    let length = match head.header("content-length") {
        Some(text) => text.parse().unwrap_or(usize::MAX),
        None if head.headers.contains_key("transfer-encoding") => usize::MAX,
        None => 0,
    };
    let is_form = head
        .header("content-type")
        .and_then(form::boundary)
        .is_some();
    if head.header("x-amz-copy-source").is_some() {
        2 * limits::BLOB_IO_BYTES
    } else if head.method == actix_http::Method::PUT || is_form {
        length.min(2 * limits::BLOB_IO_BYTES)
    } else {
        length.min(limits::XML_BODY_BYTES_MAX)
    }
}

fn routed(head: &Head, target: &Target, query: &Query) -> Result<&'static route::Route, S3Error> {
    let scope = match (&target.bucket, &target.object_key) {
        (None, None) => Scope::Service,
        (Some(_), None) => Scope::Bucket,
        (Some(_), Some(_)) => Scope::Object,
        (None, Some(_)) => return Err(Code::InvalidBucketName.into()),
    };
    let has_header = |name: &str| head.headers.contains_key(name) || presigned::brings(query, name);
    route::find(
        head.method.as_str(),
        scope,
        |name| query.value(name),
        has_header,
    )
    .map_err(|error| match error {
        NoRoute::Method => {
            let resource = match scope {
                Scope::Service => "SERVICE",
                Scope::Bucket => "BUCKET",
                Scope::Object => "OBJECT",
            };
            S3Error::from(Code::MethodNotAllowed)
                .with("Method", head.method.to_string())
                .with("ResourceType", resource.to_owned())
        }
        NoRoute::SubResource("versions") if scope == Scope::Object => {
            let message = "There is no such thing as the ?versions sub-resource for a key";
            S3Error::new(Code::InvalidRequest, message)
        }
        NoRoute::SubResource(name) => S3Error::not_implemented(&format!("The sub-resource {name}")),
    })
}

fn bucket_name(text: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(text).map_err(|error| {
        S3Error::new(
            Code::InvalidBucketName,
            format!("The bucket's name is {error}."),
        )
        .with("BucketName", text.to_owned())
    })
}

fn object_key(text: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::parse(text).map_err(|error| {
        if text.len() > limits::OBJECT_KEY_BYTES_MAX {
            return S3Error::from(Code::KeyTooLongError)
                .with("Size", text.len().to_string())
                .with("MaxSizeAllowed", limits::OBJECT_KEY_BYTES_MAX.to_string());
        }
        S3Error::new(Code::InvalidURI, format!("The object's key is {error}."))
    })
}

/// Writes the entry of a request that changed nothing, and that in the log of the agency whose
/// documents it asked for by a grant. If one of them fails, so does the request (law 8).
async fn record(
    house: &House,
    arrival: &Arrival,
    known: &Known,
    refused: Option<&S3Error>,
) -> Result<(), S3Error> {
    let caller = known.caller.as_ref();
    let action = known.action.map_or("-", Action::name);
    for alias in known.aliases.all() {
        if let Some(caller) = caller {
            let recorded = alias.record(house, arrival, caller, action, refused);
            Box::pin(recorded).await?;
        }
    }
    let rule = refused.map(S3Error::rule);
    let outcome = match (refused, &rule) {
        (Some(error), Some(rule)) => Outcome::Refused {
            code: error.code.name(),
            rule,
        },
        _ => Outcome::Allowed,
    };
    let draft = Draft {
        at: arrival.at,
        request_id: arrival.id,
        remote: &arrival.remote,
        principal: caller.map(|caller| caller.principal.as_str()),
        proof: caller.map(|caller| caller.proof.name()),
        action,
        bucket: known.bucket.as_deref(),
        object_key: known.object_key.as_deref(),
        named: known.named.draft(),
        outcome,
        grant: known
            .aliases
            .all()
            .next()
            .map(|alias| Box::new(alias.note())),
    };
    house
        .store
        .record(caller.map(|caller| &caller.agency), &draft)
        .await
        .map_err(|error| S3Error {
            source: Some(Box::new(error)),
            ..Code::ServiceUnavailable.into()
        })
}

/// Logs an error once: ours as errors, refusals only where somebody asks for them.
fn log(error: &S3Error, arrival: &Arrival, action: &str, known: &Known) {
    let code = error.code.name();
    let agency = known
        .caller
        .as_ref()
        .map_or("-", |caller| caller.agency.as_str());
    let request = arrival.id.to_string();
    if error.code.status() < 500 || error.code == Code::NotImplemented {
        tracing::debug!(%request, action, agency, code, rule = error.rule(), "refused");
        return;
    }
    let mut causes = Vec::new();
    let mut cause = error
        .source
        .as_ref()
        .map(|e| &**e as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let cause = causes.join(": ");
    if error.code == Code::SlowDown {
        tracing::warn!(%request, action, agency, code, cause, "too busy");
    } else {
        tracing::error!(%request, action, agency, code, cause, "failed");
    }
}

fn refuse(
    error: &S3Error,
    is_head: bool,
    resource: &str,
    request_id: RequestId,
) -> Response<BoxBody> {
    let mut builder = reply::builder(error.code.status());
    if error.code == Code::SlowDown || error.code == Code::ServiceUnavailable {
        builder.insert_header(("retry-after", "1"));
    }
    for (name, value) in &error.headers {
        builder.insert_header((*name, value.as_str()));
    }
    if is_head || error.code == Code::NotModified {
        return builder.finish().map_into_boxed_body();
    }
    builder.insert_header(("content-type", "application/xml"));
    builder
        .body(error.render(resource, request_id))
        .map_into_boxed_body()
}
