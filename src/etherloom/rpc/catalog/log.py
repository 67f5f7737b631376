"""Calls about logs."""

from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.hub import HubName


@dataclass(frozen=True, slots=True)
class HubLog:
    """What a hub writes down, and when it begins a new file (0 never, 1 second to 5 month).

    `packet_levels`: 0 nothing, 1 headers, 2 all, for 16 kinds of frames, of which eight are used.
    """

    hub: str = element.text("HubName")
    save_security: bool = element.flag("SaveSecurityLog")
    security_switch: int = element.number("SecurityLogSwitchType")
    save_packets: bool = element.flag("SavePacketLog")
    packet_switch: int = element.number("PacketLogSwitchType")
    packet_levels: tuple[int, ...] = element.numbers("PacketLogConfig")


@dataclass(frozen=True, slots=True)
class LogFileRow:
    """One log file."""

    path: str = element.text("FilePath", 259)
    server: str = element.text("ServerName")
    size: int = element.number("FileSize")
    updated: int = element.time("UpdatedTime")


@dataclass(frozen=True, slots=True)
class LogFileTable:
    """The log files that the caller may read."""

    count: int = element.number("NumItem")
    rows: tuple[LogFileRow, ...] = element.rows(LogFileRow, "LogFiles")


@dataclass(frozen=True, slots=True)
class LogFilePart:
    """A part of a log file; without `content` there is no more."""

    path: str = element.text("FilePath", 259)
    server: str = element.text("ServerName")
    offset: int = element.number("Offset")
    content: bytes | None = element.optional_data("Buffer")


@dataclass(frozen=True, slots=True)
class Syslog:
    """Where logs are sent: level 0 nowhere, 1 the server's, 2 security too, 3 packets too."""

    level: int = element.number("SaveType")
    port: int = element.number("Port")
    host: str = element.text("Hostname")


def check_path(request: LogFilePart) -> None:
    """Raises Refusal for no path."""
    if not request.path:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name a log file, as the list does")


SET_HUB_LOG: Final = Call(
    "SetHubLog", HubLog, HubLog, Who.HUB, "Changes what a hub writes down.", changes=True
)
GET_HUB_LOG: Final = Call("GetHubLog", HubName, HubLog, Who.HUB, "What a hub writes down.")
ENUM_LOG_FILE: Final = Call(
    "EnumLogFile", Empty, LogFileTable, Who.ANY, "The log files that the caller may read."
)
READ_LOG_FILE: Final = Call(
    "ReadLogFile",
    LogFilePart,
    LogFilePart,
    Who.ANY,
    "A part of a log file, from an offset.",
    check=check_path,
)
SET_SYS_LOG: Final = Call(
    "SetSysLog", Syslog, Syslog, Who.SERVER, "Changes where logs are sent.", changes=True
)
GET_SYS_LOG: Final = Call("GetSysLog", Empty, Syslog, Who.ANY, "Where logs are sent.")

CALLS: Final = (
    SET_HUB_LOG,
    GET_HUB_LOG,
    ENUM_LOG_FILE,
    READ_LOG_FILE,
    SET_SYS_LOG,
    GET_SYS_LOG,
)
