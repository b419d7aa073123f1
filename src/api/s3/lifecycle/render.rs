//! Rules as a client gets them.

use crate::api::http::xml::Xml;
use crate::jobs::lifecycle::rules::Expiration;
use crate::jobs::lifecycle::rules::Filter;
use crate::jobs::lifecycle::rules::Form;
use crate::jobs::lifecycle::rules::Rules;
use crate::types::clock::Time;

/// The document that a client gets.
pub(in crate::api::s3) fn render(rules: &Rules) -> String {
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
