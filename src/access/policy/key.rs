//! The condition keys that this store knows. Any other is refused when a policy is stored: a
//! condition on something that no request ever has would be a rule that never holds (law 8).
//!
//! Sources: AWS IAM User Guide, "AWS global condition context keys"; AWS Service Authorization
//! Reference, "Actions, resources, and condition keys for Amazon S3".

/// What a condition asks of a request.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Key {
    /// A key of which there is one.
    Plain(PlainKey),
    /// `aws:PrincipalTag/…`: a session tag of the caller.
    PrincipalTag(Box<str>),
    /// `jwt:…`: a claim of the caller's token.
    Jwt(Box<str>),
    /// `s3:RequestObjectTag/…`: a tag that the request gives the object.
    RequestObjectTag(Box<str>),
    /// `s3:ExistingObjectTag/…`: a tag that the object has.
    ExistingObjectTag(Box<str>),
}

macro_rules! plain_keys {
    ($($(#[$doc:meta])* $key:ident $name:literal;)*) => {
        /// A condition key of which there is one.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum PlainKey {
            $($(#[$doc])* $key,)*
        }

        impl PlainKey {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$key,)*];

            /// Its name as AWS writes it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$key => $name,)*
                }
            }
        }
    };
}

plain_keys! {
    /// The time, ISO 8601.
    CurrentTime "aws:CurrentTime";
    /// The time, seconds since the Unix epoch.
    EpochTime "aws:EpochTime";
    /// The agency of the caller.
    PrincipalAccount "aws:PrincipalAccount";
    /// The caller's ARN.
    PrincipalArn "aws:PrincipalArn";
    /// Whether the store itself asks, to deliver something.
    PrincipalIsService "aws:PrincipalIsAWSService";
    /// As what it asks then.
    PrincipalServiceName "aws:PrincipalServiceName";
    /// `User`, or `Anonymous`.
    PrincipalType "aws:PrincipalType";
    /// `Referer`.
    Referer "aws:Referer";
    /// The region of the installation.
    RequestedRegion "aws:RequestedRegion";
    /// The agency of the resource.
    ResourceAccount "aws:ResourceAccount";
    /// Whether the connection is TLS.
    SecureTransport "aws:SecureTransport";
    /// The agency of the bucket for which the store delivers something.
    SourceAccount "aws:SourceAccount";
    /// The ARN of that bucket.
    SourceArn "aws:SourceArn";
    /// The client's address.
    SourceIp "aws:SourceIp";
    /// `User-Agent`.
    UserAgent "aws:UserAgent";
    /// The caller's canonical user id.
    UserId "aws:userid";
    /// The caller's name.
    UserName "aws:username";
    /// How the request proves its caller: `REST-HEADER`, `REST-QUERY-STRING`, `POST`.
    AuthType "s3:authType";
    /// `delimiter` of a list.
    Delimiter "s3:delimiter";
    /// `If-Match` of a write.
    IfMatch "s3:if-match";
    /// `If-None-Match` of a write.
    IfNoneMatch "s3:if-none-match";
    /// `max-keys` of a list.
    MaxKeys "s3:max-keys";
    /// `x-amz-object-lock-legal-hold`.
    ObjectLockLegalHold "s3:object-lock-legal-hold";
    /// `x-amz-object-lock-mode`.
    ObjectLockMode "s3:object-lock-mode";
    /// Days until the requested end of retention.
    ObjectLockRemainingRetentionDays "s3:object-lock-remaining-retention-days";
    /// `x-amz-object-lock-retain-until-date`.
    ObjectLockRetainUntilDate "s3:object-lock-retain-until-date";
    /// `prefix` of a list.
    Prefix "s3:prefix";
    /// The keys of the tags that the request gives the object; many.
    RequestObjectTagKeys "s3:RequestObjectTagKeys";
    /// The agency of the resource.
    S3ResourceAccount "s3:ResourceAccount";
    /// Milliseconds since the request was signed.
    SignatureAge "s3:signatureAge";
    /// `AWS4-HMAC-SHA256`, or `AWS` for version 2.
    SignatureVersion "s3:signatureversion";
    /// The version of TLS that the connection has: 1.2 or 1.3.
    TlsVersion "s3:TlsVersion";
    /// `versionId`.
    VersionId "s3:VersionId";
    /// `x-amz-acl`.
    Acl "s3:x-amz-acl";
    /// `x-amz-content-sha256`.
    ContentSha256 "s3:x-amz-content-sha256";
    /// `x-amz-copy-source`.
    CopySource "s3:x-amz-copy-source";
    /// `x-amz-grant-full-control`.
    GrantFullControl "s3:x-amz-grant-full-control";
    /// `x-amz-grant-read`.
    GrantRead "s3:x-amz-grant-read";
    /// `x-amz-grant-read-acp`.
    GrantReadAcp "s3:x-amz-grant-read-acp";
    /// `x-amz-grant-write`.
    GrantWrite "s3:x-amz-grant-write";
    /// `x-amz-grant-write-acp`.
    GrantWriteAcp "s3:x-amz-grant-write-acp";
    /// `x-amz-metadata-directive`.
    MetadataDirective "s3:x-amz-metadata-directive";
    /// `x-amz-object-ownership`.
    ObjectOwnership "s3:x-amz-object-ownership";
    /// `x-amz-server-side-encryption`.
    Encryption "s3:x-amz-server-side-encryption";
    /// `x-amz-server-side-encryption-aws-kms-key-id`.
    EncryptionKeyId "s3:x-amz-server-side-encryption-aws-kms-key-id";
    /// `x-amz-server-side-encryption-customer-algorithm`.
    CustomerAlgorithm "s3:x-amz-server-side-encryption-customer-algorithm";
    /// `x-amz-storage-class`.
    StorageClass "s3:x-amz-storage-class";
    /// `x-amz-website-redirect-location`.
    WebsiteRedirect "s3:x-amz-website-redirect-location";
}

impl Key {
    /// Reads a key; its name is the same in capitals and small letters, the tag or claim that it
    /// names is not.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((family, rest)) = text.split_once('/') {
            let named = (!rest.is_empty()).then(|| rest.into())?;
            return match family.to_ascii_lowercase().as_str() {
                "aws:principaltag" => Some(Self::PrincipalTag(named)),
                "s3:requestobjecttag" => Some(Self::RequestObjectTag(named)),
                "s3:existingobjecttag" => Some(Self::ExistingObjectTag(named)),
                _ => claim(text),
            };
        }
        let plain = PlainKey::ALL.iter().copied();
        let plain = plain
            .into_iter()
            .find(|key| key.name().eq_ignore_ascii_case(text));
        plain.map(Self::Plain).or_else(|| claim(text))
    }

    /// The key as a policy names it.
    pub fn name(&self) -> String {
        match self {
            Self::Plain(key) => key.name().to_owned(),
            Self::PrincipalTag(tag) => format!("aws:PrincipalTag/{tag}"),
            Self::Jwt(claim) => format!("jwt:{claim}"),
            Self::RequestObjectTag(tag) => format!("s3:RequestObjectTag/{tag}"),
            Self::ExistingObjectTag(tag) => format!("s3:ExistingObjectTag/{tag}"),
        }
    }

    /// Whether a request may have many values of it by its nature. Claims may too, but a claim with
    /// one value is a value.
    pub(super) const fn is_multivalued(&self) -> bool {
        matches!(self, Self::Plain(PlainKey::RequestObjectTagKeys))
    }
}

fn claim(text: &str) -> Option<Key> {
    let (family, claim) = text.split_at_checked(4)?;
    let named = family.eq_ignore_ascii_case("jwt:") && !claim.is_empty();
    named.then(|| Key::Jwt(claim.into()))
}

#[cfg(test)]
mod tests {
    use super::{Key, PlainKey};

    #[test]
    fn keys_are_read() {
        for key in PlainKey::ALL {
            let upper = key.name().to_ascii_uppercase();
            assert_eq!(Key::parse(&upper), Some(Key::Plain(*key)));
        }
        let tag = Key::parse("S3:existingObjectTag/Área/b").unwrap();
        assert_eq!(tag, Key::ExistingObjectTag("Área/b".into()));
        let claim = Key::parse("jwt:https://estado.mx/area").unwrap();
        assert_eq!(claim, Key::Jwt("https://estado.mx/area".into()));
        for key in [tag, claim, Key::parse("aws:PrincipalTag/a").unwrap()] {
            assert_eq!(Key::parse(&key.name()), Some(key));
        }
        for unknown in [
            "",
            "jwt:",
            "s3:",
            "aws:PrincipalTag/",
            "s3:prefix/",
            "aws:None",
            "prefix",
        ] {
            assert_eq!(Key::parse(unknown), None, "{unknown}");
        }
    }
}
