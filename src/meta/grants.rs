//! Grants between agencies, as each of the two keeps them: the record, and its row.
//!
//! ```text
//! terms   JSON {"grantor", "grantee", "bucket", "prefix" or "key" with "version", "actions",
//!         "purpose", "legal_basis", "expires_ms", "principals", "roles"}
//! steps   JSON [[milliseconds, side, step, principal]…], the oldest first
//! ```

use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::{Deserialize, Serialize};

use super::codec::{Sql, column, optional};
use crate::types::clock::Time;
use crate::types::grant::{Actions, LegalBasis, Purpose, Scope, Side, State, Step, Terms};
use crate::types::ids::{BucketId, GrantId, VersionId};
use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};

/// One agency's record of a grant. The other agency has one of the same number; a document is read
/// only while both say that the grant is active, on the same terms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantRecord {
    /// Its number, the same on both sides.
    pub id: GrantId,
    /// Which side the agency of this record is.
    pub side: Side,
    /// What is agreed on.
    pub terms: Arc<Terms>,
    /// How far the agreement is, as this agency knows.
    pub state: State,
    /// The bucket that the grantor meant: one of the same name that is made later is another one.
    pub bucket_id: Option<BucketId>,
    /// What the grantee calls it among its buckets.
    pub alias: Option<BucketName>,
    /// What was done, and by whom.
    pub steps: Vec<GrantStep>,
    /// Whether the other agency knows this state.
    pub is_told: bool,
}

/// One step of an agency's admin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantStep {
    /// When.
    pub at: Time,
    /// Of which agency.
    pub side: Side,
    /// What.
    pub step: Step,
    /// Who.
    pub principal: PrincipalName,
}

impl GrantRecord {
    /// The other agency.
    pub fn other(&self) -> &AgencyId {
        self.terms.agency(self.side.other())
    }
}

/// The columns of [`read_grant`].
pub(super) const GRANT: &str =
    "SELECT grant_id, side, terms, state, bucket_id, alias, steps, is_told FROM grants";

pub(super) fn read_grant(row: &Row<'_>) -> rusqlite::Result<GrantRecord> {
    Ok(GrantRecord {
        id: column(row, 0)?,
        side: column(row, 1)?,
        terms: Arc::new(column(row, 2)?),
        state: column(row, 3)?,
        bucket_id: optional(row, 4)?,
        alias: optional(row, 5)?,
        steps: column(row, 6)?,
        is_told: row.get(7)?,
    })
}

fn wrong() -> FromSqlError {
    FromSqlError::Other("not what was written".into())
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TermsText {
    grantor: String,
    grantee: String,
    bucket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    actions: Vec<String>,
    purpose: String,
    legal_basis: String,
    expires_ms: i64,
    principals: Vec<String>,
    roles: Vec<String>,
}

/// The `terms` column.
pub(super) fn terms_text(terms: &Terms) -> String {
    let (prefix, key, version) = match &terms.scope {
        Scope::Prefix(prefix) => (Some(prefix.to_string()), None, None),
        Scope::Object(key, version) => {
            let version = version.map(|version| version.to_string());
            (None, Some(key.to_string()), version)
        }
    };
    let text = TermsText {
        grantor: terms.grantor.to_string(),
        grantee: terms.grantee.to_string(),
        bucket: terms.bucket.to_string(),
        prefix,
        key,
        version,
        actions: terms.actions.names().map(str::to_owned).collect(),
        purpose: terms.purpose.to_string(),
        legal_basis: terms.legal_basis.to_string(),
        expires_ms: terms.expires.millis(),
        principals: terms.principals.iter().map(ToString::to_string).collect(),
        roles: terms.roles.iter().map(ToString::to_string).collect(),
    };
    serde_json::to_string(&text).expect("texts and numbers always have a JSON form")
}

/// What cannot be read is no grant (law 8).
fn read_terms(text: TermsText) -> Option<Terms> {
    let scope = match (text.prefix, text.key, text.version) {
        (Some(prefix), None, None) => Scope::prefix(&prefix).ok()?,
        (None, Some(key), version) => {
            let version = version.map(|version| VersionId::parse(&version));
            Scope::Object(ObjectKey::parse(&key).ok()?, version.transpose().ok()?)
        }
        _ => return None,
    };
    let principals = text
        .principals
        .iter()
        .map(|name| PrincipalName::parse(name));
    Some(Terms {
        grantor: AgencyId::parse(&text.grantor).ok()?,
        grantee: AgencyId::parse(&text.grantee).ok()?,
        bucket: BucketName::parse(&text.bucket).ok()?,
        scope,
        actions: Actions::parse(text.actions.iter().map(String::as_str)).ok()?,
        purpose: Purpose::parse(&text.purpose).ok()?,
        legal_basis: LegalBasis::parse(&text.legal_basis).ok()?,
        expires: Time::from_millis(text.expires_ms),
        principals: principals.collect::<Result<_, _>>().ok()?,
        roles: text.roles.into_iter().map(Into::into).collect(),
    })
}

impl FromSql for Sql<Terms> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = serde_json::from_str(value.as_str()?).map_err(|_| wrong())?;
        read_terms(text).map(Self).ok_or_else(wrong)
    }
}

const STEPS: [Step; 4] = [Step::Propose, Step::Approve, Step::Refuse, Step::Revoke];
const SIDES: [Side; 2] = [Side::Grantor, Side::Grantee];

/// The `steps` column.
pub(super) fn steps_text(steps: &[GrantStep]) -> String {
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            let principal = step.principal.as_str();
            let (side, name) = (step.side.name(), step.step.name());
            (step.at.millis(), side, name, principal)
        })
        .collect();
    serde_json::to_string(&steps).expect("texts and numbers always have a JSON form")
}

impl FromSql for Sql<Vec<GrantStep>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let steps: Vec<(i64, String, String, String)> =
            serde_json::from_str(value.as_str()?).map_err(|_| wrong())?;
        let steps = steps.into_iter().map(|(at_ms, side, step, principal)| {
            Some(GrantStep {
                at: Time::from_millis(at_ms),
                side: SIDES.into_iter().find(|known| known.name() == side)?,
                step: STEPS.into_iter().find(|known| known.name() == step)?,
                principal: PrincipalName::parse(&principal).ok()?,
            })
        });
        steps.collect::<Option<_>>().map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::{TermsText, read_terms, terms_text};
    use crate::types::clock::Time;
    use crate::types::grant::{Actions, LegalBasis, Purpose, Scope, Terms};
    use crate::types::ids::VersionId;
    use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};

    fn terms(scope: Scope) -> Terms {
        Terms {
            grantor: AgencyId::parse("registro-civil").unwrap(),
            grantee: AgencyId::parse("licencias").unwrap(),
            bucket: BucketName::parse("actas").unwrap(),
            scope,
            actions: Actions::parse(["s3:GetObject", "s3:GetObjectVersion"]).unwrap(),
            purpose: Purpose::parse("tramite-licencia").unwrap(),
            legal_basis: LegalBasis::parse("Convenio 7/2026, art. 3").unwrap(),
            expires: Time::from_millis(1_900_000_000_123),
            principals: vec![PrincipalName::parse("ventanilla").unwrap()],
            roles: vec!["app".into()],
        }
    }

    #[test]
    fn terms_come_back_from_their_row() {
        let key = || ObjectKey::parse("2026/ñ 1").unwrap();
        for scope in [
            Scope::prefix("").unwrap(),
            Scope::prefix("2026/").unwrap(),
            Scope::Object(key(), None),
            Scope::Object(key(), Some(VersionId::Null)),
            Scope::Object(key(), Some(VersionId::Id([7; 16]))),
        ] {
            let terms = terms(scope);
            let text: TermsText = serde_json::from_str(&terms_text(&terms)).unwrap();
            assert_eq!(read_terms(text), Some(terms));
        }
    }
}
