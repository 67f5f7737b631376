"""The part of `etherloom session show` about batches and delays: how a port's figures are put into words."""

from collections.abc import Iterable, Mapping
from typing import Final

from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.sight import Magnitude

_HALF: Final = 50
_NEARLY_ALL: Final = 99
_MICROSECONDS: Final = 1_000
_SECOND: Final = 1_000_000


def describe_work(one: own.SessionDetails) -> Mapping[str, str]:
    """Names and values for people."""
    traffic, work = one.traffic, one.work
    received = traffic.received_unicast_frames + traffic.received_broadcast_frames
    sent = traffic.sent_unicast_frames + traffic.sent_broadcast_frames
    facts = {
        "Read": _describe_calls(received, work.reads, work.packets_received),
        "Written": _describe_calls(sent, work.writes, work.packets_sent),
    }
    delays = [row for row in one.magnitudes if row.figure == "queue_delay_us"]
    if delays:
        half, most = bound(delays, _HALF), bound(delays, _NEARLY_ALL)
        facts["Waited"] = f"half less than {_duration(half)}, {_NEARLY_ALL} % less than {_duration(most)}"
    return facts


def bound(rows: Iterable[Magnitude], percent: int) -> int:
    """What at least so many of a hundred values were less than."""
    ordered = sorted(rows, key=lambda row: row.below)
    total = sum(row.count for row in ordered)
    seen = 0
    for row in ordered:
        seen += row.count
        if seen * 100 >= total * percent:
            return row.below
    return 0


def _describe_calls(frames: int, calls: int, packets: int) -> str:
    text = f"{calls} system calls"
    if calls:
        text += f", {frames / calls:.1f} frames each"
    if packets:
        text += f"; {frames / packets:.1f} frames a packet"
    return text


def _duration(microseconds: int) -> str:
    if microseconds >= _SECOND:
        return f"{microseconds / _SECOND:.3g} s"
    if microseconds >= _MICROSECONDS:
        return f"{microseconds / _MICROSECONDS:.3g} ms"
    return f"{microseconds} µs"
