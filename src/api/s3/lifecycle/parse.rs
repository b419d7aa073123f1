//! Rules as a client sends them: the shape of their XML, and what S3 refuses in it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::http::xml;
use crate::jobs::lifecycle::rules::Expiration;
use crate::jobs::lifecycle::rules::Filter;
use crate::jobs::lifecycle::rules::Form;
use crate::jobs::lifecycle::rules::Noncurrent;
use crate::jobs::lifecycle::rules::Rule;
use crate::jobs::lifecycle::rules::Rules;
use crate::types::clock::Time;
use crate::types::limits;

use super::super::code::Code;
use super::super::error::S3Error;

/// Rules of one bucket. Source: AWS S3 User Guide, "Lifecycle configuration elements".
const RULES_MAX: usize = 1_000;
/// Characters of a rule's name. Source: the same.
const ID_MAX: usize = 255;
/// Versions that a rule may keep. Source: the same.
const KEEP_MAX: i64 = 100;
/// Milliseconds of a day of the calendar.
const DAY_MILLIS: i64 = 86_400_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConfigurationXml {
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
    #[serde(default)]
    rule: Vec<RuleXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RuleXml {
    #[serde(rename = "ID")]
    id: Option<String>,
    prefix: Option<String>,
    filter: Option<FilterXml>,
    status: String,
    expiration: Option<ExpirationXml>,
    noncurrent_version_expiration: Option<NoncurrentXml>,
    abort_incomplete_multipart_upload: Option<AbortXml>,
    #[serde(default)]
    transition: Vec<IgnoredAny>,
    #[serde(default)]
    noncurrent_version_transition: Vec<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterXml {
    prefix: Option<String>,
    tag: Option<TagXml>,
    object_size_greater_than: Option<i64>,
    object_size_less_than: Option<i64>,
    and: Option<AndXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AndXml {
    prefix: Option<String>,
    #[serde(default)]
    tag: Vec<TagXml>,
    object_size_greater_than: Option<i64>,
    object_size_less_than: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagXml {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ExpirationXml {
    days: Option<i64>,
    date: Option<String>,
    expired_object_delete_marker: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NoncurrentXml {
    noncurrent_days: Option<i64>,
    newer_noncurrent_versions: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AbortXml {
    days_after_initiation: Option<i64>,
}

fn argument(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::new(Code::InvalidArgument, message)
}

fn request(message: &'static str) -> S3Error {
    S3Error::new(Code::InvalidRequest, message)
}

/// Reads and checks the rules that a client sends. `name` makes the name of a rule that has none.
pub(in crate::api::s3) fn parse(
    body: &[u8],
    transition_minimum: String,
    mut name: impl FnMut() -> String,
) -> Result<Rules, S3Error> {
    let configuration: ConfigurationXml = xml::read("LifecycleConfiguration", body)?;
    if configuration.rule.is_empty() || configuration.rule.len() > RULES_MAX {
        return Err(Code::MalformedXML.into());
    }
    let mut names = BTreeSet::new();
    let mut rules = Vec::with_capacity(configuration.rule.len());
    for rule in configuration.rule {
        let rule = rule.checked(&mut name)?;
        if !names.insert(rule.id.clone()) {
            let message = "Rule ID must be unique. Found same ID for more than one rule";
            return Err(argument(message));
        }
        rules.push(rule);
    }
    Ok(Rules {
        shape: 1,
        rules,
        transition_minimum,
    })
}

impl RuleXml {
    fn checked(self, name: &mut impl FnMut() -> String) -> Result<Rule, S3Error> {
        if !self.transition.is_empty() || !self.noncurrent_version_transition.is_empty() {
            let what = "A transition to another storage class: there is one class, STANDARD. It";
            return Err(S3Error::not_implemented(what));
        }
        let id = self.id.filter(|id| !id.is_empty()).unwrap_or_else(name);
        if id.chars().count() > ID_MAX {
            return Err(argument("ID length should not exceed allowed limit of 255"));
        }
        let is_enabled = match self.status.as_str() {
            "Enabled" => true,
            "Disabled" => false,
            _ => return Err(Code::MalformedXML.into()),
        };
        let filter = match (self.prefix, self.filter) {
            (Some(prefix), None) => Filter {
                form: Form::Prefix,
                prefix: Some(prefix),
                ..Filter::default()
            },
            (None, Some(filter)) => filter.checked()?,
            _ => return Err(Code::MalformedXML.into()),
        };
        check_filter(&filter)?;
        let rule = Rule {
            id,
            is_enabled,
            filter,
            expiration: self.expiration.map(ExpirationXml::checked).transpose()?,
            noncurrent: self
                .noncurrent_version_expiration
                .map(NoncurrentXml::checked)
                .transpose()?,
            abort_days: self
                .abort_incomplete_multipart_upload
                .map(AbortXml::checked)
                .transpose()?,
        };
        check_together(&rule)?;
        Ok(rule)
    }
}

fn check_together(rule: &Rule) -> Result<(), S3Error> {
    let filter = &rule.filter;
    if rule.expiration.is_none() && rule.noncurrent.is_none() && rule.abort_days.is_none() {
        return Err(request(
            "At least one action needs to be specified in a rule.",
        ));
    }
    let tagged = !filter.tags.is_empty();
    let sized = filter.larger_than.is_some() || filter.smaller_than.is_some();
    if rule.abort_days.is_some() && (tagged || sized) {
        let message = "AbortIncompleteMultipartUpload cannot be specified with Tags or object \
                       sizes.";
        return Err(request(message));
    }
    if matches!(rule.expiration, Some(Expiration::Marker(_))) && (tagged || sized) {
        let message = "ExpiredObjectDeleteMarker cannot be specified with Tags or object sizes.";
        return Err(request(message));
    }
    Ok(())
}

impl FilterXml {
    fn checked(self) -> Result<Filter, S3Error> {
        let given = [
            self.prefix.is_some(),
            self.tag.is_some(),
            self.object_size_greater_than.is_some(),
            self.object_size_less_than.is_some(),
            self.and.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            return Err(Code::MalformedXML.into());
        }
        let (form, all) = match self.and {
            Some(and) => (Form::And, and),
            None => (
                Form::Filter,
                AndXml {
                    prefix: self.prefix,
                    tag: self.tag.into_iter().collect(),
                    object_size_greater_than: self.object_size_greater_than,
                    object_size_less_than: self.object_size_less_than,
                },
            ),
        };
        let conditions = usize::from(all.prefix.is_some())
            + all.tag.len()
            + usize::from(all.object_size_greater_than.is_some())
            + usize::from(all.object_size_less_than.is_some());
        if form == Form::And && conditions < 2 {
            return Err(Code::MalformedXML.into());
        }
        let size = |size: Option<i64>| {
            size.map(u64::try_from).transpose().map_err(|_| {
                argument("'ObjectSize' of a filter must be a non-negative integer value")
            })
        };
        let tags = all.tag.into_iter().map(|tag| (tag.key, tag.value));
        Ok(Filter {
            form,
            prefix: all.prefix,
            tags: tags.collect(),
            larger_than: size(all.object_size_greater_than)?,
            smaller_than: size(all.object_size_less_than)?,
        })
    }
}

fn check_filter(filter: &Filter) -> Result<(), S3Error> {
    let prefix = filter.prefix.as_deref().unwrap_or_default();
    if prefix.len() > limits::OBJECT_KEY_BYTES_MAX {
        let message = "The maximum size of a prefix is 1024.";
        return Err(request(message));
    }
    let mut keys = BTreeSet::new();
    for (key, value) in &filter.tags {
        // Source: AWS S3 User Guide, "Categorizing your objects using tags".
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(request(
                "A Tag has a Key of 1 to 128 characters and a Value of at most 256.",
            ));
        }
        if !keys.insert(key.as_str()) {
            return Err(request("Duplicate Tag Keys are not allowed."));
        }
    }
    match (filter.larger_than, filter.smaller_than) {
        (Some(least), Some(most)) if most.saturating_sub(least) < 2 => Err(request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        )),
        _ => Ok(()),
    }
}

/// A number of days, at least one.
fn days(found: i64, element: &str, action: &str) -> Result<u32, S3Error> {
    let days = u32::try_from(found).ok();
    days.filter(|days| (1..=0x7fff_ffff).contains(days))
        .ok_or_else(|| {
            argument(format!(
                "'{element}' for {action} action must be a positive integer"
            ))
        })
}

impl ExpirationXml {
    fn checked(self) -> Result<Expiration, S3Error> {
        match (self.days, self.date, self.expired_object_delete_marker) {
            (Some(found), None, None) => Ok(Expiration::Days(days(found, "Days", "Expiration")?)),
            (None, Some(date), None) => {
                let date = midnight(date.trim());
                date.ok_or_else(|| argument("'Date' must be at midnight GMT"))
            }
            (None, None, Some(goes)) => Ok(Expiration::Marker(goes)),
            _ => Err(Code::MalformedXML.into()),
        }
    }
}

fn midnight(text: &str) -> Option<Expiration> {
    let moment = Time::parse_iso8601(text);
    let moment = moment.or_else(|| Time::parse_iso8601(&format!("{text}T00:00:00Z")))?;
    let millis = moment.millis();
    (millis.rem_euclid(DAY_MILLIS) == 0).then_some(Expiration::Date(millis))
}

impl NoncurrentXml {
    fn checked(self) -> Result<Noncurrent, S3Error> {
        let action = "NoncurrentVersionExpiration";
        let found = self
            .noncurrent_days
            .ok_or_else(|| S3Error::from(Code::MalformedXML))?;
        let keep = match self.newer_noncurrent_versions {
            None => None,
            Some(keep) if (1..=KEEP_MAX).contains(&keep) => u32::try_from(keep).ok(),
            Some(_) => {
                let message = "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action \
                               must be a positive integer of at most 100";
                return Err(argument(message));
            }
        };
        Ok(Noncurrent {
            days: days(found, "NoncurrentDays", action)?,
            keep,
        })
    }
}

impl AbortXml {
    fn checked(self) -> Result<u32, S3Error> {
        let found = self
            .days_after_initiation
            .ok_or_else(|| S3Error::from(Code::MalformedXML))?;
        days(
            found,
            "DaysAfterInitiation",
            "AbortIncompleteMultipartUpload",
        )
    }
}
