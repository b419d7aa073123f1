//! Lifecycle rules as S3 writes them: read, checked, written.
//!
//! Source: AWS S3 API Reference, "PutBucketLifecycleConfiguration"; S3 User Guide, "Lifecycle
//! configuration elements".

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::jobs::lifecycle;
use crate::jobs::lifecycle::rules::Expiration;
use crate::jobs::lifecycle::rules::Filter;
use crate::jobs::lifecycle::rules::Form;
use crate::jobs::lifecycle::rules::Noncurrent;
use crate::jobs::lifecycle::rules::Rule;
use crate::jobs::lifecycle::rules::Rules;
use crate::jobs::lifecycle::rules::Seen;
use crate::meta::records::BucketRecord;
use crate::meta::records::ObjectHead;
use crate::store::put::Stored;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::tags::Tags;

use super::code::Code;
use super::error::S3Error;
use super::request::S3Request;

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
pub(super) fn parse(
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

/// The document that a client gets.
pub(super) fn render(rules: &Rules) -> String {
    let mut xml = Xml::new("LifecycleConfiguration");
    for rule in &rules.rules {
        xml.open("Rule");
        match rule.expiration {
            None => {}
            Some(Expiration::Days(days)) => {
                xml.open("Expiration")
                    .value("Days", days)
                    .close("Expiration");
            }
            Some(Expiration::Date(millis)) => {
                let date = Time::from_millis(millis).iso8601();
                xml.open("Expiration")
                    .text("Date", &date)
                    .close("Expiration");
            }
            Some(Expiration::Marker(goes)) => {
                xml.open("Expiration")
                    .value("ExpiredObjectDeleteMarker", goes)
                    .close("Expiration");
            }
        }
        xml.text("ID", &rule.id);
        render_filter(&mut xml, &rule.filter);
        let status = if rule.is_enabled {
            "Enabled"
        } else {
            "Disabled"
        };
        xml.text("Status", status);
        if let Some(noncurrent) = rule.noncurrent {
            xml.open("NoncurrentVersionExpiration")
                .value("NoncurrentDays", noncurrent.days);
            if let Some(keep) = noncurrent.keep {
                xml.value("NewerNoncurrentVersions", keep);
            }
            xml.close("NoncurrentVersionExpiration");
        }
        if let Some(days) = rule.abort_days {
            xml.open("AbortIncompleteMultipartUpload")
                .value("DaysAfterInitiation", days)
                .close("AbortIncompleteMultipartUpload");
        }
        xml.close("Rule");
    }
    xml.finish("LifecycleConfiguration")
}

fn render_filter(xml: &mut Xml, filter: &Filter) {
    let (open, and) = match filter.form {
        Form::Prefix => (false, false),
        Form::Filter => (true, false),
        Form::And => (true, true),
    };
    if open {
        xml.open("Filter");
    }
    if and {
        xml.open("And");
    }
    xml.maybe("Prefix", filter.prefix.as_deref());
    for (key, value) in &filter.tags {
        xml.open("Tag")
            .text("Key", key)
            .text("Value", value)
            .close("Tag");
    }
    if let Some(size) = filter.larger_than {
        xml.value("ObjectSizeGreaterThan", size);
    }
    if let Some(size) = filter.smaller_than {
        xml.value("ObjectSizeLessThan", size);
    }
    if and {
        xml.close("And");
    }
    if open {
        xml.close("Filter");
    }
}

/// `x-amz-expiration` of the request's object, should it expire as the current version that it is.
/// Source: AWS S3 API Reference, "GetObject".
fn expires(
    req: &S3Request,
    bucket: &BucketRecord,
    size_bytes: u64,
    modified: Time,
    tags: &Tags,
) -> Option<(&'static str, String)> {
    let rules = lifecycle::rules_of(bucket)?;
    let seen = Seen {
        object_key: req.object_key.as_ref()?.as_str(),
        size_bytes: Some(size_bytes),
        tags: tags.pairs(),
    };
    let (due, rule) = rules.expiration(&seen, modified, req.house.day)?;
    Some(("x-amz-expiration", expiration(due, rule)))
}

/// The same of an object that was found; one that was asked for by its version need not be current.
pub(super) fn expires_found(
    req: &S3Request,
    bucket: &BucketRecord,
    version_id: Option<VersionId>,
    head: &ObjectHead,
) -> Option<(&'static str, String)> {
    if version_id.is_some() {
        return None;
    }
    let tags = &head.metadata.tags;
    expires(req, bucket, head.size_bytes, head.modified, tags)
}

/// The same of an object just stored.
pub(super) fn expires_stored(
    req: &S3Request,
    bucket: &BucketRecord,
    stored: &Stored,
) -> Option<(&'static str, String)> {
    expires(
        req,
        bucket,
        stored.size_bytes,
        stored.modified,
        &stored.tags,
    )
}

fn expiration(due: Time, rule: &Rule) -> String {
    let rule_id = encoding::percent_path(rule.id.as_bytes()).replace('/', "%2F");
    format!("expiry-date=\"{}\", rule-id=\"{rule_id}\"", due.http_date())
}

#[cfg(test)]
mod tests {
    use super::{parse, render};

    /// Rules as XML come back as they went in, or are refused with a code.
    #[track_caller]
    fn check(rules: &str, expected: &str) {
        let xml = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        let parsed = parse(xml.as_bytes(), String::new(), || "made".to_owned());
        let found = match parsed {
            Ok(parsed) => render(&parsed),
            Err(error) => error.code.name().to_owned(),
        };
        assert!(found.contains(expected), "{rules}\nis {found}");
    }

    #[track_caller]
    fn kept(rule: &str) {
        let rule = format!("<Rule>{rule}</Rule>");
        check(&rule, &rule);
    }

    const ALL: &str = "<Filter></Filter><Status>Enabled</Status>";
    const ONE_DAY: &str = "<Expiration><Days>1</Days></Expiration>";

    #[test]
    fn rules_come_back_as_they_went_in() {
        let of = |filter: &str| format!("{ONE_DAY}<ID>r</ID>{filter}<Status>Disabled</Status>");
        let tag = "<Tag><Key>k</Key><Value>v&amp;</Value></Tag>";
        kept(&of("<Prefix>log/</Prefix>"));
        kept(&of("<Filter></Filter>"));
        kept(&of("<Filter><Prefix></Prefix></Filter>"));
        kept(&of(&format!("<Filter>{tag}</Filter>")));
        kept(&of(
            "<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter>",
        ));
        kept(&of(&format!(
            "<Filter><And><Prefix>a</Prefix>{tag}<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>\
             <ObjectSizeLessThan>5</ObjectSizeLessThan></And></Filter>"
        )));
        kept(
            "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration><ID>d</ID><Filter>\
             </Filter><Status>Enabled</Status>",
        );
        kept(
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
             <ID>m</ID><Filter></Filter><Status>Enabled</Status><NoncurrentVersionExpiration>\
             <NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2\
             </NewerNoncurrentVersions></NoncurrentVersionExpiration>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>",
        );
        check(&format!("<Rule>{ALL}{ONE_DAY}</Rule>"), "<ID>made</ID>");
        let date = "<Expiration><Date>2030-01-01</Date></Expiration>";
        check(&format!("<Rule>{ALL}{date}</Rule>"), "2030-01-01T00:00");
    }

    #[test]
    fn what_s3_refuses_is_refused() {
        let refused = |rule: &str, code: &str| check(&format!("<Rule>{rule}</Rule>"), code);
        let with = |rest: &str| format!("{ALL}{rest}");
        let expiration = |what: &str| with(&format!("<Expiration>{what}</Expiration>"));
        check("", "MalformedXML");
        check(
            &format!("<Rule>{ALL}{ONE_DAY}</Rule>").repeat(1_001),
            "MalformedXML",
        );
        let named = format!("<Rule><ID>a</ID>{ALL}{ONE_DAY}</Rule>");
        check(&named.repeat(2), "InvalidArgument");
        let long = format!("<ID>{}</ID>", "a".repeat(256));
        refused(&format!("{long}{ALL}{ONE_DAY}"), "InvalidArgument");
        refused(&with(""), "InvalidRequest");
        refused(
            &format!("{ONE_DAY}<Status>Enabled</Status>"),
            "MalformedXML",
        );
        refused(
            &with(&format!("<Prefix></Prefix>{ONE_DAY}")),
            "MalformedXML",
        );
        let status = "<Filter></Filter><Status>enabled</Status>";
        refused(&format!("{status}{ONE_DAY}"), "MalformedXML");
        for days in ["0", "-1", "2147483648"] {
            refused(
                &expiration(&format!("<Days>{days}</Days>")),
                "InvalidArgument",
            );
        }
        refused(&expiration("<Days>1.5</Days>"), "MalformedXML");
        refused(&expiration(""), "MalformedXML");
        refused(
            &expiration("<Days>1</Days><Date>2030-01-01T00:00:00Z</Date>"),
            "MalformedXML",
        );
        for date in ["2030-01-01T00:00:01Z", "2030-01-01T00:00:00-06:00", "soon"] {
            refused(
                &expiration(&format!("<Date>{date}</Date>")),
                "InvalidArgument",
            );
        }
    }

    #[test]
    fn actions_and_filters_that_do_not_go_together_are_refused() {
        let refused = |rule: &str, code: &str| check(&format!("<Rule>{rule}</Rule>"), code);
        let with = |rest: &str| format!("{ALL}{rest}");
        let noncurrent = |what: &str| {
            let element = "NoncurrentVersionExpiration";
            with(&format!("<{element}>{what}</{element}>"))
        };
        refused(
            &noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
            "InvalidArgument",
        );
        let keep = "<NewerNoncurrentVersions>1</NewerNoncurrentVersions>";
        refused(&noncurrent(keep), "MalformedXML");
        for keep in ["0", "101"] {
            let keep = format!(
                "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>{keep}\
                 </NewerNoncurrentVersions>"
            );
            refused(&noncurrent(&keep), "InvalidArgument");
        }
        refused(
            &with("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
            "NotImplemented",
        );
        refused(&with("<Unknown>1</Unknown>"), "MalformedXML");
        let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
        let filtered = |filter: &str, action: &str| {
            format!("<Filter>{filter}</Filter><Status>Enabled</Status>{action}")
        };
        refused(
            &filtered(&format!("<Prefix>a</Prefix>{tag}"), ONE_DAY),
            "MalformedXML",
        );
        refused(
            &filtered("<And><Prefix>a</Prefix></And>", ONE_DAY),
            "MalformedXML",
        );
        refused(
            &filtered(&format!("<And>{tag}{tag}</And>"), ONE_DAY),
            "InvalidRequest",
        );
        let marker = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                      </Expiration>";
        refused(&filtered(tag, marker), "InvalidRequest");
        let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1\
                     </DaysAfterInitiation></AbortIncompleteMultipartUpload>";
        refused(&filtered(tag, abort), "InvalidRequest");
        refused(
            &filtered(
                "<And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>5\
                 </ObjectSizeLessThan></And>",
                ONE_DAY,
            ),
            "InvalidRequest",
        );
    }
}
