"""Other VPN protocols and ways through firewalls, as they are wanted: kept, and given back as set.

Nothing here is served yet, so nothing listens because of it, and dynamic DNS is never asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold
from etherloom.model.protocol import (
    DynamicDns,
    EtherIpClient,
    IpsecServices,
    OptionType,
    ProtocolOption,
    Protocols,
    WireguardKey,
)
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

OPENVPN: Final = "OpenVPN"
SSTP: Final = "SSTP"
ENABLED: Final = "Enabled"
NUMBER_BYTES: Final = 4
_LONGEST_TEXT: Final = 4_096
_OFF: Final = bytes(NUMBER_BYTES)
_ON: Final = (1).to_bytes(NUMBER_BYTES, "little")
# What an OpenVPN client is taken to say for itself while it says nothing.
_OPENVPN_CLIENT: Final = (
    b"dev-type tun,link-mtu 1500,tun-mtu 1500,cipher AES-128-CBC,auth SHA1,"
    b"keysize 128,key-method 2,tls-client\0"
)
# Whether a protocol is on is off here by default: it isn't served.
_DEFAULTS: Final = (
    ProtocolOption(OPENVPN, "DefaultClientOption", OptionType.TEXT, _OPENVPN_CLIENT),
    ProtocolOption(OPENVPN, ENABLED, OptionType.FLAG, _OFF),
    ProtocolOption(OPENVPN, "Obfuscation", OptionType.FLAG, _OFF),
    ProtocolOption(OPENVPN, "ObfuscationMask", OptionType.TEXT, b"\0"),
    ProtocolOption(OPENVPN, "PushDummyIPv4AddressOnL2Mode", OptionType.FLAG, _ON),
    ProtocolOption(SSTP, ENABLED, OptionType.FLAG, _OFF),
)
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OptionWish:
    """One option as an administrator names it; `type` is the wire's number."""

    name: str
    type: int
    value: bytes


def _index(options: Sequence[ProtocolOption]) -> Mapping[_Key, ProtocolOption]:
    return MappingProxyType({(fold(one.protocol), fold(one.name)): one for one in options})


_BY_NAME: Final = _index(_DEFAULTS)


class OtherProtocols:
    """Settings of protocols besides the native one."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    # -- UDP ports and options

    def get(self) -> Protocols:
        return _protocols(self._owner.snapshot)

    async def set_udp_ports(self, ports: Sequence[int], origin: Origin) -> None:
        """Replace the ports; one named twice is one."""
        wanted = tuple(dict.fromkeys(ports))
        await self._change(lambda old: replace(old, udp_ports=wanted), origin)

    async def set_special_listeners(self, *, icmp: bool, dns: bool, origin: Origin) -> None:
        await self._change(lambda old: replace(old, icmp=icmp, dns=dns), origin)

    def options(self, protocol: str) -> Sequence[ProtocolOption]:
        """The options of a protocol, by name. Raises Refusal for an unknown one."""
        known = {key: one for key, one in _BY_NAME.items() if key[0] == fold(protocol)}
        if not known:
            raise _unknown_protocol(protocol)
        kept = _index(self.get().options)
        return [kept.get(key, one) for key, one in known.items()]

    def is_enabled(self, protocol: str) -> bool:
        return any(any(one.value) for one in self.options(protocol) if one.name == ENABLED)

    async def set_options(self, protocol: str, wishes: Sequence[OptionWish], origin: Origin) -> None:
        """Change options, all or none. Raises Refusal."""
        await self._keep_options([_read_option(protocol, wish) for wish in wishes], origin)

    async def set_enabled(self, *, openvpn: bool, sstp: bool, origin: Origin) -> None:
        """Switch both protocols in one step."""
        wishes = [(OPENVPN, _ON if openvpn else _OFF), (SSTP, _ON if sstp else _OFF)]
        changed = [replace(_BY_NAME[fold(name), fold(ENABLED)], value=value) for name, value in wishes]
        await self._keep_options(changed, origin)

    async def _keep_options(self, changed: Sequence[ProtocolOption], origin: Origin) -> None:
        def change(old: Protocols) -> Protocols:
            kept = {**_index(old.options), **_index(changed)}
            return replace(old, options=tuple(_differing(kept)))

        await self._change(change, origin)

    async def _change(self, change: Callable[[Protocols], Protocols], origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Put(keys.PROTOCOLS, change(_protocols(snapshot)))]

        await self._owner.apply(derive, origin)

    # -- IPsec and EtherIP

    def ipsec(self) -> IpsecServices:
        return self._owner.snapshot.find(keys.IPSEC, IpsecServices) or IpsecServices()

    async def set_ipsec(self, services: IpsecServices, origin: Origin) -> None:
        await self._owner.apply(lambda _: [Put(keys.IPSEC, services)], origin)

    def etherip_clients(self) -> Sequence[EtherIpClient]:
        found = self._owner.snapshot.children(keys.ETHERIP_PREFIX, EtherIpClient)
        return sorted(found, key=lambda one: fold(one.id))

    def etherip_client(self, identifier: str) -> EtherIpClient:
        """Raises Refusal."""
        return _find_etherip(self._owner.snapshot, identifier)

    async def put_etherip_client(self, client: EtherIpClient, origin: Origin) -> None:
        """Add a setting, or replace the one with this id."""
        await self._owner.apply(lambda _: [Put(keys.etherip_key(client.id), client)], origin)

    async def delete_etherip_client(self, identifier: str, origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Delete(keys.etherip_key(_find_etherip(snapshot, identifier).id))]

        await self._owner.apply(derive, origin)

    # -- WireGuard

    def wireguard_keys(self) -> Sequence[WireguardKey]:
        found = self._owner.snapshot.children(keys.WIREGUARD_PREFIX, WireguardKey)
        return sorted(found, key=lambda one: one.key)

    async def add_wireguard_keys(self, added: Sequence[WireguardKey], origin: Origin) -> None:
        """Add peers, all or none. Raises Refusal."""
        if len({one.key for one in added}) < len(added):
            raise Refusal(ErrorCode.OBJECT_EXISTS, "a WireGuard key is named twice")

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            for one in added:
                if snapshot.get(keys.wireguard_key(one.key)) is not None:
                    raise Refusal(ErrorCode.OBJECT_EXISTS, f"the WireGuard key {one.key!r} is there already")
            return [Put(keys.wireguard_key(one.key), one) for one in added]

        await self._owner.apply(derive, origin)

    async def delete_wireguard_keys(self, deleted: Sequence[str], origin: Origin) -> None:
        """Delete peers, all or none. Raises Refusal."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            for key in deleted:
                if snapshot.get(keys.wireguard_key(key)) is None:
                    raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"there is no WireGuard key {key!r}")
            return [Delete(keys.wireguard_key(key)) for key in dict.fromkeys(deleted)]

        await self._owner.apply(derive, origin)

    # -- dynamic DNS and the relay of the original

    def dynamic_dns(self) -> DynamicDns:
        return _dynamic_dns(self._owner.snapshot)

    async def change_dynamic_dns(self, change: Callable[[DynamicDns], DynamicDns], origin: Origin) -> None:
        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [Put(keys.DYNAMIC_DNS, change(_dynamic_dns(snapshot)))]

        await self._owner.apply(derive, origin)


def _protocols(snapshot: Snapshot) -> Protocols:
    return snapshot.find(keys.PROTOCOLS, Protocols) or Protocols()


def _dynamic_dns(snapshot: Snapshot) -> DynamicDns:
    return snapshot.find(keys.DYNAMIC_DNS, DynamicDns) or DynamicDns()


def _find_etherip(snapshot: Snapshot, identifier: str) -> EtherIpClient:
    client = snapshot.find(keys.etherip_key(identifier), EtherIpClient)
    if client is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"there is no setting for the device {identifier!r}")
    return client


def _differing(options: Mapping[_Key, ProtocolOption]) -> Iterator[ProtocolOption]:
    """What must be kept: defaults need not, and what an import brought and we don't know stays."""
    for key, one in options.items():
        default = _BY_NAME.get(key)
        if default is None or default.value != one.value:
            yield one


def _read_option(protocol: str, wish: OptionWish) -> ProtocolOption:
    default = _BY_NAME.get((fold(protocol), fold(wish.name)))
    if default is None:
        if all(key[0] != fold(protocol) for key in _BY_NAME):
            raise _unknown_protocol(protocol)
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{protocol} has no option {wish.name[:64]!r}")
    if wish.type != default.type:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"option {default.name} has the type {default.type:d}")
    return replace(default, value=_read_value(default, wish.value))


def _read_value(default: ProtocolOption, value: bytes) -> bytes:
    if default.type is OptionType.TEXT:
        if len(value) > _LONGEST_TEXT:
            raise Refusal(ErrorCode.INVALID_PARAMETER, f"{default.name} has at most {_LONGEST_TEXT} bytes")
        return value.split(b"\0")[0] + b"\0"
    if len(value) != NUMBER_BYTES:
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"the value of {default.name} has {NUMBER_BYTES} bytes")
    return value


def _unknown_protocol(protocol: str) -> Refusal:
    return Refusal(
        ErrorCode.INVALID_PARAMETER, f"there are no options of {protocol[:64]!r}: use {OPENVPN} or {SSTP}"
    )
