"""Network namespaces that stand for machines: made, wired, taken away. Touches no interface of this machine.

A namespace is called el-demo-<process>-<label>; one whose process is gone is swept away.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from demo.machine import Machine
from demo.narration import StepFailed

_PREFIX: Final = "el-demo-"


def missing() -> str:
    """Why namespaces can't be used here; empty if they can."""
    if os.geteuid() != 0:
        return "this isn't root"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    try:
        _sweep()
        with machine("probe", Path("/nowhere")) as probe:
            probe.run("ip", "link", "add", "probe0", "type", "veth", "peer", "probe1")
            probe.run("ip", "tuntap", "add", "dev", "probe2", "mode", "tap")
    except StepFailed as error:
        return str(error)
    return ""


@contextlib.contextmanager
def machine(label: str, state: Path) -> Iterator[Machine]:
    """A machine of its own, with nothing but its loopback interface, until the end of the block."""
    name = f"{_PREFIX}{os.getpid()}-{label}"
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        yield Machine(label, state, ("ip", "netns", "exec", name))
    finally:
        _remove(name)


def wire(left: Machine, right: Machine, left_address: str, right_address: str) -> None:
    """Lay a cable between two machines; both ends go with either of them."""
    ends = ((left, f"to-{right.label}", left_address), (right, f"to-{left.label}", right_address))
    (one, one_port, _), (other, other_port, _) = ends
    _ip("-n", _name(one), "link", "add", one_port, "type", "veth", "peer", other_port, "netns", _name(other))
    for end, port, address in ends:
        _ip("-n", _name(end), "addr", "add", f"{address}/24", "dev", port)
        _ip("-n", _name(end), "link", "set", port, "up")


def _name(machine: Machine) -> str:
    return machine.entry[-1]


def _sweep() -> None:
    """Take away what demonstrations that were killed have left."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0]
        process = name.removeprefix(_PREFIX).split("-")[0]
        if name.startswith(_PREFIX) and not Path("/proc", process).exists():
            _remove(name)


def _remove(name: str) -> None:
    for process in _ip("netns", "pids", name).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    _ip("netns", "del", name)


def _ip(*arguments: str) -> str:
    return Machine("here", Path("/nowhere")).run("ip", *arguments)
