"""Calls about the server as a running program: certificate, ciphers, the line, restarts."""

import asyncio
from typing import Final, Never

from etherloom.model import server as model
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import element, option, server, service
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.dispatch import Handler
from etherloom.rpc.handlers.mapping import fill
from etherloom.rpc.house import House
from etherloom.services.encryption import set_ciphers_by_name
from etherloom.services.keep_alive import clamp_interval
from etherloom.services.status import measure_configuration

_TCP: Final = 0
_UDP: Final = 1


async def set_certificate(house: House, caller: Caller, request: server.Identity) -> server.Identity:
    await house.certificates.replace(request.certificate, request.chain, request.key, caller.origin)
    # What is between it and its root is never fetched: it must come along.
    complete = house.certificates.is_root() or bool(house.certificates.intermediates())
    return fill(server.Identity, element.without_secrets(request), flag=int(complete))


async def regenerate_certificate(house: House, caller: Caller, request: server.Echo) -> server.Echo:
    await house.certificates.regenerate(request.text or house.status.machine.host, caller.origin)
    return request


async def set_ciphers(house: House, caller: Caller, request: server.Text) -> server.Text:
    return server.Text(await set_ciphers_by_name(house.owner, request.text, caller.origin))


async def set_keep(house: House, caller: Caller, request: service.KeepAlive) -> service.KeepAlive:
    if request.protocol not in (_TCP, _UDP):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"the protocol is {_TCP} (TCP) or {_UDP} (UDP)")
    keep = fill(
        model.KeepAlive,
        request,
        udp=request.protocol == _UDP,
        interval=clamp_interval(request.interval),
    )
    await house.line.set(keep, caller.origin)
    return request


async def get_keep(house: House, _caller: Caller, _request: Empty) -> service.KeepAlive:
    keep = house.line.get()
    return fill(service.KeepAlive, keep, protocol=_UDP if keep.udp else _TCP)


async def reboot(house: House, caller: Caller, request: server.Echo) -> server.Echo:
    await house.restarts.restart(forgetting=request.number != 0, origin=caller.origin)
    return request


async def crash(house: House, _caller: Caller, request: server.Echo) -> server.Echo:
    house.restarts.crash()
    return request


async def flush(house: House, _caller: Caller, request: server.Echo) -> server.Echo:
    size = await asyncio.to_thread(measure_configuration, house.owner.snapshot)
    return fill(server.Echo, request, number=size)


async def get_admin_message(_house: House, _caller: Caller, _request: Empty) -> option.Message:
    """Nothing needs to be said to administrators."""
    return option.Message()


async def debug(_house: House, _caller: Caller, _request: server.Echo) -> Never:
    raise Refusal(ErrorCode.NOT_SUPPORTED, "this server has no such question")


HANDLERS: Final = (
    Handler(service.SET_SERVER_CERT, set_certificate),
    Handler(service.REGENERATE_SERVER_CERT, regenerate_certificate),
    Handler(service.SET_SERVER_CIPHER, set_ciphers),
    Handler(service.SET_KEEP, set_keep),
    Handler(service.GET_KEEP, get_keep),
    Handler(service.REBOOT_SERVER, reboot),
    Handler(service.CRASH, crash),
    Handler(service.FLUSH, flush),
    Handler(service.DEBUG, debug),
    Handler(option.GET_ADMIN_MSG, get_admin_message),
)
