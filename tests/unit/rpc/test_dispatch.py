"""The dispatcher: what goes wrong in a handler, and what the audit log says."""

from typing import Any, cast

import pytest
import structlog
from structlog.testing import capture_logs

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller, Role
from etherloom.rpc.catalog import hub, server, user
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.dispatch import Dispatcher, Handler
from etherloom.rpc.house import House
from etherloom.store.log import StoreError

CALLER = Caller(Role.SERVER, where="192.0.2.1")
SECRETS = ("hunter2", "secretkey")


def dispatcher(call: AnyCall, error: Exception | None = None) -> Dispatcher:
    async def run(_house: House, _caller: Caller, request: Any) -> Any:
        if error is not None:
            raise error
        return request

    return Dispatcher(cast(House, None), [Handler(call, run)])


async def test_an_error_of_ours_is_logged_and_told_apart() -> None:
    with capture_logs() as lines, pytest.raises(Refusal) as refused:
        await dispatcher(server.GET_SERVER_INFO, ZeroDivisionError("oops")).call(
            CALLER, server.GET_SERVER_INFO, Empty()
        )
    assert refused.value.code is ErrorCode.INTERNAL_ERROR
    assert "oops" not in refused.value.message
    assert [line["log_level"] for line in lines] == ["error"]
    assert lines[0]["exc_info"]


async def test_the_disks_sentence_reaches_the_caller() -> None:
    failing = dispatcher(hub.DELETE_HUB, StoreError("the disk is full"))
    with pytest.raises(Refusal, match="the disk is full") as refused:
        await failing.call(CALLER, hub.DELETE_HUB, hub.HubName("LAB"))
    assert refused.value.code is ErrorCode.INTERNAL_ERROR


async def test_a_change_leaves_one_line() -> None:
    with capture_logs() as lines:
        await dispatcher(hub.DELETE_HUB).call(CALLER, hub.DELETE_HUB, hub.HubName("LAB"))
    (line,) = lines
    assert line["event"] == "change made"
    assert (line["call"], line["hub"], line["who"], line["where"]) == (
        "DeleteHub",
        "LAB",
        "server administrator",
        "192.0.2.1",
    )


async def test_a_refused_change_leaves_one_line_with_its_code() -> None:
    failing = dispatcher(hub.DELETE_HUB, Refusal(ErrorCode.HUB_NOT_FOUND, "no such hub"))
    with capture_logs() as lines, pytest.raises(Refusal):
        await failing.call(CALLER, hub.DELETE_HUB, hub.HubName("LAB"))
    (line,) = lines
    assert (line["log_level"], line["code"], line["reason"]) == ("warning", 8, "no such hub")


async def test_a_look_leaves_no_line() -> None:
    with capture_logs() as lines:
        await dispatcher(server.GET_SERVER_INFO).call(CALLER, server.GET_SERVER_INFO, Empty())
    assert lines == []


async def test_no_secret_is_logged() -> None:
    structlog.reset_defaults()
    new_user = user.UserSettings("LAB", "alice", plain="hunter2", hashed_key=b"secretkey")
    new_hub = hub.HubSettings("LAB", plain="hunter2", hashed=b"secretkey")
    password = server.Password(b"secretkey", "hunter2")
    with capture_logs() as lines:
        await dispatcher(user.CREATE_USER).call(CALLER, user.CREATE_USER, new_user)
        await dispatcher(hub.CREATE_HUB).call(CALLER, hub.CREATE_HUB, new_hub)
        await dispatcher(server.SET_SERVER_PASSWORD).call(CALLER, server.SET_SERVER_PASSWORD, password)
    assert len(lines) == 3
    assert not any(secret in repr(lines) for secret in SECRETS)
