//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::types::names::PrincipalName;

use super::admin::AdminArguments;
use super::token::TokenArguments;

const AFTER: &str = "Without a command, acervo serves. Every setting, its default and its variable \
                     are in config/acervo.toml.";

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
    Admin(Box<AdminArguments>),
    /// Print a short-lived token that this installation signs for a principal of an agency
    Token(TokenArguments),
    /// Print the completions of a shell, for its folder of completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write a manual page for every command into a folder
    Man {
        /// The folder; made if it is not there
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
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
    /// Make one more operator, unless there is or was one of this name: a second person for all
    /// others. Its token is shown once, or written to the file of --credentials-file
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    pub(super) new_operator: Option<PrincipalName>,
}
