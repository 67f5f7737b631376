"""A running engine and peers that speak blocks, for tests of the seam."""

import asyncio
import datetime
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from etherloom.engine.commands import ListenerLimits
from etherloom.engine.facade import Connection, Facade


@cache
def identity() -> tuple[bytes, bytes]:
    """Certificate and key (DER) of a server called `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2037, 1, 1, tzinfo=datetime.UTC))
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.DER),
        key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


class Bench:
    """One engine with one listener; what it accepts waits in `accepted`."""

    def __init__(self, facade: Facade, limits: ListenerLimits) -> None:
        self.facade = facade
        self._visitors: list[Visitor] = []
        self.accepted: asyncio.Queue[Connection] = asyncio.Queue()
        certificate, key = identity()
        facade.core.set_identity([certificate], key)
        self.listener = facade.open_listener("127.0.0.1", 0, limits, self.accepted.put_nowait)
        self.port = facade.core.listener_port(self.listener)

    async def pair(self) -> tuple[Connection, Connection]:
        """A connection of the engine to itself: (client's end, server's end)."""
        client = await self.facade.connect("127.0.0.1", self.port, "localhost", 5_000)
        return client, await asyncio.wait_for(self.accepted.get(), 5)

    async def visitor(self) -> tuple["Visitor", Connection]:
        """A TLS peer that is not ours, and the server's end of it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
        visitor = Visitor(reader, writer)
        self._visitors.append(visitor)
        return visitor, await asyncio.wait_for(self.accepted.get(), 5)

    def dismiss(self) -> None:
        """Let all visitors vanish."""
        for visitor in self._visitors:
            visitor.writer.transport.abort()


class Visitor:
    """The far end of a connection, through Python's own TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send_frames(self, *frames: bytes) -> None:
        body = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)
        self.writer.write(len(frames).to_bytes(4, "big") + body)
        await self.writer.drain()

    async def receive_frames(self) -> list[bytes]:
        """The next group that holds frames; keep-alives are passed over."""
        while True:
            count = await self._number()
            if count == 0xFFFF_FFFF:
                await self.reader.readexactly(await self._number())
            elif count:
                return [await self.reader.readexactly(await self._number()) for _ in range(count)]

    async def _number(self) -> int:
        return int.from_bytes(await self.reader.readexactly(4), "big")

    def reset(self) -> None:
        """Vanish with an RST."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            return


@asynccontextmanager
async def running(
    *, workers: int = 2, limits: ListenerLimits | None = None, queue_budget_bytes: int = 0
) -> AsyncIterator[Bench]:
    """An engine that is stopped at the end, which must be clean."""
    facade = Facade(workers=workers, queue_budget_bytes=queue_budget_bytes)
    bench = Bench(facade, limits or ListenerLimits())
    try:
        yield bench
    finally:
        bench.dismiss()
        assert await facade.stop(3_000), "the engine did not stop within its deadline"


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for what must become true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the engine's counters have no event to wait for
            await asyncio.sleep(0.005)


def frame(destination: int, source: int, payload: bytes = b"x" * 46, ethertype: int = 0x88B5) -> bytes:
    """An Ethernet frame between two locally administered stations; 0 is the broadcast address."""
    target = b"\xff" * 6 if destination == 0 else (0x0200_0000_0000 + destination).to_bytes(6, "big")
    return target + (0x0200_0000_0000 + source).to_bytes(6, "big") + ethertype.to_bytes(2, "big") + payload
