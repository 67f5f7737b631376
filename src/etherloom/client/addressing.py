"""Which addresses, routes and name servers the adapter has, while the account connects and disconnects.

It joins the DHCP machine and the machine's network configuration; it decides what follows from the settings
and leaves the doing to etherloom.client.adapter.
"""

import asyncio
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, assert_never

from etherloom.client.account import AdapterSettings, DynamicAddress, StaticAddresses
from etherloom.client.adapter import Address, DhcpSocket, Interface, Network, System
from etherloom.client.dhcp import Action, Bind, Broadcast, DhcpClient, Lease, Unbind, Unicast
from etherloom.client.events import AddressesChanged, Event, Notice
from etherloom.client.journal import AddressChange, FileChange, RouteChange

# Two halves win over every default route without touching the one that is there.
_HALVES: Final[dict[int, tuple[Network, Network]]] = {
    4: (IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1")),
    6: (IPv6Network("::/1"), IPv6Network("8000::/1")),
}


class Addressing:
    """Of one adapter. `connected` and `disconnected` may be called at any time; `run` acts."""

    def __init__(
        self,
        system: System,
        settings: AdapterSettings,
        hardware: bytes,
        report: Callable[[Event], None],
        draw: Callable[[], float],
    ) -> None:
        self._system = system
        self._settings = settings
        self._hardware = hardware
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._server: Address | None = None
        self._last_server: Address | None = None
        self._online = False
        self._interfaces: tuple[Interface, ...] = ()
        self._dhcp: DhcpClient | None = None
        self._socket: DhcpSocket | None = None
        if isinstance(settings.addressing, DynamicAddress) and settings.up:
            self._dhcp = DhcpClient(hardware, draw, settings.addressing.host_name)

    def connected(self, server: str) -> None:
        """A session is established with the server at this address."""
        self._server = self._last_server = ip_address(server.partition("%")[0])
        self._wake.set()

    def disconnected(self) -> None:
        """The session is gone."""
        self._server = None
        self._wake.set()

    async def run(self) -> None:
        """Follow the connection and the lease until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._advance()
            except OSError as error:
                self._report(Notice(f"can't change the adapter {self._settings.name}: {error}", warning=True))
            await self._sleep()

    async def finish(self) -> None:
        """Give the lease back. What was changed is undone by whoever owns the journal."""
        if self._dhcp is not None and self._socket is not None:
            for action in self._dhcp.release():
                if isinstance(action, Unicast):
                    self._transmit(action)
            # The kernel may have to ask for the server's hardware address before the message can go.
            await asyncio.sleep(0.05)
        self._close_socket()

    # -- following the connection

    async def _advance(self) -> None:
        if self._server is not None and not self._online:
            self._online = True
            await self._go_online()
        elif self._server is None and self._online:
            self._online = False
            await self._go_offline()
        if self._dhcp is not None:
            if self._socket is not None:
                for payload in self._socket.receive():
                    await self._perform(self._dhcp.receive(payload, self._loop.time()))
            await self._perform(self._dhcp.tick(self._loop.time()))

    async def _go_online(self) -> None:
        await self._system.forget_neighbours(self._settings.name)
        if isinstance(self._settings.addressing, StaticAddresses):
            static = self._settings.addressing
            await self._take_addresses(static.interfaces)
            await self._take_default_route(static.gateways)
            self._tell(static.gateways, (), "static")
        if self._dhcp is not None:
            self._open_socket()
            await self._perform(self._dhcp.start(self._loop.time()))

    async def _go_offline(self) -> None:
        await self._system.undo(RouteChange)
        if any(self._last_server in interface.network for interface in self._interfaces):
            # Without the route to the server these addresses would hide it.
            await self._take_addresses(())
        self._close_socket()
        if self._dhcp is not None:
            self._dhcp.pause()

    async def _sleep(self) -> None:
        deadline = None if self._dhcp is None else self._dhcp.deadline
        timeout = None if deadline is None else max(deadline - self._loop.time(), 0.0)
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return

    # -- DHCP

    def _open_socket(self) -> None:
        if self._socket is None:
            self._socket = DhcpSocket(self._settings.name, self._hardware)
            self._loop.add_reader(self._socket.fileno(), self._wake.set)

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    async def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Broadcast() | Unicast():
                    self._transmit(action)
                case Bind(lease):
                    await self._bind(lease)
                case Unbind(reason):
                    await self._unbind(reason)
                case _:
                    assert_never(action)

    def _transmit(self, action: Broadcast | Unicast) -> None:
        if self._socket is None:
            return
        try:
            if isinstance(action, Broadcast):
                self._socket.broadcast(action.payload, action.source)
            else:
                self._socket.unicast(action.payload, action.source, action.server)
        except OSError as error:
            # The machine sends again by itself.
            self._report(Notice(f"a DHCP message could not be sent: {error.strerror}", warning=True))

    async def _bind(self, lease: Lease) -> None:
        await self._system.undo(FileChange, RouteChange)
        await self._take_addresses((lease.interface,))
        if lease.mtu is not None:
            await self._system.set_link(self._settings.name, mtu=min(lease.mtu, self._settings.mtu))
        gateways = lease.routers
        if lease.routes:  # RFC 3442: then the routers don't count
            gateways = tuple(gateway for network, gateway in lease.routes if network.prefixlen == 0)
        await self._take_routes(lease)
        await self._take_default_route(gateways)
        if self._settings.accept_dns and lease.name_servers:
            self._system.set_name_servers(lease.name_servers, lease.domain)
        self._tell(gateways, lease.name_servers, "dhcp")

    async def _unbind(self, reason: str) -> None:
        await self._system.undo(FileChange, RouteChange)
        await self._take_addresses(())
        self._report(Notice(f"the address of {self._settings.name} is gone: {reason}", warning=True))
        self._tell((), (), "lost")

    async def _take_routes(self, lease: Lease) -> None:
        if not self._settings.accept_routes:
            return
        for network, gateway in lease.routes:
            if network.prefixlen:
                hop = None if gateway == IPv4Address(0) else gateway
                await self._system.add_route(self._settings.name, network, hop)

    # -- addresses

    async def _take_addresses(self, interfaces: tuple[Interface, ...]) -> None:
        """Have exactly these from now on; those that stay aren't touched, connections hang on them."""
        device = self._settings.name
        for interface in self._interfaces:
            if interface not in interfaces:
                await self._system.undo_change(AddressChange(device, str(interface)))
        for interface in interfaces:
            if interface not in self._interfaces:
                if self._server is not None and self._server in interface.network:
                    await self._keep_server_outside(self._server)
                await self._system.add_address(device, interface)
        self._interfaces = interfaces

    # -- the default route

    async def _take_default_route(self, gateways: tuple[Address, ...]) -> None:
        """Send everything through the adapter, save what goes to the server itself."""
        if not self._settings.default_route or self._server is None or not gateways:
            return
        await self._keep_server_outside(self._server)
        for version in (4, 6):
            gateway = next((gateway for gateway in gateways if gateway.version == version), None)
            if gateway is not None:
                for half in _HALVES[version]:
                    await self._system.add_route(self._settings.name, half, gateway)

    async def _keep_server_outside(self, server: Address) -> None:
        way = await self._system.way_to(server)
        if way is not None and way.device != self._settings.name:
            await self._system.add_route(way.device, ip_network(server), way.gateway)

    def _tell(
        self, gateways: tuple[Address, ...], name_servers: tuple[IPv4Address, ...], origin: str
    ) -> None:
        self._report(
            AddressesChanged(
                self._settings.name,
                tuple(map(str, self._interfaces)),
                tuple(map(str, gateways)),
                tuple(map(str, name_servers)),
                origin,
            )
        )
