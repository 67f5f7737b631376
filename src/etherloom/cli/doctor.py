"""`etherloom doctor`: looks for what keeps a server from working on this machine. Changes nothing."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import typer

from etherloom.cli import terminal
from etherloom.model.listener import DEFAULT_PORTS
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.client import AdminClient, ClientError, NoServer

_TUN: Final = Path("/dev/net/tun")
_CAP_NET_ADMIN: Final = 12
_LOWEST_OPEN_PORT: Final = 1024


class Verdict(StrEnum):
    """How a finding is meant."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    verdict: Verdict
    text: str


def examine() -> None:
    """Look for what keeps a server from working here. Exit status 1 if something is bad."""
    findings = list(find_all(terminal.state_directory()))
    rows = [(finding.about, finding.verdict, finding.text) for finding in findings]
    terminal.show_table(findings, ("ABOUT", "VERDICT", "FINDING"), rows)
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(1)


def find_all(directory: Path) -> Iterator[Finding]:
    """Look at everything."""
    yield from find_directory_faults(directory)
    yield from _find_server(directory)
    yield find_tap()
    yield find_rights()


def find_directory_faults(directory: Path) -> Iterator[Finding]:
    """The state directory and its files must be closed to others."""
    try:
        found = directory.stat()
    except FileNotFoundError:
        yield Finding("state", Verdict.NOTE, f"{directory} isn't there yet: the first start makes it")
        return
    except OSError as error:
        yield Finding("state", Verdict.BAD, f"{directory}: {error.strerror}")
        return
    if not stat.S_ISDIR(found.st_mode):
        yield Finding("state", Verdict.BAD, f"{directory} is no directory: choose another with --state")
    elif found.st_mode & 0o077:
        yield Finding("state", Verdict.BAD, f"others can look into it: `chmod 700 {directory}`")
    elif found.st_uid != os.geteuid():
        yield Finding("state", Verdict.NOTE, f"{directory} belongs to user {found.st_uid}, not to you")
    else:
        yield Finding("state", Verdict.GOOD, f"{directory} is closed to others")
        yield from _find_open_files(directory)


def _find_open_files(directory: Path) -> Iterator[Finding]:
    for file in sorted(directory.iterdir()):
        if file.is_file() and file.stat().st_mode & 0o077:
            yield Finding("state", Verdict.BAD, f"others can read it: `chmod 600 {file}`")


def _find_server(directory: Path) -> Iterator[Finding]:
    try:
        with AdminClient(directory) as client:
            summary = client.call(own.GET_SUMMARY, Empty())
    except NoServer:
        yield Finding("server", Verdict.NOTE, "none is running here: start one with `etherloom serve`")
        yield from map(find_port, DEFAULT_PORTS)
        return
    except ClientError as error:
        yield Finding("server", Verdict.BAD, str(error))
        return
    yield Finding("server", Verdict.GOOD, f"process {summary.process} is running, version {summary.version}")
    for row in summary.sockets:
        verdict = Verdict.BAD if row.problem else Verdict.GOOD
        yield Finding(f"port {row.port}", verdict, f"{row.address}: {row.problem or 'open'}")


def find_port(port: int) -> Finding:
    """Whether a server could listen on a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except PermissionError:
            return Finding(
                f"port {port}",
                Verdict.BAD,
                f"ports below {_LOWEST_OPEN_PORT} are closed to you: run as root, or use --listen",
            )
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            text = "another program has it: stop that one, or use --listen" if in_use else str(error.strerror)
            return Finding(f"port {port}", Verdict.BAD, text)
    return Finding(f"port {port}", Verdict.GOOD, "free")


def find_tap(device: Path = _TUN) -> Finding:
    """Whether TAP devices can be made: for local bridges and for the client."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        text = f"{device}: {error.strerror}; bridges and `etherloom connect` need it"
        return Finding("TAP", Verdict.NOTE, text)
    return Finding("TAP", Verdict.GOOD, f"{device} can be opened")


def find_rights(status: Path = Path("/proc/self/status")) -> Finding:
    """Whether this user may set network devices up."""
    if _has_net_admin(status):
        return Finding("rights", Verdict.GOOD, "you may create network devices")
    text = "you may not create network devices: bridges and `etherloom connect` need root or CAP_NET_ADMIN"
    return Finding("rights", Verdict.NOTE, text)


def _has_net_admin(status: Path) -> bool:
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return os.geteuid() == 0
    effective = next((line.split()[1] for line in lines if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_NET_ADMIN & 1)
