"""Access lists cross into the engine: what it takes, what it refuses, and a list as long as may be."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from etherloom.engine.access_records import AccessRecords, pack_rules
from etherloom.engine.commands import HubRules
from etherloom.model.access_list import MAXIMUM_RULES, AccessRule
from tests.support.engine import running

ADDRESS = IPv6Address("fd00::1")
MASK = IPv6Address("ffff::")
FULL = AccessRule(
    1,
    0xFFFF_FFFF,
    discard=True,
    source_address=ADDRESS,
    source_mask=MASK,
    target_address=ADDRESS,
    target_mask=MASK,
    protocol=255,
    source_port_first=1,
    source_port_last=65_535,
    target_port_first=65_535,
    source_user="include:staff",
    target_user="Exclude:Staff",
    check_source_mac=True,
    check_tcp_state=True,
    delay=10_000,
    jitter=100,
    loss=100,
    redirect_url="http://x.example/",
)


def nobody(_name: str) -> tuple[str, ...]:
    return ("alice",)


async def test_every_field_is_taken() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        for rules in ([], [FULL], [AccessRule(1, 1)], [FULL, AccessRule(2, 1, source_user="Bob")]):
            bench.facade.set_access_list(hub, pack_rules(rules, nobody))


async def test_what_is_no_list_is_refused() -> None:
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        good = pack_rules([FULL], nobody)
        with pytest.raises(ValueError, match="bytes"):
            bench.facade.set_access_list(hub, AccessRecords(good.records[:-1], good.names, good.lists))
        with pytest.raises(ValueError, match="not there"):
            bench.facade.set_access_list(hub, AccessRecords(good.records, good.names, ()))
        with pytest.raises(KeyError):
            bench.facade.set_access_list(hub + 1, good)


def test_lists_are_read_once_and_names_are_folded() -> None:
    asked: list[str] = []

    def read(name: str) -> list[str]:
        asked.append(name)
        return ["alice"]

    rules = [FULL, FULL, AccessRule(2, 1, source_user=" ALICE "), AccessRule(3, 1, target_user="alice")]
    records = pack_rules(rules, read)
    assert asked == ["staff", "Staff"]
    assert records.names == ("http://x.example/", "alice")
    assert records.lists == (("alice",), ("alice",))


async def test_a_full_list_is_taken() -> None:
    rules = [
        AccessRule(n, n, source_address=IPv4Address(n), source_mask=IPv4Address(0xFFFF_FFFF))
        for n in range(1, MAXIMUM_RULES + 1)
    ]
    async with running() as bench:
        hub = bench.facade.open_hub(HubRules())
        bench.facade.set_access_list(hub, pack_rules(rules, nobody))
