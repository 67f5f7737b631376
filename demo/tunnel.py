"""The demonstration with namespaces: three machines, real adapters, real traffic of the kernel's own."""

import contextlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from demo import namespaces
from demo.cargo import Carried, make_file
from demo.machine import Machine, Program, etherloom
from demo.narration import StepFailed, command, facts, output, tell, title
from demo.server import HUB, USERS, Server, serving

_MACHINES: Final = ("server", *USERS)
_ADAPTER: Final = "vpn0"
_PORT: Final = 443
_FILE_PORT: Final = 7000
# The server has a network with each user's machine; theirs have none with each other.
_UNDERLAY: Final = {"alice": ("192.0.2.1", "192.0.2.2"), "bob": ("198.51.100.1", "198.51.100.2")}
_OVERLAY: Final = {"alice": "10.77.0.1", "bob": "10.77.0.2"}
_PING: Final = ("ping", "-q", "-c", "50", "-i", "0.02", "-w", "10")
_ROUND_TRIPS: Final = re.compile(r"(\d+) packets transmitted, (\d+) received.* = ([\d./]+) ms", re.DOTALL)


@dataclass(frozen=True)
class Guest:
    """A user at a machine, connected."""

    user: str
    machine: Machine
    program: Program

    @property
    def address(self) -> str:
        return _OVERLAY[self.user]

    def event(self, kind: str) -> Mapping[str, Any]:
        """Return the newest event of this kind that the client reported; waits for it."""
        return self.program.wait_for(lambda: self._newest(kind), f"{self.user} is connected ({kind})")

    def _newest(self, kind: str) -> Mapping[str, Any] | None:
        # The last line may be half written.
        lines = self.program.said().rpartition("\n")[0].splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return next((event for event in reversed(found) if event["event"] == kind), None)


def show(folder: Path, size: int) -> None:
    """The whole story; everything is taken away at its end, however it ends."""
    with contextlib.ExitStack() as stack:
        machines = {name: stack.enter_context(namespaces.machine(name, folder / name)) for name in _MACHINES}
        _lay_cables(machines)
        title("1. A server with its embedded store, a hub, two users")
        server = stack.enter_context(serving(machines["server"], folder, f"*:{_PORT}"))
        title("2. Two clients join the hub, each from a machine of its own")
        guests = [stack.enter_context(_connected(machines[user], server, folder)) for user in USERS]
        _introduce(guests)
        server.show("session", "list", HUB)
        title("3. They reach each other")
        _ping(*guests)
        _carry(folder, size, *guests)
        _look_at(server, guests[0])
        title("4. The end")
        for guest in guests:
            guest.program.stop_cleanly()
        _check_adapters_are_gone(guests)
    tell("Clients, server, namespaces and state directory are gone; this machine is as it was.")


def _lay_cables(machines: Mapping[str, Machine]) -> None:
    tell(
        "Three machines (network namespaces): server, alice and bob. alice and bob each have a cable to the "
        "server and no way to each other. On each, ETHERLOOM_STATE names a folder of its own."
    )
    for user, (at_server, at_user) in _UNDERLAY.items():
        namespaces.wire(machines["server"], machines[user], at_server, at_user)
        facts({f"{user}'s cable": f"{at_user} - {at_server} (server)"})


@contextlib.contextmanager
def _connected(machine: Machine, server: Server, folder: Path) -> Iterator[Guest]:
    user = machine.label
    secret = folder / f"{user}.password"
    secret.touch(0o600)
    secret.write_text(f"{server.passwords[user]}\n")
    words = ["connect", _UNDERLAY[user][0], "--hub", HUB, "--user", user, "--nic", _ADAPTER]
    words += ["--address", f"{_OVERLAY[user]}/24", "--pin", server.pin, "--password-file"]
    command(user, "etherloom", *words, secret.name)
    with machine.running(*etherloom(*words, str(secret), "--json"), log=folder / f"{user}.log") as program:
        yield Guest(user, machine, program)


def _introduce(guests: list[Guest]) -> None:
    for guest in guests:
        session, adapter = guest.event("established"), guest.event("addresses")
        facts(
            {
                guest.user: f"session {session['session']}, {session['tls_version']} {session['cipher']},"
                f" {adapter['adapter']} has {', '.join(adapter['addresses'])}"
            }
        )


def _ping(alice: Guest, bob: Guest) -> None:
    # The first frames only find out who is where.
    alice.machine.run("ping", "-q", "-c", "1", "-w", "10", bob.address)
    command(alice.user, *_PING, bob.address)
    said = alice.machine.run(*_PING, bob.address)
    found = _ROUND_TRIPS.search(said)
    if found is None:
        raise StepFailed(f"ping said something unexpected: {said.strip()}")
    sent, received, times = found.groups()
    least, mean, most, _ = times.split("/")
    facts({"round trip": f"{mean} ms (least {least}, most {most}); {received} of {sent} came back"})


def _carry(folder: Path, size: int, alice: Guest, bob: Guest) -> None:
    tell("alice sends bob a file over a plain TCP connection between their two addresses in the tunnel.")
    sha256 = make_file(folder / "file", size)
    carry = (sys.executable, "-m", "demo.carry")
    where = (bob.address, str(_FILE_PORT))
    with bob.machine.running(
        *carry, "receive", *where, str(folder / "copy"), log=folder / "file.log"
    ) as door:
        door.wait_for(lambda: "ready" in door.said() or None, "bob listens")
        alice.machine.run(*carry, "send", *where, str(folder / "file"))
        carried = Carried(**json.loads(door.end().splitlines()[-1]))
    carried.check(size, sha256)
    facts({"throughput": carried, "SHA-256": f"{sha256[:16]}... at both ends"})


def _look_at(server: Server, guest: Guest) -> None:
    tell("The server's own view of alice's session, counters and cipher included:")
    server.show("session", "show", HUB, str(guest.event("established")["session"]))


def _check_adapters_are_gone(guests: list[Guest]) -> None:
    for guest in guests:
        if f" {_ADAPTER}:" in guest.machine.run("ip", "-o", "link"):
            raise StepFailed(f"{guest.user}'s client has left its adapter {_ADAPTER} behind")
    output("clients stopped with SIGTERM: polite goodbye, status 0, adapters gone")
