"""Buckets through boto3: created, seen, described, refused twice, deleted when empty."""

from datetime import datetime, timedelta, timezone

from common import REGION, client, refused, same

NAMES = ["actas-2026", "licencias.2026.01", "b3b"]


def main():
    s3 = client()
    same(s3.list_buckets()["Buckets"], [], "a new installation has no bucket")
    for name in NAMES:
        created = s3.create_bucket(Bucket=name, **constraint())
        same(created["Location"].rstrip("/").rsplit("/", 1)[-1], name)
    listed(s3)
    described(s3)
    names_are_checked(s3)
    deleted(s3)


def constraint():
    """What an SDK sends with a region of its own; us-east-1 is said by saying nothing."""
    if REGION == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": REGION}}


def listed(s3):
    answer = s3.list_buckets()
    same([bucket["Name"] for bucket in answer["Buckets"]], sorted(NAMES))
    assert answer["Owner"]["ID"], "a list without an owner"
    now = datetime.now(timezone.utc)
    for bucket in answer["Buckets"]:
        assert abs(now - bucket["CreationDate"]) < timedelta(minutes=1), bucket
    pages = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
    same([bucket["Name"] for page in pages for bucket in page["Buckets"]], sorted(NAMES))
    found = s3.list_buckets(Prefix="lic")["Buckets"]
    same([bucket["Name"] for bucket in found], ["licencias.2026.01"], "a list with a prefix")


def described(s3):
    head = s3.head_bucket(Bucket=NAMES[0])
    same(head["BucketRegion"], REGION)
    expected = None if REGION == "us-east-1" else REGION
    same(s3.get_bucket_location(Bucket=NAMES[0])["LocationConstraint"], expected)
    refused(404, "404", s3.head_bucket, Bucket="no-such-bucket")
    refused(404, "NoSuchBucket", s3.get_bucket_location, Bucket="no-such-bucket")


def names_are_checked(s3):
    refused(409, "BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=NAMES[0], **constraint())
    for name in ["ab", "Actas", "actas_2026", "-actas", "192.168.0.1", "a..b", "xn--actas"]:
        refused(400, "InvalidBucketName", s3.create_bucket, Bucket=name, **constraint())
    elsewhere = {"LocationConstraint": "eu-west-1" if REGION != "eu-west-1" else "eu-west-2"}
    refused(
        400,
        "IllegalLocationConstraintException",
        s3.create_bucket,
        Bucket="elsewhere",
        CreateBucketConfiguration=elsewhere,
    )


def deleted(s3):
    s3.put_object(Bucket=NAMES[0], Key="acta.xml", Body=b"<acta/>")
    refused(409, "BucketNotEmpty", s3.delete_bucket, Bucket=NAMES[0])
    s3.delete_object(Bucket=NAMES[0], Key="acta.xml")
    for name in NAMES:
        same(s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"], 204)
    refused(404, "NoSuchBucket", s3.delete_bucket, Bucket=NAMES[0])
    refused(404, "NoSuchBucket", s3.list_objects_v2, Bucket=NAMES[0])
    same(s3.list_buckets()["Buckets"], [])
    # A name is free again once its bucket is gone, and the new bucket is empty.
    s3.create_bucket(Bucket=NAMES[0], **constraint())
    same(s3.list_objects_v2(Bucket=NAMES[0])["KeyCount"], 0)
    s3.delete_bucket(Bucket=NAMES[0])


if __name__ == "__main__":
    main()
