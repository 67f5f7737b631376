"""Calls about whole configurations."""

from dataclasses import replace
from typing import Final

from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import service, takeover
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.configurations import Configurations
from etherloom.services.takeover.reading import FaultyConfiguration
from etherloom.services.takeover.report import Report
from etherloom.state.changes import Origin

_LISTED: Final = 1_000
# Build 9674 has this sign in front, too; people's tools take it for a default name only.
_FILE_NAME: Final = "$vpn_server.config"


async def import_file(
    configurations: Configurations, request: takeover.File, origin: Origin
) -> takeover.Report:
    """Carry out, or only examine, what the request asks for; faults are an answer, not an error."""
    try:
        if request.dry:
            report = await configurations.examine(request.content)
        else:
            report = await configurations.take_over(
                request.content, request.source, origin, replacing=request.replacing
            )
    except FaultyConfiguration as faulty:
        return _shorten_faults(faulty, configurations.revision)
    return _describe(report, configurations.revision, taken=not request.dry)


def _shorten_faults(faulty: FaultyConfiguration, revision: int) -> takeover.Report:
    return takeover.Report(taken=False, revision=revision, faults=tuple(map(str, faulty.faults[:_LISTED])))


def _describe(report: Report, revision: int, *, taken: bool) -> takeover.Report:
    return takeover.Report(
        taken=taken,
        revision=revision,
        remarks=report.remarks[:_LISTED],
        kept=report.kept[:_LISTED],
        lost_hubs=report.lost_hubs[:_LISTED],
        counts=tuple(takeover.Count(one.noun, one.count, one.acting) for one in report.counts),
    )


async def _import(house: House, caller: Caller, request: takeover.File) -> takeover.Report:
    return await import_file(house.configurations, request, caller.origin)


async def _undo(house: House, caller: Caller, request: takeover.Undoing) -> takeover.Undoing:
    await house.configurations.undo(caller.origin, discarding=request.discarding)
    return request


async def _export(house: House, _caller: Caller, _request: Empty) -> takeover.Content:
    return takeover.Content(await house.configurations.write())


async def _get_config(house: House, _caller: Caller, _request: Empty) -> service.Configuration:
    return service.Configuration(_FILE_NAME, await house.configurations.write())


async def _set_config(house: House, caller: Caller, request: service.Configuration) -> service.Configuration:
    """The file replaces everything, as it does there; but nothing restarts, and faults are named."""
    await house.configurations.take_over(
        request.content, request.file_name or caller.where, caller.origin, replacing=True
    )
    return replace(request, content=b"")


HANDLERS: Final = (
    Handler(service.GET_CONFIG, _get_config),
    Handler(service.SET_CONFIG, _set_config),
    Handler(takeover.IMPORT, _import),
    Handler(takeover.UNDO_IMPORT, _undo),
    Handler(takeover.EXPORT, _export),
)
