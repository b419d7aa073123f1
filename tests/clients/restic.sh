#!/usr/bin/env bash
# restic: backups kept in the store, checked to the last byte, pruned and restored.
set -euxo pipefail
cd "$WORK_DIR"
here=$(dirname "$0")
export RESTIC_REPOSITORY="s3:$S3_ENDPOINT/restic-backups/registro" RESTIC_PASSWORD=secreto
export RESTIC_CACHE_DIR="$WORK_DIR/cache"

# What it says to standard error is kept, because it retries in silence of its exit code.
restic() { command restic "$@" 2> >(tee --append said >&2); }
# snapshots: how many there are.
snapshots() { restic snapshots --json | grep --only-matching '"short_id"' | wc --lines; }
# restored SNAPSHOT ORIGINAL: a snapshot comes back as it was.
restored() {
    rm -rf restored
    restic restore "$1" --target restored
    diff --recursive "$2" "restored$WORK_DIR/tree"
}

python3 "$here/tree.py" tree 200 30
restic init
if restic init; then exit 1; fi
restic backup "$WORK_DIR/tree"
restic check --read-data
first=$(restic snapshots --json | grep --only-matching '"short_id":"[0-9a-f]*"' | cut -d '"' -f 4)
cp -r tree before

# The second backup sends what changed, not the 30 MB again.
printf changed >>tree/empty
rm -r tree/2026/04
head --bytes=500000 /dev/urandom >tree/new
restic backup "$WORK_DIR/tree" | tee second
grep 'Files: .* 1 new, .* 1 changed' second
grep -E 'Added to the repo(sitory)?: [0-9.]+ KiB' second
[ "$(snapshots)" = 2 ]
restored "$first" before
restored latest tree

# Without its cache, restic reads everything from the store.
restic --no-cache check --read-data
restic --no-cache find large.bin | grep large.bin
restic forget --keep-last 1 --prune
[ "$(snapshots)" = 1 ]
restic check --read-data
restored latest tree
if restic restore "$first" --target gone; then exit 1; fi
if RESTIC_PASSWORD=wrong restic snapshots; then exit 1; fi
if grep retrying said; then exit 1; fi
