//! Commands and queries together.

use super::commands::{
    AddOperator, CreateAccessKey, CreateAgency, CreateBucket, DeleteBucket, RevokeAccessKey,
    SetAgencyState, SetBucketDocument,
};
use super::error::Error;
use super::fixture::{Place, at, bucket, entry, new_version, owner, put};
use super::records::{AgencyState, BucketDocument, Documents, Owner, Versioning};
use crate::types::events::Trial;
use crate::types::ids::{AccessKeyId, AgencyCode, CanonicalId, VersionId};
use crate::types::names::{AgencyId, BucketName, PrincipalName};
use crate::types::roles::Role;

#[tokio::test]
async fn buckets_are_made_once_and_removed_when_empty() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let again = CreateBucket {
        name: made.name.clone(),
        owner: Owner {
            id: CanonicalId::new([2; 32]),
            ..owner()
        },
        created: at(2),
        documents: Documents::default(),
    };
    let refused = index.commit(again.clone(), entry()).await;
    assert!(matches!(refused, Err(Error::BucketExists { owner }) if owner == made.owner.id));

    let version = new_version(VersionId::Null, 1);
    let stored = index.commit(put(&made, "a", version), entry()).await;
    assert!(stored.is_ok());
    let delete = DeleteBucket {
        bucket_id: made.id,
        at: at(3),
    };
    let refused = index.commit(delete, entry()).await;
    assert!(matches!(refused, Err(Error::BucketNotEmpty)));

    let empty = bucket(&index, "vacio", Versioning::Off).await;
    let delete = DeleteBucket {
        bucket_id: empty.id,
        at: at(3),
    };
    index.commit(delete, entry()).await.unwrap();
    let refused = index.commit(delete, entry()).await;
    assert!(matches!(refused, Err(Error::NoSuchBucket)));
    let name = CreateBucket {
        name: empty.name,
        ..again
    };
    let reborn = index.commit(name, entry()).await.unwrap();
    assert!(reborn.id > empty.id, "a number is never used again");
}

#[tokio::test]
async fn a_bucket_has_its_documents_and_no_others() {
    use BucketDocument::{Cors, Policy};
    let place = Place::new();
    let index = place.index();
    let first = CreateBucket {
        name: BucketName::parse("actas").unwrap(),
        owner: owner(),
        created: at(1),
        documents: [(Policy, "{\"n\":\"ñ\"}".into())].into_iter().collect(),
    };
    let made = index.commit(first.clone(), entry()).await.unwrap();
    let other = bucket(&index, "becas", Versioning::Off).await;
    let set = |bucket_id, kind, body: Option<&str>| SetBucketDocument {
        bucket_id,
        kind,
        body: body.map(str::to_owned),
        judged_by: None,
        trial: Trial::Made,
    };
    let documents = |name: &BucketName| {
        let found = index.read(|reader| reader.bucket(name)).unwrap().unwrap();
        let all = found.documents.iter();
        all.map(|(kind, body)| (kind, body.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        documents(&made.name),
        [(Policy, "{\"n\":\"ñ\"}".to_owned())]
    );
    let steps = [
        (set(made.id, Cors, Some("[]")), "[]"),
        (set(made.id, Cors, Some("[1]")), "[1]"),
        (set(made.id, Policy, None), "[1]"),
    ];
    for (change, cors) in steps {
        index.commit(change, entry()).await.unwrap();
        let found = index.read(|reader| reader.bucket(&made.name));
        let found = found.unwrap().unwrap().documents;
        assert_eq!(found.get(Cors).map(|body| &**body), Some(cors));
    }
    assert_eq!(documents(&made.name), [(Cors, "[1]".to_owned())]);
    // Judged by what is not there any more, or not yet.
    for (judged, holds) in [(Some("[]"), false), (None, false), (Some("[1]"), true)] {
        let change = SetBucketDocument {
            judged_by: Some((Cors, judged.map(str::to_owned))),
            ..set(made.id, Policy, Some("{}"))
        };
        let done = index.commit(change, entry()).await;
        assert_eq!(!matches!(done, Err(Error::DocumentChanged)), holds);
    }
    index
        .commit(set(made.id, Policy, None), entry())
        .await
        .unwrap();
    assert_eq!(documents(&other.name), []);

    let delete = DeleteBucket {
        bucket_id: made.id,
        at: at(3),
    };
    index.commit(delete, entry()).await.unwrap();
    let gone = index.commit(set(made.id, Cors, None), entry()).await;
    assert!(matches!(gone, Err(Error::NoSuchBucket)));
    let again = CreateBucket {
        documents: Documents::default(),
        ..first
    };
    index.commit(again, entry()).await.unwrap();
    assert_eq!(documents(&made.name), []);
}

#[tokio::test]
async fn buckets_are_listed_by_name() {
    let place = Place::new();
    let index = place.index();
    for (name, owned) in [("actas", 1), ("actas-2", 2), ("becas", 1), ("licencias", 2)] {
        let create = CreateBucket {
            name: BucketName::parse(name).unwrap(),
            owner: Owner {
                id: CanonicalId::new([owned; 32]),
                ..owner()
            },
            created: at(1),
            documents: Documents::default(),
        };
        index.commit(create, entry()).await.unwrap();
    }
    #[track_caller]
    fn check(
        index: &super::Index,
        owned: Option<u8>,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        expected: &[&str],
    ) {
        let owned = owned.map(|byte| CanonicalId::new([byte; 32]));
        let found = index.read(|q| q.buckets(owned, prefix, after, limit));
        let found = found.unwrap();
        let names: Vec<_> = found.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(names, expected);
    }
    let all = ["actas", "actas-2", "becas", "licencias"];
    check(&index, None, "", None, 100, &all);
    check(&index, Some(1), "", None, 100, &["actas", "becas"]);
    check(&index, None, "actas", None, 100, &["actas", "actas-2"]);
    check(&index, None, "", Some("actas-2"), 1, &["becas"]);
    check(&index, Some(2), "actas", Some("actas"), 9, &["actas-2"]);
    check(&index, None, "zzz", None, 100, &[]);
}

#[tokio::test]
async fn access_keys_are_made_found_and_revoked() {
    let place = Place::new();
    let index = place.index();
    let access_key_id = AccessKeyId::parse("ACQWER2ABCDEFGHIJKLM").unwrap();
    let create = CreateAccessKey {
        access_key_id: access_key_id.clone(),
        owner: owner(),
        roles: vec![Role::App, Role::Reader],
        sealed_secret: vec![5; 60],
        created: at(1),
        expires: Some(at(9)),
        inline_policy: None,
    };
    index.commit(create.clone(), entry()).await.unwrap();
    let refused = index.commit(create, entry()).await;
    assert!(matches!(refused, Err(Error::AccessKeyExists)));

    let find = || {
        index
            .read(|q| q.access_key(&access_key_id))
            .unwrap()
            .unwrap()
    };
    let found = find();
    assert_eq!(found.owner, owner());
    assert_eq!(found.roles, [Role::App, Role::Reader]);
    assert_eq!((found.expires, found.revoked), (Some(at(9)), None));

    for second in [5, 6] {
        let revoke = RevokeAccessKey {
            access_key_id: access_key_id.clone(),
            at: at(second),
        };
        index.commit(revoke, entry()).await.unwrap();
        assert_eq!(find().revoked, Some(at(5)), "the first time counts");
    }
    let unknown = RevokeAccessKey {
        access_key_id: AccessKeyId::parse("ACQWER2ABCDEFGHIJKLN").unwrap(),
        at: at(5),
    };
    let refused = index.commit(unknown, entry()).await;
    assert!(matches!(refused, Err(Error::NoSuchAccessKey)));
    assert_eq!(index.read(|q| q.access_keys()).unwrap(), [find()]);
}

#[tokio::test]
async fn the_catalog_knows_agencies_and_operators() {
    let place = Place::new();
    let catalog = place.catalog();
    let create = |slug: &str, code: &str| CreateAgency {
        agency: AgencyId::parse(slug).unwrap(),
        code: AgencyCode::parse(code).unwrap(),
        display_name: "Registro Civil".into(),
        created: at(1),
    };
    let civil = create("registro-civil", "QWER2");
    catalog.commit(civil.clone(), entry()).await.unwrap();
    let refused = catalog.commit(create("registro-civil", "QWER3"), entry());
    assert!(matches!(refused.await, Err(Error::AgencyExists)));
    let refused = catalog.commit(create("catastro", "QWER2"), entry());
    assert!(matches!(refused.await, Err(Error::AgencyCodeTaken)));

    let suspend = SetAgencyState {
        agency: civil.agency.clone(),
        state: AgencyState::Suspended,
    };
    catalog.commit(suspend, entry()).await.unwrap();
    let found = catalog.read(|q| q.agency_by_code(&civil.code)).unwrap();
    assert_eq!(found.clone().unwrap().state, AgencyState::Suspended);
    assert_eq!(catalog.read(|q| q.agency(&civil.agency)).unwrap(), found);
    assert_eq!(catalog.read(|q| q.agencies()).unwrap(), [found.unwrap()]);

    let operator = AddOperator {
        maker: super::commands::Maker::Start,
        name: PrincipalName::parse("operadora").unwrap(),
        token_hash: [6; 32],
        created: at(2),
    };
    catalog.commit(operator.clone(), entry()).await.unwrap();
    let refused = catalog.commit(operator.clone(), entry()).await;
    assert!(matches!(refused, Err(Error::OperatorExists)));
    let found = catalog.read(|q| q.operator_by_token(&[6; 32])).unwrap();
    assert_eq!(found.unwrap().name, operator.name);
    assert_eq!(
        catalog.read(|q| q.operator_by_token(&[7; 32])).unwrap(),
        None
    );
    assert_eq!(catalog.read(|q| q.audit_size()).unwrap(), 3);
}
