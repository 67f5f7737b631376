"""Stock vpncmd administers a server: hubs, users, sessions (acceptance 7); stock proves the test."""

from collections.abc import Iterator

import pytest

from tests.support.peers import Account, Kind
from tests.support.vpncmd import Vpncmd
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_UNKNOWN_USER = 29
_UNKNOWN_HUB = 8
_WRONG_PASSWORD = 12
_EXISTS = 57
_PASSWORD = "correct horse"


@pytest.fixture(scope="module", params=list(Kind), ids=[kind.value for kind in Kind])
def server(request: pytest.FixtureRequest, world: World) -> Iterator[Kind]:
    kind = request.param
    assert isinstance(kind, Kind)
    world.server(kind).set_admin_password(_PASSWORD)
    yield kind
    # Others administer the stock server without a password.
    world.renew()


def vpncmd(world: World, server: Kind, *options: str, password: str = _PASSWORD) -> Vpncmd:
    destination = ("127.0.0.1:443", "/SERVER", f"/PASSWORD:{password}")
    return Vpncmd(world.stock, world.host(server), *destination, *options)


def test_wrong_password_is_refused(world: World, server: Kind) -> None:
    assert vpncmd(world, server, password="wrong").call("ServerInfoGet", check=False).code == _WRONG_PASSWORD


def test_server_tells_who_it_is(world: World, server: Kind) -> None:
    facts = vpncmd(world, server).call("ServerInfoGet").items()
    assert facts["Server Type"] == "Standalone Server"
    assert facts["Product Name"]


def test_hub_is_created_listed_and_deleted(world: World, server: Kind) -> None:
    admin = vpncmd(world, server)
    admin.call("HubCreate", "CMD", "/PASSWORD:none")
    try:
        assert admin.call("HubCreate", "cmd", "/PASSWORD:none", check=False).code == _EXISTS
        listed = {row["Virtual Hub Name"]: row for row in admin.call("HubList").rows()}
        assert (listed["CMD"]["Status"], listed["CMD"]["Users"]) == ("Online", "0")
        hub = vpncmd(world, server, "/ADMINHUB:CMD")
        hub.call("Offline")
        assert hub.call("StatusGet").items()["Status"] == "Offline"
        hub.call("Online")
        hub.call("SetMaxSession", "7")
        assert hub.call("OptionsGet").items()["Max Number of Sessions"] == "7"
    finally:
        admin.call("HubDelete", "CMD")
    assert "CMD" not in {row["Virtual Hub Name"] for row in admin.call("HubList").rows()}
    assert admin.call("HubDelete", "CMD", check=False).code == _UNKNOWN_HUB


def test_user_is_created_changed_and_deleted(world: World, server: Kind) -> None:
    with world.hub(server) as name:
        hub = vpncmd(world, server, f"/ADMINHUB:{name}")
        hub.call("UserCreate", "carl", "/GROUP:none", "/REALNAME:Carl Jung", "/NOTE:a note")
        hub.call("UserPasswordSet", "carl", "/PASSWORD:word")
        assert hub.call("UserCreate", "CARL", "/GROUP:none", "/REALNAME:none", "/NOTE:none", check=False).code
        listed = {row["User Name"]: row for row in hub.call("UserList").rows()}
        assert set(listed) == {"anna", "bert", "carl"}
        assert listed["carl"]["Auth Method"] == "Password Authentication"
        facts = hub.call("UserGet", "carl").items()
        assert (facts["Full Name"], facts["Description"]) == ("Carl Jung", "a note")
        hub.call("UserSet", "carl", "/GROUP:none", "/REALNAME:C. G. Jung", "/NOTE:none")
        assert hub.call("UserGet", "carl").items()["Full Name"] == "C. G. Jung"
        hub.call("UserDelete", "carl")
        assert hub.call("UserGet", "carl", check=False).code == _UNKNOWN_USER


def test_user_made_by_vpncmd_logs_in_and_is_disconnected(world: World, server: Kind) -> None:
    client = world.client(Kind.STOCK, "anna")
    with world.hub(server) as name:
        hub = vpncmd(world, server, f"/ADMINHUB:{name}")
        hub.call("UserCreate", "carl", "/GROUP:none", "/REALNAME:none", "/NOTE:none")
        hub.call("UserPasswordSet", "carl", "/PASSWORD:word")
        client.connect(Account(world.address(server), name, "carl", "word"))
        world.wait_established(client)
        row = wait_until(
            lambda: next((row for row in hub.call("SessionList").rows() if row["User Name"] == "carl"), None),
            5,
            "no session listed",
        )
        session = row["Session Name"]
        assert session.startswith("SID-CARL-")
        assert hub.call("SessionGet", session).items()["User Name (Authentication)"] == "carl"
        hub.call("SessionDisconnect", session)
        wait_until(client.failures, 10, "the client did not notice")
        names = {row["Session Name"] for row in hub.call("SessionList").rows()}
        assert session not in names
