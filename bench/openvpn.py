"""OpenVPN between the two ends: TAP, TLS, AES-256-GCM, its server in server mode, the rest as it comes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme
from tests.support.netns import Namespace
from tests.support.packages import rivals
from tests.support.process import Process
from tests.support.waiting import wait_until

from bench.cable import Cable

_PORT = "1194"
_STANDS = "Initialization Sequence Completed"


@dataclass(frozen=True)
class Tunnel:
    """Both ends, running."""

    client: Process
    server: Process
    client_interface: str = "ovpn0"
    server_interface: str = "ovpn0"


@contextlib.contextmanager
def tunnel(below: Cable, folder: Path, protocol: str) -> Iterator[Tunnel]:
    """Run a server at the far end and a client at the near end, over `udp` or `tcp`."""
    folder.mkdir(parents=True)
    _write_certificates(folder)
    with contextlib.ExitStack() as stack:
        listening = "tcp-server" if protocol == "tcp" else "udp"
        server = _start(
            below.far, folder, "server", "--mode", "server", "--tls-server", "--dh", "none",
            "--proto", listening, "--port", _PORT, "--local", below.addresses[1].v4,
        )  # fmt: skip
        stack.callback(server.kill)
        wait_until(lambda: _STANDS in server.output(), 20, server.output)
        connecting = "tcp-client" if protocol == "tcp" else "udp"
        client = _start(
            below.near, folder, "client", "--client", "--nobind",
            "--proto", connecting, "--remote", below.addresses[1].v4, _PORT,
        )  # fmt: skip
        stack.callback(client.kill)
        wait_until(lambda: _STANDS in client.output(), 20, client.output)
        yield Tunnel(client, server)


def _start(namespace: Namespace, folder: Path, name: str, *options: str) -> Process:
    found = rivals()
    # Without it Nagle's algorithm holds short packets back, which nobody who cares runs it with.
    nodelay = ("--socket-flags", "TCP_NODELAY") if any("tcp" in option for option in options) else ()
    return namespace.start(
        str(found.tool("openvpn")), *options, *nodelay,
        "--dev", "ovpn0", "--dev-type", "tap", "--data-ciphers", "AES-256-GCM", "--keepalive", "10", "60",
        "--ca", str(folder / "ca.pem"),
        "--cert", str(folder / f"{name}.pem"), "--key", str(folder / f"{name}.key"),
        log=folder / f"{name}.log",
        environment=found.environment(),
    )  # fmt: skip


def _write_certificates(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in ("server", "client"):
        issued = authority.issue_cert(f"{name}.bench.example", common_name=name)
        issued.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        issued.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
        (folder / f"{name}.key").chmod(0o600)
