//! Grants between agencies: offered or requested, approved by the other side, refused, revoked.
//!
//! Only admins of the two agencies decide. Operators see which grants there are, and not the names
//! of documents in them.

pub(super) mod propose;
pub(super) mod show;
pub(super) mod step;

use actix_web::web;

use crate::audit::entry::GrantNote;
use crate::crypto::random;
use crate::types::ids::GrantId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::InvalidName;

use super::error::AdminError;

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/grants/offers",
            web::post().to(propose::offer_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/requests",
            web::post().to(propose::request_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants",
            web::get().to(show::list_grants),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}",
            web::get().to(show::show_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/approve",
            web::post().to(step::approve_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/refuse",
            web::post().to(step::refuse_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/revoke",
            web::post().to(step::revoke_grant),
        );
}

fn named<T>(what: &'static str, parsed: Result<T, InvalidName>) -> Result<T, AdminError> {
    parsed.map_err(|error| AdminError::invalid(what, error))
}

fn alias_of(alias: Option<&str>) -> Result<Option<BucketName>, AdminError> {
    alias
        .map(|alias| named("alias", BucketName::parse(alias)))
        .transpose()
}

/// A name for who does not choose one: it cannot be guessed, so it is free.
fn made_alias(grantor: &AgencyId) -> Result<BucketName, AdminError> {
    let tail = random::text(b"abcdefghijkmnpqrstuvwxyz23456789", 8);
    named("alias", BucketName::parse(&format!("de-{grantor}-{tail}")))
}

fn note<'a>(id: &'a str, other: &'a AgencyId, purpose: &'a str) -> GrantNote<'a> {
    GrantNote {
        id,
        agency: other.as_str(),
        purpose: Some(purpose),
        expediente: None,
        version: None,
    }
}

/// Agency and grant.
type GrantPath = web::Path<(String, String)>;

fn grant_id(text: &str) -> Result<GrantId, AdminError> {
    named("grant's number", GrantId::parse(text))
}
