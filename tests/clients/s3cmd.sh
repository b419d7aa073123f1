#!/usr/bin/env bash
# s3cmd: the oldest of the clients, with its own idea of nearly everything.
set -euxo pipefail
cd "$WORK_DIR"
here=$(dirname "$0")
. "$here/s3cmd_config.sh"
# What it says to standard error is kept, because it retries in silence of its exit code.
s3cmd() { command s3cmd --config s3cfg --no-progress "$@" 2> >(tee --append said >&2); }
fails() { if "$@" >refusal 2>&1; then exit 1; fi; }

python3 "$here/tree.py" tree 60 17
count=$(find tree -type f | wc --lines)
s3cmd mb s3://s3cmd-1
s3cmd mb s3://s3cmd-2
s3cmd ls | grep s3://s3cmd-1
s3cmd info s3://s3cmd-1 | grep Location

# One file, whole and in parts.
s3cmd put tree/one-segment s3://s3cmd-1/one.pdf --mime-type=application/pdf \
    --add-header=x-amz-meta-folio:17
s3cmd info s3://s3cmd-1/one.pdf >info
grep "MD5 sum: *$(md5sum tree/one-segment | cut -d ' ' -f 1)" info
grep 'MIME type: *application/pdf' info
grep 'x-amz-meta-folio: 17' info
s3cmd put tree/large.bin s3://s3cmd-1/large.bin
s3cmd get s3://s3cmd-1/large.bin large.back
cmp tree/large.bin large.back
fails s3cmd get s3://s3cmd-1/missing missing
grep --ignore-case 'not exist\|404' refusal

# A tree there and back; the second time there is nothing to do.
s3cmd sync tree/ s3://s3cmd-1/tree/
[ "$(s3cmd ls --recursive s3://s3cmd-1/tree/ | wc --lines)" = "$count" ]
s3cmd sync tree/ s3://s3cmd-1/tree/ >again
if grep '^upload:' again; then exit 1; fi
mkdir back
s3cmd sync s3://s3cmd-1/tree/ back/
diff --recursive tree back
rm -r tree/2026/05
printf changed >tree/empty
s3cmd sync --delete-removed tree/ s3://s3cmd-1/tree/ >changed
[ "$(grep --count '^upload:' changed)" = 1 ]
[ "$(grep --count '^delete:' changed)" = 5 ]
s3cmd du s3://s3cmd-1/tree/ | grep " $(find tree -type f | wc --lines) objects"

# Inside the server.
s3cmd cp s3://s3cmd-1/large.bin s3://s3cmd-2/copy.bin
s3cmd get s3://s3cmd-2/copy.bin copy.back
cmp tree/large.bin copy.back
s3cmd mv s3://s3cmd-2/copy.bin 's3://s3cmd-2/moved ñ+%2F.bin'
s3cmd get 's3://s3cmd-2/moved ñ+%2F.bin' moved.back
cmp tree/large.bin moved.back
fails s3cmd info s3://s3cmd-2/copy.bin
s3cmd modify s3://s3cmd-1/one.pdf --add-header=x-amz-meta-folio:18
s3cmd info s3://s3cmd-1/one.pdf | grep 'x-amz-meta-folio: 18'
[ -z "$(s3cmd multipart s3://s3cmd-1 | grep large.bin)" ]

fails s3cmd rb s3://s3cmd-1
s3cmd del s3://s3cmd-1/one.pdf
s3cmd del --recursive --force s3://s3cmd-1/
[ -z "$(s3cmd ls --recursive s3://s3cmd-1)" ]
s3cmd rb s3://s3cmd-1
s3cmd rb --recursive --force s3://s3cmd-2
if grep Retrying said; then exit 1; fi
