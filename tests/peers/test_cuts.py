"""Cut TCP connections, one by one or all together: traffic flows again by itself (acceptance 6).

Sessions time out after 5 s here (a policy of the user), so that a silent loss is noticed within the test.
"""

from collections.abc import Iterator

import pytest

from tests.support.peers import Account, Client, Kind
from tests.support.traffic import Station, check_frames, wait_ping
from tests.support.underlay import dropping, local_ports, reset
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow]

_ENDS = [(Kind.OURS, Kind.STOCK), (Kind.STOCK, Kind.OURS), (Kind.OURS, Kind.OURS)]
_REFERENCE = (Kind.STOCK, Kind.STOCK)
_CONNECTIONS = 3
_TIMEOUT_SECONDS = 5
# Longest way back: silence is noticed, the client waits before it tries again, connections come one a second.
_RECOVERY_SECONDS = 40


@pytest.fixture(autouse=True)
def _renewed(world: World) -> Iterator[None]:
    yield
    world.renew()


after_silence = pytest.mark.parametrize(
    ("server", "client"),
    [*_ENDS, pytest.param(*_REFERENCE, marks=pytest.mark.full)],
    ids=[f"{client.value}-on-{server.value}" for server, client in [*_ENDS, _REFERENCE]],
)
# No reference here: after a reset a stock client (5.01.9674 with OpenSSL 3) finds the old error in its queue
# at every empty read and closes each new connection, so it never comes back to a stock server by itself.
# A TLS 1.3 KeyUpdate right behind the Welcome empties that queue: on our server it does come back.
after_reset = pytest.mark.parametrize(
    ("server", "client"),
    _ENDS,
    ids=[f"{client.value}-on-{server.value}" for server, client in _ENDS],
)


@after_reset
def test_reset_one_by_one(world: World, server: Kind, client: Kind) -> None:
    with world.hub(server) as hub:
        end, left, right = _connected(world, server, client, hub)
        for port in local_ports(end.namespace):
            reset(end.namespace, port)
            _recovered(left, right)


@after_reset
def test_reset_all_together(world: World, server: Kind, client: Kind) -> None:
    with world.hub(server) as hub:
        end, left, right = _connected(world, server, client, hub)
        reset(end.namespace, *local_ports(end.namespace))
        _recovered(left, right)


@after_silence
def test_silence_on_one(world: World, server: Kind, client: Kind) -> None:
    with world.hub(server) as hub:
        end, left, right = _connected(world, server, client, hub)
        lost = local_ports(end.namespace)[0]
        with dropping(end.namespace, lost):
            _recovered(left, right)


@after_silence
def test_silence_on_all(world: World, server: Kind, client: Kind) -> None:
    with world.hub(server) as hub:
        end, left, right = _connected(world, server, client, hub)
        world.lan.unplug(end.namespace)
        try:
            wait_until(lambda: not end.established(), 30, "the silence was not noticed")
        finally:
            world.lan.plug(end.namespace)
        _recovered(left, right)


def _connected(world: World, server: Kind, client: Kind, hub: str) -> tuple[Client, Station, Station]:
    """Connect both seats with several connections; the first seat's are cut afterwards."""
    for user in world.SEATS:
        world.server(server).set_timeout(hub, user, _TIMEOUT_SECONDS)
    left, right = world.connect(server, client, hub, Account("", "", "", connections=_CONNECTIONS))
    end = world.client(client, world.SEATS[0])
    wait_until(lambda: len(local_ports(end.namespace)) == _CONNECTIONS, 20, "connections missing")
    wait_ping(left, right.v4)
    return end, left, right


def _recovered(left: Station, right: Station) -> None:
    """Traffic flows, both ways; nobody did anything for it."""
    wait_ping(left, right.v4, _RECOVERY_SECONDS)
    wait_ping(right, left.v4, _RECOVERY_SECONDS)
    wait_until(lambda: _frames_pass(left, right), _RECOVERY_SECONDS, "frames do not pass")


def _frames_pass(left: Station, right: Station) -> bool:
    try:
        check_frames(left, right)
    except (AssertionError, OSError):
        return False
    return True
