//! Requests without any proof: of which agency they are.

use crate::types::names::AgencyId;

use super::target::label_of_host;

/// The agencies that answer to anonymous requests.
#[derive(Clone, Debug, Default)]
pub struct Anonymous {
    agencies: Vec<AgencyId>,
    otherwise: Option<AgencyId>,
}

impl Anonymous {
    /// These agencies, and the one of them that is meant where a host names none.
    pub const fn new(agencies: Vec<AgencyId>, otherwise: Option<AgencyId>) -> Self {
        Self {
            agencies,
            otherwise,
        }
    }

    /// The agency and the bucket that a host names: `<agency>.<domain>`,
    /// `<bucket>.<agency>.<domain>`; `<bucket>.<domain>` and other hosts if there is an agency for
    /// them. `None` if the request belongs to no agency that answers.
    pub fn place<'a>(
        &self,
        host: &'a str,
        domains: &[String],
    ) -> Option<(AgencyId, Option<&'a str>)> {
        let label = label_of_host(host, domains);
        if let Some(label) = label {
            let (bucket, last) = match label.rsplit_once('.') {
                Some((bucket, last)) => (Some(bucket), last),
                None => (None, label),
            };
            let named = |agency: &&AgencyId| agency.as_str().eq_ignore_ascii_case(last);
            if let Some(agency) = self.agencies.iter().find(named) {
                return Some((agency.clone(), bucket));
            }
        }
        Some((self.otherwise.clone()?, label))
    }
}

#[cfg(test)]
mod tests {
    use super::Anonymous;
    use crate::types::names::AgencyId;

    #[track_caller]
    fn check(host: &str, otherwise: Option<&str>, expected: Option<(&str, Option<&str>)>) {
        let agency = |name| AgencyId::parse(name).unwrap();
        let anonymous = Anonymous::new(
            vec![agency("registro"), agency("salud")],
            otherwise.map(agency),
        );
        let found = anonymous.place(host, &["s3.mx".to_owned()]);
        let found = found
            .as_ref()
            .map(|(agency, bucket)| (agency.as_str(), *bucket));
        assert_eq!(found, expected, "{host}");
    }

    #[test]
    fn hosts() {
        check("registro.s3.mx", None, Some(("registro", None)));
        check("Registro.S3.mx:9000", None, Some(("registro", None)));
        let bucket = Some(("salud", Some("ac.tas")));
        check("ac.tas.salud.s3.mx", None, bucket);
        check("tesoreria.s3.mx", None, None);
        check("s3.mx", None, None);
        check("127.0.0.1", None, None);
        let bucket = Some(("salud", Some("tesoreria")));
        check("tesoreria.s3.mx", Some("salud"), bucket);
        check("s3.mx", Some("salud"), Some(("salud", None)));
        check("registro.s3.mx", Some("salud"), Some(("registro", None)));
    }
}
