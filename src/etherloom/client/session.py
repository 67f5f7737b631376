"""Keep one account connected: find the server, judge its certificate, log in, and again when that is lost.

When to try again is decided by the pure back-off, what happens in a session by etherloom.client.presence.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Final

from etherloom.client import events
from etherloom.client.acceleration import Acceleration
from etherloom.client.account import Account, ExactTrust, Trust
from etherloom.client.certificate import fingerprint, judge
from etherloom.client.dial import Endpoint, dial, resolve
from etherloom.client.login import STEP_LIMIT_MS, LoggedIn, log_in
from etherloom.client.presence import Admitted, Presence, close_session
from etherloom.client.retry import Backoff, GiveUp, Wait
from etherloom.engine.commands import Direction, LinkSettings, SessionRules
from etherloom.engine.facade import Connection, ConnectionLost, Facade, Session
from etherloom.handshake.acceleration import segment_limit
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.client_login import LoginCredential, TicketLogin
from etherloom.handshake.messages import Redirect, WelcomeParameters
from etherloom.model.errors import ErrorCode, Refusal

_QUEUE_BYTES: Final = 2_560_000
_MINIMUM_QUEUE_BYTES: Final = 320_000


class AccountRunner:
    """Runs one account on one hub of the engine. `run` returns when it has given up; cancel it to stop."""

    def __init__(
        self,
        engine: Facade,
        hub: int,
        account: Account,
        facts: ClientFacts,
        report: Callable[[events.Event], None],
        chance: Random,
    ) -> None:
        self._engine = engine
        self._hub = hub
        self._account = account
        self._facts = facts
        self._report = report
        self._chance = chance
        self._known: tuple[Endpoint, ...] = ()
        self._acceleration = Acceleration(engine, wanted=account.udp_acceleration)
        self.session: Session | None = None

    async def run(self) -> events.Ended:
        """Connect, stay connected, connect again."""
        try:
            return await self._run()
        finally:
            self._acceleration.close()

    async def _run(self) -> events.Ended:
        backoff = Backoff(self._account.retry, self._chance.random)
        attempt = 0
        while True:
            attempt += 1
            try:
                admitted = await self._establish(attempt)
            except Refusal as refusal:
                reason, lived_s = refusal, 0.0
            else:
                backoff.established()
                attempt, began = 0, self._engine.loop.time()
                reason = await self._stay(admitted)
                lived_s = self._engine.loop.time() - began
            match backoff.failed(reason.code, lived_s):
                case GiveUp(why):
                    return events.Ended(reason.code, f"{reason.message} ({why})" if why else reason.message)
                case Wait(seconds):
                    self._report(events.Waiting(seconds, reason.code, reason.message))
                    await asyncio.sleep(seconds)

    # -- logging in

    async def _establish(self, attempt: int) -> Admitted:
        account = self._account
        self._report(events.Connecting(account.host, account.port, attempt))
        endpoints = await self._find_server()
        connection, endpoint = await dial(endpoints, self._connect)
        outcome = await self._log_in(connection, endpoint, account.trust, account.login)
        if isinstance(outcome, Redirect):
            connection.close()
            endpoint = Endpoint(str(outcome.address), _redirect_port(outcome, endpoint))
            connection, endpoint = await dial((endpoint,), self._connect)
            trust, ticket = ExactTrust(outcome.certificate), TicketLogin(outcome.ticket)
            outcome = await self._log_in(connection, endpoint, trust, ticket)
        if isinstance(outcome, Redirect):
            connection.close()
            raise Refusal(
                ErrorCode.PROTOCOL_ERROR, "the server redirects twice: its cluster is set up wrongly"
            )
        return self._admit(connection, endpoint, outcome)

    async def _find_server(self) -> tuple[Endpoint, ...]:
        account = self._account
        try:
            self._known = await resolve(account.host, account.port, account.family)
        except Refusal:
            # The name service may have been reachable through the tunnel only.
            if not self._known:
                raise
        return self._known

    async def _connect(self, endpoint: Endpoint) -> Connection:
        return await self._engine.connect(endpoint.address, endpoint.port, self._account.host, STEP_LIMIT_MS)

    async def _log_in(
        self, connection: Connection, endpoint: Endpoint, trust: Trust, credential: LoginCredential
    ) -> LoggedIn | Redirect:
        """Nothing is sent before the certificate is judged. Raises Refusal."""
        try:
            facts = connection.facts
            judge(facts.peer_chain, self._account.host, trust, datetime.now(UTC))
            self._report(
                events.LoggingIn(
                    endpoint.address,
                    endpoint.port,
                    facts.tls_version,
                    facts.cipher,
                    fingerprint(facts.peer_chain[0]),
                )
            )
            self._acceleration.prepare(facts.local[0], facts.peer[0])
            return await log_in(
                connection,
                self._account,
                credential,
                self._facts,
                self._chance,
                self._acceleration.offer,
            )
        except (ConnectionLost, KeyError) as lost:
            connection.close()
            raise Refusal(
                ErrorCode.DISCONNECTED, f"the connection to {endpoint.address} was lost during log-in: {lost}"
            ) from lost
        except BaseException:
            connection.close()
            raise

    def _admit(self, connection: Connection, endpoint: Endpoint, outcome: LoggedIn) -> Admitted:
        parameters, facts = outcome.parameters, connection.facts
        session = self._engine.open_session(
            self._hub, _session_rules(parameters, ipv6=":" in endpoint.address)
        )
        direction = Direction.CLIENT_TO_SERVER if parameters.half_connection else Direction.BOTH
        link = LinkSettings(direction, raw=not parameters.use_encrypt)
        try:
            self._engine.promote(connection, session, b"", outcome.leftover, link)
        except (KeyError, OSError) as error:
            connection.close()
            session.close()
            raise Refusal(
                ErrorCode.DISCONNECTED, "the server closed the connection after the log-in"
            ) from error
        self._acceleration.start(session, parameters)
        self._report(
            events.Established(
                session=parameters.session_name,
                connection=parameters.connection_name,
                server=outcome.server,
                address=endpoint.address,
                port=endpoint.port,
                connections=parameters.max_connection,
                encrypt=parameters.use_encrypt,
                compress=parameters.use_compress,
                half_duplex=parameters.half_connection,
                super_frames=parameters.super_frames > 0,
                udp_acceleration=self._acceleration.state,
                timeout_s=parameters.timeout_ms / 1000,
                tls_version=facts.tls_version,
                cipher=facts.cipher,
                message=parameters.message,
            )
        )
        leaf, first = facts.peer_chain[0], connection.identifier
        return Admitted(session, endpoint, leaf, parameters, first, direction)

    # -- staying

    async def _stay(self, admitted: Admitted) -> Refusal:
        """Hold the session until it ends; return why. Cancelling closes it."""
        self.session = admitted.session
        try:
            presence = Presence(
                self._engine, self._account, self._facts, self._chance, self._report, admitted
            )
            return await presence.run()
        finally:
            self.session = None
            await close_session(admitted.session)


def _session_rules(parameters: WelcomeParameters, *, ipv6: bool) -> SessionRules:
    return SessionRules(
        server=False,
        timeout_ms=parameters.timeout_ms,
        compress=parameters.use_compress,
        half_duplex=parameters.half_connection,
        qos=parameters.qos,
        super_frames=parameters.super_frames > 0,
        mss_limit=segment_limit(ipv6=ipv6, encrypt=parameters.use_encrypt) if parameters.acceleration else 0,
        queue_bytes=max(_QUEUE_BYTES // parameters.max_connection, _MINIMUM_QUEUE_BYTES),
    )


def _redirect_port(redirect: Redirect, current: Endpoint) -> int:
    return current.port if current.port in redirect.ports else redirect.ports[0]
