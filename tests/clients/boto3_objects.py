"""Objects through boto3: bodies of every awkward size, headers, metadata, copies, deletes."""

import hashlib
import http.client
import io
import time
from datetime import datetime, timedelta, timezone
from email.header import decode_header, make_header
from urllib.parse import urlsplit

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ParamValidationError

from common import ENDPOINT, KIB, REGION, client, document, empty, refused, same

BUCKET = "boto3-objects"
OTHER = "boto3-objects-2"


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    s3.create_bucket(Bucket=OTHER)
    sizes(s3)
    replaced(s3)
    empty_without_a_stall(s3)
    headers(s3)
    content_types(s3)
    metadata(s3)
    metadata_beyond_ascii(s3)
    response_overrides(s3)
    copies(s3)
    deletes(s3)
    for bucket in (BUCKET, OTHER):
        empty(s3, bucket)
        s3.delete_bucket(Bucket=bucket)


def body(s3, key, bucket=BUCKET, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read()


def sizes(s3):
    """Around every boundary inside the server: inline, segment, unit of reading, and beyond."""
    edges = [16 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 1024 * KIB]
    for size in [0, 1, 2, 255] + [edge + step for edge in edges for step in (-1, 0, 1)]:
        data = document(size)
        key = f"sizes/{size}"
        put = s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        same(put["ETag"], etag)
        got = s3.get_object(Bucket=BUCKET, Key=key)
        same(got["Body"].read(), data, key)
        head = s3.head_object(Bucket=BUCKET, Key=key)
        for answer in (got, head):
            same(answer["ETag"], etag)
            same(answer["ContentLength"], size)
            same(answer["AcceptRanges"], "bytes")
            age = datetime.now(timezone.utc) - answer["LastModified"]
            assert abs(age) < timedelta(minutes=1), answer["LastModified"]


def replaced(s3):
    for size in (100_000, 10, 0, 70_000):
        s3.put_object(Bucket=BUCKET, Key="replaced", Body=document(size))
        same(body(s3, "replaced"), document(size), "the newest body")


def empty_without_a_stall(s3):
    """A file-like body makes botocore send `Expect: 100-continue`, even with nothing to send."""
    started = time.monotonic()
    s3.put_object(Bucket=BUCKET, Key="empty", Body=io.BytesIO(b""))
    s3.put_object(Bucket=BUCKET, Key="not-empty", Body=io.BytesIO(b"x"))
    assert time.monotonic() - started < 10, "stalled on Expect: 100-continue"
    same(body(s3, "empty"), b"")
    same(body(s3, "not-empty"), b"x")


def headers(s3):
    sent = {
        "CacheControl": "private, max-age=60",
        "ContentDisposition": "attachment; filename=\"a\"; filename*=UTF-8''acta%20%C3%B1.pdf",
        "ContentEncoding": "gzip",
        "ContentLanguage": "es-MX",
        "ContentType": "application/xml; charset=utf-8",
    }
    expires = datetime(2031, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
    s3.put_object(Bucket=BUCKET, Key="headers", Body=b"<a/>", Expires=expires, **sent)
    for call in (s3.get_object, s3.head_object):
        answer = call(Bucket=BUCKET, Key="headers")
        same({name: answer[name] for name in sent}, sent)
        same(answer["ExpiresString"], "Sun, 04 May 2031 03:02:01 GMT")
    same(answer["ResponseMetadata"]["HTTPHeaders"]["x-content-type-options"], "nosniff")


def content_types(s3):
    for key, expected in [
        ("acta.pdf", "application/pdf"),
        ("foto.JPG", "image/jpeg"),
        ("acta.xml", "text/xml"),
        ("sin-extension", "binary/octet-stream"),
    ]:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        same(s3.head_object(Bucket=BUCKET, Key=key)["ContentType"], expected, key)


def metadata(s3):
    sent = {"expediente": "EXP-0001/2026", "Oficina": "Ventanilla 4", "vacio": "", "a": "b=c; d"}
    s3.put_object(Bucket=BUCKET, Key="metadata", Body=b"x", Metadata=sent)
    kept = {name.lower(): value for name, value in sent.items()}
    same(s3.head_object(Bucket=BUCKET, Key="metadata")["Metadata"], kept)
    same(s3.get_object(Bucket=BUCKET, Key="metadata")["Metadata"], kept)
    # 2 KiB of names and values together is the most that S3 takes.
    fits = {"n": "v" * 2047}
    s3.put_object(Bucket=BUCKET, Key="metadata", Body=b"x", Metadata=fits)
    same(s3.head_object(Bucket=BUCKET, Key="metadata")["Metadata"], fits)
    arguments = {"Bucket": BUCKET, "Key": "metadata", "Body": b"x"}
    refused(400, "MetadataTooLarge", s3.put_object, Metadata={"n": "v" * 2048}, **arguments)


def metadata_beyond_ascii(s3):
    """boto3 refuses it by itself; a client that sends UTF-8 gets it back as RFC 2047 words."""
    try:
        s3.put_object(Bucket=BUCKET, Key="m", Body=b"x", Metadata={"nombre": "José"})
    except ParamValidationError:
        pass
    else:
        raise AssertionError("boto3 no longer refuses metadata beyond ASCII")
    encoded = "=?UTF-8?B?Sm9zw6k=?="
    s3.put_object(Bucket=BUCKET, Key="m", Body=b"x", Metadata={"nombre": encoded})
    same(s3.head_object(Bucket=BUCKET, Key="m")["Metadata"]["nombre"], encoded)
    status = signed_put("raw-metadata", b"x", {"x-amz-meta-nombre": "José Ñandú"})
    same(status, 200, "metadata in raw UTF-8")
    value = s3.head_object(Bucket=BUCKET, Key="raw-metadata")["Metadata"]["nombre"]
    assert value.isascii(), value
    same(str(make_header(decode_header(value))), "José Ñandú")


def signed_put(key, data, headers):
    """A PUT signed by botocore and sent by hand, so that its headers may hold any byte."""
    request = AWSRequest("PUT", f"{ENDPOINT}/{BUCKET}/{key}", headers=headers, data=data)
    S3SigV4Auth(boto3.Session().get_credentials(), "s3", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(ENDPOINT).netloc, timeout=60)
    raw = {name: value.encode() for name, value in request.headers.items()}
    connection.request("PUT", f"/{BUCKET}/{key}", body=data, headers=raw)
    response = connection.getresponse()
    response.read()
    return response.status


def response_overrides(s3):
    s3.put_object(Bucket=BUCKET, Key="overrides", Body=b"x", ContentType="text/plain")
    answer = s3.get_object(
        Bucket=BUCKET,
        Key="overrides",
        ResponseCacheControl="no-cache",
        ResponseContentDisposition='attachment; filename="a b.pdf"',
        ResponseContentEncoding="identity",
        ResponseContentLanguage="es",
        ResponseContentType="application/pdf",
        ResponseExpires=datetime(2031, 5, 4, 3, 2, 1, tzinfo=timezone.utc),
    )
    same(answer["CacheControl"], "no-cache")
    same(answer["ContentDisposition"], 'attachment; filename="a b.pdf"')
    same(answer["ContentEncoding"], "identity")
    same(answer["ContentLanguage"], "es")
    same(answer["ContentType"], "application/pdf")
    same(answer["ExpiresString"], "Sun, 04 May 2031 03:02:01 GMT")
    same(s3.get_object(Bucket=BUCKET, Key="overrides")["ContentType"], "text/plain")


def copies(s3):
    data = document(100_000)
    source = {"Bucket": BUCKET, "Key": "copy me/ñ + %2F"}
    s3.put_object(
        Body=data, ContentType="image/png", Metadata={"a": "1"}, CacheControl="private", **source
    )
    copied = s3.copy_object(Bucket=OTHER, Key="kept", CopySource=source)
    etag = f'"{hashlib.md5(data).hexdigest()}"'
    same(copied["CopyObjectResult"]["ETag"], etag)
    head = s3.head_object(Bucket=OTHER, Key="kept")
    kept = (head["ContentType"], head["Metadata"], head["CacheControl"], head["ETag"])
    same(kept, ("image/png", {"a": "1"}, "private", etag))
    same(body(s3, "kept", OTHER), data)
    s3.copy_object(
        Bucket=OTHER,
        Key="new",
        CopySource=source,
        MetadataDirective="REPLACE",
        ContentType="image/webp",
        Metadata={"b": "2"},
    )
    head = s3.head_object(Bucket=OTHER, Key="new")
    same((head["ContentType"], head["Metadata"]), ("image/webp", {"b": "2"}))
    assert "CacheControl" not in head, "REPLACE keeps nothing of the source"
    same(body(s3, "new", OTHER), data)
    copies_of_itself(s3, source, data)
    # The copy lives on when its source is gone.
    s3.delete_object(**source)
    same(body(s3, "kept", OTHER), data)
    refused(404, "NoSuchKey", s3.copy_object, Bucket=OTHER, Key="x", CopySource=source)
    nowhere = {"Bucket": "no-such-bucket", "Key": "x"}
    refused(404, "NoSuchBucket", s3.copy_object, Bucket=OTHER, Key="x", CopySource=nowhere)


def copies_of_itself(s3, source, data):
    refused(400, "InvalidRequest", s3.copy_object, CopySource=source, **source)
    s3.copy_object(
        CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"}, **source
    )
    same(s3.head_object(**source)["Metadata"], {"c": "3"})
    same(s3.get_object(**source)["Body"].read(), data)
    etag = s3.head_object(**source)["ETag"]
    to = {"Bucket": OTHER, "Key": "conditional", "CopySource": source}
    s3.copy_object(CopySourceIfMatch=etag, **to)
    s3.copy_object(CopySourceIfNoneMatch='"other"', **to)
    refused(412, "PreconditionFailed", s3.copy_object, CopySourceIfMatch='"other"', **to)
    refused(412, "PreconditionFailed", s3.copy_object, CopySourceIfNoneMatch=etag, **to)
    hour = timedelta(hours=1)
    now = s3.head_object(**source)["LastModified"]
    s3.copy_object(CopySourceIfModifiedSince=now - hour, **to)
    s3.copy_object(CopySourceIfUnmodifiedSince=now, **to)
    before = now - hour
    refused(412, "PreconditionFailed", s3.copy_object, CopySourceIfUnmodifiedSince=before, **to)


def deletes(s3):
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
    for _ in range(2):
        answer = s3.delete_object(Bucket=BUCKET, Key="gone")
        same(answer["ResponseMetadata"]["HTTPStatusCode"], 204, "deleting twice is no error")
    refused(404, "NoSuchKey", s3.get_object, Bucket=BUCKET, Key="gone")
    refused(404, "404", s3.head_object, Bucket=BUCKET, Key="gone")


if __name__ == "__main__":
    main()
