#!/usr/bin/env python3
"""Packs the site for the binary: pack.py SITE writes one line of JSON (the names that pages need, and where each file and its compressed
twins lie, counted from the end of that line), then the bytes. server/src/assets.rs reads it."""

import hashlib
import json
import pathlib
import sys

TWINS = {"brotli": ".br", "gzip": ".gz"}

site = pathlib.Path(sys.argv[1])
manifest = json.loads((site / "manifest.json").read_text())
packed, files = bytearray(), []


def pack(path):
    start = len(packed)
    packed.extend(path.read_bytes())
    return {"start": start, "end": len(packed)}


for path in sorted(path for path in site.rglob("*") if path.is_file()):
    # Compressed twins go with their originals, and the names are no file for browsers.
    if path.suffix in TWINS.values() or path.name == "manifest.json":
        continue
    twins = {name: path.with_name(path.name + ending) for name, ending in TWINS.items()}
    files.append({
        "path": "/" + path.relative_to(site).as_posix(),
        "hash": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        "plain": pack(path),
        **{name: pack(twin) if twin.is_file() else None for name, twin in twins.items()},
    })

sys.stdout.buffer.write(json.dumps({"manifest": manifest, "files": files}).encode() + b"\n" + packed)
