//! Asks for settings by name: flag over environment over file over default.
//!
//! The names that a section asks for are the settings that exist: whatever is left in the file or
//! the environment when all have asked is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::io::Read as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::types::secret::SecretText;

use super::error::{Fault, Origin, Problem, Wanted};
use super::source::{EMPTY_TABLE, FileSettings, Raw};

/// Bytes of any file that settings name: certificates, key sets, the configuration itself.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Characters of a wrong value that are repeated to the operator.
const FOUND_CHARACTERS_MAX: usize = 80;
/// Bytes of a wrong name for which a similar one is looked for.
const SIMILAR_BYTES_MAX: usize = 100;
/// How the variables of Acervo begin.
const PREFIX: &str = "ACERVO_";
/// Variables that Kubernetes sets for a service named `acervo`; they are no settings.
const KUBERNETES: [&str; 2] = ["ACERVO_PORT", "ACERVO_SERVICE_"];
/// Variables that other commands than `serve` read.
const OTHERS: [&str; 4] = [
    super::FILE_VARIABLE,
    super::ENDPOINT_VARIABLE,
    super::TOKEN_VARIABLE,
    super::CA_FILE_VARIABLE,
];

const TEXT: Wanted = Wanted::Words("un texto", "a text");
const PATH: Wanted = Wanted::Words(
    "la ruta de un archivo o carpeta",
    "the path of a file or folder",
);
const LIST: Wanted = Wanted::Words(
    "una lista de textos (en variables de entorno, separados por comas)",
    "a list of texts (in environment variables, separated by commas)",
);

/// A value and the place that gave it.
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// The settings as they were given, and what was wrong with those asked for so far.
pub(super) struct Reader {
    flags: Vec<(&'static str, &'static str, String)>,
    environment: BTreeMap<String, String>,
    file: FileSettings,
    known: BTreeSet<String>,
    problems: Vec<Problem>,
}

/// The variable that overrides a setting: `s3.listen` is `ACERVO_S3_LISTEN`.
fn variable(setting: &str) -> String {
    let name = setting.replace('.', "_").to_ascii_uppercase();
    format!("{PREFIX}{name}")
}

impl Reader {
    /// Over these sources; flags are (setting, flag, value).
    pub(super) fn new(
        flags: Vec<(&'static str, &'static str, String)>,
        environment: BTreeMap<String, String>,
        mut file: FileSettings,
    ) -> Self {
        let problems = std::mem::take(&mut file.problems);
        Self {
            flags,
            environment,
            file,
            known: BTreeSet::new(),
            problems,
        }
    }

    /// Takes a variable that is no setting.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        self.environment.remove(name)
    }

    /// Reports a problem.
    pub(super) fn report(&mut self, setting: impl Into<String>, origin: Origin, fault: Fault) {
        self.problems.push(Problem {
            setting: setting.into(),
            origin,
            fault,
        });
    }

    /// Whether a problem of this setting has been reported.
    pub(super) fn has_reported(&self, setting: &str) -> bool {
        self.problems.iter().any(|p| p.setting == setting)
    }

    /// Where a setting that has not been asked for yet is given.
    pub(super) fn origin(&self, setting: &str) -> Option<Origin> {
        let variable = variable(setting);
        if self.environment.contains_key(&variable) {
            return Some(Origin::Environment(variable));
        }
        let in_file = self.file.values.get(setting);
        in_file.map(|(_, origin)| origin.clone())
    }

    fn take(&mut self, setting: &str) -> Option<Given<Raw>> {
        self.known.insert(setting.to_owned());
        let in_file = self.file.values.remove(setting);
        let variable = variable(setting);
        let in_environment = self.environment.remove(&variable);
        let flag = self.flags.iter().find(|(name, _, _)| *name == setting);
        if let Some((_, flag, text)) = flag {
            return Some(Given {
                value: Raw::Text(text.clone()),
                origin: Origin::Flag(flag),
            });
        }
        if let Some(text) = in_environment {
            let origin = Origin::Environment(variable);
            return Some(Given {
                value: Raw::Text(text),
                origin,
            });
        }
        in_file.map(|(value, origin)| Given { value, origin })
    }

    fn ask<T>(
        &mut self,
        setting: &str,
        wanted: Wanted,
        parse: impl FnOnce(&Raw, &Origin) -> Option<T>,
    ) -> Option<Given<T>> {
        let Given { value: raw, origin } = self.take(setting)?;
        if let Some(value) = parse(&raw, &origin) {
            return Some(Given { value, origin });
        }
        let found = raw.to_string().chars().take(FOUND_CHARACTERS_MAX).collect();
        self.report(
            setting,
            origin,
            Fault::Refused {
                found: Some(found),
                wanted,
            },
        );
        None
    }

    /// A text that `parse` accepts.
    pub(super) fn parsed<T>(
        &mut self,
        setting: &str,
        wanted: Wanted,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Given<T>> {
        self.ask(setting, wanted, |raw, _| match raw {
            // The mark of bytes that were not UTF-8 in the environment or on the command line.
            Raw::Text(text) if !text.contains(char::REPLACEMENT_CHARACTER) => parse(text),
            _ => None,
        })
    }

    /// Any text but the empty one.
    pub(super) fn text(&mut self, setting: &str) -> Option<Given<String>> {
        self.parsed(setting, TEXT, |t| (!t.is_empty()).then(|| t.to_owned()))
    }

    /// A path.
    pub(super) fn path(&mut self, setting: &str) -> Option<Given<PathBuf>> {
        self.parsed(setting, PATH, |t| (!t.is_empty()).then(|| PathBuf::from(t)))
    }

    /// A text that is never repeated.
    pub(super) fn secret(&mut self, setting: &str) -> Option<Given<SecretText>> {
        let Given { value, origin } = self.take(setting)?;
        match value {
            Raw::Text(text) if !text.is_empty() => Some(Given {
                value: SecretText::new(text),
                origin,
            }),
            _ => {
                self.report(
                    setting,
                    origin,
                    Fault::Refused {
                        found: None,
                        wanted: TEXT,
                    },
                );
                None
            }
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        setting: &str,
        words: &'static [&'static str],
        values: &[T],
    ) -> Option<Given<T>> {
        self.parsed(setting, Wanted::OneOf(words), |text| {
            let at = words.iter().position(|word| *word == text)?;
            values.get(at).copied()
        })
    }

    /// A whole number; environment and flags give it as decimal digits.
    pub(super) fn number(
        &mut self,
        setting: &str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> u64 {
        let wanted = Wanted::Number(*range.start(), *range.end());
        let number = self.ask(setting, wanted, |raw, origin| {
            let number = match raw {
                Raw::Integer(number) => u64::try_from(*number).ok()?,
                Raw::Text(text) if !matches!(origin, Origin::File(..)) => text.parse().ok()?,
                _ => return None,
            };
            range.contains(&number).then_some(number)
        });
        number.map_or(default, |n| n.value)
    }

    /// As [`Reader::number`], for things that are counted in memory.
    pub(super) fn count(
        &mut self,
        setting: &str,
        default: usize,
        range: RangeInclusive<u64>,
    ) -> usize {
        let default_count = u64::try_from(default).unwrap_or(u64::MAX);
        usize::try_from(self.number(setting, default_count, range)).unwrap_or(default)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, setting: &str, default: bool) -> bool {
        const WORDS: &[&str] = &["true", "false"];
        let given = self.ask(setting, Wanted::OneOf(WORDS), |raw, origin| match raw {
            Raw::Boolean(value) => Some(*value),
            Raw::Text(text) if !matches!(origin, Origin::File(..)) => text.parse().ok(),
            _ => None,
        });
        given.map_or(default, |g| g.value)
    }

    /// A list of texts, each of which `parse` accepts.
    pub(super) fn list<T>(
        &mut self,
        setting: &str,
        wanted: Option<Wanted>,
        mut parse: impl FnMut(&str) -> Option<T>,
    ) -> Option<Given<Vec<T>>> {
        self.ask(setting, wanted.unwrap_or(LIST), |raw, origin| match raw {
            Raw::List(items) => items
                .iter()
                .map(|item| match item {
                    Raw::Text(text) => parse(text),
                    _ => None,
                })
                .collect(),
            Raw::Text(text) if !matches!(origin, Origin::File(..)) => text
                .split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(parse)
                .collect(),
            _ => None,
        })
    }

    /// The tables of an array of tables, each by its prefix (`auth.issuers.1.`) and place.
    pub(super) fn tables(&mut self, setting: &str) -> Vec<(String, Origin)> {
        self.known.insert(setting.to_owned());
        if let Some((Raw::List(items), _)) = self.file.values.get(setting)
            && items.is_empty()
        {
            self.file.values.remove(setting);
        }
        let origins = self.file.arrays.remove(setting).unwrap_or_default();
        (1..)
            .zip(origins)
            .map(|(number, o)| (format!("{setting}.{number}."), o))
            .collect()
    }

    /// The text of the file that a setting names.
    pub(super) fn file_text(&mut self, setting: &str, path: &Given<PathBuf>) -> Option<String> {
        match read_text(&path.value) {
            Ok(text) => Some(text),
            Err(error) => {
                let fault = Fault::Unreadable(path.value.clone(), error);
                self.report(setting, path.origin.clone(), fault);
                None
            }
        }
    }

    /// All problems, unknown settings included.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        for (name, (value, origin)) in std::mem::take(&mut self.file.values) {
            let table = format!("{name}.");
            let empty = matches!(&value, Raw::Other(text) if text == EMPTY_TABLE);
            if empty && self.known.iter().any(|known| known.starts_with(&table)) {
                continue;
            }
            let similar = similar(&name, self.known.iter().cloned());
            self.report(name, origin, Fault::Unknown(similar));
        }
        for name in std::mem::take(&mut self.environment).into_keys() {
            let foreign = KUBERNETES.iter().any(|prefix| name.starts_with(prefix));
            if !name.starts_with(PREFIX) || OTHERS.contains(&name.as_str()) || foreign {
                continue;
            }
            let similar = similar(&name, self.known.iter().map(|known| variable(known)));
            let origin = Origin::Environment(name.clone());
            self.report(name, origin, Fault::Unknown(similar));
        }
        self.problems
    }

    /// The names asked for so far.
    #[cfg(test)]
    pub(super) fn known(&self) -> &BTreeSet<String> {
        &self.known
    }
}

/// Reads a file of text, of bounded size.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = fs::File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(text)
}

/// The known name that was probably meant: a few letters away, or the same word in a section.
fn similar(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    if name.len() > SIMILAR_BYTES_MAX {
        return None;
    }
    let section_word = format!(".{name}");
    known
        .map(|k| {
            (
                if k.ends_with(&section_word) {
                    1
                } else {
                    distance(name, &k)
                },
                k,
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, k)| k)
}

/// The edits of one letter between two names (Levenshtein's distance).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (above, from) in (1..).zip(a.chars()) {
        let mut previous = above;
        let mut diagonal = above - 1;
        let mut next = vec![above];
        for (to, up) in b.chars().zip(row.into_iter().skip(1)) {
            let here = (diagonal + usize::from(from != to))
                .min(up + 1)
                .min(previous + 1);
            diagonal = up;
            previous = here;
            next.push(here);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, similar};

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("listn", "listen", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn similar_names() {
        let of = |name| {
            similar(
                name,
                ["s3.listen", "data_dir"].map(str::to_owned).into_iter(),
            )
        };
        assert_eq!(of("s3.lisen").as_deref(), Some("s3.listen"));
        assert_eq!(of("listen").as_deref(), Some("s3.listen"));
        assert_eq!(of("datadir").as_deref(), Some("data_dir"));
        assert_eq!(of("nothing_alike"), None);
    }
}
