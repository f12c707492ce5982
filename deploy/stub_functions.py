#!/usr/bin/env python3
"""Empties functions of a WASM module that nothing calls, so that wasm-bindgen throws away what only they reach.

    stub_functions.py MODULE PATTERN > STUBBED

PATTERN is looked for in the functions' names. An emptied function traps if it is called after all. What describes a function
to wasm-bindgen stays, since it runs that.
"""

import re
import sys


def number(module, at):
    """The LEB128 number at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte, at = module[at], at + 1
        value, shift = value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, at


def encoded(value):
    digits = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        digits.append(low | (0x80 if value else 0))
        if not value:
            return bytes(digits)


def sections(module):
    at = 8
    while at < len(module):
        size, start = number(module, at + 1)
        yield module[at], module[start : start + size]
        at = start + size


def names_of(custom):
    """Names of functions by their index, of the custom section `name`."""
    length, at = number(custom, 0)
    if custom[at : at + length] != b"name":
        return {}
    names, at = {}, at + length
    while at < len(custom):
        kind = custom[at]
        size, at = number(custom, at + 1)
        if kind == 1:
            count, place = number(custom, at)
            for _ in range(count):
                index, place = number(custom, place)
                length, place = number(custom, place)
                names[index] = custom[place : place + length].decode("utf-8", "replace")
                place += length
        at += size
    return names


def main():
    module, pattern = open(sys.argv[1], "rb").read(), re.compile(sys.argv[2])
    parts = list(sections(module))
    names = {index: name for kind, body in parts if kind == 0 for index, name in names_of(body).items()}
    (code,) = (body for kind, body in parts if kind == 10)
    count, at = number(code, 0)
    # Functions that are imported come first in the numbering, and each of the others has a name.
    imported = max(names) + 1 - count
    bodies, emptied = bytearray(encoded(count)), 0
    for index in range(imported, imported + count):
        size, start = number(code, at)
        body, at, name = code[start : start + size], start + size, names.get(index, "")
        if pattern.search(name) and "describe" not in name:
            # No locals, `unreachable`, `end`.
            body, emptied = b"\x00\x00\x0b", emptied + 1
        bodies += encoded(len(body)) + body
    out = bytearray(module[:8])
    for kind, body in parts:
        body = bytes(bodies) if kind == 10 else body
        out += bytes([kind]) + encoded(len(body)) + body
    sys.stdout.buffer.write(out)
    print(f"site: {emptied} functions that nothing calls are left out", file=sys.stderr)


main()
