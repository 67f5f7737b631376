"""The sessions that run now: who is logged in where, over which connections, until when.

Does not decide who may log in (admission), nor speak the protocol (handshake).
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from etherloom.engine.commands import Direction, LinkSettings, PortKind, PortRules, SessionRules
from etherloom.engine.facade import Connection, Facade, Session
from etherloom.handshake.acceleration import AccelerationGrant, segment_limit
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import WelcomeParameters
from etherloom.handshake.negotiation import PLAIN_CLIENT, AgreedModes, Manner
from etherloom.handshake.welcome import SESSION_KEY_BYTES
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.model.policy import UNBOUND_POLICY, Policy
from etherloom.observe.logs import Log, get_log
from etherloom.services.acceleration import AccelerationRequest, Accelerator
from etherloom.services.frame_rules import port_rules
from etherloom.services.switches import Switches

BRIDGE_USER: Final = "Local Bridge"
PROGRAM_USER: Final = "Program"


class SessionKind(StrEnum):
    """What feeds a session."""

    CLIENT = "client"
    BRIDGE = "bridge"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything that is known of a client's session before it runs."""

    hub: str
    user: str
    group: str
    administrator: bool
    client: ClientFacts
    modes: AgreedModes
    policy: Policy
    connection_name: str
    peer: tuple[str, int]
    manner: Manner = PLAIN_CLIENT
    message: str = ""
    acceleration: AccelerationRequest = field(default_factory=AccelerationRequest)


@dataclass(slots=True)
class Standing:
    """What may change while a session runs: the group of its user, and what it may do."""

    policy: Policy
    group: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RunningSession:
    """A presence on a hub. `engine.snapshot()` has its counters and links; `connected_at` is Unix ms.

    `welcome` is what both ends agreed on; it holds the key that lets further connections in, a secret.
    `no_acceleration` says why frames don't go by UDP; empty where both ends agreed that they may.
    """

    hub: str
    user: str
    kind: SessionKind
    connected_at: int
    welcome: WelcomeParameters
    engine: Session
    standing: Standing
    manner: Manner = PLAIN_CLIENT
    administrator: bool = False
    peer: tuple[str, int] = ("", 0)
    client: ClientFacts = field(default_factory=ClientFacts)
    device: str = ""
    no_acceleration: str = ""

    def __repr__(self) -> str:
        return f"<RunningSession {self.hub}/{self.name}>"

    @property
    def name(self) -> str:
        return self.welcome.session_name

    @property
    def connection_name(self) -> str:
        """Name of the connection that logged in."""
        return self.welcome.connection_name

    @property
    def session_key(self) -> bytes:
        return self.welcome.session_key

    @property
    def policy(self) -> Policy:
        """What it may do now; the Welcome has what it was when it began."""
        return self.standing.policy

    @property
    def group(self) -> str:
        return self.standing.group

    @property
    def is_bridge(self) -> bool:
        """It may bridge or route; other log-ins are plain clients."""
        return not (self.policy.no_bridge and self.policy.no_routing)

    @property
    def rules(self) -> PortRules:
        """What its port may do."""
        kind, over_ipv6 = PortKind(self.kind.value), ":" in self.peer[0]
        return port_rules(self.policy, kind=kind, user=self.user, group=self.group, over_ipv6=over_ipv6)

    @property
    def connections(self) -> int:
        """How many connections it has at this moment."""
        return len(self.engine.snapshot()["links"])

    @property
    def udp_version(self) -> int:
        """Version of UDP acceleration that was agreed on, 0 for none."""
        return self.welcome.acceleration.version if self.welcome.acceleration else 0

    @property
    def is_plaintext(self) -> bool:
        """True if its frames travel unprotected."""
        return self.kind is SessionKind.CLIENT and not self.welcome.use_encrypt


class Sessions:
    """Registry of the running sessions of all hubs."""

    def __init__(
        self,
        engine: Facade,
        switches: Switches,
        clock: Callable[[], int],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine: Final = engine
        self._switches: Final = switches
        self._accelerator: Final = Accelerator(engine, random)
        self._clock: Final = clock
        self._random: Final = random
        self._hubs: dict[str, dict[str, RunningSession]] = {}
        self._keys: dict[bytes, RunningSession] = {}
        # Log-ins ask about one user: a hub may have ten thousand.
        self._of_user: dict[tuple[str, str], dict[str, RunningSession]] = {}
        self._count = 0
        self._numbers: dict[str, int] = {}
        # Why sessions end that we end; the engine knows the reasons of the others.
        self._reasons: dict[RunningSession, str] = {}
        self._started: list[Callable[[RunningSession], None]] = []
        self._finished: list[Callable[[RunningSession], None]] = []
        self._log: Final = get_log("session")

    # -- questions

    def list(self, hub: str) -> Sequence[RunningSession]:
        """Sessions of a hub, in the order of joining."""
        return tuple(self._hubs.get(fold(hub), {}).values())

    def of_user(self, hub: str, user: str) -> Sequence[RunningSession]:
        """A user's sessions on a hub, in the order of joining."""
        return tuple(self._of_user.get((fold(hub), fold(user)), {}).values())

    def all(self) -> Sequence[RunningSession]:
        return tuple(session for hub in self._hubs.values() for session in hub.values())

    def get(self, hub: str, name: str) -> RunningSession:
        """Return a session by name. Raises Refusal."""
        session = self._hubs.get(fold(hub), {}).get(fold(name))
        if session is None:
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"hub {hub} has no session {name}; list them first")
        return session

    def count(self, hub: str | None = None) -> int:
        """How many sessions a hub, or the whole server, has."""
        if hub is None:
            return self._count
        return len(self._hubs.get(fold(hub), {}))

    def count_log_ins(self, hub: str, *, is_bridge: bool | None = None) -> int:
        """How many sessions of a hub somebody logged in for: all, those that may bridge, or the others.

        Those from the server's own machine count as neither, as on stock servers.
        """
        all_of_hub = self._hubs.get(fold(hub), {}).values()
        own = (s for s in all_of_hub if s.kind is SessionKind.CLIENT and not s.manner.same_machine)
        return sum(is_bridge is None or session.is_bridge == is_bridge for session in own)

    # -- beginning

    def begin(self, opening: Opening) -> RunningSession:
        """Register a session that has no connection yet; `add_link` must follow at once, or `abandon`.

        Raises Refusal when the hub is off line.
        """
        modes = opening.modes
        identifier = self._switches.identifier(opening.hub)
        acceleration = self._accelerator.prepare(opening.acceleration, opening.peer, modes)
        ipv6 = ":" in opening.peer[0]
        rules = SessionRules(
            server=True,
            timeout_ms=modes.timeout_ms,
            compress=modes.use_compress,
            half_duplex=modes.half_connection,
            qos=modes.qos,
            super_frames=modes.super_frames > 0,
            mss_limit=segment_limit(ipv6=ipv6, encrypt=modes.use_encrypt) if acceleration.grant else 0,
        )
        port = port_rules(
            opening.policy, kind=PortKind.CLIENT, user=opening.user, group=opening.group, over_ipv6=ipv6
        )
        session = RunningSession(
            hub=opening.hub,
            user=opening.user,
            kind=SessionKind.CLIENT,
            connected_at=self._clock(),
            engine=self._engine.open_session(identifier, rules, port),
            welcome=self._welcome(opening, acceleration.grant),
            standing=Standing(opening.policy, opening.group),
            manner=opening.manner,
            administrator=opening.administrator,
            peer=opening.peer,
            client=opening.client,
            no_acceleration=acceleration.reason,
        )
        acceleration.start(self._engine, session.engine)
        self._register(session)
        return session

    def add_link(
        self,
        session: RunningSession,
        connection: Connection,
        farewell: bytes,
        leftover: bytes,
        direction: Direction,
    ) -> None:
        """Hand a connection over to the packet path; the engine sends `farewell` as the last words in TLS."""
        settings = LinkSettings(direction=direction, raw=not session.welcome.use_encrypt)
        self._engine.promote(connection, session.engine, farewell, leftover, settings)

    def abandon(self, session: RunningSession) -> None:
        """Take back a session whose first connection vanished before it could be handed over."""
        self._remove(session)
        session.engine.close()

    def on_started(self, callback: Callable[[RunningSession], None]) -> None:
        """Have `callback` called for each client session that got its first connection."""
        self._started.append(callback)

    def on_ended(self, callback: Callable[[RunningSession], None]) -> None:
        """Have `callback` called for each session that has ended, while its counters can still be read."""
        self._finished.append(callback)

    def reason_of(self, session: RunningSession) -> str:
        """Why a session ended; known to those that on_ended calls."""
        return self._reasons.get(session, "")

    def announce(self, session: RunningSession) -> None:
        """The session runs: tell the log and whoever asked for it."""
        welcome, log = session.welcome, self.log_of(session)
        log.info(
            "session started",
            peer=session.peer[0],
            port=session.peer[1],
            connection=session.connection_name,
            client=session.client.product,
            connections=welcome.max_connection,
            encrypted=welcome.use_encrypt,
            compressed=welcome.use_compress,
            half_duplex=welcome.half_connection,
            super_frames=welcome.super_frames > 0,
            udp_acceleration=session.no_acceleration or f"version {session.udp_version}",
        )
        if session.is_plaintext:
            log.warning("session is not encrypted: its frames travel in plain text")
        for callback in self._started:
            callback(session)

    def add_bridge(self, hub: str, device: str, engine: Session) -> RunningSession:
        """Register a device that was plugged into a hub."""
        session = RunningSession(
            hub=hub,
            user=BRIDGE_USER,
            kind=SessionKind.BRIDGE,
            connected_at=self._clock(),
            welcome=_no_welcome(self._next_name(hub, "LOCALBRIDGE")),
            engine=engine,
            standing=Standing(UNBOUND_POLICY),
            device=device,
        )
        self._register(session)
        return session

    def add_program(self, hub: str, program: str, engine: Session, policy: Policy) -> RunningSession:
        """Register a program's port."""
        session = RunningSession(
            hub=hub,
            user=PROGRAM_USER,
            kind=SessionKind.PROGRAM,
            connected_at=self._clock(),
            welcome=_no_welcome(self._next_name(hub, "PROGRAM")),
            engine=engine,
            standing=Standing(policy),
            client=ClientFacts(hostname=program),
            device=program,
        )
        self._register(session)
        return session

    # -- further connections

    def accept_connection(self, key: bytes) -> tuple[RunningSession, Direction]:
        """Return the session that a key belongs to and the new connection's direction. Raises Refusal.

        One connection more than agreed is tolerated, as the original does: a client replaces a dying
        connection before it has gone.
        """
        session = self._keys.get(key)
        if session is None or session.engine.ended.done():
            raise Refusal(ErrorCode.SESSION_TIMEOUT, "no session has this key")
        links = session.engine.snapshot()["links"]
        if len(links) > session.welcome.max_connection:
            raise Refusal(ErrorCode.TOO_MANY_CONNECTION, "the session has all connections it may have")
        if not session.welcome.half_connection:
            return session, Direction.BOTH
        down = sum(link["direction"] == Direction.SERVER_TO_CLIENT for link in links)
        up = sum(link["direction"] == Direction.CLIENT_TO_SERVER for link in links)
        return session, Direction.CLIENT_TO_SERVER if down > up else Direction.SERVER_TO_CLIENT

    # -- changes

    def renew(self, session: RunningSession, policy: Policy, group: str) -> None:
        """Let a running session have other rights, from its next frame on. No access: it ends."""
        if not policy.access:
            self._end(session, "the policy denies access now")
            return
        session.standing.policy, session.standing.group = policy, group
        hub = self._switches.find(session.hub)
        if hub is not None and not session.engine.ended.done():
            self._engine.set_port_rules(hub, session.engine, session.rules)

    # -- ending

    def disconnect(self, hub: str, name: str) -> None:
        """End a session; it is off the list at once. Raises Refusal for what can't be disconnected."""
        session = self.get(hub, name)
        if session.kind is SessionKind.BRIDGE:
            raise Refusal(
                ErrorCode.BRIDGE_CANT_DISCONNECT, f"{name} is a local bridge: delete the bridge instead"
            )
        self._end(session, "disconnected by an administrator")

    def end(self, session: RunningSession, reason: str) -> None:
        """End a session that may have ended already; it is off the list at once."""
        if not session.engine.ended.done():
            self._end(session, reason)

    def close_hub(self, hub: str, reason: str) -> None:
        """End all sessions of a hub and forget its numbering."""
        for session in self.list(hub):
            self._end(session, reason)
        self._numbers.pop(fold(hub), None)

    def log_of(self, session: RunningSession) -> Log:
        """A log whose lines carry the session, its hub and its user."""
        return self._log.bind(hub=session.hub, session=session.name, user=session.user)

    # -- bookkeeping

    def _welcome(self, opening: Opening, acceleration: AccelerationGrant | None) -> WelcomeParameters:
        modes = opening.modes
        return WelcomeParameters(
            session_name=self._next_name(opening.hub, opening.user),
            connection_name=opening.connection_name,
            max_connection=modes.max_connection,
            use_encrypt=modes.use_encrypt,
            use_compress=modes.use_compress,
            half_connection=modes.half_connection,
            timeout_ms=modes.timeout_ms,
            qos=modes.qos,
            session_key=self._random(SESSION_KEY_BYTES),
            session_key_32=int.from_bytes(self._random(4), "big"),
            policy=opening.policy,
            vlan_id=opening.policy.vlan_id,
            super_frames=modes.super_frames,
            acceleration=acceleration,
            message=opening.message,
        )

    def _next_name(self, hub: str, user: str) -> str:
        number = self._numbers.get(fold(hub), 0) + 1
        self._numbers[fold(hub)] = number
        return f"SID-{user.upper()}-{number}"

    def _register(self, session: RunningSession) -> None:
        hub, name = fold(session.hub), fold(session.name)
        self._hubs.setdefault(hub, {})[name] = session
        self._of_user.setdefault((hub, fold(session.user)), {})[name] = session
        self._count += 1
        if session.session_key:
            self._keys[session.session_key] = session
        session.engine.label(session.name)
        if session.peer[0]:
            session.engine.locate(session.peer[0])
        session.engine.ended.add_done_callback(lambda ended: self._ended(session, ended))

    def _remove(self, session: RunningSession) -> bool:
        self._keys.pop(session.session_key, None)
        hub, name = fold(session.hub), fold(session.name)
        if self._hubs.get(hub, {}).get(name) is not session:
            return False
        _take_out(self._hubs, hub, name)
        _take_out(self._of_user, (hub, fold(session.user)), name)
        self._count -= 1
        return True

    def _end(self, session: RunningSession, reason: str) -> None:
        self._remove(session)
        self._reasons[session] = reason
        session.engine.close()

    def _ended(self, session: RunningSession, ended: asyncio.Future[str]) -> None:
        self._remove(session)
        counters = session.engine.snapshot()
        self.log_of(session).info(
            "session ended",
            reason=self._reasons.setdefault(session, ended.result()),
            bytes_received=counters["bytes_received"],
            bytes_sent=counters["bytes_sent"],
        )
        for callback in self._finished:
            callback(session)
        del self._reasons[session]
        session.engine.forget()


_K = TypeVar("_K")


def _take_out(shelves: dict[_K, dict[str, RunningSession]], shelf: _K, name: str) -> None:
    """Leave no empty shelf behind: hubs and users come and go."""
    del shelves[shelf][name]
    if not shelves[shelf]:
        del shelves[shelf]


def _no_welcome(name: str) -> WelcomeParameters:
    """A port that nobody logged in on agreed on nothing."""
    return WelcomeParameters(
        session_name=name,
        connection_name="",
        max_connection=0,
        use_encrypt=False,
        use_compress=False,
        half_connection=False,
        timeout_ms=0,
        qos=False,
        session_key=b"",
        policy=UNBOUND_POLICY,
    )
