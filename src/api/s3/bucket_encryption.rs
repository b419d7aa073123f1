//! GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption: how new objects of a bucket
//! are sealed unless a request says otherwise. Source: AWS S3 API Reference, under these names.

use serde::Deserialize;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::meta::records::BucketDocument;
use crate::store::sealing::DefaultEncryption;
use crate::store::sealing::DefaultKey;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

const ROOT: &str = "ServerSideEncryptionConfiguration";
/// Characters of a key id. Source: AWS KMS API Reference, "KeyId".
const KEY_ID_CHARACTERS_MAX: usize = 2_048;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Configuration {
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Rule {
    apply_server_side_encryption_by_default: Option<ByDefault>,
    bucket_key_enabled: Option<String>,
    blocked_encryption_types: Option<Blocked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Blocked {
    #[serde(default)]
    encryption_type: Vec<String>,
}

pub(super) async fn get_bucket_encryption(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    Ok(Reply::xml(render(&DefaultEncryption::of(&bucket)?)))
}

pub(super) async fn put_bucket_encryption(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let encryption = parse(&body)?;
    let text = Some(encryption.render());
    let kind = BucketDocument::Encryption;
    let done = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, text)
        .await?;
    Ok(Reply::committed(done, |()| reply::empty(200)))
}

pub(super) async fn delete_bucket_encryption(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let kind = BucketDocument::Encryption;
    let done = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, None)
        .await?;
    Ok(Reply::committed(done, |()| reply::empty(204)))
}

fn parse(body: &[u8]) -> Result<DefaultEncryption, S3Error> {
    let configuration: Configuration = xml::read(ROOT, body)?;
    let [rule] = <[Rule; 1]>::try_from(configuration.rule).map_err(|_| Code::MalformedXML)?;
    let key = match &rule.apply_server_side_encryption_by_default {
        None => None,
        Some(by_default) => by_default.key()?,
    };
    let bucket_key = match rule.bucket_key_enabled.as_deref().map(str::trim) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Code::MalformedXML.into()),
    };
    let blocked = rule.blocked_encryption_types;
    let mut blocks_customer_keys = false;
    for kind in blocked.iter().flat_map(|blocked| &blocked.encryption_type) {
        match kind.trim() {
            "SSE-C" => blocks_customer_keys = true,
            "NONE" => {}
            _ => return Err(Code::MalformedXML.into()),
        }
    }
    Ok(DefaultEncryption {
        key,
        bucket_key,
        blocks_customer_keys,
    })
}

impl ByDefault {
    fn key(&self) -> Result<Option<DefaultKey>, S3Error> {
        let id = self.key_id.as_deref().map(str::trim);
        match (self.algorithm.trim(), id) {
            ("AES256", None) => Ok(None),
            ("AES256", Some(id)) => {
                let message = "A KMSMasterKeyID is not applicable if the default sse algorithm is \
                               not aws:kms or aws:kms:dsse.";
                Err(S3Error::argument(
                    "ApplyServerSideEncryptionByDefault",
                    id,
                    message,
                ))
            }
            ("aws:kms", Some(id)) if id.is_empty() || id.len() > KEY_ID_CHARACTERS_MAX => {
                let message = "The KMSMasterKeyID is no key's id.";
                Err(S3Error::argument("KMSMasterKeyID", id, message))
            }
            ("aws:kms", id) => Ok(Some(DefaultKey {
                id: id.map(str::to_owned),
            })),
            ("aws:kms:dsse", _) => Err(S3Error::not_implemented(
                "Dual-layer server-side encryption (aws:kms:dsse)",
            )),
            _ => Err(Code::MalformedXML.into()),
        }
    }
}

fn render(encryption: &DefaultEncryption) -> String {
    let mut xml = Xml::new(ROOT);
    xml.open("Rule").open("ApplyServerSideEncryptionByDefault");
    match &encryption.key {
        None => xml.text("SSEAlgorithm", "AES256"),
        Some(_) => xml.text("SSEAlgorithm", "aws:kms"),
    };
    if let Some(id) = encryption.key.as_ref().and_then(|key| key.id.as_deref()) {
        xml.text("KMSMasterKeyID", id);
    }
    xml.close("ApplyServerSideEncryptionByDefault");
    xml.value("BucketKeyEnabled", encryption.bucket_key);
    if encryption.blocks_customer_keys {
        xml.open("BlockedEncryptionTypes");
        xml.text("EncryptionType", "SSE-C");
        xml.close("BlockedEncryptionTypes");
    }
    xml.close("Rule");
    xml.finish(ROOT)
}

#[cfg(test)]
mod tests {
    use super::{ROOT, parse, render};
    use crate::store::sealing::{DefaultEncryption, DefaultKey};

    fn document(rules: &str) -> String {
        format!("<{ROOT} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{rules}</{ROOT}>")
    }

    #[track_caller]
    fn check(rule: &str, expected: Result<DefaultEncryption, &str>) {
        let rules = document(&format!("<Rule>{rule}</Rule>"));
        let parsed = parse(rules.as_bytes()).map_err(|error| error.code.name());
        assert_eq!(parsed, expected, "{rule}");
        if let Ok(parsed) = parsed {
            assert_eq!(parse(render(&parsed).as_bytes()).unwrap(), parsed);
        }
    }

    fn by_default(inside: &str) -> String {
        format!("<ApplyServerSideEncryptionByDefault>{inside}</ApplyServerSideEncryptionByDefault>")
    }

    #[test]
    fn configurations() {
        let aes = by_default("<SSEAlgorithm>AES256</SSEAlgorithm>");
        check(&aes, Ok(DefaultEncryption::default()));
        let key = |id: Option<&str>| {
            let id = id.map(str::to_owned);
            Some(DefaultKey { id })
        };
        check(
            &by_default("<SSEAlgorithm>aws:kms</SSEAlgorithm>"),
            Ok(DefaultEncryption {
                key: key(None),
                ..DefaultEncryption::default()
            }),
        );
        let named =
            by_default("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>a</KMSMasterKeyID>");
        let blocked = "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>\
                       </BlockedEncryptionTypes>";
        check(
            &format!("{named}<BucketKeyEnabled>true</BucketKeyEnabled>{blocked}"),
            Ok(DefaultEncryption {
                key: key(Some("a")),
                bucket_key: true,
                blocks_customer_keys: true,
            }),
        );
        check(
            &format!("{aes}{}", blocked.replace("SSE-C", "NONE")),
            Ok(DefaultEncryption::default()),
        );
        let argued =
            by_default("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>a</KMSMasterKeyID>");
        check(&argued, Err("InvalidArgument"));
        let two_layers = by_default("<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>");
        check(&two_layers, Err("NotImplemented"));
        check(&by_default(""), Err("MalformedXML"));
        check(&aes.replace("AES256", "AES128"), Err("MalformedXML"));
        check(&format!("{aes}<Other/>"), Err("MalformedXML"));
        check(
            &format!("{aes}<BucketKeyEnabled>yes</BucketKeyEnabled>"),
            Err("MalformedXML"),
        );
    }

    #[test]
    fn there_is_one_rule() {
        let rule = "<Rule><BucketKeyEnabled>false</BucketKeyEnabled></Rule>";
        for rules in ["", &rule.repeat(2)] {
            let refused = parse(document(rules).as_bytes()).err().unwrap();
            assert_eq!(refused.code.name(), "MalformedXML");
        }
    }
}
