"""A certificate is renewed under stock clients with eight connections that rotate (acceptance 6)."""

import pytest

from tests.support.netns import Namespace
from tests.support.peers import Account, Kind
from tests.support.underlay import local_ports
from tests.support.vpncmd import Vpncmd
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.timeout(240)]

_PASSWORD = "correct horse"
_CONNECTIONS = 8
_LIFETIME = 15


def wait_full(client: Namespace) -> None:
    """Wait until all connections stand."""
    wait_until(lambda: len(local_ports(client)) >= _CONNECTIONS, 60, "too few connections")


def wait_replaced(client: Namespace) -> None:
    """Wait until as many connections as there may be are new ones."""
    old, seen = set(local_ports(client)), set[int]()

    def replaced() -> bool:
        seen.update(local_ports(client))
        return len(seen - old) >= _CONNECTIONS

    wait_until(replaced, 90, "too few connections were replaced")


def test_sessions_outlive_a_new_certificate(world: World) -> None:
    server = world.server(Kind.OURS)
    server.set_admin_password(_PASSWORD)
    destination = ("127.0.0.1:443", "/SERVER", f"/PASSWORD:{_PASSWORD}")
    admin = Vpncmd(world.stock, server.namespace, *destination)
    account = Account("", "", "", connections=_CONNECTIONS, lifetime=_LIFETIME)
    with world.hub(Kind.OURS) as hub:
        world.connect(Kind.OURS, Kind.STOCK, hub, account)
        clients = [world.client(Kind.STOCK, seat) for seat in world.SEATS]
        for client in clients:
            wait_full(client.namespace)
        before = {session.name for session in server.sessions(hub)}
        admin.call("ServerCertRegenerate", "renewed.example")
        for client in clients:
            wait_replaced(client.namespace)
        assert {session.name for session in server.sessions(hub)} == before
        assert [client.failures() for client in clients] == [[], []]
