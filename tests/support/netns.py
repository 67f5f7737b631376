"""Network namespaces for tests: made, wired, swept. Touches no interface of the machine itself.

Every namespace is called el-test-<process>-<number>-<label>; those of processes that are gone are stale.
"""

import contextlib
import ctypes
import itertools
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.packages import machine_tool
from tests.support.process import Process

PREFIX = "el-test-"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


class Namespace:
    """A network namespace with its loopback up and without duplicate address detection."""

    def __init__(self, label: str) -> None:
        self.name = f"{PREFIX}{os.getpid()}-{next(_numbers)}-{label}"
        self.label = label
        _ip("netns", "add", self.name)
        self.sysctl(
            {
                # Addresses must be usable at once, and the kernel may add no frames to what a test counts.
                "net/ipv6/conf/all/accept_dad": "0",
                "net/ipv6/conf/default/accept_dad": "0",
                "net/ipv6/conf/all/accept_ra": "0",
                "net/ipv6/conf/default/accept_ra": "0",
                "net/ipv6/conf/default/router_solicitations": "0",
            }
        )
        self.ip("link set lo up")

    @property
    def path(self) -> Path:
        return Path("/run/netns") / self.name

    def command(self, *argv: str) -> list[str]:
        """Return the argv that runs `argv` in here. Mounts stay those of the machine."""
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def privately(self, *argv: str) -> list[str]:
        """Return the argv that runs `argv` in here with mounts of its own."""
        return [
            *("nsenter", f"--net={self.path}", "--"),
            *("unshare", "--mount", "--propagation", "private", "--"),
            *argv,
        ]

    def run(
        self,
        *argv: str,
        check: bool = True,
        timeout: float = 20.0,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end and return what it said."""
        done = subprocess.run(
            self.command(*argv),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=dict(os.environ, **(environment or {})),
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(argv)} ended with {done.returncode}: {done.stderr or done.stdout}"
            )
        return done

    def start(self, *argv: str, log: Path, environment: Mapping[str, str] | None = None) -> Process:
        """Start a program that runs beside the test."""
        return Process(self.command(*argv), log, environment)

    def ip(self, *lines: str) -> None:
        """Run lines of `ip -batch`."""
        _ip("-n", self.name, "-batch", "-", stdin="\n".join(lines) + "\n")

    def sysctl(self, settings: Mapping[str, str]) -> None:
        with self.entered():
            for key, value in settings.items():
                Path("/proc/sys", key).write_text(value)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Move the calling thread in here and back again; what it opens meanwhile stays in here."""
        with open("/proc/thread-self/ns/net", "rb") as home, self.path.open("rb") as here:
            _setns(here.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket that belongs to this namespace, usable from everywhere."""
        with self.entered():
            return socket.socket(family, kind, protocol)

    def has_interface(self, name: str) -> bool:
        with self.entered():
            return name in (found for _, found in socket.if_nameindex())

    def neighbours(self, interface: str) -> dict[str, str]:
        """Return the MAC addresses that the kernel has resolved, by address."""
        found = json.loads(_ip("-n", self.name, "-json", "neigh", "show", "dev", interface).stdout or "[]")
        return {str(entry["dst"]): str(entry.get("lladdr", "")) for entry in found}

    def pids(self) -> list[int]:
        done = _ip("netns", "pids", self.name)
        return [int(pid) for pid in done.stdout.split()]

    def delete(self) -> None:
        """End what still runs in here and take the namespace away."""
        for pid in self.pids():
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        _ip("netns", "del", self.name)


@dataclass(frozen=True)
class Address:
    """Where a namespace is found on a Lan."""

    v4: str
    v6: str
    mac: str

    def of(self, family: int) -> str:
        return self.v6 if family == socket.AF_INET6 else self.v4


class Lan:
    """An Ethernet that joins namespaces: `lan0` in each, on a bridge in a namespace of its own."""

    INTERFACE = "lan0"

    def __init__(self, *members: Namespace, subnet: int = 77) -> None:
        self.switch = Namespace("lan")
        self._port = {member.name: f"p{index}" for index, member in enumerate(members, 1)}
        self._address = {
            member.name: Address(
                f"10.{subnet}.0.{i}", f"fd{subnet:02x}::{i:x}", f"02:00:00:00:{subnet:02x}:{i:02x}"
            )
            for i, member in enumerate(members, 1)
        }
        self.switch.ip(
            "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up"
        )
        for member in members:
            self._join(member)

    def _join(self, member: Namespace) -> None:
        port, address = self._port[member.name], self._address[member.name]
        self.switch.ip(
            f"link add {port} type veth peer name {self.INTERFACE} address {address.mac} netns {member.name}",
            f"link set {port} master br0 up",
        )
        member.ip(
            f"link set {self.INTERFACE} up",
            f"addr add {address.v4}/24 dev {self.INTERFACE}",
            f"addr add {address.v6}/64 dev {self.INTERFACE} nodad",
        )

    def address(self, member: Namespace) -> Address:
        return self._address[member.name]

    def unplug(self, member: Namespace) -> None:
        """Lose every frame to and from this member without telling it, as a broken cable behind a switch."""
        self.switch.ip(f"link set {self._port[member.name]} nomaster")

    def plug(self, member: Namespace) -> None:
        self.switch.ip(f"link set {self._port[member.name]} master br0")

    def delete(self) -> None:
        self.switch.delete()


def join(left: Namespace, right: Namespace, subnet: int = 77) -> tuple[Address, Address]:
    """Join two namespaces directly (`lan0` at both ends) and return their addresses."""
    ends = tuple(
        Address(f"10.{subnet}.0.{i}", f"fd{subnet:02x}::{i}", f"02:00:00:00:{subnet:02x}:{i:02x}")
        for i in (1, 2)
    )
    left.ip(
        f"link add lan0 address {ends[0].mac} type veth"
        f" peer name lan0 address {ends[1].mac} netns {right.name}"
    )
    for namespace, end in zip((left, right), ends, strict=True):
        namespace.ip(
            "link set lan0 up", f"addr add {end.v4}/24 dev lan0", f"addr add {end.v6}/64 dev lan0 nodad"
        )
    return ends[0], ends[1]


def available() -> str:
    """Return why namespaces can't be used here, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is missing"
    try:
        probe = Namespace("probe")
    except (AssertionError, OSError) as error:
        return str(error)
    probe.delete()
    return ""


def sweep() -> list[str]:
    """Delete the namespaces of test processes that are gone; return their names."""
    names = [line.split()[0] for line in _ip("netns", "list").stdout.splitlines() if line.startswith(PREFIX)]
    stale = [name for name in names if not Path("/proc", name.removeprefix(PREFIX).split("-")[0]).exists()]
    for name in stale:
        for pid in _ip("netns", "pids", name, check=False).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        # Another worker may have swept it meanwhile.
        _ip("netns", "del", name, check=False)
    return stale


def _ip(*arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    program, environment = machine_tool("ip")
    done = subprocess.run(
        [program, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=dict(os.environ, **environment),
    )
    if check and done.returncode:
        raise AssertionError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")
