#!/usr/bin/env python3
"""Writes a WebAssembly module without its custom sections, such as the names of functions, to standard output.

    strip_custom.py MODULE
"""

import sys

CUSTOM = 0
HEADER = 8

module = open(sys.argv[1], "rb").read()
kept, at = bytearray(module[:HEADER]), HEADER
while at < len(module):
    start, at, size, shift = at, at + 1, 0, 0
    while True:  # the section's size as LEB128
        byte, at = module[at], at + 1
        size, shift = size | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            break
    at += size
    if module[start] != CUSTOM:
        kept += module[start:at]
sys.stdout.buffer.write(kept)
