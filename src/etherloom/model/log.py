"""What is written down, where, and when a new file begins (reference: administration, section 10.1)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

PACKET_KINDS: Final = 16
DEFAULT_SYSLOG_PORT: Final = 514


class LogSwitch(IntEnum):
    """How often a new file begins: wire numbers."""

    NEVER = 0
    SECOND = 1
    MINUTE = 2
    HOUR = 3
    DAY = 4
    MONTH = 5


class SyslogLevel(IntEnum):
    """What is sent to the syslog server: wire numbers."""

    NOTHING = 0
    SERVER = 1
    SECURITY = 2
    PACKETS = 3


@dataclass(frozen=True, slots=True)
class HubLog:
    """What a hub writes down. `packet_levels`: 0 nothing, 1 headers, 2 all, for 16 kinds of frames.

    Of the kinds eight are used: TCP connections, TCP data, DHCP, UDP, ICMP, IP, ARP, Ethernet.
    """

    save_security: bool = True
    security_switch: LogSwitch = LogSwitch.DAY
    save_packets: bool = True
    packet_switch: LogSwitch = LogSwitch.DAY
    packet_levels: tuple[int, ...] = (1, 0, 1) + (0,) * (PACKET_KINDS - 3)


@dataclass(frozen=True, slots=True)
class Syslog:
    """The syslog server (UDP)."""

    level: SyslogLevel = SyslogLevel.NOTHING
    host: str = ""
    port: int = DEFAULT_SYSLOG_PORT
