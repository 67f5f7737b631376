"""A file over one plain TCP connection, as any program would send it. It knows nothing of a tunnel.

`python -m demo.carry receive ADDRESS PORT FILE` writes what comes and prints size, seconds and SHA-256;
`python -m demo.carry send ADDRESS PORT FILE` sends.
"""

import hashlib
import json
import socket
import sys
import time
from pathlib import Path

_PIECE = 1 << 18
_PATIENCE_SECONDS = 20.0


def receive(address: str, port: int, path: Path) -> None:
    """Take one connection and write what it brings."""
    with socket.create_server((address, port)) as door, path.open("wb") as out:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        door.settimeout(_PATIENCE_SECONDS)
        peer, _ = door.accept()
        with peer:
            peer.settimeout(_PATIENCE_SECONDS)
            started = time.monotonic()
            while piece := peer.recv(_PIECE):
                out.write(piece)
            seconds = time.monotonic() - started
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    report = {"size": path.stat().st_size, "seconds": seconds, "sha256": digest}
    sys.stdout.write(json.dumps(report) + "\n")


def send(address: str, port: int, path: Path) -> None:
    """Send a whole file."""
    with (
        socket.create_connection((address, port), timeout=_PATIENCE_SECONDS) as peer,
        path.open("rb") as file,
    ):
        peer.sendfile(file)


if __name__ == "__main__":
    act = {"receive": receive, "send": send}[sys.argv[1]]
    act(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
