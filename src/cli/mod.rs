//! Commands: what an operator types, and what is printed in answer.
//!
//! Owns: the command line (`serve`, `admin`, and the papers of both), the sentences for people in
//! Spanish and English, the credentials file, the exit codes.
//! May touch: every room, but does no work of its own. Never: settings (it hands the flags to
//! `config`), standard streams other than through a [`Console`].
//! Keeps: secrets are printed once and only where no file was asked for.
//! Start at [`main`]; the commands are in `arguments.rs`, those of `acervo admin` in `admin/`.

mod admin;
mod arguments;
mod client;
mod credentials;
mod error;
mod greeting;
mod help;
mod paper;
mod refusal;
mod remote_refusal;
mod serve;
mod table;
mod token;
mod words;

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::process::ExitCode;

use clap::FromArgMatches as _;

use crate::config;

pub use credentials::credentials_json;
pub use greeting::{Place, greeting};
pub use refusal::StartRefusal;

use arguments::{Arguments, Command};

/// Where a command writes: what was asked for, and what went wrong.
pub struct Console<'a> {
    /// The answer.
    pub out: &'a mut dyn Write,
    /// Refusals and failures.
    pub err: &'a mut dyn Write,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: as asked.
    Done,
    /// 1: refused, or failed.
    Failed,
    /// 2: the command line or a setting is wrong.
    Usage,
    /// 3: not yet done: a second person has to approve it.
    Waiting,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Waiting => Self::from(3),
        }
    }
}

/// The command of this process.
pub fn main() -> ExitCode {
    let mut console = Console {
        out: &mut io::stdout(),
        err: &mut io::stderr(),
    };
    run(std::env::args_os(), config::environment(), &mut console).into()
}

/// Runs a command line, its first word being the program's name.
pub fn run(
    words: impl Iterator<Item = OsString>,
    environment: impl Iterator<Item = (String, String)>,
    console: &mut Console<'_>,
) -> Exit {
    let environment: Vec<_> = environment.collect();
    let locale = config::locale(&environment);
    let command = help::command(locale);
    let parsed = command.try_get_matches_from(words);
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(answer) => {
            // `--help` and `--version` come this way too.
            let asked = !answer.use_stderr();
            let stream = if asked {
                &mut *console.out
            } else {
                &mut *console.err
            };
            let written = write!(stream, "{}", help::answer(&answer, locale));
            return match (asked, written) {
                (true, Ok(())) => Exit::Done,
                (true, Err(_)) => Exit::Failed,
                (false, _) => Exit::Usage,
            };
        }
    };
    let environment = environment.into_iter();
    match arguments.command {
        None => serve::run(arguments.serve, environment, console),
        Some(Command::Serve(flags)) => serve::run(flags, environment, console),
        Some(Command::Completions { shell }) => paper::completions(shell, locale, console),
        Some(Command::Man { directory }) => paper::man(&directory, locale, console),
        Some(Command::Token(token)) => token::run(token, environment, console),
        Some(Command::Admin(admin)) => admin::run(*admin, environment, console),
    }
}

/// Says a sentence on the error output. Nobody is left to tell if that fails.
fn complain(console: &mut Console<'_>, text: &str) {
    let _ = writeln!(console.err, "{}", text.trim_end());
}

#[cfg(test)]
mod tests;
