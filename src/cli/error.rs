//! Why a command against the admin API failed.

use std::io;

use thiserror::Error;

use crate::config::Locale;

use super::table::printable;
use super::words::words;

/// A failure of `acervo admin`.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// No token was given, and the action needs one.
    #[error("no operator token")]
    NoToken,
    /// No runtime or no TLS roots on this machine.
    #[error("cannot prepare the connection")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No connection, or it broke.
    #[error("cannot reach {endpoint}")]
    Unreachable {
        /// The URL of the admin API.
        endpoint: String,
        /// What the client said.
        source: reqwest::Error,
    },
    /// More than an admin API would answer.
    #[error("the answer is too large")]
    TooLarge,
    /// Neither the JSON that was expected nor an error of the admin API.
    #[error("an answer that is not the admin API's: status {status}")]
    NotTheAdminApi {
        /// The status.
        status: u16,
    },
    /// The admin API said no.
    #[error("refused: {code}: {message}")]
    Refused {
        /// The error code.
        code: String,
        /// The reason, in English.
        message: String,
        /// The request's id, to be found in the log.
        request_id: Option<String>,
    },
    /// The answer could not be written.
    #[error("cannot write the answer")]
    Output(#[from] io::Error),
}

impl Failure {
    pub(super) fn sentence(&self, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::NoToken => words.no_token.to_owned(),
            Self::Client(source) => format!("{}: {}", words.client_failed, chain(&**source)),
            Self::Unreachable { endpoint, source } => {
                // The chain ends with what the system said, such as «Connection refused».
                format!("{} {endpoint}: {}", words.unreachable, chain(source))
            }
            Self::TooLarge => words.answer_too_large.to_owned(),
            Self::NotTheAdminApi { status } => {
                format!("{} (HTTP {status})", words.not_the_admin_api)
            }
            Self::Refused {
                code,
                message,
                request_id,
            } => {
                let message = match locale {
                    Locale::Es => in_spanish(code).unwrap_or(message),
                    Locale::En => message,
                };
                let (code, message) = (printable(code), printable(message));
                let id = request_id.as_deref().map(printable);
                let id = id.map_or_else(String::new, |id| format!(" ({} {id})", words.request));
                format!("{}: {code}: {message}{id}", words.refused)
            }
            Self::Output(source) => format!("{}: {source}", words.cannot_print),
        }
    }
}

/// What the admin API means by a code: the code, then `= ` and the sentence. Those whose messages
/// tell what they are about are not among them.
const REFUSALS: &str = include_str!("refusals.txt");

fn in_spanish(code: &str) -> Option<&'static str> {
    let mut lines = REFUSALS.lines();
    lines
        .find(|line| *line == code)
        .and(lines.next())?
        .strip_prefix("= ")
}

/// An error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{REFUSALS, in_spanish};

    /// The codes of the admin API, from its sources: text behind a status.
    fn codes() -> BTreeSet<String> {
        let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api/admin");
        let folders = [room.clone(), room.join("grants")];
        let files = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap());
        let files = files.map(|file| file.unwrap().path());
        let files = files.filter(|path| path.is_file());
        let texts = files.map(|path| fs::read_to_string(path).unwrap());
        let mut codes = BTreeSet::new();
        for text in texts {
            let pieces: Vec<&str> = text.split('"').collect();
            for pair in pieces.windows(2) {
                let before = pair[0].trim_end().strip_suffix(',').unwrap_or_default();
                let digits = before.len().saturating_sub(3);
                let status = before
                    .get(digits..)
                    .and_then(|text| text.parse::<u16>().ok());
                if status.is_some_and(|status| status >= 400) {
                    codes.insert(pair[1].to_owned());
                }
            }
        }
        codes
    }

    #[test]
    fn every_refusal_has_its_sentence_in_spanish() {
        let mut codes = codes();
        assert!(codes.len() > 30, "{codes:?}");
        for telling in ["invalid_argument", "invalid_json", "malformed_policy"] {
            assert!(codes.remove(telling), "{telling}");
            assert_eq!(in_spanish(telling), None);
        }
        let known: BTreeSet<String> = REFUSALS.lines().step_by(2).map(str::to_owned).collect();
        assert_eq!(known, codes);
        for code in codes {
            assert!(in_spanish(&code).unwrap().ends_with(['.', '?']), "{code}");
        }
    }
}
