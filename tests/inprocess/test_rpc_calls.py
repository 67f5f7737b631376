"""Administration calls against a whole server: what they answer and what they change."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.model.credential import PasswordCredential, PasswordSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import DEFAULT_GATEWAY, DEFAULT_SUBNET
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import cluster, hub, listener, own, server, session, user
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.pack_codec import encode_record
from etherloom.state.changes import Operation
from etherloom.wire.digest import hash_administrator_password, hash_password
from tests.support import configuration as known
from tests.support.asynchronous import until
from tests.support.configuration import put
from tests.support.guest import Guest, guest, serving

CHIEF = Caller(Role.SERVER, where="192.0.2.1")
KEEPER = Caller(Role.HUB, "LAB", "192.0.2.1")
LOCAL = Caller.local()
Q = TypeVar("Q")
A = TypeVar("A")


async def call(running: Server, what: Call[Q, A], request: Q, caller: Caller = CHIEF) -> A:
    return await running.dispatcher.call(caller, what, request)


async def refusal(running: Server, what: Call[Q, A], request: Q, caller: Caller = CHIEF) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await call(running, what, request, caller)
    assert len(refused.value.message) > 10
    return refused.value.code


async def fill(running: Server, *more: Operation | Sequence[Operation]) -> None:
    alice = known.user("LAB", "alice", "secret")
    await put(running.owner, known.hub("LAB"), alice, known.administrator("LAB", "hubpw"), *more)


# --- the server


async def test_what_the_server_says_of_itself(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        info = await call(running, server.GET_SERVER_INFO, Empty(), KEEPER)
        assert (info.version, info.build, info.type, info.system.os_type) == (501, 9674, 0, 3100)
        assert "bridge" not in info.product.casefold()
        status = await call(running, server.GET_SERVER_STATUS, Empty(), KEEPER)
        assert (status.hubs, status.hubs_standalone, status.users, status.sessions) == (1, 1, 1, 0)
        assert 0 < status.started <= status.now
        assert status.memory.total == status.memory.used + status.memory.free
        echo = await call(running, server.TEST, server.Echo(7, 8, "x", "Ü"), KEEPER)
        assert echo == server.Echo(7, 8, "7", "Ü")
        farm = await call(running, cluster.GET_FARM_SETTING, Empty())
        assert (farm.type, farm.weight, farm.ports) == (0, 100, ())
        assert (await call(running, server.GET_SERVER_CIPHER, Empty())).text == "~DEFAULT~"
        assert "TLS_AES_256_GCM_SHA384" in (await call(running, server.GET_SERVER_CIPHER_LIST, Empty())).text


async def test_capabilities_offer_only_what_is_there(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        caps = await call(running, server.GET_CAPS, Empty())
    assert {row.name: row.value for row in caps.rows} == dict(caps.by_name)
    assert (caps.by_name["b_standalone"], caps.by_name["b_support_policy_ver_3"]) == (1, 1)
    for absent in ("b_cluster_controller", "b_support_eth_vlan", "b_support_license"):
        assert not caps.by_name.get(absent)
    assert caps.by_name["b_support_crl"] == 1
    assert (caps.by_name["i_max_groups_per_hub"], caps.by_name["i_max_access_lists"]) == (10_000, 32_768)
    assert encode_record(caps).int("caps_i_max_hubs") == caps.by_name["i_max_hubs"]


async def test_the_key_is_for_the_servers_administrator(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        identity = running.owner.snapshot.identity
        assert identity is not None
        full = await call(running, server.GET_SERVER_CERT, Empty())
        assert full.certificate == identity.chain[0]
        assert full.key
        assert (await call(running, server.GET_SERVER_CERT, Empty(), KEEPER)).key is None


async def test_the_servers_password(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        reply = await call(running, server.SET_SERVER_PASSWORD, server.Password(plain="pw"))
        assert reply == server.Password()
        secret = running.owner.snapshot.administrator(None)
        assert secret is not None
        assert secret.hashed == hash_administrator_password("pw")
        await call(running, server.SET_SERVER_PASSWORD, server.Password(hashed=b"h" * 20, plain="other"))
        secret = running.owner.snapshot.administrator(None)
        assert secret is not None
        assert secret.hashed == b"h" * 20
        empty = server.Password(hashed=hash_administrator_password(""))
        await call(running, server.SET_SERVER_PASSWORD, empty)
        assert running.owner.snapshot.administrator(None) is None


# --- listeners


async def test_listeners(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running):
        taken = next(state.bound for state in running.network.endpoints())
        assert await refusal(running, listener.CREATE_LISTENER, listener.Listener(443)) == 54
        await call(running, listener.CREATE_LISTENER, listener.Listener(taken, enabled=True))
        table = await call(running, listener.ENUM_LISTENER, Empty(), KEEPER)
        assert [row.port for row in table.rows] == sorted([443, 992, 5555, taken])
        await call(running, listener.ENABLE_LISTENER, listener.Listener(taken, enabled=False))
        table = await call(running, listener.ENUM_LISTENER, Empty())
        row = next(row for row in table.rows if row.port == taken)
        assert (row.enabled, row.failed) == (False, False)
        await call(running, listener.DELETE_LISTENER, listener.Listener(taken))
        assert await refusal(running, listener.DELETE_LISTENER, listener.Listener(taken)) == 53
        assert await refusal(running, listener.ENABLE_LISTENER, listener.Listener(taken)) == 53
        states = await call(running, own.GET_LISTENERS, Empty(), LOCAL)
        assert [(row.port, row.enabled) for row in states.rows] == [(443, True), (992, True), (5555, True)]
        assert all("--listen" in row.problem for row in states.rows)


# --- hubs


async def test_a_hub_from_making_to_deleting(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        reply = await call(
            running,
            hub.CREATE_HUB,
            hub.HubSettings("Lab", online=True, maximum_sessions=9, hidden=True, plain="hubpw"),
        )
        assert (reply.hub, reply.plain) == ("Lab", "")
        assert running.switches.find("lab") is not None
        made = await call(running, hub.GET_HUB, hub.HubSettings("LAB"))
        gateway, subnet = (
            int.from_bytes(address.packed, "little") for address in (DEFAULT_GATEWAY, DEFAULT_SUBNET)
        )
        assert made == hub.HubSettings(
            "Lab",
            online=True,
            default_gateway=gateway,
            default_subnet=subnet,
            maximum_sessions=9,
            hidden=True,
        )
        assert await refusal(running, hub.CREATE_HUB, hub.HubSettings("LAB")) == 57
        await call(running, hub.SET_HUB_ONLINE, hub.HubOnline("LAB", online=False), KEEPER)
        assert running.switches.find("lab") is None
        status = await call(running, hub.GET_HUB_STATUS, hub.HubStatus("lab"), KEEPER)
        assert (status.hub, status.online, status.users) == ("Lab", False, 0)
        assert status.created == status.last_login == status.last_traffic > 0
        await call(running, hub.DELETE_HUB, hub.HubName("lab"))
        assert await refusal(running, hub.DELETE_HUB, hub.HubName("lab")) == 8
        assert await refusal(running, hub.GET_HUB_STATUS, hub.HubStatus("lab")) == 8


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (hub.HubSettings("a/b"), 38),
        (hub.HubSettings(".lab"), 38),
        (hub.HubSettings("lab", type=1), 38),
        (hub.HubSettings(""), 38),
    ],
)
async def test_hubs_that_cannot_be(tmp_path: Path, request_: hub.HubSettings, code: int) -> None:
    async with serving(tmp_path) as running:
        assert await refusal(running, hub.CREATE_HUB, request_) == code


async def test_a_hubs_password_stays_comes_and_goes(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        before = running.owner.snapshot.administrator("LAB")
        plain = await call(running, hub.GET_HUB, hub.HubSettings("LAB"), KEEPER)
        await call(running, hub.SET_HUB, replace(plain, maximum_sessions=3), KEEPER)
        assert running.owner.snapshot.administrator("LAB") == before
        await call(running, hub.SET_HUB, replace(plain, plain="other"), KEEPER)
        changed = running.owner.snapshot.administrator("LAB")
        assert changed is not None
        assert changed.as_user == hash_password("other", "administrator")
        empty = replace(
            plain,
            hashed=hash_administrator_password(""),
            hashed_as_user=hash_password("", "administrator"),
        )
        assert await refusal(running, hub.SET_HUB, empty, KEEPER) == 38
        await call(running, hub.SET_HUB, empty, replace(KEEPER, where="127.0.0.1"))
        assert running.owner.snapshot.administrator("LAB") is None
        assert await refusal(running, hub.SET_HUB, replace(plain, type=1)) == 38
        assert await refusal(running, hub.SET_HUB, replace(plain, hub="NONE")) == 8


async def test_a_hubs_administrator_sees_that_hub_only(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running, known.hub("OTHER"))
        seen = await call(running, hub.ENUM_HUB, Empty(), KEEPER)
        assert [row.hub for row in seen.rows] == ["LAB"]
        everything = await call(running, hub.ENUM_HUB, Empty())
        assert [(row.hub, row.users) for row in everything.rows] == [("LAB", 1), ("OTHER", 0)]


async def test_options_of_our_own(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await call(running, hub.CREATE_HUB, hub.HubSettings("LAB", online=True))
        request = own.HubOptions("lab", maximum_sessions=4, password="pw")
        changed = await call(running, own.SET_HUB_OPTIONS, request, LOCAL)
        assert changed == own.HubOptions("LAB", 4, False, True, True, True, False)
        await call(running, own.SET_HUB_OPTIONS, own.HubOptions("lab", require_encryption=False), LOCAL)
        assert (await call(running, own.GET_HUB_OPTIONS, hub.HubName("LAB"), LOCAL)) == own.HubOptions(
            "LAB", 4, False, False, True, True, False
        )
        assert running.owner.snapshot.administrator("LAB") is not None
        await call(running, own.SET_HUB_OPTIONS, own.HubOptions("lab", password=""), LOCAL)
        assert running.owner.snapshot.administrator("LAB") is None


# --- users


async def test_a_user_as_vpncmd_makes_and_changes_it(tmp_path: Path) -> None:
    key, nt = hash_password("first", "bob"), b"n" * 16
    async with serving(tmp_path) as running:
        await fill(running)
        request = user.UserSettings(
            "LAB", "Bob", real_name="Bob B.", authentication=1, hashed_key=key, nt_hash=nt
        )
        reply = await call(running, user.CREATE_USER, request, KEEPER)
        assert (reply.name, reply.hashed_key) == ("Bob", bytes(20))
        assert await refusal(running, user.CREATE_USER, request) == 66
        made = await call(running, user.GET_USER, user.UserName("LAB", "bob"), KEEPER)
        assert (made.hashed_key, made.nt_hash, made.policy) == (key, nt, None)
        assert made.created == made.updated > 0
        # A change of anything else sends the hashes back.
        policy = replace(DEFAULT_POLICY, max_connection=3)
        await call(running, user.SET_USER, replace(made, policy=policy, expires=1_900_000_000_000))
        again = await call(running, user.GET_USER, user.UserName("LAB", "bob"))
        assert (again.policy, again.expires, again.hashed_key) == (policy, 1_900_000_000_000, key)
        await call(running, user.SET_USER, replace(again, policy=None, hashed_key=bytes(20), nt_hash=None))
        assert running.owner.snapshot.password("LAB", "bob") == PasswordSecret(key, nt)
        await call(running, user.SET_USER, replace(again, authentication=0, hashed_key=None, nt_hash=None))
        assert (await call(running, user.GET_USER, user.UserName("LAB", "bob"))).authentication == 0
        assert running.owner.snapshot.password("LAB", "bob") is None


async def test_a_password_in_plain_text(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        request = user.UserSettings("LAB", "bob", authentication=1, plain="pw")
        await call(running, user.CREATE_USER, request)
        secret = running.owner.snapshot.password("LAB", "bob")
        assert secret is not None
        assert secret.hashed_key == hash_password("pw", "bob")
        # An empty one is one too, as with the original.
        await call(running, user.CREATE_USER, replace(request, name="eve", plain=""))
        assert await refusal(running, user.CREATE_USER, replace(request, name="dan", plain=None)) == 38


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (user.UserSettings("LAB", "administrator"), 38),
        (user.UserSettings("NONE", "bob"), 8),
        (user.UserSettings("LAB", "alice"), 66),
        (user.UserSettings("LAB", "bob", group="g"), 65),
        (user.UserSettings("LAB", "bob", authentication=2), 38),
        (user.UserSettings("LAB", "bob", authentication=2, certificate=b"x"), 38),
        (user.UserSettings("LAB", "*", authentication=3), 38),
        (user.UserSettings("LAB", "bob", authentication=6), 38),
    ],
)
async def test_users_that_cannot_be(tmp_path: Path, request_: user.UserSettings, code: int) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        assert await refusal(running, user.CREATE_USER, request_) == code


async def test_unknown_users(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        assert await refusal(running, user.GET_USER, user.UserName("LAB", "bob")) == 29
        assert await refusal(running, user.SET_USER, user.UserSettings("LAB", "bob")) == 29
        assert await refusal(running, user.DELETE_USER, user.UserName("LAB", "bob")) == 29
        await call(running, user.DELETE_USER, user.UserName("LAB", "ALICE"))
        assert (await call(running, user.ENUM_USER, hub.HubName("LAB"))).rows == ()


async def test_the_list_of_users(tmp_path: Path) -> None:
    barred = replace(DEFAULT_POLICY, access=False)
    async with serving(tmp_path) as running:
        await fill(running, known.user("LAB", "Zoe", policy=barred), known.user("LAB", "bob", expires=5))
        table = await call(running, user.ENUM_USER, hub.HubName("lab"), KEEPER)
    assert table.hub == "LAB"
    rows = [(row.name, row.authentication, row.denied, row.expires) for row in table.rows]
    assert rows == [("alice", 1, False, 0), ("bob", 0, False, 5), ("Zoe", 0, True, 0)]


async def test_changing_only_what_is_given(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)

        async def change(**what: object) -> None:
            await call(running, own.CHANGE_USER, replace(own.UserChange("LAB", "alice"), **what), LOCAL)  # type: ignore[arg-type]

        await change(note="n", expires=7)
        await change(policy=(own.PolicyValue("maxconnection", 3), own.PolicyValue("NoBridge", 1)))
        await change(policy=(own.PolicyValue("TimeOut", 9),), real_name="A")
        alice = running.owner.snapshot.user("LAB", "alice")
        assert alice is not None
        wanted = replace(DEFAULT_POLICY, max_connection=3, no_bridge=True, time_out=9)
        assert (alice.note, alice.real_name, alice.expires, alice.policy) == ("n", "A", 7, wanted)
        assert alice.credential == PasswordCredential()
        await change(password="other", drop_policy=True)
        secret = running.owner.snapshot.password("LAB", "alice")
        assert secret is not None
        assert secret.hashed_key == hash_password("other", "alice")
        await change(anonymous=True)
        assert running.owner.snapshot.password("LAB", "alice") is None
        wrong = own.UserChange("LAB", "alice", policy=(own.PolicyValue("Nonsense", 1),))
        assert await refusal(running, own.CHANGE_USER, wrong, LOCAL) == 38


# --- sessions


async def test_a_session_is_seen_and_ended(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as alice:
        await fill(running)
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        table = await call(running, session.ENUM_SESSION, hub.HubName("lab"), KEEPER)
        (row,) = table.rows
        assert (row.name, row.user, row.host) == ("SID-ALICE-1", "alice", "guest")
        assert (row.address, row.connections_maximum) == (IPv4Address("127.0.0.1"), 1)
        status = await call(
            running, session.GET_SESSION_STATUS, session.SessionName("LAB", "sid-alice-1"), KEEPER
        )
        assert (status.hub, status.name, status.status.session) == ("LAB", "sid-alice-1", "SID-ALICE-1")
        assert (status.user, status.status.state, status.status.encrypted, status.status.active) == (
            "alice",
            3,
            True,
            True,
        )
        assert (status.node.client_build, status.node.client_host) == (9674, "guest")
        assert status.status.key == bytes(20)
        assert status.status.protocol.startswith("TLS")
        counts = await call(running, hub.GET_HUB_STATUS, hub.HubStatus("LAB"), KEEPER)
        assert (counts.sessions, counts.sessions_client, counts.sessions_bridge, counts.logins) == (
            1,
            0,
            0,
            1,
        )
        users = await call(running, user.ENUM_USER, hub.HubName("LAB"))
        assert [(row.logins, row.last_login > 0) for row in users.rows] == [(1, True)]
        await call(running, session.DELETE_SESSION, session.SessionName("LAB", "SID-ALICE-1"), KEEPER)
        assert running.sessions.count("LAB") == 0
        await alice.ended()


async def test_what_only_we_tell_of_a_session(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as alice:
        await fill(running)
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        name = session.SessionName("LAB", "SID-ALICE-1")
        details = await call(running, own.GET_SESSION, name, LOCAL)
        assert (details.kind, details.plaintext, details.links_maximum) == ("client", False, 1)
        (link,) = details.links
        assert (str(link.address), link.plaintext, link.direction) == ("127.0.0.1", False, 0)
        assert link.cipher
        assert details.links_opened == 1


async def test_sessions_that_are_not_there(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        for name, code in (("SID-X", 29), ("", 38)):
            request = session.SessionName("LAB", name)
            assert await refusal(running, session.GET_SESSION_STATUS, request) == code
            assert await refusal(running, session.DELETE_SESSION, request) == code
        assert await refusal(running, session.ENUM_SESSION, hub.HubName("NONE")) == 8
        assert await refusal(running, session.DELETE_SESSION, session.SessionName("NONE", "SID-X")) == 8


async def test_the_mac_table(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as alice:
        await fill(running)
        assert isinstance(await alice.log_in("LAB", "alice", "secret"), Welcome)
        await alice.send_frames(b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + bytes(46))

        def learnt() -> bool:
            return running.network.mac_count("LAB") == 1

        await until(learnt, "the address is learnt")
        table = await call(running, own.GET_MAC_TABLE, hub.HubName("LAB"), LOCAL)
        (row,) = table.rows
        assert (row.session, row.address, row.vlan) == ("SID-ALICE-1", b"\x02\0\0\0\0\x01", 0)
        assert 0 < row.created <= row.updated


# --- of our own


async def test_caps_of_a_listener_act_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        await call(running, listener.CREATE_LISTENER, listener.Listener(port, enabled=True))
        await call(running, own.SET_LISTENER_CAPS, own.ListenerCaps(port, per_source=1), LOCAL)
        await until(lambda: not running.network.listener_error(port), "the port is open")
        first = await Guest.arrive(port)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await Guest.arrive(port)
        first.writer.transport.abort()


async def agreed_cipher(port: int, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> str:
    """Return what a client of this age and the server settle on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    cipher: str = writer.get_extra_info("cipher")[0]
    writer.transport.abort()
    return cipher


async def test_new_connections_speak_what_the_administrator_says(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        port = (await call(running, own.GET_SUMMARY, Empty(), LOCAL)).sockets[0].port
        before = await Guest.arrive(port)
        await call(running, own.SET_ENCRYPTION, own.Encryption("CHACHA20-POLY1305"), LOCAL)
        assert await agreed_cipher(port) == "TLS_CHACHA20_POLY1305_SHA256"
        older = await agreed_cipher(port, ssl.TLSVersion.TLSv1_2)
        assert older == "ECDHE-RSA-CHACHA20-POLY1305"
        await call(running, own.SET_ENCRYPTION, own.Encryption(minimum="1.3"), LOCAL)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await agreed_cipher(port, ssl.TLSVersion.TLSv1_2)
        assert await agreed_cipher(port) == "TLS_CHACHA20_POLY1305_SHA256"
        # Who was there goes on.
        assert isinstance(await before.log_in("LAB", "alice", "secret"), Welcome)
        before.writer.transport.abort()


async def test_the_summary(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        summary = await call(running, own.GET_SUMMARY, Empty(), LOCAL)
        assert (summary.hubs, summary.users, summary.sessions) == (1, 1, 0)
        assert not summary.remote_administration
        assert [(row.address, row.problem) for row in summary.sockets] == [("127.0.0.1", "")]
        assert summary.sockets[0].port > 0
        visitor = await Guest.arrive(summary.sockets[0].port)
        shown = visitor.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert summary.fingerprint == hashlib.sha256(shown).hexdigest()
        visitor.writer.transport.abort()


async def test_bridges(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running, known.hub("OFF", online=False))
        bridge = own.Bridge("OFF", "el-rpc9", tap=True)
        await call(running, own.CREATE_BRIDGE, bridge, LOCAL)
        (row,) = (await call(running, own.GET_BRIDGES, Empty(), LOCAL)).rows
        assert (row.hub, row.device, row.tap, bool(row.problem)) == ("OFF", "el-rpc9", True, True)
        assert await refusal(running, own.CREATE_BRIDGE, bridge, LOCAL) == 112
        assert await refusal(running, own.CREATE_BRIDGE, own.Bridge("LAB", "eth0"), LOCAL) == 33
        await call(running, own.DELETE_BRIDGE, bridge, LOCAL)
        assert await refusal(running, own.DELETE_BRIDGE, bridge, LOCAL) == 29


async def test_a_backup(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await fill(running)
        file = tmp_path / "backup"
        await call(running, own.BACKUP, own.BackupFile(str(file)), LOCAL)
        assert file.stat().st_mode & 0o777 == 0o600
        assert await refusal(running, own.BACKUP, own.BackupFile(str(file)), LOCAL) == 23
        assert await refusal(running, own.BACKUP, own.BackupFile("relative"), LOCAL) == 38
