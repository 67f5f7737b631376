"""Stock programs that know no TLS 1.3, in both roles."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.peers import Account, Kind
from tests.support.traffic import check_reachable
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_NO_TLS_1_3 = Path(__file__).parents[1] / "support" / "tls12.cnf"


@pytest.fixture
def old_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """One whose stock programs are told to stay with TLS 1.2; ours don't use OpenSSL."""
    made = World(tmp_path)
    # They see neither /tmp nor what may be below it, but their own tree at this place.
    shutil.copy(_NO_TLS_1_3, made.stock.root)
    monkeypatch.setenv("OPENSSL_CONF", f"/run/stock/{_NO_TLS_1_3.name}")
    yield made
    made.close()


def test_old_stock_clients_meet_on_our_server(old_world: World) -> None:
    with old_world.hub(Kind.OURS) as hub:
        left, right = old_world.connect(Kind.OURS, Kind.STOCK, hub, Account("", "", "", connections=4))
        check_reachable(left, right)
        server = old_world.server(Kind.OURS)
        assert isinstance(server, EtherloomServer)
        shown = server.table("session", "show", hub, server.sessions(hub)[0].name)
        assert {link["tls_version"] for link in shown["links"]} == {"TLSv1.2"}


def test_our_clients_meet_on_an_old_stock_server(old_world: World) -> None:
    with old_world.hub(Kind.STOCK) as hub:
        left, right = old_world.connect(Kind.STOCK, Kind.OURS, hub, Account("", "", "", connections=4))
        check_reachable(left, right)
        client = old_world.client(Kind.OURS, "anna")
        assert isinstance(client, EtherloomClient)
        assert [event["tls_version"] for event in client.events("established")] == ["TLSv1.2"]
