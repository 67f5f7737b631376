"""A little internet for one test process: a server's namespace and two clients' on one Ethernet.

Programs are started on first use and live as long as the world; every test has a hub of its own.
"""

import contextlib
import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.netns import Lan, Namespace
from tests.support.packages import Programs, programs
from tests.support.peers import Account, Client, Kind, Server
from tests.support.stock import StockClient, StockServer
from tests.support.traffic import Station
from tests.support.waiting import wait_until

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class World:
    """Namespaces, and the programs in them."""

    SEATS = ("anna", "bert")

    def __init__(self, folder: Path, stock: Programs | None = None) -> None:
        self.folder = folder
        self.stock = stock or programs()
        # Stock and ours have the same ports, so each kind of server has its own namespace.
        self._hosts = {kind: Namespace(kind.value) for kind in Kind}
        self._seats = {seat: Namespace(seat) for seat in self.SEATS}
        self.lan = Lan(*self._hosts.values(), *self._seats.values())
        self._servers: dict[Kind, Server] = {}
        self._clients: dict[tuple[Kind, str], Client] = {}
        self._numbers = itertools.count(1)
        self._crowded = False
        self._more: dict[str, list[str]] = {}

    def seat(self, name: str) -> Namespace:
        return self._seats[name]

    def host(self, kind: Kind) -> Namespace:
        return self._hosts[kind]

    def server(self, kind: Kind) -> Server:
        """Return the running server of this kind."""
        if kind not in self._servers:
            server = self._new_server(kind, self._hosts[kind])
            self._servers[kind] = server
            server.start()
        return self._servers[kind]

    def client(self, kind: Kind, seat: str) -> Client:
        """Return the client of this kind at this seat, started, not connected."""
        if (kind, seat) not in self._clients:
            client = self._new_client(kind, self._seats[seat], seat)
            self._clients[kind, seat] = client
            client.start()
        return self._clients[kind, seat]

    def address(self, kind: Kind, family: int = 4) -> str:
        """Return the address of a server as a client sees it."""
        return self.lan.address(self._hosts[kind]).of(_FAMILIES[family])

    def more_addresses(self, seat: str, count: int) -> list[str]:
        """Return further addresses of a seat: limits count by source address, a crowd has many."""
        found = [f"10.77.1.{number}" for number in range(1, count + 1)]
        if not self._crowded:
            for host in self._hosts.values():
                host.ip(f"route add 10.77.1.0/24 dev {Lan.INTERFACE}")
            self._crowded = True
        held = self._more.setdefault(seat, [])
        fresh = [address for address in found if address not in held]
        if fresh:
            self._seats[seat].ip(*(f"addr add {address}/32 dev {Lan.INTERFACE}" for address in fresh))
            held.extend(fresh)
        return found

    def station(self, client: Client) -> Station:
        """Return the client's virtual interface with addresses of its seat."""
        number = 11 + list(self._seats.values()).index(client.namespace)
        station = Station(client.namespace, client.interface, f"10.88.0.{number}", f"fd58::{number}")
        station.configure()
        return station

    @contextlib.contextmanager
    def hub(self, kind: Kind, max_sessions: int = 0, *, plaintext: bool = False) -> Iterator[str]:
        """Return the name of a new hub with users anna and bert (password "secret")."""
        name = f"T{next(self._numbers)}"
        server = self.server(kind)
        server.create_hub(name, max_sessions)
        if plaintext:
            server.allow_plaintext(name)
        try:
            for user in self.SEATS:
                server.create_user(name, user)
            yield name
        finally:
            for client in self._clients.values():
                client.disconnect()
            self._renew_clients()
            server.delete_hub(name)

    def _renew_clients(self) -> None:
        """Stop stock clients that have seen a failure.

        An error stays in the OpenSSL queue of the thread that met it, threads are used again, and a session
        on such a thread closes every connection: a failure in one test must not fail the next.
        """
        for place, client in list(self._clients.items()):
            if client.kind is Kind.STOCK and client.failures():
                client.stop()
                del self._clients[place]

    def renew(self) -> None:
        """Stop the stock programs: the next user gets fresh ones. For tests that cut connections."""
        for place, client in list(self._clients.items()):
            if client.kind is Kind.STOCK:
                client.stop()
                del self._clients[place]
        if Kind.STOCK in self._servers:
            self._servers.pop(Kind.STOCK).stop()

    def connect(
        self, server: Kind, client: Kind, hub: str, account: Account, family: int = 4
    ) -> list[Station]:
        """Connect a client at every seat and return their stations once all sessions stand."""
        clients = [self.client(client, seat) for seat in self.SEATS]
        for seat, end in zip(self.SEATS, clients, strict=True):
            end.connect(replace(account, server=self.address(server, family), hub=hub, user=seat))
        for end in clients:
            self.wait_established(end)
        return [self.station(end) for end in clients]

    def wait_established(self, client: Client, timeout: float = 20.0) -> None:
        """Wait until the client's session stands."""
        wait_until(
            client.established,
            timeout,
            lambda: f"{client.namespace.label} is not connected; failures: {client.failures()}",
        )

    def logs(self) -> dict[str, Path]:
        """Return the logs of all programs by a readable name."""
        found: dict[str, Path] = {}
        for kind, server in self._servers.items():
            found |= {f"{kind.value} server {name}": path for name, path in server.logs().items()}
        for (kind, seat), client in self._clients.items():
            found |= {f"{kind.value} client {seat} {name}": path for name, path in client.logs().items()}
        return found

    def close(self) -> None:
        for client in self._clients.values():
            client.stop()
        for server in self._servers.values():
            server.stop()
        self.lan.delete()
        for namespace in (*self._hosts.values(), *self._seats.values()):
            namespace.delete()

    def _new_server(self, kind: Kind, host: Namespace) -> Server:
        folder = self.folder / f"{kind.value}-server"
        return EtherloomServer(host, folder) if kind is Kind.OURS else StockServer(host, folder, self.stock)

    def _new_client(self, kind: Kind, namespace: Namespace, seat: str) -> Client:
        folder = self.folder / f"{kind.value}-{seat}"
        if kind is Kind.OURS:
            return EtherloomClient(namespace, folder)
        return StockClient(namespace, folder, self.stock)
