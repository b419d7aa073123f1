//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::types::ids::AccessKeyId;
use crate::types::names::{AgencyId, InvalidName, PrincipalName};
use crate::types::roles::Role;

const AFTER: &str = "Without a command, acervo serves. Every setting, its default and its variable \
                     are in config/acervo.toml.";

const ENDPOINT_HELP: &str =
    "URL of the admin API [env: ACERVO_ADMIN_ENDPOINT] [default: http://127.0.0.1:9001]";

/// The document store that a state runs on its own servers.
#[derive(Debug, Parser)]
#[command(name = "acervo", version, term_width = 100)]
#[command(args_conflicts_with_subcommands = true, after_help = AFTER)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) serve: ServeFlags,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve documents: the S3 API and the admin API
    Serve(ServeFlags),
    /// Manage agencies and access keys of a running server
    Admin(AdminArguments),
}

#[derive(Args, Debug, Default)]
pub(super) struct ServeFlags {
    /// Configuration file (TOML); none is read unless named here or in ACERVO_CONFIG
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of everything that is stored; made at the first start [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<String>,
    /// Address of the S3 API [default: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: Option<String>,
    /// Address of the admin API, health and metrics [default: 127.0.0.1:9001]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) admin_listen: Option<String>,
    /// At the first start, write the credentials to this file (JSON, mode 0600) instead of the
    /// terminal
    #[arg(long, value_name = "FILE")]
    pub(super) credentials_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct AdminArguments {
    #[arg(long, value_name = "URL", global = true, help = ENDPOINT_HELP)]
    pub(super) endpoint: Option<String>,
    /// Operator token [env: ACERVO_ADMIN_TOKEN, which other users of this machine cannot see]
    #[arg(long, value_name = "TOKEN", global = true)]
    pub(super) token: Option<String>,
    /// Print the API's JSON as it is
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) action: AdminAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum AdminAction {
    /// The agencies of this installation
    #[command(subcommand)]
    Agencies(AgenciesAction),
    /// The access keys of an agency
    #[command(subcommand)]
    AccessKeys(AccessKeysAction),
    /// Whether the server lives, can read, can write; needs no token
    Health,
    /// The metrics, in the text format of Prometheus
    Metrics,
}

#[derive(Debug, Subcommand)]
pub(super) enum AgenciesAction {
    /// Make an agency with keys of its own
    Create {
        /// 3 to 40 of a-z, 0-9 and -
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
    /// List all agencies
    List,
    /// Refuse every request of an agency until it is resumed
    Suspend {
        /// The agency
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
    /// Serve a suspended agency again
    Resume {
        /// The agency
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AccessKeysAction {
    /// Make an access key; its secret is shown once
    Create {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The person or application that will use it; made if it is new
        #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
        principal: PrincipalName,
        /// What it may do: app, reader or agency-admin
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
        /// Seconds after which it ends; without this, never
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
        expires_in_seconds: Option<u32>,
    },
    /// List the access keys of an agency, without their secrets
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// End an access key at once
    Revoke {
        /// The access key id
        #[arg(value_parser = AccessKeyId::parse)]
        id: AccessKeyId,
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
}

fn parse_role(text: &str) -> Result<Role, InvalidName> {
    Role::parse(text)
        .filter(|role| *role != Role::Operator)
        .ok_or(InvalidName("not one of: app, reader, agency-admin"))
}
