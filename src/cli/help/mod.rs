//! The command line in the language of whoever types it: what `--help` says, and what is wrong with
//! a line.
//!
//! The command line is written in English where it is declared. For Spanish every text of it is
//! exchanged for its like in `spanish.txt`: a line in English, then `= ` and the same in Spanish.

use std::error::Error as _;

use clap::Command;
use clap::CommandFactory as _;
use clap::Error;
use clap::builder::StyledStr;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

use crate::config::Locale;

use super::arguments::Arguments;

const SPANISH: &str = include_str!("spanish.txt");

const TEMPLATE: &str = "\
{before-help}{about-with-newline}
Uso: {usage}

{all-args}{after-help}";

/// What the library puts around the texts, and no setting of it changes.
const FRAME: [(&str, &str); 5] = [
    ("Usage:", "Uso:"),
    ("\n       acervo", "\n     acervo"),
    ("[OPTIONS]", "[OPCIONES]"),
    ("[default: ", "[si no se da: "),
    ("[possible values: ", "[uno de: "),
];

/// The command line.
pub(super) fn command(locale: Locale) -> Command {
    let mut command = Arguments::command();
    if locale == Locale::Es {
        // Only now it has its own options and commands for help.
        command.build();
        command = in_spanish(command);
    }
    command
}

/// What is said of a line that cannot be run, or of one that asks for help.
pub(super) fn answer(error: &Error, locale: Locale) -> String {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    match locale {
        Locale::En => error.to_string(),
        Locale::Es if is_help => framed(error.to_string()),
        Locale::Es => complaint(error),
    }
}

fn in_spanish(command: Command) -> Command {
    let about = in_spanish_of(command.get_about());
    let after = command
        .get_after_help()
        .map(|text| in_spanish_of(Some(text)));
    let command = command
        .mut_args(|arg| {
            let is_positional = arg.is_positional();
            let help = in_spanish_of(arg.get_help());
            let heading = if is_positional {
                "Argumentos"
            } else {
                "Opciones"
            };
            arg.help(help).help_heading(heading)
        })
        .mut_subcommands(in_spanish)
        .about(about)
        .subcommand_help_heading("Comandos")
        .subcommand_value_name("COMANDO")
        .help_template(TEMPLATE);
    match after {
        Some(after) => command.after_help(after),
        None => command,
    }
}

/// A text in Spanish; one that is not known stays.
fn in_spanish_of(text: Option<&StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    let mut lines = SPANISH.lines();
    let found = lines.find(|line| *line == text).and(lines.next());
    let found = found.and_then(|line| line.strip_prefix("= "));
    found.map(str::to_owned).unwrap_or(text)
}

fn framed(mut text: String) -> String {
    for (english, spanish) in FRAME {
        text = text.replace(english, spanish);
    }
    text
}

/// What is wrong with a line.
fn complaint(error: &Error) -> String {
    let of = |kind| error.get(kind).map(shown).unwrap_or_default();
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let command = of(ContextKind::InvalidSubcommand);
    let wrong = match error.kind() {
        ErrorKind::UnknownArgument => format!("no se conoce «{arg}»"),
        ErrorKind::InvalidSubcommand => {
            format!("no hay ningún comando «{command}»")
        }
        ErrorKind::MissingRequiredArgument => format!("falta: {arg}"),
        ErrorKind::MissingSubcommand => "falta un comando".to_owned(),
        ErrorKind::ArgumentConflict => {
            format!(
                "«{arg}{command}» no va junto con «{}»",
                of(ContextKind::PriorArg)
            )
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("falta el valor de «{arg}»"),
        ErrorKind::InvalidValue => {
            let known = of(ContextKind::ValidValue);
            format!("«{value}» no vale para «{arg}»; se esperaba uno de: {known}")
        }
        ErrorKind::ValueValidation => {
            let reason = error.source().map(ToString::to_string);
            format!(
                "«{value}» no vale para «{arg}» ({})",
                reason.unwrap_or_default()
            )
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            format!("«{arg}» tiene demasiados valores")
        }
        _ => return error.to_string(),
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .find_map(|kind| error.get(kind))
        .map(|known| format!(" ¿Quiso decir «{}»?", shown(known)));
    let usage = of(ContextKind::Usage);
    let text = format!(
        "error: {wrong}.{}\n\n{usage}\n\nPara saber más: --help\n",
        suggested.unwrap_or_default()
    );
    framed(text)
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::{SPANISH, command};
    use crate::config::Locale;

    /// Every text of the command line that is its own.
    fn texts(command: &Command, found: &mut Vec<String>) {
        let of_command = [command.get_about(), command.get_after_help()];
        let of_args = command.get_arguments().map(clap::Arg::get_help);
        let all = of_command.into_iter().chain(of_args).flatten();
        found.extend(all.map(ToString::to_string));
        for subcommand in command.get_subcommands() {
            texts(subcommand, found);
        }
    }

    #[test]
    fn every_text_has_its_like_in_spanish_and_none_is_left_over() {
        let mut english = command(Locale::En);
        english.build();
        let mut said = Vec::new();
        texts(&english, &mut said);
        said.sort();
        said.dedup();
        let lines: Vec<&str> = SPANISH.lines().collect();
        let known: Vec<&str> = lines.iter().copied().step_by(2).collect();
        assert_eq!(known, said);
        for pair in lines.chunks(2) {
            let spanish = pair[1].strip_prefix("= ").unwrap();
            assert!(!spanish.is_empty(), "{pair:?}");
            assert_eq!(pair[0].ends_with('.'), spanish.ends_with('.'), "{pair:?}");
        }
    }
}
