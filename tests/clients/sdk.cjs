// The SDK for JavaScript with its default settings: whole workflows, as an application has them.
// CommonJS, because the packages are elsewhere (NODE_PATH) and modules would not look there.
"use strict";

const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const { writeFileSync } = require("node:fs");
const { Readable } = require("node:stream");
const path = require("node:path");
const s3 = require("@aws-sdk/client-s3");
const { fromTokenFile } = require("@aws-sdk/credential-providers");
const { Upload } = require("@aws-sdk/lib-storage");
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const MIB = 1024 * 1024;
const Bucket = "sdk-js";
const KEY = "actas/ñ + 100%/a?b#c.pdf";

/** A client that tries once, because a retry would hide what the server did wrong. */
function client(settings = {}) {
  return new s3.S3Client({
    endpoint: process.env.S3_ENDPOINT,
    region: process.env.AWS_DEFAULT_REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    ...settings,
  });
}

/** Bytes that do not repeat, the same ones for the same size. */
function document(size) {
  const blocks = [];
  for (let at = 0; at * 64 < size; at += 1) {
    blocks.push(createHash("sha512").update(`${size} ${at}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

async function bytes(answer) {
  return Buffer.from(await answer.Body.transformToByteArray());
}

async function refused(status, name, promise) {
  const error = await promise.then(
    () => assert.fail(`${name} was expected`),
    (error) => error,
  );
  assert.deepEqual([error.$metadata?.httpStatusCode, error.name], [status, name], `${error}`);
}

async function objects(on) {
  const data = document(100_000);
  const put = await on.send(
    new s3.PutObjectCommand({
      Bucket,
      Key: KEY,
      Body: data,
      ContentType: "application/pdf",
      Metadata: { folio: "7" },
      Tagging: "area=civil",
    }),
  );
  // By default a CRC32 goes with it and comes back.
  assert.ok(put.ChecksumCRC32, "the checksum of the default settings");
  const got = await on.send(new s3.GetObjectCommand({ Bucket, Key: KEY }));
  assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
  assert.deepEqual([got.Metadata.folio, got.TagCount], ["7", 1]);
  assert.ok(data.equals(await bytes(got)));
  const part = await on.send(
    new s3.GetObjectCommand({ Bucket, Key: KEY, Range: "bytes=10-19" }),
  );
  assert.ok(data.subarray(10, 20).equals(await bytes(part)));
  for (const ChecksumAlgorithm of ["CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const Key = `sumas/${ChecksumAlgorithm}`;
    const body = data.subarray(0, 1000);
    await on.send(new s3.PutObjectCommand({ Bucket, Key, Body: body, ChecksumAlgorithm }));
    const read = new s3.GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" });
    assert.ok(body.equals(await bytes(await on.send(read))));
  }
  const wrong = { Bucket, Key: "malo", Body: "x", ChecksumCRC32: "AAAAAA==" };
  await refused(400, "BadDigest", on.send(new s3.PutObjectCommand(wrong)));
  await refused(404, "NoSuchKey", on.send(new s3.GetObjectCommand({ Bucket, Key: "malo" })));
  await refused(404, "NotFound", on.send(new s3.HeadObjectCommand({ Bucket, Key: "malo" })));
  const twice = { Bucket, Key: KEY, Body: "x", IfNoneMatch: "*" };
  await refused(412, "PreconditionFailed", on.send(new s3.PutObjectCommand(twice)));
  const CopySource = `${Bucket}/${encodeURIComponent(KEY)}`;
  await on.send(new s3.CopyObjectCommand({ Bucket, Key: "copia", CopySource }));
  const copied = await on.send(new s3.GetObjectCommand({ Bucket, Key: "copia" }));
  assert.ok(data.equals(await bytes(copied)));
  const attributes = await on.send(
    new s3.GetObjectAttributesCommand({
      Bucket,
      Key: KEY,
      ObjectAttributes: ["ETag", "Checksum", "ObjectSize"],
    }),
  );
  assert.equal(attributes.ObjectSize, data.length);
}

/** A stream without a length, by lib-storage: it becomes an upload in parts. */
async function streams(on) {
  const data = document(11 * MIB + 3);
  const chunks = [];
  for (let at = 0; at < data.length; at += 300_000) {
    chunks.push(data.subarray(at, at + 300_000));
  }
  const upload = new Upload({
    client: on,
    params: { Bucket, Key: "flujo", Body: Readable.from(chunks), ContentType: "video/mp4" },
    partSize: 5 * MIB,
    queueSize: 3,
  });
  let seen = 0;
  upload.on("httpUploadProgress", (progress) => {
    seen = Math.max(seen, progress.loaded);
  });
  const done = await upload.done();
  assert.match(done.ETag, /-3"$/);
  assert.equal(seen, data.length);
  const got = await on.send(new s3.GetObjectCommand({ Bucket, Key: "flujo" }));
  let read = 0;
  const hash = createHash("sha256");
  for await (const chunk of got.Body) {
    read += chunk.length;
    hash.update(chunk);
  }
  assert.equal(read, data.length);
  assert.equal(hash.digest("hex"), createHash("sha256").update(data).digest("hex"));
  const given = new Upload({
    client: on,
    params: { Bucket, Key: "abandonado", Body: Readable.from(chunks) },
    partSize: 5 * MIB,
  });
  const ended = given.done();
  await given.abort();
  await assert.rejects(ended, { name: "AbortError" });
}

async function lists(on) {
  const keys = [];
  for (let number = 0; number < 25; number += 1) {
    keys.push(`lista/${String(number).padStart(2, "0")}`);
  }
  const put = (Key) => on.send(new s3.PutObjectCommand({ Bucket, Key, Body: Key }));
  await Promise.all(keys.map(put));
  const found = [];
  const below = { Bucket, Prefix: "lista/" };
  const pages = s3.paginateListObjectsV2({ client: on, pageSize: 10 }, below);
  let count = 0;
  for await (const page of pages) {
    count += 1;
    found.push(...page.Contents.map((object) => object.Key));
  }
  assert.deepEqual([count, found], [3, keys]);
  const folded = await on.send(new s3.ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  const prefixes = folded.CommonPrefixes.map((prefix) => prefix.Prefix);
  assert.deepEqual(prefixes, ["actas/", "lista/", "sumas/"]);
  const Delete = { Objects: keys.map((Key) => ({ Key })) };
  const deleted = await on.send(new s3.DeleteObjectsCommand({ Bucket, Delete }));
  assert.equal(deleted.Deleted.length, 25);
  const buckets = [];
  for await (const page of s3.paginateListBuckets({ client: on, pageSize: 1 }, {})) {
    buckets.push(...page.Buckets.map((bucket) => bucket.Name));
  }
  assert.ok(buckets.includes(Bucket));
}

async function presigned(on) {
  const data = document(5_000);
  const put = new s3.PutObjectCommand({ Bucket, Key: "firmado", ContentType: "text/plain" });
  const signableHeaders = new Set(["content-type"]);
  const putUrl = await getSignedUrl(on, put, { expiresIn: 60, signableHeaders });
  const headers = { "content-type": "text/plain" };
  const stored = await fetch(putUrl, { method: "PUT", body: data, headers });
  assert.equal(stored.status, 200, await stored.text());
  const other = { "content-type": "text/html" };
  assert.equal((await fetch(putUrl, { method: "PUT", body: data, headers: other })).status, 403);
  const ResponseContentDisposition = 'attachment; filename="acta.txt"';
  const get = new s3.GetObjectCommand({ Bucket, Key: "firmado", ResponseContentDisposition });
  const got = await fetch(await getSignedUrl(on, get, { expiresIn: 60 }));
  assert.equal(got.headers.get("content-disposition"), ResponseContentDisposition);
  assert.ok(data.equals(Buffer.from(await got.arrayBuffer())));

  const form = await createPresignedPost(on, {
    Bucket,
    Key: "formas/${filename}",
    Conditions: [["content-length-range", 1, 10_000], ["starts-with", "$Content-Type", "image/"]],
    Fields: { success_action_status: "201" },
    Expires: 60,
  });
  const post = (type, body) => {
    const sent = new FormData();
    Object.entries(form.fields).forEach(([name, value]) => sent.append(name, value));
    sent.append("Content-Type", type);
    sent.append("file", new Blob([body]), "foto.png");
    return fetch(form.url, { method: "POST", body: sent });
  };
  const posted = await post("image/png", data);
  assert.equal(posted.status, 201, await posted.clone().text());
  assert.match(await posted.text(), /<Key>formas\/foto\.png<\/Key>/);
  assert.equal((await post("text/html", data)).status, 403);
  assert.equal((await post("image/png", document(10_001))).status, 400);
  const kept = await on.send(new s3.GetObjectCommand({ Bucket, Key: "formas/foto.png" }));
  assert.ok(data.equals(await bytes(kept)));
}

async function versionsAndTags(on) {
  const at = { Bucket: `${Bucket}-candado`, Key: "acta" };
  const made = { Bucket: at.Bucket, ObjectLockEnabledForBucket: true };
  await on.send(new s3.CreateBucketCommand(made));
  const first = await on.send(new s3.PutObjectCommand({ ...at, Body: "1" }));
  const second = await on.send(new s3.PutObjectCommand({ ...at, Body: "2" }));
  assert.notEqual(first.VersionId, second.VersionId);
  const old = await on.send(new s3.GetObjectCommand({ ...at, VersionId: first.VersionId }));
  assert.equal(await old.Body.transformToString(), "1");
  const TagSet = [{ Key: "área", Value: "registro civil" }];
  await on.send(new s3.PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
  const tags = await on.send(new s3.GetObjectTaggingCommand(at));
  assert.deepEqual(tags.TagSet, TagSet);
  const RetainUntilDate = new Date(Date.now() + 3_600_000);
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate };
  const locked = { ...at, VersionId: second.VersionId };
  await on.send(new s3.PutObjectRetentionCommand({ ...locked, Retention }));
  await on.send(new s3.PutObjectLegalHoldCommand({ ...locked, LegalHold: { Status: "ON" } }));
  await refused(403, "AccessDenied", on.send(new s3.DeleteObjectCommand(locked)));
  await on.send(new s3.PutObjectLegalHoldCommand({ ...locked, LegalHold: { Status: "OFF" } }));
  await refused(403, "AccessDenied", on.send(new s3.DeleteObjectCommand(locked)));
  const bypass = { ...locked, BypassGovernanceRetention: true };
  await on.send(new s3.DeleteObjectCommand(bypass));
  const marker = await on.send(new s3.DeleteObjectCommand(at));
  assert.equal(marker.DeleteMarker, true);
  await on.send(new s3.DeleteObjectCommand({ ...at, VersionId: marker.VersionId }));
  const versions = [];
  const pages = s3.paginateListObjectVersions?.({ client: on }, { Bucket: at.Bucket });
  if (pages) {
    for await (const page of pages) {
      versions.push(...(page.Versions ?? []));
    }
  } else {
    const page = await on.send(new s3.ListObjectVersionsCommand({ Bucket: at.Bucket }));
    versions.push(...page.Versions);
  }
  assert.deepEqual(versions.map((version) => version.VersionId), [first.VersionId]);
  await on.send(new s3.DeleteObjectCommand({ ...at, VersionId: first.VersionId }));
  await on.send(new s3.DeleteBucketCommand({ Bucket: at.Bucket }));
}

/** What a workload has: a token in a file, exchanged by the SDK itself. */
async function webIdentity() {
  const file = path.join(process.env.WORK_DIR, "token");
  writeFileSync(file, process.env.ACERVO_BEARER_TOKEN);
  process.env.AWS_WEB_IDENTITY_TOKEN_FILE = file;
  process.env.AWS_ROLE_ARN = "arn:aws:iam::agencia:role/agency-admin";
  process.env.AWS_ROLE_SESSION_NAME = "turno";
  const credentials = fromTokenFile({
    clientConfig: {
      endpoint: process.env.S3_ENDPOINT,
      region: process.env.AWS_DEFAULT_REGION,
    },
  });
  const on = client({ credentials });
  const Key = "con-token";
  await on.send(new s3.PutObjectCommand({ Bucket, Key, Body: "hola" }));
  const got = await on.send(new s3.GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body.transformToString(), "hola");
  const url = await getSignedUrl(on, new s3.GetObjectCommand({ Bucket, Key }), { expiresIn: 60 });
  assert.equal(await (await fetch(url)).text(), "hola");
}

async function empty(on) {
  for await (const page of s3.paginateListObjectsV2({ client: on }, { Bucket })) {
    const Objects = (page.Contents ?? []).map(({ Key }) => ({ Key }));
    if (Objects.length > 0) {
      await on.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    }
  }
  await on.send(new s3.DeleteBucketCommand({ Bucket }));
}

async function main() {
  const on = client();
  await on.send(new s3.CreateBucketCommand({ Bucket }));
  const workflows = [objects, streams, lists, presigned, versionsAndTags, webIdentity, empty];
  for (const workflow of workflows) {
    console.log(workflow.name);
    await workflow(on);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
