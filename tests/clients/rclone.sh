#!/usr/bin/env bash
# rclone: trees copied, compared byte by byte, moved inside the server, with their times.
set -euxo pipefail
cd "$WORK_DIR"
here=$(dirname "$0")
export RCLONE_CONFIG="$WORK_DIR/rclone.conf" RCLONE_CONFIG_ACERVO_TYPE=s3
export RCLONE_CONFIG_ACERVO_PROVIDER=Other RCLONE_CONFIG_ACERVO_ENDPOINT="$S3_ENDPOINT"
export RCLONE_CONFIG_ACERVO_ENV_AUTH=true RCLONE_CONFIG_ACERVO_REGION="$AWS_DEFAULT_REGION"
# One try only: a retry would hide what the server did wrong.
export RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=1
export RCLONE_S3_CHUNK_SIZE=5M RCLONE_S3_UPLOAD_CUTOFF=5M RCLONE_S3_COPY_CUTOFF=6M
touch "$RCLONE_CONFIG"

files() { rclone lsf --recursive --files-only --format pst "$1" | sort; }

python3 "$here/tree.py" tree 300 23
count=$(find tree -type f | wc --lines)
rclone mkdir acervo:rclone-1
rclone mkdir acervo:rclone-2
rclone lsd acervo: | grep rclone-1

rclone copy tree acervo:rclone-1/tree
rclone check tree acervo:rclone-1/tree
rclone check tree acervo:rclone-1/tree --download
diff <(files tree) <(files acervo:rclone-1/tree)
rclone copy tree acervo:rclone-1/tree --verbose 2>&1 | tee again
if grep Copied again; then exit 1; fi
rclone size acervo:rclone-1/tree --json | grep "\"count\":$count"

# Only the time changed: rclone rewrites the object's metadata in place, and sends no body.
touch --date=2021-02-03T04:05:06Z tree/one-segment tree/large.bin
rclone sync tree acervo:rclone-1/tree
diff <(files tree) <(files acervo:rclone-1/tree)
rclone check tree acervo:rclone-1/tree --download

# Inside the server: copied whole and in parts, then moved.
rclone copy acervo:rclone-1/tree acervo:rclone-2/copy
rclone check tree acervo:rclone-2/copy --download
rclone move acervo:rclone-2/copy acervo:rclone-2/moved
[ -z "$(rclone lsf acervo:rclone-2/copy 2>/dev/null)" ]
diff <(files tree) <(files acervo:rclone-2/moved)
rclone moveto acervo:rclone-2/moved/large.bin 'acervo:rclone-2/ñ +%2F?.bin'
rclone cat 'acervo:rclone-2/ñ +%2F?.bin' | cmp tree/large.bin -
rclone cat acervo:rclone-1/tree/large.bin --offset 5242870 --count 20 |
    cmp - <(tail --bytes=+5242871 tree/large.bin | head --bytes=20)

# Streams of unknown length go up in parts.
head --bytes=12000000 tree/large.bin | rclone rcat acervo:rclone-2/streamed
rclone cat acervo:rclone-2/streamed | cmp - <(head --bytes=12000000 tree/large.bin)
printf small | rclone rcat acervo:rclone-2/small
[ "$(rclone cat acervo:rclone-2/small)" = small ]

# Sync makes the target equal, deletions included, and brings it all back with its times.
rm -r tree/2026/03 'tree/con espacios'
printf more >>tree/empty
rclone sync tree acervo:rclone-1/tree
rclone check tree acervo:rclone-1/tree --download
rclone sync acervo:rclone-1/tree back
diff --recursive tree back
diff <(files tree) <(files back)

rclone delete acervo:rclone-1/tree --include '/2026/**'
[ -z "$(rclone lsf acervo:rclone-1/tree/2026 2>/dev/null)" ]
rclone cat acervo:rclone-1/tree/one-segment | cmp tree/one-segment -
rclone cleanup acervo:rclone-1
if rclone rmdir acervo:rclone-1; then exit 1; fi
rclone purge acervo:rclone-1
rclone purge acervo:rclone-2
if rclone lsd acervo: | grep rclone-; then exit 1; fi
