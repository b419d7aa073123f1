"""Odd keys through boto3: every key is a name like any other and comes back byte for byte."""

from botocore.handlers import set_list_objects_encoding_type_url

from common import client, keys_of, refused, same

BUCKET = "boto3-keys"
COPIES = "boto3-keys-copies"

KEYS = [
    "plain.txt",
    "/leading",
    "//",
    "a//b",
    "a///b/",
    "trailing/",
    ".",
    "..",
    "./a",
    "../a",
    "a/./b",
    "a/../b",
    "a/..",
    " ",
    " leading space",
    "trailing space ",
    "two  spaces",
    "a+b",
    "a b",
    "a%20b",
    "%",
    "%2F",
    "a%2Fb",
    "a%252Fb",
    "a%zz",
    "a?b",
    "a?versionId=1&uploadId=2",
    "?acl",
    "a#fragment",
    "a&b=c;d,e",
    "a:b@c$d!e*f'g(h)",
    "a~b_c-d.e",
    "[brackets]{braces}|pipe^caret`tick",
    "\"quotes\"<tags/>&amp;",
    "back\\slash",
    "ñandú",
    "caf\u00e9",
    "cafe\u0301",
    "日本語/ファイル",
    "עברית/عربي",
    "🗂/👩‍👩‍👧",
    "\U0010fffd",
    "zero\u200bwidth",
    "a\tb",
    "a\nb",
    "a\rb",
    "x" * 255 + "/" + "y" * 255,
    "k" * 1024,
    "ñ" * 512,
]
# XML cannot name these at all: listings carry them only because SDKs ask for url encoding.
BEYOND_XML = ["a\u0001b", "a\u001fb", "a\ufffeb"]


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    s3.create_bucket(Bucket=COPIES)
    every = KEYS + BEYOND_XML
    for key in every:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"of " + key.encode())
    expected = sorted(every, key=str.encode)
    same(keys_of(s3, BUCKET), expected, "a listing in byte order")
    same(keys_of(s3, BUCKET, PaginationConfig={"PageSize": 7}), expected, "pages of 7")
    for key in every:
        same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"of " + key.encode(), key)
        s3.head_object(Bucket=BUCKET, Key=key)
        same(keys_of(s3, BUCKET, Prefix=key)[0], key, "the key as a prefix")
        source = {"Bucket": BUCKET, "Key": key}
        s3.copy_object(Bucket=COPIES, Key=key, CopySource=source)
        same(s3.get_object(Bucket=COPIES, Key=key)["Body"].read(), b"of " + key.encode(), key)
    without_url_encoding(s3)
    start_after(s3, expected)
    deleted(s3)
    for key in ("k" * 1025, "ñ" * 513):
        refused(400, "KeyTooLongError", s3.put_object, Bucket=BUCKET, Key=key, Body=b"")


def without_url_encoding(s3):
    """A listing that asks for no encoding is well-formed XML with the same names."""
    named = client()
    event = "before-parameter-build.s3.ListObjectsV2"
    named.meta.events.unregister(event, set_list_objects_encoding_type_url)
    page = named.list_objects_v2(Bucket=BUCKET, Prefix="cafe")
    same([item["Key"] for item in page["Contents"]], ["cafe\u0301"])
    page = named.list_objects_v2(Bucket=BUCKET, Prefix='"quotes"')
    same([item["Key"] for item in page["Contents"]], ['"quotes"<tags/>&amp;'])
    assert "EncodingType" not in page, "this list was to ask for no encoding"


def start_after(s3, expected):
    for at, key in enumerate(expected):
        page = s3.list_objects_v2(Bucket=BUCKET, StartAfter=key, MaxKeys=1)
        found = [item["Key"] for item in page.get("Contents", [])]
        same(found, expected[at + 1 : at + 2], f"what follows {key!r}")


def deleted(s3):
    """DeleteObjects takes what XML can name; the rest is deleted one by one."""
    objects = [{"Key": key} for key in KEYS]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    assert not answer.get("Errors"), answer["Errors"]
    deleted = sorted(item["Key"] for item in answer["Deleted"])
    same(deleted, sorted(KEYS), "the keys that were deleted")
    same(keys_of(s3, BUCKET), sorted(BEYOND_XML, key=str.encode))
    for key in BEYOND_XML:
        s3.delete_object(Bucket=BUCKET, Key=key)
    for key in KEYS + BEYOND_XML:
        s3.delete_object(Bucket=COPIES, Key=key)
    for bucket in (BUCKET, COPIES):
        same(keys_of(s3, bucket), [])
        s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=BUCKET)


if __name__ == "__main__":
    main()
