#!/usr/bin/env python3
"""Has exports of a WASM module that nobody calls lead to functions that trap, so that wasm-bindgen throws away what only they
reach. What anything else reaches stays as it is.

    stub_exports.py MODULE PATTERN > STUBBED

PATTERN is matched with the exports' names.
"""

import re
import sys

FUNCTIONS, EXPORTS, CODE = 3, 7, 10
# No locals, `unreachable`, `end`.
TRAP = b"\x03\x00\x00\x0b"


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


def numbers(body):
    """The numbers of a section that is a list of them."""
    count, at = number(body, 0)
    for _ in range(count):
        value, at = number(body, at)
        yield value


def imported_functions(body):
    count, at = number(body, 0)
    functions = 0
    for _ in range(count):
        for _ in ("module", "name"):
            length, at = number(body, at)
            at += length
        kind, at = body[at], at + 1
        if kind == 0:
            functions, (_, at) = functions + 1, number(body, at)
        elif kind == 3:
            at += 2
        elif kind == 4:
            _, at = number(body, at + 1)
        else:
            # A table has a type before its limits, a memory has limits alone.
            flags, at = number(body, at + 1 if kind == 1 else at)
            _, at = number(body, at)
            if flags & 1:
                _, at = number(body, at)
    return functions


def main():
    module, pattern = open(sys.argv[1], "rb").read(), re.compile(sys.argv[2])
    parts = {kind: body for kind, body in sections(module) if kind != 0}
    imported = imported_functions(parts[2])
    types = list(numbers(parts[FUNCTIONS]))
    traps = []
    count, at = number(parts[EXPORTS], 0)
    exports = bytearray(encoded(count))
    for _ in range(count):
        start = at
        length, at = number(parts[EXPORTS], at)
        name, at = parts[EXPORTS][at : at + length].decode(), at + length
        kind, (index, at) = parts[EXPORTS][at], number(parts[EXPORTS], at + 1)
        exports += parts[EXPORTS][start : start + len(encoded(length)) + length + 1]
        if kind == 0 and pattern.match(name):
            traps.append(types[index - imported])
            index = imported + len(types) + len(traps) - 1
        exports += encoded(index)
    code_count, code_at = number(parts[CODE], 0)
    changed = {
        FUNCTIONS: encoded(len(types) + len(traps)) + b"".join(map(encoded, types + traps)),
        EXPORTS: bytes(exports),
        CODE: encoded(code_count + len(traps)) + parts[CODE][code_at:] + TRAP * len(traps),
    }
    out = bytearray(module[:8])
    for kind, body in sections(module):
        body = changed.get(kind, body)
        out += bytes([kind]) + encoded(len(body)) + body
    sys.stdout.buffer.write(out)
    print(f"site: {len(traps)} exports that nobody calls lead nowhere", file=sys.stderr)


main()
