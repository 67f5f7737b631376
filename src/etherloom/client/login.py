"""Take a TLS connection through the handshake, as the log-in of a session or as one more connection of it.

A thin shell around the pure machines of etherloom.handshake: it moves bytes and keeps time limits.
"""

import time
from dataclasses import dataclass
from random import Random
from typing import Final

from etherloom.client.account import Account
from etherloom.client.refusals import explain
from etherloom.engine.commands import Direction
from etherloom.engine.facade import Connection, ConnectionLost
from etherloom.handshake.acceleration import AccelerationOffer
from etherloom.handshake.additional_connection import AdditionalConnect
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.client_login import ClientLogin, LoginCredential
from etherloom.handshake.exchange import Hello
from etherloom.handshake.messages import (
    AdditionalAccepted,
    Redirect,
    Refused,
    Send,
    SessionWishes,
    Welcome,
    WelcomeParameters,
)
from etherloom.handshake.negotiation import SUPER_FRAMES_VERSION
from etherloom.model.errors import ErrorCode
from etherloom.wire.http import http_date

STEP_LIMIT_MS: Final = 15_000
_MAXIMUM_PADDING: Final = 999


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The server's welcome; `leftover` came behind it."""

    server: str
    parameters: WelcomeParameters
    leftover: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """The connection belongs to the session; `leftover` came behind the reply."""

    direction: Direction
    leftover: bytes


async def log_in(
    connection: Connection,
    account: Account,
    credential: LoginCredential,
    facts: ClientFacts,
    chance: Random,
    offer: AccelerationOffer | None = None,
) -> LoggedIn | Redirect:
    """Ask for a session. Raises Refusal, and ConnectionLost."""
    machine = ClientLogin(connection.facts.peer[0], account.hub, account.user)
    _send(connection, machine.start())
    hello = await _await_hello(connection, machine, account)
    _send(connection, machine.login(credential, _wishes(account, offer), facts, _padding(chance)))
    while True:
        for action in machine.feed(await _read(connection), _date()):
            match action:
                case Welcome(parameters):
                    connection.set_deadline(0)
                    return LoggedIn(hello.product, parameters, machine.leftover)
                case Redirect():
                    connection.send(machine.acknowledge_redirect(_padding(chance)))
                    return action
                case Refused(code, message):
                    raise explain(code, account, message)
                case Hello():
                    continue


async def join(
    connection: Connection, account: Account, session_key: bytes, facts: ClientFacts, chance: Random
) -> Joined:
    """Make this connection one more of a running session. Raises Refusal, and ConnectionLost."""
    machine = AdditionalConnect(connection.facts.peer[0], session_key, facts)
    _send(connection, machine.start())
    while True:
        for action in machine.feed(await _read(connection), _date(), _padding(chance)):
            match action:
                case Send(data):
                    _send(connection, data)
                case AdditionalAccepted(direction):
                    connection.set_deadline(0)
                    return Joined(Direction(direction), machine.leftover)
                case Refused(code, message):
                    raise explain(code, account, message)


async def _await_hello(connection: Connection, machine: ClientLogin, account: Account) -> Hello:
    try:
        while True:
            for action in machine.feed(await _read(connection), _date()):
                if isinstance(action, Hello):
                    return action
                if isinstance(action, Refused):
                    raise explain(action.code, account, action.message)
    except ConnectionLost as lost:
        raise explain(ErrorCode.SERVER_IS_NOT_VPN, account) from lost


def _wishes(account: Account, offer: AccelerationOffer | None) -> SessionWishes:
    return SessionWishes(
        # Half duplex takes one connection each way.
        max_connection=max(account.connections, 2 if account.half_duplex else 1),
        use_encrypt=account.encrypt,
        use_compress=account.compress,
        half_connection=account.half_duplex,
        super_frames=SUPER_FRAMES_VERSION if account.super_frames else 0,
        qos=False,
        acceleration=offer,
    )


def _send(connection: Connection, data: bytes) -> None:
    connection.set_deadline(STEP_LIMIT_MS)
    connection.send(data)


async def _read(connection: Connection) -> bytes:
    data = await connection.read()
    if not data:
        raise ConnectionLost("the server closed the connection")
    return data


def _padding(chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(_MAXIMUM_PADDING + 1))


def _date() -> str:
    return http_date(int(time.time()))
