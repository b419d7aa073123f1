//! Rust's object_store crate as a client: what data tools that are written in Rust do all day.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut, S3CopyIfNotExists};
use object_store::path::Path;
use object_store::signer::Signer as _;
use object_store::{Attribute, Attributes, Error, ObjectStore as _, ObjectStoreExt as _};
use object_store::{PutMode, PutOptions, PutPayload, TagSet, UpdateVersion};
use reqwest::Method;

use crate::support::caller::Caller;
use crate::support::noise;
use crate::support::server::{REGION, Server};

fn client(caller: &Caller) -> AmazonS3 {
    let credentials = caller.credentials().unwrap();
    AmazonS3Builder::new()
        .with_endpoint(format!("http://{}", caller.address))
        .with_allow_http(true)
        .with_region(REGION)
        .with_bucket_name("actas")
        .with_access_key_id(credentials.access_key_id)
        .with_secret_access_key(credentials.secret.expose())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
        .build()
        .unwrap()
}

/// Runs a workflow against a bucket of its own, and checks that the server met no error.
fn drive(workflow: impl AsyncFnOnce(AmazonS3, Caller)) {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(workflow(client(&caller), caller));
}

fn payload(bytes: Vec<u8>) -> PutPayload {
    PutPayload::from(bytes)
}

#[test]
fn objects_conditions_tags_and_ranges() {
    drive(async |store, caller| {
        let path = Path::parse("año 1/a b+c").unwrap();
        let data = noise(1, 100_000);
        let options = PutOptions {
            attributes: Attributes::from_iter([(Attribute::ContentType, "application/pdf")]),
            tags: {
                let mut tags = TagSet::default();
                tags.push("área", "registro civil");
                tags
            },
            mode: PutMode::Create,
            ..PutOptions::default()
        };
        let put = store.put_opts(&path, payload(data.clone()), options.clone());
        let put = put.await.unwrap();
        let again = store.put_opts(&path, payload(vec![1]), options).await;
        assert!(
            matches!(again, Err(Error::AlreadyExists { .. })),
            "{again:?}"
        );
        let tagged = caller.at("GET", "actas/año 1/a b+c").query("tagging").ok();
        assert_eq!(tagged.element("Value"), "registro civil");
        let got = store.get(&path).await.unwrap();
        let kind = got.attributes.get(&Attribute::ContentType).cloned();
        assert_eq!(kind.as_deref(), Some("application/pdf"));
        assert_eq!(got.bytes().await.unwrap(), data);
        let ranges = store.get_ranges(&path, &[0..10, 50_000..50_010]).await;
        let ranges = ranges.unwrap();
        assert_eq!(
            (&*ranges[0], &*ranges[1]),
            (&data[..10], &data[50_000..50_010])
        );
        assert_eq!(store.head(&path).await.unwrap().size, 100_000);

        let seen = UpdateVersion {
            e_tag: put.e_tag,
            version: None,
        };
        let update = PutMode::Update(seen);
        let second = store.put_opts(&path, payload(vec![2]), update.clone().into());
        second.await.unwrap();
        let stale = store.put_opts(&path, payload(vec![3]), update.into()).await;
        assert!(
            matches!(stale, Err(Error::Precondition { .. })),
            "{stale:?}"
        );
        assert_eq!(
            store.get(&path).await.unwrap().bytes().await.unwrap(),
            vec![2]
        );
        store.delete(&path).await.unwrap();
        let gone = store.get(&path).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })));
    });
}

#[test]
fn parts_lists_copies_and_deletions() {
    drive(async |store, _| {
        let path = Path::from("grande");
        let data = noise(2, 11 << 20);
        let mut upload = store.put_multipart(&path).await.unwrap();
        for part in data.chunks(5 << 20) {
            upload.put_part(payload(part.to_vec())).await.unwrap();
        }
        upload.complete().await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), data);
        let mut given_up = store.put_multipart(&Path::from("nada")).await.unwrap();
        given_up.put_part(payload(vec![1; 10])).await.unwrap();
        given_up.abort().await.unwrap();

        let names: Vec<String> = (0..1_100).map(|at| format!("lista/{at:04}")).collect();
        let puts = names.iter().map(|name| {
            let path = Path::from(name.as_str());
            let store = &store;
            async move { store.put(&path, payload(vec![1])).await.unwrap() }
        });
        let stored = stream::iter(puts).buffer_unordered(16).count().await;
        assert_eq!(stored, names.len());
        let below = Path::from("lista");
        let listed = store.list(Some(&below)).map_ok(|meta| meta.location);
        let listed: Vec<Path> = listed.try_collect().await.unwrap();
        assert_eq!(listed.len(), names.len());
        let after = store.list_with_offset(Some(&below), &Path::from("lista/1097"));
        assert_eq!(after.count().await, 2);
        let top = store.list_with_delimiter(None).await.unwrap();
        assert_eq!((top.common_prefixes, top.objects.len()), (vec![below], 1));

        let (from, to) = (Path::from("lista/0000"), Path::from("copia"));
        store.copy(&from, &to).await.unwrap();
        let taken = store.copy_if_not_exists(&path, &to).await;
        assert!(
            matches!(taken, Err(Error::AlreadyExists { .. })),
            "{taken:?}"
        );
        let free = Path::from("otra");
        store.copy_if_not_exists(&path, &free).await.unwrap();
        assert_eq!(store.head(&free).await.unwrap().size, data.len() as u64);
        let taken = store.rename_if_not_exists(&free, &to).await;
        assert!(
            matches!(taken, Err(Error::AlreadyExists { .. })),
            "{taken:?}"
        );
        store.rename(&free, &Path::from("nueva")).await.unwrap();
        assert!(matches!(
            store.head(&free).await,
            Err(Error::NotFound { .. })
        ));

        let deleted = store.delete_stream(stream::iter(listed).map(Ok).boxed());
        let deleted: Vec<Path> = deleted.try_collect().await.unwrap();
        assert_eq!(deleted.len(), names.len());
        let left = store.list(None).map_ok(|meta| meta.location.to_string());
        let left: Vec<String> = left.try_collect().await.unwrap();
        assert_eq!(left, ["copia", "grande", "nueva"]);
    });
}

#[test]
fn signed_urls() {
    drive(async |store, _| {
        let path = Path::parse("firmado ñ").unwrap();
        let minute = Duration::from_secs(60);
        let put = store.signed_url(Method::PUT, &path, minute).await.unwrap();
        let web = reqwest::Client::new();
        let stored = web.put(put.clone()).body("hola").send().await.unwrap();
        assert_eq!(stored.status().as_u16(), 200);
        let get = store.signed_url(Method::GET, &path, minute).await.unwrap();
        let got = web.get(get.clone()).send().await.unwrap();
        assert_eq!(got.text().await.unwrap(), "hola");
        let refused = web.get(put).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 403);
    });
}
