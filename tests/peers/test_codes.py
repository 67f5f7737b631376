"""A refused client sees the code that a stock server gives (acceptance 5).

The table is checked against the stock server too, so it can't be a belief of ours.
"""

import contextlib
from collections.abc import Iterator

import pytest

from tests.support.peers import Account, Client, Kind, Server
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_CODES = {
    "wrong-password": 9,
    "unknown-user": 9,
    "unknown-hub": 8,
    "full-hub": 16,
    "expired-user": 12,
    "hub-offline": 10,
}
_ENDS = [(Kind.STOCK, Kind.STOCK), (Kind.OURS, Kind.STOCK), (Kind.STOCK, Kind.OURS), (Kind.OURS, Kind.OURS)]


@pytest.mark.parametrize("situation", list(_CODES))
@pytest.mark.parametrize(
    ("server", "client"), _ENDS, ids=[f"{client.value}-on-{server.value}" for server, client in _ENDS]
)
def test_refused_client_sees_the_code(world: World, server: Kind, client: Kind, situation: str) -> None:
    end = world.client(client, "anna")
    with world.hub(server, max_sessions=1 if situation == "full-hub" else 0) as hub:
        account = Account(world.address(server), hub, "anna")
        with _prepared(world, world.server(server), account, situation) as refused:
            end.connect(refused)
            wait_until(end.failures, 15, "no failure reported")
            assert end.failures()[0] == _CODES[situation]
            assert not end.established()


@contextlib.contextmanager
def _prepared(world: World, server: Server, account: Account, situation: str) -> Iterator[Account]:
    """Bring the situation about and yield the account that must be refused in it."""
    if situation == "full-hub":
        with _taken(world.client(Kind.STOCK, "bert"), account):
            yield account
        return
    if situation == "expired-user":
        server.expire_user(account.hub, account.user)
    if situation == "hub-offline":
        server.set_hub_online(account.hub, online=False)
    changes: dict[str, dict[str, str]] = {
        "wrong-password": {"password": "Secret"},
        "unknown-user": {"user": "nobody"},
        "unknown-hub": {"hub": "NOWHERE"},
    }
    yield Account(
        **{
            "server": account.server,
            "hub": account.hub,
            "user": account.user,
            **changes.get(situation, {}),
        }  # type: ignore[arg-type]
    )


@contextlib.contextmanager
def _taken(other: Client, account: Account) -> Iterator[None]:
    """The hub's only place is taken by somebody."""
    other.connect(account)
    wait_until(other.established, 20, "the first session does not stand")
    yield
    other.disconnect()
