"""`etherloom connect` on a stock server: two of ours meet on its hub, in the modes that change the wire."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.peers import Kind
from tests.support.process import Process, wait_ended
from tests.support.traffic import Station, check_reachable
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.timeout(120)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def connect(world: World, seat: str, hub: str, family: int, folder: Path, *arguments: str) -> Process:
    password = folder / "password"
    password.write_text("secret\n")
    address = world.address(Kind.STOCK, family)
    target = f"[{address}]:5555" if family == 6 else f"{address}:5555"
    return world.seat(seat).start(
        *(sys.executable, "-m", "tests.netns.client_program", target, "--hub", hub, "--user", seat),
        *("--password-file", str(password), "--insecure", "--json", "--address", "none", "--nic", "vpn7"),
        *("--state", str(folder / "state"), *arguments),
        log=folder / f"{seat}.log",
        environment={"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
    )


@pytest.mark.parametrize(
    ("family", "arguments"),
    [
        (4, ()),
        (6, ("--connections", "2")),
        (4, ("--connections", "8", "--additional-interval", "0.2")),
        (4, ("--connections", "2", "--half-duplex", "--additional-interval", "0.2")),
        (4, ("--compress",)),
        (4, ("--no-encrypt",)),
        (6, ("--no-encrypt", "--compress", "--connections", "4", "--half-duplex")),
    ],
    ids=lambda value: " ".join(value) or "plain" if isinstance(value, tuple) else f"IPv{value}",
)
def test_two_clients_meet(world: World, tmp_path: Path, family: int, arguments: tuple[str, ...]) -> None:
    with world.hub(Kind.STOCK) as hub:
        clients = [connect(world, seat, hub, family, tmp_path, *arguments) for seat in world.SEATS]
        try:
            for client in clients:
                wait_until(lambda c=client: '"established"' in c.output(), 20, client.output)  # type: ignore[misc]
            stations = []
            for number, seat in enumerate(world.SEATS, 11):
                station = Station(world.seat(seat), "vpn7", f"10.88.0.{number}", f"fd58::{number}")
                station.configure()
                stations.append(station)
            check_reachable(stations[0], stations[1])
            for client in clients:
                client.signal(signal.SIGINT)
                assert wait_ended(client, 15) == 0
        finally:
            for client in clients:
                client.kill()
