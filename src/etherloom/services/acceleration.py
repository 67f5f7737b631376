"""UDP acceleration on the server: whether a client's offer is taken, and the socket for it.

The engine sends and receives; what is said to the client is the handshake's.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from etherloom.engine.commands import AccelerationRules
from etherloom.engine.facade import Datagrams, Facade, Session
from etherloom.handshake.acceleration import (
    KEY_V1_BYTES,
    KEY_V2_BYTES,
    OWN_VERSION,
    AccelerationGrant,
    AccelerationKeys,
    AccelerationOffer,
    agree_version,
)
from etherloom.handshake.negotiation import AgreedModes
from etherloom.observe.logs import get_log

_FIRST_PORT: Final = 40_000
_LAST_PORT: Final = 44_999
_COOKIE_BYTES: Final = 4
_log = get_log("acceleration")


@dataclass(frozen=True, slots=True)
class AccelerationRequest:
    """What a client offers, and what its hub allows. `local`: where its TCP connection ended."""

    offer: AccelerationOffer | None = None
    local: str = ""
    allowed: bool = True
    allow_v1: bool = False


@dataclass(frozen=True, slots=True)
class Declined:
    """Frames go by TCP alone, and why."""

    reason: str
    grant: None = None

    def start(self, _engine: Facade, _session: Session) -> None:
        """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The offer is taken; `start` must follow."""

    grant: AccelerationGrant
    rules: AccelerationRules
    datagrams: Datagrams
    reason: str = ""

    def start(self, engine: Facade, session: Session) -> None:
        """Let the session look for its client."""
        engine.accelerate(session, self.datagrams, self.rules)


class Accelerator:
    """Answers offers."""

    def __init__(self, engine: Facade, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._engine: Final = engine
        self._random: Final = random

    def prepare(
        self, request: AccelerationRequest, peer: tuple[str, int], modes: AgreedModes
    ) -> Prepared | Declined:
        """Take an offer, or say why not."""
        offer = request.offer
        if offer is None:
            return Declined("the client doesn't offer it")
        if not request.allowed:
            return Declined("it is turned off for this hub")
        version = agree_version(offer, allow_v1=request.allow_v1)
        if version == 0:
            return Declined("the client knows version 1 only, which this hub doesn't allow")
        try:
            datagrams = self._engine.open_datagrams(request.local, _FIRST_PORT, _LAST_PORT)
        except (OSError, ValueError) as error:
            _log.warning("no socket for UDP acceleration", local=request.local, reason=str(error))
            return Declined(f"no socket: {error}")
        grant = self._grant(offer, request, modes, version, datagrams.port)
        return Prepared(grant, _rules(offer, grant, peer[0], modes), datagrams)

    def _grant(
        self,
        offer: AccelerationOffer,
        request: AccelerationRequest,
        modes: AgreedModes,
        version: int,
        port: int,
    ) -> AccelerationGrant:
        server_cookie = self._cookie(0)
        return AccelerationGrant(
            address=None if _is_loopback(request.local) else ip_address(request.local),
            port=port,
            keys=make_keys(self._random),
            version=version,
            server_cookie=server_cookie,
            client_cookie=self._cookie(server_cookie),
            encrypt=modes.use_encrypt,
            fast=offer.fast,
            # Numbers stand in what only version 2 has.
            own=min(offer.own, OWN_VERSION) if modes.use_encrypt and version > 1 else 0,
        )

    def _cookie(self, other: int) -> int:
        """Not 0, and not the other one."""
        while (cookie := int.from_bytes(self._random(_COOKIE_BYTES), "big")) in (0, other):
            pass
        return cookie


def make_keys(random: Callable[[int], bytes]) -> AccelerationKeys:
    """One end's keys."""
    return AccelerationKeys(random(KEY_V1_BYTES), random(KEY_V2_BYTES))


def _rules(
    offer: AccelerationOffer, grant: AccelerationGrant, peer: str, modes: AgreedModes
) -> AccelerationRules:
    return AccelerationRules(
        peers=((peer, offer.port),),
        version=grant.version,
        send_key=grant.keys.for_version(grant.version),
        receive_key=offer.keys.for_version(grant.version),
        own_cookie=grant.server_cookie,
        peer_cookie=grant.client_cookie,
        encrypt=grant.encrypt,
        compress=modes.use_compress,
        fast=grant.fast,
        own=grant.own > 0,
    )


def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback
