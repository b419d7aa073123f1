"""Temporary credentials with boto3: each STS operation, and the providers that call them unseen."""

import os
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from common import ENDPOINT, REGION, WORK_DIR, same

AGENCY_ROLE = "arn:aws:iam::agencia:role/agency-admin"
TOKEN = os.environ["ACERVO_BEARER_TOKEN"]
TOKEN_FILE = os.path.join(WORK_DIR, "token")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        same(error.response["Error"]["Code"], code)
        return
    raise AssertionError(f"{code} was expected")


def s3_of(credentials):
    session = boto3.Session(
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        region_name=REGION,
    )
    config = Config(signature_version="s3v4")
    return session.client("s3", endpoint_url=ENDPOINT, config=config)


sts = boto3.client("sts", endpoint_url=ENDPOINT)
same(sts.get_caller_identity()["Arn"], "arn:aws:iam::agencia:user/admin")

answer = sts.assume_role(RoleArn=AGENCY_ROLE, RoleSessionName="turno-1", DurationSeconds=900)
s3 = s3_of(answer["Credentials"])
s3.create_bucket(Bucket="sesiones")
s3.put_object(Bucket="sesiones", Key="acta ñ", Body=b"acta")
same(s3.get_object(Bucket="sesiones", Key="acta ñ")["Body"].read(), b"acta")
s3.upload_file(__file__, "sesiones", "guion")
url = s3.generate_presigned_url("get_object", {"Bucket": "sesiones", "Key": "acta ñ"})
assert "X-Amz-Security-Token=" in url, url
same(urllib.request.urlopen(url).read(), b"acta")
left = answer["Credentials"]["Expiration"] - datetime.now(timezone.utc)
assert timedelta(seconds=800) < left <= timedelta(seconds=901), left
same(
    answer["AssumedRoleUser"],
    {
        "AssumedRoleId": "agency-admin:turno-1",
        "Arn": "arn:aws:sts::agencia:assumed-role/agency-admin/turno-1",
    },
)

s3_of(sts.get_session_token()["Credentials"]).head_bucket(Bucket="sesiones")

answer = sts.assume_role_with_web_identity(
    RoleArn=AGENCY_ROLE, RoleSessionName="turno-2", WebIdentityToken=TOKEN
)
same(answer["SubjectFromWebIdentityToken"], "admin")
s3_of(answer["Credentials"]).head_bucket(Bucket="sesiones")

refused(
    "AccessDenied",
    sts.assume_role,
    RoleArn="arn:aws:iam::agencia:role/reader",
    RoleSessionName="turno",
)
refused(
    "InvalidIdentityToken",
    sts.assume_role_with_web_identity,
    RoleArn=AGENCY_ROLE,
    RoleSessionName="turno",
    WebIdentityToken="a.b.c",
)
changed = {**answer["Credentials"], "SessionToken": "x" * 40}
refused("InvalidToken", s3_of(changed).list_buckets)

# The provider that every SDK has: two variables and a file, and no key anywhere.
with open(TOKEN_FILE, "w") as file:
    file.write(TOKEN)
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    del os.environ[name]
os.environ.update(
    AWS_WEB_IDENTITY_TOKEN_FILE=TOKEN_FILE,
    AWS_ROLE_ARN=AGENCY_ROLE,
    AWS_ROLE_SESSION_NAME="turno-3",
    AWS_ENDPOINT_URL_STS=ENDPOINT,
    AWS_ENDPOINT_URL_S3=ENDPOINT,
)
session = boto3.Session()
same(session.get_credentials().method, "assume-role-with-web-identity")
s3 = session.client("s3")
same(s3.get_object(Bucket="sesiones", Key="acta ñ")["Body"].read(), b"acta")
same(
    session.client("sts").get_caller_identity()["Arn"],
    "arn:aws:sts::agencia:assumed-role/agency-admin/turno-3",
)
