"""Presigned URLs of boto3, used by plain HTTP: they open what they name, so long as they live."""

import time
from urllib.parse import parse_qs, urlsplit

from common import client, document, empty, fetch, same

BUCKET = "boto3-presigned"
KEY = "actas/ñ + 100%2F/a?b#c.pdf"


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    expiring = url(s3, "get_object", 1)
    signed = time.monotonic()
    data = document(100_000)
    put(s3, data)
    get(s3, data)
    other_methods(s3)
    overrides(s3)
    tampered(s3, data)
    too_long(s3)
    # The second in which a URL was signed has passed, and so has the one that it lives.
    time.sleep(max(0, 2.5 - (time.monotonic() - signed)))
    says(fetch(expiring), 403, "AccessDenied")
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def url(s3, operation, seconds=300, **arguments):
    parameters = {"Bucket": BUCKET, "Key": KEY, **arguments}
    return s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)


def says(answer, status, code):
    found, _, body = answer
    same(found, status, body)
    assert f"<Code>{code}</Code>".encode() in body, body
    assert b"<RequestId>" in body, body


def put(s3, data):
    address = url(s3, "put_object", ContentType="application/pdf", Metadata={"folio": "7"})
    headers = {"Content-Type": "application/pdf", "x-amz-meta-folio": "7"}
    same(fetch(address, "PUT", data, headers)[0], 200)
    head = s3.head_object(Bucket=BUCKET, Key=KEY)
    same((head["ContentType"], head["Metadata"]), ("application/pdf", {"folio": "7"}))
    other = {**headers, "Content-Type": "text/html"}
    says(fetch(address, "PUT", b"x", other), 403, "SignatureDoesNotMatch")
    other = {**headers, "x-amz-meta-folio": "8"}
    says(fetch(address, "PUT", b"x", other), 403, "SignatureDoesNotMatch")
    # A header that changes what happens, and that nobody signed.
    other = {**headers, "x-amz-meta-unsigned": "1"}
    same(fetch(address, "PUT", b"x", other)[0], 403)
    same(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read(), data, "refused, so unchanged")


def get(s3, data):
    address = url(s3, "get_object")
    for _ in range(2):
        status, headers, body = fetch(address)
        same((status, body), (200, data))
        same(headers["Content-Type"], "application/pdf")
    status, headers, body = fetch(address, headers={"Range": "bytes=10-19"})
    same((status, body), (206, data[10:20]))
    same(headers["Content-Range"], f"bytes 10-19/{len(data)}")
    missing = url(s3, "get_object", Key="missing")
    says(fetch(missing), 404, "NoSuchKey")


def other_methods(s3):
    status, headers, _ = fetch(url(s3, "head_object"), "HEAD")
    same((status, headers["Content-Length"]), (200, "100000"))
    listing = {"Bucket": BUCKET, "Prefix": "actas/"}
    address = s3.generate_presigned_url("list_objects_v2", Params=listing)
    status, _, body = fetch(address)
    same(status, 200, body)
    assert b"<KeyCount>1</KeyCount>" in body, body
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
    same(fetch(url(s3, "delete_object", Key="gone"), "DELETE")[0], 204)
    says(fetch(url(s3, "get_object", Key="gone")), 404, "NoSuchKey")


def overrides(s3):
    address = url(
        s3,
        "get_object",
        ResponseContentType="text/plain; charset=utf-8",
        ResponseContentDisposition='attachment; filename="acta ñ.pdf"',
    )
    status, headers, _ = fetch(address)
    same((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
    assert headers["Content-Disposition"].startswith("attachment; filename="), headers


def tampered(s3, data):
    address = url(s3, "get_object")
    signature = parse_qs(urlsplit(address).query)["X-Amz-Signature"][0]
    last = "0" if signature[-1] != "0" else "1"
    refusal = "SignatureDoesNotMatch"
    says(fetch(address.replace(signature, signature[:-1] + last)), 403, refusal)
    says(fetch(address.replace("/actas/", "/otras/")), 403, refusal)
    says(fetch(address.replace("Expires=300", "Expires=3000")), 403, refusal)
    says(fetch(address + "&response-content-type=text%2Fhtml"), 403, refusal)
    says(fetch(address, "PUT", b"x"), 403, refusal)
    says(fetch(address, "DELETE"), 403, refusal)
    # Two ways of saying who one is are one too many.
    both = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    same(fetch(address, headers=both)[0], 400)
    same(fetch(urlsplit(address)._replace(query="").geturl())[0], 403, "nobody may read")
    same(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read(), data)


def too_long(s3):
    same(fetch(url(s3, "get_object", 604_800))[0], 200, "seven days are the most")
    address = url(s3, "get_object", 604_801)
    says(fetch(address), 400, "AuthorizationQueryParametersError")


if __name__ == "__main__":
    main()
