"""Calls about hooks."""

import asyncio
import secrets
import shlex
from collections.abc import Iterable
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hook import EVERYTHING, CommandAction, EventKind, Hook, HookSecret, WebhookAction
from etherloom.rpc.caller import LOCAL_SOCKET, Caller
from etherloom.rpc.catalog import hook
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.house import House
from etherloom.services.hooks import check_authority

_SECRET_BYTES: Final = 32
_USUAL_TIMEOUT_MS: Final = 10_000
_SHOWN: Final = 511


async def list_hooks(house: House, _caller: Caller, _request: Empty) -> hook.HookTable:
    return hook.HookTable(tuple(_row(house, one) for one in house.owner.snapshot.hooks()))


def _row(house: House, one: Hook) -> hook.HookRow:
    counts = house.deliveries.state(one.name)
    webhook = one.action if isinstance(one.action, WebhookAction) else None
    return hook.HookRow(
        name=one.name,
        events=",".join(kind.value for kind in one.events),
        hub=one.hub,
        command=shlex.join(one.action.arguments) if isinstance(one.action, CommandAction) else "",
        url=webhook.url if webhook else "",
        authority=webhook.authority if webhook else "",
        timeout_ms=one.timeout_ms,
        delivered=counts.delivered,
        failed=counts.failed,
        dropped=counts.dropped,
        waiting=counts.waiting,
        problem=counts.problem[:_SHOWN],
    )


async def add_hook(house: House, caller: Caller, request: hook.HookWish) -> hook.HookAdded:
    if caller.where != LOCAL_SOCKET:
        raise Refusal(ErrorCode.NOT_ENOUGH_RIGHT, "hooks run programs: add them on the server's machine")
    if bool(request.command) == bool(request.url):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "a hook has either a command or the address of a webhook")
    action: CommandAction | WebhookAction
    made = ""
    if request.url:
        await _check_authority(request.authority)
        action = WebhookAction(request.url, request.authority)
        made = "" if request.secret else secrets.token_hex(_SECRET_BYTES)
    else:
        action = CommandAction(request.command)
    wish = Hook(
        request.name,
        action,
        _kinds(request.events),
        request.hub,
        request.timeout_ms or _USUAL_TIMEOUT_MS,
    )
    secret = HookSecret(request.secret or made) if request.url else None
    await house.hooks.add(wish, secret, caller.origin)
    return hook.HookAdded(request.name, made)


def _kinds(names: Iterable[str]) -> tuple[EventKind, ...]:
    known = {kind.value: kind for kind in EventKind}
    found: list[EventKind] = []
    for name in names:
        if name not in known:
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"{name!r} is no event: use {', '.join(known)}")
        found.append(known[name])
    return tuple(found) or EVERYTHING


async def _check_authority(authority: str) -> None:
    if authority and (problem := await asyncio.to_thread(check_authority, authority)):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"the authority is no certificate in PEM: {problem}")


async def delete_hook(house: House, caller: Caller, request: hook.HookName) -> hook.HookName:
    await house.hooks.delete(request.name, caller.origin)
    return request


async def try_hook(house: House, _caller: Caller, request: hook.HookName) -> hook.HookTest:
    problem = await house.deliveries.test(request.name)
    return hook.HookTest(request.name, problem[:_SHOWN])


HANDLERS: Final = (
    Handler(hook.LIST_HOOKS, list_hooks),
    Handler(hook.ADD_HOOK, add_hook),
    Handler(hook.DELETE_HOOK, delete_hook),
    Handler(hook.TEST_HOOK, try_hook),
)
