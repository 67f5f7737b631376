"""A cable between two namespaces that loses, delays, shuffles and doubles frames (this kernel has no netem).

The frames go through a namespace in the middle, where etherloom-impair takes them from one packet socket to
another. Both ends hand over what a wire would carry: a super-frame would be lost as one.
"""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import offload
from tests.support.netns import Address, Namespace
from tests.support.tools import compiled
from tests.support.waiting import wait_until

INTERFACE = "lan0"
_PORTS = ("left", "right")
_EVERYTHING = 0x0003
_SO_RCVBUFFORCE = 33
_BUFFER_BYTES = 16 << 20


@dataclass(frozen=True)
class Impairment:
    """What happens to frames in both directions; the same seed does the same again."""

    loss_percent: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorder_percent: float = 0.0
    duplicate_percent: float = 0.0
    rate_mbit: float = 0.0
    seed: int = 1

    def options(self) -> list[str]:
        """Return it as etherloom-impair takes it."""
        rate = ["--rate", str(int(self.rate_mbit * 1e6))] if self.rate_mbit else []
        return [
            *("--loss", str(self.loss_percent / 100), "--delay", str(self.delay_ms)),
            *("--jitter", str(self.jitter_ms), "--reorder", str(self.reorder_percent / 100)),
            *("--duplicate", str(self.duplicate_percent / 100), "--seed", str(self.seed), *rate),
        ]


@contextlib.contextmanager
def joined_badly(
    near: Namespace, far: Namespace, impairment: Impairment, folder: Path
) -> Iterator[tuple[Address, Address]]:
    """Join two namespaces (`lan0` in each) and yield their addresses."""
    middle = Namespace("middle")
    try:
        middle.sysctl({"net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1"})
        ends = _wire(near, middle, far)
        with _bridge(middle, impairment, folder / "impair.log"):
            yield ends
    finally:
        middle.delete()


def _wire(near: Namespace, middle: Namespace, far: Namespace) -> tuple[Address, Address]:
    found = []
    for number, (end, port) in enumerate(zip((near, far), _PORTS, strict=True), 1):
        address = Address(f"10.77.0.{number}", f"fd4d::{number}", f"02:00:00:00:4d:{number:02x}")
        middle.ip(
            f"link add {port} type veth peer name {INTERFACE} address {address.mac} netns {end.name}",
            f"link set {port} up promisc on",
        )
        end.ip(
            f"link set {INTERFACE} up",
            f"addr add {address.v4}/24 dev {INTERFACE}",
            f"addr add {address.v6}/64 dev {INTERFACE} nodad",
        )
        offload.leave_to_kernel(
            end, INTERFACE, (*offload.TCP, *offload.UDP, *offload.CHECKSUM, *offload.RECEIVE)
        )
        found.append(address)
    return found[0], found[1]


@contextlib.contextmanager
def _bridge(middle: Namespace, impairment: Impairment, log: Path) -> Iterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        left, right = (stack.enter_context(_tap(middle, port)) for port in _PORTS)
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [str(compiled("etherloom-impair")), *impairment.options()],
                stdin=left.fileno(),
                stdout=right.fileno(),
                stderr=errors,
                start_new_session=True,
            )
        stack.callback(process.wait, 10)
        stack.callback(_end, process)
        wait_until(lambda: "ready" in log.read_text(), 10, "etherloom-impair does not start")
        yield


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, "etherloom-impair ended by itself"
    os.kill(process.pid, signal.SIGKILL)


def _tap(namespace: Namespace, port: str) -> socket.socket:
    """Return a socket that has every frame of an interface."""
    tap = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
    tap.bind((port, _EVERYTHING))
    tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    return tap
