"""The binary form of configuration files."""

import struct

import pytest

from etherloom.wire.config_binary import MAGIC, parse_binary
from etherloom.wire.config_text import Block, Item, parse_text
from etherloom.wire.config_value import read_bool, read_bytes, read_uint, read_uint64, unescape
from etherloom.wire.digest import sha0
from tests.support.configuration_file import read_vector

_NUMBERS = {"uint": 1, "uint64": 2, "byte": 3, "string": 4, "bool": 5}


def text(value: bytes, extra: int = 0) -> bytes:
    return struct.pack(">I", len(value) + extra) + value


def value(item: Item) -> bytes:
    match item.type:
        case "uint":
            return struct.pack(">I", read_uint(item.value))
        case "uint64":
            return struct.pack(">Q", read_uint64(item.value))
        case "bool":
            return struct.pack(">I", read_bool(item.value))
        case "byte":
            return text(read_bytes(item.value))
        case _:
            return text(unescape(item.value).encode())


def encode(block: Block) -> bytes:
    """A block as the format is described (reference: administration, section 9.1)."""
    blocks = b"".join(map(encode, block.blocks))
    items = b"".join(
        text(item.name.encode(), 1) + struct.pack(">I", _NUMBERS[item.type]) + value(item)
        for item in block.items
    )
    counts = (struct.pack(">I", len(block.blocks)), struct.pack(">I", len(block.items)))
    return text(block.name.encode(), 1) + counts[0] + blocks + counts[1] + items


def seal(body: bytes) -> bytes:
    return MAGIC + sha0(body) + body


def bare(block: Block) -> Block:
    """A tree without lines."""
    items = tuple(item._replace(line=0) for item in block.items)
    return Block(block.name, items, tuple(map(bare, block.blocks)))


def test_it_says_what_the_text_says() -> None:
    root = bare(parse_text(read_vector("vpn_client.config").encode()).root)
    parsed = parse_binary(seal(encode(root)))
    assert parsed.faults == ()
    assert parsed.root == root


def test_every_part_of_it_is_refused() -> None:
    body = encode(Block("root", (Item("A", "string", "text"),), (Block("B"),)))
    assert not parse_binary(seal(body)).faults
    assert all(parse_binary(seal(body[:end])).faults for end in range(len(body)))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (encode(Block("other")), "no block named root"),
        (encode(Block("root")) + b"x", "follows its end"),
        (b"\0\0\0\0", "no length"),
        (text(b"root", 1) + b"\0\0\0\0\0\0\0\x01" + text(b"A", 1) + b"\0\0\0\x09", "unknown type 9"),
        (text(b"\xff", 1), "no UTF-8"),
        ((text(b"root", 1) + b"\0\0\0\1") * 100, "nested"),
    ],
)
def test_what_is_wrong(body: bytes, sentence: str) -> None:
    (fault,) = parse_binary(seal(body)).faults
    assert sentence in str(fault)


def test_a_changed_byte_is_noticed() -> None:
    data = bytearray(seal(encode(Block("root"))))
    data[-1] ^= 1
    (fault,) = parse_binary(bytes(data)).faults
    assert "digest" in str(fault)
