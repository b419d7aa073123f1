//! Policy documents on the command line.

use std::fs::File;
use std::io::Read as _;

use serde_json::Value;

use crate::access::policy::{Kind, Policy};
use crate::types::limits;

/// Reads a policy document: its text, or `@` and the path of a file that holds it. Told here what
/// is wrong with it, before anything is asked.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let document = match text.strip_prefix('@') {
        None => text.to_owned(),
        Some(path) => {
            let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
            let mut document = String::new();
            file.take(limits::POLICY_BYTES_MAX as u64 + 1)
                .read_to_string(&mut document)
                .map_err(|error| format!("{path}: {error}"))?;
            document
        }
    };
    Policy::parse(&document, Kind::Identity).map_err(|error| error.to_string())?;
    serde_json::from_str(&document).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn documents_are_checked_first() {
        let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
        assert!(parse(text).unwrap().is_object());
        assert!(parse("{}").unwrap_err().contains("Missing required field"));
        assert!(parse("@/nowhere").unwrap_err().starts_with("/nowhere: "));
    }
}
