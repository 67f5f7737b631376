"""The data path and the interpreter are apart: frames go on while Python holds its lock."""

import asyncio
import subprocess
import sys
import textwrap
import time

import pytest

from etherloom.engine.commands import HubRules, LinkSettings, SessionRules
from tests.support.engine import Bench, running, until

# A station in a process of its own: it answers, or asks and counts the answers of one second.
STATION = textwrap.dedent(
    """
    import socket, ssl, sys, time
    port, role = int(sys.argv[1]), sys.argv[2]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    wire = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    stream = wire.makefile("rwb")
    here, there = (1, 2) if role == "ask" else (2, 1)
    frame = bytes([2, 0, 0, 0, 0, there, 2, 0, 0, 0, 0, here, 0x88, 0xB5]) + b"x" * 50
    block = (1).to_bytes(4, "big") + len(frame).to_bytes(4, "big") + frame
    def send():
        stream.write(block)
        stream.flush()
    def receive():
        while True:
            count = int.from_bytes(stream.read(4), "big")
            for _ in range(1 if count == 0xFFFFFFFF else count):
                body = stream.read(int.from_bytes(stream.read(4), "big"))
            if count != 0xFFFFFFFF and body[:6] == frame[6:12]:
                return
    print("ready", flush=True)
    if role == "answer":
        send()
        while True:
            receive()
            send()
    sys.stdin.readline()
    send()
    receive()
    print("going", flush=True)
    end, rounds = time.monotonic() + 1, 0
    while time.monotonic() < end:
        send()
        receive()
        rounds += 1
    print(rounds, flush=True)
    """
)


async def start_station(bench: Bench, hub: int, role: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: ASYNC220  # starting is quick, and the pipes are read in a thread
        [sys.executable, "-c", STATION, str(bench.port), role],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    connection = await asyncio.wait_for(bench.accepted.get(), 10)
    session = bench.facade.open_session(hub, SessionRules(server=True))
    bench.facade.promote(connection, session, b"", b"", LinkSettings())
    await until(lambda: session.snapshot()["links"])
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == "ready\n"
    return process


def hold_the_interpreter(seconds: float) -> None:
    """One long computation in C that gives no other thread of Python a turn."""
    exponent = 200_000
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pow(3, exponent)


async def rounds_of(bench: Bench, *, held: bool) -> int:
    hub = bench.facade.open_hub(HubRules())
    answering = await start_station(bench, hub, "answer")
    asking = await start_station(bench, hub, "ask")
    assert asking.stdin is not None
    assert asking.stdout is not None
    try:
        asking.stdin.write("go\n")
        asking.stdin.flush()
        assert await asyncio.to_thread(asking.stdout.readline) == "going\n"
        if held:
            # The event loop and every thread of Python stand still; the engine must not.
            hold_the_interpreter(1.2)
        return int(await asyncio.to_thread(asking.stdout.readline))
    finally:
        for process in (asking, answering):
            process.kill()
            process.communicate()


@pytest.mark.alone
async def test_frames_go_on_while_python_computes() -> None:
    async with running() as bench:
        free = await rounds_of(bench, held=False)
        held = await rounds_of(bench, held=True)
    # On two busy cores some rounds are lost to fair competition; an engine that waits for Python makes none.
    assert held > free / 10, f"{free} round trips with Python idle, {held} with Python busy"
