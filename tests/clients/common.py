"""What the boto3 scripts share: a client, documents, and the checks of an answer and a refusal."""

import os
import random
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["S3_ENDPOINT"]
REGION = os.environ["AWS_DEFAULT_REGION"]
WORK_DIR = os.environ["WORK_DIR"]
KIB = 1024
MIB = 1024 * KIB
PART = 5 * MIB


def client(endpoint=ENDPOINT, addressing="path", **settings):
    """An S3 client that tries once, because a retry would hide what the server did wrong."""
    config = Config(
        signature_version=settings.pop("signature_version", "s3v4"),
        s3={"addressing_style": addressing},
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
    )
    return boto3.client("s3", endpoint_url=endpoint, config=config, **settings)


def document(size, seed=0):
    """Bytes that do not repeat, the same ones for the same size and seed."""
    return random.Random(f"{size} {seed}").randbytes(size)


def same(actual, expected, about=""):
    """Fails unless two values are equal, and shows no more of them than a screen holds."""
    if actual == expected:
        return
    note = ""
    if isinstance(actual, bytes) and isinstance(expected, bytes):
        pairs = enumerate(zip(actual, expected))
        first = next((at for at, (a, b) in pairs if a != b), min(len(actual), len(expected)))
        note = f"\n  {len(actual)} bytes against {len(expected)}, first difference at {first}"
        actual, expected = actual[first : first + 32], expected[first : first + 32]
    shown = [repr(value)[:2000] for value in (actual, expected)]
    raise AssertionError(f"{about}{note}\n  is       {shown[0]}\n  expected {shown[1]}")


def refused(status, code, call, **arguments):
    """Calls what must be refused, with this status and code; gives the whole answer back."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        response = error.response
        found = (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"])
        same(found, (status, code), f"{call.__name__}{shown(arguments)}: {error}")
        assert response["ResponseMetadata"].get("RequestId"), "a refusal without a request id"
        return response
    raise AssertionError(f"{call.__name__}{shown(arguments)} was not refused: {answer}")


def shown(arguments):
    """Arguments of a call, each cut to a readable length."""
    return {name: value if len(repr(value)) < 200 else "…" for name, value in arguments.items()}


def fetch(url, method="GET", body=None, headers=None):
    """One plain HTTP request, as a browser or a script would send it: (status, headers, body)."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def keys_of(s3, bucket, **arguments):
    """Every key of a listing, in the order of the listing."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **arguments)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def empty(s3, bucket):
    """Deletes every object of a bucket."""
    for key in keys_of(s3, bucket):
        s3.delete_object(Bucket=bucket, Key=key)
