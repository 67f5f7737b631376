"""Calls about what belongs to a hub, against a whole server: what they change, and whom limits bind.

That values come back as from the original is shown in tests/peers/test_administration_values.py.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import pytest

from etherloom.daemon.server import Server
from etherloom.handshake.messages import Refused, Welcome
from etherloom.model.cascade import CascadeSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import Policy
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import cascade, group, hub, log, option, securenat, table, user
from etherloom.rpc.catalog.call import AnyCall, Call
from etherloom.rpc.handlers.index import HANDLERS
from etherloom.rpc.limits import LIMITS
from etherloom.state import keys
from tests.support import configuration as known
from tests.support.administration_steps import HUB as STEPS_HUB
from tests.support.administration_steps import NOWHERE, Different, Step, steps
from tests.support.asynchronous import until
from tests.support.certificates import make_certificate
from tests.support.configuration import put
from tests.support.guest import guest, serving

CHIEF = Caller(Role.SERVER, where="192.0.2.1")
KEEPER = Caller(Role.HUB, "LAB", "192.0.2.1")
Q = TypeVar("Q")
A = TypeVar("A")


async def call(running: Server, what: Call[Q, A], request: Q, caller: Caller = CHIEF) -> A:
    return await running.dispatcher.call(caller, what, request)


async def code(running: Server, what: AnyCall, request: Any, caller: Caller = CHIEF) -> ErrorCode:
    try:
        await running.dispatcher.call(caller, what, request)
    except Refusal as refused:
        return refused.code
    return ErrorCode.NO_ERROR


async def limit(running: Server, *names: str) -> None:
    rows = tuple(option.OptionRow(name, 1) for name in names)
    await call(running, option.SET_HUB_ADMIN_OPTIONS, option.OptionTable(len(rows), "LAB", rows))


# --- users and groups at the door


async def test_a_groups_policy_is_its_users(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as denied, guest(running) as admitted:
        await put(running.owner, known.hub("LAB"))
        closed = group.GroupSettings("LAB", "closed", policy=Policy(access=False))
        await call(running, group.CREATE_GROUP, closed)
        bob = user.UserSettings("LAB", "bob", group="CLOSED", authentication=1, plain="secret")
        await call(running, user.CREATE_USER, bob)
        outcome = await denied.log_in("LAB", "bob", "secret")
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.ACCESS_DENIED
        await call(running, group.DELETE_GROUP, user.UserName("LAB", "Closed"))
        assert isinstance(await admitted.log_in("LAB", "bob", "secret"), Welcome)


@pytest.mark.parametrize(
    "settings",
    [
        user.UserSettings("LAB", "bob", authentication=2, certificate=make_certificate("bob")),
        user.UserSettings("LAB", "bob", authentication=3),
        user.UserSettings("LAB", "bob", authentication=4),
        user.UserSettings("LAB", "bob", authentication=5),
        user.UserSettings("LAB", "*", authentication=4),
    ],
    ids=["certificate", "signed", "radius", "nt", "anybody"],
)
async def test_what_cannot_be_judged_yet_lets_nobody_in(tmp_path: Path, settings: user.UserSettings) -> None:
    async with serving(tmp_path) as running, guest(running) as one, guest(running) as other:
        await put(running.owner, known.hub("LAB"))
        await call(running, user.CREATE_USER, settings)
        for outcome in (await one.log_in("LAB", "bob", "secret"), await other.log_in("LAB", "bob")):
            assert isinstance(outcome, Refused)
            assert outcome.code == ErrorCode.AUTH_FAILED


# --- tables


async def test_an_address_is_deleted_by_the_handle_that_was_listed(tmp_path: Path) -> None:
    async with serving(tmp_path) as running, guest(running) as one:
        await put(running.owner, known.hub("LAB"), known.user("LAB", "alice", "secret"))
        await one.log_in("LAB", "alice", "secret")
        for last in (1, 2):
            await one.send_frames(b"\xff" * 6 + bytes([2, 0, 0, 0, 0, last]) + b"\x88\xb5" + bytes(46))
        await until(lambda: running.network.mac_count("LAB") == 2, "both stations are known")
        rows = (await call(running, table.ENUM_MAC_TABLE, hub.HubName("lab"))).rows
        assert {row.session for row in rows} == {"SID-ALICE-1"}
        gone = rows[0]
        await call(running, table.DELETE_MAC_TABLE, table.TableEntry("LAB", gone.handle), KEEPER)
        left = (await call(running, table.ENUM_MAC_TABLE, hub.HubName("LAB"))).rows
        assert [(row.handle, row.mac) for row in left] == [(rows[1].handle, rows[1].mac)]
        again = table.TableEntry("LAB", gone.handle)
        assert await code(running, table.DELETE_MAC_TABLE, again) == ErrorCode.OBJECT_NOT_FOUND


# --- limits of a hub's administrators


def _request_for(what: AnyCall) -> Any:
    """A request about the hub which the limits in question are about."""
    request = what.request()
    changes = {"hub": "LAB", "online": True, "nat": True, "dhcp": True, "plain": "pw"}
    changes |= {"password": "pw", "path": "security_log/LAB/1.log"}
    return replace(request, **{name: value for name, value in changes.items() if hasattr(request, name)})


def _off_line(what: AnyCall) -> Any:
    return replace(_request_for(what), online=False)


SERVED = {handler.call.name for handler in HANDLERS}
CASES = [
    (one.name, what, _off_line if one.name == "no_offline" else _request_for)
    for one in LIMITS
    for what in one.calls
    if what.stock and not one.unless and what.name in SERVED
]


@pytest.mark.parametrize(
    ("name", "what", "make"), CASES, ids=[f"{name}-{what.name}" for name, what, _ in CASES]
)
async def test_a_limit_binds_the_hubs_administrator_alone(
    tmp_path: Path, name: str, what: AnyCall, make: Callable[[AnyCall], Any]
) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        # The router's settings as a rule forbid only switching on what is off.
        off = securenat.SecureNatOptions(
            mac=b"\2\0\0\0\0\1", address=ip_address("10.0.0.1"), mask=ip_address("255.0.0.0"), hub="LAB"
        )
        await call(running, securenat.SET_SECURE_NATOPTION, off)
        request = make(what)
        free = await code(running, what, request, KEEPER)
        await limit(running, name)
        assert await code(running, what, request, KEEPER) == ErrorCode.NOT_ENOUGH_RIGHT
        assert free != ErrorCode.NOT_ENOUGH_RIGHT
        assert await code(running, what, request) != ErrorCode.NOT_ENOUGH_RIGHT


async def test_limits_are_the_server_administrators_unless_given_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        wish = option.OptionTable(1, "LAB", (option.OptionRow("max_users", 0),))
        assert await code(running, option.SET_HUB_ADMIN_OPTIONS, wish, KEEPER) == ErrorCode.NOT_ENOUGH_RIGHT
        await limit(running, "allow_hub_admin_change_option")
        assert await code(running, option.SET_HUB_ADMIN_OPTIONS, wish, KEEPER) == ErrorCode.NO_ERROR


async def test_limits_that_are_kept_silently(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        await limit(running, "no_change_log_switch_type", "no_offline")
        hourly = log.HubLog("LAB", save_security=False, security_switch=3)
        await call(running, log.SET_HUB_LOG, hourly, KEEPER)
        found = await call(running, log.GET_HUB_LOG, hub.HubName("LAB"))
        assert (found.save_security, found.security_switch) == (False, 4)
        await call(running, hub.SET_HUB, hub.HubSettings("LAB", online=False, maximum_sessions=7), KEEPER)
        settings = await call(running, hub.GET_HUB, hub.HubSettings("LAB"))
        assert (settings.online, settings.maximum_sessions) == (True, 7)
        await call(running, hub.SET_HUB, hub.HubSettings("LAB", online=False))
        assert not (await call(running, hub.GET_HUB, hub.HubSettings("LAB"))).online


# --- what the original can't say


async def test_where_clients_go_that_cannot_ask(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        gateway, subnet = (int.from_bytes(ip_address(a).packed, "little") for a in ("10.1.2.3", "255.0.0.0"))
        wish = hub.HubSettings("LAB", online=True, default_gateway=gateway)
        await call(running, hub.CREATE_HUB, wish)
        await call(running, hub.SET_HUB, hub.HubSettings("LAB", online=True, default_subnet=subnet))
        found = await call(running, hub.GET_HUB, hub.HubSettings("LAB"))
        assert (found.default_gateway, found.default_subnet) == (gateway, subnet)


async def test_a_cascade_keeps_its_secret_while_something_else_changes(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        await put(running.owner, known.hub("LAB"))
        wish = cascade.CascadeSettings(
            hub="LAB",
            name="one",
            host="h",
            port=443,
            connections=8,
            authentication=1,
            hashed_password=b"h" * 20,
        )
        reply = await call(running, cascade.CREATE_LINK, wish)
        assert reply.hashed_password == bytes(20)
        await call(running, cascade.SET_LINK, replace(wish, host="other", hashed_password=None))
        name = cascade.CascadeStatusName("LAB", "one")
        found = await call(running, cascade.GET_LINK, name)
        assert (found.host, found.hashed_password) == ("other", b"h" * 20)
        other = replace(wish, authentication=2, hashed_password=None, plain_password="pw")
        await call(running, cascade.SET_LINK, other)
        found = await call(running, cascade.GET_LINK, name)
        assert (found.plain_password, found.hashed_password) == ("pw", None)
        secret = running.owner.snapshot.find(keys.cascade_secret_key("LAB", "one"), CascadeSecret)
        assert secret == CascadeSecret(plain_password="pw")
        await call(running, cascade.SET_LINK, replace(wish, hashed_password=bytes(20)))
        found = await call(running, cascade.GET_LINK, name)
        assert found.hashed_password == bytes(20)


async def test_nothing_is_left_half_done_by_what_is_refused(tmp_path: Path) -> None:
    """All steps that are compared with the original, in turn: a refused one changes nothing."""
    async with serving(tmp_path) as running:
        memory: dict[str, dict[str, list[Any]]] = {}
        refused = 0
        for step in steps():
            if not isinstance(step, Different) and callable(step.request):
                continue
            before = running.owner.snapshot
            caller = Caller(Role.HUB, STEPS_HUB, "192.0.2.1") if step.as_hub else CHIEF
            found = await code(running, step.call, step.make(memory), caller)
            if found != ErrorCode.NO_ERROR:
                refused += 1
                assert running.owner.snapshot is before
            if _names(step, NOWHERE):
                assert found in (ErrorCode.HUB_NOT_FOUND, ErrorCode.INVALID_PARAMETER)
        assert refused > 80


def _names(step: Step, name: str) -> bool:
    return getattr(step.request, "hub", "") == name
