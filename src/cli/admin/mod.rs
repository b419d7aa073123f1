//! `acervo admin`: the client of the admin API, one noun a file.

mod access_keys;
mod agencies;
mod check_issuer;
mod explain;
mod groups;
mod health;
mod issuers;
mod keys;
mod lifecycle;
mod policy;
mod quotas;
mod revocations;
mod roles;
mod signing_keys;
mod view;
mod webhooks;

use std::io;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use crate::config::{AdminClient, Locale};

use super::client::{self, Request};
use super::error::Failure;
use super::{Console, Exit, complain};

pub(super) const ENDPOINT_HELP: &str =
    "URL of the admin API [env: ACERVO_ADMIN_ENDPOINT] [default: http://127.0.0.1:9001]";

#[derive(Args, Debug)]
pub(super) struct AdminArguments {
    #[arg(long, value_name = "URL", global = true, help = ENDPOINT_HELP)]
    endpoint: Option<String>,
    /// Token of an operator or of an admin of the agency [env: ACERVO_ADMIN_TOKEN, which other
    /// users of this machine cannot see]
    #[arg(long, value_name = "TOKEN", global = true)]
    token: Option<String>,
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
    /// Who is told of events, and what could not be delivered
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksAction),
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
        json,
        action,
    } = arguments;
    let settings = match AdminClient::load(endpoint, token, environment) {
        Ok(settings) => settings,
        Err(problems) => {
            complain(console, &problems.render(problems.locale));
            return Exit::Usage;
        }
    };
    let done = match &action {
        AdminAction::Health => health::health(&settings, json, console),
        AdminAction::Metrics => metrics(&settings, console),
        AdminAction::Agencies(noun) => ask(&settings, noun, json, console),
        AdminAction::AccessKeys(noun) => ask(&settings, noun, json, console),
        AdminAction::Keys(noun) => ask(&settings, noun, json, console),
        AdminAction::Lifecycle(noun) => ask(&settings, noun, json, console),
        AdminAction::Webhooks(noun) => ask(&settings, noun, json, console),
        AdminAction::Roles(noun) => ask(&settings, noun, json, console),
        AdminAction::Groups(noun) => ask(&settings, noun, json, console),
        AdminAction::Explain(noun) => ask(&settings, noun, json, console),
        AdminAction::Quotas(noun) => ask(&settings, noun, json, console),
        AdminAction::Issuers(noun) => ask(&settings, noun, json, console),
        AdminAction::CheckIssuer(arguments) => {
            check_issuer::run(&settings, arguments, json, console)
        }
        AdminAction::SigningKeys(noun) => ask(&settings, noun, json, console),
        AdminAction::Revocations(noun) => ask(&settings, noun, json, console),
    };
    done.unwrap_or_else(|failure| {
        complain(console, &failure.sentence(settings.locale));
        match failure {
            Failure::NoToken => Exit::Usage,
            _ => Exit::Failed,
        }
    })
}

fn ask(
    settings: &AdminClient,
    noun: &impl Noun,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let answer = client::ask(settings, noun.request())?.accepted()?;
    if as_json {
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
