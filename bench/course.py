"""What is measured: a client's and a server's namespace joined by one cable, a program at each end, or none.

The client end is the client's adapter; the server end is a TAP bridged to the hub. So both ends do the same
work whoever wrote them, and raw veth measures the cable itself.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.netns import Namespace, join
from tests.support.packages import Programs
from tests.support.peers import Account, Client, Kind, Server
from tests.support.stock import StockClient, StockServer
from tests.support.traffic import Station, wait_ping
from tests.support.waiting import wait_until

_HUB, _USER = "BENCH", "bench"


@dataclass(frozen=True)
class Course:
    """Which programs are at the ends; None at both means the bare cable."""

    name: str
    client: Kind | None
    server: Kind | None


COURSES = (
    Course("stock-stock", Kind.STOCK, Kind.STOCK),
    Course("ours-ours", Kind.OURS, Kind.OURS),
    Course("stock-ours", Kind.STOCK, Kind.OURS),
    Course("ours-stock", Kind.OURS, Kind.STOCK),
    Course("raw-veth", None, None),
)
BASE = COURSES[0].name


@dataclass(frozen=True)
class Lane:
    """A course that is up: the two stations, and the processes that work for each end."""

    client: Station
    server: Station
    client_pids: tuple[int, ...] = ()
    server_pids: tuple[int, ...] = ()


@contextlib.contextmanager
def lane(course: Course, folder: Path, stock: Programs, account: Account) -> Iterator[Lane]:
    """Build the course, yield it, take it down."""
    with contextlib.ExitStack() as stack:
        near, far = Namespace("near"), Namespace("far")
        stack.callback(near.delete)
        stack.callback(far.delete)
        ends = join(near, far)
        if course.client is None or course.server is None:
            yield Lane(
                Station(near, "lan0", ends[0].v4, ends[0].v6), Station(far, "lan0", ends[1].v4, ends[1].v6)
            )
            return
        server = _server(course.server, far, folder / "server", stock)
        stack.callback(server.stop)
        tap = _open_hub(server)
        client = _client(course.client, near, folder / "client", stock)
        stack.callback(client.stop)
        _connect(client, account, ends[1].v4)
        yield _ready(client, server, tap)


def _open_hub(server: Server) -> str:
    server.start()
    server.create_hub(_HUB)
    server.create_user(_HUB, _USER)
    return server.bridge(_HUB, "bench0")


def _connect(client: Client, account: Account, address: str) -> None:
    client.start()
    client.connect(
        Account(
            address,
            _HUB,
            _USER,
            connections=account.connections,
            encrypt=account.encrypt,
            compress=account.compress,
            udp_acceleration=account.udp_acceleration,
        )
    )
    wait_until(client.established, 20, lambda: f"not connected: {client.failures()}")


def _ready(client: Client, server: Server, tap: str) -> Lane:
    here = Station(client.namespace, client.interface, "10.88.0.1", "fd58::1")
    there = Station(server.namespace, tap, "10.88.0.2", "fd58::2")
    here.configure()
    there.configure()
    wait_ping(here, there.v4)
    return Lane(here, there, tuple(client.pids()), tuple(server.pids()))


def _server(kind: Kind, namespace: Namespace, folder: Path, stock: Programs) -> Server:
    if kind is Kind.STOCK:
        return StockServer(namespace, folder, stock)
    return EtherloomServer(namespace, folder)


def _client(kind: Kind, namespace: Namespace, folder: Path, stock: Programs) -> Client:
    if kind is Kind.STOCK:
        return StockClient(namespace, folder, stock)
    return EtherloomClient(namespace, folder)
