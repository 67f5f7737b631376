"""Bytes as they were on the wire. Each file says where they come from.

A file is hexadecimal digits, "quoted ASCII", and comments from # to the end of the line.
"""

import re
from pathlib import Path

_TOKEN = re.compile(r'"([^"]*)"|([0-9a-fA-F]{2})|(\s+)')


def load(name: str) -> bytes:
    """The bytes of the vector `name`."""
    text = (Path(__file__).parent / f"{name}.hex").read_text()
    data = bytearray()
    for line in text.splitlines():
        data += _read_line(line.partition("#")[0])
    return bytes(data)


def _read_line(line: str) -> bytes:
    data, at = bytearray(), 0
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:
            raise ValueError(f"neither digits nor text: {line[at:]!r}")
        data += token[1].encode("ascii") if token[1] is not None else bytes.fromhex(token[2] or "")
        at = token.end()
    return bytes(data)
