"""Commands that move a server in from the original and out again: import, export."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from etherloom.cli import terminal
from etherloom.cli.terminal import Failure
from etherloom.rpc import offline
from etherloom.rpc.catalog import takeover
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.client import NoServer
from etherloom.wire.config_text import MAXIMUM_BYTES

_SHOWN: Final = 20


class Format(StrEnum):
    """What a configuration is written as."""

    SOFTETHER = "softether"


def import_file(
    file: Annotated[
        Path | None, typer.Argument(help="vpn_server.config or vpn_bridge.config.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Hubs that the file doesn't have may be lost.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Instead: bring back what was before the last import.")
    ] = False,
    discard_later: Annotated[
        bool, typer.Option("--discard-later", help="With --undo: changes since the import may be lost.")
    ] = False,
) -> None:
    """Make this server what a configuration file of SoftEther VPN says, in one step or not at all.

    What this version doesn't know is kept, and written back by `etherloom export`.
    """
    if undo:
        if file is not None or dry_run or replace:
            raise typer.BadParameter("--undo takes neither a file nor --dry-run nor --replace")
        _undo(discarding=discard_later)
        return
    if file is None or discard_later:
        raise typer.BadParameter("name the file (--discard-later belongs to --undo)")
    request = takeover.File(str(file), _read(file), dry_run, replace)
    try:
        report = terminal.call(takeover.IMPORT, request)
    except NoServer:
        report = offline.import_file(terminal.state_directory(), request)
    if report.faults:
        _show_faults(file, report)
    terminal.show(report, lambda: _print_report(file, report))


def _undo(*, discarding: bool) -> None:
    try:
        terminal.call(takeover.UNDO_IMPORT, takeover.Undoing(discarding))
    except NoServer:
        offline.undo_import(terminal.state_directory(), discarding=discarding)
    terminal.show_done({"undone": True}, "everything is as it was before the import")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            # One byte more than is allowed, so that the reader refuses it.
            return stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise Failure(f"can't read {file}: {error.strerror}") from None


def _show_faults(file: Path, report: takeover.Report) -> None:
    if terminal.wants_json():
        terminal.show(report, lambda: None)
    else:
        for fault in report.faults:
            sys.stderr.write(f"{file}: {terminal.cell(fault)}\n")
    plural = "fault" if len(report.faults) == 1 else "faults"
    raise Failure(
        f"{file} has {len(report.faults)} {plural}; nothing was changed: correct the file and repeat"
    )


def _print_report(file: Path, report: takeover.Report) -> None:
    done = f"is taken over (revision {report.revision})" if report.taken else "can be taken over"
    terminal.print_line(f"{file} {done}:")
    for title, acting in (("acted on", True), ("kept, but nothing acts on it in this version", False)):
        counts = [f"{one.count} {one.noun}" for one in report.counts if one.acting is acting]
        if counts:
            terminal.print_line(f"  {title}: {', '.join(counts)}")
    if report.kept:
        terminal.print_line(f"  unknown here, written back on export: {_list(report.kept)}")
    if report.lost_hubs:
        lost = "lost" if report.taken else "would be lost (--replace)"
        terminal.print_line(f"  hubs that the file doesn't have, {lost}: {_list(report.lost_hubs)}")
    for remark in report.remarks:
        terminal.print_line(f"  {terminal.cell(remark)}")
    if report.taken:
        terminal.print_line("`etherloom import --undo` brings back what was before.")


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(terminal.cell(name) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more (--json lists them)" if len(names) > _SHOWN else "")


def export_file(
    form: Annotated[
        Format, typer.Option("--format", help="What the original's server and bridge load.")
    ] = Format.SOFTETHER,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="A new file, instead of standard output."),
    ] = None,
) -> None:
    """Write the whole configuration, passwords and keys too, as a file that SoftEther VPN loads."""
    try:
        content = terminal.call(takeover.EXPORT, Empty()).content
    except NoServer:
        content = offline.export_file(terminal.state_directory())
    if output is None:
        sys.stdout.write(content.decode())
        return
    _write(output, content)
    terminal.show_done(
        {"path": str(output), "format": str(form)}, f"{output} holds passwords and keys too: keep it safe"
    )


def _write(file: Path, content: bytes) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except FileExistsError:
        raise Failure(f"{file} exists already: choose another name or remove it") from None
    except OSError as error:
        raise Failure(f"can't write {file}: {error.strerror}") from None
