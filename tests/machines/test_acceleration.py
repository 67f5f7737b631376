"""What the two machines agree on about UDP acceleration, and what they refuse."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from etherloom.handshake.acceleration import (
    AccelerationGrant,
    AccelerationKeys,
    AccelerationOffer,
    agree_version,
    read_grant,
    read_offer,
    segment_limit,
    write_grant,
    write_offer,
)
from etherloom.wire.pack import Pack, decode, encode

KEYS = AccelerationKeys(bytes(range(20)), bytes(range(128)))
OFFER = AccelerationOffer(IPv4Address("192.0.2.1"), 50_000, KEYS)
GRANT = AccelerationGrant(IPv4Address("192.0.2.9"), 40_000, KEYS, 2, server_cookie=7, client_cookie=8, own=1)


def offered(offer: AccelerationOffer = OFFER) -> Pack:
    pack = Pack()
    write_offer(pack, offer)
    return decode(encode(pack))


def granted(grant: AccelerationGrant = GRANT) -> Pack:
    pack = Pack()
    write_grant(pack, grant)
    return decode(encode(pack))


@pytest.mark.parametrize("address", [IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1"), None])
@pytest.mark.parametrize(("fast", "own"), [(True, 1), (False, 0)])
def test_an_offer_arrives(address: IPv4Address | IPv6Address | None, fast: bool, own: int) -> None:
    offer = replace(OFFER, address=address, fast=fast, own=own)
    assert read_offer(offered(offer)) == offer


@pytest.mark.parametrize("address", [IPv4Address("192.0.2.9"), IPv6Address("2001:db8::9"), None])
@pytest.mark.parametrize("own", [0, 1])
def test_a_grant_arrives(address: IPv4Address | IPv6Address | None, own: int) -> None:
    grant = replace(GRANT, address=address, own=own)
    assert read_grant(granted(grant), OFFER, encrypt=True) == grant


def test_a_bare_number_is_address_enough() -> None:
    pack = offered()
    for name in ("", "@ipv6_bool", "@ipv6_array", "@ipv6_scope_id"):
        pack.remove(f"udp_acceleration_client_ip{name}")
    assert read_offer(pack) is None
    pack.add_int("udp_acceleration_client_ip", 0)
    assert read_offer(pack) == replace(OFFER, address=None)


@pytest.mark.parametrize(
    "offer",
    [
        replace(OFFER, port=0),
        replace(OFFER, port=65_536),
        replace(OFFER, keys=AccelerationKeys(b"short", KEYS.v2)),
        replace(OFFER, keys=AccelerationKeys(KEYS.v1, b"short")),
    ],
)
def test_an_offer_of_no_use_is_none(offer: AccelerationOffer) -> None:
    assert read_offer(offered(offer)) is None


def test_an_old_client_knows_version_1_alone() -> None:
    pack = offered()
    pack.remove("udp_acceleration_max_version")
    pack.remove("udp_acceleration_client_key_v2")
    offer = read_offer(pack)
    assert offer is not None
    assert agree_version(offer, allow_v1=False) == 0
    assert agree_version(offer, allow_v1=True) == 1
    assert agree_version(OFFER, allow_v1=False) == 2
    assert agree_version(replace(OFFER, maximum_version=9), allow_v1=False) == 2


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, port=0),
        replace(GRANT, server_cookie=0),
        replace(GRANT, client_cookie=0),
        replace(GRANT, version=3),
        replace(GRANT, keys=AccelerationKeys(KEYS.v1, bytes(127))),
        replace(GRANT, encrypt=False),
    ],
)
def test_a_client_refuses_what_it_must_not_accept(grant: AccelerationGrant) -> None:
    assert read_grant(granted(grant), OFFER, encrypt=True) is None


def test_plain_text_is_for_plain_sessions() -> None:
    grant = replace(GRANT, encrypt=False)
    assert read_grant(granted(grant), OFFER, encrypt=False) == grant


def test_a_server_that_says_more_than_it_was_asked_is_not_believed() -> None:
    modest = replace(OFFER, fast=False, own=0)
    read = read_grant(granted(), modest, encrypt=True)
    assert read == replace(GRANT, fast=False, own=0)


def test_secrets_stay_out_of_texts() -> None:
    for record in (OFFER, GRANT):
        text = repr(record)
        assert "x01" not in text
        assert "cookie" not in text


@pytest.mark.parametrize(
    ("ipv6", "encrypt", "limit"),
    [(False, True, 1_309), (False, False, 1_349), (True, True, 1_289)],
)
def test_segments_are_as_long_as_the_originals(ipv6: bool, encrypt: bool, limit: int) -> None:
    assert segment_limit(ipv6=ipv6, encrypt=encrypt) == limit
