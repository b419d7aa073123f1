//! `[grants]`: how a request states what it reads another agency's documents for.

use super::error::Wanted;
use super::reader::Reader;

/// `[grants]`: the claims of a token that say purpose and case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grants {
    /// The claim, or the tag of a session, that says the purpose.
    pub purpose_claim: String,
    /// The claim, or the tag of a session, that says the case.
    pub expediente_claim: String,
}

impl Grants {
    pub(super) fn read(reader: &mut Reader) -> Self {
        const CLAIM: Wanted = Wanted::Words(
            "el nombre de un claim, con puntos para los anidados, como tramite.finalidad",
            "the name of a claim, with dots for nested ones, such as tramite.finalidad",
        );
        let parse = |text: &str| {
            let is_path = text.split('.').all(|part| !part.is_empty());
            is_path.then(|| text.to_owned())
        };
        let purpose = reader.parsed("grants.purpose_claim", CLAIM, parse);
        let expediente = reader.parsed("grants.expediente_claim", CLAIM, parse);
        let or = |given: Option<super::reader::Given<String>>, default: &str| {
            given.map_or_else(|| default.to_owned(), |given| given.value)
        };
        Self {
            purpose_claim: or(purpose, "purpose"),
            expediente_claim: or(expediente, "expediente"),
        }
    }
}
