"""Versions, Object Lock, encryption and tags through boto3, as one archive uses them together."""

import json
import os
from datetime import datetime, timedelta, timezone

from botocore.exceptions import ClientError

from common import KIB, MIB, client, document, fetch, refused, same

BUCKET = "boto3-locks"
KEY = "actas/2026 ñ.pdf"
ALIAS = "nominas"
ARN = f"arn:aws:kms:us-east-1:agencia:key/{ALIAS}"
KMS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ARN}
ADMIN = os.environ["ACERVO_ADMIN_ENDPOINT"] + "/admin/v1/agencies/agencia/keys"
AT = {"Bucket": BUCKET, "Key": KEY}


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    same(s3.get_bucket_versioning(Bucket=BUCKET)["Status"], "Enabled")
    default_retention(s3)
    retention(s3)
    legal_hold(s3)
    many_at_once(s3)
    encryption(s3)
    tagging(s3)
    empty_of_versions(s3)
    s3.delete_bucket(Bucket=BUCKET)


def in_seconds(seconds):
    """A moment that is whole in seconds, as every form of a date can say it."""
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=seconds)


def default_retention(s3):
    """What a bucket's rule says holds for what comes without a lock of its own."""
    found = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    same(found, {"ObjectLockEnabled": "Enabled"})
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 10}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    put = s3.put_object_lock_configuration
    put(Bucket=BUCKET, ObjectLockConfiguration=configuration)
    found = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    same(found, configuration)
    version = s3.put_object(Body=b"por regla", **AT)["VersionId"]
    kept = s3.get_object_retention(VersionId=version, **AT)["Retention"]
    same(kept["Mode"], "GOVERNANCE")
    days = (kept["RetainUntilDate"] - datetime.now(timezone.utc)) / timedelta(days=1)
    assert 9.9 < days < 10.1, days
    put(Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    refused(403, "AccessDenied", s3.delete_object, VersionId=version, **AT)
    s3.delete_object(VersionId=version, BypassGovernanceRetention=True, **AT)
    suspended = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Suspended"}}
    refused(409, "InvalidBucketState", s3.put_bucket_versioning, **suspended)


def retention(s3):
    """A locked version outlives overwriting and deleting, and its retention grows only."""
    near, far = in_seconds(3_000), in_seconds(6_000)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": near}
    data = document(300 * KIB)
    first = s3.put_object(Body=data, **lock, **AT)["VersionId"]
    second = s3.put_object(Body=b"second", **AT)["VersionId"]
    marker = s3.delete_object(**AT)
    same(marker["DeleteMarker"], True)
    refused(404, "NoSuchKey", s3.get_object, **AT)
    answer = s3.get_object(VersionId=first, **AT)
    same(answer["Body"].read(), data)
    same((answer["ObjectLockMode"], answer["ObjectLockRetainUntilDate"]), ("GOVERNANCE", near))
    listed = s3.list_object_versions(Bucket=BUCKET)
    versions = [(item["VersionId"], item["IsLatest"]) for item in listed["Versions"]]
    same(versions, [(second, False), (first, False)], "the newest first")
    markers = [(item["VersionId"], item["IsLatest"]) for item in listed["DeleteMarkers"]]
    same(markers, [(marker["VersionId"], True)])

    def retain(mode, until, **more):
        kept = {"Mode": mode, "RetainUntilDate": until}
        return {"VersionId": first, "Retention": kept, **more, **AT}

    bypass = {"BypassGovernanceRetention": True}
    put = s3.put_object_retention
    put(**retain("GOVERNANCE", far))
    refused(403, "AccessDenied", put, **retain("GOVERNANCE", near))
    put(**retain("GOVERNANCE", near, **bypass))
    soon = in_seconds(5)
    put(**retain("COMPLIANCE", soon, **bypass))
    refused(403, "AccessDenied", put, **retain("GOVERNANCE", far, **bypass))
    kept = s3.get_object_retention(VersionId=first, **AT)["Retention"]
    same(kept, {"Mode": "COMPLIANCE", "RetainUntilDate": soon})
    refused(403, "AccessDenied", s3.delete_object, VersionId=first, **bypass, **AT)
    refused(409, "BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)
    # The end of a retention is one: asked again until it is over, the deletion succeeds.
    while True:
        try:
            s3.delete_object(VersionId=first, **AT)
            break
        except ClientError as error:
            same(error.response["Error"]["Code"], "AccessDenied")
            assert datetime.now(timezone.utc) < soon + timedelta(seconds=10), "it does not end"
    assert datetime.now(timezone.utc) >= soon, "it ended before its time"
    refused(404, "NoSuchVersion", s3.get_object, VersionId=first, **AT)
    # Without its marker the version beneath is the current one again.
    s3.delete_object(VersionId=marker["VersionId"], **AT)
    same(s3.get_object(**AT)["Body"].read(), b"second")


def legal_hold(s3):
    version = s3.put_object(Body=b"held", ObjectLockLegalHoldStatus="ON", **AT)["VersionId"]
    at = {"VersionId": version, **AT}
    same(s3.head_object(**at)["ObjectLockLegalHoldStatus"], "ON")
    same(s3.get_object_legal_hold(**at)["LegalHold"], {"Status": "ON"})
    refused(403, "AccessDenied", s3.delete_object, BypassGovernanceRetention=True, **at)
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **at)
    same(s3.get_object_legal_hold(**at)["LegalHold"], {"Status": "OFF"})
    s3.delete_object(**at)


def many_at_once(s3):
    """Of a list, the locked version stays and says so; the others go."""
    held = s3.put_object(Body=b"1", ObjectLockLegalHoldStatus="ON", **AT)["VersionId"]
    free = s3.put_object(Body=b"2", **AT)["VersionId"]
    both = [{"Key": KEY, "VersionId": version} for version in (held, free)]
    done = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": both})
    same([item["VersionId"] for item in done["Deleted"]], [free])
    same([(item["VersionId"], item["Code"]) for item in done["Errors"]], [(held, "AccessDenied")])
    s3.put_object_legal_hold(VersionId=held, LegalHold={"Status": "OFF"}, **AT)
    s3.delete_object(VersionId=held, **AT)


def admin(method, path="", body=None):
    headers = {"Authorization": f"Bearer {os.environ['ACERVO_OPERATOR_TOKEN']}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    status, _, answer = fetch(ADMIN + path, method=method, body=body, headers=headers)
    return status, json.loads(answer)


def encryption(s3):
    """What a named key seals reads like anything else, and its lock keeps the key too."""
    same(admin("POST", body={"name": ALIAS})[0], 201)
    for size in (0, 900, 2 * MIB + 11):
        data = document(size)
        put = s3.put_object(Body=data, **KMS, **AT)
        same((put["ServerSideEncryption"], put["SSEKMSKeyId"]), ("aws:kms", ARN))
        answer = s3.get_object(VersionId=put["VersionId"], **AT)
        same(answer["Body"].read(), data, f"{size} bytes")
        same((answer["ServerSideEncryption"], answer["SSEKMSKeyId"]), ("aws:kms", ARN))
    same(s3.put_object(Body=b"x", **AT)["ServerSideEncryption"], "AES256")
    unknown = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "nadie"}
    refused(400, "KMS.NotFoundException", s3.put_object, Body=b"x", **unknown, **AT)

    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    default["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = ARN
    rules = {"Rules": [default]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=rules)
    held = s3.put_object(Body=b"held", ObjectLockLegalHoldStatus="ON", **AT)
    same(held["SSEKMSKeyId"], ARN, "the bucket's default")
    s3.delete_bucket_encryption(Bucket=BUCKET)

    status, answer = admin("POST", f"/{ALIAS}/destruction")
    same((status, answer["error"]["code"]), (409, "versions_locked"))
    at = {"VersionId": held["VersionId"], **AT}
    same(s3.get_object(**at)["Body"].read(), b"held")
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **at)
    status, answer = admin("POST", f"/{ALIAS}/destruction")
    same((status, answer["state"]), (200, "retired"))
    refused(400, "KMS.DisabledException", s3.put_object, Body=b"x", **KMS, **AT)
    same(s3.get_object(**at)["Body"].read(), b"held", "until another person confirms")


def tagging(s3):
    """Each version has tags of its own, locked or not."""
    first = s3.put_object(Body=b"1", Tagging="serie=actas&a%C3%B1o=2026", **AT)["VersionId"]
    second = s3.put_object(Body=b"2", ObjectLockLegalHoldStatus="ON", **AT)["VersionId"]
    tags = [{"Key": "estado", "Value": "firmada"}]
    s3.put_object_tagging(Tagging={"TagSet": tags}, **AT)
    same(s3.get_object_tagging(**AT)["TagSet"], tags)
    found = s3.get_object_tagging(VersionId=first, **AT)["TagSet"]
    expected = {"serie": "actas", "año": "2026"}
    same({tag["Key"]: tag["Value"] for tag in found}, expected)
    same(s3.get_object(VersionId=first, **AT)["TagCount"], 2)
    s3.delete_object_tagging(VersionId=first, **AT)
    same(s3.get_object_tagging(VersionId=first, **AT)["TagSet"], [])
    s3.put_object_legal_hold(VersionId=second, LegalHold={"Status": "OFF"}, **AT)


def empty_of_versions(s3):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, MaxKeys=3):
        for item in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=BUCKET, Key=item["Key"], VersionId=item["VersionId"])


if __name__ == "__main__":
    main()
