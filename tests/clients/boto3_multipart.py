"""Multipart uploads through boto3: parts in any order, replaced, copied, listed, refused."""

import hashlib

from common import MIB, PART, client, document, empty, keys_of, refused, same

BUCKET = "boto3-multipart"


class Upload:
    """One upload in progress."""

    def __init__(self, s3, key, **arguments):
        self.s3 = s3
        self.at = {"Bucket": BUCKET, "Key": key}
        self.id = s3.create_multipart_upload(**self.at, **arguments)["UploadId"]

    def put(self, number, data):
        answer = self.s3.upload_part(
            UploadId=self.id, PartNumber=number, Body=data, **self.at
        )
        same(answer["ETag"], f'"{hashlib.md5(data).hexdigest()}"')
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def completion(self, parts):
        return {"UploadId": self.id, "MultipartUpload": {"Parts": parts}, **self.at}

    def complete(self, parts):
        return self.s3.complete_multipart_upload(**self.completion(parts))

    def refuses(self, code, parts):
        refused(400, code, self.s3.complete_multipart_upload, **self.completion(parts))

    def abort(self):
        self.s3.abort_multipart_upload(UploadId=self.id, **self.at)


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    whole(s3)
    gaps(s3)
    refusals(s3)
    aborted(s3)
    copied_parts(s3)
    uploads_are_listed(s3)
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def whole(s3):
    first, second, third = document(PART, 1), document(PART + 1, 2), document(MIB + 7, 3)
    upload = Upload(
        s3, "whole", ContentType="application/pdf", Metadata={"a": "1"}, CacheControl="private"
    )
    parts = {3: upload.put(3, third), 1: upload.put(1, first)}
    upload.put(2, document(PART, 9))
    parts[2] = upload.put(2, second)
    refused(404, "NoSuchKey", s3.get_object, **upload.at)
    same(keys_of(s3, BUCKET), [], "an upload in progress is no object")
    listed = [(part["PartNumber"], part["Size"], part["ETag"]) for part in all_parts(s3, upload)]
    sizes = {1: PART, 2: PART + 1, 3: MIB + 7}
    same(listed, [(n, sizes[n], parts[n]["ETag"]) for n in (1, 2, 3)], "the parts")
    answer = upload.complete([parts[1], parts[2], parts[3]])
    digests = b"".join(hashlib.md5(data).digest() for data in (first, second, third))
    etag = f'"{hashlib.md5(digests).hexdigest()}-3"'
    same(answer["ETag"], etag)
    same((answer["Bucket"], answer["Key"]), (BUCKET, "whole"))
    data = first + second + third
    got = s3.get_object(**upload.at)
    same(got["Body"].read(), data)
    kept = (got["ETag"], got["ContentType"], got["Metadata"], got["CacheControl"])
    same(kept, (etag, "application/pdf", {"a": "1"}, "private"))
    by_part(s3, upload.at, [first, second, third])
    for edge in (PART, PART + PART + 1):
        ranged = s3.get_object(Range=f"bytes={edge - 10}-{edge + 9}", **upload.at)
        same(ranged["Body"].read(), data[edge - 10 : edge + 10], "a range over two parts")
    refused(404, "NoSuchUpload", s3.list_parts, UploadId=upload.id, **upload.at)
    # A copy in one piece has no parts any more.
    copy = s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/whole")
    same(s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read(), data)
    assert "-" not in copy["CopyObjectResult"]["ETag"], copy


def all_parts(s3, upload):
    pages = s3.get_paginator("list_parts").paginate(
        UploadId=upload.id, PaginationConfig={"PageSize": 2}, **upload.at
    )
    return [part for page in pages for part in page["Parts"]]


def by_part(s3, at, pieces):
    start = 0
    size = sum(map(len, pieces))
    for number, piece in enumerate(pieces, 1):
        for call in (s3.get_object, s3.head_object):
            got = call(PartNumber=number, **at)
            same(got["PartsCount"], len(pieces))
            same(got["ContentLength"], len(piece))
            same(got["ContentRange"], f"bytes {start}-{start + len(piece) - 1}/{size}")
        same(s3.get_object(PartNumber=number, **at)["Body"].read(), piece)
        start += len(piece)
    refused(416, "InvalidPartNumber", s3.get_object, PartNumber=len(pieces) + 1, **at)
    both = {"PartNumber": 1, "Range": "bytes=0-1"}
    refused(400, "InvalidRequest", s3.get_object, **both, **at)


def gaps(s3):
    """Part numbers only order the parts, and parts that are not named are not in the object."""
    upload = Upload(s3, "gaps")
    last = upload.put(10_000, b"last")
    upload.put(500, document(PART, 2))
    first = upload.put(7, document(PART, 1))
    upload.complete([first, last])
    same(s3.get_object(**upload.at)["Body"].read(), document(PART, 1) + b"last")
    upload = Upload(s3, "one-small-part")
    upload.complete([upload.put(1, b"small")])
    same(s3.get_object(**upload.at)["Body"].read(), b"small")


def refusals(s3):
    upload = Upload(s3, "refused")
    first, second = upload.put(1, document(PART, 1)), upload.put(2, b"end")
    small = upload.put(3, b"too small")
    upload.refuses("InvalidPart", [first, {"PartNumber": 4, "ETag": second["ETag"]}])
    upload.refuses("InvalidPart", [first, {"PartNumber": 2, "ETag": first["ETag"]}])
    upload.refuses("InvalidPartOrder", [second, first])
    upload.refuses("InvalidPartOrder", [first, first])
    upload.refuses("EntityTooSmall", [first, second, small])
    upload.refuses("MalformedXML", [])
    arguments = {"UploadId": upload.id, "Body": b"x", **upload.at}
    for number in (0, 10_001):
        refused(400, "InvalidArgument", s3.upload_part, PartNumber=number, **arguments)
    # None of this cost the upload anything.
    upload.complete([first, second])
    same(s3.get_object(**upload.at)["Body"].read(), document(PART, 1) + b"end")
    at = {"Bucket": BUCKET, "Key": "other"}
    elsewhere = {"UploadId": Upload(s3, "refused").id, "PartNumber": 1, "Body": b"x"}
    refused(404, "NoSuchUpload", s3.upload_part, **elsewhere, **at)
    for upload_id in ("unknown", "../../etc", "a" * 2000):
        unknown = {"UploadId": upload_id, "PartNumber": 1, "Body": b"x"}
        refused(404, "NoSuchUpload", s3.upload_part, **unknown, **at)
        refused(404, "NoSuchUpload", s3.abort_multipart_upload, UploadId=upload_id, **at)
    for item in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        arguments = {"UploadId": item["UploadId"], "Key": item["Key"]}
        s3.abort_multipart_upload(Bucket=BUCKET, **arguments)


def aborted(s3):
    upload = Upload(s3, "aborted")
    part = upload.put(1, document(PART))
    upload.abort()
    missing = {"UploadId": upload.id, **upload.at}
    refused(404, "NoSuchUpload", s3.list_parts, **missing)
    refused(404, "NoSuchUpload", s3.upload_part, PartNumber=2, Body=b"x", **missing)
    complete = s3.complete_multipart_upload
    refused(404, "NoSuchUpload", complete, **upload.completion([part]))
    refused(404, "NoSuchKey", s3.get_object, **upload.at)


def copied_parts(s3):
    data = document(2 * PART + 100, 4)
    source = {"Bucket": BUCKET, "Key": "source ñ+%"}
    etag = s3.put_object(Body=data, **source)["ETag"]
    upload = Upload(s3, "from copies")
    copy = s3.upload_part_copy
    parts = []
    for number, text in ((1, f"bytes=10-{PART + 9}"), (2, None), (3, "bytes=0-4")):
        arguments = {"CopySourceRange": text} if text else {}
        answer = copy(
            UploadId=upload.id, PartNumber=number, CopySource=source, **arguments, **upload.at
        )["CopyPartResult"]
        assert answer["LastModified"], answer
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    at = {"UploadId": upload.id, "PartNumber": 4, "CopySource": source, **upload.at}
    copy(CopySourceIfMatch=etag, **at)
    refused(412, "PreconditionFailed", copy, CopySourceIfMatch='"other"', **at)
    refused(412, "PreconditionFailed", copy, CopySourceIfNoneMatch=etag, **at)
    beyond = f"bytes=0-{len(data)}"
    refused(400, "InvalidArgument", copy, CopySourceRange=beyond, **at)
    refused(400, "InvalidArgument", copy, CopySourceRange="bytes=0-", **at)
    missing = {**at, "CopySource": f"{BUCKET}/missing"}
    refused(404, "NoSuchKey", copy, **missing)
    upload.complete(parts)
    same(s3.get_object(**upload.at)["Body"].read(), data[10 : PART + 10] + data + data[:5])


def uploads_are_listed(s3):
    keys = ["a/1", "a/1", "a/2", "b", "ñ + %2F"]
    uploads = sorted(((key, Upload(s3, key).id) for key in keys), key=lambda u: u[0].encode())
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 2}
    )
    listed = [(item["Key"], item["UploadId"]) for page in pages for item in page["Uploads"]]
    same([key for key, _ in listed], [key for key, _ in uploads], "uploads by key")
    same(sorted(listed), sorted(uploads))
    page = s3.list_multipart_uploads(Bucket=BUCKET, Delimiter="/")
    same([item["Prefix"] for item in page["CommonPrefixes"]], ["a/"])
    same([item["Key"] for item in page["Uploads"]], ["b", "ñ + %2F"])
    page = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="a/2")
    same([item["Key"] for item in page["Uploads"]], ["a/2"])
    assert page["Uploads"][0]["Initiator"]["ID"] and page["Uploads"][0]["Owner"]["ID"], page
    for key, upload_id in uploads:
        s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


if __name__ == "__main__":
    main()
