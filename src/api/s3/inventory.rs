//! Inventory configurations as S3 writes them: read, checked, written.
//!
//! Source: AWS S3 API Reference, "PutBucketInventoryConfiguration".

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::jobs::inventory::configuration::Field;
use crate::jobs::inventory::configuration::Frequency;
use crate::jobs::inventory::configuration::Inventory;
use crate::jobs::inventory::configuration::ReportEncryption;
use crate::jobs::inventory::configuration::Versions;
use crate::types::limits;

use super::code::Code;
use super::error::S3Error;

const ROOT: &str = "InventoryConfiguration";
/// Characters of a configuration's name. Source: AWS S3 User Guide, "Configuring Amazon S3
/// Inventory".
const ID_MAX: usize = 64;
/// What S3 tells of objects that this store has nothing to tell of.
const FIELDS_ELSEWHERE: [&str; 3] = [
    "IntelligentTieringAccessTier",
    "LifecycleExpirationDate",
    "ReplicationStatus",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConfigurationXml {
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
    destination: DestinationXml,
    is_enabled: bool,
    filter: Option<FilterXml>,
    id: String,
    included_object_versions: String,
    optional_fields: Option<FieldsXml>,
    schedule: ScheduleXml,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DestinationXml {
    #[serde(rename = "S3BucketDestination")]
    bucket: BucketXml,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BucketXml {
    account_id: Option<String>,
    bucket: String,
    format: String,
    prefix: Option<String>,
    encryption: Option<EncryptionXml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptionXml {
    #[serde(rename = "SSE-S3")]
    default: Option<IgnoredAny>,
    #[serde(rename = "SSE-KMS")]
    key: Option<KeyXml>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyXml {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterXml {
    prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FieldsXml {
    #[serde(default)]
    field: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduleXml {
    frequency: String,
}

/// Reads and checks the configuration that a client sends under this name.
pub(super) fn parse(body: &[u8], id: &str) -> Result<Inventory, S3Error> {
    let configuration: ConfigurationXml = xml::read(ROOT, body)?;
    if configuration.id != id {
        return Err(Code::IdMismatch.into());
    }
    let bucket = configuration.destination.bucket;
    let filter_prefix = configuration.filter.map(|filter| filter.prefix);
    if filter_prefix
        .as_ref()
        .is_some_and(|prefix| prefix.len() > limits::OBJECT_KEY_BYTES_MAX)
    {
        let message = "The prefix is longer than a key may be.";
        return Err(S3Error::new(Code::InvalidArgument, message));
    }
    match bucket.format.as_str() {
        "CSV" => {}
        "ORC" | "Parquet" => {
            return Err(S3Error::not_implemented(
                "An inventory in ORC or Parquet: reports are CSV. It",
            ));
        }
        _ => return Err(Code::MalformedXML.into()),
    }
    let target_bucket = bucket.bucket.strip_prefix("arn:aws:s3:::");
    let target_bucket = target_bucket.ok_or_else(|| {
        let message = "The destination is not the ARN of a bucket: arn:aws:s3:::name";
        S3Error::new(Code::InvalidS3DestinationBucket, message)
    })?;
    Ok(Inventory {
        shape: 1,
        id: configuration.id,
        is_enabled: configuration.is_enabled,
        filter_prefix,
        versions: match configuration.included_object_versions.as_str() {
            "All" => Versions::All,
            "Current" => Versions::Current,
            _ => return Err(Code::MalformedXML.into()),
        },
        frequency: match configuration.schedule.frequency.as_str() {
            "Daily" => Frequency::Daily,
            "Weekly" => Frequency::Weekly,
            _ => return Err(Code::MalformedXML.into()),
        },
        fields: fields(configuration.optional_fields)?,
        target_bucket: target_bucket.to_owned(),
        target_prefix: bucket.prefix,
        target_account: bucket.account_id,
        encryption: bucket.encryption.map(EncryptionXml::checked).transpose()?,
    })
}

/// Whether a configuration may be called so.
pub(super) fn check_id(id: &str) -> Result<(), S3Error> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if id.is_empty() || id.len() > ID_MAX || !id.bytes().all(fits) {
        let message = "The name of a configuration has 1 to 64 letters, digits, hyphens, periods \
                       or underscores.";
        return Err(S3Error::argument("id", id, message));
    }
    Ok(())
}

fn fields(fields: Option<FieldsXml>) -> Result<Vec<Field>, S3Error> {
    let names = fields.map(|fields| fields.field).unwrap_or_default();
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        if FIELDS_ELSEWHERE.contains(&name.as_str()) {
            let what = format!("The field {name} of an inventory");
            return Err(S3Error::not_implemented(&what));
        }
        let field = Field::parse(&name).ok_or(Code::MalformedXML)?;
        if fields.contains(&field) {
            let message = "A field is named twice.";
            return Err(S3Error::argument("Field", &name, message));
        }
        fields.push(field);
    }
    Ok(fields)
}

impl EncryptionXml {
    fn checked(self) -> Result<ReportEncryption, S3Error> {
        match (self.default, self.key) {
            (Some(_), None) => Ok(ReportEncryption::Default),
            (None, Some(key)) => Ok(ReportEncryption::Key(key.key_id)),
            _ => Err(Code::MalformedXML.into()),
        }
    }
}

/// The document that a client gets.
pub(super) fn render(inventory: &Inventory) -> String {
    let mut xml = Xml::new(ROOT);
    elements(&mut xml, inventory);
    xml.finish(ROOT)
}

/// What stands in the document.
pub(super) fn elements(xml: &mut Xml, inventory: &Inventory) {
    xml.text("Id", &inventory.id)
        .value("IsEnabled", inventory.is_enabled);
    if let Some(prefix) = &inventory.filter_prefix {
        xml.open("Filter").text("Prefix", prefix).close("Filter");
    }
    xml.open("Destination").open("S3BucketDestination");
    xml.text("Format", "CSV")
        .maybe("AccountId", inventory.target_account.as_deref());
    let arn = format!("arn:aws:s3:::{}", inventory.target_bucket);
    xml.text("Bucket", &arn)
        .maybe("Prefix", inventory.target_prefix.as_deref());
    match &inventory.encryption {
        None => {}
        Some(ReportEncryption::Default) => {
            xml.raw("<Encryption><SSE-S3></SSE-S3></Encryption>");
        }
        Some(ReportEncryption::Key(id)) => {
            xml.open("Encryption").open("SSE-KMS").text("KeyId", id);
            xml.close("SSE-KMS").close("Encryption");
        }
    }
    xml.close("S3BucketDestination").close("Destination");
    xml.open("Schedule");
    let frequency = match inventory.frequency {
        Frequency::Daily => "Daily",
        Frequency::Weekly => "Weekly",
    };
    xml.text("Frequency", frequency).close("Schedule");
    let versions = match inventory.versions {
        Versions::All => "All",
        Versions::Current => "Current",
    };
    xml.text("IncludedObjectVersions", versions);
    if !inventory.fields.is_empty() {
        xml.open("OptionalFields");
        for field in &inventory.fields {
            xml.text("Field", field.name());
        }
        xml.close("OptionalFields");
    }
}

#[cfg(test)]
mod tests {
    use super::{check_id, parse, render};

    fn document(destination: &str, rest: &str) -> String {
        format!(
            "<InventoryConfiguration><Destination><S3BucketDestination>{destination}\
             </S3BucketDestination></Destination>{rest}</InventoryConfiguration>"
        )
    }

    const TARGET: &str = "<Bucket>arn:aws:s3:::listas</Bucket><Format>CSV</Format>";
    const REST: &str = "<IsEnabled>true</IsEnabled><Id>todo</Id>\
                        <IncludedObjectVersions>All</IncludedObjectVersions>\
                        <Schedule><Frequency>Weekly</Frequency></Schedule>";

    #[track_caller]
    fn check(destination: &str, rest: &str, expected: &str) {
        let found = match parse(document(destination, rest).as_bytes(), "todo") {
            Ok(inventory) => {
                let shown = render(&inventory);
                assert_eq!(parse(shown.as_bytes(), "todo").ok(), Some(inventory));
                shown
            }
            Err(error) => error.code.name().to_owned(),
        };
        assert!(found.contains(expected), "{destination}{rest}\nis {found}");
    }

    #[test]
    fn configurations_come_back_as_they_went_in() {
        check(TARGET, REST, "<Frequency>Weekly</Frequency>");
        let key = "<Encryption><SSE-KMS><KeyId>alias/listas</KeyId></SSE-KMS></Encryption>";
        let prefix = "<AccountId>agencia</AccountId><Prefix>p</Prefix>";
        check(&[TARGET, prefix, key].concat(), REST, key);
        check(&[TARGET, prefix].concat(), REST, "<Prefix>p</Prefix>");
        check(
            &[TARGET, "<Encryption><SSE-S3/></Encryption>"].concat(),
            REST,
            "<Encryption><SSE-S3></SSE-S3></Encryption>",
        );
        let fields = "<OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields>";
        let filter = "<Filter><Prefix>a/</Prefix></Filter>";
        check(TARGET, &[REST, filter, fields].concat(), fields);
        check(TARGET, &[REST, filter].concat(), filter);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let orc = TARGET.replace("CSV", "ORC");
        check(&orc, REST, "NotImplemented");
        check(&TARGET.replace("CSV", "Parquet"), REST, "NotImplemented");
        check(&TARGET.replace("CSV", "XML"), REST, "MalformedXML");
        check(
            &TARGET.replace("arn:aws:s3:::", ""),
            REST,
            "InvalidS3DestinationBucket",
        );
        check(TARGET, &REST.replace("todo", "otro"), "IdMismatch");
        check(TARGET, &REST.replace("Weekly", "Hourly"), "MalformedXML");
        check(TARGET, &REST.replace("All", "Some"), "MalformedXML");
        check(TARGET, "", "MalformedXML");
        let both = "<Encryption><SSE-S3/><SSE-KMS><KeyId>a</KeyId></SSE-KMS></Encryption>";
        check(&[TARGET, both].concat(), REST, "MalformedXML");
        let field = |names: &str| format!("{REST}<OptionalFields>{names}</OptionalFields>");
        check(
            TARGET,
            &field("<Field>ReplicationStatus</Field>"),
            "NotImplemented",
        );
        check(TARGET, &field("<Field>Colour</Field>"), "MalformedXML");
        let twice = field("<Field>Size</Field><Field>Size</Field>");
        check(TARGET, &twice, "InvalidArgument");
    }

    #[test]
    fn names_are_short_and_plain() {
        assert!(check_id("Todo-1_a.b").is_ok() && check_id(&"a".repeat(64)).is_ok());
        for wrong in ["", "a/b", "ñ", "a b", &"a".repeat(65)] {
            assert!(check_id(wrong).is_err(), "{wrong}");
        }
    }
}
