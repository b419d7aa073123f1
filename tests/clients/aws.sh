#!/usr/bin/env bash
# The AWS command line, version 1 or 2 ($CLIENT): a tree goes in, is changed, and comes back.
set -euxo pipefail
cd "$WORK_DIR"
here=$(dirname "$0")
bucket=aws-cli
export AWS_MAX_ATTEMPTS=1 AWS_PAGER=

aws() { "$CLIENT" --endpoint-url "$S3_ENDPOINT" "$@"; }
s3() { aws s3 "$@"; }
# api OPERATION ARGUMENTS…: one request; what it answers as text.
api() { aws s3api "$@" --output text; }
fails() { if "$@" >refusal 2>&1; then exit 1; fi; }
# fails_with CODE COMMAND…: the command fails and names this error.
fails_with() { fails "${@:2}" && grep "($1)" refusal; }

s3 mb "s3://$bucket"
fails s3 mb "s3://$bucket"
grep BucketAlreadyOwnedByYou refusal
python3 "$here/tree.py" tree 60 60

# Sync there; again, with nothing to do; and back.
s3 sync tree "s3://$bucket/tree" --only-show-errors
[ -z "$(s3 sync tree "s3://$bucket/tree" --no-progress)" ]
s3 ls "s3://$bucket/tree/" --recursive --summarize >listing
grep "Total Objects: $(find tree -type f | wc --lines)\$" listing
grep "Total Size: $(find tree -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')\$" listing
s3 ls "s3://$bucket/tree/" | grep 'PRE 2026/'
s3 sync "s3://$bucket/tree" back --only-show-errors
diff --recursive tree back

# Only what changed travels, in both directions.
printf changed >tree/empty
rm tree/large.bin
s3 sync tree "s3://$bucket/tree" --delete --no-progress >moved
[ "$(grep --count '^upload:' moved)" = 1 ]
[ "$(grep --count '^delete:' moved)" = 1 ]
s3 sync "s3://$bucket/tree" back --delete --only-show-errors
diff --recursive tree back

# One file: typed, described, copied inside the server part by part, moved, streamed.
head --bytes=20000000 /dev/urandom >one.pdf
s3 cp tree/one-segment "s3://$bucket/small.pdf" --metadata folio=17 \
    --content-type application/pdf --only-show-errors
s3 cp "s3://$bucket/small.pdf" "s3://$bucket/copied ñ+%2F.pdf" --only-show-errors
[ "$(api head-object --bucket $bucket --key 'copied ñ+%2F.pdf' \
    --query '[ContentLength,ContentType,Metadata.folio]')" = "65536	application/pdf	17" ]
s3 cp one.pdf "s3://$bucket/one.pdf" --only-show-errors
s3 mv "s3://$bucket/one.pdf" "s3://$bucket/moved.pdf" --only-show-errors
fails_with 404 api head-object --bucket $bucket --key one.pdf
s3 cp "s3://$bucket/moved.pdf" "s3://$bucket/one.pdf" --only-show-errors
s3 mv "s3://$bucket/moved.pdf" moved.pdf --only-show-errors
cmp one.pdf moved.pdf
printf 'from a pipe' | s3 cp - "s3://$bucket/piped"
[ "$(s3 cp "s3://$bucket/piped" -)" = 'from a pipe' ]
# Version 1 of the client presigns with Signature Version 2 unless told not to.
"$CLIENT" configure set default.s3.signature_version s3v4
curl --silent --fail --output presigned.pdf "$(s3 presign "s3://$bucket/one.pdf")"
cmp one.pdf presigned.pdf

# Checksums, ranges and conditions by the API's own names.
printf acta >acta
for algorithm in CRC32 CRC32C SHA1 SHA256; do
    api put-object --bucket $bucket --key "$algorithm" --body acta --checksum-algorithm $algorithm
    api get-object --bucket $bucket --key "$algorithm" --checksum-mode ENABLED got |
        tee answer
    cmp acta got
    api head-object --bucket $bucket --key "$algorithm" --checksum-mode ENABLED \
        --query "Checksum$algorithm" >checksum
    [ "$(wc --chars <checksum)" -ge 9 ]
done
wrong='cxXzQT+JqZhYVOzMtfiqJTXYgrf8zMzXJfsEhyjc4jg='
fails_with BadDigest api put-object --bucket $bucket --key wrong --body acta \
    --checksum-sha256 $wrong
api get-object --bucket $bucket --key one.pdf --range bytes=1000-1999 got
cmp got <(head --bytes=2000 one.pdf | tail --bytes=1000)
etag=$(api head-object --bucket $bucket --key one.pdf --query ETag)
fails_with 304 api get-object --bucket $bucket --key one.pdf --if-none-match "$etag" got
fails_with PreconditionFailed api get-object --bucket $bucket --key one.pdf --if-match '"x"' got
fails_with NoSuchKey api get-object --bucket $bucket --key missing got

# A multipart upload by hand, and one given up.
api create-multipart-upload --bucket $bucket --key parts --query UploadId >upload
split --bytes=10000000 --numeric-suffixes=1 --suffix-length=1 one.pdf part-
for n in 1 2; do
    api upload-part --bucket $bucket --key parts --upload-id "$(cat upload)" \
        --part-number $n --body part-$n --query ETag >etag-$n
done
[ "$(api list-parts --bucket $bucket --key parts --upload-id "$(cat upload)" \
    --query 'Parts[].Size')" = "10000000	10000000" ]
parts="{PartNumber=1,ETag=$(cat etag-1)},{PartNumber=2,ETag=$(cat etag-2)}"
api complete-multipart-upload --bucket $bucket --key parts --upload-id "$(cat upload)" \
    --multipart-upload "Parts=[$parts]"
s3 cp "s3://$bucket/parts" - | cmp one.pdf -
upload=$(api create-multipart-upload --bucket $bucket --key given-up --query UploadId)
api list-multipart-uploads --bucket $bucket --query 'Uploads[].Key' | grep given-up
api abort-multipart-upload --bucket $bucket --key given-up --upload-id "$upload"
[ "$(api list-multipart-uploads --bucket $bucket --query 'Uploads[].Key')" = None ]

# A page at a time.
api list-objects-v2 --bucket $bucket --prefix tree/2026/ --page-size 7 --query 'Contents[].Key' |
    tr '\t' '\n' | grep --count acta- | grep '^60$'

# Away again: by pattern, then all of it.
s3 rm "s3://$bucket/tree" --recursive --exclude '*' --include '2026/*' --only-show-errors
[ -z "$(s3 ls "s3://$bucket/tree/2026/" || true)" ]
s3 ls "s3://$bucket/tree/ñandú/" | grep 'cigüeña.txt'
fails s3 rb "s3://$bucket"
grep BucketNotEmpty refusal
s3 rb "s3://$bucket" --force >removed
fails_with NoSuchBucket s3 ls "s3://$bucket"
