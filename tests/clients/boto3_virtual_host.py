"""Virtual-host style through boto3: the bucket is in the name of the host."""

import socket
from urllib.parse import urlsplit

from common import ENDPOINT, PART, client, document, empty, fetch, keys_of, refused, same

BUCKET = "boto3-virtual-host"
PORT = urlsplit(ENDPOINT).port

resolve = socket.getaddrinfo


def resolve_locally(host, *rest, **more):
    """Not every resolver knows that all names below localhost are this machine (RFC 6761)."""
    return resolve("127.0.0.1" if host.endswith("localhost") else host, *rest, **more)


def main():
    socket.getaddrinfo = resolve_locally
    s3 = client(f"http://localhost:{PORT}", "virtual")
    hosts = []
    s3.meta.events.register("before-send.s3", lambda request, **_: hosts.append(request.url))
    s3.create_bucket(Bucket=BUCKET)
    assert f"//{BUCKET}.localhost:{PORT}/" in hosts[-1], hosts
    data = document(50_000)
    for key in ("plain", "a/b//c", "/leading", BUCKET, f"{BUCKET}/x", "ñ +%2F?acl"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), data, key)
        path = client(f"http://localhost:{PORT}", "path")
        same(path.get_object(Bucket=BUCKET, Key=key)["Body"].read(), data, f"{key} by path")
        address = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key})
        assert f"//{BUCKET}.localhost:{PORT}/" in address, address
        same(fetch(address)[::2], (200, data), "presigned")
    assert len(keys_of(s3, BUCKET)) == 6
    same(keys_of(s3, BUCKET, Prefix="a/"), ["a/b//c"])
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/plain")
    same(s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read(), data)
    multipart(s3)
    same(s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"], 200)
    refused(404, "NoSuchBucket", s3.list_objects_v2, Bucket="no-such-bucket")
    same([bucket["Name"] for bucket in s3.list_buckets()["Buckets"]], [BUCKET])
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def multipart(s3):
    at = {"Bucket": BUCKET, "Key": "multipart"}
    upload = s3.create_multipart_upload(**at)["UploadId"]
    etags = []
    for number, size in ((1, PART), (2, 10)):
        part = {"UploadId": upload, "PartNumber": number, "Body": document(size)}
        etags.append({"PartNumber": number, "ETag": s3.upload_part(**part, **at)["ETag"]})
    s3.complete_multipart_upload(UploadId=upload, MultipartUpload={"Parts": etags}, **at)
    same(s3.get_object(**at)["Body"].read(), document(PART) + document(10))


if __name__ == "__main__":
    main()
