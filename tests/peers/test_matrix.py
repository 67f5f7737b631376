"""Two clients on a hub reach each other, for every way to carry a session (issue: acceptance 2 and 3)."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet

from tests.support.pairwise import pairwise, product
from tests.support.peers import Account, Kind, LinkFacts
from tests.support.traffic import ETHERTYPE, FramePort, Station, check_reachable, transfer
from tests.support.underlay import Sniffer, bytes_passed
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_STOCK, _OURS = Kind.STOCK, Kind.OURS
_PARAMETERS: dict[str, Sequence[object]] = {
    # server, clients
    "ends": [(_OURS, _STOCK), (_STOCK, _OURS), (_OURS, _OURS)],
    "connections": [1, 2, 8, 32],
    "compress": [False, True],
    "half_duplex": [False, True],
    "encrypt": [True, False],
    "family": [4, 6],
}
# Stock among themselves: what these tests themselves are worth.
_REFERENCE: dict[str, Sequence[object]] = dict(_PARAMETERS, ends=[(_STOCK, _STOCK)])


@dataclass(frozen=True)
class Way:
    """One way to carry a session."""

    ends: tuple[Kind, Kind]
    connections: int
    compress: bool
    half_duplex: bool
    encrypt: bool
    family: int

    def __str__(self) -> str:
        server, client = self.ends
        marks = {"zip": self.compress, "half": self.half_duplex, "plain": not self.encrypt}
        words = [
            f"{client.value}-on-{server.value}",
            str(self.connections),
            *(m for m, on in marks.items() if on),
        ]
        return "-".join([*words, f"v{self.family}"])

    @property
    def account(self) -> Account:
        return Account(
            "", "", "",
            connections=self.connections,
            compress=self.compress,
            half_duplex=self.half_duplex,
            encrypt=self.encrypt,
        )  # fmt: skip

    @property
    def link(self) -> LinkFacts:
        """Return what both clients must have in the end.

        Half duplex needs a connection each way: our client opens two, a stock one is given full duplex.
        """
        client = self.ends[1]
        half = self.half_duplex and (self.connections > 1 or client is _OURS)
        return LinkFacts(max(self.connections, 2 if half else 1), self.compress, half, self.encrypt)


def _ways() -> Iterator[ParameterSet]:
    quick = {Way(*case) for case in pairwise(_PARAMETERS)}  # type: ignore[arg-type]
    for case in [*product(_PARAMETERS), *product(_REFERENCE)]:
        way = Way(*case)  # type: ignore[arg-type]
        if way.ends == (_STOCK, _STOCK) and way.half_duplex and way.connections == 1:
            continue  # one connection up and none down, for ever: stock sessions like these carry nothing
        marks = [pytest.mark.slow] if way.connections == 32 else []
        yield pytest.param(way, id=str(way), marks=marks if way in quick else [*marks, pytest.mark.full])


@pytest.mark.parametrize("way", list(_ways()))
def test_clients_meet(world: World, way: Way) -> None:
    server, client = way.ends
    with world.hub(server, plaintext=not way.encrypt) as hub:
        left, right = world.connect(server, client, hub, way.account, way.family)
        for seat in world.SEATS:
            end = world.client(client, seat)
            wait_until(lambda end=end: end.link() == way.link, 45, lambda end=end: f"{end.link()}")  # type: ignore[misc]
        check_reachable(left, right)
        _check_encryption(world, way, left, right)
        _check_compression(world, way, left, right)


def _check_encryption(world: World, way: Way, left: Station, right: Station) -> None:
    """What a listener on the wire can read."""
    marker = secrets.token_bytes(64)
    here, there = FramePort(left, ETHERTYPE + 1), FramePort(right, ETHERTYPE + 1)
    with here, there, Sniffer(world.host(way.ends[0])) as sniffer:
        here.send(marker)
        there.expect(marker)
        if way.encrypt:
            assert not sniffer.saw(marker)
        elif not way.compress:
            wait_until(lambda: sniffer.saw(marker), 5, "plaintext on the wire")


def _check_compression(world: World, way: Way, left: Station, right: Station) -> None:
    """What it costs on the wire to carry zeros, once up and once down."""
    size = 1 << 20
    before = bytes_passed(world.host(way.ends[0]))
    transfer(left, right, size, right.v4, content=bytes(size))
    carried = bytes_passed(world.host(way.ends[0])) - before
    assert (carried < size) == way.compress, f"{carried} bytes for {size} zeros up and down"
