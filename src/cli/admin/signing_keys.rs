//! `acervo admin signing-keys`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;

use super::super::client::Request;
use super::super::words::words;
use super::Noun;
use super::view::text;

#[derive(Debug, Subcommand)]
pub(super) enum SigningKeysAction {
    /// Sign tokens with a new key from now on
    Rotate {
        /// End every token that was signed before: after a leak
        #[arg(long)]
        retire_earlier: bool,
    },
}

impl Noun for SigningKeysAction {
    fn request(&self) -> Request {
        let Self::Rotate { retire_earlier } = self;
        Request::new(Method::POST, "/signing-keys/rotate".to_owned())
            .body(json!({ "retire_earlier": retire_earlier }))
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        format!("{} {}\n", words(locale).signs_with, text(body, "key_id"))
    }
}
