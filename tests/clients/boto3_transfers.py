"""Managed transfers through boto3: files and streams of 40 MB, up, across and down."""

import io
import os

from boto3.s3.transfer import TransferConfig

from common import MIB, PART, WORK_DIR, client, document, empty, same

BUCKET = "boto3-transfers"
SIZE = 40 * MIB + 321
CONFIG = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)


class Pipe:
    """A source of unknown length that can be read once."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def read(self, size=-1):
        return self.data.read(size)


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    data = document(SIZE)
    s3.upload_fileobj(io.BytesIO(data), BUCKET, "fileobj", Config=CONFIG)
    downloaded(s3, "fileobj", data)
    files(s3, data)
    piped = data[: PART * 3 + 1]
    small = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_fileobj(Pipe(piped), BUCKET, "piped", Config=small)
    downloaded(s3, "piped", piped)
    for algorithm in ("SHA256", "CRC32C", "CRC64NVME"):
        extra = {"ChecksumAlgorithm": algorithm}
        s3.upload_fileobj(io.BytesIO(piped), BUCKET, algorithm, Config=small, ExtraArgs=extra)
        downloaded(s3, algorithm, piped)
    for size in (0, 1, 8 * MIB - 1, 8 * MIB):
        s3.upload_fileobj(io.BytesIO(data[:size]), BUCKET, "edge", Config=CONFIG)
        downloaded(s3, "edge", data[:size])
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def downloaded(s3, key, expected):
    target = io.BytesIO()
    s3.download_fileobj(BUCKET, key, target, Config=CONFIG)
    same(target.getvalue(), expected, key)


def files(s3, data):
    path = os.path.join(WORK_DIR, "acta ñ.bin")
    with open(path, "wb") as file:
        file.write(data)
    extra = {"ContentType": "application/pdf", "Metadata": {"folio": "17"}}
    s3.upload_file(path, BUCKET, "file", Config=CONFIG, ExtraArgs=extra)
    source = {"Bucket": BUCKET, "Key": "file"}
    s3.copy(source, BUCKET, "copied/file", Config=CONFIG)
    head = s3.head_object(Bucket=BUCKET, Key="copied/file")
    same((head["ContentLength"], head["ContentType"]), (SIZE, "application/pdf"))
    s3.download_file(BUCKET, "copied/file", path + ".back", Config=CONFIG)
    with open(path + ".back", "rb") as file:
        same(file.read(), data, "the file that came back")


if __name__ == "__main__":
    main()
