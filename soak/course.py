"""The course: a server of ours, clients of ours and stock ones under load, everything coming and going.

In one hub two clients of ours, in another a stock one and one of ours. Frames are compared, streams checked.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.support.consignment import Consignment, shapes, teach
from tests.support.datagrams import Count, datagrams
from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.netns import Lan, Namespace
from tests.support.packages import Programs
from tests.support.peers import Account, Client, Kind
from tests.support.steady import steady_streams
from tests.support.stock import StockClient
from tests.support.traffic import Station, wait_ping
from tests.support.waiting import wait_until

from soak.samples import Watch
from soak.visitors import Visitors

_PAIRS = {"OURS": (Kind.OURS, Kind.OURS), "MIXED": (Kind.STOCK, Kind.OURS)}
_LOOK_EVERY = 1.0
_HUBS_EVERY = 4.0


@dataclass(frozen=True)
class Load:
    """How much of everything."""

    window: int = 200_000
    streams: int = 4
    visitors: int = 4
    lifetime: int = 5


@dataclass
class Outcome:
    """What a run has shown."""

    seconds: float = 0.0
    watches: list[Watch] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    frames: int = 0
    datagrams: int = 0
    datagrams_lost: int = 0
    visits: int = 0
    failed_visits: int = 0
    hubs: int = 0

    def all_faults(self) -> list[str]:
        return [*self.faults, *(fault for watch in self.watches for fault in watch.faults())]

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {
            "faults": self.all_faults(),
            "memory_growth_bytes": {watch.name: watch.memory_growth for watch in self.watches},
        }


class Town:
    """All namespaces and programs of a run."""

    def __init__(self, folder: Path, stock: Programs, load: Load) -> None:
        self._host = Namespace("soak")
        self.visitors_home = Namespace("visitors")
        self._homes = {hub: (Namespace(f"{hub}-a"), Namespace(f"{hub}-b")) for hub in _PAIRS}
        homes = [home for pair in self._homes.values() for home in pair]
        self._lan = Lan(self._host, self.visitors_home, *homes)
        self.address = self._lan.address(self._host).v4
        self._load = load
        self.server = EtherloomServer(self._host, folder / "server")
        self.clients: dict[str, list[Client]] = {
            hub: [
                _client(kind, home, folder / home.label, stock)
                for kind, home in zip(kinds, self._homes[hub], strict=True)
            ]
            for hub, kinds in _PAIRS.items()
        }

    def start(self) -> dict[str, list[Station]]:
        self.server.start()
        return {hub: self._join(hub, clients) for hub, clients in self.clients.items()}

    def _join(self, hub: str, clients: list[Client]) -> list[Station]:
        self.server.create_hub(hub)
        stations = []
        for number, client in enumerate(clients, 1):
            self.server.create_user(hub, f"user{number}")
            client.start()
            # A stock client spreads a flow over its connections, and loses frames as it replaces them.
            ours = client.kind is Kind.OURS
            connections, lifetime = (3, self._load.lifetime) if ours else (1, 0)
            client.connect(
                Account(self.address, hub, f"user{number}", connections=connections, lifetime=lifetime)
            )
            wait_until(client.established, 20, f"{client.namespace.label} is not connected")
            station = Station(client.namespace, client.interface, f"10.88.0.{number}", f"fd58::{number}")
            station.configure()
            stations.append(station)
        wait_ping(stations[0], stations[1].v4)
        wait_ping(stations[1], stations[0].v6)
        return stations

    def watches(self) -> list[Watch]:
        ours = [client for pair in self.clients.values() for client in pair if client.kind is Kind.OURS]
        return [
            Watch("server", self.server.process.pid),
            *(Watch(f"client {client.namespace.label}", client.pids()[0]) for client in ours),
        ]

    def close(self) -> None:
        for pair in self.clients.values():
            for client in pair:
                client.stop()
        self.server.stop()
        self._lan.delete()
        for home in (self._host, self.visitors_home, *(h for pair in self._homes.values() for h in pair)):
            home.delete()


def _client(kind: Kind, home: Namespace, folder: Path, stock: Programs) -> Client:
    return EtherloomClient(home, folder) if kind is Kind.OURS else StockClient(home, folder, stock)


def run(folder: Path, stock: Programs, seconds: float, load: Load) -> Outcome:
    """Build everything, load it for so long, take it down."""
    town = Town(folder, stock, load)
    try:
        return _run(town, seconds, load)
    finally:
        town.close()


def _run(town: Town, seconds: float, load: Load) -> Outcome:
    stations = town.start()
    outcome = Outcome(watches=town.watches())
    for pair in stations.values():
        teach(*pair)
    consignments = [
        Consignment(sender, receiver, shapes(), load.window)
        for pair in stations.values()
        for sender, receiver in (pair, pair[::-1])
    ]
    visitors = Visitors(town.visitors_home, town.address, [*_PAIRS, "GUESTS"], "user1", load.visitors)
    with _traffic(stations, load, outcome):
        for consignment in consignments:
            consignment.start()
        visitors.start()
        _stay(town, outcome, seconds)
        visitors.finish()
        for consignment in consignments:
            report = consignment.finish()
            outcome.frames += report.frames
            outcome.faults += report.faults
    outcome.visits, outcome.failed_visits = visitors.came, visitors.failed
    return outcome


@contextlib.contextmanager
def _traffic(stations: dict[str, list[Station]], load: Load, outcome: Outcome) -> Iterator[None]:
    """Streams and datagrams beside the frames that are compared."""
    left, right = stations["OURS"]
    near, far = stations["MIXED"]
    with (
        steady_streams(left, right, load.streams, 262_144) as findings,
        datagrams(near, far, 2, 32) as up,
        datagrams(far, near, 2, 32) as down,
    ):
        yield
    outcome.faults += [f"a stream was damaged: {found}" for found in findings if not found.intact]
    counts: list[Count] = [*up, *down]
    outcome.datagrams = sum(count.sent for count in counts)
    outcome.datagrams_lost = sum(count.lost for count in counts)


def _stay(town: Town, outcome: Outcome, seconds: float) -> None:
    """Look at the programs every second, and make and delete a hub every few."""
    began = time.monotonic()
    hubs_due = 0.0
    while (now := time.monotonic() - began) < seconds:
        for watch in outcome.watches:
            watch.look(now)
        if now >= hubs_due:
            hubs_due = now + _HUBS_EVERY
            _renew_hub(town.server)
            outcome.hubs += 1
        next_look = began + now + _LOOK_EVERY
        wait_until(lambda due=next_look: time.monotonic() >= due, 60, "time stands still")  # type: ignore[misc]
    outcome.seconds = time.monotonic() - began


def _renew_hub(server: EtherloomServer) -> None:
    server.cli("hub", "delete", "GUESTS", check=False)
    server.create_hub("GUESTS")
    server.create_user("GUESTS", "user1")
