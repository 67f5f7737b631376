"""A receiver of webhooks: keeps what it gets and answers as it is told, badly too."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
import trustme

Reaction = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Delivered:
    """One request."""

    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`reactions` are used in turn; the last one stays."""

    reactions: list[Reaction]
    port: int = 0
    authority: str = ""
    requests: list[Delivered] = field(default_factory=list)

    def url(self, path: str = "/hook?x=1") -> str:
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await _read(reader))
            reaction = self.reactions.pop(0) if len(self.reactions) > 1 else self.reactions[0]
            await reaction(writer)
        except (ConnectionError, h11.RemoteProtocolError):
            return
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Delivered:
    connection = h11.Connection(h11.SERVER)
    head: Any = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            headers = {name.decode(): value.decode() for name, value in head.headers}
            return Delivered(head.target.decode(), headers, body)
        else:
            raise ConnectionError("the sender left")


def answer(status: int, *headers: str, body: bytes = b"") -> Reaction:
    """An answer of this status."""

    async def react(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return react


async def silence(_writer: asyncio.StreamWriter) -> None:
    """Never an answer; ends when the sender gives up, or the test."""
    await asyncio.Event().wait()


async def rubbish(writer: asyncio.StreamWriter) -> None:
    """No HTTP."""
    writer.write(b"\x00" * 300_000)
    await writer.drain()


async def endless_head(writer: asyncio.StreamWriter) -> None:
    """Headers without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: " + b"y" * 8_000 + b"\r\n")
        await writer.drain()


async def endless_body(writer: asyncio.StreamWriter) -> None:
    """A fine answer whose body never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1000\r\n" + bytes(4_096) + b"\r\n")
        await writer.drain()


async def hang_up(_writer: asyncio.StreamWriter) -> None:
    """No answer but the end."""


@asynccontextmanager
async def receiving(*reactions: Reaction, tls: bool = False) -> AsyncIterator[Receiver]:
    """A receiver on a port of the loopback."""
    receiver = Receiver(list(reactions) or [answer(204)])
    context = None
    if tls:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        receiver.authority = authority.cert_pem.bytes().decode()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await receiver.serve(reader, writer)
        except asyncio.CancelledError:
            return
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tuple(tasks))
        await server.wait_closed()
