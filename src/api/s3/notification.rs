//! Notification configurations as S3 writes them: read, checked, written.
//!
//! A queue or topic is a webhook of the agency: `arn:aws:sqs:<region>:<agency>:<webhook>`. Source:
//! AWS S3 API Reference, "PutBucketNotificationConfiguration"; S3 User Guide, "Configuring event
//! notifications using object key name filtering".

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::types::events::EventKind;
use crate::types::events::Notification;
use crate::types::events::Target;
use crate::types::events::TargetKind;
use crate::types::events::never_happens;
use crate::types::limits;

use super::code::Code;
use super::error::S3Error;

/// Targets of one bucket. Source: AWS S3 User Guide, "Event notification types and destinations".
const TARGETS_MAX: usize = 100;
/// Characters of a target's name.
const ID_MAX: usize = 255;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConfigurationXml {
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
    #[serde(default)]
    topic_configuration: Vec<TopicXml>,
    #[serde(default)]
    queue_configuration: Vec<QueueXml>,
    #[serde(default)]
    cloud_function_configuration: Vec<IgnoredAny>,
    event_bridge_configuration: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TopicXml {
    id: Option<String>,
    topic: String,
    #[serde(default)]
    event: Vec<String>,
    filter: Option<FilterXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueueXml {
    id: Option<String>,
    queue: String,
    #[serde(default)]
    event: Vec<String>,
    filter: Option<FilterXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterXml {
    s3_key: Option<KeyXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyXml {
    #[serde(default)]
    filter_rule: Vec<FilterRuleXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterRuleXml {
    name: String,
    value: String,
}

fn argument(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::new(Code::InvalidArgument, message)
}

fn no_destination() -> S3Error {
    argument("Unable to validate the following destination configurations")
}

/// What a bucket's targets may name.
pub(super) struct Places<'a> {
    pub(super) region: &'a str,
    pub(super) agency: &'a str,
    /// The webhooks that there are.
    pub(super) webhooks: &'a [String],
}

/// A target before it is checked.
struct Given {
    id: Option<String>,
    kind: TargetKind,
    arn: String,
    events: Vec<String>,
    filter: Option<FilterXml>,
}

/// Reads and checks the configuration that a client sends. `name` makes the name of a target that
/// has none.
pub(super) fn parse(
    body: &[u8],
    places: &Places<'_>,
    mut name: impl FnMut() -> String,
) -> Result<Notification, S3Error> {
    let configuration: ConfigurationXml = xml::read("NotificationConfiguration", body)?;
    if !configuration.cloud_function_configuration.is_empty() {
        return Err(S3Error::not_implemented(
            "A notification to a function: there are webhooks, as queues or topics. It",
        ));
    }
    let topics = configuration.topic_configuration.into_iter();
    let topics = topics.map(|topic| Given {
        id: topic.id,
        kind: TargetKind::Topic,
        arn: topic.topic,
        events: topic.event,
        filter: topic.filter,
    });
    let queues = configuration.queue_configuration.into_iter();
    let queues = queues.map(|queue| Given {
        id: queue.id,
        kind: TargetKind::Queue,
        arn: queue.queue,
        events: queue.event,
        filter: queue.filter,
    });
    let given: Vec<Given> = topics.chain(queues).collect();
    if given.len() > TARGETS_MAX {
        return Err(argument(
            "There are more than 100 notification configurations.",
        ));
    }
    let mut names = BTreeSet::new();
    let mut targets: Vec<Target> = Vec::with_capacity(given.len());
    for given in given {
        let target = given.checked(places, &mut name)?;
        if !names.insert(target.id.clone()) {
            let message = "Same ID used for multiple configurations. IDs must be unique";
            return Err(argument(message));
        }
        if targets.iter().any(|other| other.overlaps(&target)) {
            let message = "Configurations overlap. Configurations on the same bucket cannot \
                           share a common event type.";
            return Err(argument(message));
        }
        targets.push(target);
    }
    Ok(Notification {
        shape: 1,
        targets,
        keeps_all: configuration.event_bridge_configuration.is_some(),
    })
}

impl Given {
    fn checked(
        self,
        places: &Places<'_>,
        name: &mut impl FnMut() -> String,
    ) -> Result<Target, S3Error> {
        let id = self.id.filter(|id| !id.is_empty()).unwrap_or_else(name);
        if id.chars().count() > ID_MAX {
            return Err(argument("ID length should not exceed allowed limit of 255"));
        }
        if self.events.is_empty() {
            return Err(Code::MalformedXML.into());
        }
        let known = |event: &String| EventKind::ALL.iter().any(|kind| kind.is_meant_by(event));
        if let Some(event) = self.events.iter().find(|event| !known(event)) {
            if let Some(why) = never_happens(event) {
                let what = format!("The event {event}, which never happens here because {why},");
                return Err(S3Error::not_implemented(&what));
            }
            let event = event.chars().take(256).collect::<String>();
            let message = format!("The event '{event}' is not supported for notifications");
            return Err(argument(message));
        }
        let webhook = webhook(&self.arn, self.kind, places).ok_or_else(no_destination)?;
        let (prefix, suffix) = self.filter.map_or(Ok((None, None)), FilterXml::checked)?;
        Ok(Target {
            id,
            kind: self.kind,
            webhook,
            arn: self.arn,
            events: self.events,
            prefix,
            suffix,
        })
    }
}

/// The webhook that an ARN names, if it is one of the agency.
fn webhook(arn: &str, kind: TargetKind, places: &Places<'_>) -> Option<String> {
    let service = match kind {
        TargetKind::Queue => "sqs",
        TargetKind::Topic => "sns",
    };
    let rest = arn.strip_prefix("arn:aws:")?.strip_prefix(service)?;
    let rest = rest.strip_prefix(':')?.strip_prefix(places.region)?;
    let rest = rest.strip_prefix(':')?.strip_prefix(places.agency)?;
    let name = rest.strip_prefix(':')?;
    let known = places.webhooks.iter().any(|webhook| webhook == name);
    known.then(|| name.to_owned())
}

impl FilterXml {
    fn checked(self) -> Result<(Option<String>, Option<String>), S3Error> {
        let (mut prefix, mut suffix) = (None, None);
        for rule in self.s3_key.map(|key| key.filter_rule).unwrap_or_default() {
            if rule.value.len() > limits::OBJECT_KEY_BYTES_MAX {
                return Err(argument("filter rule value cannot exceed 1024 bytes"));
            }
            let (place, what) = match rule.name.to_ascii_lowercase().as_str() {
                "prefix" => (&mut prefix, "prefix"),
                "suffix" => (&mut suffix, "suffix"),
                _ => {
                    return Err(argument("filter rule name must be either prefix or suffix"));
                }
            };
            if place.replace(rule.value).is_some() {
                let message = format!("Cannot specify more than one {what} rule in a filter.");
                return Err(argument(message));
            }
        }
        Ok((prefix, suffix))
    }
}

/// The document that a client gets.
pub(super) fn render(notification: &Notification) -> String {
    let mut xml = Xml::new("NotificationConfiguration");
    for kind in [TargetKind::Topic, TargetKind::Queue] {
        let (element, place) = match kind {
            TargetKind::Topic => ("TopicConfiguration", "Topic"),
            TargetKind::Queue => ("QueueConfiguration", "Queue"),
        };
        let targets = notification.targets.iter();
        for target in targets.filter(|target| target.kind == kind) {
            xml.open(element)
                .text("Id", &target.id)
                .text(place, &target.arn);
            for event in &target.events {
                xml.text("Event", event);
            }
            render_filter(&mut xml, target);
            xml.close(element);
        }
    }
    if notification.keeps_all {
        xml.open("EventBridgeConfiguration")
            .close("EventBridgeConfiguration");
    }
    xml.finish("NotificationConfiguration")
}

fn render_filter(xml: &mut Xml, target: &Target) {
    let rules = [("Prefix", &target.prefix), ("Suffix", &target.suffix)];
    if rules.iter().all(|(_, value)| value.is_none()) {
        return;
    }
    xml.open("Filter").open("S3Key");
    for (name, value) in rules {
        if let Some(value) = value {
            xml.open("FilterRule")
                .text("Name", name)
                .text("Value", value)
                .close("FilterRule");
        }
    }
    xml.close("S3Key").close("Filter");
}

#[cfg(test)]
mod tests {
    use super::{Places, parse, render};

    #[track_caller]
    fn check(configuration: &str, expected: &str) {
        let xml = format!("<NotificationConfiguration>{configuration}</NotificationConfiguration>");
        let places = Places {
            region: "us-east-1",
            agency: "agencia",
            webhooks: &["avisos".to_owned()],
        };
        let found = match parse(xml.as_bytes(), &places, || "made".to_owned()) {
            Ok(parsed) => render(&parsed),
            Err(error) => error.code.name().to_owned(),
        };
        assert!(found.contains(expected), "{configuration}\nis {found}");
    }

    const QUEUE: &str = "<Queue>arn:aws:sqs:us-east-1:agencia:avisos</Queue>";

    fn queue(rest: &str) -> String {
        format!("<QueueConfiguration>{rest}</QueueConfiguration>")
    }

    fn event(name: &str) -> String {
        format!("<Event>s3:{name}</Event>")
    }

    fn filtered(rules: &[(&str, &str)]) -> String {
        let rule = |(name, value): &(&str, &str)| {
            format!("<FilterRule><Name>{name}</Name><Value>{value}</Value></FilterRule>")
        };
        let rules: String = rules.iter().map(rule).collect();
        format!("<Filter><S3Key>{rules}</S3Key></Filter>")
    }

    #[test]
    fn configurations_come_back_as_they_went_in() {
        let created = event("ObjectCreated:*");
        let filter = filtered(&[("Prefix", "in/"), ("Suffix", ".pdf")]);
        let whole = queue(&format!("<Id>uno</Id>{QUEUE}{created}{filter}"));
        check(&whole, &whole);
        check(&queue(&format!("{QUEUE}{created}")), "<Id>made</Id>");
        check("", "<NotificationConfiguration xmlns");
        let bridge = "<EventBridgeConfiguration></EventBridgeConfiguration>";
        check(bridge, bridge);
        check("<EventBridgeConfiguration/>", bridge);
        let topic = "<TopicConfiguration><Id>t</Id><Topic>arn:aws:sns:us-east-1:agencia:avisos\
                     </Topic><Event>s3:ObjectRemoved:Delete</Event></TopicConfiguration>";
        check(topic, topic);
    }

    #[test]
    fn what_s3_refuses_is_refused() {
        let created = event("ObjectCreated:*");
        for arn in [
            "arn:aws:sqs:us-east-1:agencia:otro",
            "arn:aws:sqs:us-east-1:otra:avisos",
            "arn:aws:sqs:mx-1:agencia:avisos",
            "arn:aws:sns:us-east-1:agencia:avisos",
            "avisos",
            "",
        ] {
            check(
                &queue(&format!("<Queue>{arn}</Queue>{created}")),
                "InvalidArgument",
            );
        }
        for name in ["*", "ObjectCreated", "ObjectAcl:*", "TestEvent"] {
            check(
                &queue(&format!("{QUEUE}{}", event(name))),
                "InvalidArgument",
            );
        }
        for name in ["ObjectRestore:*", "Replication:*", "LifecycleTransition"] {
            check(&queue(&format!("{QUEUE}{}", event(name))), "NotImplemented");
        }
        check(&queue(QUEUE), "MalformedXML");
        check(&queue(&created), "MalformedXML");
        let with = |rules: &[(&str, &str)]| queue(&format!("{QUEUE}{created}{}", filtered(rules)));
        check(
            &with(&[("prefix", "a"), ("Prefix", "b")]),
            "InvalidArgument",
        );
        check(&with(&[("size", "1")]), "InvalidArgument");
        let long = "a".repeat(1_025);
        check(&with(&[("prefix", long.as_str())]), "InvalidArgument");
        let named = |id: &str, rules: &[(&str, &str)]| {
            let filter = filtered(rules);
            queue(&format!("<Id>{id}</Id>{QUEUE}{created}{filter}"))
        };
        let (a, b) = ([("prefix", "a")], [("prefix", "b")]);
        check(&(named("1", &a) + &named("2", &b)), "<Id>2</Id>");
        check(&(named("1", &a) + &named("1", &b)), "InvalidArgument");
        check(
            &(named("1", &a) + &named("2", &[("prefix", "ab")])),
            "InvalidArgument",
        );
        let function = "<CloudFunctionConfiguration><CloudFunction>arn:aws:lambda:us-east-1:a:\
                        function:f</CloudFunction><Event>s3:ObjectCreated:*</Event>\
                        </CloudFunctionConfiguration>";
        check(function, "NotImplemented");
    }
}
