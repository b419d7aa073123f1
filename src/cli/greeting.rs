//! What is printed when the server is ready.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::config::Locale;
use crate::server::{FirstStart, Started};

use super::words::{Words, words};

/// Where things are, for the operator to know.
#[derive(Clone, Debug)]
pub struct Place {
    /// The language.
    pub locale: Locale,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The file of the root key, if a file holds it.
    pub root_key: Option<PathBuf>,
    /// The file that the credentials were written to: then they are not printed, because the output
    /// of a service ends in a log.
    pub credentials_file: Option<PathBuf>,
}

/// The endpoints; after the first start also the credentials, how to use them, and what to keep.
pub fn greeting(started: &Started, place: &Place) -> String {
    let words = words(place.locale);
    let region = format!("{} ({} {})", started.endpoint, words.region, started.region);
    let endpoints = columns(&[
        (words.s3_endpoint, &region),
        (words.admin_endpoint, &started.admin_endpoint),
        (words.data_dir, &place.data_dir.display().to_string()),
    ]);
    let mut text = format!("{}\n\n{endpoints}", words.running);
    if let Some(operator) = &started.operator {
        // A file has it, unless that one is for the first credentials.
        let is_filed = place.credentials_file.is_some() && started.first.is_none();
        let token = match &place.credentials_file {
            Some(path) if is_filed => path.display().to_string(),
            Some(_) | None => operator.token.expose().to_owned(),
        };
        let token = columns(&[
            (words.name, operator.name.as_str()),
            (words.operator_token, &token),
        ]);
        let _ = write!(text, "\n{token}\n{}\n", words.secret_once);
    }
    let Some(first) = &started.first else {
        return text;
    };
    let introduced = match &place.credentials_file {
        None => credentials(words, started, first),
        Some(path) => filed(words, started, path),
    };
    let data_dir = place.data_dir.display();
    let root_key = match &place.root_key {
        Some(path) => format!("{} {}", path.display(), words.root_key_file),
        None => words.root_key_elsewhere.to_owned(),
    };
    let _ = write!(
        text,
        "\n{introduced}\n{data_dir} {}\n{root_key}\n",
        words.data_holds
    );
    text
}

/// The credentials and three lines that use them.
fn credentials(words: &Words, started: &Started, first: &FirstStart) -> String {
    let credentials = columns(&[
        (words.agency, &first.agency),
        (words.access_key_id, &first.access_key_id),
        (words.secret_access_key, first.secret_access_key.expose()),
        (words.bearer_token, first.bearer_token.expose()),
        (words.operator_token, first.operator_token.expose()),
    ]);
    let endpoint = &started.endpoint;
    let aws = format!(
        "AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY='{}' AWS_DEFAULT_REGION={} \
         aws --endpoint-url {endpoint} s3 mb s3://documentos",
        first.access_key_id,
        first.secret_access_key.expose(),
        started.region,
    );
    let bearer = first.bearer_token.expose();
    let curl = format!("curl -H 'Authorization: Bearer {bearer}' {endpoint}/");
    format!(
        "{}\n\n{credentials}\n{}\n\n{}\n\n{aws}  # {}\n{curl}  # {}\n{}",
        words.first_start,
        words.whose,
        words.to_paste,
        words.to_paste_bucket,
        words.to_paste_list,
        health(words, started),
    )
}

/// Where the credentials are.
fn filed(words: &Words, started: &Started, path: &Path) -> String {
    format!(
        "{}\n\n  {}\n\n{}\n\n{}\n\n{}",
        words.first_start_filed,
        path.display(),
        words.whose,
        words.to_paste_one,
        health(words, started),
    )
}

fn health(words: &Words, started: &Started) -> String {
    let url = format!("{}/admin/v1/health/ready-write", started.admin_endpoint);
    format!("curl {url}  # {}\n", words.to_paste_health)
}

/// Names and values, the values below each other.
fn columns(rows: &[(&str, &str)]) -> String {
    let width = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<width$}  {value}");
    }
    text
}
