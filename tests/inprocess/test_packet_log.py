"""The guide's commands about packet logs on a server of this process, and the files that follow from them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from etherloom.daemon.server import Server
from etherloom.engine.facade import Session
from etherloom.vpncmd.main import run
from tests.support.configuration import administrator, hub, put
from tests.support.engine import until
from tests.support.guest import server_port, serving
from tests.support.logged_frames import FRAMES
from tests.unit.docs.pages import ROOT, blocks

_PASSWORD = "adminpw"
_GUIDE = ROOT / "docs" / "guide" / "packet-log.md"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(tmp_path))
        await put(server.owner, administrator(None, _PASSWORD), hub("LAB"))
        yield server


async def _vpncmd(server: Server, tmp_path: Path, script: str) -> None:
    file = tmp_path / "script"
    file.write_text(script)
    argv = [f"127.0.0.1:{server_port(server)}", "/SERVER", f"/PASSWORD:{_PASSWORD}", f"/IN:{file}"]
    assert await asyncio.to_thread(run, argv) == 0


async def _port(server: Server) -> Session:
    port = server.engine.open_memory(server.switches.identifier("LAB"))
    port.label("SID-TEST-1")
    await until(lambda: port.snapshot()["attached"])
    return port


async def _files(server: Server, count: int) -> dict[str, list[str]]:
    """The kinds of frames in the packet log's files, once all lines are there."""

    def read() -> dict[str, list[str]]:
        folder = server.directory.path / "packet_log" / "LAB"
        files = sorted(folder.glob("*.log"))
        return {file.name: re.findall(r"^(?:[^,]*,){8}([^,]*)", file.read_text(), re.M) for file in files}

    await until(lambda: sum(map(len, read().values())) >= count)
    return read()


async def test_a_new_hub_logs_connections_and_dhcp(server: Server) -> None:
    port = await _port(server)
    port.send_frames([FRAMES[name] for name in ("udp", "data", "syn", "dhcp request", "arp request", "rst")])
    ((name, kinds),) = (await _files(server, 3)).items()
    assert re.fullmatch(r"pkt_\d{8}\.log", name)
    assert kinds == ["TCP_CONNECTv4", "DHCPv4", "TCP_CONNECTv4"]
    (file,) = await asyncio.to_thread(server.house.log_files.list, "LAB")
    assert file.path == f"packet_log/LAB/{name}"
    content = await asyncio.to_thread(server.house.log_files.read, file.path, 0, "LAB")
    assert content is not None
    assert b",SID-TEST-1,-," in content


async def test_the_guides_commands(server: Server, tmp_path: Path) -> None:
    await _vpncmd(server, tmp_path, blocks(_GUIDE)[0])
    port = await _port(server)
    port.send_frames([FRAMES[name] for name in ("udp", "data", "syn")])
    ((name, kinds),) = (await _files(server, 2)).items()
    assert re.fullmatch(r"pkt_\d{8}_\d{2}\.log", name)
    assert kinds == ["UDPv4", "TCP_CONNECTv4"]
    text = (server.directory.path / "packet_log" / "LAB" / name).read_text()
    assert f",{FRAMES['udp'].hex().upper()},-,-\n" in text


async def test_a_hub_that_comes_back_logs_again(server: Server, tmp_path: Path) -> None:
    await _vpncmd(server, tmp_path, "Hub LAB\nLogDisable packet\n")
    port = await _port(server)
    port.send_frames([FRAMES["rst"]])
    await until(lambda: port.snapshot()["frames_received"] == 1)
    await _vpncmd(server, tmp_path, "Hub LAB\nOffline\nLogEnable packet\nOnline\n")
    port = await _port(server)
    port.send_frames([FRAMES["syn"]])
    ((_, kinds),) = (await _files(server, 1)).items()
    assert kinds == ["TCP_CONNECTv4"]
