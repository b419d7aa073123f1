//! The issuers that agencies trust, the signing keys of the installation's own, and the entries of
//! tokens that it signs.

use crate::access::consent::Consent;
use crate::audit::entry::Draft;
use crate::meta::commands::AddIssuer;
use crate::meta::commands::KeepIssuerKeys;
use crate::meta::commands::RemoveIssuer;
use crate::meta::commands::RotateSigningKey;
use crate::meta::records::IssuerKeysRecord;
use crate::meta::records::IssuerRecord;
use crate::meta::records::SigningKeyRecord;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::Committed;
use super::agencies::Store;
use super::error::Error;

impl Store {
    /// The issuers of all agencies.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn issuers(&self) -> Result<Vec<IssuerRecord>, Error> {
        Ok(self.0.catalog.read(|reader| reader.issuers())?)
    }

    /// Adds an issuer to an agency.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`]; `IssuerExists`, `LimitReached` of the catalog.
    pub async fn add_issuer(
        &self,
        consent: &Consent,
        name: &str,
        settings: String,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = consent.agency();
        self.agency_of_any_state(agency).await?;
        let command = AddIssuer {
            agency: agency.clone(),
            name: name.to_owned(),
            settings,
            created: self.0.clock.now(),
        };
        let entry = self.0.ledger.entry(draft);
        self.0.catalog.commit(command, entry).await?;
        Ok(Committed(()))
    }

    /// Removes an issuer from an agency.
    ///
    /// # Errors
    /// `NoSuchIssuer` of the catalog.
    pub async fn remove_issuer(
        &self,
        agency: &AgencyId,
        name: &str,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let command = RemoveIssuer {
            agency: agency.clone(),
            name: name.to_owned(),
        };
        let entry = self.0.ledger.entry(draft);
        self.0.catalog.commit(command, entry).await?;
        Ok(Committed(()))
    }

    /// The key sets that were fetched from issuers before, each as it came last.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn issuer_keys(&self) -> Result<Vec<IssuerKeysRecord>, Error> {
        Ok(self.0.catalog.read(|reader| reader.issuer_keys())?)
    }

    /// Keeps the key set of an issuer for the next start: the bookkeeping of a job.
    ///
    /// # Errors
    /// If the catalog cannot be written.
    pub async fn keep_issuer_keys(&self, record: IssuerKeysRecord) -> Result<(), Error> {
        let command = KeepIssuerKeys(record);
        Ok(self.0.catalog.commit_unrecorded(command).await?)
    }

    /// The generations of the signing key that count at present, the one that signs first.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn signing_generations(&self) -> Result<Vec<u32>, Error> {
        let records = self.0.catalog.read(|reader| reader.signing_keys())?;
        Ok(live_generations(&records, self.0.clock.now()))
    }

    /// Makes the next generation of the signing key the one that signs.
    ///
    /// # Errors
    /// `LimitReached` of the catalog.
    pub async fn rotate_signing_key(
        &self,
        retire_earlier: bool,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let at = self.0.clock.now();
        let command = RotateSigningKey { at, retire_earlier };
        let entry = self.0.ledger.entry(draft);
        self.0.catalog.commit(command, entry).await?;
        Ok(Committed(()))
    }

    /// Records in an agency's log that a token for it is being signed: durable when it returns, so
    /// that nobody ever holds a token that the log does not know.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], [`Error::AgencySuspended`], or if the log cannot be written.
    pub async fn record_token(
        &self,
        consent: &Consent,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(consent.agency()).await?;
        agency.ledger.record_durably(draft).await?;
        Ok(Committed(()))
    }
}

/// The newest generation, which signs, and those before it whose tokens can still be shown: none
/// that was retired, none whose last token has ended.
fn live_generations(records: &[SigningKeyRecord], now: Time) -> Vec<u32> {
    let mut live: Vec<u32> = Vec::new();
    let mut replaced: Option<Time> = None;
    for record in records {
        let last = replaced.map(|at| at.plus_seconds(limits::LOCAL_TOKEN_SECONDS_MAX));
        if !record.is_retired && last.is_none_or(|last| now < last) {
            live.push(record.generation);
        }
        replaced = Some(record.created);
    }
    live.truncate(limits::ISSUER_KEYS_MAX);
    if live.is_empty() { vec![1] } else { live }
}

#[cfg(test)]
mod tests {
    use super::live_generations;
    use crate::meta::records::SigningKeyRecord;
    use crate::types::clock::Time;

    fn key(generation: u32, seconds: i64, is_retired: bool) -> SigningKeyRecord {
        SigningKeyRecord {
            generation,
            created: Time::from_seconds(seconds),
            is_retired,
        }
    }

    #[test]
    fn generations_count_until_their_last_token_has_ended() {
        let live =
            |records: &[SigningKeyRecord], now| live_generations(records, Time::from_seconds(now));
        assert_eq!(live(&[], 0), [1]);
        let two = [key(2, 1_000, false), key(1, 0, false)];
        assert_eq!(live(&two, 1_001), [2, 1]);
        assert_eq!(live(&two, 44_199), [2, 1]);
        assert_eq!(live(&two, 44_200), [2]);
        let retired = [key(3, 2_000, false), key(2, 1_000, true), key(1, 0, true)];
        assert_eq!(live(&retired, 2_001), [3]);
    }
}
