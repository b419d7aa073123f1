//! A server's bucket beside the map that says what must be in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acervo::types::encoding::{parse_percent, percent, percent_path};

use super::operation::{DELIMITERS, KEYS, Named, Operation, PREFIXES, Part, WriteCondition};
use super::{Compared, same};
use crate::support::client::{Answer, Client};
use crate::support::content::{etag, etag_of_parts};
use crate::support::elements;

const NO_TAG: &str = "\"00000000000000000000000000000000\"";
const PART_BYTES_MIN: usize = 5 << 20;

struct Object {
    bytes: Vec<u8>,
    etag: String,
    /// The upload that it was completed from, and of which parts.
    completed: Option<(String, Vec<(u16, String)>)>,
}

struct Upload {
    key: usize,
    id: String,
    parts: BTreeMap<u16, Vec<u8>>,
    is_open: bool,
}

/// What an answer must be, apart from its body.
#[derive(Debug, Eq, PartialEq)]
struct Outcome(u16, String);

impl Outcome {
    fn of(answer: &Answer) -> Self {
        Self(
            answer.status,
            if answer.status < 400 {
                String::new()
            } else {
                answer.code()
            },
        )
    }

    fn ok(status: u16) -> Self {
        Self(status, String::new())
    }

    fn refused(status: u16, code: &str) -> Self {
        Self(status, code.to_owned())
    }
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
        let headers: Vec<_> = header
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let target = self.target(key);
        let answer = self.ask("PUT", &target, &headers, &bytes);
        let is_refused = refused.is_some();
        same(
            "outcome",
            &Outcome::of(&answer),
            &refused.unwrap_or(Outcome::ok(200)),
        )?;
        if !is_refused {
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

    /// All that a list must show after a key, folded.
    fn listed(&self, prefix: &str, delimiter: &str, after: Option<&str>) -> Vec<(bool, String)> {
        let mut entries = Vec::new();
        for key in self.objects.keys() {
            let Some(rest) = key.strip_prefix(prefix) else {
                continue;
            };
            let folded = rest.split_once(delimiter).filter(|_| !delimiter.is_empty());
            let folded = folded.map(|(head, _)| format!("{prefix}{head}{delimiter}"));
            // A marker that is a common prefix stands for all that it folds.
            let is_behind = match &folded {
                Some(folded) if Some(folded.as_str()) == after => false,
                _ => after.is_none_or(|after| key.as_str() > after),
            };
            let entry = match folded {
                Some(folded) => (true, folded),
                None => (false, key.clone()),
            };
            if is_behind && entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        entries
    }

    fn list(
        &mut self,
        is_v2: bool,
        prefix: &str,
        delimiter: &str,
        after: Option<&str>,
        page: usize,
    ) -> Compared {
        let place = self.place.clone();
        let mut expected = self.listed(prefix, delimiter, after);
        let mut query = format!(
            "encoding-type=url&max-keys={page}&prefix={}&delimiter={}",
            percent(format!("{place}{prefix}").as_bytes()),
            percent(delimiter.as_bytes()),
        );
        if is_v2 {
            query.push_str("&list-type=2");
        }
        let name = if is_v2 { "start-after" } else { "marker" };
        let mut from = after.map(|after| (name, format!("{place}{after}")));
        loop {
            let start = from.as_ref().map_or_else(String::new, |(name, after)| {
                format!("&{name}={}", percent(after.as_bytes()))
            });
            let target = format!("/{}?{query}{start}", self.bucket);
            let answer = self.ask("GET", &target, &[], b"");
            same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
            let rest = expected.split_off(page.min(expected.len()));
            let found = self.entries(&answer.text())?;
            same("page", &found, &expected)?;
            let is_truncated = elements(&answer.text(), "IsTruncated");
            same(
                "is truncated",
                &is_truncated,
                &vec![(!rest.is_empty()).to_string()],
            )?;
            if rest.is_empty() {
                return Ok(());
            }
            let (_, last) = expected.last().ok_or("an empty page with a next one")?;
            let last = format!("{place}{last}");
            let token = elements(&answer.text(), "NextContinuationToken").pop();
            from = Some(match (is_v2, token) {
                (true, Some(token)) => ("continuation-token", token),
                (true, None) => return Err("a truncated page without a token".to_owned()),
                (false, _) => ("marker", last),
            });
            expected = rest;
        }
    }

    /// What a page shows, in order; sizes and tags are compared on the way.
    fn entries(&self, xml: &str) -> Result<Vec<(bool, String)>, String> {
        let decoded = |text: &str| {
            let key = parse_percent(text).ok_or("an escape that is none")?;
            let key = key.strip_prefix(&self.place).map(str::to_owned);
            key.ok_or_else(|| format!("a key of somebody else: {text}"))
        };
        let mut entries = Vec::new();
        for object in elements(xml, "Contents") {
            let key = decoded(&elements(&object, "Key").concat())?;
            let known = self.objects.get(&key).ok_or(format!("{key} is listed"))?;
            let size = known.bytes.len().to_string();
            same("listed size", &elements(&object, "Size").concat(), &size)?;
            let etag = elements(&object, "ETag").concat().replace("&quot;", "\"");
            same("listed etag", &etag, &known.etag)?;
            entries.push((false, key));
        }
        for prefix in elements(xml, "CommonPrefixes") {
            entries.push((true, decoded(&elements(&prefix, "Prefix").concat())?));
        }
        entries.sort_by(|(_, a), (_, b)| a.cmp(b));
        Ok(entries)
    }

    fn create_upload(&mut self, key: usize) -> Compared {
        let target = format!("{}?uploads", self.target(key));
        let answer = self.ask("POST", &target, &[], b"");
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        let id = elements(&answer.text(), "UploadId").concat();
        let parts = BTreeMap::new();
        self.uploads.push(Upload {
            key,
            id,
            parts,
            is_open: true,
        });
        Ok(())
    }

    /// The upload of a number, counted from the newest, with its target.
    fn upload(&self, number: usize) -> Option<(usize, String)> {
        let index = self.uploads.len().checked_sub(1 + number)?;
        let upload = &self.uploads[index];
        Some((
            index,
            format!("{}?uploadId={}", self.target(upload.key), upload.id),
        ))
    }

    fn put_part(&mut self, upload: usize, number: u16, mut bytes: Vec<u8>) -> Compared {
        let Some((index, target)) = self.upload(upload) else {
            return Ok(());
        };
        if !self.uploads[index].is_open {
            // A long body would still be on its way when the refusal comes.
            bytes.truncate(100);
        }
        let target = format!("{target}&partNumber={number}");
        let answer = self.ask("PUT", &target, &[], &bytes);
        let upload = &mut self.uploads[index];
        if !upload.is_open {
            let refused = Outcome::refused(404, "NoSuchUpload");
            return same("outcome", &Outcome::of(&answer), &refused);
        }
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        same("etag", &answer.header("etag"), &Some(&etag(&bytes)))?;
        upload.parts.insert(number, bytes);
        Ok(())
    }

    fn complete(&mut self, upload: usize, named: Named, condition: WriteCondition) -> Compared {
        let Some((index, target)) = self.upload(upload) else {
            return Ok(());
        };
        let upload = &self.uploads[index];
        let (key, is_open) = (upload.key, upload.is_open);
        let mut parts: Vec<(u16, String)> = upload
            .parts
            .iter()
            .map(|(number, bytes)| (*number, etag(bytes)))
            .collect();
        let refused = misname(named, &mut parts);
        let pieces: Vec<Vec<u8>> = parts
            .iter()
            .filter_map(|(number, _)| upload.parts.get(number).cloned())
            .collect();
        let (_, all_but_last) = pieces.split_last().unzip();
        let is_small = |piece: &Vec<u8>| piece.len() < PART_BYTES_MIN;
        let small = all_but_last.is_some_and(|pieces| pieces.iter().any(is_small));
        let small = small.then(|| Outcome::refused(400, "EntityTooSmall"));
        let (header, unmet) = self.condition(key, condition);
        let completed = (upload.id.clone(), parts.clone());
        let made = self.objects.get(KEYS[key]);
        let made = made.and_then(|object| object.completed.as_ref());
        let refused = match (parts.is_empty(), is_open) {
            (true, _) => Some(Outcome::refused(400, "MalformedXML")),
            // Sent again, it is answered again while what it made is there.
            (false, false) => {
                (made != Some(&completed)).then(|| Outcome::refused(404, "NoSuchUpload"))
            }
            (false, true) => refused.or(unmet).or(small),
        };
        let headers: Vec<_> = header
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = completion(&parts);
        let answer = self.ask("POST", &target, &headers, body.as_bytes());
        let is_refused = refused.is_some();
        same(
            "outcome",
            &Outcome::of(&answer),
            &refused.unwrap_or(Outcome::ok(200)),
        )?;
        if !is_refused {
            let etag = etag_of_parts(&pieces);
            self.uploads[index].is_open = false;
            let bytes = pieces.concat();
            let completed = Some(completed);
            self.objects.insert(
                KEYS[key].to_owned(),
                Object {
                    bytes,
                    etag,
                    completed,
                },
            );
        }
        Ok(())
    }

    fn abort(&mut self, upload: usize) -> Compared {
        let Some((index, target)) = self.upload(upload) else {
            return Ok(());
        };
        let answer = self.ask("DELETE", &target, &[], b"");
        let was_open = std::mem::replace(&mut self.uploads[index].is_open, false);
        let expected = match was_open {
            true => Outcome::ok(204),
            false => Outcome::refused(404, "NoSuchUpload"),
        };
        same("outcome", &Outcome::of(&answer), &expected)
    }

    fn list_uploads(&mut self) -> Compared {
        let place = percent(self.place.as_bytes());
        let target = format!("/{}?uploads&encoding-type=url&prefix={place}", self.bucket);
        let answer = self.ask("GET", &target, &[], b"");
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        let mut found: Vec<(String, String)> = Vec::new();
        for upload in elements(&answer.text(), "Upload") {
            let key = parse_percent(&elements(&upload, "Key").concat()).unwrap_or_default();
            found.push((key, elements(&upload, "UploadId").concat()));
        }
        found.sort();
        let open = self.uploads.iter().filter(|upload| upload.is_open);
        let expected = open.map(|u| (format!("{}{}", self.place, KEYS[u.key]), u.id.clone()));
        let mut expected: Vec<_> = expected.collect();
        expected.sort();
        same("uploads", &found, &expected)
    }

    fn list_parts(&mut self, upload: usize) -> Compared {
        let Some((index, target)) = self.upload(upload) else {
            return Ok(());
        };
        let answer = self.ask("GET", &target, &[], b"");
        let upload = &self.uploads[index];
        if !upload.is_open {
            let refused = Outcome::refused(404, "NoSuchUpload");
            return same("outcome", &Outcome::of(&answer), &refused);
        }
        let parts = elements(&answer.text(), "Part");
        let found: Vec<_> = parts
            .iter()
            .map(|part| {
                let tag = elements(part, "ETag").concat().replace("&quot;", "\"");
                (elements(part, "PartNumber").concat(), tag)
            })
            .collect();
        let expected: Vec<_> = upload
            .parts
            .iter()
            .map(|(number, bytes)| (number.to_string(), etag(bytes)))
            .collect();
        same("parts", &found, &expected)
    }
}

/// Names the parts otherwise, and says what that is refused with.
fn misname(named: Named, parts: &mut Vec<(u16, String)>) -> Option<Outcome> {
    match named {
        Named::All => None,
        Named::AllButFirst => {
            *parts = parts.split_off(parts.len().min(1));
            None
        }
        Named::WrongTag => parts.first_mut().map(|(_, tag)| {
            NO_TAG.clone_into(tag);
            Outcome::refused(400, "InvalidPart")
        }),
        Named::Missing => {
            parts.push((9, NO_TAG.to_owned()));
            Some(Outcome::refused(400, "InvalidPart"))
        }
        Named::Descending => {
            parts.reverse();
            let is_wrong = parts.len() > 1;
            is_wrong.then(|| Outcome::refused(400, "InvalidPartOrder"))
        }
    }
}

/// The body of a completion.
pub(crate) fn completion(parts: &[(u16, String)]) -> String {
    let mut body = String::from("<CompleteMultipartUpload>");
    for (number, tag) in parts {
        let _ = write!(
            body,
            "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
        );
    }
    body + "</CompleteMultipartUpload>"
}
