//! `acervo token`: a short-lived token of the installation's own issuer, alone on its line, so that
//! it can stand in `$(…)`.

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::AdminClient;
use crate::types::ids::ApprovalId;
use crate::types::names::{AgencyId, InvalidName, PrincipalName};
use crate::types::roles::Role;

use super::admin::{CA_FILE_HELP, ENDPOINT_HELP, approvals};
use super::client::{self, Request};
use super::error::Failure;
use super::{Console, Exit, complain};

#[derive(Args, Debug)]
pub(super) struct TokenArguments {
    #[arg(long, value_name = "URL", help = ENDPOINT_HELP)]
    endpoint: Option<String>,
    /// Token of an operator or of an admin of the agency [env: ACERVO_ADMIN_TOKEN, which other
    /// users of this machine cannot see]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[arg(long, value_name = "FILE", help = CA_FILE_HELP)]
    ca_file: Option<PathBuf>,
    /// Carry out what a second person approved: the same command again, with the approval's id
    #[arg(long, value_name = "ID", value_parser = ApprovalId::parse)]
    approval: Option<ApprovalId>,
    /// The agency
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
    /// Whom the token speaks for
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    principal: PrincipalName,
    /// What it may do: app, reader, reviewer, records-officer, auditor or agency-admin
    #[arg(long, value_name = "ROLE", value_parser = parse_role)]
    role: Role,
    /// Seconds for which it counts
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    #[arg(value_parser = clap::value_parser!(u32).range(60..=43_200))]
    lifetime_seconds: u32,
}

fn parse_role(text: &str) -> Result<Role, InvalidName> {
    Role::parse(text)
        .filter(|role| *role != Role::Operator)
        .ok_or(InvalidName(
            "not one of: app, reader, reviewer, records-officer, auditor, agency-admin",
        ))
}

/// Asks the admin API for a token and prints it.
pub(super) fn run(
    arguments: TokenArguments,
    environment: impl Iterator<Item = (String, String)>,
    console: &mut Console<'_>,
) -> Exit {
    let TokenArguments {
        endpoint,
        token,
        ca_file,
        ..
    } = arguments;
    let settings = match AdminClient::load(endpoint, token, ca_file, environment) {
        Ok(settings) => settings,
        Err(problems) => {
            complain(console, &problems.render(problems.locale));
            return Exit::Usage;
        }
    };
    let path = format!("/agencies/{}/tokens", arguments.agency);
    let request = Request::new(Method::POST, path).approved(arguments.approval);
    let request = request.body(json!({
        "principal": arguments.principal.as_str(),
        "role": arguments.role.name(),
        "lifetime_seconds": arguments.lifetime_seconds,
    }));
    match print(&settings, request, console) {
        Ok(exit) => exit,
        Err(failure) => {
            complain(console, &failure.sentence(settings.locale));
            match failure {
                Failure::NoToken => Exit::Usage,
                _ => Exit::Failed,
            }
        }
    }
}

fn print(
    settings: &AdminClient,
    request: Request,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let answer = client::ask(settings, request)?.accepted()?;
    if answer.waits() {
        complain(console, &approvals::waiting(&answer.body, settings.locale));
        return Ok(Exit::Waiting);
    }
    let status = answer.status;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let token = body.get("token").and_then(Value::as_str);
    let token = token.ok_or(Failure::NotTheAdminApi { status })?;
    writeln!(console.out, "{token}")?;
    Ok(Exit::Done)
}
