"""The engine as the rest of the house sees it: asynchronous, typed, one object a connection or session.

It converts and waits; it decides nothing. One Facade lives on one event loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final, cast

from etherloom.engine import _core
from etherloom.engine.access_records import AccessRecords
from etherloom.engine.commands import (
    UNBOUND_PORT,
    AccelerationRules,
    HubRules,
    LinkSettings,
    ListenerLimits,
    PortRules,
    SessionRules,
)
from etherloom.engine.events import ConnectionEvent, ListenerEvent, SessionEvent, Subject
from etherloom.engine.snapshots import (
    HubRulesArguments,
    PacketLogArguments,
    PortRulesArguments,
    SessionSnapshot,
)
from etherloom.model.errors import ErrorCode, Refusal

_DRAIN: Final = 1024
_PACKET_LINES: Final = 1024
_LEVELS: Final = {
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}
_log = logging.getLogger("etherloom.engine")


class ConnectionLost(Exception):
    """The peer, the network or a deadline ended the connection; the message says which."""


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What is known of a connection once TLS is up. `peer_chain`: DER, leaf first (client side only)."""

    peer: tuple[str, int]
    local: tuple[str, int]
    listener: int | None
    tls_version: str
    cipher: str
    server_name: str | None
    peer_chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PacketLine:
    """One line of a hub's packet log, behind date and time. `at` is Unix ms."""

    hub: str
    at: int
    text: str


class Connection:
    """One TLS connection that Python still reads: pulled, at most one read at a time."""

    def __init__(self, facade: "Facade", identifier: int) -> None:
        self._facade = facade
        self.identifier: Final = identifier
        self._wake: asyncio.Event = asyncio.Event()
        self._ended: str | None = None
        self._hung_up = False

    @property
    def facts(self) -> ConnectionFacts:
        facts = self._facade.core.facts(self.identifier)
        return ConnectionFacts(
            facts["peer"],
            facts["local"],
            facts["listener"],
            facts["tls_version"],
            facts["cipher"],
            facts["server_name"],
            tuple(facts["peer_chain"]),
        )

    async def read(self, maximum: int = 65_536) -> bytes:
        """Return what the peer sent, b"" once it has ended cleanly. Raises ConnectionLost otherwise."""
        if self._ended is None and not self._hung_up:
            self._facade.core.pull(self.identifier, maximum)
        while True:
            self._wake.clear()
            if self._hung_up:
                raise ConnectionLost("hung up on our side")
            data, ended = self._facade.core.take(self.identifier)
            self._ended = ended
            if data:
                return data
            if ended == "":
                return b""
            if ended is not None:
                raise ConnectionLost(ended)
            await self._wake.wait()

    def send(self, data: bytes) -> None:
        """Queue plain bytes for the peer."""
        self._facade.core.send(self.identifier, data)

    def set_deadline(self, milliseconds: int) -> None:
        """Let the engine close the connection when this much time has passed; 0 takes that back."""
        self._facade.core.set_deadline(self.identifier, milliseconds)

    def close(self) -> None:
        """Close politely, after what was queued. Closing twice is no error."""
        if self._facade.forget_connection(self):
            self._facade.core.close(self.identifier)

    def hang_up(self) -> None:
        """Close politely, and let whoever reads know that it is over."""
        self._hung_up = True
        self._wake.set()
        self.close()

    def splice(self, replay: bytes) -> int:
        """Give the plain stream away as a socket descriptor; `replay` is read from it first."""
        descriptor = self._facade.core.splice(self.identifier, replay)
        self._facade.forget_connection(self)
        return descriptor

    def notify(self) -> None:
        """Called by the facade when the engine has news."""
        self._wake.set()


class Session:
    """A presence on a hub; also devices and in-process ports. `ended` resolves to the reason."""

    def __init__(self, facade: "Facade", identifier: int) -> None:
        self._facade = facade
        self.identifier: Final = identifier
        self.ended: Final[asyncio.Future[str]] = facade.loop.create_future()
        self.on_links_changed: Callable[[], None] | None = None
        self._frames: asyncio.Event = asyncio.Event()

    def snapshot(self) -> SessionSnapshot:
        """Counters and links as they are now; works until forget()."""
        return self._facade.core.session_snapshot(self.identifier)

    def close(self) -> None:
        """End the session; `ended` resolves when its links are closed."""
        if not self.ended.done():
            self._facade.core.close_session(self.identifier)

    def label(self, name: str) -> None:
        """Say what capture files call it; once."""
        self._facade.core.label_session(self.identifier, name)

    def locate(self, address: str) -> None:
        """Say where its client is, for packet logs; once."""
        self._facade.core.locate_session(self.identifier, address)

    def close_link(self, connection: int) -> None:
        self._facade.core.close_link(self.identifier, connection)

    def forget(self) -> None:
        """Drop the counters of an ended session."""
        self._facade.forget_session(self)

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """Memory ports only: frames into the hub."""
        self._facade.core.send_frames(self.identifier, frames)

    async def receive_frames(self, maximum: int = 64) -> list[bytes]:
        """Memory ports only: wait for frames out of the hub. Raises ConnectionLost once it has ended."""
        while True:
            if self.ended.done():
                raise ConnectionLost(self.ended.result())
            self._frames.clear()
            frames = self._facade.core.take_frames(self.identifier, maximum)
            if frames:
                return frames
            await self._frames.wait()

    def notify(self, flags: SessionEvent) -> None:
        """Called by the facade when the engine has news."""
        if SessionEvent.FRAMES in flags:
            self._frames.set()
        if flags & (SessionEvent.LINK_OPENED | SessionEvent.LINK_CLOSED) and self.on_links_changed:
            self.on_links_changed()
        if SessionEvent.ENDED in flags and not self.ended.done():
            self.ended.set_result(self.snapshot()["ended"] or "closed")
            self._frames.set()


class Datagrams:
    """A UDP socket that belongs to no session yet."""

    def __init__(self, facade: "Facade", identifier: int) -> None:
        self._facade = facade
        self.identifier: Final = identifier
        self.port: Final = facade.core.datagrams_port(identifier)

    def close(self) -> None:
        """Close it, unless a session has it."""
        with contextlib.suppress(KeyError):
            self._facade.core.close_datagrams(self.identifier)


class Facade:
    """One engine, bound to the running event loop. Create inside it; `await stop()` before it ends."""

    def __init__(self, *, workers: int = 0, queue_budget_bytes: int = 0) -> None:
        self.loop: Final = asyncio.get_running_loop()
        self.core: Final = _core.Engine(workers=workers, queue_budget_bytes=queue_budget_bytes)
        self._connections: dict[int, Connection] = {}
        self._connecting: dict[int, asyncio.Future[None]] = {}
        self._sessions: dict[int, Session] = {}
        self._acceptors: dict[int, Callable[[Connection], None]] = {}
        self._failures: dict[int, Callable[[], None]] = {}
        self._news: dict[int, Callable[[int], None]] = {}
        self._packet_lines: Callable[[Sequence[PacketLine], int], None] = lambda lines, lost: None
        self._wake = self.core.wake_descriptor()
        self.loop.add_reader(self._wake, self._on_wake)

    def use_congestion(self, name: str) -> None:
        """Have the system use this congestion control for links from now on. Raises Refusal."""
        try:
            self.core.set_congestion(name)
        except ValueError as error:
            raise Refusal(ErrorCode.INVALID_PARAMETER, str(error)) from error

    # -- listeners and connections

    def open_listener(
        self,
        address: str,
        port: int,
        limits: ListenerLimits,
        accept: Callable[[Connection], None],
        failed: Callable[[], None] = lambda: None,
    ) -> int:
        """Bind and accept; `accept` gets each connection whose TLS handshake is done. Raises OSError."""
        listener = self.core.open_listener(
            address,
            port,
            {
                "unestablished_per_source": limits.unestablished_per_source,
                "unestablished_total": limits.unestablished_total,
                "deadline_ms": limits.deadline_ms,
            },
        )
        self._acceptors[listener] = accept
        self._failures[listener] = failed
        return listener

    def close_listener(self, listener: int) -> None:
        self._acceptors.pop(listener, None)
        self._failures.pop(listener, None)
        self.core.close_listener(listener)

    async def connect(self, address: str, port: int, server_name: str, deadline_ms: int) -> Connection:
        """TCP and TLS to a server (`address` is an IP). Raises ConnectionLost. The chain is not judged."""
        identifier = self.core.connect(address, port, server_name, deadline_ms)
        connection = Connection(self, identifier)
        self._connections[identifier] = connection
        done: asyncio.Future[None] = self.loop.create_future()
        self._connecting[identifier] = done
        try:
            await done
        except BaseException:
            connection.close()
            raise
        finally:
            self._connecting.pop(identifier, None)
        return connection

    # -- hubs and sessions

    def open_hub(self, rules: HubRules, news: Callable[[int], None] = lambda hub: None) -> int:
        """A hub without ports; `news` is called with its number when take_hub_events has something."""
        hub = self.core.open_hub(_hub_arguments(rules))
        self._news[hub] = news
        return hub

    def close_hub(self, hub: int) -> None:
        """End all its sessions and forget it."""
        self._news.pop(hub, None)
        self.core.close_hub(hub)

    def set_hub_rules(self, hub: int, rules: HubRules) -> None:
        """Other rules, from the next frame on."""
        self.core.set_hub_rules(hub, _hub_arguments(rules))

    def set_access_list(self, hub: int, rules: AccessRecords) -> None:
        """Other rules for frames, from the next one on. Many take a while; any thread may ask."""
        self.core.set_access_list(hub, rules.records, rules.names, rules.lists)

    def set_port_rules(self, hub: int, session: Session, rules: PortRules) -> None:
        """Other rights for a session that runs, from the next frame on."""
        self.core.set_port_rules(hub, session.identifier, _port_arguments(rules))

    def set_packet_log(self, hub: int, settings: PacketLogArguments | None) -> None:
        """Write down what passes a hub, from the next frames on; None: nothing."""
        self.core.set_packet_log(hub, settings)

    def on_packet_lines(self, callback: Callable[[Sequence[PacketLine], int], None]) -> None:
        """Have `callback` called with lines that packet logs keep, and how many were lost before them."""
        self._packet_lines = callback

    def open_session(self, hub: int, rules: SessionRules, port: PortRules = UNBOUND_PORT) -> Session:
        """A native session without links yet; see promote."""
        identifier = self.core.open_session(
            hub,
            {
                "server": rules.server,
                "timeout_ms": rules.timeout_ms,
                "compress": rules.compress,
                "half_duplex": rules.half_duplex,
                "qos": rules.qos,
                "mss_limit": rules.mss_limit,
                "super_frames": rules.super_frames,
                "queue_bytes": rules.queue_bytes,
            },
            _port_arguments(port),
        )
        return self._register(identifier)

    def promote(
        self,
        connection: Connection,
        session: Session,
        farewell: bytes,
        leftover: bytes,
        link: LinkSettings,
    ) -> None:
        """Send the farewell, switch the connection to blocks and plug it into the session, as one step."""
        self.core.promote(
            connection.identifier,
            session.identifier,
            farewell,
            leftover,
            {"direction": int(link.direction), "raw": link.raw},
        )
        self.forget_connection(connection)

    def open_datagrams(self, address: str, first: int = 0, last: int = 0) -> "Datagrams":
        """A UDP socket on the next free port of the range, else on any. Raises OSError."""
        return Datagrams(self, self.core.open_datagrams(address, first, last))

    def accelerate(self, session: Session, datagrams: "Datagrams", rules: AccelerationRules) -> None:
        """Let the session use the socket, which is its own from then on. Raises ValueError, KeyError."""
        self.core.accelerate(
            session.identifier,
            datagrams.identifier,
            {
                "peers": list(rules.peers),
                "encrypt": rules.encrypt,
                "compress": rules.compress,
                "version": rules.version,
                "send_key": rules.send_key,
                "receive_key": rules.receive_key,
                "own_cookie": rules.own_cookie,
                "peer_cookie": rules.peer_cookie,
                "fast": rules.fast,
                "own": rules.own,
            },
        )

    def open_tap(self, hub: int, name: str, port: PortRules = UNBOUND_PORT) -> Session:
        """Create a TAP adapter and plug it in. Raises OSError."""
        return self._register(self.core.open_tap(hub, name, _port_arguments(port)))

    def open_memory(self, hub: int, queue_frames: int = 1024, port: PortRules = UNBOUND_PORT) -> Session:
        """A port fed by this program."""
        return self._register(self.core.open_memory(hub, queue_frames, _port_arguments(port)))

    def yield_to_frames(self) -> None:
        """Let this thread, and those that it starts, have a core only after the threads that move frames.

        Can't be taken back. For programs that serve others: their log-ins must not cost who is in.
        """
        self.core.yield_to_frames()

    async def stop(self, deadline_ms: int = 3_000) -> bool:
        """Close everything politely and join the threads; False if the deadline passed first."""
        self.loop.remove_reader(self._wake)
        return await asyncio.to_thread(self.core.stop, deadline_ms)

    # -- bookkeeping

    def forget_connection(self, connection: Connection) -> bool:
        """True if the connection was still Python's."""
        return self._connections.pop(connection.identifier, None) is not None

    def forget_session(self, session: Session) -> None:
        if self._sessions.pop(session.identifier, None) is not None:
            self.core.forget_session(session.identifier)

    def _register(self, identifier: int) -> Session:
        session = Session(self, identifier)
        self._sessions[identifier] = session
        return session

    def _on_wake(self) -> None:
        for subject, identifier, flags in self.core.drain(_DRAIN):
            if subject == Subject.CONNECTION:
                self._on_connection(identifier, ConnectionEvent(flags))
            elif subject == Subject.SESSION:
                session = self._sessions.get(identifier)
                if session is not None:
                    session.notify(SessionEvent(flags))
            elif subject == Subject.LOG:
                self._on_log()
            elif subject == Subject.HUB:
                self._on_hub(identifier)
            elif subject == Subject.LINES:
                self._on_lines()
            elif ListenerEvent.FAILED in ListenerEvent(flags):
                self._failures.get(identifier, lambda: None)()

    def _on_hub(self, hub: int) -> None:
        news = self._news.get(hub)
        if news is not None:
            news(hub)

    def _on_log(self) -> None:
        records, lost = self.core.take_log()
        for level, module, message in records:
            _log.log(_LEVELS.get(level, logging.ERROR), message, extra={"module_path": module})
        if lost:
            _log.warning("%d log records of the engine were lost", lost)

    def _on_lines(self) -> None:
        lines, lost = self.core.take_packet_lines(_PACKET_LINES)
        if len(lines) == _PACKET_LINES:
            # The rest after whatever else is to be done.
            self.loop.call_soon(self._on_lines)
        if lines or lost:
            self._packet_lines([PacketLine(*line) for line in lines], lost)

    def _on_connection(self, identifier: int, flags: ConnectionEvent) -> None:
        if ConnectionEvent.ACCEPTED in flags:
            self._on_accepted(identifier)
        connecting = self._connecting.get(identifier)
        if connecting is not None and not connecting.done():
            if ConnectionEvent.ESTABLISHED in flags:
                connecting.set_result(None)
            elif ConnectionEvent.CLOSED in flags:
                _, reason = self.core.take(identifier)
                connecting.set_exception(ConnectionLost(reason or "the server closed the connection"))
        connection = self._connections.get(identifier)
        if connection is not None:
            connection.notify()

    def _on_accepted(self, identifier: int) -> None:
        connection = Connection(self, identifier)
        facts = self.core.facts(identifier)
        accept = self._acceptors.get(facts["listener"] or 0)
        if accept is None:
            self.core.close(identifier)
            return
        self._connections[identifier] = connection
        accept(connection)


def _hub_arguments(rules: HubRules) -> HubRulesArguments:
    return cast(HubRulesArguments, asdict(rules))


def _port_arguments(rules: PortRules) -> PortRulesArguments:
    return cast(PortRulesArguments, asdict(rules))
