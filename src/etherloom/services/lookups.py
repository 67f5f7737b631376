"""Addresses of hosts, looked up on threads of their own: a dead name server holds up nobody else.

The interpreter's end doesn't wait for them, unlike for those that asyncio lends.
"""

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

Addresses = Sequence[str]


class Lookups:
    """Answers that are under way; whoever asks the same waits for the same answer."""

    def __init__(self) -> None:
        self._asked: Final[dict[str, asyncio.Future[Addresses]]] = {}

    async def find(self, host: str) -> Addresses:
        """Return the addresses of a host, in the system's order. Raises OSError."""
        with suppress(ValueError):
            return (str(ip_address(host)),)
        answer = self._asked.get(host)
        if answer is None:
            answer = self._asked[host] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda done: self._forget(host, done))
            threading.Thread(target=_ask, args=(host, answer), name="lookup", daemon=True).start()
        return await asyncio.shield(answer)

    def _forget(self, host: str, answer: asyncio.Future[Addresses]) -> None:
        self._asked.pop(host, None)
        if not answer.cancelled():
            # Nobody may be waiting any more.
            answer.exception()


def _ask(host: str, answer: asyncio.Future[Addresses]) -> None:
    error: OSError | None = None
    addresses: list[str] = []
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    except (OSError, UnicodeError) as failure:
        error = OSError(f"{host} can't be looked up: {failure}")
    with suppress(RuntimeError):
        # The loop may be closed by now.
        answer.get_loop().call_soon_threadsafe(_settle, answer, addresses, error)


def _settle(answer: asyncio.Future[Addresses], addresses: Addresses, error: OSError | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(addresses)
