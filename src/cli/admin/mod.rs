//! `acervo admin`: the client of the admin API, one noun a file.

mod access_keys;
mod agencies;
pub(super) mod approvals;
mod check_issuer;
mod explain;
mod grants;
mod groups;
mod health;
mod inventories;
mod issuers;
mod keys;
mod lifecycle;
mod operators;
mod policy;
mod quotas;
mod revocations;
mod roles;
mod signing_keys;
mod view;
mod webhooks;

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use crate::config::{AdminClient, Locale};
use crate::types::ids::ApprovalId;

use super::client::{self, Request};
use super::error::Failure;
use super::{Console, Exit, complain};

pub(super) const ENDPOINT_HELP: &str =
    "URL of the admin API [env: ACERVO_ADMIN_ENDPOINT] [default: http://127.0.0.1:9001]";

pub(super) const CA_FILE_HELP: &str =
    "Certificates (PEM) to trust instead of the system's [env: ACERVO_ADMIN_CA_FILE]";

#[derive(Args, Debug)]
pub(super) struct AdminArguments {
    #[arg(long, value_name = "URL", global = true, help = ENDPOINT_HELP)]
    endpoint: Option<String>,
    /// Token of an operator or of an admin of the agency [env: ACERVO_ADMIN_TOKEN, which other
    /// users of this machine cannot see]
    #[arg(long, value_name = "TOKEN", global = true)]
    token: Option<String>,
    #[arg(long, value_name = "FILE", global = true, help = CA_FILE_HELP)]
    ca_file: Option<PathBuf>,
    /// Carry out what a second person approved: the same command again, with the approval's id
    #[arg(long, value_name = "ID", global = true, value_parser = ApprovalId::parse)]
    approval: Option<ApprovalId>,
    /// Print the API's JSON as it is
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: AdminAction,
}

#[derive(Debug, Subcommand)]
enum AdminAction {
    /// The agencies of this installation
    #[command(subcommand)]
    Agencies(agencies::AgenciesAction),
    /// The access keys of an agency
    #[command(subcommand)]
    AccessKeys(access_keys::AccessKeysAction),
    /// The keys that seal an agency's documents
    #[command(subcommand)]
    Keys(keys::KeysAction),
    /// An agency's own roles: policies, and who has them
    #[command(subcommand)]
    Roles(roles::RolesAction),
    /// An agency's groups of principals
    #[command(subcommand)]
    Groups(groups::GroupsAction),
    /// What an agency lets others read, and others let it
    #[command(subcommand)]
    Grants(grants::GrantsAction),
    /// Say whether somebody may do something, and by which rule
    Explain(explain::ExplainArguments),
    /// What an agency and its buckets store, and how much they may
    #[command(subcommand)]
    Quotas(quotas::QuotasAction),
    /// The identity providers that an agency trusts, beside those of the configuration
    #[command(subcommand)]
    Issuers(issuers::IssuersAction),
    /// Walk through the set-up of an identity provider and say what is wrong
    CheckIssuer(check_issuer::CheckIssuerArguments),
    /// The keys with which this installation signs tokens itself
    #[command(subcommand)]
    SigningKeys(signing_keys::SigningKeysAction),
    /// What no longer counts, although it has not ended by itself
    #[command(subcommand)]
    Revocations(revocations::RevocationsAction),
    /// What goes by itself: how far that is, and what would go tonight
    #[command(subcommand)]
    Lifecycle(lifecycle::LifecycleAction),
    /// The lists that are made of buckets, and when each was last written
    #[command(subcommand)]
    Inventories(inventories::InventoriesAction),
    /// Who is told of events, and what could not be delivered
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksAction),
    /// What waits for a second person: list, show, approve, refuse
    #[command(subcommand)]
    Approvals(approvals::ApprovalsAction),
    /// The operators of this installation
    #[command(subcommand)]
    Operators(operators::OperatorsAction),
    /// Whether the server lives, can read, can write; needs no token
    Health,
    /// The metrics, in the text format of Prometheus
    Metrics,
}

/// One command that is one request to the admin API and the picture of its answer.
trait Noun {
    /// What to ask.
    fn request(&self) -> Request;
    /// The answer for people.
    fn view(&self, body: &Value, locale: Locale) -> String;
}

/// Asks the admin API and shows its answer.
pub(super) fn run(
    arguments: AdminArguments,
    environment: impl Iterator<Item = (String, String)>,
    console: &mut Console<'_>,
) -> Exit {
    let AdminArguments {
        endpoint,
        token,
        ca_file,
        approval,
        json,
        action,
    } = arguments;
    let settings = match AdminClient::load(endpoint, token, ca_file, environment) {
        Ok(settings) => settings,
        Err(problems) => {
            complain(console, &problems.render(problems.locale));
            return Exit::Usage;
        }
    };
    let how = How { json, approval };
    let done = match &action {
        AdminAction::Health => health::health(&settings, json, console),
        AdminAction::Metrics => metrics(&settings, console),
        AdminAction::Agencies(noun) => ask(&settings, noun, how, console),
        AdminAction::AccessKeys(noun) => ask(&settings, noun, how, console),
        AdminAction::Keys(noun) => ask(&settings, noun, how, console),
        AdminAction::Lifecycle(noun) => ask(&settings, noun, how, console),
        AdminAction::Inventories(noun) => ask(&settings, noun, how, console),
        AdminAction::Webhooks(noun) => ask(&settings, noun, how, console),
        AdminAction::Roles(noun) => ask(&settings, noun, how, console),
        AdminAction::Groups(noun) => ask(&settings, noun, how, console),
        AdminAction::Grants(noun) => ask(&settings, noun, how, console),
        AdminAction::Explain(noun) => ask(&settings, noun, how, console),
        AdminAction::Quotas(noun) => ask(&settings, noun, how, console),
        AdminAction::Issuers(noun) => ask(&settings, noun, how, console),
        AdminAction::CheckIssuer(arguments) => {
            check_issuer::run(&settings, arguments, json, console)
        }
        AdminAction::SigningKeys(noun) => ask(&settings, noun, how, console),
        AdminAction::Approvals(noun) => ask(&settings, noun, how, console),
        AdminAction::Operators(noun) => ask(&settings, noun, how, console),
        AdminAction::Revocations(noun) => ask(&settings, noun, how, console),
    };
    done.unwrap_or_else(|failure| {
        complain(console, &failure.sentence(settings.locale));
        match failure {
            Failure::NoToken => Exit::Usage,
            _ => Exit::Failed,
        }
    })
}

/// How a request is made and its answer shown.
#[derive(Clone, Copy)]
struct How {
    json: bool,
    approval: Option<ApprovalId>,
}

fn ask(
    settings: &AdminClient,
    noun: &impl Noun,
    how: How,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let request = noun.request().approved(how.approval);
    let answer = client::ask(settings, request)?.accepted()?;
    if answer.waits() {
        if how.json {
            print(console, &answer.body)?;
        } else {
            complain(console, &approvals::waiting(&answer.body, settings.locale));
        }
        return Ok(Exit::Waiting);
    }
    if how.json {
        print(console, &answer.body)?;
        return Ok(Exit::Done);
    }
    let body = if answer.body.trim().is_empty() {
        Value::Null
    } else {
        let status = answer.status;
        serde_json::from_str(&answer.body).map_err(|_| Failure::NotTheAdminApi { status })?
    };
    print(console, &noun.view(&body, settings.locale))?;
    Ok(Exit::Done)
}

fn metrics(settings: &AdminClient, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let request = Request::new(Method::GET, "/metrics".to_owned());
    print(console, &client::ask(settings, request)?.accepted()?.body)?;
    Ok(Exit::Done)
}

fn print(console: &mut Console<'_>, text: &str) -> io::Result<()> {
    console.out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        console.out.write_all(b"\n")?;
    }
    console.out.flush()
}
