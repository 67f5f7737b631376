"""Who may make which call, for every call and every kind of caller."""

from collections.abc import Callable
from dataclasses import fields, replace
from ipaddress import IPv4Address
from typing import Any, cast

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import hub, listener
from etherloom.rpc.catalog.call import AnyCall, Who
from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.dispatch import AnyHandler, Dispatcher, Handler
from etherloom.rpc.house import House

SERVER = Caller(Role.SERVER, where="192.0.2.1")
OWN = Caller(Role.HUB, "lab", "192.0.2.1")
OTHER = Caller(Role.HUB, "ELSEWHERE", "192.0.2.1")
NOBODY = Caller(Role.HUB, "", "192.0.2.1")


def dispatcher() -> Dispatcher:
    """One whose handlers only say that they were reached."""

    async def reach(_house: House, _caller: Caller, _request: Any) -> Any:
        raise Refusal(ErrorCode.NO_ERROR, "reached")

    handlers: list[AnyHandler] = [Handler(call, reach) for call in CALLS]
    return Dispatcher(cast(House, None), handlers)


# What passes the checks that come before the rights.
VALID: dict[str, Any] = {
    "port": 443,
    "name": "name",
    "path": "file",
    "device": "eth0",
    "text": "text",
    "address": IPv4Address("10.0.0.1"),
    "network": IPv4Address("10.0.1.0"),
    "mask": IPv4Address("255.255.255.0"),
    "gateway": IPv4Address("10.0.0.2"),
}


def request_for(call: AnyCall, hub_name: str = "LAB") -> Any:
    request = call.request()
    values = {**VALID, "hub": hub_name}
    known = {f.name for f in fields(request)}
    return replace(request, **{name: value for name, value in values.items() if name in known})


async def outcome(caller: Caller, call: AnyCall, request: Any) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await dispatcher().call(caller, call, request)
    return refused.value.code


ALL = [pytest.param(call, id=call.name) for call in CALLS]
ALLOWED: list[tuple[Caller, Callable[[Who], bool]]] = [
    (SERVER, lambda who: True),
    (OWN, lambda who: who is not Who.SERVER),
    (OTHER, lambda who: who is Who.ANY),
    (NOBODY, lambda who: who is Who.ANY),
]


@pytest.mark.parametrize(("caller", "may"), ALLOWED, ids=["server", "own hub", "other hub", "nobody"])
@pytest.mark.parametrize("call", ALL)
async def test_rights(call: AnyCall, caller: Caller, may: Callable[[Who], bool]) -> None:
    wanted = ErrorCode.NO_ERROR if may(call.who) else ErrorCode.NOT_ENOUGH_RIGHT
    assert await outcome(caller, call, request_for(call)) is wanted


@pytest.mark.parametrize("call", [p for p in ALL if cast(AnyCall, p.values[0]).who is Who.HUB])
async def test_a_hub_has_to_be_named(call: AnyCall) -> None:
    nameless = request_for(call, "")
    assert await outcome(SERVER, call, nameless) is ErrorCode.INVALID_PARAMETER
    for caller in (OWN, OTHER, NOBODY):
        assert await outcome(caller, call, nameless) is ErrorCode.NOT_ENOUGH_RIGHT


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        (listener.CREATE_LISTENER, listener.Listener(0)),
        (listener.CREATE_LISTENER, listener.Listener(65_536)),
        (hub.CREATE_HUB, hub.HubSettings("no/slash")),
        (hub.CREATE_HUB, hub.HubSettings("")),
        (hub.DELETE_HUB, hub.HubName("")),
    ],
)
async def test_what_the_original_checks_before_rights(call: AnyCall, request_: Any) -> None:
    assert await outcome(OTHER, call, request_) is ErrorCode.INVALID_PARAMETER


async def test_dots_at_the_ends_of_a_name_are_looked_at_after_rights() -> None:
    assert await outcome(OTHER, hub.CREATE_HUB, hub.HubSettings(".lab")) is ErrorCode.NOT_ENOUGH_RIGHT


@pytest.mark.parametrize("call", ALL)
def test_own_calls_exist_at_the_local_socket_only(call: AnyCall) -> None:
    for caller in (SERVER, OWN):
        if call.stock:
            assert dispatcher().find(caller, call.name) is call
            continue
        with pytest.raises(Refusal) as refused:
            dispatcher().find(caller, call.name)
        assert refused.value.code is ErrorCode.NOT_SUPPORTED
    assert dispatcher().find(Caller.local(), call.name.upper()) is call


def test_an_unknown_call_is_not_supported() -> None:
    with pytest.raises(Refusal) as refused:
        dispatcher().find(SERVER, "Nonsense")
    assert refused.value.code is ErrorCode.NOT_SUPPORTED


def test_loopback_and_the_socket_are_this_machine() -> None:
    assert Caller.local().is_on_this_machine
    for address, here in (("127.0.0.9", True), ("::1", True), ("192.0.2.1", False), ("fe80::1%eth0", False)):
        assert Caller(Role.HUB, "LAB", address).is_on_this_machine is here
