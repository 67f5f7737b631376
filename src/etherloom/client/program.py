"""The client as a whole: adapter, account and addresses brought up together, and everything put back.

It owns the order of things; each of them is decided elsewhere.
"""

import asyncio
import contextlib
import os
import platform
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import Final

from etherloom.client import events
from etherloom.client.account import Account, AdapterSettings
from etherloom.client.adapter import System, check_name, free_name, here, machine_identity, stable_hardware
from etherloom.client.addressing import Addressing
from etherloom.client.journal import FileChange, Journal, left_behind
from etherloom.client.presence import close_session
from etherloom.client.session import AccountRunner
from etherloom.engine.commands import HubRules
from etherloom.engine.facade import Facade, Session
from etherloom.handshake.client_facts import ClientFacts
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.product import CLIENT_PRODUCT, WIRE_BUILD, WIRE_VERSION

_STOPPED: Final = events.Ended(ErrorCode.USER_CANCEL, "stopped")
_WATCH_S: Final = 0.5
_STANDARD_MTU: Final = 1500


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. `state` is the directory of the journals; traffic is reported that often, 0 never.

    An adapter name of "" means the first free one; `mtu` 0 in the settings means the usual one.
    """

    account: Account
    adapter: AdapterSettings
    state: Path
    traffic_interval_s: float = 0.0


async def run(order: Order, report: Callable[[events.Event], None], stop: asyncio.Event) -> events.Ended:
    """Run until `stop` is set or the account gives up. Raises Refusal if it can't even begin."""
    await undo_left_behind(order.state, report)
    async with _journalled(order) as (system, settings):
        engine = Facade()
        try:
            engine.use_congestion(order.account.congestion)
            return await _Program(engine, system, order.account, settings, report).run(
                stop, order.traffic_interval_s
            )
        finally:
            for failure in await system.undo():
                report(events.Notice(failure, warning=True))
            await engine.stop()


async def undo_left_behind(directory: Path, report: Callable[[events.Event], None]) -> None:
    """Undo what clients that were killed have left of their changes."""
    place = here()
    for journal in left_behind(directory):
        if journal.place.boot == place.boot and journal.place.namespace != place.namespace:
            journal.leave()  # only a client in that namespace can undo it
            continue
        # Routes and addresses ended with the boot; files did not.
        kinds = () if journal.place.boot == place.boot else (FileChange,)
        found = len(journal.pending())
        async with System.open(journal) as system:
            failures = await system.undo(*kinds)
        for failure in failures:
            report(events.Notice(failure, warning=True))
        journal.close(forget=not failures)
        if found:
            report(events.Notice(f"put back {found - len(failures)} changes of a client that was killed"))


@contextlib.asynccontextmanager
async def _journalled(order: Order) -> AsyncIterator[tuple[System, AdapterSettings]]:
    name = order.adapter.name or await free_name()
    journal = Journal.create(order.state, here(), check_name(name))
    try:
        async with System.open(journal) as system:
            yield system, replace(order.adapter, name=name)
    finally:
        journal.close()


class _Program:
    def __init__(
        self,
        engine: Facade,
        system: System,
        account: Account,
        settings: AdapterSettings,
        report: Callable[[events.Event], None],
    ) -> None:
        self._engine = engine
        self._system = system
        self._account = account
        self._settings = settings
        self._report = report
        self._chance = SystemRandom()
        self._hub = engine.open_hub(HubRules(wire=True))
        self._addressing: Addressing | None = None
        self._runner = AccountRunner(engine, self._hub, account, client_facts(), self._on_event, self._chance)

    async def run(self, stop: asyncio.Event, traffic_interval_s: float) -> events.Ended:
        tap = await self._open_adapter()
        try:
            return await self._run_tasks(tap, stop, traffic_interval_s)
        finally:
            await close_session(tap)
            self._engine.core.close_hub(self._hub)

    # -- the adapter

    async def _open_adapter(self) -> Session:
        existed = await self._system.remember(self._settings.name)
        tap = open_tap(self._engine, self._hub, self._settings.name)
        try:
            await self._set_up_link(existed=existed)
        except OSError as error:
            tap.close()
            raise Refusal(
                ErrorCode.DEVICE_DRIVER_ERROR, f"can't set up the adapter {self._settings.name}: {error}"
            ) from error
        return tap

    async def _set_up_link(self, *, existed: bool) -> None:
        """An adapter that was there before us keeps its MAC address and MTU unless told otherwise."""
        settings, account = self._settings, self._account
        hardware, mtu = settings.hardware, settings.mtu
        if not existed:
            names = (settings.name, account.host.lower(), str(account.port), account.hub, account.user)
            hardware = hardware or stable_hardware(*names)
            mtu = mtu or _STANDARD_MTU
        await self._system.set_link(settings.name, hardware=hardware, mtu=mtu)
        if not settings.default_route:
            with contextlib.suppress(OSError):  # no IPv6 here, or settings that are read-only
                self._system.refuse_advertised_routers(settings.name)
        if settings.up:
            await self._system.set_link(settings.name, up=True)
        self._settings = replace(settings, mtu=mtu or _STANDARD_MTU)

    # -- running

    async def _run_tasks(self, tap: Session, stop: asyncio.Event, traffic_interval_s: float) -> events.Ended:
        hardware = await self._system.hardware(self._settings.name)
        self._addressing = Addressing(
            self._system, self._settings, hardware, self._report, self._chance.random
        )
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._addressing.run())
            running = group.create_task(self._runner.run())
            stopping = group.create_task(stop.wait())
            watching = group.create_task(self._watch_acceleration())
            telling = group.create_task(self._tell_traffic(traffic_interval_s))
            await asyncio.wait((running, stopping, tap.ended), return_when=asyncio.FIRST_COMPLETED)
            ended = _outcome(running, tap, stop)
            # The lease is given back through the session, so the session goes last.
            await _cancel(following)
            await self._addressing.finish()
            for task in (watching, telling, stopping, running):
                await _cancel(task)
        return ended

    def _on_event(self, event: events.Event) -> None:
        if self._addressing is not None:
            if isinstance(event, events.Established):
                self._addressing.connected(event.address)
            elif isinstance(event, events.Waiting | events.Ended):
                self._addressing.disconnected()
        self._report(event)

    async def _watch_acceleration(self) -> None:
        """The engine changes its way without asking; people may want to know."""
        shown: events.AccelerationChanged | None = None
        while True:
            await asyncio.sleep(_WATCH_S)
            session = self._runner.session
            datagrams = session.snapshot()["acceleration"] if session is not None else None
            if datagrams is None:
                shown = None
                continue
            now = events.AccelerationChanged(
                datagrams["active"], datagrams["reached"], datagrams["fallbacks"]
            )
            if now != shown:
                shown = now
                self._report(now)

    async def _tell_traffic(self, interval_s: float) -> None:
        while interval_s:
            await asyncio.sleep(interval_s)
            session = self._runner.session
            if session is not None:
                snapshot = session.snapshot()
                self._report(events.Traffic(snapshot["bytes_sent"], snapshot["bytes_received"]))


def open_tap(engine: Facade, hub: int, name: str) -> Session:
    """Create the adapter. Raises Refusal."""
    try:
        return engine.open_tap(hub, name)
    except OSError as error:
        raise Refusal(ErrorCode.DEVICE_DRIVER_ERROR, _explain_tap(name, error)) from error


def _explain_tap(name: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"can't create the adapter {name}: run this as root, or with the capability CAP_NET_ADMIN"
    if isinstance(error, FileNotFoundError):
        return f"can't create the adapter {name}: this system has no /dev/net/tun"
    reason = error.strerror or str(error)
    return f"can't create the adapter {name} ({reason}): is it in use? Choose another name with --nic"


def _outcome(running: asyncio.Task[events.Ended], tap: Session, stop: asyncio.Event) -> events.Ended:
    if stop.is_set():
        return _STOPPED
    if running.done():
        return running.result()
    return events.Ended(
        ErrorCode.DEVICE_DRIVER_ERROR, f"the adapter is gone ({tap.ended.result()}): was it deleted?"
    )


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait((task,))


def client_facts() -> ClientFacts:
    """What we say about ourselves in a log-in; the identifiers name the machine without describing it."""
    identity = machine_identity()
    return ClientFacts(
        product=CLIENT_PRODUCT,
        version=WIRE_VERSION,
        build=WIRE_BUILD,
        hostname=socket.gethostname(),
        os_name=platform.system(),
        os_version=os.uname().release,
        os_product_id="--",
        node_unique_id=identity[:16],
        unique_id=identity[12:32],
    )
