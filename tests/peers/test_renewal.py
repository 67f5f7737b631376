"""A certificate is renewed under stock clients with eight connections that rotate (acceptance 6)."""

import pytest

from tests.support.peers import Account, Kind
from tests.support.underlay import local_ports
from tests.support.vpncmd import Vpncmd
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.timeout(180)]

_PASSWORD = "correct horse"
_CONNECTIONS = 8
_LIFETIME = 5


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
            wait_until(
                lambda client=client: len(local_ports(client.namespace)) >= _CONNECTIONS, 40, "too few"
            )
        before = {session.name for session in server.sessions(hub)}
        admin.call("ServerCertRegenerate", "renewed.example")
        for client in clients:
            old, seen = set(local_ports(client.namespace)), set[int]()

            def replaced(namespace=client.namespace, old=old, seen=seen) -> bool:  # type: ignore[no-untyped-def]
                seen.update(local_ports(namespace))
                return len(seen - old) >= _CONNECTIONS

            wait_until(replaced, 90, "too few connections were replaced")
        assert {session.name for session in server.sessions(hub)} == before
        assert all(client.failures() == [] for client in clients)
