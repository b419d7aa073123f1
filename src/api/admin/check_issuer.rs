//! Walks through the set-up of an issuer and says at which step it fails, and why.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::auth::bearer::check;
use crate::auth::bearer::settings::IssuerSettings;
use crate::auth::bearer::settings::KeySource;
use crate::jobs::fetch;
use crate::jobs::fetch::FetchError;
use crate::types::names::AgencyId;

use super::answer;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::issuers::IssuerBody;
use super::names::agency_id;

/// What to check: an issuer that is trusted already, by its name, or one that is not yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerToCheck {
    /// An issuer of the agency, or of the configuration.
    name: Option<String>,
    /// Settings to try, without keeping them.
    issuer: Option<IssuerBody>,
    /// A token of it, to be tried against the settings. It is not kept.
    token: Option<String>,
}

/// One step of the check.
#[derive(Serialize, ToSchema)]
pub(super) struct Step {
    /// `settings`, `name`, `connection`, `document`, `keys`, `token-form`, `token-issuer`,
    /// `token-algorithm`, `token-key`, `token-signature`, `token-audience`, `token-times`,
    /// `token-claims`, `token-agency`.
    step: &'static str,
    /// Whether it went well.
    ok: bool,
    /// For programs; the same for the same fault.
    code: &'static str,
    /// What was found, in words.
    detail: String,
}

/// What was found, in the order of the check; it ends at the first fault that hides the rest.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    ok: bool,
    steps: Vec<Step>,
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn well(&mut self, step: &'static str, detail: impl Into<String>) {
        self.0.push(Step {
            step,
            ok: true,
            code: "ok",
            detail: detail.into(),
        });
    }

    fn fault(&mut self, step: &'static str, code: &'static str, detail: impl Into<String>) {
        self.0.push(Step {
            step,
            ok: false,
            code,
            detail: detail.into(),
        });
    }

    fn checked(self) -> Checked {
        Checked {
            ok: self.0.iter().all(|step| step.ok),
            steps: self.0,
        }
    }
}

/// Checks an issuer: its settings, its host, its documents, its keys, and a token of it.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/issuers/check", tag = "issuers",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = IssuerToCheck, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Checked), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn check_issuer(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "CheckIssuer",
        StatusCode::OK,
        async |op| {
            let body: IssuerToCheck = body.json()?;
            let agency = agency_id(&agency)?;
            op.house.store.ensure_known(&agency)?;
            let mut steps = Steps::default();
            if let Some(settings) = settings(op.house, &agency, &body, &mut steps)? {
                walk(
                    op.house,
                    &agency,
                    settings,
                    body.token.as_deref(),
                    &mut steps,
                )
                .await;
            }
            answer::read(steps.checked())
        },
    )
    .await
}

/// The settings to check, or nothing if they are what is wrong.
fn settings(
    house: &House,
    agency: &AgencyId,
    body: &IssuerToCheck,
    steps: &mut Steps,
) -> Result<Option<IssuerSettings>, AdminError> {
    match (&body.name, &body.issuer) {
        (Some(name), None) => {
            let all = house.issuers.all();
            let is_visible = |s: &&IssuerSettings| {
                *s.name == **name && s.owner.as_ref().is_none_or(|owner| owner == agency)
            };
            let found = all.iter().map(|i| i.settings()).find(is_visible).cloned();
            if found.is_none() {
                let message =
                    "Neither the agency nor the configuration has an issuer of this name.";
                return Err(AdminError::new(404, "no_such_issuer", message));
            }
            Ok(found)
        }
        (None, Some(issuer)) => match issuer.settings(agency, &house.fetch_hosts) {
            Ok(settings) => Ok(Some(settings)),
            Err((what, why)) => {
                steps.fault("settings", "setting_wrong", format!("{what}: {why}"));
                Ok(None)
            }
        },
        _ => {
            let message = "Exactly one of name and issuer is expected.";
            Err(AdminError::argument(message))
        }
    }
}

async fn walk(
    house: &House,
    agency: &AgencyId,
    settings: IssuerSettings,
    token: Option<&str>,
    steps: &mut Steps,
) {
    let keys = match &settings.keys {
        KeySource::Given(text) => Ok(text.to_string()),
        KeySource::Fetched(source) => fetch::key_set(&settings.issuer, source).await,
    };
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return unfetched(&error, steps),
    };
    let given = IssuerSettings {
        keys: KeySource::Given(keys.into()),
        ..settings
    };
    let trial = match check::Trial::new(given) {
        Ok(trial) => trial,
        Err(error) => return steps.fault("keys", "settings_or_keys_unusable", error.to_string()),
    };
    steps.well(
        "keys",
        format!("keys for {}", trial.algorithms().join(", ")),
    );
    if let Some(token) = token {
        match trial.verify(token, house.clock.now()) {
            Ok(identity) if identity.agency == *agency => {
                let roles: Vec<&str> = identity.roles.iter().map(|r| r.name()).collect();
                let (principal, roles) = (&identity.principal, roles.join(", "));
                steps.well("token", format!("{principal} of {agency}: {roles}"));
            }
            Ok(identity) => {
                let detail = format!("the token is of the agency {}", identity.agency);
                steps.fault("token-agency", "other_agency", detail);
            }
            Err(error) => {
                let (step, code) = check::step_of(&error);
                steps.fault(step, code, check::detail(&error, token));
            }
        }
    }
}

fn unfetched(error: &FetchError, steps: &mut Steps) {
    use FetchError as E;
    let (step, code) = match error {
        E::Certificates(_) => ("settings", "certificates_unusable"),
        E::Name { .. } => ("name", "no_address"),
        E::Connection { why, .. } if why.contains("certificate") => ("connection", "tls_untrusted"),
        E::Connection { .. } => ("connection", "no_connection"),
        E::Time { .. } => ("connection", "too_slow"),
        E::Status { .. } => ("document", "status"),
        E::TooLarge { .. } => ("document", "too_large"),
        E::NotDiscovery { .. } => ("document", "not_discovery"),
        E::OtherIssuer { .. } => ("document", "other_issuer"),
        E::KeysUrl(_) => ("document", "keys_url_wrong"),
        E::OtherHost { .. } => ("document", "keys_host_not_named"),
        E::KeySet(_) => ("keys", "settings_or_keys_unusable"),
    };
    steps.fault(step, code, error.to_string());
}
