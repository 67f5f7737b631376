"""A DHCPv4 client as a pure machine (RFC 2131): messages and times in, actions out.

Time is an argument (seconds of any clock that only goes forward), chance is passed in. It opens no socket
and sets no address; etherloom.client.lease does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

from etherloom.client.dhcp_message import (
    UNSPECIFIED,
    MessageType,
    Option,
    Reply,
    build_request,
    parse_reply,
)

_FIRST_TIMEOUT_S: Final = 4.0
_LONGEST_TIMEOUT_S: Final = 64.0
_JITTER_S: Final = 1.0
_REQUESTS: Final = 4  # of one offer, before looking for another
_REBOOT_REQUESTS: Final = 2  # for the address of before
_SHORTEST_RENEWAL_PAUSE_S: Final = 60.0
_SHORTEST_LEASE_S: Final = 10
_INFINITE: Final = 0xFFFF_FFFF
_WIDEST_PREFIX: Final = 8
_AFTER_NAK_S: Final = 1.0
_MAXIMUM_SIZE: Final = 1472
_WISHES: Final = bytes(
    (
        Option.SUBNET_MASK,
        Option.CLASSLESS_ROUTES,
        Option.ROUTER,
        Option.NAME_SERVER,
        Option.DOMAIN_NAME,
        Option.INTERFACE_MTU,
        Option.LEASE_TIME,
        Option.RENEWAL_TIME,
        Option.REBINDING_TIME,
    )
)


class Phase(Enum):
    """RFC 2131, figure 5; STOPPED before start() and after release()."""

    STOPPED = auto()
    SELECTING = auto()
    REQUESTING = auto()
    REBOOTING = auto()
    BOUND = auto()
    RENEWING = auto()
    REBINDING = auto()


@dataclass(frozen=True, slots=True)
class Lease:
    """An address and what came with it. Times are seconds from the moment it was asked for."""

    interface: IPv4Interface
    server: IPv4Address
    routers: tuple[IPv4Address, ...]
    routes: tuple[tuple[IPv4Network, IPv4Address], ...]
    name_servers: tuple[IPv4Address, ...]
    domain: str
    mtu: int | None
    lease_s: float | None  # None: for ever
    renew_s: float
    rebind_s: float


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send this message to all, from this address."""

    payload: bytes
    source: IPv4Address


@dataclass(frozen=True, slots=True)
class Unicast:
    """Send this message to the server, from our leased address."""

    payload: bytes
    source: IPv4Address
    server: IPv4Address


@dataclass(frozen=True, slots=True)
class Bind:
    """Use this lease from now on, in place of the one before."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Unbind:
    """The address must not be used any longer."""

    reason: str


Action = Broadcast | Unicast | Bind | Unbind


class DhcpClient:
    """One adapter's client. Call tick() when `deadline` has come."""

    def __init__(self, hardware: bytes, draw: Callable[[], float], host_name: str = "") -> None:
        """`draw` gives chance: a float from 0 up to 1."""
        self._hardware = hardware
        self._draw = draw
        self._host_name = host_name.encode("ascii", "ignore")[:63]
        self._transaction = 0
        self._tries = 0
        self._began = 0.0
        self._asked_at = 0.0
        self._bound_at = 0.0
        self._offer: Reply | None = None
        self.phase: Phase = Phase.STOPPED
        self.lease: Lease | None = None
        self.deadline: float | None = None

    # -- what the shell calls

    def start(self, now: float) -> list[Action]:
        """The adapter is connected: ask for the address of before, or look for one."""
        self._began = now
        self._tries = 0
        self._transaction = int(self._draw() * 0x1_0000_0000) & 0xFFFF_FFFF
        self.phase = Phase.SELECTING if self.lease is None else Phase.REBOOTING
        return self._transmit(now)

    def pause(self) -> None:
        """The adapter is disconnected: keep the lease, ask nobody; tick() still lets it run out."""
        if self.lease is None:
            self.phase, self.deadline = Phase.STOPPED, None
            return
        self.phase = Phase.STOPPED
        self.deadline = self._expiry()

    def release(self) -> list[Action]:
        """Give the address back."""
        lease, self.lease = self.lease, None
        self.phase, self.deadline = Phase.STOPPED, None
        if lease is None:
            return []
        options = [
            self._type(MessageType.RELEASE),
            (Option.SERVER_IDENTIFIER, lease.server.packed),
            self._identifier(),
        ]
        payload = build_request(
            self._transaction, self._hardware, options, address=lease.interface.ip, broadcast=False
        )
        return [Unicast(payload, lease.interface.ip, lease.server), Unbind("released")]

    def receive(self, payload: bytes, now: float) -> list[Action]:
        """Read a message from the network; what isn't meant for us is ignored."""
        reply = parse_reply(payload)
        if reply is None or reply.transaction != self._transaction or reply.hardware != self._hardware:
            return []
        if reply.type == MessageType.OFFER and self.phase is Phase.SELECTING:
            return self._take_offer(reply, now)
        if reply.type == MessageType.NAK and self.phase not in (Phase.STOPPED, Phase.SELECTING, Phase.BOUND):
            return self._take_refusal(reply, now)
        if reply.type == MessageType.ACK and self.phase not in (Phase.STOPPED, Phase.SELECTING, Phase.BOUND):
            return self._take_lease(reply, now)
        return []

    def tick(self, now: float) -> list[Action]:
        """Do what is due."""
        if self.deadline is None or now < self.deadline:
            return []
        expiry = self._expiry()
        if expiry is not None and now >= expiry:
            return self._lose(now, "the lease ran out")
        match self.phase:
            case Phase.STOPPED:
                return []
            case Phase.BOUND:
                return self._renew(now)
            case Phase.REQUESTING if self._tries >= _REQUESTS:
                return self.start(now)
            case Phase.REBOOTING if self._tries >= _REBOOT_REQUESTS:
                # Nobody objects to the address: keep it until the lease runs out (RFC 2131, section 3.2).
                return self._resume(now)
            case _:
                return self._transmit(now)

    # -- the phases

    def _take_offer(self, reply: Reply, now: float) -> list[Action]:
        if reply.address == UNSPECIFIED or reply.address_of(Option.SERVER_IDENTIFIER) is None:
            return []
        self._offer = reply
        self._tries = 0
        self.phase = Phase.REQUESTING
        return self._transmit(now)

    def _take_refusal(self, reply: Reply, now: float) -> list[Action]:
        server = reply.address_of(Option.SERVER_IDENTIFIER)
        chosen = self._offer.address_of(Option.SERVER_IDENTIFIER) if self._offer is not None else server
        if self.phase is Phase.REQUESTING and server != chosen:
            return []
        actions = self._lose(now, "the server refused it")
        self.deadline = now + _AFTER_NAK_S
        return [action for action in actions if not isinstance(action, Broadcast)]

    def _take_lease(self, reply: Reply, now: float) -> list[Action]:
        lease = _read_lease(reply, self._offer if self.phase is Phase.REQUESTING else None, self.lease)
        if lease is None:
            return []
        changed = lease != self.lease or self.phase in (Phase.REQUESTING, Phase.REBOOTING)
        self.lease = lease
        self._bound_at = self._asked_at
        self._offer = None
        self._tries = 0
        self.phase = Phase.BOUND
        self.deadline = None if lease.lease_s is None else max(now, self._bound_at + lease.renew_s)
        return [Bind(lease)] if changed else []

    def _resume(self, now: float) -> list[Action]:
        assert self.lease is not None
        self.phase = Phase.BOUND
        self.deadline = None if self.lease.lease_s is None else max(now, self._bound_at + self.lease.renew_s)
        return [Bind(self.lease)]

    def _renew(self, now: float) -> list[Action]:
        assert self.lease is not None
        self._began = now
        self._tries = 0
        self._transaction = int(self._draw() * 0x1_0000_0000) & 0xFFFF_FFFF
        self.phase = Phase.RENEWING
        return self._transmit(now)

    def _lose(self, now: float, reason: str) -> list[Action]:
        held, self.lease, self._offer = self.lease, None, None
        was_stopped = self.phase is Phase.STOPPED
        actions: list[Action] = [] if held is None else [Unbind(reason)]
        if was_stopped:
            self.deadline = None
            return actions
        return actions + self.start(now)

    def _expiry(self) -> float | None:
        if self.lease is None or self.lease.lease_s is None:
            return None
        return self._bound_at + self.lease.lease_s

    # -- messages

    def _transmit(self, now: float) -> list[Action]:
        """Send what the phase asks for, and set the time of the next try."""
        if (
            self.phase is Phase.RENEWING
            and self.lease is not None
            and now >= self._bound_at + self.lease.rebind_s
        ):
            self.phase = Phase.REBINDING
        self._asked_at = now
        self._tries += 1
        self.deadline = self._next_try(now)
        match self.phase:
            case Phase.SELECTING:
                return [Broadcast(self._message(now, MessageType.DISCOVER), UNSPECIFIED)]
            case Phase.REQUESTING | Phase.REBOOTING:
                return [Broadcast(self._message(now, MessageType.REQUEST), UNSPECIFIED)]
            case Phase.RENEWING if self.lease is not None:
                payload = self._message(now, MessageType.REQUEST)
                return [Unicast(payload, self.lease.interface.ip, self.lease.server)]
            case Phase.REBINDING if self.lease is not None:
                return [Broadcast(self._message(now, MessageType.REQUEST), self.lease.interface.ip)]
            case _:
                return []

    def _next_try(self, now: float) -> float:
        if self.phase in (Phase.RENEWING, Phase.REBINDING) and self.lease is not None:
            assert self.lease.lease_s is not None
            end = self.lease.rebind_s if self.phase is Phase.RENEWING else self.lease.lease_s
            left = self._bound_at + end - now
            return now + min(max(left / 2, _SHORTEST_RENEWAL_PAUSE_S), max(left, 0.1))
        pause = min(_FIRST_TIMEOUT_S * 2.0 ** (self._tries - 1), _LONGEST_TIMEOUT_S)
        return now + pause + _JITTER_S * (2 * self._draw() - 1)

    def _message(self, now: float, kind: MessageType) -> bytes:
        options = [self._type(kind), self._identifier()]
        address = UNSPECIFIED
        if self.phase is Phase.REQUESTING and self._offer is not None:
            server = self._offer.address_of(Option.SERVER_IDENTIFIER) or UNSPECIFIED
            options.append((Option.REQUESTED_ADDRESS, self._offer.address.packed))
            options.append((Option.SERVER_IDENTIFIER, server.packed))
        elif self.phase is Phase.REBOOTING and self.lease is not None:
            options.append((Option.REQUESTED_ADDRESS, self.lease.interface.ip.packed))
        elif self.phase in (Phase.RENEWING, Phase.REBINDING) and self.lease is not None:
            address = self.lease.interface.ip
        options.append((Option.MAXIMUM_SIZE, _MAXIMUM_SIZE.to_bytes(2)))
        if self._host_name:
            options.append((Option.HOST_NAME, self._host_name))
        options.append((Option.PARAMETER_REQUEST, _WISHES))
        return build_request(
            self._transaction,
            self._hardware,
            options,
            seconds=int(now - self._began),
            address=address,
            broadcast=address == UNSPECIFIED,
        )

    def _type(self, kind: MessageType) -> tuple[Option, bytes]:
        return Option.MESSAGE_TYPE, bytes((kind,))

    def _identifier(self) -> tuple[Option, bytes]:
        return Option.CLIENT_IDENTIFIER, b"\x01" + self._hardware


def _read_lease(reply: Reply, offer: Reply | None, before: Lease | None) -> Lease | None:
    """Return what an ACK grants, or None if it makes no sense. `before`: the lease being renewed."""
    server = reply.address_of(Option.SERVER_IDENTIFIER)
    if server is None and offer is not None:
        server = offer.address_of(Option.SERVER_IDENTIFIER)
    if server is None and before is not None:
        server = before.server
    if server is None or not _usable(reply.address):
        return None
    mask = reply.address_of(Option.SUBNET_MASK)
    interface = _interface(reply.address, mask)
    seconds = reply.seconds(Option.LEASE_TIME)
    if interface is None or seconds is None:
        return None
    lease_s = None if seconds == _INFINITE else float(max(seconds, _SHORTEST_LEASE_S))
    renew_s, rebind_s = _times(reply, lease_s or float(_INFINITE))
    mtu = reply.short(Option.INTERFACE_MTU)
    return Lease(
        interface,
        server,
        tuple(filter(_usable, reply.addresses(Option.ROUTER))),
        reply.routes(),
        tuple(filter(_usable, reply.addresses(Option.NAME_SERVER))),
        reply.text(Option.DOMAIN_NAME),
        mtu if mtu is not None and 576 <= mtu <= 1500 else None,
        lease_s,
        renew_s,
        rebind_s,
    )


def _usable(address: IPv4Address) -> bool:
    return not (address.is_unspecified or address.is_multicast or address.is_loopback or address.is_reserved)


def _interface(address: IPv4Address, mask: IPv4Address | None) -> IPv4Interface | None:
    try:
        interface = IPv4Interface(f"{address}/{mask or '255.255.255.0'}")
    except ValueError:
        return None
    # A wider network would draw the world into the tunnel without a default route being asked for.
    return interface if interface.network.prefixlen >= _WIDEST_PREFIX else None


def _times(reply: Reply, lease_s: float) -> tuple[float, float]:
    renew = reply.seconds(Option.RENEWAL_TIME)
    rebind = reply.seconds(Option.REBINDING_TIME)
    if renew is None or rebind is None or not 0 < renew <= rebind <= lease_s:
        return lease_s * 0.5, lease_s * 0.875
    return float(renew), float(rebind)
