//! A bucket with versions, and perhaps locks, beside the model that says what must be in it.

mod lists;
mod locks;
mod step;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use acervo::types::clock::Clock;
use acervo::types::encoding::{base64, percent_path};

use self::locks::name;
use self::step::{Condition, Which};
use super::outcome::{NO_TAG, Outcome};
use super::version_model::{Lock, Model, NULL, Version, Versioning};
use super::{Compared, same};
use crate::support::client::{Answer, Client};
use crate::support::content::{etag, etag_of_parts, md5};
use crate::support::elements;

pub(crate) use step::{Step, step};

/// Few, so that each gathers versions.
const KEYS: [&str; 5] = ["a", "a/b", "a/c", "b c", "ñ/1"];
const PREFIXES: [&str; 3] = ["", "a/", "ñ"];
const NO_VERSION: &str = "00000000000000000000000000000000";
const BYPASS: (&str, &str) = ("x-amz-bypass-governance-retention", "true");

pub(crate) struct Versioned {
    client: Client,
    bucket: String,
    model: Model,
    is_lockable: bool,
    /// All ids that were ever given out.
    ids: BTreeSet<String>,
    /// Ends of retention, in their order.
    ends: [String; 4],
}

impl Versioned {
    /// Over a fresh bucket, which is made here.
    pub(crate) fn new(mut client: Client, bucket: &str, is_lockable: bool) -> Self {
        let lockable = [("x-amz-bucket-object-lock-enabled", "true")];
        let headers = if is_lockable { &lockable[..] } else { &[] };
        let made = client.ask_with("PUT", &format!("/{bucket}"), headers, b"");
        assert!(made.is_success(), "{}", made.text());
        let now = Clock::system().now();
        Self {
            client,
            bucket: bucket.to_owned(),
            model: Model {
                versioning: match is_lockable {
                    true => Versioning::Enabled,
                    false => Versioning::Off,
                },
                keys: [].into(),
            },
            is_lockable,
            ids: BTreeSet::new(),
            ends: [1, 2, 3, 4].map(|hours| now.plus_seconds(hours * 3_600).iso8601_millis()),
        }
    }

    pub(crate) fn compare(&mut self, step: &Step) -> Compared {
        let compared = match step {
            Step::SetVersioning(is_on) => self.set_versioning(*is_on),
            Step::Put(key, content, condition, lock) => {
                self.put(*key, &content.bytes(), *condition, *lock)
            }
            Step::Upload(key, content, condition, lock) => {
                self.upload(*key, &content.bytes(), *condition, *lock)
            }
            Step::Copy(from, which, to) => self.copy(*from, *which, *to),
            Step::Delete(key, condition) => self.delete(*key, *condition),
            Step::DeleteVersion(key, place, bypasses) => {
                self.delete_version(*key, *place, *bypasses)
            }
            Step::DeleteMany(named, bypasses) => self.delete_many(named, *bypasses),
            Step::Get(key, which) => self.get(*key, *which),
            Step::SetHold(key, place, is_on) => self.set_hold(*key, *place, *is_on),
            Step::SetRetention(key, place, retention, bypasses) => {
                self.set_retention(*key, *place, *retention, *bypasses)
            }
            Step::ListVersions(prefix, folds, page) => {
                self.list_versions(PREFIXES[*prefix], *folds, *page)
            }
            Step::List => self.list(),
        };
        compared.map_err(|wrong| format!("{step:?}: {wrong}"))
    }

    /// Every version, byte by byte, and the lists.
    pub(crate) fn compare_everything(&mut self) -> Compared {
        for (number, key) in KEYS.iter().enumerate() {
            self.get(number, None)?;
            let count = self.model.keys.get(key).map_or(0, Vec::len);
            (0..count).try_for_each(|place| self.get(number, Some(place)))?;
        }
        self.list_versions("", false, 3)?;
        self.list()
    }

    fn target(&self, key: usize) -> String {
        format!("/{}/{}", self.bucket, percent_path(KEYS[key].as_bytes()))
    }

    fn ask(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.client.ask_with(method, target, headers, body);
        assert!(answer.is_whole, "{method} {target} was cut");
        answer
    }

    /// The id at a place; one that nothing has if there are no versions.
    fn id(&self, key: usize, place: usize) -> String {
        let versions = self
            .model
            .keys
            .get(KEYS[key])
            .map_or(&[][..], Vec::as_slice);
        let version = place.checked_rem(versions.len()).map(|at| &versions[at]);
        version.map_or(NO_VERSION.to_owned(), |version| version.id.clone())
    }

    /// The header of a condition, and what comes of it if it does not hold.
    fn condition(
        &self,
        key: usize,
        condition: Condition,
    ) -> (Option<(&'static str, String)>, Option<Outcome>) {
        let current = self.model.current(KEYS[key]);
        let if_match = |tag: &str| Some(("if-match", tag.to_owned()));
        let missing = || Some(Outcome::refused(404, "NoSuchKey"));
        let failed = || Some(Outcome::refused(412, "PreconditionFailed"));
        match (condition, current) {
            (Condition::None, _) => (None, None),
            (Condition::IfAbsent, _) => (
                Some(("if-none-match", "*".to_owned())),
                current.and_then(|_| failed()),
            ),
            (Condition::IfCurrent, Some(current)) => (if_match(&current.etag), None),
            (Condition::IfOther, Some(_)) => (if_match(NO_TAG), failed()),
            (_, None) => (if_match(NO_TAG), missing()),
        }
    }

    /// The id under which something was stored just now.
    fn stored_id(&mut self, answer: &Answer) -> Result<String, String> {
        let id = answer.header("x-amz-version-id");
        match self.model.versioning {
            Versioning::Enabled => {
                let id = id.ok_or("no version id")?.to_owned();
                match self.ids.insert(id.clone()) {
                    true => Ok(id),
                    false => Err(format!("the id {id} is not new")),
                }
            }
            Versioning::Off | Versioning::Suspended => {
                same("version id", &id, &None)?;
                Ok(NULL.to_owned())
            }
        }
    }

    fn store(
        &mut self,
        key: usize,
        answer: &Answer,
        bytes: &[u8],
        tag: String,
        lock: Lock,
    ) -> Compared {
        let id = self.stored_id(answer)?;
        let version = Version {
            id,
            bytes: Some(bytes.to_vec()),
            etag: tag,
            lock,
        };
        self.model.store(KEYS[key], version);
        Ok(())
    }

    fn set_versioning(&mut self, is_on: bool) -> Compared {
        let status = if is_on { "Enabled" } else { "Suspended" };
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let target = format!("/{}?versioning", self.bucket);
        let answer = self.ask("PUT", &target, &[], body.as_bytes());
        if self.is_lockable && !is_on {
            let refused = Outcome::refused(409, "InvalidBucketState");
            return same("outcome", &Outcome::of(&answer), &refused);
        }
        self.model.versioning = match is_on {
            true => Versioning::Enabled,
            false => Versioning::Suspended,
        };
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))
    }

    fn put(&mut self, key: usize, bytes: &[u8], condition: Condition, lock: Lock) -> Compared {
        let lock = if self.is_lockable {
            lock
        } else {
            Lock::default()
        };
        let (header, refusal) = self.condition(key, condition);
        let mut headers = self.lock_headers(lock);
        headers.extend(header);
        let digest = base64(&md5(bytes));
        headers.push(("content-md5", digest));
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let target = self.target(key);
        let answer = self.ask("PUT", &target, &headers, bytes);
        let is_refused = refusal.is_some();
        same(
            "outcome",
            &Outcome::of(&answer),
            &refusal.unwrap_or(Outcome::ok(200)),
        )?;
        match is_refused {
            true => Ok(()),
            false => self.store(key, &answer, bytes, etag(bytes), lock),
        }
    }

    fn upload(&mut self, key: usize, bytes: &[u8], condition: Condition, lock: Lock) -> Compared {
        let lock = if self.is_lockable {
            lock
        } else {
            Lock::default()
        };
        let headers = self.lock_headers(lock);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let target = self.target(key);
        let begun = self.ask("POST", &format!("{target}?uploads"), &headers, b"");
        same("begun", &Outcome::of(&begun), &Outcome::ok(200))?;
        let id = elements(&begun.text(), "UploadId").concat();
        let part = format!("{target}?uploadId={id}&partNumber=1");
        let put = self.ask("PUT", &part, &[], bytes);
        same("part", &Outcome::of(&put), &Outcome::ok(200))?;
        let body = super::world::completion(&[(1, etag(bytes))]);
        let (header, refusal) = self.condition(key, condition);
        let header: Vec<_> = header.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let upload = format!("{target}?uploadId={id}");
        let answer = self.ask("POST", &upload, &header, body.as_bytes());
        if let Some(refusal) = refusal {
            same("outcome", &Outcome::of(&answer), &refusal)?;
            let given_up = self.ask("DELETE", &upload, &[], b"");
            return same("given up", &Outcome::of(&given_up), &Outcome::ok(204));
        }
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        self.store(key, &answer, bytes, etag_of_parts(&[bytes.to_vec()]), lock)
    }

    fn copy(&mut self, from: usize, which: Which, to: usize) -> Compared {
        let id = which.map(|place| self.id(from, place));
        let mut source = self.target(from);
        if let Some(id) = &id {
            let _ = write!(source, "?versionId={id}");
        }
        let headers = [
            ("x-amz-copy-source", source.as_str()),
            ("x-amz-metadata-directive", "REPLACE"),
        ];
        let target = self.target(to);
        let answer = self.ask("PUT", &target, &headers, b"");
        let version = match &id {
            None => self.model.newest(KEYS[from]),
            Some(id) => self.model.version(KEYS[from], id),
        };
        let bytes = version.map(|version| version.bytes.clone());
        let expected = match (&bytes, &id) {
            (Some(Some(_)), _) => Outcome::ok(200),
            (_, None) => Outcome::refused(404, "NoSuchKey"),
            (Some(None), Some(_)) => Outcome::refused(400, "InvalidRequest"),
            (None, Some(_)) => Outcome::refused(404, "NoSuchVersion"),
        };
        same("outcome", &Outcome::of(&answer), &expected)?;
        match bytes.flatten() {
            None => Ok(()),
            Some(bytes) => self.store(to, &answer, &bytes, etag(&bytes), Lock::default()),
        }
    }

    fn delete(&mut self, key: usize, condition: Condition) -> Compared {
        let (header, refusal) = match condition {
            Condition::IfAbsent => (None, None),
            other => self.condition(key, other),
        };
        let header: Vec<_> = header.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let target = self.target(key);
        let answer = self.ask("DELETE", &target, &header, b"");
        if let Some(refusal) = refusal {
            return same("outcome", &Outcome::of(&answer), &refusal);
        }
        same("outcome", &Outcome::of(&answer), &Outcome::ok(204))?;
        let marked = answer.header("x-amz-delete-marker").is_some();
        let id = answer.header("x-amz-version-id").map(str::to_owned);
        self.marked(key, marked, id)
    }

    /// What a plain delete says that it made.
    fn marked(&mut self, key: usize, marked: bool, id: Option<String>) -> Compared {
        let expected = match self.model.versioning {
            Versioning::Off => (false, None),
            Versioning::Suspended => (true, Some(NULL.to_owned())),
            Versioning::Enabled => {
                let id = id.clone().ok_or("no marker")?;
                if !self.ids.insert(id.clone()) {
                    return Err(format!("the id {id} is not new"));
                }
                (true, Some(id))
            }
        };
        same("marker", &(marked, id.clone()), &expected)?;
        self.model.delete(KEYS[key], id);
        Ok(())
    }

    fn delete_version(&mut self, key: usize, place: usize, bypasses: bool) -> Compared {
        let bypasses = bypasses && self.is_lockable;
        let id = self.id(key, place);
        let target = format!("{}?versionId={id}", self.target(key));
        let bypass = [BYPASS];
        let headers = if bypasses { &bypass[..] } else { &[] };
        let answer = self.ask("DELETE", &target, headers, b"");
        if !self.model.may_remove(KEYS[key], &id, bypasses) {
            let refused = Outcome::refused(403, "AccessDenied");
            return same("outcome", &Outcome::of(&answer), &refused);
        }
        same("outcome", &Outcome::of(&answer), &Outcome::ok(204))?;
        let version = self.model.version(KEYS[key], &id);
        let is_marker = version.is_some_and(|version| version.bytes.is_none());
        let marked = answer.header("x-amz-delete-marker").is_some();
        same("is a marker", &marked, &is_marker)?;
        self.model.remove(KEYS[key], &id);
        Ok(())
    }

    fn delete_many(&mut self, named: &[(usize, Which)], bypasses: bool) -> Compared {
        let bypasses = bypasses && self.is_lockable;
        let mut keys = BTreeSet::new();
        let once = named.iter().filter(|(key, _)| keys.insert(*key));
        let once: Vec<_> = once
            .map(|(key, which)| (*key, which.map(|place| self.id(*key, place))))
            .collect();
        let mut body = String::from("<Delete>");
        for (key, id) in &once {
            let id = id.as_ref().map(|id| format!("<VersionId>{id}</VersionId>"));
            let id = id.unwrap_or_default();
            let _ = write!(body, "<Object><Key>{}</Key>{id}</Object>", KEYS[*key]);
        }
        body.push_str("</Delete>");
        let digest = base64(&md5(body.as_bytes()));
        let mut headers = vec![("content-md5", digest.as_str())];
        headers.extend(bypasses.then_some(BYPASS));
        let target = format!("/{}?delete", self.bucket);
        let answer = self.ask("POST", &target, &headers, body.as_bytes());
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        let mut deleted = elements(&answer.text(), "Deleted").into_iter();
        let mut errors = elements(&answer.text(), "Error").into_iter();
        for (key, id) in once {
            let may = |id: &String| self.model.may_remove(KEYS[key], id, bypasses);
            if !id.as_ref().is_none_or(may) {
                let error = errors.next().ok_or("a locked version is not refused")?;
                same(
                    "code",
                    &elements(&error, "Code").concat(),
                    &"AccessDenied".to_owned(),
                )?;
                continue;
            }
            let row = deleted.next().ok_or("a row is missing")?;
            same(
                "key",
                &elements(&row, "Key").concat(),
                &KEYS[key].to_owned(),
            )?;
            match id {
                Some(id) => self.model.remove(KEYS[key], &id),
                None => {
                    let marker = elements(&row, "DeleteMarkerVersionId").pop();
                    let marked = !elements(&row, "DeleteMarker").is_empty();
                    self.marked(key, marked, marker)?;
                }
            }
        }
        same("rows left", &(deleted.next(), errors.next()), &(None, None))
    }

    fn get(&mut self, key: usize, which: Which) -> Compared {
        let id = which.map(|place| self.id(key, place));
        let query = id.as_ref().map(|id| format!("?versionId={id}"));
        let target = self.target(key) + &query.unwrap_or_default();
        let answer = self.ask("GET", &target, &[], b"");
        let version = match &id {
            None => self.model.newest(KEYS[key]),
            Some(id) => self.model.version(KEYS[key], id),
        };
        let bytes = version.map(|version| version.bytes.as_ref());
        let expected = match (bytes, &id) {
            (Some(Some(_)), _) => Outcome::ok(200),
            (_, None) => Outcome::refused(404, "NoSuchKey"),
            (Some(None), Some(_)) => Outcome::refused(405, "MethodNotAllowed"),
            (None, Some(_)) => Outcome::refused(404, "NoSuchVersion"),
        };
        same("outcome", &Outcome::of(&answer), &expected)?;
        let Some(version) = version else {
            return Ok(());
        };
        let is_marker = answer.header("x-amz-delete-marker").is_some();
        same("is a marker", &is_marker, &version.bytes.is_none())?;
        let has_id = id.is_some() || self.model.versioning != Versioning::Off;
        let shown = has_id.then_some(version.id.as_str());
        same("version id", &answer.header("x-amz-version-id"), &shown)?;
        let Some(bytes) = &version.bytes else {
            return Ok(());
        };
        same("etag", &answer.header("etag"), &Some(&version.etag))?;
        let mode = version.lock.retention.map(|(mode, _)| name(mode));
        same("mode", &answer.header("x-amz-object-lock-mode"), &mode)?;
        let until = version.lock.retention;
        let until = until.map(|(_, until)| self.ends[usize::from(until)].as_str());
        let shown = answer.header("x-amz-object-lock-retain-until-date");
        same("until", &shown, &until)?;
        let is_held = answer.header("x-amz-object-lock-legal-hold") == Some("ON");
        same("hold", &is_held, &version.lock.hold)?;
        match answer.body == *bytes {
            true => Ok(()),
            false => Err("other bytes".to_owned()),
        }
    }
}
