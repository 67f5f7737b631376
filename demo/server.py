"""The server of the demonstration: `etherloom serve`, with a state that lives as long as the show."""

import contextlib
import hashlib
import json
import secrets
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.machine import Machine, Program, etherloom
from demo.narration import command, facts, output, tell

HUB: Final = "DEMO"
USERS: Final = ("alice", "bob")


@dataclass(frozen=True)
class Server:
    """A running server with a hub and two users. `pin` is the SHA-256 of its certificate."""

    machine: Machine
    program: Program
    port: int
    pin: str
    passwords: Mapping[str, str]

    def show(self, *arguments: str) -> None:
        """Run a command of the command line tool in front of everybody."""
        command(self.machine.label, "etherloom", *arguments)
        output(self.machine.run(*etherloom(*arguments)))


@contextlib.contextmanager
def serving(machine: Machine, folder: Path, listen: str) -> Iterator[Server]:
    """Start the server, create the hub and the users, and end it all with the block."""
    command(machine.label, "etherloom", "serve", "--listen", listen)
    with machine.running(*etherloom("serve", "--listen", listen), log=folder / "server.log") as program:
        program.wait_for(lambda: "server started" in program.said() or None, "the server has started")
        status = json.loads(machine.run(*etherloom("status", "--json")))
        port = int(status["sockets"][0]["port"])
        pin = _fingerprint(machine, port)
        facts({"state": f"{machine.state} (SQLite, embedded)", "port": f"{port}, TLS", "certificate": pin})
        passwords = {user: secrets.token_urlsafe(12) for user in USERS}
        server = Server(machine, program, port, pin, passwords)
        _fill(server)
        yield server
        program.stop_cleanly()


def _fill(server: Server) -> None:
    server.show("hub", "create", HUB)
    for user in USERS:
        words = ("user", "create", HUB, user, "--password-stdin")
        command(server.machine.label, "etherloom", *words)
        output(server.machine.run(*etherloom(*words), stdin=f"{server.passwords[user]}\n"))
    tell("No restart: what the command line changes is durable and in force when the command returns.")


def _fingerprint(machine: Machine, port: int) -> str:
    """Look at the certificate on the server's own machine, where nobody is in between."""
    return machine.run(sys.executable, "-m", "demo.server", str(port)).strip()


def fetch_fingerprint(port: int) -> str:
    """Return the SHA-256 of what the server on this machine shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", port), timeout=10)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(fetch_fingerprint(int(sys.argv[1])) + "\n")
