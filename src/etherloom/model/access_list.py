"""Rules for the frames of a hub (reference: virtual hub, access list)."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

MAXIMUM_RULES: Final = 32_768
NO_MAC: Final = bytes(6)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One rule; the lowest `priority` is looked at first, and what matches is dropped or passed.

    Of one priority those that pass are first. Addresses and masks are all of one family; zeros match every
    address. Ports 0 to 0 match every port, protocol 0 every protocol. `unique_id` names the rule for as long
    as it exists. Delay is milliseconds, jitter percent of it, loss percent of frames. Users may be groups,
    or `include:FILE` and `exclude:FILE`. `established`: segments that don't begin a connection, else those
    that do.
    """

    unique_id: int
    priority: int
    discard: bool = False
    active: bool = True
    note: str = ""
    source_address: IPv4Address | IPv6Address = IPv4Address(0)
    source_mask: IPv4Address | IPv6Address = IPv4Address(0)
    target_address: IPv4Address | IPv6Address = IPv4Address(0)
    target_mask: IPv4Address | IPv6Address = IPv4Address(0)
    protocol: int = 0
    source_port_first: int = 0
    source_port_last: int = 0
    target_port_first: int = 0
    target_port_last: int = 0
    source_user: str = ""
    target_user: str = ""
    check_source_mac: bool = False
    source_mac: bytes = NO_MAC
    source_mac_mask: bytes = NO_MAC
    check_target_mac: bool = False
    target_mac: bytes = NO_MAC
    target_mac_mask: bytes = NO_MAC
    check_tcp_state: bool = False
    established: bool = False
    delay: int = 0
    jitter: int = 0
    loss: int = 0
    redirect_url: str = ""

    @property
    def rank(self) -> tuple[int, bool]:
        """What rules are looked at by; those of one rank in the order in which they were added."""
        return self.priority, self.discard

    @property
    def is_ipv6(self) -> bool:
        return isinstance(self.source_address, IPv6Address)
