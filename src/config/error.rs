//! What is wrong with the settings: every problem at once, each with its place.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::locale::Locale;

/// Everything that is wrong with the settings, in the order in which they are read.
#[derive(Debug, Error)]
pub struct Problems {
    /// The problems; never empty.
    pub list: Vec<Problem>,
    /// The language to tell them in, as far as the settings could still say.
    pub locale: Locale,
}

impl Problems {
    /// One problem a line.
    pub fn render(&self, locale: Locale) -> String {
        self.list
            .iter()
            .map(|p| p.sentence(locale) + "\n")
            .collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.render(Locale::En).trim_end())
    }
}

/// One thing wrong with one setting.
#[derive(Debug)]
pub struct Problem {
    /// The setting's name (`s3.listen`), the variable's if no setting has it, or `--config` for
    /// what is wrong with the file as a whole.
    pub setting: String,
    /// Where it was said.
    pub origin: Origin,
    /// What is wrong.
    pub fault: Fault,
}

/// Where a setting was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The configuration file, and the line counted from 1.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(&'static str),
}

/// What is wrong with a setting.
#[derive(Debug)]
pub enum Fault {
    /// No setting has this name; perhaps this one was meant.
    Unknown(Option<String>),
    /// The value is not what was expected. A secret's value is not repeated.
    Refused {
        /// The value as it was given.
        found: Option<String>,
        /// What would have been right.
        wanted: Wanted,
    },
    /// Another setting needs this one.
    Missing(Wanted),
    /// The file that the setting names cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The file that the setting names holds something else.
    NotA(PathBuf, Wanted),
    /// The configuration file is not TOML; the parser's words.
    Syntax(String),
}

/// What a setting expects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// In words, Spanish and English, completing "expected …".
    Words(&'static str, &'static str),
    /// A whole number from … to ….
    Number(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Several of these words.
    SomeOf(&'static [&'static str]),
}

impl Problem {
    /// The problem as a sentence: setting, place, what is wrong, what was expected.
    pub fn sentence(&self, locale: Locale) -> String {
        let Self {
            setting,
            origin,
            fault,
        } = self;
        let place = origin.sentence(locale);
        let expected = locale.pick("se esperaba", "expected");
        let said = match fault {
            Fault::Unknown(None) => locale
                .pick("no existe tal ajuste", "no such setting")
                .into(),
            Fault::Unknown(Some(similar)) => match locale {
                Locale::Es => format!("no existe tal ajuste; ¿quiso decir {similar}?"),
                Locale::En => format!("no such setting; did you mean {similar}?"),
            },
            Fault::Refused { found, wanted } => {
                let found = found.as_deref().map_or_else(
                    || locale.pick("valor no admitido", "value refused").to_owned(),
                    |f| format!("{} {f}", locale.pick("dice", "found")),
                );
                format!("{found}; {expected} {}", wanted.sentence(locale))
            }
            Fault::Missing(wanted) => {
                let missing = locale.pick("falta", "is missing");
                format!("{missing}; {expected} {}", wanted.sentence(locale))
            }
            Fault::Unreadable(path, source) => {
                let cannot = locale.pick("no se puede leer", "cannot read");
                format!("{cannot} {}: {source}", path.display())
            }
            Fault::NotA(path, wanted) => {
                let wanted = wanted.sentence(locale);
                format!("{}: {expected} {wanted}", path.display())
            }
            Fault::Syntax(message) => {
                format!(
                    "{}: {message}",
                    locale.pick("no es TOML válido", "not valid TOML")
                )
            }
        };
        format!("{setting} ({place}): {said}")
    }
}

impl Origin {
    fn sentence(&self, locale: Locale) -> String {
        match self {
            Self::File(path, line) => format!("{}:{line}", path.display()),
            Self::Environment(name) => {
                format!(
                    "{} {name}",
                    locale.pick("variable de entorno", "environment variable")
                )
            }
            Self::Flag(name) => format!("{} {name}", locale.pick("opción", "flag")),
        }
    }
}

impl Wanted {
    fn sentence(self, locale: Locale) -> String {
        match self {
            Self::Words(es, en) => locale.pick(es, en).to_owned(),
            Self::Number(min, max) => match locale {
                Locale::Es => format!("un número entero de {min} a {max}"),
                Locale::En => format!("a whole number from {min} to {max}"),
            },
            Self::OneOf(words) => {
                format!("{} {}", locale.pick("uno de:", "one of:"), words.join(", "))
            }
            Self::SomeOf(words) => {
                let a_list = locale.pick("una lista con algunos de:", "a list of some of:");
                format!("{a_list} {}", words.join(", "))
            }
        }
    }
}
