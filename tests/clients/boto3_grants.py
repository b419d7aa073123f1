"""A grant between agencies with boto3: the alias is a bucket that any client reads."""

import json
import os
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config

from common import ENDPOINT, KIB, MIB, REGION, WORK_DIR, client, document, refused, same

ADMIN = os.environ["ACERVO_ADMIN_ENDPOINT"] + "/admin/v1/agencies"
OPERATOR = os.environ["ACERVO_OPERATOR_TOKEN"]
PURPOSE = "tramite-licencia"
BUCKET = "boto3-grants"
ALIAS = "actas-del-registro"


def administer(token, path, body=None):
    """A request to the admin API that must succeed."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(ADMIN + path, data, headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def reader_of(key):
    """A client of an access key of the other agency."""
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
        config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
    )


def state(s3, in_url=False):
    """Has every request of a client state the purpose, as the last thing before it is signed."""

    def before_sign(request, **_):
        if in_url:
            separator = "&" if "?" in request.url else "?"
            request.url += f"{separator}x-acervo-purpose={PURPOSE}"
        else:
            request.headers["x-acervo-purpose"] = PURPOSE
            request.headers["x-acervo-expediente"] = "EXP/2026-1"

    s3.meta.events.register("before-sign.s3", before_sign)
    return s3


def agree(owner_token, other_token):
    """The grantor offers, the grantee approves."""
    expires = datetime.now(timezone.utc) + timedelta(days=1)
    terms = {
        "agency": "licencias",
        "bucket": BUCKET,
        "prefix": "2026/",
        "actions": ["s3:GetObject", "s3:ListBucket", "s3:GetObjectTagging"],
        "purpose": PURPOSE,
        "legal_basis": "Convenio 7/2026",
        "expires": expires.isoformat(),
    }
    grant = administer(owner_token, "/agencia/grants/offers", terms)["id"]
    administer(other_token, f"/licencias/grants/{grant}/approve", {"alias": ALIAS})
    return grant


owner_token = os.environ["ACERVO_BEARER_TOKEN"]
urllib.request.urlopen(
    urllib.request.Request(
        ADMIN,
        json.dumps({"name": "licencias"}).encode(),
        {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"},
    )
).close()
wanted = {"principal": "jefe", "role": "agency-admin"}
other_token = administer(OPERATOR, "/licencias/tokens", wanted)["token"]
keys = "/licencias/access-keys"
key = administer(other_token, keys, {"principal": "ventanilla", "role": "agency-admin"})

owner = client()
owner.create_bucket(Bucket=BUCKET)
large = document(6 * MIB)
for name, body in [("2026/a", b"acta a"), ("2026/x/large", large), ("secreta", b"secreta")]:
    owner.put_object(Bucket=BUCKET, Key=name, Body=body, Tagging="serie=actas")
grant = agree(owner_token, other_token)

silent = reader_of(key)
same([bucket["Name"] for bucket in silent.list_buckets()["Buckets"]], [ALIAS])
refused(403, "AccessDenied", silent.get_object, Bucket=ALIAS, Key="2026/a")

s3 = state(reader_of(key))
at = {"Bucket": ALIAS, "Key": "2026/a"}
same(s3.get_object(**at)["Body"].read(), b"acta a")
same(s3.head_object(**at)["ContentLength"], 6)
same(s3.head_bucket(Bucket=ALIAS)["AccessPointAlias"], True)
same(s3.get_object_tagging(**at)["TagSet"], [{"Key": "serie", "Value": "actas"}])
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=ALIAS, PaginationConfig={"PageSize": 1})
same([item["Key"] for page in pages for item in page["Contents"]], ["2026/a", "2026/x/large"])
top = s3.list_objects(Bucket=ALIAS, Delimiter="/")
same([item["Prefix"] for item in top["CommonPrefixes"]], ["2026/"])
refused(404, "NoSuchKey", s3.get_object, Bucket=ALIAS, Key="secreta")

# The transfer manager reads in ranges, several at a time.
path = os.path.join(WORK_DIR, "large")
s3.download_file(ALIAS, "2026/x/large", path)
with open(path, "rb") as file:
    same(file.read(), large)
part = s3.get_object(Bucket=ALIAS, Key="2026/x/large", Range=f"bytes={MIB}-{MIB + 4 * KIB - 1}")
same(part["Body"].read(), large[MIB : MIB + 4 * KIB])

# A presigned URL states the purpose in its query.
signing = state(reader_of(key), in_url=True)
url = signing.generate_presigned_url("get_object", at, ExpiresIn=60)
assert f"x-acervo-purpose={PURPOSE}" in url, url
same(urllib.request.urlopen(url).read(), b"acta a")

# What is copied is the reader's own.
s3.create_bucket(Bucket="copias")
s3.copy_object(Bucket="copias", Key="a", CopySource=at)
same(s3.get_object(Bucket="copias", Key="a")["Body"].read(), b"acta a")
refused(403, "AccessDenied", s3.put_object, Body=b"x", **at)
refused(403, "AccessDenied", s3.delete_object, **at)
refused(405, "MethodNotAllowed", s3.get_bucket_versioning, Bucket=ALIAS)
refused(405, "MethodNotAllowed", s3.delete_bucket, Bucket=ALIAS)

administer(owner_token, f"/agencia/grants/{grant}/revoke")
refused(403, "AccessDenied", s3.get_object, **at)
same([bucket["Name"] for bucket in silent.list_buckets()["Buckets"]], ["copias"])
same(s3.get_object(Bucket="copias", Key="a")["Body"].read(), b"acta a")
