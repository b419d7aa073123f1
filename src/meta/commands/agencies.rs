//! Agencies of the installation.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::records::AgencyState;
use super::super::schema::OfInstallation;
use crate::types::clock::Time;
use crate::types::ids::AgencyCode;
use crate::types::limits;
use crate::types::names::AgencyId;

/// Makes an agency, active. Refused with [`Error::AgencyExists`], [`Error::AgencyCodeTaken`] or
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct CreateAgency {
    /// Its slug.
    pub agency: AgencyId,
    /// By which its access keys name it.
    pub code: AgencyCode,
    /// Its name for people.
    pub display_name: String,
    /// When.
    pub created: Time,
}

impl Command for CreateAgency {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let exists = |sql, value: &str| tx.first(sql, [value], |_| Ok(()));
        let slug = self.agency.as_str();
        if exists("SELECT 1 FROM agencies WHERE agency = ?1", slug)?.is_some() {
            return Err(Error::AgencyExists);
        }
        let code = self.code.as_str();
        if exists("SELECT 1 FROM agencies WHERE code = ?1", code)?.is_some() {
            return Err(Error::AgencyCodeTaken);
        }
        super::bounded(
            tx,
            "SELECT count(*) FROM agencies",
            limits::AGENCIES_MAX,
            Limited::Agencies,
        )?;
        tx.execute(
            "INSERT INTO agencies (agency, code, display_name, state, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                Sql(&self.agency),
                Sql(&self.code),
                self.display_name.as_str(),
                Sql(AgencyState::Active),
                Sql(self.created),
            ),
        )?;
        Ok(())
    }
}

/// Suspends an agency or lets it go on. Refused with [`Error::NoSuchAgency`].
#[derive(Clone, Debug)]
pub struct SetAgencyState {
    /// Which.
    pub agency: AgencyId,
    /// Its state from now on.
    pub state: AgencyState,
}

impl Command for SetAgencyState {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let changed = tx.execute(
            "UPDATE agencies SET state = ?2 WHERE agency = ?1",
            (Sql(&self.agency), Sql(self.state)),
        )?;
        match changed {
            0 => Err(Error::NoSuchAgency),
            _ => Ok(()),
        }
    }
}
