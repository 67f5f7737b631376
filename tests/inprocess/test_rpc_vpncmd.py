"""The stock vpncmd drives our server: every command of this release, its exit code and what it shows."""

import asyncio
import csv
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.wire.digest import hash_administrator_password, hash_password
from tests.support import packages
from tests.support.configuration import administrator, put
from tests.support.guest import guest, server_port, serving

pytestmark = pytest.mark.stock
SECONDS = 30


@dataclass(frozen=True)
class Vpncmd:
    """vpncmd as an administrator of one server, from this machine."""

    port: int
    password: str = "adminpw"
    destination: tuple[str, ...] = ()

    async def run(self, *command: str) -> tuple[int, str]:
        programs = packages.programs()
        process = await asyncio.create_subprocess_exec(
            *(str(programs.softether("vpncmd")), f"127.0.0.1:{self.port}", "/SERVER"),
            *(f"/PASSWORD:{self.password}", *self.destination, "/CSV", "/PROGRAMMING", "/CMD", *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=programs.environment(),
        )
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
        return process.returncode or 0, output.decode()

    async def ok(self, *command: str) -> list[dict[str, str]]:
        """Run a command that must succeed; its table, if it shows one."""
        code, output = await self.run(*command)
        assert code == 0, (command, output)
        return list(csv.DictReader(output.splitlines()))

    async def items(self, *command: str) -> dict[str, str]:
        """An Item/Value table."""
        code, output = await self.run(*command)
        assert code == 0, (command, output)
        # Some commands put a heading above.
        table = output[output.index("Item,Value") :]
        return {row["Item"]: row["Value"] for row in csv.DictReader(table.splitlines())}

    async def refused(self, code: int, *command: str) -> None:
        found, output = await self.run(*command)
        assert found == code, (command, output)


async def chief(stack: AsyncExitStack, tmp_path: Path) -> tuple[Server, Vpncmd]:
    server = await stack.enter_async_context(serving(tmp_path))
    await put(server.owner, administrator(None, "adminpw"))
    return server, Vpncmd(server_port(server))


async def test_the_server(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server, vpncmd = await chief(stack, tmp_path)
        assert (await vpncmd.items("ServerInfoGet"))["Version"] == "Version 5.01 Build 9674"
        assert (await vpncmd.items("ServerStatusGet"))["Server Type"] == "Standalone Server"
        caps = await vpncmd.items("Caps")
        assert (caps["Standalone Mode"], caps["SecureNAT is Supported"]) == ("Yes", "Yes")
        code, output = await vpncmd.run("ServerCipherGet")
        assert (code, "TLS_AES_256_GCM_SHA384" in output) == (0, True)
        await vpncmd.ok("ServerCertGet", f"/{tmp_path}/server.pem")
        assert "BEGIN CERTIFICATE" in (tmp_path / "server.pem").read_text()
        await vpncmd.refused(33, "KeepGet")
        await vpncmd.ok("ServerPasswordSet", "other")
        secret = server.owner.snapshot.administrator(None)
        assert secret is not None
        assert secret.hashed == hash_administrator_password("other")
        await vpncmd.refused(12, "ServerInfoGet")


async def test_listeners(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        _, vpncmd = await chief(stack, tmp_path)
        await vpncmd.ok("ListenerCreate", "40002")
        await vpncmd.refused(54, "ListenerCreate", "40002")
        await vpncmd.ok("ListenerDisable", "40002")
        assert {"Port Number": "TCP 40002", "Status": "Stopped"} in await vpncmd.ok("ListenerList")
        await vpncmd.ok("ListenerEnable", "40002")
        await vpncmd.ok("ListenerDelete", "40002")
        await vpncmd.refused(53, "ListenerDelete", "40002")


async def test_hubs(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server, vpncmd = await chief(stack, tmp_path)
        await vpncmd.ok("HubCreate", "LAB", "/PASSWORD:hubpw")
        await vpncmd.refused(57, "HubCreate", "lab", "/PASSWORD:x")
        (row,) = await vpncmd.ok("HubList")
        assert (row["Virtual Hub Name"], row["Status"]) == ("LAB", "Online")
        lab = Vpncmd(vpncmd.port, destination=("/ADMINHUB:LAB",))
        await lab.ok("SetMaxSession", "7")
        await lab.ok("SetEnumDeny")
        options = await lab.items("OptionsGet")
        assert options["Max Number of Sessions"] == "7"
        assert options["Enumeration of Virtual Hub for Anonymous User"] == "Deny"
        await lab.ok("SetEnumAllow")
        await lab.ok("Offline")
        assert (await lab.items("StatusGet"))["Status"] == "Offline"
        await lab.ok("Online")
        secret = server.owner.snapshot.administrator("LAB")
        assert secret is not None
        assert secret.as_user == hash_password("hubpw", "administrator")
        await lab.ok("SetHubPassword", "newpw")
        keeper = Vpncmd(vpncmd.port, "newpw", ("/HUB:LAB",))
        assert (await keeper.items("StatusGet"))["Virtual Hub Name"] == "LAB"
        await keeper.refused(52, "HubCreate", "OTHER", "/PASSWORD:x")
        await vpncmd.ok("HubDelete", "LAB")
        await vpncmd.refused(8, "HubDelete", "LAB")


async def test_users(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server, vpncmd = await chief(stack, tmp_path)
        await vpncmd.ok("HubCreate", "LAB", "/PASSWORD:hubpw")
        lab = Vpncmd(vpncmd.port, destination=("/ADMINHUB:LAB",))
        create = ("UserCreate", "alice", "/GROUP:none", "/REALNAME:Alice", "/NOTE:n")
        await lab.ok(*create)
        await lab.refused(66, *create)
        await lab.ok("UserPasswordSet", "alice", "/PASSWORD:secret")
        secret = server.owner.snapshot.password("LAB", "alice")
        assert secret is not None
        assert secret.hashed_key == hash_password("secret", "alice")
        await lab.ok("UserExpiresSet", "alice", "/EXPIRES:2027/03/04 05:06:07")
        await lab.ok("UserPolicySet", "alice", "/NAME:MaxConnection", "/VALUE:3")
        await lab.ok("UserSet", "alice", "/GROUP:none", "/REALNAME:Alicia", "/NOTE:m")
        alice = server.owner.snapshot.user("LAB", "alice")
        assert alice is not None
        assert alice.policy is not None
        assert (alice.policy.max_connection, alice.real_name, alice.expires > 0) == (3, "Alicia", True)
        assert server.owner.snapshot.password("LAB", "alice") == secret
        (row,) = await lab.ok("UserList")
        assert (row["User Name"], row["Full Name"]) == ("alice", "Alicia")
        assert row["Auth Method"] == "Password Authentication"
        assert "2027-03-04" in row["Expiration Date"]
        await lab.ok("UserPolicyRemove", "alice")
        await lab.ok("UserAnonymousSet", "alice")
        assert (await lab.items("UserGet", "alice"))["Auth Type"] == "Anonymous Authentication"
        await lab.refused(65, "UserSet", "alice", "/GROUP:none2", "/REALNAME:x", "/NOTE:x")
        await lab.refused(29, "UserGet", "bob")
        await lab.ok("UserDelete", "alice")
        await lab.refused(29, "UserDelete", "alice")


async def test_sessions(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        server, vpncmd = await chief(stack, tmp_path)
        await vpncmd.ok("HubCreate", "LAB", "/PASSWORD:hubpw")
        lab = Vpncmd(vpncmd.port, destination=("/ADMINHUB:LAB",))
        await lab.ok("UserCreate", "alice", "/GROUP:none", "/REALNAME:none", "/NOTE:none")
        await lab.ok("UserAnonymousSet", "alice")
        alice = await stack.enter_async_context(guest(server))
        assert isinstance(await alice.log_in("LAB", "alice"), Welcome)
        (row,) = await lab.ok("SessionList")
        assert (row["Session Name"], row["User Name"], row["TCP Connections"]) == (
            "SID-ALICE-1",
            "alice",
            "1 / 1",
        )
        shown = await lab.items("SessionGet", "SID-ALICE-1")
        assert shown["Client IP Address"] == "127.0.0.1"
        assert shown["User Name (Authentication)"] == "alice"
        assert shown["Client Build (Reported)"] == "Build 9674"
        assert shown["Encryption"].startswith("Enabled")
        await lab.refused(29, "SessionGet", "SID-NOBODY-1")
        await lab.ok("SessionDisconnect", "SID-ALICE-1")
        assert server.sessions.count("LAB") == 0
        assert await lab.ok("SessionList") == []
