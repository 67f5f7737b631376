"""The scripted server as a program: a listener, a hub, and a TAP adapter on the hub.

Usage: python -m tests.netns.client_server_program PORT IDENTITY_FILE TAP
Prints "ready" once it listens. The identity survives a restart in its file. SIGUSR1 ends all sessions and
takes the hub off line.
"""

import asyncio
import signal
import sys
from pathlib import Path

from etherloom.engine.facade import Facade
from etherloom.model.errors import ErrorCode
from tests.inprocess.client_server import ClientServer, Identity, make_identity


def load_identity(file: Path) -> Identity:
    if not file.exists():
        made = make_identity()
        file.write_text(f"{made.certificate.hex()}\n{made.key.hex()}\n")
    certificate, key = file.read_text().split()
    return Identity(bytes.fromhex(certificate), bytes.fromhex(key))


async def main(port: int, identity: Path, tap: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    engine = Facade(workers=1)
    server = ClientServer(engine, load_identity(identity), port, "0.0.0.0")
    engine.open_tap(server.hub, tap)

    def go_offline() -> None:
        server.decide = lambda _: ErrorCode.HUB_STOPPING
        server.forget_sessions()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go_offline)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    await engine.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
