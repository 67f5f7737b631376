"""The virtual adapter and what else of this machine's network a client touches: addresses, routes, DNS, the
DHCP client's socket. The only file of the client that names an operating system (Linux).

Changes that outlive the adapter are journalled before they are made. It decides nothing.
"""

import base64
import contextlib
import ctypes
import hashlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_interface,
    ip_network,
)
from pathlib import Path
from typing import Any, Final, Self, assert_never

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from etherloom.client.dhcp_message import CLIENT_PORT, SERVER_PORT, build_frame, parse_frame
from etherloom.client.journal import (
    AddressChange,
    Change,
    FileChange,
    Journal,
    LinkChange,
    Place,
    RouteChange,
)
from etherloom.model.errors import ErrorCode, Refusal

Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

RESOLVER_FILE: Final = Path("/etc/resolv.conf")
_ADDRESS_FAMILIES: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_UP: Final = 1  # IFF_UP
_GONE: Final = frozenset({2, 3, 19, 99})  # ENOENT, ESRCH, ENODEV, EADDRNOTAVAIL: undone by somebody else
_EXISTS: Final = 17
_NEIGHBOUR_NOARP: Final = 0x40
_NEIGHBOUR_PERMANENT: Final = 0x80
_SO_ATTACH_FILTER: Final = 26
_SO_BINDTODEVICE: Final = 25
_ETH_P_IP: Final = 0x0800
_MAXIMUM_NAME: Final = 15
# tcpdump's words: "ip and udp dst port 68", no fragments.
_DHCP_FILTER: Final = (
    (0x28, 0, 0, 12),
    (0x15, 0, 8, _ETH_P_IP),
    (0x30, 0, 0, 23),
    (0x15, 0, 6, 17),
    (0x28, 0, 0, 20),
    (0x45, 4, 0, 0x1FFF),
    (0xB1, 0, 0, 14),
    (0x48, 0, 0, 16),
    (0x15, 0, 1, CLIENT_PORT),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


@dataclass(frozen=True, slots=True)
class Way:
    """How this machine reaches an address now."""

    gateway: Address | None
    device: str


def here() -> Place:
    """Return the boot and the network namespace that this process lives in."""
    boot = _read("/proc/sys/kernel/random/boot_id") or "unknown"
    return Place(boot, str(os.stat("/proc/self/ns/net").st_ino))


def machine_identity() -> bytes:
    """Return 32 bytes that name this machine, or the network namespace if it isn't the machine's own."""
    name = _read("/etc/machine-id") or socket.gethostname()
    own, first = os.stat("/proc/self/ns/net").st_ino, own_namespace_of_init()
    return hashlib.sha256(f"etherloom client {name} {'' if own == first else own}".encode()).digest()


def own_namespace_of_init() -> int:
    try:
        return os.stat("/proc/1/ns/net").st_ino
    except OSError:
        return 0


def stable_hardware(*names: str) -> bytes:
    """Return a locally administered MAC address that is the same for the same names on this machine."""
    digest = hashlib.sha256(machine_identity() + "\0".join(names).encode()).digest()
    return bytes((digest[0] & 0xFC | 0x02,)) + digest[1:6]


def check_name(name: str) -> str:
    """Return `name` if an adapter may be called so. Raises Refusal."""
    encoded = name.encode()
    strange = any(character in "/:%" or character <= " " for character in name)
    if strange or not 0 < len(encoded) <= _MAXIMUM_NAME or name in (".", ".."):
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name an adapter: 1 to {_MAXIMUM_NAME} characters, no blank, slash, colon or %",
        )
    return name


async def free_name(prefix: str = "vpn") -> str:
    """Return the first adapter name of this kind that is not taken."""
    async with AsyncIPRoute() as netlink:
        number = 0
        while await netlink.link_lookup(ifname=f"{prefix}{number}"):
            number += 1
        return f"{prefix}{number}"


class System:
    """The machine's network configuration, through netlink, with the journal of one client."""

    def __init__(self, netlink: Any, journal: Journal) -> None:
        self._netlink = netlink
        self._journal = journal

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, journal: Journal) -> AsyncIterator[Self]:
        async with AsyncIPRoute() as netlink:
            yield cls(netlink, journal)

    # -- the adapter itself

    async def remember(self, device: str) -> bool:
        """Before an adapter is opened: True if it exists already; then its settings are journalled."""
        link = await self._find(device)
        if link is None:
            return False
        up = bool(link["flags"] & _UP)
        self._journal.record(LinkChange(device, link.get("address") or "", link.get("mtu") or 1500, up))
        return True

    async def set_link(self, device: str, *, hardware: bytes = b"", mtu: int = 0, up: bool = False) -> None:
        """Set what is given."""
        index = await self._index(device)
        if hardware:
            await self._netlink.link("set", index=index, address=hardware.hex(":"))
        if mtu:
            await self._netlink.link("set", index=index, mtu=mtu)
        if up:
            await self._netlink.link("set", index=index, state="up")

    async def hardware(self, device: str) -> bytes:
        link = await self._find(device)
        return bytes.fromhex(str(link.get("address")).replace(":", "")) if link is not None else b""

    def refuse_advertised_routers(self, device: str) -> None:
        """Whoever sits on the hub must not become this machine's IPv6 default router. Raises OSError."""
        Path(f"/proc/sys/net/ipv6/conf/{device}/accept_ra_defrtr").write_text("0")

    async def forget_neighbours(self, device: str) -> None:
        """Whoever answered there before may have another hardware address now."""
        index = await self._index(device)
        for family in _ADDRESS_FAMILIES.values():
            entries = [entry async for entry in await self._netlink.get_neighbours(family, ifindex=index)]
            for entry in entries:
                if not entry["state"] & (_NEIGHBOUR_NOARP | _NEIGHBOUR_PERMANENT):
                    with _already_gone():
                        await self._netlink.neigh("del", dst=entry.get("dst"), ifindex=index, family=family)

    # -- addresses and routes

    async def add_address(self, device: str, interface: Interface) -> None:
        index = await self._index(device)
        number = self._journal.record(AddressChange(device, str(interface)))
        arguments: dict[str, Any] = {"address": str(interface.ip), "prefixlen": interface.network.prefixlen}
        if isinstance(interface, IPv4Interface) and interface.network.prefixlen < 31:
            arguments["broadcast"] = str(interface.network.broadcast_address)
        if isinstance(interface, IPv6Interface):
            arguments["flags"] = 0x02  # IFA_F_NODAD: usable at once
        await self._make(number, self._netlink.addr("add", index=index, **arguments))

    async def add_route(self, device: str, destination: Network, gateway: Address | None) -> None:
        index = await self._index(device)
        number = self._journal.record(
            RouteChange(str(destination), "" if gateway is None else str(gateway), device)
        )
        await self._make(number, self._netlink.route("add", oif=index, **_route(destination, gateway)))

    async def way_to(self, address: Address) -> Way | None:
        """Return how an address is reached now, None if it isn't, or if it is this machine itself."""
        try:
            found = await self._netlink.route(
                "get", dst=str(address), family=_ADDRESS_FAMILIES[address.version]
            )
        except NetlinkError:
            return None
        if not found or found[0].get("oif") is None or found[0]["type"] != 1:
            return None
        gateway = found[0].get("gateway")
        name = socket.if_indextoname(found[0].get("oif"))
        return Way(None if gateway is None else ip_interface(gateway).ip, name)

    # -- DNS

    def set_name_servers(self, servers: tuple[IPv4Address, ...], domain: str) -> None:
        """Replace the resolver's configuration. Raises OSError."""
        before = RESOLVER_FILE.read_bytes() if RESOLVER_FILE.exists() else b""
        lines = ["# set by etherloom connect", *(f"nameserver {server}" for server in servers)]
        if domain.isprintable() and " " not in domain and domain:
            lines.append(f"search {domain}")
        written = ("\n".join(lines) + "\n").encode()
        number = self._journal.record(FileChange.of(str(RESOLVER_FILE), before, written))
        try:
            RESOLVER_FILE.write_bytes(written)
        except OSError:
            self._journal.forget(number)
            raise

    # -- undoing

    async def undo(self, *kinds: type[Change], device: str | None = None) -> None:
        """Take back what this client changed (of these kinds, on this device), newest first."""
        for number, change in self._journal.pending():
            if kinds and not isinstance(change, kinds):
                continue
            if device is not None and getattr(change, "device", device) != device:
                continue
            await self._undo(change)
            self._journal.forget(number)

    async def undo_change(self, wanted: Change) -> None:
        """Take back one change, if it is still ours."""
        for number, change in self._journal.pending():
            if change == wanted:
                await self._undo(change)
                self._journal.forget(number)
                return

    async def _undo(self, change: Change) -> None:
        match change:
            case FileChange():
                _restore_file(change)
            case LinkChange() | AddressChange() | RouteChange():
                await self._undo_on_device(change)
            case _:
                assert_never(change)

    async def _undo_on_device(self, change: LinkChange | AddressChange | RouteChange) -> None:
        link = await self._find(change.device)
        if link is None:
            return
        index = link["index"]
        with _already_gone():
            match change:
                case LinkChange():
                    state = "up" if change.up else "down"
                    await self._netlink.link(
                        "set", index=index, address=change.hardware, mtu=change.mtu, state=state
                    )
                case AddressChange():
                    interface = ip_interface(change.interface)
                    await self._netlink.addr(
                        "del", index=index, address=str(interface.ip), prefixlen=interface.network.prefixlen
                    )
                case RouteChange():
                    gateway = ip_interface(change.gateway).ip if change.gateway else None
                    route = _route(ip_network(change.destination), gateway)
                    await self._netlink.route("del", oif=index, **route)
                case _:
                    assert_never(change)

    # -- netlink

    async def _make(self, number: int, request: Any) -> None:
        """Await a journalled change. What is there already isn't ours to undo. Raises OSError."""
        try:
            await request
        except NetlinkError as error:
            self._journal.forget(number)
            if error.code != _EXISTS:
                raise OSError(error.code, os.strerror(error.code)) from error

    async def _find(self, device: str) -> Any:
        for index in await self._netlink.link_lookup(ifname=device):
            for link in await self._netlink.link("get", index=index):
                return link
        return None

    async def _index(self, device: str) -> int:
        found = await self._netlink.link_lookup(ifname=device)
        if not found:
            raise OSError(19, f"the adapter {device} is gone")
        return int(found[0])


class DhcpSocket:
    """What the DHCP client sends and hears on one adapter; a filter keeps all other frames in the kernel."""

    def __init__(self, device: str, hardware: bytes) -> None:
        self._device = device
        self._hardware = hardware
        self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            _attach_filter(self._packets)
            self._packets.bind((device, _ETH_P_IP))
        except BaseException:
            self._packets.close()
            raise

    def fileno(self) -> int:
        return self._packets.fileno()

    def broadcast(self, payload: bytes, source: IPv4Address) -> None:
        """Raises OSError."""
        self._packets.send(build_frame(payload, self._hardware, source))

    def unicast(self, payload: bytes, source: IPv4Address, server: IPv4Address) -> None:
        """Raises OSError. The answer is heard as a frame."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sender.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, self._device.encode())
            sender.bind((str(source), CLIENT_PORT))
            sender.sendto(payload, (str(server), SERVER_PORT))

    def receive(self) -> list[bytes]:
        """Return the payloads that have come in."""
        payloads = []
        for _ in range(64):
            try:
                frame = self._packets.recv(2048)
            except OSError:
                break
            payload = parse_frame(frame)
            if payload is not None:
                payloads.append(payload)
        return payloads

    def close(self) -> None:
        self._packets.close()


def _attach_filter(packets: socket.socket) -> None:
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in _DHCP_FILTER)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("@HP", len(_DHCP_FILTER), ctypes.addressof(buffer))
    packets.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)


def _route(destination: Network, gateway: Address | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {"dst": str(destination), "family": _ADDRESS_FAMILIES[destination.version]}
    if gateway is not None:
        arguments["gateway"] = str(gateway)
    elif destination.version == 4:
        arguments["scope"] = 253  # link
    return arguments


def _restore_file(change: FileChange) -> None:
    file = Path(change.path)
    with contextlib.suppress(OSError):
        if file.read_bytes() == base64.b64decode(change.written):
            file.write_bytes(base64.b64decode(change.before))


@contextlib.contextmanager
def _already_gone() -> Any:
    try:
        yield
    except NetlinkError as error:
        if error.code not in _GONE:
            raise OSError(error.code, os.strerror(error.code)) from error


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
