//! A server's bucket beside the map that says what must be in it.

mod lists;
mod uploads;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acervo::types::encoding::percent_path;

use self::uploads::Upload;
use super::operation::{DELIMITERS, KEYS, Operation, PREFIXES, Part, WriteCondition};
use super::outcome::{NO_TAG, Outcome};
use super::{Compared, same};
use crate::support::client::{Answer, Client};
use crate::support::content::etag;
use crate::support::elements;

pub(crate) use uploads::completion;

const PART_BYTES_MIN: usize = 5 << 20;

struct Object {
    bytes: Vec<u8>,
    etag: String,
    /// The upload that it was completed from, and of which parts.
    completed: Option<(String, Vec<(u16, String)>)>,
}

pub(crate) struct World {
    client: Client,
    bucket: String,
    /// What all keys of this world begin with.
    place: String,
    objects: BTreeMap<String, Object>,
    uploads: Vec<Upload>,
}

impl World {
    pub(crate) fn new(client: Client, bucket: &str, place: &str) -> Self {
        Self {
            client,
            bucket: bucket.to_owned(),
            place: place.to_owned(),
            objects: BTreeMap::new(),
            uploads: Vec::new(),
        }
    }

    fn target(&self, key: usize) -> String {
        let key = format!("{}{}", self.place, KEYS[key]);
        format!("/{}/{}", self.bucket, percent_path(key.as_bytes()))
    }

    pub(crate) fn compare(&mut self, operation: &Operation) -> Compared {
        let compared = match operation {
            Operation::Put(key, content, condition) => self.put(*key, content.bytes(), *condition),
            Operation::Copy { from, to } => self.copy(*from, *to),
            Operation::Delete(key) => self.delete(*key),
            Operation::DeleteMany(keys) => self.delete_many(keys),
            Operation::Get(key, part) => self.get(*key, part),
            Operation::Head(key) => self.head(*key),
            Operation::GetIfMatch { key, is_current } => self.get_if("if-match", *key, *is_current),
            Operation::GetIfNoneMatch { key, is_current } => {
                self.get_if("if-none-match", *key, *is_current)
            }
            Operation::List {
                is_v2,
                prefix,
                delimiter,
                after,
                page,
            } => {
                let after = after.map(|key| KEYS[key]);
                self.list(
                    *is_v2,
                    PREFIXES[*prefix],
                    DELIMITERS[*delimiter],
                    after,
                    *page,
                )
            }
            Operation::CreateUpload(key) => self.create_upload(*key),
            Operation::PutPart {
                upload,
                number,
                content,
            } => self.put_part(*upload, *number, content.bytes()),
            Operation::Complete {
                upload,
                named,
                condition,
            } => self.complete(*upload, *named, *condition),
            Operation::Abort(upload) => self.abort(*upload),
            Operation::ListUploads => self.list_uploads(),
            Operation::ListParts(upload) => self.list_parts(*upload),
        };
        compared.map_err(|wrong| format!("{operation:?}: {wrong}"))
    }

    /// Every object, byte by byte, and the lists.
    pub(crate) fn compare_everything(&mut self) -> Compared {
        (0..KEYS.len()).try_for_each(|key| self.get(key, &Part::Whole))?;
        self.list(true, "", "", None, 1_000)?;
        self.list(false, "", "/", None, 1)?;
        self.list_uploads()
    }

    fn ask(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.client.ask_with(method, target, headers, body);
        assert!(answer.is_whole, "{method} {target} was cut");
        answer
    }

    /// The header of a condition, and what a write under it must answer if not 200.
    fn condition(
        &self,
        key: usize,
        condition: WriteCondition,
    ) -> (Option<(&'static str, String)>, Option<Outcome>) {
        let current = self
            .objects
            .get(KEYS[key])
            .map(|object| object.etag.clone());
        let missing = || Outcome::refused(404, "NoSuchKey");
        let failed = || Outcome::refused(412, "PreconditionFailed");
        match (condition, current) {
            (WriteCondition::None, _) => (None, None),
            (WriteCondition::IfAbsent, current) => (
                Some(("if-none-match", "*".to_owned())),
                current.map(|_| failed()),
            ),
            (WriteCondition::IfCurrent, Some(etag)) => (Some(("if-match", etag)), None),
            (WriteCondition::IfCurrent | WriteCondition::IfOther, None) => {
                (Some(("if-match", NO_TAG.to_owned())), Some(missing()))
            }
            (WriteCondition::IfOther, Some(_)) => {
                (Some(("if-match", NO_TAG.to_owned())), Some(failed()))
            }
        }
    }

    fn put(&mut self, key: usize, bytes: Vec<u8>, condition: WriteCondition) -> Compared {
        let (header, refused) = self.condition(key, condition);
        let target = self.target(key);
        if let Some(answer) = self.write("PUT", &target, header, &bytes, refused)? {
            let etag = etag(&bytes);
            same("etag", &answer.header("etag"), &Some(&etag))?;
            self.objects.insert(
                KEYS[key].to_owned(),
                Object {
                    bytes,
                    etag,
                    completed: None,
                },
            );
        }
        Ok(())
    }

    /// Writes under the header of a condition, and compares the outcome with what it must be if not
    /// 200. Gives the answer if nothing was refused.
    fn write(
        &mut self,
        method: &str,
        target: &str,
        header: Option<(&str, String)>,
        body: &[u8],
        refused: Option<Outcome>,
    ) -> Result<Option<Answer>, String> {
        let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.ask(method, target, header.as_slice(), body);
        let is_refused = refused.is_some();
        let expected = refused.unwrap_or(Outcome::ok(200));
        same("outcome", &Outcome::of(&answer), &expected)?;
        Ok((!is_refused).then_some(answer))
    }

    fn copy(&mut self, from: usize, to: usize) -> Compared {
        let source = self.target(from);
        let headers = [
            ("x-amz-copy-source", source.as_str()),
            ("x-amz-metadata-directive", "REPLACE"),
        ];
        let target = self.target(to);
        let answer = self.ask("PUT", &target, &headers, b"");
        let Some(object) = self.objects.get(KEYS[from]) else {
            return same(
                "outcome",
                &Outcome::of(&answer),
                &Outcome::refused(404, "NoSuchKey"),
            );
        };
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        let bytes = object.bytes.clone();
        let etag = etag(&bytes);
        self.objects.insert(
            KEYS[to].to_owned(),
            Object {
                bytes,
                etag,
                completed: None,
            },
        );
        Ok(())
    }

    fn delete(&mut self, key: usize) -> Compared {
        let target = self.target(key);
        let answer = self.ask("DELETE", &target, &[], b"");
        self.objects.remove(KEYS[key]);
        same("outcome", &Outcome::of(&answer), &Outcome::ok(204))
    }

    fn delete_many(&mut self, keys: &[usize]) -> Compared {
        let mut body = String::from("<Delete>");
        for key in keys {
            let key = format!("{}{}", self.place, KEYS[*key]).replace('&', "&amp;");
            let _ = write!(body, "<Object><Key>{key}</Key></Object>");
        }
        body.push_str("</Delete>");
        let md5 = crate::support::content::md5(body.as_bytes());
        let md5 = acervo::types::encoding::base64(&md5);
        let target = format!("/{}?delete", self.bucket);
        let headers = [("content-md5", md5.as_str())];
        let answer = self.ask("POST", &target, &headers, body.as_bytes());
        keys.iter()
            .for_each(|key| drop(self.objects.remove(KEYS[*key])));
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        same(
            "deleted",
            &elements(&answer.text(), "Deleted").len(),
            &keys.len(),
        )
    }

    fn get(&mut self, key: usize, part: &Part) -> Compared {
        let range = match part {
            Part::Whole => None,
            Part::FromTo(first, last) => Some(format!("bytes={first}-{last}")),
            Part::From(first) => Some(format!("bytes={first}-")),
            Part::Last(count) => Some(format!("bytes=-{count}")),
        };
        let headers: Vec<_> = range
            .iter()
            .map(|range| ("range", range.as_str()))
            .collect();
        let target = self.target(key);
        let answer = self.ask("GET", &target, &headers, b"");
        let Some(object) = self.objects.get(KEYS[key]) else {
            return same(
                "outcome",
                &Outcome::of(&answer),
                &Outcome::refused(404, "NoSuchKey"),
            );
        };
        let size = object.bytes.len();
        let range = match part {
            Part::Whole => Some(0..size),
            Part::FromTo(first, last) => (*first < size).then(|| *first..(last + 1).min(size)),
            Part::From(first) => (*first < size).then_some(*first..size),
            Part::Last(count) => (*count > 0).then(|| size.saturating_sub(*count)..size),
        };
        let Some(range) = range else {
            return same(
                "outcome",
                &Outcome::of(&answer),
                &Outcome::refused(416, "InvalidRange"),
            );
        };
        // The last bytes of nothing are the whole of it.
        let status = match part {
            Part::Whole => 200,
            Part::Last(_) if size == 0 => 200,
            Part::FromTo(..) | Part::From(_) | Part::Last(_) => 206,
        };
        same("outcome", &Outcome::of(&answer), &Outcome::ok(status))?;
        same("etag", &answer.header("etag"), &Some(&object.etag))?;
        match answer.body == object.bytes[range] {
            true => Ok(()),
            false => Err("other bytes".to_owned()),
        }
    }

    fn head(&mut self, key: usize) -> Compared {
        let target = self.target(key);
        let answer = self.ask("HEAD", &target, &[], b"");
        let Some(object) = self.objects.get(KEYS[key]) else {
            return same("status", &answer.status, &404);
        };
        same("status", &answer.status, &200)?;
        let size = object.bytes.len().to_string();
        same("size", &answer.header("content-length"), &Some(&size))?;
        same("etag", &answer.header("etag"), &Some(&object.etag))
    }

    fn get_if(&mut self, name: &str, key: usize, is_current: bool) -> Compared {
        let object = self.objects.get(KEYS[key]);
        let current = object
            .filter(|_| is_current)
            .map(|object| object.etag.clone());
        let tag = current.unwrap_or_else(|| NO_TAG.to_owned());
        let expected = match (object.is_some(), name, is_current) {
            (false, _, _) => 404,
            (true, "if-match", false) => 412,
            (true, "if-none-match", true) => 304,
            (true, _, _) => 200,
        };
        let target = self.target(key);
        let answer = self.ask("GET", &target, &[(name, &tag)], b"");
        same("status", &answer.status, &expected)
    }
}
