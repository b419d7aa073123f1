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
                let (code, message) = (printable(code), printable(message));
                let id = request_id.as_deref().map(printable);
                let id = id.map_or_else(String::new, |id| format!(" ({} {id})", words.request));
                format!("{}: {code}: {message}{id}", words.refused)
            }
            Self::Output(source) => format!("{}: {source}", words.cannot_print),
        }
    }
}

/// An error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
