//! The body of a request: short, and never slower than a document's.

use std::convert::Infallible;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::web;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::api::http::body::BodySlot;
use crate::api::http::body::RawBody;
use crate::api::http::house::House;
use crate::store::body::BodyError;
use crate::telemetry::Door;
use crate::types::limits;

use super::error::AdminError;

/// What came, or why not all of it did. A route meets the error where it wants the body, so that it
/// is answered and recorded like every other.
pub(super) struct Body(Result<Vec<u8>, BodyError>);

impl Body {
    /// The bytes.
    pub(super) fn bytes(&self) -> Result<&[u8], AdminError> {
        match &self.0 {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err((*error).into()),
        }
    }

    /// The JSON that they are.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, AdminError> {
        serde_json::from_slice(self.bytes()?)
            .map_err(|error| AdminError::new(400, "invalid_json", format!("The body: {error}.")))
    }
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let pace = request
            .app_data::<web::Data<House>>()
            .expect("the server of this API has a house")
            .pace;
        let slot = BodySlot::new(None);
        slot.give(payload.take());
        let bytes_max = limits::ADMIN_BODY_BYTES_MAX as u64;
        let raw = RawBody::new(slot, Door::Admin, pace, bytes_max);
        Box::pin(async move { Ok(Self(raw.whole().await)) })
    }
}
