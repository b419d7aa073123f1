//! A trial of settings with a token, for whoever sets an issuer up: it says more than any caller is
//! ever told, to those who administer the agency.

use serde_json::Value;

use super::issuer::{Issuer, TokenIdentity};
use super::keys::KeySet;
use super::settings::{IssuerSettings, KeySource};
use super::token::Token;
use crate::auth::error::{BearerError, IssuerError};
use crate::types::clock::Time;

/// An issuer that nobody trusts, with its keys.
#[derive(Debug)]
pub struct Trial {
    issuer: Issuer,
    algorithms: Vec<&'static str>,
}

impl Trial {
    /// The issuer of these settings, whose keys are given.
    ///
    /// # Errors
    /// What is wrong with the settings or with the keys.
    pub fn new(settings: IssuerSettings) -> Result<Self, IssuerError> {
        let KeySource::Given(text) = &settings.keys else {
            return Err(IssuerError::NoUsableKey);
        };
        let keys = KeySet::parse(text)?;
        let usable = settings.algorithms.iter().filter(|a| keys.has_one_for(**a));
        let algorithms: Vec<_> = usable.map(|a| a.name()).collect();
        if algorithms.is_empty() {
            return Err(IssuerError::NoUsableKey);
        }
        Ok(Self {
            issuer: Issuer::new(settings)?,
            algorithms,
        })
    }

    /// The algorithms of the settings for which there is a key.
    pub fn algorithms(&self) -> &[&'static str] {
        &self.algorithms
    }

    /// The verdict on a token, whose `iss` must be the issuer's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, token: &str, now: Time) -> Result<TokenIdentity, BearerError> {
        let token = Token::parse(token)?;
        let named = token.claims.get("iss").and_then(Value::as_str);
        if named != Some(&*self.issuer.settings().issuer) {
            return Err(BearerError::UnknownIssuer);
        }
        self.issuer.verify(&token, now)
    }
}

/// The step of a check at which a token fails, and the code of the fault.
pub const fn step_of(error: &BearerError) -> (&'static str, &'static str) {
    use BearerError as E;
    match error {
        E::TooLong => ("token-form", "too_long"),
        E::Malformed => ("token-form", "not_a_token"),
        E::RefusedMember { .. } => ("token-form", "refused_member"),
        E::Type => ("token-form", "not_an_access_token"),
        E::UnknownIssuer | E::Ambiguous => ("token-issuer", "other_issuer"),
        E::Algorithm => ("token-algorithm", "algorithm_not_allowed"),
        E::NoKey | E::KeysUnavailable => ("token-key", "no_such_key"),
        E::SignatureMismatch => ("token-signature", "signature_mismatch"),
        E::Audience => ("token-audience", "other_audience"),
        E::Expired { .. } => ("token-times", "expired"),
        E::NotYetValid { .. } => ("token-times", "not_yet_valid"),
        E::TooLongLived => ("token-times", "lives_too_long"),
        E::ClaimMissing { .. } => ("token-claims", "claim_missing"),
        E::ClaimType { .. } => ("token-claims", "claim_mistyped"),
        E::ClaimValue { .. } => ("token-claims", "claim_unfit"),
        E::Agency(_) => ("token-agency", "agency_name"),
        E::Principal(_) => ("token-claims", "principal_name"),
        E::NoRole => ("token-claims", "no_role"),
    }
}

/// What is wrong, with what the token says instead: nothing of it is secret but its signature.
pub fn detail(error: &BearerError, token: &str) -> String {
    let said = Token::parse(token).ok().and_then(|token| {
        let of = |name: &str| token.claims.get(name).map(Value::to_string);
        let header = |name: &str| token.header.get(name).map(Value::to_string);
        match error {
            BearerError::UnknownIssuer => of("iss"),
            BearerError::Audience => of("aud"),
            BearerError::Algorithm => header("alg"),
            BearerError::NoKey => header("kid"),
            BearerError::Expired { .. } | BearerError::TooLongLived => of("exp"),
            BearerError::NotYetValid { .. } => of("nbf").or_else(|| of("iat")),
            _ => None,
        }
    });
    match said {
        Some(said) => {
            let said: String = said.chars().take(256).collect();
            format!("{error}; it says {said}")
        }
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{detail, step_of};
    use crate::auth::error::BearerError;
    use crate::types::encoding::base64_url;

    #[test]
    fn a_fault_is_told_with_what_the_token_says() {
        let part = |text: &str| base64_url(text.as_bytes());
        let header = part(r#"{"alg":"HS256","kid":"k1"}"#);
        let claims = part(r#"{"iss":"https://a","aud":["x","y"],"exp":7}"#);
        let token = format!("{header}.{claims}.AAAA");
        let check = |error: BearerError, said: &str| {
            let told = detail(&error, &token);
            assert!(told.ends_with(said), "{told}");
        };
        check(BearerError::Audience, "; it says [\"x\",\"y\"]");
        check(BearerError::Algorithm, "; it says \"HS256\"");
        check(BearerError::NoKey, "; it says \"k1\"");
        check(BearerError::NoRole, "the token names no role of this store");
        assert_eq!(step_of(&BearerError::Audience).0, "token-audience");
        assert!(!detail(&BearerError::Malformed, "x.y").contains("it says"));
    }
}
