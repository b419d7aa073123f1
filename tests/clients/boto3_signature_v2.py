"""boto3 with Signature Version 2, which a setting lets: requests, presigned URLs, forms, sessions."""

import io
import os
import time
import urllib.request
import uuid

import boto3
from common import ENDPOINT, client, document, fetch, refused, same

BUCKET = "boto3-v2"
KEY = "actas/ñ + 1.pdf"


def main():
    s3 = client(signature_version="s3")
    s3.create_bucket(Bucket=BUCKET)
    data = document(100_000)
    objects(s3, data)
    parts(s3)
    versions(s3)
    presigned(client(signature_version="s3-query"), data)
    form(s3)
    session(data)
    forged = {
        "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": "0" * 40,
    }
    wrong = client(signature_version="s3", **forged)
    refused(403, "SignatureDoesNotMatch", wrong.get_object, Bucket=BUCKET, Key=KEY)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


def objects(s3, data):
    s3.put_object(
        Bucket=BUCKET,
        Key=KEY,
        Body=data,
        ContentType="application/pdf",
        Metadata={"folio": "7", "area": "civil"},
        Tagging="a=1&b=2",
    )
    got = s3.get_object(Bucket=BUCKET, Key=KEY)
    same((got["Body"].read(), got["Metadata"]), (data, {"folio": "7", "area": "civil"}))
    same(s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=5-9")["Body"].read(), data[5:10])
    same(len(s3.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"]), 2)
    for key in ("a/1", "a/2", "b"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    prefixes = [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])]
    same(prefixes, ["a/", "actas/"])
    s3.copy_object(Bucket=BUCKET, Key="c", CopySource={"Bucket": BUCKET, "Key": KEY})
    deleted = s3.delete_objects(
        Bucket=BUCKET, Delete={"Objects": [{"Key": "a/1"}, {"Key": "a/2"}, {"Key": "c"}]}
    )
    same(len(deleted["Deleted"]), 3)
    s3.get_bucket_acl(Bucket=BUCKET)
    s3.get_bucket_location(Bucket=BUCKET)


def parts(s3):
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="partes")["UploadId"]
    data = document(5 * 1024 * 1024 + 7)
    tags = []
    for number, start in ((1, 0), (2, 5 * 1024 * 1024)):
        body = data[start : start + 5 * 1024 * 1024]
        part = s3.upload_part(
            Bucket=BUCKET, Key="partes", UploadId=upload, PartNumber=number, Body=body
        )
        tags.append({"PartNumber": number, "ETag": part["ETag"]})
    s3.complete_multipart_upload(
        Bucket=BUCKET, Key="partes", UploadId=upload, MultipartUpload={"Parts": tags}
    )
    same(s3.get_object(Bucket=BUCKET, Key="partes")["Body"].read(), data)
    out = io.BytesIO()
    s3.download_fileobj(BUCKET, "partes", out)
    same(out.getvalue(), data)


def versions(s3):
    status = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=status)
    first = s3.put_object(Bucket=BUCKET, Key="v", Body=b"1")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="v", Body=b"2")
    got = s3.get_object(Bucket=BUCKET, Key="v", VersionId=first)
    same(got["Body"].read(), b"1")
    same(len(s3.list_object_versions(Bucket=BUCKET, Prefix="v")["Versions"]), 2)


def url(s3, operation, seconds=300, **arguments):
    parameters = {"Bucket": BUCKET, "Key": KEY, **arguments}
    address = s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)
    assert "AWSAccessKeyId=" in address and "X-Amz" not in address, address
    return address


def presigned(s3, data):
    same(fetch(url(s3, "get_object"))[::2], (200, data))
    same(fetch(url(s3, "head_object"), "HEAD")[0], 200)
    disposition = 'attachment; filename="acta ñ.pdf"'
    shown = fetch(url(s3, "get_object", ResponseContentDisposition=disposition))
    same(shown[0], 200, shown[2])
    assert shown[1]["Content-Disposition"].startswith("attachment; filename=")
    put = url(s3, "put_object", Key="puesto", ContentType="text/plain", Metadata={"folio": "8"})
    headers = {"Content-Type": "text/plain"}
    found = fetch(put, "PUT", b"puesto", headers)
    same(found[0], 200, found[2])
    head = s3.head_object(Bucket=BUCKET, Key="puesto")
    same((head["ContentType"], head["Metadata"]), ("text/plain", {"folio": "8"}))
    other = fetch(put, "PUT", b"x", {"Content-Type": "text/html"})
    same(other[0], 403, other[2])
    short = url(s3, "get_object", 1)
    time.sleep(2)
    same(fetch(short)[0], 403)
    address = url(s3, "get_object")
    same(fetch(address + "&versionId=null")[0], 403)
    same(fetch(address + "&tagging")[0], 403)


def form(s3):
    conditions = [["starts-with", "$key", "forma/"], {"acl": "private"}]
    made = s3.generate_presigned_post(
        BUCKET, "forma/${filename}", Fields={"acl": "private"}, Conditions=conditions
    )
    assert "signature" in made["fields"], made
    boundary = uuid.uuid4().hex
    lines = []
    for name, value in made["fields"].items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', "", value]
    lines += [f"--{boundary}", 'Content-Disposition: form-data; name="file"; filename="a.txt"']
    lines += ["", "contenido", f"--{boundary}--", ""]
    request = urllib.request.Request(made["url"], "\r\n".join(lines).encode(), method="POST")
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    same(urllib.request.urlopen(request).status, 204)
    same(s3.get_object(Bucket=BUCKET, Key="forma/a.txt")["Body"].read(), b"contenido")


def session(data):
    made = boto3.client("sts", endpoint_url=ENDPOINT).get_session_token(DurationSeconds=900)
    made = made["Credentials"]
    keys = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    s3 = client(signature_version="s3", **keys)
    same(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read(), data)
    address = url(client(signature_version="s3-query", **keys), "get_object")
    same(fetch(address)[::2], (200, data))


if __name__ == "__main__":
    main()
