"""The packet logs of a stock server and of ours, of the same traffic, column by column."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.etherloom import EtherloomServer
from tests.support.logged_frames import FRAMES, RECEIVER, SENDER, Vector, ethernet, vectors
from tests.support.peers import Account, Kind, Server
from tests.support.stock import StockServer
from tests.support.vpncmd import Vpncmd
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_KINDS = ("tcpconn", "tcpdata", "dhcp", "udp", "icmp", "ip", "arp", "ether")
# A stock server brings its lines to the disk when it has nothing to do.
_FLUSH_SECONDS = 30
_SOURCE_PORT, _TARGET_PORT = 9, 11
_PASSWORD = "log-tester"
_NAMES = {
    "none": r"pkt\.log",
    "sec": r"pkt_\d{8}_\d{6}\.log",
    "min": r"pkt_\d{8}_\d{4}\.log",
    "hour": r"pkt_\d{8}_\d{2}\.log",
    "day": r"pkt_\d{8}\.log",
    "month": r"pkt_\d{6}\.log",
}


class _Log:
    """The packet log of one hub, which two clients of ours have joined."""

    def __init__(self, world: World, kind: Kind, hub: str) -> None:
        self._world = world
        self._kind = kind
        self.hub = hub
        server = world.server(kind)
        self._vpncmd = _administrator(server, hub, world)
        self._folder = _logs(server) / "packet_log" / hub
        world.connect(kind, Kind.OURS, hub, Account("", "", ""))
        self.names = {facts.user: facts.name for facts in server.sessions(hub) if facts.user in World.SEATS}

    def call(self, command: str, *arguments: str) -> None:
        self._vpncmd.call(command, *arguments)

    def save(self, level: str, kinds: tuple[str, ...] = _KINDS) -> None:
        self.call("LogEnable", "packet")
        for kind in _KINDS:
            self.call("LogPacketSaveType", f"/TYPE:{kind}", f"/SAVE:{level if kind in kinds else 'none'}")

    def send(self, seat: str, *frames: bytes) -> None:
        client = self._world.client(Kind.OURS, seat)
        with client.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind((client.interface, 0))
            for frame in frames:
                wire.send(frame)

    def files(self) -> list[Path]:
        return sorted(self._folder.glob("pkt*.log"))

    def lines(self) -> list[str]:
        """What was written of frames of the one station, in order, behind date and time."""
        text = "".join(path.read_bytes().decode(errors="replace") for path in self.files())
        lines = [line.split(",", 2)[2] for line in text.split("\r\n")[:-1]]
        return [line for line in lines if line.split(",")[2] == SENDER.hex().upper()]

    def wait(self, count: int) -> list[str]:
        wait_until(lambda: len(self.lines()) >= count, _FLUSH_SECONDS, lambda: f"only {self.lines()}")
        return self.lines()

    def expected(self, vector: Vector) -> str:
        """The line with the names and addresses of this hub's sessions."""
        columns = (vector.line if self._kind is Kind.OURS else vector.stock).split(",")
        addresses = [self._address("anna"), "-" if columns[1] == "-" else self._address("bert")]
        target = columns[1] if columns[1] == "-" else self.names["bert"]
        for place in (_SOURCE_PORT, _TARGET_PORT):
            columns[place] = _port(columns[place], "tcp" if columns[6].startswith("TCP") else "udp")
        return ",".join([self.names["anna"], target, *columns[2:-2], *addresses])

    def _address(self, seat: str) -> str:
        return self._world.lan.address(self._world.seat(seat)).of(socket.AF_INET)


def _port(column: str, protocol: str) -> str:
    """The column with the name that this machine knows the port by."""
    number = re.fullmatch(r"(?:[a-z0-9-]+\()?(\d+)\)?", column)
    if number is None:
        return column
    try:
        return f"{socket.getservbyport(int(number[1]), protocol)}({number[1]})"
    except OSError:
        return number[1]


def _administrator(server: Server, hub: str, world: World) -> Vpncmd:
    server.set_admin_password(_PASSWORD)
    login = ("127.0.0.1:443", "/SERVER", f"/PASSWORD:{_PASSWORD}", f"/ADMINHUB:{hub}")
    return Vpncmd(world.stock, server.namespace, *login)


def _logs(server: Server) -> Path:
    assert isinstance(server, (EtherloomServer, StockServer))
    return server.log_folder


@pytest.fixture(params=list(Kind), ids=[kind.value for kind in Kind])
def log(own_world: World, request: pytest.FixtureRequest) -> Iterator[_Log]:
    with own_world.hub(request.param) as hub:
        made = _Log(own_world, request.param, hub)
        made.send("bert", ethernet(0x88B5, bytes(46), SENDER, RECEIVER))
        yield made


def test_lines_are_equal_column_by_column(log: _Log) -> None:
    log.save("header")
    known = vectors()
    log.send("anna", *(FRAMES[name] for name in known))
    for line, (name, vector) in zip(log.wait(len(known)), known.items(), strict=True):
        assert _masked(line) == _masked(log.expected(vector)), name


def _masked(line: str) -> str:
    """A stock server changes the lifetime of a client's router advertisement before it writes it down."""
    return re.sub(r" Lifetime=\d+", " Lifetime=n", line)


def test_whole_frames_and_no_addresses(log: _Log) -> None:
    log.save("full", ("tcpconn",))
    log.call("ExtOptionSet", "NoPhysicalIPOnPacketLog", "/VALUE:1")
    log.send("anna", FRAMES["data"], FRAMES["syn"], FRAMES["get"])
    known = vectors()
    expected = []
    for name in ("syn", "get"):
        columns = log.expected(known[name]).split(",")[:-2]
        expected.append(",".join([*columns[:-1], FRAMES[name].hex().upper()]))
    assert log.wait(2) == expected


def test_files_are_named_by_the_switch(log: _Log) -> None:
    log.save("header")
    for switch, name in _NAMES.items():
        log.call("LogSwitchSet", "packet", f"/SWITCH:{switch}")

        def is_there(pattern: str = name) -> bool:
            log.send("anna", FRAMES["syn"])
            return any(re.fullmatch(pattern, path.name) for path in log.files())

        wait_until(is_there, _FLUSH_SECONDS, f"no {name}")


def test_a_client_has_so_many_records_a_minute(log: _Log) -> None:
    log.save("header", ("arp",))
    log.call("ExtOptionSet", "MaxLoggedPacketsPerMinute", "/VALUE:5")
    log.send("anna", *[FRAMES["arp answer"]] * 20)
    log.wait(5)
    log.call("ExtOptionSet", "MaxLoggedPacketsPerMinute", "/VALUE:0")
    log.send("anna", FRAMES["arp request"])
    wait_until(lambda: ",Request," in log.lines()[-1], _FLUSH_SECONDS, "nothing after the limit was lifted")
    # The twenty may fall into two minutes.
    assert len(log.lines()) - 1 in range(5, 11)
