"""Checksums through boto3: the algorithms that it computes, one piece and multipart, announced and returned.

Over HTTP botocore sends them as headers, over TLS as trailers of an aws-chunked body; this script
runs against both kinds of endpoint.
"""

import base64
import gzip
import hashlib
import io
import json
import zlib

from awscrt import checksums as crt

from common import ENDPOINT, KIB, PART, client, document, empty, refused, same

BUCKET = "boto3-checksums"


def crc(function, width):
    return lambda data: (function(data) & (1 << 8 * width) - 1).to_bytes(width, "big")


def xxhash(new):
    def digest(data):
        digest = new()
        digest.update(data)
        return digest.finalize()

    return digest


ALGORITHMS = {
    "CRC32": crc(zlib.crc32, 4),
    "CRC32C": crc(crt.crc32c, 4),
    "CRC64NVME": crc(crt.crc64nvme, 8),
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
    "XXHASH64": xxhash(crt.XXHash.new_xxhash64),
    "XXHASH3": xxhash(crt.XXHash.new_xxhash3_64),
    "XXHASH128": xxhash(crt.XXHash.new_xxhash3_128),
}


def value(algorithm, data):
    return base64.b64encode(ALGORITHMS[algorithm](data)).decode()


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    for algorithm in ALGORITHMS:
        for size in (0, 5, 20_000, 300 * KIB + 1):
            one_piece(s3, algorithm, size)
        announced(s3, algorithm)
        copied(s3, algorithm)
    the_default(s3)
    content_md5(s3)
    encoded(s3)
    version_of_tls(s3)
    if ENDPOINT.startswith("https"):
        streamed(s3)
    for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "SHA512", "XXHASH3", "XXHASH128"):
        composite(s3, algorithm)
    for algorithm in ("CRC32", "CRC32C", "CRC64NVME"):
        full_object(s3, algorithm)
    impossible(s3)
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def one_piece(s3, algorithm, size):
    data = document(size)
    at = {"Bucket": BUCKET, "Key": f"{algorithm}/{size}"}
    expected = (value(algorithm, data), "FULL_OBJECT")
    # A file-like body is what makes botocore stream it.
    answer = s3.put_object(Body=io.BytesIO(data), ChecksumAlgorithm=algorithm, **at)
    same((answer[f"Checksum{algorithm}"], answer["ChecksumType"]), expected)
    head = s3.head_object(ChecksumMode="ENABLED", **at)
    same((head[f"Checksum{algorithm}"], head["ChecksumType"]), expected)
    got = s3.get_object(ChecksumMode="ENABLED", **at)
    same((got[f"Checksum{algorithm}"], got["ChecksumType"]), expected)
    same(got["Body"].read(), data)
    same(type(got["Body"]).__name__, "StreamingChecksumBody", "botocore checks the body")
    assert f"Checksum{algorithm}" not in s3.head_object(**at), "nobody asked for it"
    if size > 5:
        # The checksum is of the whole object: it does not go with a part of it.
        got = s3.get_object(ChecksumMode="ENABLED", Range="bytes=1-3", **at)
        same(got["Body"].read(), data[1:4])
        assert f"Checksum{algorithm}" not in got, "a checksum of something else"


def announced(s3, algorithm):
    """A checksum in a header is kept when it is right; a wrong one leaves nothing behind."""
    data = document(1000)
    at = {"Bucket": BUCKET, "Key": f"{algorithm}/announced"}
    name = f"Checksum{algorithm}"
    wrong = {name: value(algorithm, b"other")}
    refused(400, "BadDigest", s3.put_object, Body=data, **wrong, **at)
    refused(404, "NoSuchKey", s3.get_object, **at)
    refused(400, "InvalidRequest", s3.put_object, Body=data, **{name: "AAAA"}, **at)
    s3.put_object(Body=data, **{name: value(algorithm, data)}, **at)
    same(s3.head_object(ChecksumMode="ENABLED", **at)[name], value(algorithm, data))


def copied(s3, algorithm):
    name = f"Checksum{algorithm}"
    source = f"{BUCKET}/{algorithm}/announced"
    expected = value(algorithm, document(1000))
    answer = s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
    same(answer["CopyObjectResult"].get(name), expected, "a copy keeps the checksum")
    same(s3.head_object(Bucket=BUCKET, Key="copy", ChecksumMode="ENABLED")[name], expected)
    other = "SHA256" if algorithm != "SHA256" else "CRC32"
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source, ChecksumAlgorithm=other)
    head = s3.head_object(Bucket=BUCKET, Key="copy", ChecksumMode="ENABLED")
    same(head[f"Checksum{other}"], value(other, document(1000)), "or gets the one asked for")


def the_default(s3):
    """Today's SDKs send a CRC-32 unasked."""
    s3.put_object(Bucket=BUCKET, Key="default", Body=b"acta")
    head = s3.head_object(Bucket=BUCKET, Key="default", ChecksumMode="ENABLED")
    same(head["ChecksumCRC32"], value("CRC32", b"acta"))


def content_md5(s3):
    at = {"Bucket": BUCKET, "Key": "md5", "Body": b"acta"}
    s3.put_object(ContentMD5=base64.b64encode(hashlib.md5(b"acta").digest()).decode(), **at)
    other = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    refused(400, "BadDigest", s3.put_object, ContentMD5=other, **at)
    refused(400, "InvalidDigest", s3.put_object, ContentMD5="AAAA", **at)


def encoded(s3):
    """`aws-chunked` is an encoding of the way, not of the object."""
    at = {"Bucket": BUCKET, "Key": "encoded"}
    packed = gzip.compress(b"acta" * 1000)
    s3.put_object(Body=io.BytesIO(packed), ContentEncoding="gzip", **at)
    got = s3.get_object(**at)
    same((got["ContentEncoding"], got["Body"].read()), ("gzip", packed))
    s3.put_object(Body=io.BytesIO(packed), **at)
    assert not s3.head_object(**at).get("ContentEncoding"), "the encoding of the way was kept"


class Pipe(io.RawIOBase):
    """A body that cannot be rewound, as it comes from a pipe."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def read(self, size=-1):
        return self.data.read(size)

    def seekable(self):
        return False


def streamed(s3):
    """Only a trailer can carry the checksum of a body that is read once."""
    data = document(3_000_000)
    at = {"Bucket": BUCKET, "Key": "streamed"}
    arguments = {"ContentLength": len(data), "ChecksumAlgorithm": "SHA256"}
    s3.put_object(Body=Pipe(data), **arguments, **at)
    got = s3.get_object(ChecksumMode="ENABLED", **at)
    same((got["ChecksumSHA256"], got["Body"].read()), (value("SHA256", data), data))


def upload(s3, at, algorithm, kind):
    """Two parts with checksums: (upload id, parts as CompleteMultipartUpload wants them)."""
    created = s3.create_multipart_upload(ChecksumAlgorithm=algorithm, ChecksumType=kind, **at)
    same((created["ChecksumAlgorithm"], created["ChecksumType"]), (algorithm, kind))
    upload_id = created["UploadId"]
    parts = []
    for number, size in ((1, PART), (2, 1000)):
        data = document(size, number)
        answer = s3.upload_part(
            UploadId=upload_id,
            PartNumber=number,
            Body=io.BytesIO(data),
            ChecksumAlgorithm=algorithm,
            **at,
        )
        name = f"Checksum{algorithm}"
        same(answer[name], value(algorithm, data))
        parts.append({"PartNumber": number, "ETag": answer["ETag"], name: answer[name]})
    listed = s3.list_parts(UploadId=upload_id, **at)
    same((listed["ChecksumAlgorithm"], listed["ChecksumType"]), (algorithm, kind))
    same([part[f"Checksum{algorithm}"] for part in listed["Parts"]], [p[name] for p in parts])
    return upload_id, parts


def completed(s3, at, upload_id, parts, algorithm, kind, expected):
    complete = s3.complete_multipart_upload
    arguments = {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}, **at}
    answer = complete(ChecksumType=kind, **arguments)
    same((answer[f"Checksum{algorithm}"], answer["ChecksumType"]), (expected, kind))
    same(answer["Location"].split(":")[0], ENDPOINT.split(":")[0])
    head = s3.head_object(ChecksumMode="ENABLED", **at)
    same((head[f"Checksum{algorithm}"], head["ChecksumType"]), (expected, kind))
    got = s3.get_object(ChecksumMode="ENABLED", **at)
    same(got["Body"].read(), document(PART, 1) + document(1000, 2))


def composite(s3, algorithm):
    at = {"Bucket": BUCKET, "Key": f"composite/{algorithm}"}
    upload_id, parts = upload(s3, at, algorithm, "COMPOSITE")
    raw = [ALGORITHMS[algorithm](document(size, n)) for n, size in ((1, PART), (2, 1000))]
    expected = value(algorithm, b"".join(raw)) + "-2"
    name = f"Checksum{algorithm}"
    other = [{**parts[0], name: value(algorithm, b"other")}, parts[1]]
    arguments = {"UploadId": upload_id, "MultipartUpload": {"Parts": other}, **at}
    refused(400, "InvalidPart", s3.complete_multipart_upload, **arguments)
    completed(s3, at, upload_id, parts, algorithm, "COMPOSITE", expected)


def full_object(s3, algorithm):
    at = {"Bucket": BUCKET, "Key": f"full/{algorithm}"}
    upload_id, parts = upload(s3, at, algorithm, "FULL_OBJECT")
    arguments = {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}, **at}
    complete = s3.complete_multipart_upload
    wrong = {f"Checksum{algorithm}": value(algorithm, b"other"), "ChecksumType": "FULL_OBJECT"}
    refused(400, "BadDigest", complete, **wrong, **arguments)
    refused(400, "InvalidRequest", complete, MpuObjectSize=7, **arguments)
    expected = value(algorithm, document(PART, 1) + document(1000, 2))
    completed(s3, at, upload_id, parts, algorithm, "FULL_OBJECT", expected)


def version_of_tls(s3):
    """What a policy says of the version of TLS counts over TLS, and says nothing of plain HTTP."""
    at = {"Bucket": BUCKET, "Key": "tls"}
    s3.put_object(Body=b"tls", **at)
    for bound, is_refused in ((1.2, False), (1.4, ENDPOINT.startswith("https"))):
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::*/*",
            "Condition": {"NumericLessThan": {"s3:TlsVersion": bound}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        if is_refused:
            refused(403, "AccessDenied", s3.get_object, **at)
        else:
            s3.get_object(**at)
    s3.delete_bucket_policy(Bucket=BUCKET)


def impossible(s3):
    """Digests do not combine, and CRC-64 has no composite."""
    for algorithm, kind in (
        ("SHA1", "FULL_OBJECT"),
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
    ):
        arguments = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
        create = s3.create_multipart_upload
        refused(400, "InvalidRequest", create, Bucket=BUCKET, Key="x", **arguments)


if __name__ == "__main__":
    main()
