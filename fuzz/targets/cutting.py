"""Cuts an input into pieces as a stream might."""

from collections.abc import Iterator


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """Pieces of `size` bytes, but the whole if it is 0. There is always one piece."""
    if size == 0 or not data:
        yield data
        return
    for at in range(0, len(data), size):
        yield data[at : at + size]
