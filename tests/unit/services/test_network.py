"""Hubs, bridges and listeners follow the configuration."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from etherloom.engine.commands import HubRules, ListenerLimits
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.negotiation import AgreedModes
from etherloom.model.bridge import LocalBridge
from etherloom.model.listener import Listener
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.services.devices import Devices
from etherloom.services.listening import Endpoint, Listening
from etherloom.services.network import MacRow, Network
from etherloom.services.sessions import Opening, Sessions
from etherloom.services.switches import Switches
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Put
from etherloom.state.owner import Owner
from tests.support.configuration import hub, open_configuration, put, user
from tests.unit.fake_engine import FakeEngine

BRIDGE = LocalBridge("LAB", "tap0")
NEW_HUB = HubRules(no_default_router_over_ipv6=True)
OPENING = Opening(
    "LAB",
    "alice",
    "",
    False,
    ClientFacts(),
    AgreedModes(1, True, False, False, False, 20_000),
    DEFAULT_POLICY,
    "CID-1",
    ("192.0.2.1", 1),
)


class World:
    def __init__(self, owner: Owner, extra: tuple[Endpoint, ...] = ()) -> None:
        self.owner = owner
        self.engine = FakeEngine()
        self.switches = Switches(self.engine.facade)
        self.sessions = Sessions(self.engine.facade, self.switches, lambda: 10_000)
        devices = Devices(self.engine.facade, self.switches, self.sessions)
        listening = Listening(self.engine.facade)
        self.network = Network(
            owner,
            self.engine.facade,
            self.switches,
            self.sessions,
            devices,
            listening,
            lambda: 10_000,
            extra,
        )
        self.network.start(lambda connection: None)

    def ports(self) -> list[tuple[str, int]]:
        return sorted((address, port) for address, port, _ in self.engine.listeners.values())


@contextlib.asynccontextmanager
async def world(path: Path, *extra: Endpoint) -> AsyncIterator[World]:
    async with open_configuration(path / "state") as owner:
        await put(owner, hub("LAB"), Put(keys.listener_key(443), Listener(443)))
        yield World(owner, extra)


async def test_what_is_configured_is_opened_at_start(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert w.switches.names() == {"lab"}
        assert [replace(rules, station=None) for rules in w.engine.hubs] == [NEW_HUB]
        assert w.ports() == [("0.0.0.0", 443), ("::", 443)]


async def test_a_new_hub_is_open_once_the_change_is_made(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, hub("New"), hub("off", online=False))
        assert w.switches.names() == {"lab", "new"}


async def test_a_hub_that_goes_off_line_loses_its_sessions(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        session = w.sessions.begin(OPENING)
        await put(w.owner, hub("LAB", online=False))
        assert session.engine.ended.done()
        assert w.sessions.count() == 0
        assert w.engine.core.closed_hubs == [1]
        await put(w.owner, hub("LAB"))
        assert w.sessions.begin(OPENING).name == "SID-ALICE-1"


async def test_a_deleted_hub_is_gone(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        session = w.sessions.begin(OPENING)
        await put(w.owner, DeletePrefix("hub/lab"))
        assert session.engine.ended.done()
        assert w.switches.names() == set()


async def test_a_deleted_users_session_goes_on(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, user("LAB", "alice", "secret"))
        session = w.sessions.begin(OPENING)
        await put(w.owner, DeletePrefix(keys.user_key("LAB", "alice")))
        assert not session.engine.ended.done()


async def test_encryption_follows_the_settings(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, Put(keys.SERVER_IDENTITY, ServerIdentity((b"leaf",), b"key")))
        assert w.engine.core.encryptions == [((), False)]
        settings = ServerSettings(bytes(16), ciphers=("AES-128-GCM",), tls_minimum="1.3")
        await put(w.owner, Put(keys.SERVER_SETTINGS, settings))
        assert w.engine.core.identity == ((b"leaf",), b"key")
        assert w.engine.core.encryptions[1:] == [(("AES-128-GCM",), True)]


async def test_bridges_follow_their_hub(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, Put(keys.bridge_key("LAB", "tap0"), BRIDGE))
        assert w.network.bridge_state(BRIDGE).is_open
        await put(w.owner, hub("LAB", online=False))
        assert w.network.bridge_state(BRIDGE).error == "off line"
        assert w.engine.sessions[0].ended.done()
        await put(w.owner, hub("LAB"))
        assert w.network.bridge_state(BRIDGE).is_open
        await put(w.owner, Delete(keys.bridge_key("LAB", "tap0")))
        assert w.sessions.count() == 0


async def test_listeners_come_and_go_with_their_limits(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, Put(keys.listener_key(992), Listener(992, True, 3, 40)))
        assert ("::", 992, ListenerLimits(3, 40)) in w.engine.listeners.values()
        assert w.network.listener_error(992) == ""
        await put(
            w.owner, Delete(keys.listener_key(443)), Put(keys.listener_key(992), Listener(992, enabled=False))
        )
        assert w.ports() == []


async def test_listen_replaces_the_default_ports_only(tmp_path: Path) -> None:
    async with world(tmp_path, Endpoint("127.0.0.1", 6000)) as w:
        assert w.ports() == [("127.0.0.1", 6000)]
        assert "--listen" in w.network.listener_error(443)
        await put(w.owner, Put(keys.listener_key(7000), Listener(7000)))
        assert w.ports() == [("0.0.0.0", 7000), ("127.0.0.1", 6000), ("::", 7000)]
        assert [(str(s.endpoint), s.is_open) for s in w.network.endpoints()] == [
            ("127.0.0.1:6000", True),
            ("0.0.0.0:7000", True),
            ("[::]:7000", True),
        ]


async def test_a_new_identity_reaches_the_engine(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, Put(keys.SERVER_IDENTITY, ServerIdentity((b"chain",), b"key")))
        assert w.engine.core.identity == ((b"chain",), b"key")


async def test_the_mac_table_names_sessions_and_times(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.sessions.begin(OPENING)
        assert w.network.mac_table("LAB") == [MacRow("SID-ALICE-1", b"\x02\0\0\0\0\1", 0, 9_950, 9_995)]
        assert w.network.mac_table("nowhere") == []
        assert (w.network.mac_count("LAB"), w.network.mac_count("nowhere")) == (1, 0)


async def test_after_stop_nothing_follows_and_nobody_comes_in(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.network.stop()
        assert w.ports() == []
        await put(w.owner, hub("New"))
        assert w.switches.names() == {"lab"}
