#!/usr/bin/env bash
# s3cmd with Signature Version 2, which a setting lets, and the URLs that it signs so.
set -euxo pipefail
cd "$WORK_DIR"
. "$(dirname "$0")/s3cmd_config.sh"
s3cmd() { command s3cmd --config s3cfg --no-progress --signature-v2 "$@"; }

s3cmd mb s3://s3cmd-v2
printf 'una acta\n' >acta.txt
head -c 11000000 /dev/urandom >grande.bin
s3cmd put --add-header=x-amz-meta-folio:7 acta.txt 's3://s3cmd-v2/actas/ñ 1.txt'
s3cmd put grande.bin s3://s3cmd-v2/grande.bin
s3cmd get 's3://s3cmd-v2/actas/ñ 1.txt' back.txt
cmp acta.txt back.txt
s3cmd get s3://s3cmd-v2/grande.bin back.bin
cmp grande.bin back.bin
[ "$(s3cmd ls --recursive s3://s3cmd-v2 | wc --lines)" = 2 ]
s3cmd info 's3://s3cmd-v2/actas/ñ 1.txt' | grep folio
s3cmd cp s3://s3cmd-v2/grande.bin s3://s3cmd-v2/copia.bin

url=$(s3cmd signurl 's3://s3cmd-v2/actas/ñ 1.txt' +300)
grep AWSAccessKeyId= <<<"$url"
curl --silent --fail --show-error "$url" | cmp - acta.txt
if curl --silent --fail "$url&versionId=null"; then exit 1; fi
ended=$(s3cmd signurl 's3://s3cmd-v2/actas/ñ 1.txt' "$(($(date +%s) - 1))")
if curl --silent --fail "$ended"; then exit 1; fi

s3cmd del --recursive --force s3://s3cmd-v2
s3cmd rb s3://s3cmd-v2
