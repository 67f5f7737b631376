"""How vpncmd writes numbers, sizes and times. Pure but for the local time zone."""

from datetime import UTC, datetime
from typing import Final

from etherloom.rpc.catalog.blocks import Traffic

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_TIME: Final = "(None)"


def number(value: int) -> str:
    return f"{value:,}"


def in_bytes(value: int) -> str:
    return f"{value:,} bytes"


def file_size(value: int) -> str:
    """A size as file lists show it."""
    for unit, power in (("TBytes", 40), ("GBytes", 30), ("MBytes", 20), ("KBytes", 10)):
        if value >= 1 << power:
            return f"{value / (1 << power):.2f} {unit}"
    return f"{value} Bytes"


def yes_no(value: object) -> str:
    return "Yes" if value else "No"


def enable(value: object) -> str:
    return "Enable" if value else "Disable"


def enabled(value: object) -> str:
    return "Enabled" if value else "Disabled"


def _local(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).astimezone()


def long_time(unix_ms: int, never: str = NO_TIME) -> str:
    """With the day of the week, as single objects are shown."""
    if not unix_ms:
        return never
    at = _local(unix_ms)
    return f"{at:%Y-%m-%d} ({_DAYS[at.weekday()]}) {at:%H:%M:%S}"


def short_time(unix_ms: int, never: str = NO_TIME) -> str:
    return f"{_local(unix_ms):%Y-%m-%d %H:%M:%S}" if unix_ms else never


def exact_time(unix_ms: int) -> str:
    return f"{_local(unix_ms):%Y-%m-%d %H:%M:%S}.{unix_ms % 1000:03}"


def day(unix_ms: int) -> str:
    at = _local(unix_ms)
    return f"{at:%Y-%m-%d} ({_DAYS[at.weekday()]})"


def hexadecimal(data: bytes) -> str:
    return " ".join(f"{byte:02X}" for byte in data)


def mac(data: bytes) -> str:
    return "-".join(f"{byte:02X}" for byte in data)


def traffic_rows(traffic: Traffic) -> list[tuple[str, str]]:
    """The eight counters of whoever the record is about."""
    counters = (
        ("Outgoing Unicast", traffic.sent_unicast_frames, traffic.sent_unicast_bytes),
        ("Outgoing Broadcast", traffic.sent_broadcast_frames, traffic.sent_broadcast_bytes),
        ("Incoming Unicast", traffic.received_unicast_frames, traffic.received_unicast_bytes),
        ("Incoming Broadcast", traffic.received_broadcast_frames, traffic.received_broadcast_bytes),
    )
    rows: list[tuple[str, str]] = []
    for title, frames, size in counters:
        rows += [(f"{title} Packets", f"{frames:,} packets"), (f"{title} Total Size", in_bytes(size))]
    return rows


def total_bytes(traffic: Traffic) -> str:
    return number(
        traffic.sent_unicast_bytes
        + traffic.sent_broadcast_bytes
        + traffic.received_unicast_bytes
        + traffic.received_broadcast_bytes
    )


def total_frames(traffic: Traffic) -> str:
    return number(
        traffic.sent_unicast_frames
        + traffic.sent_broadcast_frames
        + traffic.received_unicast_frames
        + traffic.received_broadcast_frames
    )
