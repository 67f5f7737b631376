"""ConfigGet and ConfigSet by stock vpncmd, and users of an imported file who log in."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from etherloom.handshake.messages import Refused, Welcome
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import service
from etherloom.rpc.catalog.blocks import Empty
from etherloom.wire.config_text import parse_text
from etherloom.wire.config_value import write_bytes
from etherloom.wire.digest import hash_administrator_password, hash_password
from tests.inprocess.test_rpc_vpncmd import chief
from tests.support import configuration as known
from tests.support.configuration import put
from tests.support.configuration_file import block, hub_file
from tests.support.guest import guest, server_port, serving

CHIEF = Caller(Role.SERVER, where="192.0.2.1")
KEEPER = Caller(Role.HUB, "LAB", "192.0.2.1")


def file_with_alice() -> bytes:
    """A file with a hub whose user alice has the password `old`; the administrator's is `adminpw`."""
    hashed = write_bytes(hash_password("old", "alice"))
    alice = block("alice", "uint AuthType 1", f"byte AuthPassword {hashed}")
    users = block("SecurityAccountDatabase", block("UserList", alice))
    administrator = f"byte HashedPassword {write_bytes(hash_administrator_password('adminpw'))}"
    return hub_file(users, server=administrator)


async def test_old_passwords_open_the_new_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        port = server_port(server)
        request = service.Configuration("vpn_server.config", file_with_alice())
        reply = await server.dispatcher.call(CHIEF, service.SET_CONFIG, request)
        assert reply.content == b""
        async with guest(server, port) as arrived:
            assert isinstance(await arrived.log_in("LAB", "alice", "old"), Welcome)
        async with guest(server, port) as arrived:
            refused = await arrived.log_in("LAB", "alice", "new")
            assert isinstance(refused, Refused)
            assert refused.code == ErrorCode.AUTH_FAILED


async def test_whose_call_it_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await put(server.owner, known.hub("LAB"))
        with pytest.raises(Refusal) as refused:
            await server.dispatcher.call(KEEPER, service.GET_CONFIG, Empty())
        assert refused.value.code is ErrorCode.NOT_ENOUGH_RIGHT
        with pytest.raises(Refusal, match="no block named root") as refused:
            await server.dispatcher.call(CHIEF, service.SET_CONFIG, service.Configuration("x", b"nonsense"))
        assert refused.value.code is ErrorCode.INVALID_PARAMETER
        assert server.owner.snapshot.hub("LAB")


@pytest.mark.stock
async def test_vpncmd_gets_and_sets_the_configuration(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server, vpncmd = await chief(stack, tmp_path)
        await put(server.owner, known.hub("LAB"), known.user("LAB", "alice", "word"))
        fetched = tmp_path / "fetched.config"
        await vpncmd.ok("ConfigGet", f"/{fetched}")
        assert not parse_text(fetched.read_bytes()).faults
        assert b"declare alice" in fetched.read_bytes()
        (tmp_path / "other.config").write_bytes(file_with_alice().replace(b"LAB", b"OTHER"))
        await vpncmd.ok("ConfigSet", f"/{tmp_path}/other.config")
        assert [hub.name for hub in server.owner.snapshot.hubs()] == ["OTHER"]
        await vpncmd.ok("ConfigSet", f"/{fetched}")
        assert server.owner.snapshot.user("LAB", "alice")
        (tmp_path / "broken.config").write_bytes(fetched.read_bytes()[:-20])
        await vpncmd.refused(38, "ConfigSet", f"/{tmp_path}/broken.config")
        assert server.owner.snapshot.user("LAB", "alice")
