"""What lies below a tunnel: two namespaces and the cable between them, plain, shaped or impaired."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.bad_path import INTERFACE, Impairment, joined_badly
from tests.support.netns import Address, Namespace, join
from tests.support.packages import machine_tool

_SHAPE = ("tbf", "rate", "20mbit", "burst", "32kbit", "latency", "100ms")


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
            end.run(program, "qdisc", "add", "dev", INTERFACE, "root", *_SHAPE, environment=environment)
        try:
            yield
        finally:
            for end in ends:
                end.run(program, "qdisc", "del", "dev", INTERFACE, "root", environment=environment)


@contextlib.contextmanager
def cable(impairment: Impairment | None, folder: Path) -> Iterator[Cable]:
    """Lay a cable, directly or through the impairing bridge in a namespace of its own."""
    with contextlib.ExitStack() as stack:
        near, far = (_namespace(stack, label) for label in ("near", "far"))
        if impairment is None:
            yield Cable(near, far, join(near, far))
            return
        addresses = stack.enter_context(joined_badly(near, far, impairment, folder))
        yield Cable(near, far, addresses)


def _namespace(stack: contextlib.ExitStack, label: str) -> Namespace:
    namespace = Namespace(label)
    stack.callback(namespace.delete)
    return namespace
