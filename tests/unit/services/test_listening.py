"""Listeners as they are: opened, refused by the system, tried again, closed."""

import asyncio
import errno
from typing import Any

import pytest

from etherloom.engine.commands import ListenerLimits
from etherloom.services import listening
from etherloom.services.listening import Endpoint, Listening
from tests.support.asynchronous import until
from tests.unit.fake_engine import FakeEngine

LOCAL = Endpoint("127.0.0.1", 5555)
IN_USE = OSError(errno.EADDRINUSE, "Address already in use")


class Subject(Listening):
    """With an acceptor that nobody calls."""

    def want(self, *endpoints: Endpoint) -> None:
        self.reconcile(endpoints, lambda connection: None)


def make(engine: FakeEngine) -> Subject:
    return Subject(engine.facade)


async def test_opens_what_is_wanted_and_closes_what_is_not() -> None:
    engine = FakeEngine()
    subject = make(engine)
    subject.want(LOCAL, Endpoint("::", 992, ListenerLimits(3, 4)))
    assert set(engine.listeners.values()) == {
        ("127.0.0.1", 5555, ListenerLimits()),
        ("::", 992, ListenerLimits(3, 4)),
    }
    subject.want(LOCAL)
    assert [address for address, _, _ in engine.listeners.values()] == ["127.0.0.1"]
    assert subject.port_error(5555) == ""
    assert subject.port_error(992) is None


async def test_what_stays_wanted_is_not_touched() -> None:
    engine = FakeEngine()
    subject = make(engine)
    subject.want(LOCAL)
    before = dict(engine.listeners)
    subject.want(LOCAL)
    assert engine.listeners == before


async def test_new_limits_open_the_socket_anew() -> None:
    engine = FakeEngine()
    subject = make(engine)
    subject.want(LOCAL)
    subject.want(Endpoint("127.0.0.1", 5555, ListenerLimits(unestablished_total=7)))
    assert [limits.unestablished_total for _, _, limits in engine.listeners.values()] == [7]


async def test_a_busy_port_is_a_status_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "RETRY_SECONDS", 0.01)
    engine = FakeEngine()
    engine.refuse_listener = IN_USE
    subject = make(engine)
    subject.want(LOCAL)
    assert subject.port_error(5555) == "Address already in use"
    assert [state.is_open for state in subject.states()] == [False]
    engine.refuse_listener = None
    await until(lambda: subject.port_error(5555) == "", "the port is opened")


async def test_a_port_counts_as_open_when_one_address_family_is() -> None:
    engine = FakeEngine()
    subject = make(engine)
    subject.want(Endpoint("0.0.0.0", 443))
    engine.refuse_listener = OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    subject.want(Endpoint("0.0.0.0", 443), Endpoint("::", 443))
    assert subject.port_error(443) == ""
    assert [state.error for state in subject.states()] == ["", "Address family not supported by protocol"]


@pytest.mark.parametrize(
    ("address", "error", "seconds"),
    [
        ("::", errno.EAFNOSUPPORT, listening.RETRY_UNSUPPORTED_SECONDS),
        ("::", errno.EADDRINUSE, listening.RETRY_SECONDS),
        ("0.0.0.0", errno.EADDRNOTAVAIL, listening.RETRY_SECONDS),
    ],
)
async def test_how_long_it_waits(
    address: str, error: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    engine.refuse_listener = OSError(error, "no")
    waits: list[float] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda delay, *_: waits.append(delay))
    make(engine).want(Endpoint(address, 443))
    assert waits == [seconds]


async def test_a_port_that_is_no_longer_wanted_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    engine.refuse_listener = IN_USE
    handles: list[asyncio.TimerHandle] = []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def remember(*arguments: Any) -> asyncio.TimerHandle:
        handles.append(call_later(*arguments))
        return handles[-1]

    monkeypatch.setattr(loop, "call_later", remember)
    subject = make(engine)
    subject.want(LOCAL)
    subject.want()
    assert [handle.cancelled() for handle in handles] == [True]


async def test_a_socket_that_stops_accepting_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "RETRY_SECONDS", 0.01)
    engine = FakeEngine()
    subject = make(engine)
    subject.want(LOCAL)
    (number,) = engine.listeners
    del engine.listeners[number]
    engine.failed[number]()
    assert subject.port_error(5555) == "the socket stopped accepting"
    await until(lambda: subject.port_error(5555) == "", "the port is opened again")
