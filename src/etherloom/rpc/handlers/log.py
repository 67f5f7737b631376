"""Calls about log files and syslog. What a hub writes down is in hub_log."""

import asyncio
from dataclasses import replace
from typing import Final

from etherloom.model.log import SyslogLevel
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import log
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.log_files import LogFile

_HIDDEN_HOST: Final = "Secret"


async def enum_log_file(house: House, caller: Caller, _request: Empty) -> log.LogFileTable:
    hub = _readable_hub(caller)
    files = await asyncio.to_thread(house.log_files.list, hub)
    rows = tuple(_row(file, house.status.machine.host) for file in files)
    return log.LogFileTable(len(rows), rows)


def _row(file: LogFile, server: str) -> log.LogFileRow:
    return log.LogFileRow(file.path, server, min(file.size, 0xFFFF_FFFF), file.updated)


async def read_log_file(house: House, caller: Caller, request: log.LogFilePart) -> log.LogFilePart:
    hub = _readable_hub(caller)
    content = await asyncio.to_thread(house.log_files.read, request.path, request.offset, hub)
    return replace(request, content=content, server=house.status.machine.host)


def _readable_hub(caller: Caller) -> str | None:
    """Whose files the caller may read; None means all. Whether at all, the limits of a hub say."""
    return None if caller.is_server_administrator else caller.hub


async def set_syslog(house: House, caller: Caller, request: log.Syslog) -> log.Syslog:
    await house.syslogs.set(request.level, request.host, request.port, caller.origin)
    return request


async def get_syslog(house: House, caller: Caller, _request: Empty) -> log.Syslog:
    syslog = house.syslogs.get()
    if syslog is None:
        return log.Syslog()
    if not caller.is_server_administrator:
        host = _HIDDEN_HOST if syslog.level is not SyslogLevel.NOTHING else ""
        return log.Syslog(syslog.level, 0, host)
    return fill(log.Syslog, syslog)


HANDLERS: Final = (
    Handler(log.ENUM_LOG_FILE, enum_log_file),
    Handler(log.READ_LOG_FILE, read_log_file),
    Handler(log.SET_SYS_LOG, set_syslog),
    Handler(log.GET_SYS_LOG, get_syslog),
)
