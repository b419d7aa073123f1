"""Listings through boto3: 2,500 keys, both versions, compared with a model; and bulk deletes."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus

from common import client, keys_of, refused, same

BUCKET = "boto3-lists"
KEYS = sorted(
    [f"2026/{n % 12 + 1:02}/{n:04}.xml" for n in range(1500)]
    + [f"registro civil/ñ{n % 7}//{n:03}" for n in range(500)]
    + [f"z{n:03}" for n in range(490)]
    + ["2026", "2026-", "2026/", "2026/03", "2026//", "a b/c+d", "a+b/c", "🗂/1", "🗂/2", "~"],
    key=str.encode,
)


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode()), KEYS))
    same(len(KEYS), 2500)
    same(keys_of(s3, BUCKET), KEYS)
    for prefix, delimiter, after, page in [
        ("", "/", "", 1000),
        ("", "/", "", 2),
        ("", "//", "", 1000),
        ("", "0", "", 10),
        ("", ".xml", "", 999),
        ("2026", "/", "", 1),
        ("2026/", "/", "", 5),
        ("2026/", "/", "2026/05/", 3),
        ("2026/", "", "2026/11/1234.xml", 100),
        ("registro civil/", "/", "", 2),
        ("registro civil/ñ", "//", "", 3),
        ("registro civil/", "", "registro civil/ñ3", 333),
        ("a b/", "/", "", 10),
        ("a+b/", "/", "", 10),
        ("🗂/", "/", "", 1),
        ("", "", "z400", 1000),
        ("nothing", "/", "", 1000),
        ("z", "z", "", 7),
    ]:
        asked = {"Prefix": prefix, "Delimiter": delimiter}
        asked = {name: value for name, value in asked.items() if value}
        expected = model(prefix, delimiter, after)
        same(version_2(s3, after, page, **asked), expected, (2, prefix, delimiter, after, page))
        same(version_1(s3, after, page, **asked), expected, (1, prefix, delimiter, after, page))
    details(s3)
    refusals(s3)
    bulk_deletes(s3)


def model(prefix, delimiter, after):
    """What S3 lists: keys and common prefixes, both after the start, in byte order."""
    entries = []
    for key in KEYS:
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = ("key", key) if at < 0 else ("prefix", key[: at + len(delimiter)])
        # S3 leaves out a common prefix at or before the start, though keys below it follow.
        if entry[0] == "prefix" and entry[1].encode() <= after.encode():
            continue
        if not entries or entries[-1] != entry:
            entries.append(entry)
    return entries


def entries_of(page, size):
    found = [("key", item["Key"]) for item in page.get("Contents", [])]
    found += [("prefix", item["Prefix"]) for item in page.get("CommonPrefixes", [])]
    assert len(found) <= size, "more than the page may hold"
    if page["IsTruncated"]:
        same(len(found), size, "a page that is not the last is full")
    return sorted(found, key=lambda entry: entry[1].encode())


def version_2(s3, after, size, **asked):
    found = []
    more = {"StartAfter": after} if after else {}
    while True:
        page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=size, **more, **asked)
        entries = entries_of(page, size)
        same(page["KeyCount"], len(entries))
        same(page["MaxKeys"], size)
        found += entries
        if not page["IsTruncated"]:
            assert "NextContinuationToken" not in page, "nothing to continue"
            return found
        more = {"ContinuationToken": page["NextContinuationToken"]}


def version_1(s3, after, size, **asked):
    found = []
    while True:
        page = s3.list_objects(Bucket=BUCKET, MaxKeys=size, Marker=after, **asked)
        entries = entries_of(page, size)
        same(page["Marker"], after)
        found += entries
        if not page["IsTruncated"]:
            return found
        # S3 names the next marker only in a list with a delimiter.
        after = page["NextMarker"] if asked.get("Delimiter") else entries[-1][1]


def details(s3):
    owner = s3.list_buckets()["Owner"]["ID"]
    page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=3, FetchOwner=True)
    for item in page["Contents"]:
        same(item["Owner"]["ID"], owner)
        same(item["Size"], len(item["Key"].encode()))
        same(item["StorageClass"], "STANDARD")
        head = s3.head_object(Bucket=BUCKET, Key=item["Key"])
        same((item["ETag"], item["LastModified"]), (head["ETag"], head["LastModified"]))
    page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1)
    assert "Owner" not in page["Contents"][0], "nobody asked for the owner"
    page = s3.list_objects(Bucket=BUCKET, MaxKeys=1)
    same(page["Contents"][0]["Owner"]["ID"], owner, "version 1 always names the owner")
    page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=0)
    same((page["KeyCount"], page["IsTruncated"]), (0, False))
    page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=5000)
    same((page["KeyCount"], page["IsTruncated"]), (1000, True))
    # Asked for by name, the encoding is left for the caller to undo.
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix="a b/", Delimiter="+", EncodingType="url")
    same(page["EncodingType"], "url")
    encoded = page["CommonPrefixes"][0]["Prefix"]
    same((unquote_plus(encoded), "%2B" in encoded), ("a b/c+", True), encoded)


def refusals(s3):
    listing = s3.list_objects_v2
    refused(400, "InvalidArgument", listing, Bucket=BUCKET, MaxKeys=-1)
    refused(400, "InvalidArgument", listing, Bucket=BUCKET, ContinuationToken="not ours")
    refused(404, "NoSuchBucket", listing, Bucket="no-such-bucket")


def bulk_deletes(s3):
    delete = s3.delete_objects
    first, rest = KEYS[:1000], KEYS[1000:]
    answer = delete(Bucket=BUCKET, Delete=named(first, Quiet=True))
    assert "Deleted" not in answer and "Errors" not in answer, "quiet says only what failed"
    same(keys_of(s3, BUCKET), rest)
    refused(400, "MalformedXML", delete, Bucket=BUCKET, Delete=named(rest[:1001]))
    same(keys_of(s3, BUCKET), rest, "a refused request deletes nothing")
    # Keys that are not there are reported as deleted, like those that were.
    asked = rest[:998] + ["never-there"]
    answer = delete(Bucket=BUCKET, Delete=named(asked))
    same(sorted(item["Key"] for item in answer["Deleted"]), sorted(asked))
    refused(409, "BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)
    delete(Bucket=BUCKET, Delete=named(rest[998:]))
    same(keys_of(s3, BUCKET), [])
    s3.delete_bucket(Bucket=BUCKET)


def named(keys, **settings):
    return {"Objects": [{"Key": key} for key in keys], **settings}


if __name__ == "__main__":
    main()
