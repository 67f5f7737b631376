"""Calls about the server itself against a whole server: what they answer and what they bring about."""

import asyncio
import ssl
from pathlib import Path
from typing import TypeVar

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.messages import AdminAccepted, Welcome
from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import HubOptions
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import (
    bridge,
    cluster,
    connection,
    license,
    log,
    option,
    protocol,
    server,
    service,
)
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import AnyCall, Call
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support import configuration as known
from tests.support.asynchronous import until
from tests.support.configuration import put
from tests.support.guest import Guest, guest, server_port, serving

CHIEF = Caller(Role.SERVER, where="192.0.2.1")
KEEPER = Caller(Role.HUB, "LAB", "192.0.2.1")
Q = TypeVar("Q")
A = TypeVar("A")


async def call(running: Server, what: Call[Q, A], request: Q, caller: Caller = CHIEF) -> A:
    return await running.dispatcher.call(caller, what, request)


async def refusal(running: Server, what: Call[Q, A], request: Q, caller: Caller = CHIEF) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await call(running, what, request, caller)
    assert len(refused.value.message) > 10
    return refused.value.code


async def shown_certificate(running: Server) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", server_port(running), ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    assert isinstance(shown, bytes)
    return shown


async def test_a_new_certificate_is_shown_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        before = await call(running, server.GET_SERVER_CERT, Empty())
        await call(running, service.REGENERATE_SERVER_CERT, server.Echo(text="new.example"))
        after = await call(running, server.GET_SERVER_CERT, Empty())
        assert await shown_certificate(running) == after.certificate != before.certificate
        reply = await call(running, service.SET_SERVER_CERT, before)
        assert (reply.certificate, reply.key, reply.flag) == (before.certificate, b"", 1)
        assert await shown_certificate(running) == before.certificate
        wrong = server.Identity(before.certificate, key=after.key)
        assert await refusal(running, service.SET_SERVER_CERT, wrong) == 4
        assert await shown_certificate(running) == before.certificate


async def test_ciphers_are_negotiated_as_they_were_set(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        for names, negotiated in (
            ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"),
            ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ):
            await call(running, service.SET_SERVER_CIPHER, server.Text(names.lower()))
            assert (await call(running, server.GET_SERVER_CIPHER, Empty())).text == names
            async with guest(running) as one:
                assert one.writer.get_extra_info("cipher")[0] == negotiated


# --- connections


async def test_connections_are_listed_from_the_first_byte_to_the_last(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(
            running.owner, known.hub("LAB"), known.user("LAB", "alice"), known.administrator(None, "pw")
        )
        async with guest(running) as new, guest(running) as chief:
            assert isinstance(await chief.administer("pw"), AdminAccepted)
            async with guest(running) as alice:
                assert isinstance(await alice.log_in("LAB", "alice"), Welcome)
                rows = (await call(running, connection.ENUM_CONNECTION, Empty())).rows
                assert sorted(row.type for row in rows) == [1, 2, 5]
                assert all((str(row.address), row.host) == ("127.0.0.1", "127.0.0.1") for row in rows)
                name = next(row.name for row in rows if row.type == 2)
                facts = await call(
                    running, connection.GET_CONNECTION_INFO, connection.ConnectionName(name.lower())
                )
                assert (facts.name, facts.client_product, facts.client_build) == (
                    name,
                    "Etherloom VPN Client",
                    9674,
                )
                await call(running, connection.DISCONNECT_CONNECTION, connection.ConnectionName(name))
                await until(lambda: len(running.house.connections.all()) == 2, "the connection ends")
            assert (
                await refusal(running, connection.GET_CONNECTION_INFO, connection.ConnectionName(name)) == 29
            )
            beginner = next(one for one in running.house.connections.all() if one.kind == 1)
            await call(running, connection.DISCONNECT_CONNECTION, connection.ConnectionName(beginner.name))
            assert await asyncio.wait_for(new.reader.read(), 10) == b""
        await until(lambda: not running.house.connections.all(), "all connections end")


async def test_a_client_that_renews_its_connections_leaves_none_behind(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as alice:
        await put(running.owner, known.hub("LAB"), known.user("LAB", "alice"))
        welcome = await alice.log_in("LAB", "alice")
        assert isinstance(welcome, Welcome)
        (session,) = running.sessions.all()
        for _ in range(5):
            further = await Guest.arrive(server_port(running))
            assert await further.join(session.session_key)
            await until(lambda: session.connections == 2, "a second link")
            further.writer.transport.abort()
            await until(lambda: session.connections == 1, "the second link ends")
        assert len(running.house.connections.all()) == 1
        # The last one that went is forgotten when the next one comes, or with the session.
        assert running.house.connections.count() <= 2
        running.sessions.disconnect("LAB", session.name)
        await until(lambda: running.house.connections.count() == 0, "they are forgotten")


# --- bridges


async def test_bridges_wait_for_what_they_join(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        for wish in (bridge.LocalBridge("nosuch", "LAB"), bridge.LocalBridge("nosuch", "NONE")):
            await call(running, bridge.ADD_LOCAL_BRIDGE, wish)
        table = await call(running, bridge.ENUM_LOCAL_BRIDGE, Empty(), KEEPER)
        assert [(row.hub, row.online, row.active) for row in table.rows] == [
            ("LAB", True, False),
            ("NONE", False, False),
        ]
        long = bridge.LocalBridge("a name that no device can have", "LAB", tap=True)
        assert await refusal(running, bridge.ADD_LOCAL_BRIDGE, long) == 38
        await put(
            running.owner, Put(keys.bridge_key("LAB", "tap9"), LocalBridge("LAB", "tap9", online=False))
        )
        await call(running, bridge.DELETE_LOCAL_BRIDGE, bridge.LocalBridge("tap9", "lab"))
        assert len(running.owner.snapshot.bridges()) == 2


# --- logs


async def test_log_files_are_for_whom_they_are_about(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        for path in ("server_log/vpn.log", "security_log/LAB/sec.log", "security_log/OTHER/sec.log"):
            file = running.directory.path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("line\n")
        assert (await call(running, log.ENUM_LOG_FILE, Empty())).count == 3
        (row,) = (await call(running, log.ENUM_LOG_FILE, Empty(), KEEPER)).rows
        assert (row.path, row.size) == ("security_log/LAB/sec.log", 5)
        part = await call(running, log.READ_LOG_FILE, log.LogFilePart(row.path, offset=1), KEEPER)
        assert part.content == b"ine\n"
        end = await call(running, log.READ_LOG_FILE, log.LogFilePart(row.path, offset=5), KEEPER)
        assert end.content is None
        others = log.LogFilePart("security_log/OTHER/sec.log")
        assert await refusal(running, log.READ_LOG_FILE, others, KEEPER) == 29
        await put(running.owner, Put(keys.limits_key("LAB"), HubOptions((("no_read_log_file", 1),))))
        assert await refusal(running, log.ENUM_LOG_FILE, Empty(), KEEPER) == 52
        assert await refusal(running, log.READ_LOG_FILE, log.LogFilePart(row.path), KEEPER) == 52


async def test_the_syslog_server_is_no_hub_administrators_business(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await call(running, log.SET_SYS_LOG, log.Syslog(3, 0, "log.example"))
        assert await call(running, log.GET_SYS_LOG, Empty()) == log.Syslog(3, 514, "log.example")
        assert await call(running, log.GET_SYS_LOG, Empty(), KEEPER) == log.Syslog(3, 0, "Secret")
        assert await refusal(running, log.SET_SYS_LOG, log.Syslog(9, 514, "log.example")) == 38


# --- what is refused, or kept


async def test_this_server_joins_no_cluster(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        wish = cluster.ClusterSetting(type=1, weight=50)
        assert await refusal(running, cluster.SET_FARM_SETTING, wish) == 33
        kept = cluster.ClusterSetting(weight=50, controller_only=True, password="geheim")
        assert (await call(running, cluster.SET_FARM_SETTING, kept)).password == ""
        setting = await call(running, cluster.GET_FARM_SETTING, Empty())
        assert (setting.weight, setting.controller_only, setting.password) == (50, True, "")
        await call(running, cluster.SET_FARM_SETTING, cluster.ClusterSetting())
        assert (await call(running, cluster.GET_FARM_SETTING, Empty())).weight == 100


async def test_secrets_are_not_echoed_but_given_to_who_asks(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        device = protocol.EtherIpClient("x", "LAB", "user", "geheim")
        assert "geheim" not in repr(device)
        assert (await call(running, protocol.ADD_ETHER_IP_ID, device)).password == ""
        asked = await call(running, protocol.GET_ETHER_IP_ID, protocol.EtherIpClient("x"))
        assert asked.password == "geheim"
        assert (await call(running, protocol.ENUM_ETHER_IP_ID, Empty())).rows[0].password == "geheim"
        empty = protocol.EtherIpClient("", "LAB", "user")
        assert await refusal(running, protocol.ADD_ETHER_IP_ID, empty) == 38


async def test_licenses_and_questions_for_developers_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        calls: tuple[AnyCall, ...] = license.CALLS
        for what in calls:
            assert await refusal(running, what, what.request(), KEEPER) == 33
        assert await refusal(running, service.DEBUG, server.Echo()) == 33
        assert (await call(running, option.GET_ADMIN_MSG, Empty(), KEEPER)).text == b""


async def test_flush_tells_the_size_of_the_configuration(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        before = (await call(running, service.FLUSH, server.Echo())).number
        await put(running.owner, known.hub("LAB"))
        assert 0 < before < (await call(running, service.FLUSH, server.Echo())).number


async def test_the_end_is_asked_for_once_the_answer_has_left(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        asked = asyncio.Event()
        running.house.restarts.on_asked(asked.set)
        await put(running.owner, known.hub("LAB"))
        await call(running, service.REBOOT_SERVER, server.Echo())
        assert not asked.is_set()
        await asyncio.wait_for(asked.wait(), 10)
        assert running.owner.snapshot.hub("LAB") is not None
        await call(running, service.REBOOT_SERVER, server.Echo(number=1))
        assert list(running.owner.snapshot.documents()) == []
        assert await refusal(running, service.REBOOT_SERVER, server.Echo(), KEEPER) == 52
        assert await refusal(running, service.CRASH, server.Echo(), KEEPER) == 52
