"""Find the server and get a TLS connection to it: all its addresses, IPv6 and IPv4, the first that answers.

It doesn't judge who answered (etherloom.client.certificate does) and doesn't speak.
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

from etherloom.client.account import Family
from etherloom.engine.facade import Connection, ConnectionLost
from etherloom.model.errors import ErrorCode, Refusal

_STAGGER_S: Final = 0.25
_FAMILIES: Final = {
    Family.ANY: socket.AF_UNSPEC,
    Family.IPV4: socket.AF_INET,
    Family.IPV6: socket.AF_INET6,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the server."""

    address: str
    port: int


async def resolve(host: str, port: int, family: Family) -> tuple[Endpoint, ...]:
    """Return the server's addresses in the order in which to try them. Raises Refusal."""
    literal = _literal(host)
    if literal is not None:
        _check_family(literal, family)
        return (Endpoint(str(literal), port),)
    try:
        found = await _look_up(host, port, _FAMILIES[family])
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid name"
        raise Refusal(
            ErrorCode.CONNECT_FAILED, f"can't find the address of {host} ({reason}): check the name and DNS"
        ) from error
    return tuple(Endpoint(address, port) for address in _interleave(found))


async def _look_up(host: str, port: int, family: int) -> list[str]:
    """In a thread that nobody has to wait for: the system's resolver can't be interrupted."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(result: list[str] | Exception) -> None:
        if answer.done():
            return
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def ask() -> None:
        result: list[str] | Exception
        try:
            found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
            result = [str(entry[4][0]) for entry in found]
        except (OSError, UnicodeError) as error:
            result = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any longer
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    return await answer


async def dial(
    endpoints: Sequence[Endpoint],
    connect: Callable[[Endpoint], Awaitable[Connection]],
    stagger_s: float = _STAGGER_S,
) -> tuple[Connection, Endpoint]:
    """Try the endpoints, each a moment after the one before; the first connection wins. Raises Refusal."""
    race = _Race(connect)
    try:
        async with asyncio.TaskGroup() as group:
            await race.run(group, endpoints, stagger_s)
    except BaseException:
        race.abandon()
        raise
    if race.winner is None:
        raise Refusal(ErrorCode.CONNECT_FAILED, "; ".join(race.failures) or "the server has no address")
    return race.winner


class _Race:
    def __init__(self, connect: Callable[[Endpoint], Awaitable[Connection]]) -> None:
        self._connect = connect
        self.winner: tuple[Connection, Endpoint] | None = None
        self.failures: list[str] = []

    async def run(self, group: asyncio.TaskGroup, endpoints: Sequence[Endpoint], stagger_s: float) -> None:
        pending: set[asyncio.Task[None]] = set()
        for endpoint in endpoints:
            pending.add(group.create_task(self._attempt(endpoint)))
            _, pending = await asyncio.wait(pending, timeout=stagger_s, return_when=asyncio.FIRST_COMPLETED)
            if self.winner is not None:
                break
        while pending and self.winner is None:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    def abandon(self) -> None:
        if self.winner is not None:
            self.winner[0].close()

    async def _attempt(self, endpoint: Endpoint) -> None:
        try:
            connection = await self._connect(endpoint)
        except (ConnectionLost, OSError, ValueError) as error:
            self.failures.append(f"can't connect to {endpoint.address} port {endpoint.port}: {error}")
            return
        if self.winner is None:
            self.winner = (connection, endpoint)
        else:
            connection.close()


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check_family(address: ipaddress.IPv4Address | ipaddress.IPv6Address, family: Family) -> None:
    if family is not Family.ANY and str(address.version) != family.value:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{address} is no IPv{family.value} address: leave out -{family.value}",
        )


def _interleave(addresses: Sequence[str]) -> tuple[str, ...]:
    """Alternate between the families, beginning with the one that the resolver prefers."""
    unique = tuple(dict.fromkeys(addresses))
    if not unique:
        return ()
    first = [address for address in unique if (":" in address) == (":" in unique[0])]
    second = [address for address in unique if address not in first]
    pairs = zip_longest(first, second)
    return tuple(address for address in chain.from_iterable(pairs) if address is not None)
