"""Packets that keep a line open: sent while they are wanted, to who is named, and never else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from etherloom.model.server import KeepAlive
from etherloom.services.keep_alive import LineKeeper, clamp_interval
from etherloom.state.owner import Owner
from tests.support.configuration import TEST, open_configuration

WAIT = 10.0


class Ear(asyncio.DatagramProtocol):
    """Hears datagrams."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, _address: object) -> None:
        self.heard.put_nowait(data)


@asynccontextmanager
async def keeping(owner: Owner) -> AsyncIterator[LineKeeper]:
    keeper = LineKeeper(owner)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(keeper.run())
        yield keeper
        task.cancel()


async def test_datagrams_begin_when_they_are_switched_on(tmp_path: Path) -> None:
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with open_configuration(tmp_path / "s") as owner, keeping(owner) as keeper:
        await keeper.set(KeepAlive(host="127.0.0.1", port=port), TEST)
        await asyncio.wait_for(_passed(), WAIT)
        assert ear.heard.empty()
        await keeper.set(KeepAlive(enabled=True, host="127.0.0.1", port=port), TEST)
        first = await asyncio.wait_for(ear.heard.get(), WAIT)
        await keeper.set(KeepAlive(enabled=True, host="127.0.0.1", port=port, interval=5), TEST)
        assert len(first) == len(await asyncio.wait_for(ear.heard.get(), WAIT))
    transport.close()


async def _passed() -> None:
    """Every task has had many turns."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_tcp_connects_and_hangs_up(tmp_path: Path) -> None:
    gone = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await reader.read():
            gone.set()
        writer.close()

    async with (
        await asyncio.start_server(accept, "127.0.0.1", 0) as server,
        open_configuration(tmp_path / "s") as owner,
        keeping(owner) as keeper,
    ):
        port = server.sockets[0].getsockname()[1]
        await keeper.set(KeepAlive(enabled=True, host="127.0.0.1", port=port, udp=False), TEST)
        await asyncio.wait_for(gone.wait(), WAIT)


async def test_a_host_that_is_not_there_ends_nothing(tmp_path: Path) -> None:
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with open_configuration(tmp_path / "s") as owner, keeping(owner) as keeper:
        await keeper.set(KeepAlive(enabled=True, host="127.0.0.1", port=1, udp=False), TEST)
        await keeper.set(KeepAlive(enabled=True, host="127.0.0.1", port=port), TEST)
        assert await asyncio.wait_for(ear.heard.get(), WAIT)
    transport.close()


def test_intervals_are_brought_into_bounds() -> None:
    assert [clamp_interval(seconds) for seconds in (0, 5, 60, 601)] == [5, 5, 60, 600]
