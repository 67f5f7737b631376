"""The engine's facade for unit tests of services: it remembers what it was told and ends when told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from etherloom.engine.access_records import AccessRecords
from etherloom.engine.commands import HubRules, LinkSettings, ListenerLimits, PortRules, SessionRules
from etherloom.engine.facade import Connection, Facade, PacketLine, Session
from etherloom.engine.snapshots import PacketLogArguments


class FakeSession:
    def __init__(
        self, identifier: int, rules: SessionRules | None, port: PortRules, device: str | None = None
    ) -> None:
        self.identifier = identifier
        self.rules = rules
        self.port = port
        self.device = device
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.links: list[dict[str, Any]] = []
        self.forgotten = False

    def label(self, name: str) -> None:
        self.name = name

    def locate(self, address: str) -> None:
        self.address = address

    def snapshot(self) -> dict[str, Any]:
        return {"links": self.links, "bytes_received": 0, "bytes_sent": 0, "device": self.device}

    def close(self) -> None:
        self.end("closed")

    def end(self, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)

    def forget(self) -> None:
        self.forgotten = True


@dataclass
class FakeConnection:
    """A peer's script: what it says, piece by piece; what it was told is in `sent`."""

    pieces: list[bytes]
    sent: bytes = b""
    closed: bool = False
    identifier: int = 0


@dataclass
class FakeCore:
    identity: tuple[Sequence[bytes], bytes] | None = None
    encryptions: list[tuple[Sequence[str], bool]] = field(default_factory=list)
    closed_hubs: list[int] = field(default_factory=list)

    def set_identity(
        self, chain: Sequence[bytes], private_key: bytes, ciphers: Sequence[str], tls13_only: bool
    ) -> None:
        self.identity = (chain, private_key)
        self.encryptions.append((ciphers, tls13_only))

    def listener_port(self, listener: int) -> int:
        return 40_000 + listener

    def mac_table(self, hub: int) -> list[dict[str, Any]]:
        row = {
            "session": 1,
            "address": b"\x02\0\0\0\0\1",
            "vlan": 0,
            "created_ms_ago": 50,
            "updated_ms_ago": 5,
        }
        return [row]

    def mac_count(self, hub: int) -> int:
        return 1


class FakeEngine:
    """Stands in for engine.facade.Facade."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.core = FakeCore()
        self.hubs: list[HubRules] = []
        self.access_lists: dict[int, AccessRecords] = {}
        self.sessions: list[FakeSession] = []
        self.listeners: dict[int, tuple[str, int, ListenerLimits]] = {}
        self.failed: dict[int, Callable[[], None]] = {}
        self.refuse_listener: OSError | None = None
        self.packet_logs: list[tuple[int, PacketLogArguments | None]] = []
        self.tell_packet_lines: Callable[[Sequence[PacketLine], int], None] = lambda lines, lost: None
        self.refuse_tap: OSError | None = None

    @property
    def facade(self) -> Facade:
        return cast(Facade, self)

    def open_hub(self, rules: HubRules, news: Callable[[int], None]) -> int:
        self.hubs.append(rules)
        self.news = news
        return len(self.hubs)

    def close_hub(self, hub: int) -> None:
        self.core.closed_hubs.append(hub)

    def set_hub_rules(self, hub: int, rules: HubRules) -> None:
        self.hubs[hub - 1] = rules

    def set_access_list(self, hub: int, rules: AccessRecords) -> None:
        self.access_lists[hub] = rules

    def set_packet_log(self, hub: int, settings: PacketLogArguments | None) -> None:
        self.packet_logs.append((hub, settings))

    def on_packet_lines(self, callback: Callable[[Sequence[PacketLine], int], None]) -> None:
        self.tell_packet_lines = callback

    def set_port_rules(self, hub: int, session: FakeSession, port: PortRules) -> None:
        session.port = port

    def open_session(self, hub: int, rules: SessionRules, port: PortRules) -> Session:
        return self._add(FakeSession(len(self.sessions) + 1, rules, port))

    def open_tap(self, hub: int, name: str, port: PortRules) -> Session:
        if self.refuse_tap is not None:
            raise self.refuse_tap
        return self._add(FakeSession(len(self.sessions) + 1, None, port, name))

    def promote(
        self,
        connection: Connection,
        session: FakeSession,
        farewell: bytes,
        leftover: bytes,
        link: LinkSettings,
    ) -> None:
        session.links.append({"direction": link.direction, "raw": link.raw})

    def open_listener(
        self,
        address: str,
        port: int,
        limits: ListenerLimits,
        accept: Callable[[Connection], None],
        failed: Callable[[], None],
    ) -> int:
        if self.refuse_listener is not None:
            raise self.refuse_listener
        number = len(self.failed) + 1
        self.listeners[number] = (address, port, limits)
        self.failed[number] = failed
        return number

    def close_listener(self, listener: int) -> None:
        del self.listeners[listener]

    def _add(self, session: FakeSession) -> Session:
        self.sessions.append(session)
        return cast(Session, session)
