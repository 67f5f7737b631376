"""SecureNAT as it is configured: addresses, routes, a MAC address of its own."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.securenat import SecureNat
from etherloom.services.securenats import SecureNats, check_host, complete_routes, find_securenat
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration, put

MAC = b"\x02\x03\x04\x05\x06\x07"


async def test_settings_come_back(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"), known.hub("ZOO"))
        first = find_securenat(owner.snapshot, "LAB")
        assert first == find_securenat(owner.snapshot, "lab")
        assert len(first.mac) == 6
        assert first.mac != find_securenat(owner.snapshot, "ZOO").mac
        nats = SecureNats(owner)
        await nats.enable("LAB", True, TEST)
        assert find_securenat(owner.snapshot, "LAB") == replace(first, enabled=True)
        wish = SecureNat(mac=MAC, mtu=1_400, push_routes="10.1.1.1/8/1.1.1.1")
        await nats.configure("LAB", wish, TEST, keep_routes=False)
        routes = "10.0.0.0/255.0.0.0/1.1.1.1"
        assert find_securenat(owner.snapshot, "LAB") == replace(wish, enabled=True, push_routes=routes)
        await nats.configure("LAB", replace(wish, push_routes="junk"), TEST, keep_routes=True)
        assert find_securenat(owner.snapshot, "LAB").push_routes == routes
        with pytest.raises(Refusal) as refused:
            await nats.enable("NONE", True, TEST)
        assert refused.value.code is ErrorCode.HUB_NOT_FOUND


@pytest.mark.parametrize(
    ("mac", "address", "mask"),
    [
        (bytes(6), "10.0.0.1", "255.0.0.0"),
        (MAC[:5], "10.0.0.1", "255.0.0.0"),
        (MAC, "0.0.0.0", "255.0.0.0"),
        (MAC, "10.0.0.0", "255.0.0.0"),
        (MAC, "255.255.255.255", "255.0.0.0"),
        (MAC, "10.0.0.1", "255.0.255.0"),
        (MAC, "10.0.0.1", "255.255.255.255"),
    ],
)
def test_addresses_of_no_host(mac: bytes, address: str, mask: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_host(mac, IPv4Address(address), IPv4Address(mask))
    assert refused.value.code is ErrorCode.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("", ""),
        ("1.2.3.4/16/5.6.7.8,", "1.2.0.0/255.255.0.0/5.6.7.8"),
        (
            "1.0.0.0/8/1.1.1.1 2.0.0.0/255.0.0.0/1.1.1.1",
            "1.0.0.0/255.0.0.0/1.1.1.1, 2.0.0.0/255.0.0.0/1.1.1.1",
        ),
        ("junk", None),
        ("1.0.0.0/255.0.0.0", None),
        ("1.0.0.0/8/x", None),
        ("1.0.0.0/8/1.1.1.1;2.0.0.0/8/1.1.1.1", None),
        (",".join(["1.0.0.0/8/1.1.1.1"] * 65), None),
    ],
)
def test_routes_to_hand_out(text: str, routes: str | None) -> None:
    if routes is not None:
        assert complete_routes(text) == routes
        return
    with pytest.raises(Refusal) as refused:
        complete_routes(text)
    assert refused.value.code is ErrorCode.INVALID_PARAMETER
