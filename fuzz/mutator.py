"""A small mutator for machines without atheris: blind, but with the protocol's words and seeded.

It knows no coverage; where atheris is installed, `run.py` prefers that.
"""

import random
from collections.abc import Callable, Sequence
from time import monotonic

_WORDS = (
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\r\n\r\n",
    b"\n",
    b": ",
    b"Content-Length: ",
    b"POST /vpnsvc/vpn.cgi HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\n",
    b"method",
    b"login",
    b"hubname",
    b"pencore",
)


def mutate(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """An input made of one or two seeds and a few changes."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        match chance.randint(0, 5):
            case 0:
                data[at:at] = chance.choice(_WORDS)
            case 1:
                data[at : at + 4] = chance.choice(_WORDS)
            case 2:
                data[at : at + 1] = bytes([chance.randint(0, 255)])
            case 3:
                del data[at : at + chance.randint(1, 16)]
            case 4:
                data[at:at] = data[at : at + chance.randint(1, 64)]
            case _:
                data[at:] = chance.choice(seeds)[at:]
    return bytes(data)


def search(
    fuzz_one: Callable[[bytes], None], seeds: Sequence[bytes], seconds: float, seed: int
) -> tuple[int, bytes | None]:
    """Try inputs for so long; how many there were, and the one that broke the target, if any did."""
    chance, until, runs = random.Random(seed), monotonic() + seconds, 0
    while monotonic() < until:
        data = mutate(chance, seeds)
        runs += 1
        try:
            fuzz_one(data)
        except Exception:
            return runs, data
    return runs, None
