"""What lies below a tunnel: two namespaces and the cable between them, plain, shaped or impaired."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.netns import Address, Namespace, join
from tests.support.packages import machine_tool
from tests.support.tools import compiled
from tests.support.waiting import wait_until

_INTERFACE = "lan0"
_SHAPE = ("tbf", "rate", "20mbit", "burst", "32kbit", "latency", "100ms")


@dataclass(frozen=True)
class Impairment:
    """What happens to frames in both directions; the same seed does the same again."""

    loss_percent: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorder_percent: float = 0.0
    duplicate_percent: float = 0.0
    seed: int = 1

    def options(self) -> list[str]:
        """Return it as etherloom-impair takes it."""
        return [
            *("--loss", str(self.loss_percent / 100), "--delay", str(self.delay_ms)),
            *("--jitter", str(self.jitter_ms), "--reorder", str(self.reorder_percent / 100)),
            *("--duplicate", str(self.duplicate_percent / 100), "--seed", str(self.seed)),
        ]


@dataclass(frozen=True)
class Cable:
    """Two namespaces that reach each other."""

    near: Namespace
    far: Namespace
    addresses: tuple[Address, Address]

    @contextlib.contextmanager
    def shaped(self) -> Iterator[None]:
        """Let 20 Mbit/s through each way, with a queue of 100 ms, while the block runs."""
        program, environment = machine_tool("tc")
        ends = (self.near, self.far)
        for end in ends:
            end.run(program, "qdisc", "add", "dev", _INTERFACE, "root", *_SHAPE, environment=environment)
        try:
            yield
        finally:
            for end in ends:
                end.run(program, "qdisc", "del", "dev", _INTERFACE, "root", environment=environment)


@contextlib.contextmanager
def cable(impairment: Impairment | None, folder: Path) -> Iterator[Cable]:
    """Lay a cable, directly or through the impairing bridge in a namespace of its own."""
    with contextlib.ExitStack() as stack:
        near, far = (_namespace(stack, label) for label in ("near", "far"))
        if impairment is None:
            yield Cable(near, far, join(near, far))
            return
        middle = _namespace(stack, "middle")
        addresses = _join_through(near, middle, far)
        bridge = middle.start(
            *(str(compiled("etherloom-impair")), "--between", "left,right", *impairment.options()),
            log=folder / "impair.log",
        )
        stack.callback(bridge.kill)
        wait_until(lambda: "ready" in bridge.output(), 10, "etherloom-impair does not start")
        yield Cable(near, far, addresses)


def _namespace(stack: contextlib.ExitStack, label: str) -> Namespace:
    namespace = Namespace(label)
    stack.callback(namespace.delete)
    return namespace


def _join_through(near: Namespace, middle: Namespace, far: Namespace) -> tuple[Address, Address]:
    """Wire two namespaces to a third, which must carry the frames by itself."""
    found = []
    for number, (end, port) in enumerate(((near, "left"), (far, "right")), 1):
        address = Address(f"10.77.0.{number}", f"fd4d::{number}", f"02:00:00:00:4d:{number:02x}")
        middle.ip(
            f"link add {port} type veth peer name {_INTERFACE} address {address.mac} netns {end.name}",
            f"link set {port} up",
        )
        end.ip(
            f"link set {_INTERFACE} up",
            f"addr add {address.v4}/24 dev {_INTERFACE}",
            f"addr add {address.v6}/64 dev {_INTERFACE} nodad",
        )
        found.append(address)
    return found[0], found[1]
