"""Which of a server's addresses is tried when, and which connection wins."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from etherloom.client import dial as module
from etherloom.client.account import Family
from etherloom.client.dial import Endpoint, dial, resolve
from etherloom.engine.facade import Connection, ConnectionLost
from etherloom.model.errors import ErrorCode, Refusal

ONE, TWO, THREE = (Endpoint(f"192.0.2.{number}", 443) for number in (1, 2, 3))
Attempt = Callable[[Endpoint], Coroutine[Any, Any, Connection]]


class FakeConnection:
    """Remembers whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Network:
    """Endpoints that answer when told so, at once, never, or with a failure."""

    def __init__(self, **behaviour: str) -> None:
        self.behaviour = {name.replace("_", "."): kind for name, kind in behaviour.items()}
        self.asked: list[Endpoint] = []
        self.made: list[FakeConnection] = []
        self.answer = asyncio.Event()
        self.both_asked = asyncio.Event()

    async def connect(self, endpoint: Endpoint) -> Connection:
        self.asked.append(endpoint)
        if len(self.asked) == 2:
            self.both_asked.set()
        kind = self.behaviour[f"ip{endpoint.address.rpartition('.')[2]}"]
        if kind == "fails":
            raise ConnectionLost("refused")
        if kind != "answers":
            await self.answer.wait()
        connection = FakeConnection()
        self.made.append(connection)
        return cast("Connection", connection)


async def test_first_that_answers() -> None:
    network = Network(ip1="answers", ip2="answers")
    _, endpoint = await dial((ONE, TWO), network.connect)
    assert endpoint == ONE
    assert network.asked == [ONE]


async def test_failure_leads_to_the_next_at_once() -> None:
    network = Network(ip1="fails", ip2="answers")
    _, endpoint = await dial((ONE, TWO), network.connect, stagger_s=30)
    assert endpoint == TWO


async def test_silent_address_does_not_hold_up_the_next() -> None:
    network = Network(ip1="silent", ip2="answers")
    _, endpoint = await dial((ONE, TWO), network.connect, stagger_s=0.01)
    assert endpoint == TWO
    assert network.asked == [ONE, TWO]
    assert len(network.made) == 1


async def test_all_failing_is_one_refusal() -> None:
    network = Network(ip1="fails", ip2="fails", ip3="fails")
    with pytest.raises(Refusal) as caught:
        await dial((ONE, TWO, THREE), network.connect)
    assert caught.value.code is ErrorCode.CONNECT_FAILED
    assert all(endpoint.address in caught.value.message for endpoint in (ONE, TWO, THREE))


async def test_no_address_at_all() -> None:
    with pytest.raises(Refusal):
        await dial((), Network().connect)


async def test_cancelled_race_leaves_no_connection() -> None:
    network = Network(ip1="silent", ip2="silent")
    task = asyncio.get_running_loop().create_task(dial((ONE, TWO), network.connect, stagger_s=0.01))
    await asyncio.wait_for(network.both_asked.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not network.made


async def test_simultaneous_answers_keep_one() -> None:
    network = Network(ip1="silent", ip2="silent")
    task = asyncio.get_running_loop().create_task(dial((ONE, TWO), network.connect, stagger_s=0.01))
    await asyncio.wait_for(network.both_asked.wait(), 5)
    network.answer.set()
    connection, _ = await task
    assert [made.closed for made in network.made if made is not cast("FakeConnection", connection)] in (
        [True],
        [],
    )
    assert not cast("FakeConnection", connection).closed


# -- names


@pytest.mark.parametrize(
    ("host", "family"), [("192.0.2.1", Family.ANY), ("192.0.2.1", Family.IPV4), ("2001:db8::1", Family.IPV6)]
)
async def test_literals_ask_nobody(host: str, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_look_up", None)
    assert await resolve(host, 443, family) == (Endpoint(host, 443),)


@pytest.mark.parametrize(("host", "family"), [("192.0.2.1", Family.IPV6), ("2001:db8::1", Family.IPV4)])
async def test_literal_of_the_other_family(host: str, family: Family) -> None:
    with pytest.raises(Refusal) as caught:
        await resolve(host, 443, family)
    assert caught.value.code is ErrorCode.INVALID_PARAMETER


def entries(*addresses: str) -> list[Any]:
    return [(0, 0, 0, "", (address, 443)) for address in addresses]


async def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    found = entries("2001:db8::1", "2001:db8::2", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    addresses = [endpoint.address for endpoint in await resolve("vpn.example", 443, Family.ANY)]
    assert addresses == [
        "2001:db8::1",
        "192.0.2.1",
        "2001:db8::2",
        "192.0.2.2",
        "192.0.2.3",
    ]


async def test_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Refusal, match=r"vpn\.example"):
        await resolve("vpn.example", 443, Family.ANY)
