"""What a peer asked for, carried out: log in, join a session, administer, list hubs, change a password.

Reads nothing from the connection; what needs a conversation afterwards is returned to the reception.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from etherloom.auth.administration import parse_peer
from etherloom.auth.attempts import Attempts
from etherloom.auth.authenticator import Denied
from etherloom.auth.password import ADMINISTRATOR
from etherloom.engine.commands import Direction
from etherloom.engine.facade import Connection
from etherloom.handshake import messages
from etherloom.handshake.messages import (
    AdditionalConnection,
    AdminLogin,
    ClientRequest,
    EnumerateHubs,
    LoginRequest,
    PasswordChange,
    UnknownMethod,
)
from etherloom.handshake.server_login import ServerLogin
from etherloom.handshake.welcome import error_pack
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.observe.logs import Log
from etherloom.services.acceleration import AccelerationRequest
from etherloom.services.admission import Admission, Granted, Refused
from etherloom.services.connections import ConnectionKind, Connections, Presence
from etherloom.services.events import Events
from etherloom.services.password_change import change_password
from etherloom.services.sessions import Opening, RunningSession, Sessions
from etherloom.state.changes import Origin
from etherloom.state.owner import Owner
from etherloom.wire.pack import Pack

_LONGEST_PADDING: Final = 999

# What remains to be said with a peer after the handshake, if anything.
Conversation = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """The peer of one connection. `log` carries the connection's name and the peer's address."""

    connection: str
    peer: tuple[str, int]
    local: tuple[str, int]
    log: Log
    presence: Presence

    @property
    def same_machine(self) -> bool:
        return self.peer[0] == self.local[0]


class AdministrationDoor(Protocol):
    """Lets administrators in (see administration)."""

    def admit(self, request: AdminLogin, challenge: bytes, visitor: Visitor) -> Denied | None:
        """Refuse, or let in."""

    async def serve(
        self, request: AdminLogin, connection: Connection, leftover: bytes, visitor: Visitor
    ) -> None: ...


class Desk:
    """Carries out one request for each connection."""

    def __init__(
        self,
        owner: Owner,
        admission: Admission,
        sessions: Sessions,
        door: AdministrationDoor,
        connections: Connections,
        attempts: Attempts,
        events: Events,
        clock: Callable[[], int],
    ) -> None:
        self._owner: Final = owner
        self._admission: Final = admission
        self._sessions: Final = sessions
        self._door: Final = door
        self._connections: Final = connections
        self._attempts: Final = attempts
        self._events: Final = events
        self._clock: Final = clock

    async def carry_out(
        self, request: ClientRequest, machine: ServerLogin, connection: Connection, visitor: Visitor
    ) -> Conversation | None:
        """Do what the peer asked and send the answer. The caller closes what was not handed over."""
        _describe(visitor.presence, request)
        match request:
            case LoginRequest():
                await self._log_in(request, machine, connection, visitor)
            case AdditionalConnection():
                self._join(request, machine, connection, visitor)
            case AdminLogin():
                return self._administer(request, machine, connection, visitor)
            case EnumerateHubs():
                connection.send(machine.answer(self._hub_names(), make_padding()))
            case PasswordChange():
                connection.send(await self._change_password(request, machine, visitor))
            case UnknownMethod(method):
                visitor.log.debug("unknown method", method=method)
                connection.send(machine.refuse(ErrorCode.PROTOCOL_ERROR, make_padding()))
            case _:
                assert_never(request)
        return None

    # -- sessions

    async def _log_in(
        self, request: LoginRequest, machine: ServerLogin, connection: Connection, visitor: Visitor
    ) -> None:
        decision = await self._decide(request, machine, visitor)
        self._events.judged(request, decision, visitor.connection, visitor.peer)
        if isinstance(decision, Refused):
            _log_refusal(visitor, request, decision)
            refusal = machine.refuse(
                decision.code, make_padding(), no_save_password=decision.no_save_password
            )
            connection.send(refusal)
            return
        session = self._sessions.begin(_opening(decision, request, visitor))
        self._hand_over(session, machine, connection, decision)
        self._connections.join(visitor.presence, session)

    async def _decide(
        self, request: LoginRequest, machine: ServerLogin, visitor: Visitor
    ) -> Granted | Refused:
        """Whoever logs in as a hub's administrator shows the password that administers it too."""
        address = parse_peer(visitor.peer[0])
        guesses = fold(request.user) == ADMINISTRATOR
        if guesses and not self._attempts.allows(address):
            return Refused(ErrorCode.AUTH_FAILED, "too many failed attempts from this address")
        decision = await self._admission.decide(
            request, machine.challenge, address, same_machine=visitor.same_machine
        )
        if guesses and isinstance(decision, Refused) and decision.code is ErrorCode.AUTH_FAILED:
            self._attempts.fail(address)
        return decision

    def _hand_over(
        self, session: RunningSession, machine: ServerLogin, connection: Connection, granted: Granted
    ) -> None:
        welcome = machine.accept_login(session.welcome, make_padding())
        direction = Direction.CLIENT_TO_SERVER if granted.modes.half_connection else Direction.BOTH
        try:
            self._sessions.add_link(session, connection, welcome, machine.leftover, direction)
        except BaseException:
            self._sessions.abandon(session)
            raise
        self._sessions.announce(session)

    def _join(
        self, request: AdditionalConnection, machine: ServerLogin, connection: Connection, visitor: Visitor
    ) -> None:
        try:
            session, direction = self._sessions.accept_connection(request.session_key)
        except Refusal as refusal:
            visitor.log.info("further connection refused", code=int(refusal.code), reason=refusal.message)
            connection.send(machine.refuse(refusal.code, make_padding()))
            return
        reply = machine.accept_additional(messages.Direction(direction), make_padding())
        self._sessions.add_link(session, connection, reply, machine.leftover, direction)
        self._connections.join(visitor.presence, session)
        self._sessions.log_of(session).debug(
            "connection joined", connection=visitor.connection, direction=int(direction)
        )

    # -- administrators

    def _administer(
        self, request: AdminLogin, machine: ServerLogin, connection: Connection, visitor: Visitor
    ) -> Conversation | None:
        verdict = self._door.admit(request, machine.challenge, visitor)
        log = visitor.log.bind(hub=request.hub or None)
        if isinstance(verdict, Denied):
            log.warning("administrator refused", code=int(verdict.code), reason=verdict.reason)
            connection.send(machine.refuse(verdict.code, make_padding()))
            return None
        log.info("administrator connected", client=request.client.product)
        # The empty password, which stock clients ask about, opens nothing here.
        connection.send(machine.accept_admin(False, make_padding()))
        return lambda: self._door.serve(request, connection, machine.leftover, visitor)

    # -- questions that end with their answer

    def _hub_names(self) -> Pack:
        names = [hub.name for hub in self._owner.snapshot.hubs() if not hub.hidden]
        pack = Pack()
        pack.add_int("NumHub", len(names))
        if names:
            pack.add_str("HubName", *names)
        return pack

    async def _change_password(
        self, request: PasswordChange, machine: ServerLogin, visitor: Visitor
    ) -> bytes:
        log = visitor.log.bind(hub=request.hub, user=request.user)
        origin = Origin(request.user, visitor.peer[0])
        try:
            await change_password(self._owner, request, machine.challenge, origin, self._clock())
        except Refusal as refusal:
            log.warning("password change refused", code=int(refusal.code), reason=refusal.message)
            return machine.refuse(refusal.code, make_padding())
        except OSError as error:
            log.error("password change failed", reason=str(error))  # noqa: TRY400 - the disk's fault
            return machine.refuse(ErrorCode.INTERNAL_ERROR, make_padding())
        log.info("password changed")
        return machine.answer(error_pack(ErrorCode.NO_ERROR), make_padding())


def make_padding() -> bytes:
    """Random bytes of a random length, so that sizes on the wire tell nothing."""
    return secrets.token_bytes(secrets.randbelow(_LONGEST_PADDING + 1))


def _describe(presence: Presence, request: ClientRequest) -> None:
    """Say what the connection is for, as far as it is known by now."""
    match request:
        case LoginRequest():
            presence.kind, presence.client = ConnectionKind.LOGIN, request.client
        case AdditionalConnection():
            presence.kind = ConnectionKind.ADDITIONAL
        case AdminLogin():
            presence.kind, presence.client = ConnectionKind.ADMINISTRATION, request.client
        case EnumerateHubs():
            presence.kind = ConnectionKind.HUB_LIST
        case PasswordChange():
            presence.kind = ConnectionKind.PASSWORD_CHANGE
        case UnknownMethod():
            presence.kind = ConnectionKind.OTHER
        case _:
            assert_never(request)


def _opening(granted: Granted, request: LoginRequest, visitor: Visitor) -> Opening:
    return Opening(
        hub=granted.hub,
        user=granted.user,
        group=granted.group,
        administrator=granted.administrator,
        client=request.client,
        modes=granted.modes,
        policy=granted.policy,
        connection_name=visitor.connection,
        peer=visitor.peer,
        manner=granted.manner,
        message=granted.message,
        acceleration=AccelerationRequest(
            request.wishes.acceleration,
            visitor.local[0],
            allowed=granted.udp_acceleration,
            allow_v1=granted.udp_acceleration_v1,
        ),
    )


def _log_refusal(visitor: Visitor, request: LoginRequest, refused: Refused) -> None:
    """One line of one shape for each failed log-in: operators' programs read it."""
    visitor.log.warning(
        "log-in refused",
        hub=request.hub,
        user=request.user,
        code=int(refused.code),
        reason=refused.reason,
    )
