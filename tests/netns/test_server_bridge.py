"""A server's TAP bridge in a namespace: frames cross, and a device that vanishes comes back."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from etherloom.handshake.messages import Welcome
from etherloom.model.bridge import LocalBridge
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import open_owner
from etherloom.store.directory import StateDirectory
from etherloom.store.sqlite import open_store
from tests.support.configuration import hub, put, user
from tests.support.engine import frame
from tests.support.guest import Guest
from tests.support.netns import Namespace
from tests.support.process import Process
from tests.support.server_process import RUN, SOURCE, started_port, wait_for_line
from tests.support.waiting import wait_until

pytestmark = pytest.mark.root
TAP = "eltap0"
ETHERTYPE = 0x88B5


@asynccontextmanager
async def serving(tmp_path: Path) -> AsyncIterator[tuple[Namespace, Process]]:
    """A server in a namespace of its own, with a hub and a bridge on it."""
    state = tmp_path / "state"
    with StateDirectory.open(state) as directory:
        store = await open_store(directory)
        owner = await open_owner(store, lambda: 1)
        bridge = Put(keys.bridge_key("LAB", TAP), LocalBridge("LAB", TAP))
        await put(owner, hub("LAB"), user("LAB", "guest"), bridge)
        await store.close()
    namespace = Namespace("bridge")
    try:
        process = namespace.start(
            *(sys.executable, "-c", RUN, str(state), "127.0.0.1:0"),
            log=tmp_path / "log",
            environment={"PYTHONPATH": str(SOURCE)},
        )
        yield namespace, process
        assert process.stop() == 0
    finally:
        namespace.delete()


def is_up(namespace: Namespace) -> bool:
    with namespace.entered():
        if TAP not in (name for _, name in socket.if_nameindex()):
            return False
    shown = namespace.run("ip", "-o", "link", "show", TAP, check=False).stdout
    return ",UP" in shown


async def arrive(namespace: Namespace, port: int) -> Guest:
    connected = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    connected.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", port))
    return await Guest.arrive(port, connected)


async def test_frames_cross_the_bridge_both_ways(tmp_path: Path) -> None:
    async with serving(tmp_path) as (namespace, process):
        port = started_port(process)
        wait_until(lambda: is_up(namespace), 10, process.output)
        guest = await arrive(namespace, port)
        assert isinstance(await guest.log_in("LAB", "guest"), Welcome)
        with namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
            packets.bind((TAP, ETHERTYPE))
            packets.settimeout(10)
            await guest.send_frames(frame(0, 1))
            assert packets.recv(2_000) == frame(0, 1)
            packets.send(frame(1, 2))
            assert await frame_of(guest) == [frame(1, 2)]
        guest.writer.transport.abort()


async def frame_of(guest: Guest) -> list[bytes]:
    """The next frames of the test's own kind; the kernel says things of its own on a new device."""
    while True:
        found = [f for f in await guest.frames() if f[12:14] == ETHERTYPE.to_bytes(2)]
        if found:
            return found


async def test_a_device_that_vanishes_comes_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as (namespace, process):
        wait_until(lambda: is_up(namespace), 10, process.output)
        namespace.ip(f"link delete {TAP}")
        wait_for_line(process, '"bridge is not working"')
        wait_until(lambda: is_up(namespace), 10, process.output)
