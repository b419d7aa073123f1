"""Refusals through boto3: who is not let in, what is not there, what this version does not do."""

import datetime
import os

import botocore.auth

from common import client, refused, same

BUCKET = "boto3-refusals"


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="acta", Body=b"x")
    nobody_else()
    wrong_clocks(s3)
    nothing_there(s3)
    not_in_this_version(s3)
    unsupported_headers(s3)
    same(s3.get_object(Bucket=BUCKET, Key="acta")["Body"].read(), b"x", "all this changed nothing")
    s3.delete_object(Bucket=BUCKET, Key="acta")
    s3.delete_bucket(Bucket=BUCKET)


def nobody_else():
    at = {"Bucket": BUCKET, "Key": "acta"}
    known = os.environ["AWS_ACCESS_KEY_ID"]
    stranger = client(aws_access_key_id=known, aws_secret_access_key="wrong" * 8)
    refused(403, "SignatureDoesNotMatch", stranger.get_object, **at)
    refused(403, "SignatureDoesNotMatch", stranger.put_object, Body=b"y", **at)
    refused(403, "SignatureDoesNotMatch", stranger.list_buckets)
    refused(403, "403", stranger.head_object, **at)
    unknown = known[:-4] + ("AAAA" if not known.endswith("AAAA") else "BBBB")
    for access_key_id in (unknown, "AKIAIOSFODNN7EXAMPLE", "x"):
        stranger = client(aws_access_key_id=access_key_id, aws_secret_access_key="wrong" * 8)
        refused(403, "InvalidAccessKeyId", stranger.get_object, **at)
    session = {"aws_session_token": "not-a-session"}
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    stranger = client(aws_access_key_id=known, aws_secret_access_key=secret, **session)
    refused(400, "InvalidToken", stranger.get_object, **at)
    anonymous = client(signature_version=botocore.UNSIGNED)
    for call in (anonymous.get_object, anonymous.delete_object):
        refused(403, "AccessDenied", call, **at)
    refused(403, "AccessDenied", anonymous.put_object, Body=b"y", **at)
    refused(403, "AccessDenied", anonymous.list_buckets)
    refused(403, "AccessDenied", anonymous.get_object, Bucket="no-such-bucket", Key="acta")
    old = client(signature_version="s3")
    refused(400, "InvalidRequest", old.get_object, **at)
    # The refusal names the right region, and the client signs again for that one.
    elsewhere = client(region_name="eu-north-1")
    same(elsewhere.get_object(**at)["Body"].read(), b"x")


def wrong_clocks(s3):
    """A client's clock may be off: a little is borne, and a refusal tells the client the time, by
    which it corrects itself."""
    now = botocore.auth.get_current_datetime
    try:
        for minutes in (-14, 14, -16, 16):
            shift = datetime.timedelta(minutes=minutes)
            botocore.auth.get_current_datetime = lambda *a, shift=shift, **k: now(*a, **k) + shift
            s3.list_objects_v2(Bucket=BUCKET)
    finally:
        botocore.auth.get_current_datetime = now


def nothing_there(s3):
    missing = {"Bucket": BUCKET, "Key": "missing"}
    refused(404, "NoSuchKey", s3.get_object, **missing)
    refused(404, "404", s3.head_object, **missing)
    nowhere = {"Bucket": "no-such-bucket", "Key": "acta"}
    refused(404, "NoSuchBucket", s3.get_object, **nowhere)
    refused(404, "NoSuchBucket", s3.put_object, Body=b"x", **nowhere)
    refused(404, "NoSuchBucket", s3.delete_object, **nowhere)
    refused(404, "NoSuchBucket", s3.create_multipart_upload, **nowhere)
    objects = {"Objects": [{"Key": "acta"}]}
    refused(404, "NoSuchBucket", s3.delete_objects, Bucket="no-such-bucket", Delete=objects)
    version = {"Bucket": BUCKET, "Key": "acta", "VersionId": "no version of ours"}
    refused(400, "InvalidArgument", s3.get_object, **version)
    refused(400, "InvalidArgument", s3.delete_object, **version)


def not_in_this_version(s3):
    """What the server does not do it says; silence would be taken for protection."""
    acta = {"Bucket": BUCKET, "Key": "acta"}
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}
    moved = {"Days": 30, "StorageClass": "GLACIER"}
    move = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [moved]}
    for call, arguments in [
        (s3.put_bucket_encryption, configured("ServerSideEncryption", {"Rules": [encryption]})),
        (s3.put_bucket_lifecycle_configuration, configured("Lifecycle", {"Rules": [move]})),
        (s3.put_bucket_website, configured("Website", {"IndexDocument": {"Suffix": "i.html"}})),
        (s3.get_object_torrent, acta),
    ]:
        refused(501, "NotImplemented", call, **arguments)


def configured(name, value):
    return {"Bucket": BUCKET, f"{name}Configuration": value}


def unsupported_headers(s3):
    """Headers that would change what happens to a document are never ignored."""
    at = {"Bucket": BUCKET, "Key": "refused", "Body": b"x"}
    until = datetime.datetime(2031, 1, 1)
    for code, arguments in [
        ("AccessControlListNotSupported", {"ACL": "public-read"}),
        ("InvalidRequest", {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}),
        ("InvalidRequest", {"ObjectLockLegalHoldStatus": "ON"}),
        ("InvalidRedirectLocation", {"WebsiteRedirectLocation": "elsewhere"}),
    ]:
        refused(400, code, s3.put_object, **arguments, **at)
    for arguments in [
        {"ServerSideEncryption": "aws:kms:dsse"},
        {"WriteOffsetBytes": 5},
    ]:
        refused(501, "NotImplemented", s3.put_object, **arguments, **at)
    refused(404, "NoSuchKey", s3.get_object, Bucket=BUCKET, Key="refused")


if __name__ == "__main__":
    main()
