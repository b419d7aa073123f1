//! `acervo admin approvals`, and what is said of a request that waits.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use crate::config::Locale;
use crate::types::ids::ApprovalId;
use crate::types::names::AgencyId;

use super::super::client::Request;
use super::super::table::{printable, table};
use super::super::words::{Words, words};
use super::Noun;
use super::view::{facts, listed, text};

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsAction {
    /// List what waits, and what did lately
    List(Place),
    /// Show one request that waits
    Show(One),
    /// Approve another person's request; its asker can then carry it out, once
    Approve(One),
    /// Refuse a request, or withdraw one's own
    Refuse(One),
}

#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The agency; without it, what waits in the installation
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: Option<AgencyId>,
}

#[derive(Args, Debug)]
pub(crate) struct One {
    /// The approval's id
    #[arg(value_name = "ID", value_parser = ApprovalId::parse)]
    id: ApprovalId,
    #[command(flatten)]
    place: Place,
}

impl Place {
    fn path(&self) -> String {
        match &self.agency {
            Some(agency) => format!("/agencies/{agency}/approvals"),
            None => "/approvals".to_owned(),
        }
    }
}

impl One {
    fn path(&self) -> String {
        format!("{}/{}", self.place.path(), self.id)
    }
}

impl Noun for ApprovalsAction {
    fn request(&self) -> Request {
        match self {
            Self::List(place) => Request::new(Method::GET, place.path()),
            Self::Show(one) => Request::new(Method::GET, one.path()),
            Self::Approve(one) => Request::new(Method::POST, format!("{}/approve", one.path())),
            Self::Refuse(one) => Request::new(Method::POST, format!("{}/refuse", one.path())),
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::List(_) => listed(body, "approvals", words, |list| approvals(list, words)),
            Self::Show(_) | Self::Approve(_) | Self::Refuse(_) => approval(body, words),
        }
    }
}

fn approvals(list: &[Value], words: &Words) -> String {
    let row = |approval: &Value| {
        vec![
            text(approval, "approval_id"),
            state(approval, words).to_owned(),
            text(approval, "action"),
            text(approval, "subject"),
            text(approval, "asked_by"),
            text(approval, "expires"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [
        words.approval,
        words.state,
        words.what,
        words.whom,
        words.asked_by,
        words.expires,
    ];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}

fn approval(body: &Value, words: &Words) -> String {
    facts(&[
        (words.approval, text(body, "approval_id")),
        (words.state, state(body, words).to_owned()),
        (words.agency, text(body, "agency")),
        (words.what, text(body, "action")),
        (words.whom, text(body, "subject")),
        (words.request, text(body, "request")),
        (words.asked_by, text(body, "asked_by")),
        (words.created, text(body, "asked")),
        (words.expires, text(body, "expires")),
        (words.decided_by, text(body, "decided_by")),
    ])
}

fn state<'a>(approval: &Value, words: &'a Words) -> &'a str {
    match approval.get("state").and_then(Value::as_str) {
        Some("waiting") => words.waiting,
        Some("approved") => words.approved,
        Some("refused") => words.was_refused,
        Some("used") => words.carried_out,
        _ => words.ended,
    }
}

/// What is said of a request that waits for a second person.
pub(crate) fn waiting(body: &str, locale: Locale) -> String {
    let words = words(locale);
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let (id, agency) = (text(&body, "approval_id"), text(&body, "agency"));
    let (who, of) = if agency.is_empty() {
        (words.second_operator, String::new())
    } else {
        (words.second_of_agency, format!(" --agency {agency}"))
    };
    let (id, of) = (printable(&id), printable(&of));
    format!(
        "{} {who}\n  acervo admin approvals approve {id}{of}\n{}\n  --approval {id}\n{} {}\n",
        words.not_done_yet,
        words.then_again,
        words.counts_until,
        printable(&text(&body, "expires")),
    )
}
