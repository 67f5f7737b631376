"""Actual state of the local bridges: devices plugged into hubs, or why they are not, and when to try again.

What is wanted comes from outside (see network). A device that can't be opened is a status.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pyroute2 import AsyncIPRoute

from etherloom.engine.commands import PortKind
from etherloom.engine.facade import Facade, Session
from etherloom.model.bridge import LocalBridge
from etherloom.model.names import fold
from etherloom.model.policy import UNBOUND_POLICY
from etherloom.observe.logs import get_log
from etherloom.services.frame_rules import port_rules
from etherloom.services.sessions import BRIDGE_USER, Sessions
from etherloom.services.switches import Switches

_FIRST_RETRY_SECONDS: Final = 1.0
_LONGEST_RETRY_SECONDS: Final = 60.0
_BRIDGE: Final = port_rules(UNBOUND_POLICY, kind=PortKind.BRIDGE, user=BRIDGE_USER)

_log = get_log("bridge")


async def bring_up(device: str) -> None:
    """Set a network device of this machine up. Raises OSError or a netlink error."""
    async with AsyncIPRoute() as routes:
        found = await routes.link_lookup(ifname=device)
        if not found:
            raise OSError(f"there is no device {device}")
        await routes.link("set", index=found[0], state="up")


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How one bridge is: `error` is empty while frames cross."""

    bridge: LocalBridge
    error: str

    @property
    def is_open(self) -> bool:
        return not self.error


class _Device:
    """One bridge, plugged in or waiting for the next try."""

    def __init__(self, bridge: LocalBridge) -> None:
        self.bridge: Final = bridge
        self.error = "not opened yet"
        self.session: Session | None = None
        self.needs_link_up = False
        self.retry_at = 0.0
        self._delay = _FIRST_RETRY_SECONDS

    def opened(self, session: Session) -> None:
        self.session = session
        self.error = ""
        self.needs_link_up = True

    def failed(self, error: str, now: float) -> None:
        if error != self.error:
            _log.warning("bridge is not working", hub=self.bridge.hub, device=self.bridge.device, error=error)
        self.session = None
        self.error = error
        self.retry_at = now + self._delay
        self._delay = min(self._delay * 2, _LONGEST_RETRY_SECONDS)

    def works(self) -> None:
        self._delay = _FIRST_RETRY_SECONDS


class Devices:
    """All local bridges of this server. `run` must be running for retries to happen."""

    def __init__(
        self,
        engine: Facade,
        switches: Switches,
        sessions: Sessions,
        link_up: Callable[[str], Awaitable[None]] = bring_up,
    ) -> None:
        self._engine: Final = engine
        self._switches: Final = switches
        self._sessions: Final = sessions
        self._link_up: Final = link_up
        self._devices: dict[tuple[str, str], _Device] = {}
        self._wake: Final = asyncio.Event()

    def reconcile(self, wanted: Iterable[LocalBridge]) -> None:
        """Unplug what is no longer wanted, plug in what is new."""
        desired = {(fold(b.hub), b.device): b for b in wanted if b.online}
        for key in [k for k, d in self._devices.items() if desired.get(k) != d.bridge]:
            self._close(self._devices.pop(key))
        for key, bridge in desired.items():
            if key not in self._devices:
                self._devices[key] = device = _Device(bridge)
                self._open(device)
        self._wake.set()

    def state(self, bridge: LocalBridge) -> DeviceState:
        """How a bridge of the configuration is now."""
        device = self._devices.get((fold(bridge.hub), bridge.device))
        return DeviceState(bridge, device.error if device is not None else "off line")

    async def run(self) -> None:
        """Set new devices up and try failed ones again, for ever."""
        while True:
            self._wake.clear()
            for device in list(self._devices.values()):
                await self._advance(device)
            try:
                async with asyncio.timeout_at(self._next_retry()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _advance(self, device: _Device) -> None:
        if device.session is None and device.retry_at <= self._engine.loop.time():
            self._open(device)
        if device.session is not None and device.needs_link_up:
            device.needs_link_up = False
            await self._set_up(device)

    async def _set_up(self, device: _Device) -> None:
        try:
            await self._link_up(device.bridge.device)
        except Exception as error:
            _log.warning("can't set the device up", device=device.bridge.device, error=str(error))
            device.error = f"the device can't be set up: {error}"
        else:
            device.works()

    def _next_retry(self) -> float | None:
        waiting = [d.retry_at for d in self._devices.values() if d.session is None]
        return min(waiting, default=None)

    def _open(self, device: _Device) -> None:
        bridge = device.bridge
        if not bridge.tap:
            device.failed("only TAP devices can be bridged so far", self._engine.loop.time())
            return
        hub = self._switches.find(bridge.hub)
        if hub is None:
            device.failed("the hub is off line", self._engine.loop.time())
            return
        try:
            session = self._engine.open_tap(hub, bridge.device, _BRIDGE)
        except OSError as error:
            device.failed(error.strerror or str(error), self._engine.loop.time())
            return
        device.opened(session)
        running = self._sessions.add_bridge(bridge.hub, bridge.device, session)
        session.ended.add_done_callback(lambda ended: self._ended(device, session, ended.result()))
        _log.info("bridge opened", hub=bridge.hub, device=bridge.device, session=running.name)

    def _close(self, device: _Device) -> None:
        session, device.session = device.session, None
        if session is not None:
            session.close()
            _log.info("bridge closed", hub=device.bridge.hub, device=device.bridge.device)

    def _ended(self, device: _Device, session: Session, reason: str) -> None:
        if device.session is session:
            device.failed(f"the device is gone ({reason})", self._engine.loop.time())
            self._wake.set()
