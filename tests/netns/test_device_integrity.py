"""What the system sends through a TAP adapter arrives as it was, whatever is joined and cut on the way."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.peers import Account, Kind
from tests.support.traffic import Station, transfer, wait_ping
from tests.support.world import World

pytestmark = [pytest.mark.root]

STREAM_BYTES = 24 << 20


@contextmanager
def stations(folder: Path) -> Iterator[tuple[Station, Station]]:
    world = World(folder, None)
    try:
        with world.hub(Kind.OURS) as hub:
            left, right = world.connect(Kind.OURS, Kind.OURS, hub, Account("", "", ""))
            yield left, right
    finally:
        world.close()


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Station, Station]]:
    with stations(tmp_path_factory.mktemp("integrity")) as pair:
        wait_ping(pair[0], pair[1].v4)
        wait_ping(pair[0], pair[1].v6)
        yield pair


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("backwards", [False, True], ids=["there", "back"])
def test_streams_arrive_whole(ends: tuple[Station, Station], family: int, backwards: bool) -> None:
    sender, receiver = reversed(ends) if backwards else ends
    transfer(sender, receiver, STREAM_BYTES, receiver.v4 if family == 4 else receiver.v6)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("size", [1, 64, 1_400, 9_000, 60_000])
def test_datagrams_arrive_whole_and_in_order(ends: tuple[Station, Station], family: int, size: int) -> None:
    sender, receiver = ends
    # A burst of many fragments overflows the adapter's queue, which is the system's right.
    count = 100 if size < 10_000 else 5
    address = receiver.v4 if family == 4 else receiver.v6
    domain = socket.AF_INET if family == 4 else socket.AF_INET6
    with receiver.namespace.socket(domain, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sink.settimeout(10)
        sink.bind((address, 0))
        datagrams = [
            number.to_bytes(1 if size == 1 else 4) + secrets.token_bytes(max(size - 4, 0))
            for number in range(count)
        ]
        with sender.namespace.socket(domain, socket.SOCK_DGRAM) as source:
            source.connect(sink.getsockname()[:2])
            thread = threading.Thread(target=lambda: [source.send(datagram) for datagram in datagrams])
            thread.start()
            received = [sink.recv(65_535) for _ in datagrams]
            thread.join()
    assert received == datagrams
