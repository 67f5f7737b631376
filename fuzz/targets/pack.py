"""PACK: any bytes are refused with PackError, or read, written and read again to the same."""

from etherloom.wire.pack import PackError, decode, encode
from etherloom.wire.policy import read_policy


def fuzz_one(data: bytes) -> None:
    try:
        pack = decode(data)
    except PackError:
        return
    assert decode(encode(pack)) == pack
    read_policy(pack)
    for element in pack:
        name = element.name
        pack.ip(name)
        pack.time(name)
        pack.text(name)
        pack.bool(name)
        assert pack.count(name) == len(element.values) > 0
