//! Multipart uploads, beside those of the map.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acervo::types::encoding::{parse_percent, percent};

use super::super::operation::{KEYS, Named, WriteCondition};
use super::super::outcome::{NO_TAG, Outcome};
use super::super::{Compared, same};
use super::{Object, PART_BYTES_MIN, World};
use crate::support::content::{etag, etag_of_parts};
use crate::support::elements;

pub(super) struct Upload {
    key: usize,
    id: String,
    parts: BTreeMap<u16, Vec<u8>>,
    is_open: bool,
}

impl World {
    pub(super) fn create_upload(&mut self, key: usize) -> Compared {
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
    pub(super) fn upload(&self, number: usize) -> Option<(usize, String)> {
        let index = self.uploads.len().checked_sub(1 + number)?;
        let upload = &self.uploads[index];
        Some((
            index,
            format!("{}?uploadId={}", self.target(upload.key), upload.id),
        ))
    }

    pub(super) fn put_part(&mut self, upload: usize, number: u16, mut bytes: Vec<u8>) -> Compared {
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

    pub(super) fn complete(
        &mut self,
        upload: usize,
        named: Named,
        condition: WriteCondition,
    ) -> Compared {
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
        let body = completion(&parts);
        let done = self.write("POST", &target, header, body.as_bytes(), refused)?;
        if done.is_some() {
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

    pub(super) fn abort(&mut self, upload: usize) -> Compared {
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

    pub(super) fn list_uploads(&mut self) -> Compared {
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

    pub(super) fn list_parts(&mut self, upload: usize) -> Compared {
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
