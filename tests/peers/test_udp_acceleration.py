"""Frames by UDP beside the TCP connections, between stock programs and ours (issue: acceptance 11)."""

import secrets

import pytest

from tests.support.peers import Account, Kind
from tests.support.traffic import ETHERTYPE, FramePort, check_reachable, wait_ping
from tests.support.underlay import Sniffer, without_udp
from tests.support.waiting import wait_until
from tests.support.world import World

# A path of stock programs is tried for ten seconds, here up to twice.
pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.timeout(180)]

_STOCK, _OURS = Kind.STOCK, Kind.OURS
_ENDS = [(_OURS, _STOCK), (_STOCK, _OURS), (_OURS, _OURS)]
# Ten seconds that the path is tried, and what the programs need to notice.
_TRIAL_S = 40.0


def _name(ends: tuple[Kind, Kind]) -> str:
    return f"{ends[1].value}-on-{ends[0].value}"


def _account(*, encrypt: bool = True, compress: bool = False) -> Account:
    return Account("", "", "", udp_acceleration=True, encrypt=encrypt, compress=compress)


def _await_udp(world: World, ends: tuple[Kind, Kind], hub: str) -> None:
    """Wait until every end of every session says that frames go by UDP."""
    server = world.server(ends[0])
    for seat in world.SEATS:
        wait_until(world.client(ends[1], seat).uses_udp, _TRIAL_S, f"{seat} does not use UDP")
    for session in server.sessions(hub):
        if session.user in world.SEATS:
            wait_until(lambda name=session.name: server.uses_udp(hub, name), _TRIAL_S, session.name)  # type: ignore[misc]


@pytest.mark.parametrize("ends", _ENDS, ids=_name)
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("compress", [False, True], ids=["as-is", "zip"])
def test_frames_go_by_udp(world: World, ends: tuple[Kind, Kind], family: int, compress: bool) -> None:
    with world.hub(ends[0]) as hub:
        left, right = world.connect(*ends, hub, _account(compress=compress), family)
        _await_udp(world, ends, hub)
        check_reachable(left, right)
        for seat in world.SEATS:
            assert world.client(ends[1], seat).uses_udp()


@pytest.mark.parametrize("ends", _ENDS, ids=_name)
def test_without_encryption(world: World, ends: tuple[Kind, Kind]) -> None:
    marker = secrets.token_bytes(64)
    with world.hub(ends[0], plaintext=True) as hub:
        left, right = world.connect(*ends, hub, _account(encrypt=False))
        _await_udp(world, ends, hub)
        here, there = FramePort(left, ETHERTYPE + 1), FramePort(right, ETHERTYPE + 1)
        with here, there, Sniffer(world.host(ends[0])) as sniffer:
            here.send(marker)
            there.expect(marker)
            wait_until(lambda: sniffer.saw(marker), 5, "plain text on the wire")


@pytest.mark.parametrize("ends", _ENDS, ids=_name)
def test_a_path_that_breaks_and_heals(world: World, ends: tuple[Kind, Kind]) -> None:
    with world.hub(ends[0]) as hub:
        left, right = world.connect(*ends, hub, _account())
        _await_udp(world, ends, hub)
        sessions = world.server(ends[0]).sessions(hub)
        clients = [world.client(ends[1], seat) for seat in world.SEATS]
        with without_udp(world.host(ends[0]), *(client.namespace for client in clients)):
            wait_until(lambda: not any(client.uses_udp() for client in clients), 15, "they did not fall back")
            wait_ping(left, right.v4)
            check_reachable(left, right)
        _await_udp(world, ends, hub)
        check_reachable(left, right)
        assert world.server(ends[0]).sessions(hub) == sessions, "the sessions are still the same"
        assert not any(client.failures() for client in clients)


def test_a_hub_that_does_not_want_it(world: World) -> None:
    with world.hub(_OURS) as hub:
        server = world.server(_OURS)
        server.cli("hub", "set", hub, "--udp-acceleration", "off")  # type: ignore[attr-defined]
        left, right = world.connect(_OURS, _STOCK, hub, _account())
        check_reachable(left, right)
        status = world.client(_STOCK, "anna").status()  # type: ignore[attr-defined]
        assert status["UDP Acceleration is Supported"].startswith("No")
