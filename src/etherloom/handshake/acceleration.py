"""What both ends say about UDP acceleration in log-in and Welcome (docs/protocol/udp-acceleration.md).

Pure: sockets, keys and cookies come from the caller.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from etherloom.wire.pack import IpAddress, Pack

KEY_V1_BYTES: Final = 20
KEY_V2_BYTES: Final = 128
# Anything that can't be told: take the address from which the TCP connection comes.
_NO_ADDRESS: Final = IPv4Address(0)
_NEWEST: Final = 2
_HIGHEST_PORT: Final = 65_535
_NARROW_PATH: Final = 1_454
_IPV4_BYTES: Final = 20
_IPV6_BYTES: Final = 40
_UDP_BYTES: Final = 8
_TCP_BYTES: Final = 20
_ETHERNET_BYTES: Final = 14
_BODY_HEADER_BYTES: Final = 23
# Ends of this project: numbered datagrams, a shorter trial.
OWN_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AccelerationKeys:
    """What one end seals its datagrams with, one for each version."""

    v1: bytes = field(repr=False)
    v2: bytes = field(repr=False)

    def for_version(self, version: int) -> bytes:
        return self.v1 if version == 1 else self.v2


@dataclass(frozen=True, slots=True)
class AccelerationOffer:
    """A client waits for datagrams here. `address` None: where its TCP connection comes from."""

    address: IpAddress | None
    port: int
    keys: AccelerationKeys
    maximum_version: int = _NEWEST
    fast: bool = True
    own: int = OWN_VERSION


@dataclass(frozen=True, slots=True)
class AccelerationGrant:
    """The server does too. Each end shows the other one's cookie."""

    address: IpAddress | None
    port: int
    keys: AccelerationKeys
    version: int
    server_cookie: int = field(repr=False)
    client_cookie: int = field(repr=False)
    encrypt: bool = True
    fast: bool = True
    own: int = 0


def agree_version(offer: AccelerationOffer, *, allow_v1: bool) -> int:
    """The version to be spoken, 0 for none. Version 1 has no integrity worth the name."""
    version = min(offer.maximum_version, _NEWEST)
    return version if version > 1 or allow_v1 else 0


def segment_limit(*, ipv6: bool, encrypt: bool) -> int:
    """The longest TCP segment inside a session that goes by UDP unfragmented over a narrow path (PPPoE)."""
    outside = _NARROW_PATH - (_IPV6_BYTES if ipv6 else _IPV4_BYTES) - _UDP_BYTES
    # Both versions by the measure of the first, which is the longer one.
    body = outside - _BODY_HEADER_BYTES - (2 * KEY_V1_BYTES if encrypt else 0)
    return body - _ETHERNET_BYTES - _IPV4_BYTES - _TCP_BYTES


def write_offer(pack: Pack, offer: AccelerationOffer) -> None:
    """The elements of a log-in."""
    pack.add_bool("use_udp_acceleration", True)
    pack.add_int("udp_acceleration_version", 1)
    pack.add_ip("udp_acceleration_client_ip", offer.address or _NO_ADDRESS)
    pack.add_int("udp_acceleration_client_port", offer.port)
    pack.add_data("udp_acceleration_client_key", offer.keys.v1)
    pack.add_bool("support_hmac_on_udp_acceleration", True)
    pack.add_bool("support_udp_accel_fast_disconnect_detect", offer.fast)
    pack.add_int("udp_acceleration_max_version", offer.maximum_version)
    pack.add_data("udp_acceleration_client_key_v2", offer.keys.v2)
    if offer.own:
        pack.add_int("etherloom_udp_acceleration", offer.own)


def read_offer(pack: Pack) -> AccelerationOffer | None:
    """What a client offers; None if nothing, or nothing of use."""
    if not pack.bool("use_udp_acceleration") or pack.element("udp_acceleration_client_ip") is None:
        return None
    maximum = pack.int("udp_acceleration_max_version") or 1
    keys = _read_keys(pack, "udp_acceleration_client", maximum)
    port = pack.int("udp_acceleration_client_port")
    if keys is None or not 0 < port <= _HIGHEST_PORT:
        return None
    return AccelerationOffer(
        address=_read_address(pack, "udp_acceleration_client_ip"),
        port=port,
        keys=keys,
        maximum_version=maximum,
        fast=pack.bool("support_udp_accel_fast_disconnect_detect"),
        own=pack.int("etherloom_udp_acceleration"),
    )


def write_grant(pack: Pack, grant: AccelerationGrant) -> None:
    """The elements of a Welcome."""
    pack.add_bool("use_udp_acceleration", True)
    pack.add_int("udp_acceleration_version", grant.version)
    pack.add_ip("udp_acceleration_server_ip", grant.address or _NO_ADDRESS)
    pack.add_int("udp_acceleration_server_port", grant.port)
    pack.add_data("udp_acceleration_server_key", grant.keys.v1)
    pack.add_data("udp_acceleration_server_key_v2", grant.keys.v2)
    pack.add_int("udp_acceleration_server_cookie", grant.server_cookie)
    pack.add_int("udp_acceleration_client_cookie", grant.client_cookie)
    pack.add_bool("udp_acceleration_use_encryption", grant.encrypt)
    pack.add_bool("use_hmac_on_udp_acceleration", True)
    pack.add_bool("udp_accel_fast_disconnect_detect", grant.fast)
    if grant.own:
        pack.add_int("etherloom_udp_acceleration", grant.own)


def read_grant(pack: Pack, offer: AccelerationOffer, *, encrypt: bool) -> AccelerationGrant | None:
    """What the server grants of the offer; None if nothing, or what the client must not accept.

    A session inside TLS never has its frames in plain text beside it, nor in what can be changed on the way.
    """
    if not pack.bool("use_udp_acceleration") or pack.element("udp_acceleration_server_ip") is None:
        return None
    version = pack.int("udp_acceleration_version") or 1
    keys = _read_keys(pack, "udp_acceleration_server", version)
    grant = AccelerationGrant(
        address=_read_address(pack, "udp_acceleration_server_ip"),
        port=pack.int("udp_acceleration_server_port"),
        keys=keys or AccelerationKeys(b"", b""),
        version=version,
        server_cookie=pack.int("udp_acceleration_server_cookie"),
        client_cookie=pack.int("udp_acceleration_client_cookie"),
        encrypt=pack.bool("udp_acceleration_use_encryption"),
        fast=offer.fast and pack.bool("udp_accel_fast_disconnect_detect"),
        own=min(offer.own, pack.int("etherloom_udp_acceleration")),
    )
    sound = (
        keys is not None
        and 0 < grant.port <= _HIGHEST_PORT
        and version <= offer.maximum_version
        and grant.server_cookie
        and grant.client_cookie
        and (not encrypt or (grant.encrypt and version > 1))
    )
    return grant if sound else None


def _read_keys(pack: Pack, name: str, version: int) -> AccelerationKeys | None:
    """Both keys; the one of version 2 may be missing where only version 1 is spoken."""
    keys = AccelerationKeys(pack.data(f"{name}_key") or b"", pack.data(f"{name}_key_v2") or b"")
    if len(keys.v1) != KEY_V1_BYTES or (version > 1 and len(keys.v2) != KEY_V2_BYTES):
        return None
    return keys


def _read_address(pack: Pack, name: str) -> IpAddress | None:
    address = pack.ip(name)
    return None if address is None or address.is_unspecified else address
