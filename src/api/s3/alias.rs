//! Aliases: what another agency lets this one read, as a bucket among its own.
//!
//! An alias answers to reading operations alone. Each request to one states the purpose that its
//! grant is for, and stands in both agencies' logs, whether it is allowed or refused.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::access::action::Action;
use crate::access::action::Effect;
use crate::access::caller::Caller;
use crate::access::caller::Claims;
use crate::access::decision::Refusal;
use crate::access::grant;
use crate::access::grant::Ask;
use crate::access::grant::GrantFacts;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::target::Query;
use crate::audit::entry::Draft;
use crate::audit::entry::GrantNote;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::meta::grants::GrantRecord;
use crate::meta::records::BucketRecord;
use crate::store;
use crate::store::grants::Granted;
use crate::types::grant::Expediente;
use crate::types::ids::VersionId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::authenticate::Payload;
use super::code::Code;
use super::error::S3Error;

/// The header, or the query parameter, that states the purpose.
pub(super) const PURPOSE: &str = "x-acervo-purpose";
/// The header, or the query parameter, that states the case.
pub(super) const EXPEDIENTE: &str = "x-acervo-expediente";

/// Characters of a stated purpose that an entry repeats; no right one is longer.
const TOLD_CHARACTERS_MAX: usize = 64;

/// The aliases that a request reads through. The request shares them with the door, which records
/// each read in the end.
#[derive(Default)]
pub(super) struct Aliases {
    /// The one that its target names.
    pub(super) bucket: OnceCell<Box<Alias>>,
    /// The one that the source of its copy names.
    pub(super) source: OnceCell<Box<Alias>>,
}

impl Aliases {
    pub(super) fn all(&self) -> impl Iterator<Item = &Alias> {
        let all = [self.bucket.get(), self.source.get()];
        all.into_iter().flatten().map(|alias| &**alias)
    }
}

/// An alias that a request reads through.
pub(super) struct Alias {
    granted: Granted,
    grant_id: String,
    purpose: Option<String>,
    expediente: Option<String>,
    object_key: Option<String>,
    /// The version that is asked for, or that was found.
    version: OnceCell<String>,
    is_recorded: OnceCell<()>,
}

impl Alias {
    /// The alias of this name, if the caller's agency has it. What the request states beside it may
    /// still be wrong: [`Alias::hear`], [`Alias::check`].
    pub(super) async fn find(
        house: &House,
        caller: &Caller,
        name: &BucketName,
        object_key: Option<&str>,
    ) -> Result<Option<Self>, S3Error> {
        if caller.is_anonymous() {
            return Ok(None);
        }
        let Some(record) = house.store.alias(&caller.agency, name).await? else {
            return Ok(None);
        };
        // Apart, so that requests that use no grant are no larger for it.
        Ok(Some(Box::pin(Self::of(house, record, object_key)).await?))
    }

    async fn of(
        house: &House,
        record: Arc<GrantRecord>,
        object_key: Option<&str>,
    ) -> Result<Self, S3Error> {
        Ok(Self {
            grant_id: record.id.to_string(),
            granted: house.store.granted(record).await?,
            purpose: None,
            expediente: None,
            object_key: object_key.map(str::to_owned),
            version: OnceCell::new(),
            is_recorded: OnceCell::new(),
        })
    }

    /// Takes what the request states: purpose and case, in headers, in the query or in the claims
    /// of its token; where they are said twice they must agree.
    pub(super) fn hear(
        &mut self,
        house: &House,
        head: &Head,
        query: &Query,
        (caller, payload): (&Caller, &Payload),
    ) -> Result<(), S3Error> {
        let ours = [PURPOSE, EXPEDIENTE];
        let is_said = |name: &&str| head.headers.contains_key(name) || query.has(name);
        if payload.leaves_our_own_open() && ours.iter().any(is_said) {
            let message =
                "A signature of version 2 does not cover the purpose; sign with version 4.";
            return Err(S3Error::new(Code::AccessDenied, message));
        }
        let claims = &house.grants;
        let of = |name, claim: &str| stated(head, query, &caller.claims, name, claim);
        self.purpose = of(PURPOSE, &claims.purpose_claim)?;
        let expediente = of(EXPEDIENTE, &claims.expediente_claim)?;
        if let Some(text) = &expediente {
            Expediente::parse(text).map_err(|_| {
                let message = "The expediente has 1 to 128 characters and no control characters.";
                S3Error::argument(EXPEDIENTE, text, message)
            })?;
        }
        self.expediente = expediente;
        Ok(())
    }

    /// Refuses every operation that an alias has no answer to.
    pub(super) fn check(&self, action: Action) -> Result<(), S3Error> {
        if grant::is_readable(action) {
            return Ok(());
        }
        let of_documents = action.permission().contains("Object")
            && !matches!(action, Action::PutObjectLockConfiguration);
        let (code, message) = match (action, action.effect()) {
            (Action::DeleteBucket, _) => (
                Code::MethodNotAllowed,
                "An alias of a grant is no bucket: revoke the grant instead.",
            ),
            (_, Effect::Write) if of_documents => {
                (Code::AccessDenied, "An alias of a grant is read only.")
            }
            _ => (
                Code::MethodNotAllowed,
                "An alias of a grant does not have this operation.",
            ),
        };
        Err(S3Error::new(code, message))
    }

    pub(super) fn name(&self) -> &BucketName {
        &self.granted.facts.alias
    }

    pub(super) fn facts(&self) -> &GrantFacts {
        &self.granted.facts
    }

    /// The bucket as the alias shows it.
    pub(super) fn view(&self) -> Arc<BucketRecord> {
        Arc::clone(&self.granted.view)
    }

    /// The one version that can be read, if it is one.
    pub(super) fn pinned(&self) -> Option<VersionId> {
        self.facts().terms.scope.version()
    }

    /// Whether the grant gives a permission.
    pub(super) fn gives(&self, permission: &str) -> bool {
        self.facts().terms.actions.has(permission)
    }

    /// What `access` is asked.
    pub(super) fn ask<'a>(&'a self, object_key: Option<&'a ObjectKey>) -> Ask<'a> {
        Ask {
            facts: self.facts(),
            object_key,
            purpose: self.purpose.as_deref(),
        }
    }

    /// Remembers for the entries which version is read.
    pub(super) fn note_version(&self, version_id: VersionId) {
        self.version.get_or_init(|| version_id.to_string());
    }

    /// What the entry in the caller's own agency's log says of the grant.
    pub(super) fn note(&self) -> GrantNote<'_> {
        self.note_naming(self.facts().terms.grantor.as_str())
    }

    fn note_naming<'a>(&'a self, agency: &'a str) -> GrantNote<'a> {
        GrantNote {
            id: &self.grant_id,
            agency,
            purpose: self.purpose.as_deref().map(told),
            expediente: self.expediente.as_deref(),
            version: self.version.get().map(String::as_str),
        }
    }

    /// Writes the entry in the grantor's log, once. Nothing of the grantee's own rules is in it.
    pub(super) async fn record(
        &self,
        house: &House,
        arrival: &Arrival,
        caller: &Caller,
        action: &str,
        refused: Option<&S3Error>,
    ) -> Result<(), S3Error> {
        if self.is_recorded.set(()).is_err() {
            return Ok(());
        }
        let rule = refused.map(|error| {
            let source = error.source.as_deref();
            let refusal = source.and_then(|source| source.downcast_ref::<Refusal>());
            refusal.map_or_else(|| error.sentence().to_owned(), Refusal::for_grantor)
        });
        let outcome = match (refused, &rule) {
            (Some(error), Some(rule)) => Outcome::Refused {
                code: error.code.name(),
                rule,
            },
            _ => Outcome::Allowed,
        };
        let terms = &self.facts().terms;
        let draft = Draft {
            at: arrival.at,
            request_id: arrival.id,
            remote: &arrival.remote,
            principal: Some(caller.principal.as_str()),
            // How it proved itself is between it and its agency.
            proof: None,
            action,
            bucket: Some(terms.bucket.as_str()),
            object_key: self.object_key.as_deref(),
            named: Named::default(),
            outcome,
            grant: Some(Box::new(self.note_naming(caller.agency.as_str()))),
        };
        match house.store.record(Some(&terms.grantor), &draft).await {
            // An agency that is not here any more has no log here.
            Ok(()) | Err(store::Error::NoSuchAgency) => Ok(()),
            Err(error) => Err(S3Error {
                source: Some(Box::new(error)),
                ..Code::ServiceUnavailable.into()
            }),
        }
    }
}

fn told(purpose: &str) -> &str {
    let end = purpose.char_indices().nth(TOLD_CHARACTERS_MAX);
    end.map_or(purpose, |(at, _)| purpose.get(..at).unwrap_or_default())
}

/// What a request states under a name, wherever it does.
fn stated(
    head: &Head,
    query: &Query,
    claims: &Claims,
    name: &'static str,
    claim: &str,
) -> Result<Option<String>, S3Error> {
    let refused = || {
        let message = "The request states this more than once, or not as text.";
        S3Error::argument(name, "", message)
    };
    let mut all = Vec::new();
    for value in head.headers.get_all(name) {
        all.push(std::str::from_utf8(value.as_bytes()).map_err(|_| refused())?);
    }
    all.extend(query.value(name));
    let in_token = claims.claim(claim).or_else(|| claims.tag(claim));
    all.extend(in_token.into_iter().flatten().map(String::as_str));
    let mut all = all.into_iter().map(str::trim);
    let Some(first) = all.next() else {
        return Ok(None);
    };
    if all.any(|other| other != first) {
        return Err(refused());
    }
    Ok(Some(first.to_owned()))
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderName, HeaderValue};
    use actix_http::{Method, Uri, Version};

    use super::{Head, PURPOSE, Query, stated, told};
    use crate::access::caller::Claims;
    use crate::api::http::headers::Headers;

    #[track_caller]
    fn check(headers: &[&str], query: &str, claim: &[&str], expected: Result<Option<&str>, ()>) {
        let mut stated_in = Headers::default();
        for value in headers {
            let value = HeaderValue::from_str(value).unwrap();
            stated_in.append(HeaderName::from_static(PURPOSE), value);
        }
        let head = Head {
            method: Method::GET,
            version: Version::HTTP_11,
            is_secure: false,
            tls: None,
            uri: Uri::from_static("/"),
            headers: stated_in,
            remote: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        };
        let mut claims = Claims::default();
        if !claim.is_empty() {
            let values = claim.iter().map(|value| (*value).to_owned()).collect();
            claims.claims.insert("finalidad".to_owned(), values);
        }
        let query = Query::parse(query).unwrap();
        let found = stated(&head, &query, &claims, PURPOSE, "finalidad").map_err(|_| ());
        assert_eq!(found, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn what_is_stated_twice_must_agree() {
        check(&[], "", &[], Ok(None));
        check(&["a"], "", &[], Ok(Some("a")));
        check(&[], "x-acervo-purpose=a", &[], Ok(Some("a")));
        check(&[], "", &["a"], Ok(Some("a")));
        check(&["a"], "x-acervo-purpose=a", &["a"], Ok(Some("a")));
        check(&["a", "b"], "", &[], Err(()));
        check(&["a"], "x-acervo-purpose=b", &[], Err(()));
        check(&["a"], "", &["b"], Err(()));
        check(&[], "", &["a", "b"], Err(()));
        check(&["a, b"], "", &[], Ok(Some("a, b")));
    }

    #[test]
    fn entries_repeat_no_novel() {
        assert_eq!(told("tramite"), "tramite");
        assert_eq!(told(&"ñ".repeat(70)), "ñ".repeat(64));
    }
}
