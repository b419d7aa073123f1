"""Makes a tree of files for the command-line clients: tree.py FOLDER SMALL_FILES LARGE_MB."""

import os
import random
import sys

ODD = [
    "con espacios/acta de nacimiento.pdf",
    " leading",
    "a+b=c&d",
    "100%",
    "a%2Fb",
    "¿qué?",
    "a#b;c,d@e!f$g~h",
    "(a) [b] {c}",
    "it's \"quoted\"",
    "ñandú/cigüeña.txt",
    "caf\u00e9",
    "cafe\u0301 2",
    "日本語/ファイル",
    "🗂/📄.txt",
    "-dash",
    ".hidden",
    "a..b",
    "deep/" * 20 + "leaf",
    "x" * 200,
]


def main():
    folder, small, large_mb = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seeded = random.Random(folder.rsplit("/", 1)[-1])
    for name in ODD:
        write(folder, name, seeded.randbytes(len(name) * 10))
    for n in range(small):
        write(folder, f"2026/{n % 12 + 1:02}/acta-{n:04}.xml", seeded.randbytes(n * 37 % 20_000))
    write(folder, "empty", b"")
    write(folder, "one-segment", seeded.randbytes(64 << 10))
    write(folder, "large.bin", seeded.randbytes(large_mb << 20 | 1))


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    # Files that are not of today show whether a client's own record of the time comes back.
    seconds = 1_600_000_000 + len(data)
    os.utime(path, (seconds, seconds))


if __name__ == "__main__":
    main()
