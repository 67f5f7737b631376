"""Counters in configuration files: log-ins and traffic of hubs and users."""

from typing import Final

from etherloom.model.traffic import Traffic
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.store.counters import Counter

_DIRECTIONS: Final = (("RecvTraffic", "received"), ("SendTraffic", "sent"))
_COUNTS: Final = (
    ("BroadcastBytes", "broadcast_bytes"),
    ("BroadcastCount", "broadcast_frames"),
    ("UnicastBytes", "unicast_bytes"),
    ("UnicastCount", "unicast_frames"),
)
_HIGHEST: Final = (1 << 63) - 1


def read_counter(owner: Section) -> Counter:
    """Return what was counted of whatever this block is about."""
    section = owner.section("Traffic")
    counts = {
        f"{direction}_{field}": section.section(block).uint(name, 0, 0, _HIGHEST)
        for block, direction in _DIRECTIONS
        for name, field in _COUNTS
    }
    return Counter(
        last_login=owner.time("LastLoginTime"),
        logins=owner.uint("NumLogin"),
        last_seen=owner.time("LastCommTime"),
        traffic=Traffic(**counts),
    )


def write_traffic(owner: Draft, traffic: Traffic) -> None:
    draft = owner.block("Traffic")
    for block, direction in _DIRECTIONS:
        inner = draft.block(block)
        for name, field in _COUNTS:
            inner.uint64(name, getattr(traffic, f"{direction}_{field}"))
