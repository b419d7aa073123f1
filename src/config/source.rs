//! Where settings come from: the file, taken apart into dotted names with their lines.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::{Fault, Origin, Problem};

/// How a table without settings is kept, so that its name is checked too.
pub(super) const EMPTY_TABLE: &str = "{}";

/// A value as it was given, before anybody asked for its type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Integer(i128),
    Boolean(bool),
    List(Vec<Self>),
    /// A float, a date, an empty table: nothing that a setting can be.
    Other(String),
}

impl fmt::Display for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Debug escapes control characters, which a terminal should not be shown.
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::to_string).collect();
                write!(formatter, "[{}]", items.join(", "))
            }
            Self::Other(kind) => formatter.write_str(kind),
        }
    }
}

/// What the file says: values by dotted name (`s3.listen`, `auth.issuers.1.name`), and the lines on
/// which the tables of each array of tables begin.
#[derive(Default)]
pub(super) struct FileSettings {
    pub(super) values: BTreeMap<String, (Raw, Origin)>,
    pub(super) arrays: BTreeMap<String, Vec<Origin>>,
    pub(super) problems: Vec<Problem>,
}

impl FileSettings {
    /// Takes a TOML document apart, going on after what it cannot read.
    pub(super) fn parse(path: &Path, text: &str) -> Self {
        let mut settings = Self::default();
        let (table, errors) = DeTable::parse_recoverable(text);
        let lines = Lines { path, text };
        for error in errors {
            settings.problems.push(Problem {
                setting: super::FILE_FLAG.to_owned(),
                origin: lines.origin(error.span().map_or(0, |span| span.start)),
                fault: Fault::Syntax(error.message().to_owned()),
            });
        }
        settings.flatten("", table.get_ref(), &lines);
        settings
    }

    fn flatten(&mut self, prefix: &str, table: &DeTable<'_>, lines: &Lines<'_>) {
        for (name, value) in table {
            let full = format!("{prefix}{}", name.get_ref());
            let origin = lines.origin(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => {
                    self.flatten(&format!("{full}."), inner, lines);
                }
                DeValue::Array(items)
                    if items
                        .iter()
                        .any(|i| matches!(i.get_ref(), DeValue::Table(_))) =>
                {
                    let mut origins = Vec::new();
                    for (number, item) in (1..).zip(items.iter()) {
                        let origin = lines.origin(item.span().start);
                        origins.push(origin.clone());
                        match item.get_ref() {
                            DeValue::Table(inner) => {
                                self.flatten(&format!("{full}.{number}."), inner, lines);
                            }
                            other => {
                                let value = (raw(other), origin);
                                self.values.insert(format!("{full}.{number}"), value);
                            }
                        }
                    }
                    self.arrays.insert(full, origins);
                }
                other => {
                    self.values.insert(full, (raw(other), origin));
                }
            }
        }
    }
}

/// The value without its places.
fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Raw::Other(number.to_string()), Raw::Integer),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(|i| raw(i.get_ref())).collect()),
        DeValue::Float(number) => Raw::Other(number.to_string()),
        DeValue::Datetime(moment) => Raw::Other(moment.to_string()),
        DeValue::Table(_) => Raw::Other(EMPTY_TABLE.to_owned()),
    }
}

struct Lines<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Lines<'_> {
    fn origin(&self, at: usize) -> Origin {
        let line = 1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count();
        Origin::File(self.path.to_owned(), line)
    }
}
