"""Frames at the far end are those that were sent: none changed, lost, doubled or early.

Whatever joins and cuts them on the way: both kernels, both clients, the server (issue: acceptance 14).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet

from tests.support import offload
from tests.support.consignment import consign, shapes, teach
from tests.support.pairwise import pairwise, product
from tests.support.peers import Account, Client, Kind
from tests.support.steady import FLAWLESS, steady_streams
from tests.support.traffic import Station, transfer, wait_ping
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_STOCK, _OURS = Kind.STOCK, Kind.OURS
_MODES = {
    "tls": Account("", "", ""),
    "plain": Account("", "", "", encrypt=False),
    "zip": Account("", "", "", compress=True),
    "half": Account("", "", "", half_duplex=True),
    "segments": Account("", "", "", super_frames=False),
}
_KERNEL = {
    "none": (),
    "tso": offload.TCP,
    "uso": offload.UDP,
    "checksum": offload.CHECKSUM,
    "gro": offload.RECEIVE,
}
_PARAMETERS: dict[str, Sequence[object]] = {
    # server, client at the left, client at the right
    "ends": [
        (_OURS, _OURS, _OURS),
        (_OURS, _OURS, _STOCK),
        (_OURS, _STOCK, _OURS),
        (_STOCK, _OURS, _OURS),
        (_STOCK, _STOCK, _OURS),
    ],
    "mode": list(_MODES),
    "connections": [1, 8, 32],
    # What the kernels at the left and right do themselves.
    "left": list(_KERNEL),
    "right": list(_KERNEL),
}
# More than this overflows what a stock end keeps in its queues, or an adapter.
_WINDOW = 120_000
_ROUNDS = 12


@dataclass(frozen=True)
class Way:
    """One way for frames from the left to the right and back."""

    ends: tuple[Kind, Kind, Kind]
    mode: str
    connections: int
    left: str
    right: str

    def is_faithful(self, sender: Kind) -> bool:
        """Tell what stock ends do on their own.

        They spread one flow over all their connections, where frames overtake each other, and two of them
        lose frames that they compress for each other, be the load ever so light.
        """
        if self.mode == "zip" and self.ends[0] is _STOCK and _STOCK in self.ends[1:]:
            return False
        return self.connections == 1 or _STOCK not in (self.ends[0], sender)

    def __str__(self) -> str:
        server, left, right = (kind.value for kind in self.ends)
        return f"{left}-{server}-{right}-{self.mode}-{self.connections}-{self.left}-{self.right}"


def _ways() -> Iterator[ParameterSet]:
    quick = {Way(*case) for case in pairwise(_PARAMETERS)}  # type: ignore[arg-type]
    for case in product(_PARAMETERS):
        way = Way(*case)  # type: ignore[arg-type]
        yield pytest.param(way, id=str(way), marks=[] if way in quick else [pytest.mark.full])


def _meet(world: World, way: Way, hub: str) -> tuple[Station, Station]:
    server, *kinds = way.ends
    account = _MODES[way.mode]
    stations = []
    for kind, seat in zip(kinds, world.SEATS, strict=True):
        client = world.client(kind, seat)
        client.connect(
            Account(
                world.address(server),
                hub,
                seat,
                connections=way.connections,
                compress=account.compress,
                half_duplex=account.half_duplex and not (kind is _STOCK and way.connections == 1),
                encrypt=account.encrypt,
                super_frames=account.super_frames,
            )
        )
    for kind, seat in zip(kinds, world.SEATS, strict=True):
        client = world.client(kind, seat)
        world.wait_established(client)
        stations.append(world.station(client))
        _wait_connections(client, min(way.connections, 3))
    left, right = stations
    wait_ping(left, right.v4)
    wait_ping(right, left.v6)
    return left, right


def _wait_connections(client: Client, count: int) -> None:
    wait_until(lambda: client.link().connections >= count, 30, "too few connections")


@pytest.mark.parametrize("way", list(_ways()))
def test_frames_arrive_as_they_were(world: World, way: Way) -> None:
    with world.hub(way.ends[0], plaintext=way.mode == "plain") as hub:
        left, right = _meet(world, way, hub)
        ours = [kind is _OURS for kind in way.ends[1:]]
        for station, features, has in zip((left, right), (way.left, way.right), ours, strict=True):
            if has:
                offload.leave_to_kernel(station.namespace, station.interface, _KERNEL[features])
        teach(left, right)
        for sender, receiver, kind in ((left, right, way.ends[1]), (right, left, way.ends[2])):
            if way.is_faithful(kind):
                assert consign(sender, receiver, shapes(), _ROUNDS, _WINDOW).faults == []
        with steady_streams(left, right, 4, 32_768) as findings:
            transfer(left, right, 1 << 20, right.v4)
        assert all(found.intact for found in findings)
        if way.is_faithful(way.ends[1]) and way.is_faithful(way.ends[2]):
            assert findings == [FLAWLESS] * 4
