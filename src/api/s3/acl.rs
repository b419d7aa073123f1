//! Access control lists on the wire: headers, documents, and when a bucket takes one.
//!
//! Sources: AWS S3 API Reference, "PutBucketAcl", "PutObjectAcl", "GetObjectAcl"; AWS S3 User
//! Guide, "Controlling ownership of objects and disabling ACLs for your bucket".

use serde::Deserialize;

use crate::access::acl::Acl;
use crate::access::acl::AclPermission;
use crate::access::acl::CannedAcl;
use crate::access::acl::Grant;
use crate::access::acl::Grantee;
use crate::access::acl::Group;
use crate::access::bucket_rules::BucketRules;
use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::meta::records::BucketRecord;
use crate::meta::records::Owner;
use crate::types::ids::CanonicalId;

use super::code::Code;
use super::error::S3Error;
use super::request::S3Request;

const CANNED: &str = "x-amz-acl";

/// In the order in which their grants stand in the list.
const GRANTS: [(&str, AclPermission); 5] = [
    ("x-amz-grant-read", AclPermission::Read),
    ("x-amz-grant-write", AclPermission::Write),
    ("x-amz-grant-read-acp", AclPermission::ReadAcp),
    ("x-amz-grant-write-acp", AclPermission::WriteAcp),
    ("x-amz-grant-full-control", AclPermission::FullControl),
];

/// The list that the headers of a new object ask for; `None` for its owner's alone.
pub(super) fn of_new_object(
    req: &S3Request,
    bucket: &BucketRecord,
) -> Result<Option<Acl>, S3Error> {
    let Some(acl) = of_headers(req, req.caller.canonical_id, bucket.owner.id)? else {
        return Ok(None);
    };
    if req.with_rules(bucket, BucketRules::has_acls)? {
        check(req, bucket, &acl)?;
        return Ok(Some(acl));
    }
    // Where lists do not count, one that says what holds anyway is no request for another.
    let says_nothing = [None, Some("private"), Some("bucket-owner-full-control")];
    if says_nothing.contains(&req.header(CANNED)) && !has_grants(req) {
        return Ok(None);
    }
    Err(Code::AccessControlListNotSupported.into())
}

/// The list that the headers or the body of a request set for something of this owner.
pub(super) async fn wanted(
    req: &S3Request,
    bucket: &BucketRecord,
    owner: CanonicalId,
) -> Result<Acl, S3Error> {
    let lists_count = req.with_rules(bucket, BucketRules::has_acls)?;
    let body = req.xml_body().await?;
    let is_in_headers = req.header(CANNED).is_some() || has_grants(req);
    let read = match (is_in_headers, body.is_empty()) {
        (true, false) => Err(Code::UnexpectedContent.into()),
        (false, false) => of_document(&body, owner),
        (_, true) => of_headers(req, owner, bucket.owner.id)
            .and_then(|acl| acl.ok_or_else(|| Code::MissingSecurityHeader.into())),
    };
    let acl = match read {
        Ok(acl) => acl,
        Err(_) if !lists_count => return Err(Code::AccessControlListNotSupported.into()),
        Err(error) => return Err(error),
    };
    // That the owner has full control holds anyway and may be said, for tools copy a list from
    // object to object. Source: AWS S3 User Guide, "Controlling ownership of objects and
    // disabling ACLs".
    let says_nothing = acl == Acl::of_owner(owner) && req.header(CANNED) != Some("private");
    if !says_nothing && !lists_count {
        return Err(Code::AccessControlListNotSupported.into());
    }
    check(req, bucket, &acl)?;
    Ok(acl)
}

/// Refuses a public list while the bucket's block says so.
fn check(req: &S3Request, bucket: &BucketRecord, acl: &Acl) -> Result<(), S3Error> {
    let blocks = |rules: &BucketRules| rules.public_access().block_public_acls;
    if acl.is_public() && req.with_rules(bucket, blocks)? {
        let message = "Public access control lists are prevented by the BlockPublicAcls setting \
                       in S3 Block Public Access.";
        return Err(S3Error::new(Code::AccessDenied, message));
    }
    Ok(())
}

fn has_grants(req: &S3Request) -> bool {
    GRANTS.iter().any(|(name, _)| req.header(name).is_some())
}

/// The list that the headers name, if they name one.
pub(super) fn of_headers(
    req: &S3Request,
    owner: CanonicalId,
    bucket_owner: CanonicalId,
) -> Result<Option<Acl>, S3Error> {
    let canned = req.header(CANNED);
    if !has_grants(req) {
        return canned
            .map(|text| {
                let canned = CannedAcl::parse(text).ok_or_else(|| {
                    S3Error::argument(CANNED, text, "There is no canned list of this name.")
                })?;
                Ok(Acl::canned(canned, owner, bucket_owner))
            })
            .transpose();
    }
    if canned.is_some() {
        let message = "Specifying both Canned ACLs and Header Grants is not allowed";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    let mut grants = Vec::new();
    for (name, permission) in GRANTS {
        for part in req
            .header(name)
            .into_iter()
            .flat_map(|text| text.split(','))
        {
            let (kind, value) = part.trim().split_once('=').unwrap_or((part, ""));
            let value = value.trim_matches('"');
            let grantee = match kind {
                "id" => principal(value)?,
                "uri" => group(value)?,
                "emailAddress" => return Err(Code::UnresolvableGrantByEmailAddress.into()),
                _ => {
                    let message = "A grantee is id=\"…\" or uri=\"…\".";
                    return Err(S3Error::argument(name, part, message));
                }
            };
            grants.push(Grant {
                grantee,
                permission,
            });
        }
    }
    bounded(grants).map(Some)
}

fn principal(text: &str) -> Result<Grantee, S3Error> {
    CanonicalId::parse(text)
        .map(Grantee::Principal)
        .map_err(|_| S3Error::argument("CanonicalUser/ID", text, "Invalid id"))
}

fn group(text: &str) -> Result<Grantee, S3Error> {
    Group::parse(text)
        .map(Grantee::Group)
        .ok_or_else(|| S3Error::argument("Group/URI", text, "Invalid group uri"))
}

fn bounded(grants: Vec<Grant>) -> Result<Acl, S3Error> {
    Acl::new(grants).map_err(|_| {
        let message = "A list has at most 100 grants.";
        S3Error::new(Code::MalformedACLError, message)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessControlPolicy {
    owner: OwnerElement,
    access_control_list: AccessControlList,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OwnerElement {
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AccessControlList {
    grant: Vec<GrantElement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GrantElement {
    grantee: GranteeElement,
    permission: AclPermission,
}

/// Which of them is there says of what type the grantee is; a type that is given says the same.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GranteeElement {
    #[serde(rename = "@type")]
    kind: Option<GranteeType>,
    #[serde(rename = "ID")]
    id: Option<String>,
    #[serde(rename = "URI")]
    uri: Option<String>,
    email_address: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
enum GranteeType {
    AmazonCustomerByEmail,
    CanonicalUser,
    Group,
}

impl GranteeElement {
    /// Whether there is exactly one grantee, of the type that is given.
    fn is_whole(&self) -> bool {
        let given = match (&self.id, &self.uri, &self.email_address) {
            (Some(_), None, None) => GranteeType::CanonicalUser,
            (None, Some(_), None) => GranteeType::Group,
            (None, None, Some(_)) => GranteeType::AmazonCustomerByEmail,
            _ => return false,
        };
        self.kind.is_none_or(|kind| kind == given)
    }
}

fn of_document(body: &[u8], owner: CanonicalId) -> Result<Acl, S3Error> {
    let document: AccessControlPolicy =
        xml::read("AccessControlPolicy", body).map_err(|error| S3Error {
            source: Some(Box::new(error)),
            ..Code::MalformedACLError.into()
        })?;
    let lines = document.access_control_list.grant;
    if !lines.iter().all(|line| line.grantee.is_whole()) {
        return Err(Code::MalformedACLError.into());
    }
    // Whose a thing is never changes by its list.
    if principal(&document.owner.id)? != Grantee::Principal(owner) {
        return Err(Code::AccessDenied.into());
    }
    let grants = lines.into_iter().map(|line| {
        let grantee = match (
            line.grantee.id,
            line.grantee.uri,
            line.grantee.email_address,
        ) {
            (Some(id), None, None) => principal(&id)?,
            (None, Some(uri), None) => group(&uri)?,
            (None, None, Some(_)) => return Err(Code::UnresolvableGrantByEmailAddress.into()),
            _ => return Err(Code::MalformedACLError.into()),
        };
        Ok(Grant {
            grantee,
            permission: line.permission,
        })
    });
    bounded(grants.collect::<Result<_, S3Error>>()?)
}

/// The document of a list.
pub(super) fn render(owner: &Owner, acl: &Acl) -> String {
    const XSI: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let mut xml = Xml::new("AccessControlPolicy");
    xml.open("Owner").text("ID", &owner.id.to_string());
    xml.text("DisplayName", owner.name.as_str()).close("Owner");
    xml.open("AccessControlList");
    for grant in acl.grants() {
        xml.open("Grant");
        match grant.grantee {
            Grantee::Principal(id) => {
                xml.open(&format!("Grantee {XSI} xsi:type=\"CanonicalUser\""));
                xml.text("ID", &id.to_string());
                // Other principals are known by their ids alone.
                let is_owner = id == owner.id;
                xml.maybe("DisplayName", is_owner.then_some(owner.name.as_str()));
            }
            Grantee::Group(group) => {
                xml.open(&format!("Grantee {XSI} xsi:type=\"Group\""));
                xml.text("URI", group.name());
            }
        }
        xml.close("Grantee")
            .text("Permission", grant.permission.name())
            .close("Grant");
    }
    xml.close("AccessControlList");
    xml.finish("AccessControlPolicy")
}

#[cfg(test)]
mod tests {
    use super::{of_document, render};
    use crate::access::acl::{Acl, CannedAcl};
    use crate::api::s3::code::Code;
    use crate::meta::records::Owner;
    use crate::types::ids::CanonicalId;
    use crate::types::names::PrincipalName;

    #[test]
    fn documents_come_back() {
        let owner = Owner {
            id: CanonicalId::new([1; 32]),
            name: PrincipalName::parse("ana").unwrap(),
        };
        let bucket_owner = CanonicalId::new([2; 32]);
        for canned in CannedAcl::ALL {
            let acl = Acl::canned(*canned, owner.id, bucket_owner);
            let text = render(&owner, &acl);
            assert_eq!(
                of_document(text.as_bytes(), owner.id).unwrap(),
                acl,
                "{text}"
            );
            let stolen = of_document(text.as_bytes(), bucket_owner).unwrap_err();
            assert_eq!(stolen.code, Code::AccessDenied);
        }
        let empty = format!(
            "<AccessControlPolicy><Owner><ID>{}</ID></Owner><AccessControlList/>\
             </AccessControlPolicy>",
            owner.id
        );
        let empty = of_document(empty.as_bytes(), owner.id).unwrap();
        assert!(empty.grants().is_empty());
    }

    #[test]
    fn documents_that_are_none_are_refused() {
        let owner = CanonicalId::new([1; 32]);
        let policy = |owner: &str, grants: &str| {
            format!(
                "<AccessControlPolicy>{owner}<AccessControlList>{grants}</AccessControlList>\
                 </AccessControlPolicy>"
            )
        };
        let named = format!("<Owner><ID>{owner}</ID></Owner>");
        let typed = |kind: &str, grantee: &str, permission: &str| {
            let grant = format!(
                "<Grant><Grantee{kind}>{grantee}</Grantee><Permission>{permission}</Permission>\
                 </Grant>"
            );
            policy(&named, &grant)
        };
        let grant = |grantee: &str, permission: &str| typed("", grantee, permission);
        let of_type = |kind: &str| {
            format!(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\"")
        };
        let all = "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>";
        for (text, code) in [
            ("<x/>".to_owned(), Code::MalformedACLError),
            ("<AccessControlPolicy/>".to_owned(), Code::MalformedACLError),
            (policy("", ""), Code::MalformedACLError),
            (policy("<Owner/>", ""), Code::MalformedACLError),
            (
                policy("<Owner><ID>x</ID></Owner>", ""),
                Code::InvalidArgument,
            ),
            (
                typed(&of_type("CanonicalUser"), all, "READ"),
                Code::MalformedACLError,
            ),
            (
                typed(&of_type("Everybody"), all, "READ"),
                Code::MalformedACLError,
            ),
            (grant(all, "EVERYTHING"), Code::MalformedACLError),
            (grant("", "READ"), Code::MalformedACLError),
            (
                grant(&format!("{all}<ID>x</ID>"), "READ"),
                Code::MalformedACLError,
            ),
            (grant("<ID>x</ID>", "READ"), Code::InvalidArgument),
            (grant("<URI>x</URI>", "READ"), Code::InvalidArgument),
            (
                grant("<EmailAddress>a@b.mx</EmailAddress>", "READ"),
                Code::UnresolvableGrantByEmailAddress,
            ),
        ] {
            let refused = of_document(text.as_bytes(), owner).unwrap_err();
            assert_eq!(refused.code, code, "{text}");
        }
        assert!(of_document(grant(all, "READ").as_bytes(), owner).is_ok());
        let typed = typed(&of_type("Group"), all, "READ");
        assert!(of_document(typed.as_bytes(), owner).is_ok());
    }
}
