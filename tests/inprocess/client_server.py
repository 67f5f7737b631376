"""A small server for tests of the client: the real engine and the real handshake, with scripted decisions.

It is no model of our server: it does what a test tells it and keeps what it saw.
"""

import asyncio
import contextlib
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from etherloom.engine.commands import Direction, HubRules, LinkSettings, ListenerLimits, SessionRules
from etherloom.engine.facade import Connection, ConnectionLost, Facade, Session
from etherloom.handshake import messages
from etherloom.handshake.messages import (
    AdditionalConnection,
    Close,
    LoginRequest,
    Redirect,
    Send,
    WelcomeParameters,
)
from etherloom.handshake.negotiation import negotiate
from etherloom.handshake.server_login import Request, ServerLogin
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.wire.http import http_date

DATE = http_date(0)
PADDING = b"padding"


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate and its key."""

    certificate: bytes
    key: bytes


def make_identity(name: str = "server") -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(certificate.public_bytes(serialization.Encoding.DER), private)


@dataclass
class Presence:
    """A session on the server's side."""

    session: Session
    rules: SessionRules
    encrypt: bool
    maximum: int
    directions: list[Direction] = field(default_factory=list)


Decision = WelcomeParameters | Redirect | ErrorCode


class ClientServer:
    """Listens on loopback; `decide` may refuse or redirect log-ins, `policy` goes into each Welcome."""

    def __init__(self, engine: Facade, identity: Identity, port: int = 0, address: str = "127.0.0.1") -> None:
        self.engine = engine
        self.identity = identity
        self.hub = engine.open_hub(HubRules())
        self.decide: Callable[[LoginRequest], ErrorCode | Redirect | None] = lambda _: None
        self.refuse_additional: ErrorCode | None = None
        self.refused_additional = 0
        self.policy: Policy = DEFAULT_POLICY
        self.timeout_ms = 20_000
        self.logins: list[LoginRequest] = []
        self.presences: dict[bytes, Presence] = {}
        self._chance = Random(5)
        self._tasks: set[asyncio.Task[None]] = set()
        engine.core.set_identity([identity.certificate], identity.key)
        self.listener = engine.open_listener(address, port, ListenerLimits(), self._accept)
        self.port = engine.core.listener_port(self.listener)

    @property
    def newest(self) -> Presence:
        return list(self.presences.values())[-1]

    def forget_sessions(self) -> None:
        """As after a restart: connections are gone and nobody knows the keys."""
        presences, self.presences = self.presences, {}
        for presence in presences.values():
            presence.session.close()

    def close(self) -> None:
        with contextlib.suppress(KeyError):  # closed before, by the test
            self.engine.close_listener(self.listener)
        for task in self._tasks:
            task.cancel()

    def _accept(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection) -> None:
        machine = ServerLogin(self._chance.randbytes(20))
        try:
            while True:
                data = await connection.read()
                if not data:
                    break
                for action in machine.feed(data, DATE, PADDING):
                    if isinstance(action, Request) and self._answer(connection, machine, action):
                        return
                    if isinstance(action, Send):
                        connection.send(action.data)
                    if isinstance(action, Close):
                        connection.close()
                        return
        except ConnectionLost:
            pass
        connection.close()

    def _answer(self, connection: Connection, machine: ServerLogin, action: Request) -> bool:
        """True if the connection isn't ours any longer."""
        match action.request:
            case LoginRequest() as request:
                return self._answer_login(connection, machine, request)
            case AdditionalConnection(session_key):
                return self._answer_additional(connection, machine, session_key)
            case _:
                connection.send(machine.refuse(ErrorCode.PROTOCOL_ERROR, PADDING))
                return False

    def _answer_login(self, connection: Connection, machine: ServerLogin, request: LoginRequest) -> bool:
        self.logins.append(request)
        decision = self.decide(request)
        if isinstance(decision, ErrorCode):
            connection.send(machine.refuse(decision, PADDING))
            return False
        if isinstance(decision, Redirect):
            connection.send(machine.redirect(decision, PADDING))
            return False
        agreed = negotiate(request.wishes, self.policy)
        number = len(self.logins)
        parameters = WelcomeParameters(
            session_name=f"SID-{request.user.upper()}-{number}",
            connection_name=f"CID-{number}",
            max_connection=agreed.max_connection,
            use_encrypt=agreed.use_encrypt,
            use_compress=agreed.use_compress,
            half_connection=agreed.half_connection,
            timeout_ms=self.timeout_ms,
            qos=agreed.qos,
            session_key=self._chance.randbytes(20),
            policy=self.policy,
        )
        rules = SessionRules(True, self.timeout_ms, agreed.use_compress, agreed.half_connection)
        presence = Presence(
            self.engine.open_session(self.hub, rules), rules, agreed.use_encrypt, agreed.max_connection
        )
        self.presences[parameters.session_key] = presence
        first = Direction.CLIENT_TO_SERVER if agreed.half_connection else Direction.BOTH
        farewell = machine.accept_login(parameters, PADDING)
        self._plug(connection, presence, farewell, machine.leftover, first)
        return True

    def _answer_additional(self, connection: Connection, machine: ServerLogin, key: bytes) -> bool:
        presence = self.presences.get(key)
        code = self.refuse_additional or (None if presence else ErrorCode.SESSION_TIMEOUT)
        if code is not None or presence is None:
            self.refused_additional += 1
            connection.send(machine.refuse(code or ErrorCode.SESSION_TIMEOUT, PADDING))
            return False
        direction = Direction.BOTH
        if presence.rules.half_duplex:
            links = [Direction(link["direction"]) for link in presence.session.snapshot()["links"]]
            more_down = links.count(Direction.SERVER_TO_CLIENT) > links.count(Direction.CLIENT_TO_SERVER)
            direction = Direction.CLIENT_TO_SERVER if more_down else Direction.SERVER_TO_CLIENT
        farewell = machine.accept_additional(messages.Direction(direction), PADDING)
        self._plug(connection, presence, farewell, machine.leftover, direction)
        return True

    def _plug(
        self, connection: Connection, presence: Presence, farewell: bytes, leftover: bytes, way: Direction
    ) -> None:
        presence.directions.append(way)
        self.engine.promote(
            connection, presence.session, farewell, leftover, LinkSettings(way, raw=not presence.encrypt)
        )
