"""Ranges and conditions through boto3, on reads and on writes."""

import random
from datetime import timedelta

from common import MIB, PART, client, document, empty, refused, same

BUCKET = "boto3-conditions"


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    ranges(s3, 10)
    ranges(s3, 16_385)
    ranges(s3, 3 * MIB + 17)
    malformed_ranges(s3)
    part_numbers(s3)
    conditional_reads(s3)
    conditional_writes(s3)
    conditional_completion(s3)
    conditional_deletes_and_copies(s3)
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def part_of(s3, key, text):
    answer = s3.get_object(Bucket=BUCKET, Key=key, Range=text)
    same(answer["ResponseMetadata"]["HTTPStatusCode"], 206, text)
    return answer["ContentRange"], answer["Body"].read()


def ranges(s3, size):
    data = document(size)
    s3.put_object(Bucket=BUCKET, Key="ranges", Body=data)
    for text, first, last in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, size - 1),
        ("bytes=1-3", 1, 3),
        (f"bytes={size - 1}-", size - 1, size - 1),
        (f"bytes=5-{size + 100}", 5, size - 1),
        ("bytes=-1", size - 1, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=-{size + 5}", 0, size - 1),
    ]:
        expected = (f"bytes {first}-{last}/{size}", data[first : last + 1])
        same(part_of(s3, "ranges", text), expected, text)
    seeded = random.Random(size)
    for _ in range(40):
        first, last = sorted(seeded.randrange(size) for _ in range(2))
        found = part_of(s3, "ranges", f"bytes={first}-{last}")
        same(found, (f"bytes {first}-{last}/{size}", data[first : last + 1]), f"{first}-{last}")
    head = s3.head_object(Bucket=BUCKET, Key="ranges", Range="bytes=2-4")
    same((head["ContentLength"], head["ContentRange"]), (3, f"bytes 2-4/{size}"))
    beyond = {"Bucket": BUCKET, "Key": "ranges", "Range": f"bytes={size}-"}
    answer = refused(416, "InvalidRange", s3.get_object, **beyond)
    same(answer["Error"].get("ActualObjectSize"), str(size))


def malformed_ranges(s3):
    """What is no range is ignored, as RFC 9110 and S3 have it."""
    data = document(100)
    s3.put_object(Bucket=BUCKET, Key="malformed", Body=data)
    for text in ["bytes=a-b", "bytes=5-2", "bytes", "lines=0-1", "bytes=-"]:
        answer = s3.get_object(Bucket=BUCKET, Key="malformed", Range=text)
        same(answer["ResponseMetadata"]["HTTPStatusCode"], 200, text)
        same(answer["Body"].read(), data, text)
    s3.put_object(Bucket=BUCKET, Key="nothing", Body=b"")
    arguments = {"Bucket": BUCKET, "Key": "nothing", "Range": "bytes=0-0"}
    refused(416, "InvalidRange", s3.get_object, **arguments)


def part_numbers(s3):
    """An object that was put in one piece has one part."""
    data = document(1000)
    s3.put_object(Bucket=BUCKET, Key="one-piece", Body=data)
    answer = s3.get_object(Bucket=BUCKET, Key="one-piece", PartNumber=1)
    same(answer["Body"].read(), data)
    same(answer["ResponseMetadata"]["HTTPStatusCode"], 206)
    arguments = {"Bucket": BUCKET, "Key": "one-piece", "PartNumber": 2}
    refused(416, "InvalidPartNumber", s3.get_object, **arguments)


def conditional_reads(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="read", Body=b"x")["ETag"]
    at = s3.head_object(Bucket=BUCKET, Key="read")["LastModified"]
    before = at - timedelta(hours=1)
    for conditions in [
        {"IfMatch": etag},
        {"IfMatch": etag.strip('"')},
        {"IfMatch": "*"},
        {"IfNoneMatch": '"other"'},
        {"IfModifiedSince": before},
        {"IfUnmodifiedSince": at},
        # RFC 9110: the entity tag decides, the date is not looked at.
        {"IfMatch": etag, "IfUnmodifiedSince": before},
        {"IfNoneMatch": '"other"', "IfModifiedSince": at},
    ]:
        answer = s3.get_object(Bucket=BUCKET, Key="read", **conditions)
        same(answer["Body"].read(), b"x", conditions)
        s3.head_object(Bucket=BUCKET, Key="read", **conditions)
    for conditions in [{"IfMatch": '"other"'}, {"IfUnmodifiedSince": before}]:
        arguments = {"Bucket": BUCKET, "Key": "read", **conditions}
        refused(412, "PreconditionFailed", s3.get_object, **arguments)
        refused(412, "412", s3.head_object, **arguments)
    for conditions in [
        {"IfNoneMatch": etag},
        {"IfNoneMatch": "*"},
        {"IfModifiedSince": at},
        {"IfNoneMatch": etag, "IfModifiedSince": before},
    ]:
        arguments = {"Bucket": BUCKET, "Key": "read", **conditions}
        answer = refused(304, "304", s3.get_object, **arguments)
        same(answer["ResponseMetadata"]["HTTPHeaders"]["etag"], etag)
        refused(304, "304", s3.head_object, **arguments)


def conditional_writes(s3):
    at = {"Bucket": BUCKET, "Key": "written"}
    first = s3.put_object(Body=b"first", IfNoneMatch="*", **at)["ETag"]
    refused(412, "PreconditionFailed", s3.put_object, Body=b"second", IfNoneMatch="*", **at)
    refused(412, "PreconditionFailed", s3.put_object, Body=b"second", IfMatch='"other"', **at)
    same(s3.get_object(**at)["Body"].read(), b"first", "a refused write changes nothing")
    s3.put_object(Body=b"second", IfMatch=first, **at)
    same(s3.get_object(**at)["Body"].read(), b"second")
    refused(412, "PreconditionFailed", s3.put_object, Body=b"third", IfMatch=first, **at)
    missing = {"Bucket": BUCKET, "Key": "missing", "Body": b"x", "IfMatch": first}
    refused(404, "NoSuchKey", s3.put_object, **missing)
    s3.delete_object(**at)
    s3.put_object(Body=b"again", IfNoneMatch="*", **at)
    same(s3.get_object(**at)["Body"].read(), b"again")


def conditional_completion(s3):
    at = {"Bucket": BUCKET, "Key": "completed"}
    data = document(PART)

    def upload():
        upload_id = s3.create_multipart_upload(**at)["UploadId"]
        part = s3.upload_part(UploadId=upload_id, PartNumber=1, Body=data, **at)
        parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
        return {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}, **at}

    complete = s3.complete_multipart_upload
    etag = complete(IfNoneMatch="*", **upload())["ETag"]
    late = upload()
    refused(412, "PreconditionFailed", complete, IfNoneMatch="*", **late)
    refused(412, "PreconditionFailed", complete, IfMatch='"other"', **late)
    complete(IfMatch=etag, **late)
    same(s3.get_object(**at)["Body"].read(), data)


def conditional_deletes_and_copies(s3):
    """Conditions that would change the meaning of a request are kept or refused, never ignored."""
    at = {"Bucket": BUCKET, "Key": "kept"}
    s3.put_object(Body=b"kept", **at)
    other = s3.put_object(Bucket=BUCKET, Key="source", Body=b"other")["ETag"]
    for call, arguments in [
        (s3.delete_object, {"IfMatch": other}),
        (s3.copy_object, {"CopySource": f"{BUCKET}/source", "IfNoneMatch": "*"}),
        (s3.copy_object, {"CopySource": f"{BUCKET}/source", "IfMatch": other}),
    ]:
        try:
            call(**at, **arguments)
        except s3.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status in (412, 501), error
        else:
            raise AssertionError(f"{call.__name__} ignored {arguments}")
        same(s3.get_object(**at)["Body"].read(), b"kept")


if __name__ == "__main__":
    main()
