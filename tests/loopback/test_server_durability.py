"""What was acknowledged stays: a server killed at random instants, and one whose disk is full."""

import asyncio
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from etherloom.handshake.messages import Welcome
from etherloom.model.errors import Refusal
from etherloom.rpc.catalog.hub import CREATE_HUB, DELETE_HUB, ENUM_HUB
from etherloom.rpc.client import AdminClient, ClientError
from tests.support.engine import frame
from tests.support.guest import Guest
from tests.support.server_process import fill, serve, started_port

CHANGES = 1_000
KILLS = 4
WAIT = 10.0


def stream_changes(state: Path, first: int, acknowledged: set[str]) -> int:
    """Create hubs until the server dies or all are there; return the next number."""
    with AdminClient(state) as client:
        for number in range(first, CHANGES):
            name = f"H{number}"
            try:
                client.call(CREATE_HUB, CREATE_HUB.request(hub=name, online=False))
            except ClientError:
                return number + 1
            acknowledged.add(name)
    return CHANGES


def hubs_of(state: Path) -> set[str]:
    with AdminClient(state) as client:
        return {row.hub for row in client.call(ENUM_HUB, ENUM_HUB.request()).rows}


def test_every_acknowledged_change_survives_kill_9(tmp_path: Path) -> None:
    chance = random.Random(7)
    state, acknowledged, number = tmp_path / "state", set[str](), 0
    for kill in range(KILLS + 1):
        with serve(tmp_path) as process:
            started_port(process)
            assert acknowledged <= hubs_of(state)
            if kill < KILLS:
                timer = threading.Timer(chance.uniform(0.05, 0.6), process.signal, [signal.SIGKILL])
                timer.start()
            number = stream_changes(state, number, acknowledged)
            if kill < KILLS:
                timer.join()
    assert number == CHANGES
    assert len(acknowledged) >= CHANGES - KILLS
    with serve(tmp_path) as process:
        started_port(process)
        assert acknowledged <= hubs_of(state)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(disk: Path) -> Path:
    """Leave no free block."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            while True:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    break
    return ballast


def create_until_refused(state: Path) -> str:
    """The first refusal. Pages that SQLite holds already take some changes yet."""
    with AdminClient(state) as client:
        for number in range(10_000):
            name = f"{number}-" + "x" * 200
            try:
                client.call(CREATE_HUB, CREATE_HUB.request(hub=name, online=False))
            except Refusal as refused:
                assert name not in hubs_of(state)
                return refused.message
    raise AssertionError("the full disk took ten thousand hubs")


async def exchange(one: Guest, other: Guest) -> None:
    """A frame there; a keep-alive or anything older may come before it."""
    wanted = frame(0, 1, os.urandom(60))
    await one.send_frames(wanted)
    async with asyncio.timeout(WAIT):
        while wanted not in await other.receive_frames():
            continue


@pytest.mark.root
async def test_a_full_disk_is_a_clear_error_and_sessions_go_on(small_disk: Path) -> None:
    await fill(small_disk / "state")
    with serve(small_disk) as process:
        port = started_port(process)
        guests = [await Guest.arrive(port), await Guest.arrive(port)]
        for guest in guests:
            assert isinstance(await guest.log_in("LAB", "guest"), Welcome)
        one, other = guests
        await exchange(one, other)
        ballast = fill_up(small_disk)
        message = await asyncio.to_thread(create_until_refused, small_disk / "state")
        assert "disk is full" in message
        assert "free space" in message
        await exchange(one, other)
        ballast.unlink()
        await asyncio.to_thread(create_and_delete, small_disk / "state")
        await exchange(other, one)
        for guest in guests:
            guest.writer.transport.abort()


def create_and_delete(state: Path) -> None:
    """With space again, changes work at once."""
    deadline = time.monotonic() + WAIT
    with AdminClient(state) as client:
        while True:
            try:
                client.call(CREATE_HUB, CREATE_HUB.request(hub="AFTER", online=False))
                break
            except Refusal:
                if time.monotonic() > deadline:
                    raise
        client.call(DELETE_HUB, DELETE_HUB.request(hub="AFTER"))
