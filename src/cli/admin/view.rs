//! Pieces of answers for people.

use serde_json::Value;

use super::super::table::printable;
use super::super::words::Words;

/// A member as text, a list separated by commas; empty if it is absent.
pub(super) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// The list of this name, or the word that there is none.
pub(super) fn listed(
    body: &Value,
    name: &str,
    words: &Words,
    show: impl FnOnce(&[Value]) -> String,
) -> String {
    match body.get(name).and_then(Value::as_array) {
        Some(list) if !list.is_empty() => show(list),
        _ => format!("{}\n", words.nothing),
    }
}

/// One thing, one line for each of its facts, so that each can be copied.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let names: Vec<String> = facts.iter().map(|(name, _)| name.to_uppercase()).collect();
    let widths = names.iter().map(|name| name.chars().count());
    let width = widths.max().unwrap_or_default();
    let lines = names.iter().zip(facts);
    lines
        .map(|(name, (_, value))| format!("{name:<width$}  {}\n", printable(value)))
        .collect()
}

/// When something ends.
pub(super) fn expires(value: &Value, words: &Words) -> String {
    Some(text(value, "expires"))
        .filter(|t| !t.is_empty())
        .unwrap_or_else(|| words.never.to_owned())
}
