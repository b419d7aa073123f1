//! How documents are sealed: what a client asks for, resolved against the keys of its agency, and
//! what a client must bring to have one opened.

use serde::Deserialize;
use serde::Serialize;

use crate::crypto::derive::derive;
use crate::crypto::secret::SecretKey;
use crate::keys;
use crate::keys::customer::CustomerKey;
use crate::keys::data_key::Place;
use crate::keys::data_key::WrappedDataKey;
use crate::meta;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::meta::records::Encryption;
use crate::meta::records::KeyEncryption;
use crate::types::agency_key::KeyState;
use crate::types::names::KeyName;

use super::agencies::Agency;
use super::error::CustomerKeyRefusal;
use super::error::Error;
use super::ingest::Ingested;

/// How a new object is asked to be sealed.
#[derive(Clone, Debug, Default)]
pub enum Asked {
    /// As everything is: SSE-S3.
    #[default]
    Default,
    /// Under an agency key: SSE-KMS.
    Key(AskedKey),
    /// Under the customer's key too: SSE-C.
    Customer(CustomerKey),
}

/// The agency key that is asked for.
#[derive(Clone, Debug)]
pub struct AskedKey {
    /// Its name; `None` if the text names no key that this agency could have.
    pub name: Option<KeyName>,
    /// The encryption context, in its canonical form.
    pub context: Option<String>,
    /// Whether an S3 Bucket Key is asked for.
    pub bucket_key: bool,
}

/// A request for sealing that can be met.
pub(super) struct Sealing {
    pub(super) encryption: Encryption,
    pub(super) customer: Option<CustomerKey>,
}

impl Agency {
    /// Finds the key that is asked for.
    pub(super) fn sealing(&self, asked: Asked) -> Result<Sealing, Error> {
        let (encryption, customer) = match asked {
            Asked::Default => (Encryption::Default, None),
            Asked::Customer(key) => (Encryption::Customer(key.new_check()), Some(key)),
            Asked::Key(asked) => {
                let unknown = Error::Metadata(meta::Error::NoSuchAgencyKey);
                let name = asked.name.ok_or(unknown)?;
                let found = self.keyring.key_named(&name);
                let (number, state) = found.ok_or(meta::Error::NoSuchAgencyKey)?;
                if state != KeyState::Active {
                    return Err(Error::KeyUnavailable(keys::error::Error::NoActiveVersion));
                }
                let key = KeyEncryption {
                    number,
                    name,
                    context: asked.context,
                    bucket_key: asked.bucket_key,
                };
                (Encryption::Key(key), None)
            }
        };
        Ok(Sealing {
            encryption,
            customer,
        })
    }
}

impl Agency {
    /// Refuses what is sealed under a key that was destroyed.
    pub(super) fn ensure_opens(&self, encryption: &Encryption) -> Result<(), Error> {
        let Encryption::Key(key) = encryption else {
            return Ok(());
        };
        match self.keyring.key_named(&key.name) {
            Some((_, KeyState::Destroyed)) | None => {
                Err(Error::KeyUnavailable(keys::error::Error::NoActiveVersion))
            }
            Some((_, KeyState::Active | KeyState::Retired)) => Ok(()),
        }
    }
}

impl Sealing {
    /// Wraps a data key for its place, under the keys that were asked for.
    pub(super) fn wrap(
        &self,
        agency: &Agency,
        data_key: &SecretKey,
        place: &Place<'_>,
    ) -> Result<Vec<u8>, Error> {
        let number = self.encryption.key_number();
        agency
            .keyring
            .wrap_data_key(data_key, place, number, self.customer.as_ref())
            .map(WrappedDataKey::into_bytes)
            .map_err(Error::KeyUnavailable)
    }

    /// The MD5 of an entity tag. Where a key was asked for it is none, as S3 has it: the tag is
    /// shown to whoever may list, who need not be allowed to know what the document is.
    pub(super) fn tag_md5(&self, ingested: &Ingested) -> [u8; 16] {
        match &self.encryption {
            Encryption::Default => ingested.md5,
            Encryption::Key(_) | Encryption::Customer(_) => tag(&ingested.data_key, &ingested.md5),
        }
    }
}

fn tag(data_key: &SecretKey, md5: &[u8; 16]) -> [u8; 16] {
    let derived = derive(data_key, "acervo.etag", md5);
    let first = derived.expose().first_chunk().copied();
    first.unwrap_or_default()
}

/// What the key that a request brings has to fit.
#[derive(Clone, Copy)]
pub(super) enum Locked {
    Object,
    Upload,
}

/// Checks that a request brought the customer's key that opens an object, and none where none was
/// used. Whatever shows an object asks this first: without the right key nothing is told of it.
///
/// # Errors
/// [`Error::CustomerKey`].
pub fn unlock_object(
    encryption: &Encryption,
    brought: Option<CustomerKey>,
) -> Result<Option<CustomerKey>, Error> {
    unlock(encryption, brought, Locked::Object)
}

/// Checks that a request brought the customer's key that was used, and none where none was.
pub(super) fn unlock(
    encryption: &Encryption,
    brought: Option<CustomerKey>,
    locked: Locked,
) -> Result<Option<CustomerKey>, Error> {
    let refusal = match (encryption, brought, locked) {
        (Encryption::Customer(check), Some(key), _) if key.fits(check) => return Ok(Some(key)),
        (Encryption::Default | Encryption::Key(_), None, _) => return Ok(None),
        (Encryption::Default | Encryption::Key(_), Some(_), _) => CustomerKeyRefusal::NotNeeded,
        (Encryption::Customer(_), None, Locked::Object) => CustomerKeyRefusal::ObjectNeedsOne,
        (Encryption::Customer(_), None, Locked::Upload) => CustomerKeyRefusal::UploadNeedsOne,
        (Encryption::Customer(_), Some(_), Locked::Object) => CustomerKeyRefusal::ObjectHasAnother,
        (Encryption::Customer(_), Some(_), Locked::Upload) => CustomerKeyRefusal::UploadHasAnother,
    };
    Err(Error::CustomerKey(refusal))
}

/// A bucket's default encryption, as its configuration is stored.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultEncryption {
    /// The agency key as the client named it, if one seals new objects.
    pub key: Option<DefaultKey>,
    /// Whether an S3 Bucket Key is asked for.
    pub bucket_key: bool,
    /// Whether customers' keys are refused.
    pub blocks_customer_keys: bool,
}

/// The agency key of a bucket's default encryption.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultKey {
    /// Its id in the client's words; `None` for the agency's default key.
    pub id: Option<String>,
}

impl DefaultEncryption {
    /// That of a bucket. What cannot be read refuses (law 8).
    ///
    /// # Errors
    /// [`Error::UnreadableDocument`].
    pub fn of(bucket: &BucketRecord) -> Result<Self, Error> {
        let kind = BucketDocument::Encryption;
        match bucket.documents.get(kind) {
            None => Ok(Self::default()),
            Some(text) => serde_json::from_str(text).map_err(|_| Error::UnreadableDocument(kind)),
        }
    }

    /// The text to store.
    pub fn render(&self) -> String {
        serde_json::to_string(self).expect("strings and truth values have a JSON form")
    }
}

#[cfg(test)]
mod tests {
    use super::{DefaultEncryption, DefaultKey, Locked, unlock};
    use crate::crypto::secret::SecretKey;
    use crate::keys::customer::CustomerKey;
    use crate::meta::records::Encryption;
    use crate::store::error::{CustomerKeyRefusal, Error};

    fn key(byte: u8) -> CustomerKey {
        CustomerKey::new(SecretKey::new([byte; 32]))
    }

    #[track_caller]
    fn check(
        encryption: &Encryption,
        brought: Option<CustomerKey>,
        expected: Option<CustomerKeyRefusal>,
    ) {
        let refusal = match unlock(encryption, brought, Locked::Object) {
            Ok(_) => None,
            Err(Error::CustomerKey(refusal)) => Some(refusal),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(refusal, expected);
    }

    #[test]
    fn a_customers_key_opens_what_it_sealed_and_nothing_else() {
        let sealed = Encryption::Customer(key(1).new_check());
        check(&sealed, Some(key(1)), None);
        check(
            &sealed,
            Some(key(2)),
            Some(CustomerKeyRefusal::ObjectHasAnother),
        );
        check(&sealed, None, Some(CustomerKeyRefusal::ObjectNeedsOne));
        check(&Encryption::Default, None, None);
        check(
            &Encryption::Default,
            Some(key(1)),
            Some(CustomerKeyRefusal::NotNeeded),
        );
    }

    #[test]
    fn the_stored_text_reads_back_and_nothing_else_does() {
        let id = Some("alias/nominas".to_owned());
        for encryption in [
            DefaultEncryption::default(),
            DefaultEncryption {
                key: Some(DefaultKey { id }),
                bucket_key: true,
                blocks_customer_keys: true,
            },
        ] {
            let read: DefaultEncryption = serde_json::from_str(&encryption.render()).unwrap();
            assert_eq!(read, encryption);
        }
        let unknown = r#"{"key":null,"bucket_key":false,"blocks_customer_keys":false,"x":1}"#;
        assert!(serde_json::from_str::<DefaultEncryption>(unknown).is_err());
    }
}
