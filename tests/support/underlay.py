"""What happens to the TCP connections below a session: listed, reset, silently dropped, listened to."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator

from tests.support.netns import Lan, Namespace
from tests.support.packages import machine_tool, programs

_LOCAL_PORT = re.compile(r":(\d+)\s+\S+:\d+\s*$", re.MULTILINE)


def local_ports(client: Namespace, server_port: int = 443) -> list[int]:
    """Return the local ports of the client's established connections to a server, in no certain order."""
    done = _ss(client, "state", "established", "dport", "=", f":{server_port}")
    return [int(port) for port in _LOCAL_PORT.findall(done)]


def reset(client: Namespace, *ports: int) -> None:
    """Reset these connections at both ends, as a firewall that lost its memory would."""
    for port in ports:
        _ss(client, "--kill", "state", "established", "sport", "=", f":{port}")


@contextlib.contextmanager
def dropping(client: Namespace, *ports: int) -> Iterator[None]:
    """Lose every packet of these connections in both directions, silently."""
    wanted = ", ".join(str(port) for port in ports)
    _nft(
        client,
        "add table inet el_test",
        "add chain inet el_test out { type filter hook output priority 0; }",
        "add chain inet el_test in { type filter hook input priority 0; }",
        f"add rule inet el_test out tcp sport {{ {wanted} }} drop",
        f"add rule inet el_test in tcp dport {{ {wanted} }} drop",
    )
    try:
        yield
    finally:
        _nft(client, "delete table inet el_test")


@contextlib.contextmanager
def without_udp(*ends: Namespace) -> Iterator[None]:
    """Lose every UDP datagram that arrives at these ends, silently: whoever sends one hears of nothing."""
    for end in ends:
        _nft(
            end,
            "add table inet el_udp",
            "add chain inet el_udp in { type filter hook input priority 0; }",
            f'add rule inet el_udp in iifname "{Lan.INTERFACE}" meta l4proto udp drop',
        )
    try:
        yield
    finally:
        for end in ends:
            _nft(end, "delete table inet el_udp")


class Sniffer:
    """Everything that passes a namespace's Lan interface, while the block runs."""

    def __init__(self, namespace: Namespace) -> None:
        everything = socket.htons(0x0003)
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, everything)
        self._socket.bind((Lan.INTERFACE, 0x0003))
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._seen = bytearray()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Sniffer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def saw(self, content: bytes) -> bool:
        """Tell whether these bytes went by inside one packet."""
        return content in self._seen

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                self._seen += self._socket.recv(65536)


def bytes_passed(namespace: Namespace) -> int:
    """Return how many bytes the namespace's Lan interface has carried in both directions."""
    with namespace.entered(), open("/proc/thread-self/net/dev") as table:
        line = next(line for line in table if line.strip().startswith(f"{Lan.INTERFACE}:"))
    columns = line.partition(":")[2].split()
    return int(columns[0]) + int(columns[8])


def _ss(namespace: Namespace, *arguments: str) -> str:
    program, environment = machine_tool("ss")
    return namespace.run(program, "-Htn", *arguments, environment=environment).stdout


def _nft(namespace: Namespace, *lines: str) -> None:
    stock = programs()
    rules = "\n".join(lines) + "\n"
    namespace.run(str(stock.tool("nft")), "-f", "-", stdin=rules, environment=stock.environment())
