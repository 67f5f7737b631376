"""UDP acceleration on the client: a socket and keys that the log-in offers, and what becomes of them.

The engine sends and receives; nothing that fails here keeps a session from running over TCP.
"""

import secrets
from ipaddress import ip_address
from typing import Final

from etherloom.engine.commands import AccelerationRules
from etherloom.engine.facade import Datagrams, Facade, Session
from etherloom.handshake.acceleration import (
    KEY_V1_BYTES,
    KEY_V2_BYTES,
    AccelerationGrant,
    AccelerationKeys,
    AccelerationOffer,
)
from etherloom.handshake.messages import WelcomeParameters

_TURNED_OFF: Final = "turned off"


class Acceleration:
    """The part of one log-in. `state` is for people: what came of it, or why nothing did."""

    def __init__(self, engine: Facade, *, wanted: bool) -> None:
        self._engine: Final = engine
        self._wanted: Final = wanted
        self._datagrams: Datagrams | None = None
        self._peer = ""
        self.offer: AccelerationOffer | None = None
        self.state = _TURNED_OFF

    def prepare(self, local: str, peer: str) -> None:
        """Open the socket beside a TCP connection between these addresses, and make the offer."""
        self.close()
        self._peer = peer
        if not self._wanted:
            return
        try:
            self._datagrams = self._engine.open_datagrams(local)
        except (OSError, ValueError) as error:
            self.state = f"no socket: {error}"
            return
        address = ip_address(local)
        keys = AccelerationKeys(secrets.token_bytes(KEY_V1_BYTES), secrets.token_bytes(KEY_V2_BYTES))
        self.offer = AccelerationOffer(None if address.is_loopback else address, self._datagrams.port, keys)
        self.state = "offered"

    def start(self, session: Session, parameters: WelcomeParameters) -> None:
        """The Welcome is there: let the session use the socket if the server wants it too."""
        grant, offer, datagrams = parameters.acceleration, self.offer, self._datagrams
        if offer is None or datagrams is None:
            return
        if grant is None:
            self.state = "the server doesn't take part"
            self.close()
            return
        try:
            self._engine.accelerate(session, datagrams, self._rules(offer, grant, parameters.use_compress))
        except (ValueError, KeyError, OSError) as error:
            self.state = f"not possible: {error}"
            self.close()
            return
        self._datagrams = None
        self.state = f"version {grant.version}" if grant.encrypt else "plain text"

    def _rules(self, offer: AccelerationOffer, grant: AccelerationGrant, compress: bool) -> AccelerationRules:
        peers = [(self._peer, grant.port)]
        # Behind a forwarding router the server knows another address of its own, which may be the right one.
        other = grant.address
        if other is not None and str(other) != self._peer and other.version == ip_address(self._peer).version:
            peers.append((str(other), grant.port))
        return AccelerationRules(
            peers=tuple(peers),
            version=grant.version,
            send_key=offer.keys.for_version(grant.version),
            receive_key=grant.keys.for_version(grant.version),
            own_cookie=grant.client_cookie,
            peer_cookie=grant.server_cookie,
            encrypt=grant.encrypt,
            compress=compress,
            fast=grant.fast,
            own=grant.own > 0,
        )

    def close(self) -> None:
        """Nothing came of it."""
        if self._datagrams is not None:
            self._datagrams.close()
        self._datagrams, self.offer = None, None
