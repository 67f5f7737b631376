"""The server, put together: state, engine, services and faces, from the first to the last breath.

Holds no rule of its own; what it builds, it takes down in the opposite order.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from etherloom.api.authentication import HttpGate
from etherloom.auth.attempts import Attempts
from etherloom.auth.gate import Gate
from etherloom.daemon import systemd
from etherloom.daemon.administration import RemoteAdministration, read_address_list
from etherloom.daemon.desk import Desk
from etherloom.daemon.first_start import complete_configuration
from etherloom.daemon.reception import Patience, Reception
from etherloom.daemon.settings import ServeSettings, parse_endpoints
from etherloom.daemon.successor import Successor
from etherloom.daemon.web import Web
from etherloom.engine.commands import AUTOMATIC_CONGESTION
from etherloom.engine.facade import Facade
from etherloom.model.errors import Refusal
from etherloom.model.product import VERSION
from etherloom.model.program import PORTS_SOCKET
from etherloom.observe.logs import configure_logs, get_log
from etherloom.rpc.client import SOCKET_NAME
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.handlers.index import HANDLERS
from etherloom.rpc.house import House
from etherloom.rpc.limits import Limits
from etherloom.rpc.local import LocalServer
from etherloom.rpc.ports import PortServer
from etherloom.services.access_lists import AccessLists
from etherloom.services.access_rules import AccessRules
from etherloom.services.accounting import Accounting
from etherloom.services.admission import Admission
from etherloom.services.authorities import Authorities
from etherloom.services.bridges import Bridges
from etherloom.services.cascades import Cascades
from etherloom.services.certificates import Certificates
from etherloom.services.clusters import Clusters
from etherloom.services.configurations import Configurations
from etherloom.services.connections import Connections
from etherloom.services.devices import Devices
from etherloom.services.events import Events
from etherloom.services.groups import Groups
from etherloom.services.handles import Handles
from etherloom.services.hook_delivery import HookDelivery
from etherloom.services.hooks import Hooks
from etherloom.services.hub_news import HubNews
from etherloom.services.hubs import Hubs
from etherloom.services.keep_alive import LineKeeper
from etherloom.services.l3switches import L3Switches
from etherloom.services.listeners import Listeners
from etherloom.services.listening import Endpoint, Listening
from etherloom.services.log_files import LogFiles
from etherloom.services.network import Network
from etherloom.services.options import Options
from etherloom.services.packet_logs import PacketLogs
from etherloom.services.programs import Programs
from etherloom.services.protocols import OtherProtocols
from etherloom.services.restarts import Restarts
from etherloom.services.rights import Rights
from etherloom.services.securenats import SecureNats
from etherloom.services.sessions import Sessions
from etherloom.services.status import Status
from etherloom.services.switches import Switches
from etherloom.services.syslogs import Syslogs
from etherloom.services.traces import Traces
from etherloom.services.user_lists import FOLDER, UserLists
from etherloom.services.users import Users
from etherloom.state.owner import Owner, open_owner
from etherloom.store.backup import backup
from etherloom.store.counters import Counters, open_counters
from etherloom.store.directory import StateDirectory, find_directory
from etherloom.store.log import StoreError
from etherloom.store.sqlite import open_store

# A clean end within 3 s: this much for the peers, the rest for the store.
_STOP_MS: Final = 2_300
_FLUSH_SECONDS: Final = 60.0
_log = get_log("server")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as far as its composition root and tests reach into it."""

    directory: StateDirectory
    owner: Owner
    engine: Facade
    switches: Switches
    sessions: Sessions
    network: Network
    dispatcher: Dispatcher
    house: House
    events: Events
    attempts: Attempts


class _Stopped(Exception):
    """Ends the tasks of a server that is asked to stop."""


def run(settings: ServeSettings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    configure_logs(settings.log_level)
    _allow_descriptors()
    successor = Successor()
    try:
        again = asyncio.run(_serve(settings))
        if again:
            successor.take_over()
    except (Refusal, StoreError) as error:
        sys.stderr.write(f"etherloom: {error}\n")
        return 1
    return 0


def _allow_descriptors() -> None:
    """Each connection takes one; the usual soft limit of 1,024 is for programs that use select()."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(settings: ServeSettings) -> bool:
    """Serve until told to stop; returns whether to start anew."""
    end, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _set_both, end, stop)
    path = find_directory(settings.state, os.environ, root=os.geteuid() == 0)
    endpoints = tuple(endpoint for text in settings.listen for endpoint in parse_endpoints(text))
    async with open_server(path, endpoints, congestion=settings.congestion) as server:
        _log.info("server started", version=VERSION, state=str(path), process=os.getpid())
        systemd.notify("READY=1")
        server.house.restarts.on_asked(end.set)
        await end.wait()
        again = not stop.is_set()
        if not again:
            systemd.notify("STOPPING=1")
        _log.info("server stops")
    _log.info("server stopped")
    return again


def _set_both(end: asyncio.Event, stop: asyncio.Event) -> None:
    end.set()
    stop.set()


@contextlib.asynccontextmanager
async def open_server(
    path: Path,
    instead_of_defaults: tuple[Endpoint, ...] = (),
    patience: Patience | None = None,
    congestion: str = AUTOMATIC_CONGESTION,
) -> AsyncIterator[Server]:
    """Everything of a server on the state in `path`, running. Raises StoreError or Refusal."""
    async with contextlib.AsyncExitStack() as stack:
        directory = stack.enter_context(StateDirectory.open(path))
        store = await open_store(directory)
        stack.push_async_callback(store.close)
        owner = await open_owner(store, unix_milliseconds)
        await complete_configuration(owner)
        counters = await open_counters(store)
        stack.push_async_callback(counters.flush)
        engine = await stack.enter_async_context(_run_engine())
        engine.use_congestion(congestion)
        tasks = await stack.enter_async_context(_run_tasks())
        server = _build(directory, owner, counters, engine, tasks, instead_of_defaults)
        accounting = Accounting(counters, server.sessions, owner, unix_milliseconds)
        stack.callback(accounting.close)
        tasks.create_task(counters.keep_flushing(_FLUSH_SECONDS), name="counters")
        local = LocalServer(directory.address(SOCKET_NAME), server.dispatcher)
        await local.start()
        stack.push_async_callback(local.stop)
        ports = PortServer(directory.address(PORTS_SOCKET), server.house.programs, tasks)
        await stack.enter_async_context(ports.serving())
        web = _furnish_web(server)
        stack.push_async_callback(web.stop)
        desk = _furnish_desk(server)
        connections = server.house.connections
        reception = Reception(desk, web, connections, tasks, unix_milliseconds, patience or Patience())
        rules = AccessRules(owner, engine, server.switches, UserLists(directory.path / FOLDER))
        rules.start()
        stack.callback(rules.stop)
        tasks.create_task(rules.run(), name="access-rules")
        server.network.start(reception.accept)
        stack.callback(server.network.stop)
        rights = Rights(owner, server.sessions)
        rights.start()
        stack.callback(rights.stop)
        stack.callback(PacketLogs(owner, engine, server.switches, path).close)
        yield server


def _build(
    directory: StateDirectory,
    owner: Owner,
    counters: Counters,
    engine: Facade,
    tasks: asyncio.TaskGroup,
    instead_of_defaults: tuple[Endpoint, ...],
) -> Server:
    switches = Switches(engine)
    sessions = Sessions(engine, switches, unix_milliseconds)
    HubNews(owner, switches, sessions)
    devices = Devices(engine, switches, sessions)
    tasks.create_task(devices.run(), name="devices")
    network = Network(
        owner,
        engine,
        switches,
        sessions,
        devices,
        Listening(engine),
        unix_milliseconds,
        instead_of_defaults,
    )
    traces = Traces(engine, switches, sessions, tasks)
    programs = Programs(owner, engine, switches, sessions)
    events = Events(sessions, unix_milliseconds)
    deliveries = HookDelivery(owner, events, unix_milliseconds)
    house = _furnish_house(directory, owner, counters, sessions, network, traces, programs, deliveries)
    tasks.create_task(house.line.run(), name="keep-alive")
    tasks.create_task(deliveries.run(), name="hooks")
    return Server(
        directory,
        owner,
        engine,
        switches,
        sessions,
        network,
        Dispatcher(house, HANDLERS, Limits(owner).check),
        house,
        events,
        Attempts(time.monotonic),
    )


def _furnish_desk(server: Server) -> Desk:
    owner, sessions = server.owner, server.sessions
    rules = partial(read_address_list, server.directory.path)
    door = RemoteAdministration(owner, server.dispatcher, rules, server.attempts)
    admission = Admission(owner, Gate(), sessions, unix_milliseconds)
    connections = server.house.connections
    events, attempts = server.events, server.attempts
    return Desk(owner, admission, sessions, door, connections, attempts, events, unix_milliseconds)


def _furnish_web(server: Server) -> Web:
    rules = partial(read_address_list, server.directory.path)
    gate = HttpGate(server.owner, rules, server.attempts)
    return Web(server.dispatcher, gate, server.house.connections, unix_milliseconds)


def _furnish_house(
    directory: StateDirectory,
    owner: Owner,
    counters: Counters,
    sessions: Sessions,
    network: Network,
    traces: Traces,
    programs: Programs,
    deliveries: HookDelivery,
) -> House:
    async def back_up(file: str) -> None:
        await asyncio.to_thread(backup, directory, Path(file))

    return House(
        owner=owner,
        hubs=Hubs(owner, unix_milliseconds),
        users=Users(owner, unix_milliseconds),
        groups=Groups(owner),
        hooks=Hooks(owner),
        deliveries=deliveries,
        access_lists=AccessLists(owner),
        authorities=Authorities(owner),
        options=Options(owner),
        cascades=Cascades(owner),
        securenats=SecureNats(owner),
        handles=Handles(),
        listeners=Listeners(owner),
        bridges=Bridges(owner),
        certificates=Certificates(owner),
        status=Status(owner, sessions, counters, unix_milliseconds, time.monotonic),
        sessions=sessions,
        actual=network,
        traces=traces,
        configurations=Configurations(owner, counters, unix_milliseconds),
        backup=back_up,
        clusters=Clusters(owner),
        connections=Connections(sessions, unix_milliseconds),
        l3switches=L3Switches(owner),
        line=LineKeeper(owner),
        log_files=LogFiles(directory.path),
        programs=programs,
        protocols=OtherProtocols(owner),
        restarts=Restarts(owner),
        syslogs=Syslogs(owner),
    )


@contextlib.asynccontextmanager
async def _run_engine() -> AsyncIterator[Facade]:
    engine = Facade()
    engine.yield_to_frames()
    try:
        yield engine
    finally:
        if not await engine.stop(_STOP_MS):
            _log.warning("some peers did not close in time")


@contextlib.asynccontextmanager
async def _run_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A group whose tasks are cancelled at the end. A single error comes out as itself."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            _stop_tasks()
    except BaseExceptionGroup as group:
        _, errors = group.split(_Stopped)
        if errors is None:
            return
        raise (errors.exceptions[0] if len(errors.exceptions) == 1 else errors) from None


def _stop_tasks() -> None:
    """The only way to cancel all tasks of a group is to fail inside it."""
    raise _Stopped


def unix_milliseconds() -> int:
    return time.time_ns() // 1_000_000
