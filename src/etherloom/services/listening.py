"""Actual state of the listeners: sockets that are bound, or why they are not, and when to try again.

What is wanted comes from outside (see network); a port that can't be opened is a status, never a failure.
"""

import asyncio
import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from etherloom.engine.commands import ListenerLimits
from etherloom.engine.facade import Connection, Facade
from etherloom.observe.logs import get_log

RETRY_SECONDS: Final = 2.0
RETRY_UNSUPPORTED_SECONDS: Final = 60.0
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - a server listens on all addresses unless told otherwise
_UNSUPPORTED: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)

_log = get_log("listener")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One socket that is wanted. Port 0 lets the system choose."""

    address: str
    port: int
    limits: ListenerLimits = field(default_factory=ListenerLimits)

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class EndpointState:
    """How one socket is: `error` is empty while it accepts. `bound` is the port that it really has."""

    endpoint: Endpoint
    bound: int
    error: str

    @property
    def is_open(self) -> bool:
        return not self.error


class _Socket:
    """One endpoint, open or waiting for the next try."""

    def __init__(self, engine: Facade, endpoint: Endpoint, accept: Callable[[Connection], None]) -> None:
        self._engine: Final = engine
        self._accept: Final = accept
        self.endpoint: Final = endpoint
        self.error = "not opened yet"
        self.bound = endpoint.port
        self._listener: int | None = None
        self._retry: asyncio.TimerHandle | None = None

    def open(self) -> None:
        self._retry = None
        where = self.endpoint
        try:
            self._listener = self._engine.open_listener(
                where.address, where.port, where.limits, self._accept, self._failed
            )
            self.bound = self._engine.core.listener_port(self._listener)
        except OSError as error:
            self._wait(error)
            return
        self.error = ""
        _log.info("listening", address=where.address, port=self.bound)

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._listener is not None:
            self._engine.close_listener(self._listener)
            self._listener = None
            _log.info("listener closed", address=self.endpoint.address, port=self.bound)
        self.error = "closed"

    def _wait(self, error: OSError) -> None:
        text = error.strerror or str(error)
        if text != self.error:
            _log.warning("can't listen", address=self.endpoint.address, port=self.endpoint.port, error=text)
        self.error = text
        unsupported = ":" in self.endpoint.address and error.errno in _UNSUPPORTED
        delay = RETRY_UNSUPPORTED_SECONDS if unsupported else RETRY_SECONDS
        self._retry = self._engine.loop.call_later(delay, self.open)

    def _failed(self) -> None:
        self._listener = None
        self._wait(OSError(errno.EIO, "the socket stopped accepting"))


class Listening:
    """All sockets of this server."""

    def __init__(self, engine: Facade) -> None:
        self._engine: Final = engine
        self._sockets: dict[Endpoint, _Socket] = {}

    def reconcile(self, wanted: Iterable[Endpoint], accept: Callable[[Connection], None]) -> None:
        """Close what is no longer wanted and open what is new; the rest stays untouched."""
        keep = set(wanted)
        for endpoint in [e for e in self._sockets if e not in keep]:
            self._sockets.pop(endpoint).close()
        for endpoint in sorted(keep - self._sockets.keys(), key=str):
            self._sockets[endpoint] = socket = _Socket(self._engine, endpoint, accept)
            socket.open()

    def states(self) -> list[EndpointState]:
        return [EndpointState(s.endpoint, s.bound, s.error) for s in self._sockets.values()]

    def port_error(self, port: int) -> str | None:
        """Why nothing accepts on `port`; empty when something does, None when nothing is wanted there."""
        errors = [s.error for s in self._sockets.values() if s.endpoint.port == port]
        if not errors:
            return None
        return "" if "" in errors else errors[0]
