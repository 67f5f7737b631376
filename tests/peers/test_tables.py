"""Who is where, as administrators see it: the same addresses on ours as on the original."""

import pytest

from etherloom.rpc.catalog import table
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.client import AdminClient
from tests.support.etherloom import EtherloomServer
from tests.support.peers import Account, Kind
from tests.support.stock import StockServer
from tests.support.traffic import wait_ping
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]


def _addresses(world: World, kind: Kind, hub: str) -> set[tuple[str, str]]:
    """User and address of each entry."""
    server = world.server(kind)
    if isinstance(server, StockServer):
        rows = server.hub(hub).call("IpTable").rows()
        return {(_user(row["Session Name"]), row["IP Address"].split()[0].lower()) for row in rows}
    assert isinstance(server, EtherloomServer)
    with AdminClient(server.state) as client:
        found = client.call(table.ENUM_IP_TABLE, HubName(hub)).rows
    return {(_user(row.session), str(row.address)) for row in found}


def _user(session: str) -> str:
    return session.split("-")[1].lower()


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_addresses_are_noted_where_they_are(world: World, kind: Kind) -> None:
    with world.hub(kind) as hub:
        anna, bert = world.connect(kind, Kind.OURS, hub, Account("", "", ""))
        wait_ping(anna, bert.v4)
        expected = {("anna", anna.v4), ("bert", bert.v4)}
        wait_until(lambda: expected <= _addresses(world, kind, hub), 10, "the addresses are not listed")
        # Only link-local ones of IPv6, unless the hub is told otherwise.
        assert not {address for _, address in _addresses(world, kind, hub) if address.startswith("fd58")}
        world.server(kind).set_options(hub, ManageOnlyLocalUnicastIPv6=0)
        wait_ping(anna, bert.v6)
        wider = expected | {("anna", anna.v6), ("bert", bert.v6)}
        wait_until(lambda: wider <= _addresses(world, kind, hub), 10, "those of IPv6 are not listed")


def test_an_address_is_forgotten_by_command(world: World) -> None:
    with world.hub(Kind.OURS) as hub:
        anna, bert = world.connect(Kind.OURS, Kind.OURS, hub, Account("", "", ""))
        wait_ping(anna, bert.v4)
        server = world.server(Kind.OURS)
        assert isinstance(server, EtherloomServer)
        world.client(Kind.OURS, "anna").disconnect()
        with AdminClient(server.state) as client:
            rows = client.call(table.ENUM_IP_TABLE, HubName(hub)).rows
            theirs = next(row for row in rows if str(row.address) == bert.v4)
            client.call(table.DELETE_IP_TABLE, table.TableEntry(hub, theirs.handle))
            left = client.call(table.ENUM_IP_TABLE, HubName(hub)).rows
        assert theirs.handle not in {row.handle for row in left}
