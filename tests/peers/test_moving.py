"""Configurations that stock programs made: imported, exported, loaded by them again (acceptance 5)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Welcome
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import takeover
from etherloom.rpc.catalog.blocks import Empty
from etherloom.services.takeover.reading import parse_configuration
from etherloom.wire.config_text import parse_text, write_text
from tests.support.configuration_file import flatten
from tests.support.everything import PASSWORD, USER_PASSWORD, fill_bridge, fill_server
from tests.support.guest import guest, server_port, serving
from tests.support.netns import Namespace
from tests.support.packages import programs
from tests.support.stock import StockBridge, StockServer

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.timeout(180)]

Stock = TypeVar("Stock", bound=StockServer)
# Each is explained in docs/design/differences.md, "Configuration files".
_DIFFERENT: Final = re.compile(r"ConfigRevision")
# A server that runs counts on: its L3 switch and its bridges have sessions.
_COUNTED: Final = re.compile(
    r"ConfigRevision"
    r"|(ServerConfiguration/ServerTraffic|VirtualHUB/[^/]+/Traffic)/(Recv|Send)Traffic/\w+"
    r"|VirtualHUB/[^/]+/LastCommTime"
)
_NO_SYSLOG: Final = "ServerConfiguration/SyslogSettings/Port"


@contextmanager
def started(kind: type[Stock], folder: Path, configuration: bytes | None = None) -> Iterator[Stock]:
    """A stock program of this kind in a namespace of its own, perhaps from a configuration."""
    namespace = Namespace("moving")
    program = kind(namespace, folder, programs())
    try:
        program.start(configuration, PASSWORD if configuration is not None else None)
        yield program
    finally:
        program.stop()
        namespace.delete()


def differences(
    before: bytes, after: bytes, apart_from: re.Pattern[str] = _COUNTED
) -> dict[str, tuple[object, object]]:
    """What the two files say differently, apart from what is known to differ."""
    one, two = flatten(parse_text(before).root), flatten(parse_text(after).root)
    return {
        path: (one.get(path), two.get(path))
        for path in sorted(one.keys() | two.keys())
        if one.get(path) != two.get(path) and not apart_from.fullmatch(path)
    }


async def take_over(server: Server, configuration: bytes) -> takeover.Report:
    return await server.dispatcher.call(
        Caller.local(), takeover.IMPORT, takeover.File("vpn_server.config", configuration)
    )


async def export(server: Server) -> bytes:
    return (await server.dispatcher.call(Caller.local(), takeover.EXPORT, Empty())).content


async def test_a_server_moves_in_and_out(tmp_path: Path) -> None:
    with started(StockServer, tmp_path / "first") as stock:
        fill_server(stock, tmp_path)
        before = stock.configuration()
    assert without_banner(write_text(parse_text(before).root)) == without_banner(before)
    async with serving(tmp_path) as server:
        port = server_port(server)
        report = await take_over(server, before)
        assert (report.taken, report.faults) == (True, ())
        exported = await export(server)
        async with guest(server, port) as arrived:
            assert isinstance(await arrived.log_in("HUB1", "pw", USER_PASSWORD), Welcome)
    assert differences(before, exported, _DIFFERENT) == {}
    with started(StockServer, tmp_path / "second", exported) as stock:
        after = stock.configuration()
        users = {row["User Name"]: row for row in stock.hub("HUB1").call("UserList").rows()}
    assert differences(before, after) == {}
    assert users["pw"]["Group Name"] == "grp1"


async def test_a_bridge_moves_in_and_out(tmp_path: Path) -> None:
    with started(StockBridge, tmp_path / "first") as stock:
        fill_bridge(stock)
        before = stock.configuration()
    async with serving(tmp_path) as server:
        assert (await take_over(server, before)).faults == ()
        exported = await export(server)
    with started(StockBridge, tmp_path / "second", exported) as stock:
        found = differences(before, stock.configuration())
    assert found == {_NO_SYSLOG: (("uint", "0"), ("uint", "514"))}


def without_banner(configuration: bytes) -> bytes:
    """The file without its comments."""
    assert not parse_configuration(configuration).faults
    return configuration[configuration.index(b"declare root") :]
