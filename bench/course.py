"""What is measured: a client's and a server's namespace joined by one cable, a program at each end, or none.

The client end is the client's adapter; the server end is a TAP bridged to the hub. So both ends do the same
work whoever wrote them, and raw veth measures the cable itself.
"""

import contextlib
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.bad_path import Impairment
from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.netns import Namespace
from tests.support.packages import Programs
from tests.support.peers import Account, Client, Kind, Server
from tests.support.stock import StockClient, StockServer
from tests.support.traffic import Station, ping, wait_ping
from tests.support.waiting import wait_until

from bench import openvpn
from bench.cable import Cable, cable

HUB = "BENCH"
_USER = "bench"
_PROBES = 20


class Rival(enum.Enum):
    """What else carries Ethernet between the two ends."""

    NONE = "none"
    OPENVPN_UDP = "udp"
    OPENVPN_TCP = "tcp"


@dataclass(frozen=True)
class Course:
    """Which programs are at the ends; None at both means the bare cable, or a rival."""

    name: str
    client: Kind | None
    server: Kind | None
    udp_acceleration: bool = False
    super_frames: bool = True
    rival: Rival = Rival.NONE

    @property
    def represents(self) -> Kind | None:
        """Whose server this course stands for where only a server is measured."""
        plain = not self.udp_acceleration and self.super_frames
        return self.server if plain and self.client is self.server else None


COURSES = (
    Course("stock-stock", Kind.STOCK, Kind.STOCK),
    Course("ours-ours", Kind.OURS, Kind.OURS),
    Course("ours-ours-1514", Kind.OURS, Kind.OURS, super_frames=False),
    Course("stock-ours", Kind.STOCK, Kind.OURS),
    Course("ours-stock", Kind.OURS, Kind.STOCK),
    Course("stock-stock-udp", Kind.STOCK, Kind.STOCK, udp_acceleration=True),
    Course("ours-ours-udp", Kind.OURS, Kind.OURS, udp_acceleration=True),
    Course("stock-ours-udp", Kind.STOCK, Kind.OURS, udp_acceleration=True),
    Course("ours-stock-udp", Kind.OURS, Kind.STOCK, udp_acceleration=True),
    Course("openvpn", None, None, rival=Rival.OPENVPN_UDP),
    Course("openvpn-tcp", None, None, rival=Rival.OPENVPN_TCP),
    Course("raw-veth", None, None),
)
BASE = COURSES[0].name


@dataclass(frozen=True)
class Lane:
    """A course that is up: the two stations, the processes that work for each end, and what is below."""

    client: Station
    server: Station
    cable: Cable
    client_pids: tuple[int, ...] = ()
    server_pids: tuple[int, ...] = ()
    program: Server | None = None


@contextlib.contextmanager
def lane(
    course: Course,
    folder: Path,
    stock: Programs,
    connections: int = 1,
    impairment: Impairment | None = None,
) -> Iterator[Lane]:
    """Build the course, yield it, take it down."""
    with contextlib.ExitStack() as stack:
        below = stack.enter_context(cable(impairment, folder))
        if course.rival is not Rival.NONE:
            tunnel = stack.enter_context(openvpn.tunnel(below, folder / "openvpn", course.rival.value))
            names = tunnel.client_interface, tunnel.server_interface
            yield _ready(*names, below, (tunnel.client.pid,), (tunnel.server.pid,))
        elif course.client is None or course.server is None:
            yield _bare(below)
        else:
            server = new_server(course.server, below.far, folder / "server", stock)
            stack.callback(server.stop)
            tap = _open_hub(server)
            client = _client(course.client, below.near, folder / "client", stock)
            stack.callback(client.stop)
            _connect(client, _account(course, below, connections))
            pids = tuple(client.pids()), tuple(server.pids())
            up = _ready(client.interface, tap, below, *pids, server)
            if course.udp_acceleration:
                wait_until(lambda: _is_accelerated(up), 60, "UDP acceleration does not become active")
            yield up


def new_server(kind: Kind, namespace: Namespace, folder: Path, stock: Programs) -> Server:
    """Return a server of this kind, not started."""
    if kind is Kind.STOCK:
        return StockServer(namespace, folder, stock)
    return EtherloomServer(namespace, folder)


def _is_accelerated(up: Lane) -> bool:
    """Tell whether echoes travel as datagrams below, by the kernel's count; whatever the programs say."""
    before = _datagrams_sent(up.cable.near)
    for _ in range(_PROBES):
        ping(up.client, up.server.v4)
    return _datagrams_sent(up.cable.near) - before >= _PROBES


def _datagrams_sent(namespace: Namespace) -> int:
    with namespace.entered(), open("/proc/thread-self/net/snmp") as table:
        names, values = (line.split() for line in table if line.startswith("Udp:"))
    return int(values[names.index("OutDatagrams")])


def _bare(below: Cable) -> Lane:
    near, far = below.addresses
    return Lane(
        Station(below.near, "lan0", near.v4, near.v6), Station(below.far, "lan0", far.v4, far.v6), below
    )


def _account(course: Course, below: Cable, connections: int) -> Account:
    return Account(
        below.addresses[1].v4,
        HUB,
        _USER,
        connections=connections,
        udp_acceleration=course.udp_acceleration,
        super_frames=course.super_frames,
    )


def _open_hub(server: Server) -> str:
    server.start()
    server.create_hub(HUB)
    server.create_user(HUB, _USER)
    return server.bridge(HUB, "bench0")


def _connect(client: Client, account: Account) -> None:
    client.start()
    client.connect(account)
    wait_until(client.established, 30, lambda: f"not connected: {client.failures()}")


def _ready(
    near: str,
    far: str,
    below: Cable,
    client_pids: tuple[int, ...],
    server_pids: tuple[int, ...],
    program: Server | None = None,
) -> Lane:
    here = Station(below.near, near, "10.88.0.1", "fd58::1")
    there = Station(below.far, far, "10.88.0.2", "fd58::2")
    here.configure()
    there.configure()
    wait_ping(here, there.v4)
    return Lane(here, there, below, client_pids, server_pids, program)


def _client(kind: Kind, namespace: Namespace, folder: Path, stock: Programs) -> Client:
    if kind is Kind.STOCK:
        return StockClient(namespace, folder, stock)
    return EtherloomClient(namespace, folder)
