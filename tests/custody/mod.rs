//! A bucket whose versions are kept, tagged, held and removed while the server is killed: what was
//! acknowledged holds after the restart, and what was cut off came about as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use acervo::crypto::random;
use acervo::types::encoding::base64;

use crate::support::client::{Answer, Client};
use crate::support::content::{Content, md5};
use crate::support::elements;

const BUCKET: &str = "/custodia";
const KEY: &str = "/custodia/expediente";
/// Versions of the one key, at most; then some are removed.
const VERSIONS_MAX: usize = 12;

/// All that the bucket holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Holdings {
    /// By version id; none is a delete marker.
    versions: BTreeMap<String, Option<Content>>,
    tags: BTreeMap<String, u64>,
    held: BTreeSet<String>,
    /// The number in its policy.
    policy: Option<u64>,
}

/// A change that was asked for.
#[derive(Clone, Debug)]
enum Change {
    Put(Content),
    Mark,
    Remove(String),
    Tag(String, u64),
    Hold(String, bool),
    Policy(Option<u64>),
}

impl Holdings {
    /// As they are after a change; a new version has an id.
    fn after(&self, change: &Change, new_id: &str) -> Self {
        let mut after = self.clone();
        match change {
            Change::Put(content) => {
                after.versions.insert(new_id.to_owned(), Some(*content));
            }
            Change::Mark => drop(after.versions.insert(new_id.to_owned(), None)),
            Change::Remove(id) => {
                after.versions.remove(id);
                after.tags.remove(id);
            }
            Change::Tag(id, number) => drop(after.tags.insert(id.clone(), *number)),
            Change::Hold(id, true) => drop(after.held.insert(id.clone())),
            Change::Hold(id, false) => drop(after.held.remove(id)),
            Change::Policy(number) => after.policy = *number,
        }
        after
    }

    fn some_id(&self, of_documents: bool) -> Option<String> {
        let [which] = random::bytes::<1>();
        let fits = |(_, content): &(&String, &Option<Content>)| !of_documents || content.is_some();
        let ids: Vec<_> = self.versions.iter().filter(fits).collect();
        let at = usize::from(which).checked_rem(ids.len())?;
        Some(ids[at].0.clone())
    }
}

/// Who works on the bucket, and what was promised.
pub(crate) struct Custody {
    holdings: Holdings,
    /// What the request that was cut off would have done.
    unknown: Option<Change>,
    next: u64,
    pub(crate) changes: u64,
}

/// The server did not answer.
struct Gone;

fn ask(client: &mut Client, method: &str, target: &str, body: &[u8]) -> Result<Answer, Gone> {
    let digest = base64(&md5(body));
    let digest = [("content-md5", digest.as_str())];
    let headers = if body.is_empty() { &[] } else { &digest[..] };
    let answer = client.try_ask(method, target, headers, body);
    let answer = answer.ok().filter(|answer| answer.is_whole).ok_or(Gone)?;
    let text = answer.text();
    assert!(answer.is_success(), "{method} {target}: {text}");
    Ok(answer)
}

fn policy(number: u64) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"n{number}","Effect":"Deny",
        "Principal":"*","Action":"s3:PutBucketAcl","Resource":"arn:aws:s3:::custodia"}}]}}"#
    )
}

impl Custody {
    pub(crate) fn new(client: &mut Client) -> Self {
        let lockable = [("x-amz-bucket-object-lock-enabled", "true")];
        let made = client.ask_with("PUT", BUCKET, &lockable, b"");
        assert!(made.is_success(), "{}", made.text());
        Self {
            holdings: Holdings::default(),
            unknown: None,
            next: 1,
            changes: 0,
        }
    }

    /// Works until the server is gone.
    pub(crate) fn work(&mut self, mut client: Client) {
        while self.step(&mut client).is_ok() {}
    }

    fn step(&mut self, client: &mut Client) -> Result<(), Gone> {
        let Some(change) = self.choose() else {
            return Ok(());
        };
        self.unknown = Some(change.clone());
        let new_id = make(client, &change)?;
        self.holdings = self.holdings.after(&change, &new_id);
        self.unknown = None;
        self.changes += 1;
        Ok(())
    }

    fn choose(&mut self) -> Option<Change> {
        let [what, size] = random::bytes::<2>();
        self.next += 1;
        let number = 9_000_000 + self.next;
        let is_full = self.holdings.versions.len() >= VERSIONS_MAX;
        Some(match what % 16 {
            0..=4 if !is_full => {
                let large = if size % 4 == 0 { 40_000 } else { 0 };
                let size_bytes = 1 + usize::from(size) + large;
                Change::Put(Content { number, size_bytes })
            }
            5 if !is_full => Change::Mark,
            6..=8 => Change::Tag(self.holdings.some_id(true)?, self.next),
            9 | 10 => {
                let id = self.holdings.some_id(true)?;
                let is_held = self.holdings.held.contains(&id);
                Change::Hold(id, !is_held)
            }
            11 => Change::Policy(Some(self.next)),
            12 => Change::Policy(None),
            _ => {
                let id = self.holdings.some_id(false)?;
                match self.holdings.held.contains(&id) {
                    true => Change::Hold(id, false),
                    false => Change::Remove(id),
                }
            }
        })
    }

    /// Compares what there is with what was promised.
    pub(crate) fn check(&mut self, client: &mut Client) {
        let mut known: Vec<Content> = self.holdings.versions.values().copied().flatten().collect();
        if let Some(Change::Put(content)) = &self.unknown {
            known.push(*content);
        }
        let found = look(client, &known);
        let promised = &self.holdings;
        let new = found.versions.keys();
        let new = new.filter(|id| !promised.versions.contains_key(*id));
        let new: Vec<&String> = new.collect();
        let new_id = new.first().map_or("", |id| id.as_str());
        let unknown = self.unknown.take();
        let came_about = unknown
            .as_ref()
            .map(|change| promised.after(change, new_id));
        assert!(
            found == *promised || Some(&found) == came_about.as_ref(),
            "found {found:#?}\npromised {promised:#?}\nand perhaps {unknown:?}"
        );
        self.holdings = found;
        // What is held stays.
        if let Some(id) = self.holdings.held.first() {
            let target = format!("{KEY}?versionId={id}");
            let refused = client.ask("DELETE", &target, b"");
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (403, "AccessDenied")
            );
        }
    }
}

/// Makes a change, and gives the id of the version that it made.
fn make(client: &mut Client, change: &Change) -> Result<String, Gone> {
    let version = |id: &str, what: &str| format!("{KEY}?versionId={id}{what}");
    let answer = match change {
        Change::Put(content) => ask(client, "PUT", KEY, &content.bytes()),
        Change::Mark => ask(client, "DELETE", KEY, b""),
        Change::Remove(id) => ask(client, "DELETE", &version(id, ""), b""),
        Change::Tag(id, number) => {
            let tag = format!("<Tag><Key>n</Key><Value>{number}</Value></Tag>");
            let body = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
            ask(client, "PUT", &version(id, "&tagging"), body.as_bytes())
        }
        Change::Hold(id, is_on) => {
            let status = if *is_on { "ON" } else { "OFF" };
            let body = format!("<LegalHold><Status>{status}</Status></LegalHold>");
            ask(client, "PUT", &version(id, "&legal-hold"), body.as_bytes())
        }
        Change::Policy(Some(number)) => {
            let target = format!("{BUCKET}?policy");
            ask(client, "PUT", &target, policy(*number).as_bytes())
        }
        Change::Policy(None) => ask(client, "DELETE", &format!("{BUCKET}?policy"), b""),
    }?;
    let id = answer.header("x-amz-version-id").unwrap_or_default();
    Ok(id.to_owned())
}

/// All that the server shows.
fn look(client: &mut Client, known: &[Content]) -> Holdings {
    let mut found = Holdings::default();
    let listed = client.ask("GET", &format!("{BUCKET}?versions"), b"").text();
    for marker in elements(&listed, "DeleteMarker") {
        let id = elements(&marker, "VersionId").concat();
        found.versions.insert(id, None);
    }
    for version in elements(&listed, "Version") {
        let id = elements(&version, "VersionId").concat();
        let target = format!("{KEY}?versionId={id}");
        let answer = client.ask("GET", &target, b"");
        assert!(answer.is_success(), "{id}: {}", answer.text());
        let content = known.iter().find(|content| content.bytes() == answer.body);
        assert!(content.is_some(), "{id} has bytes that nobody wrote");
        if answer.header("x-amz-object-lock-legal-hold") == Some("ON") {
            found.held.insert(id.clone());
        }
        let tags = client.ask("GET", &format!("{target}&tagging"), b"").text();
        if let Some(number) = elements(&tags, "Value").pop() {
            found.tags.insert(id.clone(), number.parse().unwrap());
        }
        found.versions.insert(id, content.copied());
    }
    let policy = client.ask("GET", &format!("{BUCKET}?policy"), b"");
    found.policy = policy.text().split_once("\"Sid\":\"n").map(|(_, rest)| {
        let digits = rest.split('"').next().unwrap_or_default();
        digits.parse().unwrap()
    });
    found
}
