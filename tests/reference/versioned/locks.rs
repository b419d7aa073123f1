//! Retention and legal holds, beside those of the model.

use acervo::types::encoding::base64;

use super::super::outcome::Outcome;
use super::super::version_model::{Lock, Mode, may_retain};
use super::super::{Compared, same};
use super::{BYPASS, KEYS, Versioned};
use crate::support::content::md5;

impl Versioned {
    pub(super) fn lock_headers(&self, lock: Lock) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if let Some((mode, until)) = lock.retention {
            headers.push(("x-amz-object-lock-mode", name(mode).to_owned()));
            let end = self.ends[usize::from(until)].clone();
            headers.push(("x-amz-object-lock-retain-until-date", end));
        }
        if lock.hold {
            headers.push(("x-amz-object-lock-legal-hold", "ON".to_owned()));
        }
        headers
    }

    /// What a change of a lock is refused with for want of a version to lock.
    fn unlockable(&self, key: usize, id: &str) -> Option<Outcome> {
        match self.model.version(KEYS[key], id) {
            None => Some(Outcome::refused(404, "NoSuchVersion")),
            Some(version) if version.bytes.is_none() => {
                Some(Outcome::refused(405, "MethodNotAllowed"))
            }
            Some(_) => None,
        }
    }

    pub(super) fn set_hold(&mut self, key: usize, place: usize, is_on: bool) -> Compared {
        if !self.is_lockable {
            return Ok(());
        }
        let id = self.id(key, place);
        let status = if is_on { "ON" } else { "OFF" };
        let body = format!("<LegalHold><Status>{status}</Status></LegalHold>");
        let target = format!("{}?legal-hold&versionId={id}", self.target(key));
        let digest = base64(&md5(body.as_bytes()));
        let headers = [("content-md5", digest.as_str())];
        let answer = self.ask("PUT", &target, &headers, body.as_bytes());
        let expected = self.unlockable(key, &id).unwrap_or(Outcome::ok(200));
        if let Some(lock) = self.model.lock(KEYS[key], &id) {
            lock.hold = is_on;
        }
        same("outcome", &Outcome::of(&answer), &expected)
    }

    pub(super) fn set_retention(
        &mut self,
        key: usize,
        place: usize,
        (mode, until): (Mode, u8),
        bypasses: bool,
    ) -> Compared {
        if !self.is_lockable {
            return Ok(());
        }
        let id = self.id(key, place);
        let end = &self.ends[usize::from(until)];
        let body = format!(
            "<Retention><Mode>{}</Mode><RetainUntilDate>{end}</RetainUntilDate></Retention>",
            name(mode)
        );
        let target = format!("{}?retention&versionId={id}", self.target(key));
        let digest = base64(&md5(body.as_bytes()));
        let mut headers = vec![("content-md5", digest.as_str())];
        headers.extend(bypasses.then_some(BYPASS));
        let answer = self.ask("PUT", &target, &headers, body.as_bytes());
        let mut expected = self.unlockable(key, &id).unwrap_or(Outcome::ok(200));
        if let Some(lock) = self.model.lock(KEYS[key], &id) {
            match may_retain(lock.retention, (mode, until), bypasses) {
                true => lock.retention = Some((mode, until)),
                false => expected = Outcome::refused(403, "AccessDenied"),
            }
        }
        same("outcome", &Outcome::of(&answer), &expected)
    }
}

pub(super) const fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Governance => "GOVERNANCE",
        Mode::Compliance => "COMPLIANCE",
    }
}
