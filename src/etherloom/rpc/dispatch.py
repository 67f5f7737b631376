"""From a call to its handler: finds it, checks rights, runs it, writes the audit line.

All faces share it, so that rights are checked in one place. Knows no encoding.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import structlog

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog.call import AnyCall, Call, Who
from etherloom.rpc.catalog.index import find_call
from etherloom.rpc.house import House
from etherloom.store.log import StoreError

Request = TypeVar("Request")
Reply = TypeVar("Reply")
# What an audit line may say of a request; nothing else of it is ever logged.
_SUBJECTS: Final = ("hub", "name", "port", "device", "path")
_log = structlog.get_logger(room="administration")


@dataclass(frozen=True, slots=True)
class Handler(Generic[Request, Reply]):
    """What carries out one call."""

    call: Call[Request, Reply]
    run: Callable[[House, Caller, Request], Awaitable[Reply]]


AnyHandler = Handler[Any, Any]
Forbid = Callable[[Caller, AnyCall, Any], None]


class Dispatcher:
    """Carries out calls. Calls of different callers run side by side; the state's owner orders changes."""

    def __init__(
        self, house: House, handlers: Iterable[AnyHandler], forbid: Forbid = lambda *_: None
    ) -> None:
        """`forbid` raises Refusal for what the caller has the right to but may not do here all the same."""
        self._house: Final = house
        self._forbid: Final = forbid
        self._handlers: Final[Mapping[str, AnyHandler]] = {h.call.name: h for h in handlers}

    def find(self, caller: Caller, name: str) -> AnyCall:
        """Return the call of this name. Raises Refusal (NOT_SUPPORTED) if the caller can't have it."""
        call = find_call(name, stock_only=not caller.own_calls)
        if call is None or call.name not in self._handlers:
            raise Refusal(ErrorCode.NOT_SUPPORTED, f"this server has no call {name[:64]!r}")
        return call

    async def call(self, caller: Caller, call: Call[Request, Reply], request: Request) -> Reply:
        """Carry out a call. Raises Refusal, whatever goes wrong."""
        try:
            reply = await self._run(caller, call, request)
        except Refusal as refusal:
            _audit(caller, call, request, refusal)
            raise
        _audit(caller, call, request, None)
        return reply

    async def _run(self, caller: Caller, call: Call[Request, Reply], request: Request) -> Reply:
        if call.check is not None:
            call.check(request)
        check_rights(caller, call, request)
        self._forbid(caller, call, request)
        handler: Handler[Request, Reply] = self._handlers[call.name]
        try:
            return await handler.run(self._house, caller, request)
        except (Refusal, asyncio.CancelledError):
            raise
        except StoreError as error:
            raise Refusal(ErrorCode.INTERNAL_ERROR, str(error)) from error
        except Exception as error:
            _log.exception("call failed by an error of this program", call=call.name)
            raise Refusal(
                ErrorCode.INTERNAL_ERROR, "the server made an error; its log has the details"
            ) from error


def check_rights(caller: Caller, call: AnyCall, request: Any) -> None:
    """Raises Refusal unless the caller may make this call."""
    if call.who is Who.ANY or (caller.is_server_administrator and call.who is Who.SERVER):
        return
    if call.who is Who.SERVER or not caller.administers(request.hub):
        raise Refusal(ErrorCode.NOT_ENOUGH_RIGHT, f"{caller.name} may not call {call.name} here")
    if not request.hub:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name the hub")


def _audit(caller: Caller, call: AnyCall, request: Any, refusal: Refusal | None) -> None:
    """One line for each attempt to change something, with what it was about and how it ended."""
    if not call.changes:
        return
    subject = {name: getattr(request, name) for name in _SUBJECTS if hasattr(request, name)}
    about = {"call": call.name, "who": caller.name, "where": caller.where, **subject}
    if refusal is None:
        _log.info("change made", **about)
    else:
        _log.warning("change refused", **about, code=int(refusal.code), reason=refusal.message)
