"""Other protocols in configuration files and back: their options and ports, IPsec, WireGuard, dynamic DNS."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from etherloom.model.protocol import (
    DynamicDns,
    EtherIpClient,
    IpsecServices,
    OptionType,
    ProtocolOption,
    Protocols,
    WireguardKey,
)
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys
from etherloom.wire import config_value
from etherloom.wire.config_value import ValueFault

_NUMBER: Final = struct.Struct("<I")
_TYPES: Final = {"string": OptionType.TEXT, "bool": OptionType.FLAG, "uint": OptionType.NUMBER}
_PORT: Final = 65_535
_OPENVPN: Final = "OpenVPN"
_ENABLED: Final = "Enabled"
# Release 4 has single items where release 5 has a block for each protocol. They are kept for the way back.
_OLD_PORTS: Final = "OpenVPN_UdpPortList"
_OLD_SWITCHES: Final = (("DisableOpenVPNServer", _OPENVPN), ("DisableSSTPServer", "SSTP"))
_OLD_CLIENT_OPTION: Final = "OpenVPNDefaultClientOption"
_CLIENT_OPTION: Final = "DefaultClientOption"


def read_protocols(server: Section) -> None:
    """Take over what the block ServerConfiguration says about other protocols."""
    options = _read_options(server.section("Proto")) if "Proto" in server else _read_old_options(server)
    protocols = Protocols(
        udp_ports=_read_ports(server),
        options=tuple(options),
        icmp=server.flag("EnableVpnOverIcmp"),
        dns=server.flag("EnableVpnOverDns"),
    )
    server.keep(_OLD_PORTS, _OLD_CLIENT_OPTION, *(name for name, _ in _OLD_SWITCHES))
    if protocols != Protocols():
        server.journal.put(server, keys.PROTOCOLS, protocols)


def _read_ports(server: Section) -> tuple[int, ...]:
    name = "PortsUDP" if "PortsUDP" in server else _OLD_PORTS
    words = server.text(name).replace(";", ",").replace(" ", ",").split(",")
    ports: list[int] = []
    for word in filter(None, words):
        if not (word.isascii() and word.isdecimal() and len(word) <= 5 and 0 < int(word) <= _PORT):
            server.fault(f"{word[:20]!r} is no port: 1 to {_PORT}", name)
        elif int(word) not in ports:
            ports.append(int(word))
    return tuple(ports)


def _read_options(protocols: Section) -> Iterator[ProtocolOption]:
    for section in protocols.sections():
        for item in section.items():
            kind = _TYPES.get(item.type)
            if kind is None:
                section.fault(f"an option can't have the type {item.type}", item.name)
                continue
            yield ProtocolOption(section.name, item.name, kind, _read_option(kind, item.value))


def _read_option(kind: OptionType, value: str) -> bytes:
    match kind:
        case OptionType.TEXT:
            return config_value.unescape(value).encode() + b"\0"
        case OptionType.FLAG:
            return _NUMBER.pack(config_value.read_bool(value))
        case OptionType.NUMBER:
            return _NUMBER.pack(config_value.read_uint(value))


def _read_old_options(server: Section) -> Iterator[ProtocolOption]:
    for name, protocol in _OLD_SWITCHES:
        if name in server:
            enabled = _NUMBER.pack(not server.flag(name))
            yield ProtocolOption(protocol, _ENABLED, OptionType.FLAG, enabled)
    if _OLD_CLIENT_OPTION in server:
        text = server.text(_OLD_CLIENT_OPTION).encode() + b"\0"
        yield ProtocolOption(_OPENVPN, _CLIENT_OPTION, OptionType.TEXT, text)


def write_protocols(server: Draft, protocols: Protocols) -> None:
    server.text("PortsUDP", ", ".join(map(str, protocols.udp_ports)))
    server.flag("EnableVpnOverIcmp", protocols.icmp)
    server.flag("EnableVpnOverDns", protocols.dns)
    blocks = server.block("Proto")
    for option in protocols.options:
        draft = blocks.open(option.protocol)
        match option.type:
            case OptionType.TEXT:
                draft.text(option.name, option.value.rstrip(b"\0").decode(errors="replace"))
            case OptionType.FLAG:
                draft.flag(option.name, any(option.value))
            case OptionType.NUMBER:
                draft.uint(option.name, int.from_bytes(option.value[: _NUMBER.size], "little"))


def renew_old_items(server: Draft, protocols: Protocols) -> None:
    """Bring items of release 4, where an imported file had them, to what is so now."""
    values = {(one.protocol, one.name): one.value for one in protocols.options}
    if _OLD_PORTS in server:
        server.text(_OLD_PORTS, ",".join(map(str, protocols.udp_ports)))
    for name, protocol in _OLD_SWITCHES:
        if name in server and (protocol, _ENABLED) in values:
            server.flag(name, not any(values[protocol, _ENABLED]))
    client = values.get((_OPENVPN, _CLIENT_OPTION))
    if _OLD_CLIENT_OPTION in server and client is not None:
        server.text(_OLD_CLIENT_OPTION, client.rstrip(b"\0").decode(errors="replace"))


# --- IPsec -------------------------------------------------------------------------------------------------


def read_ipsec(section: Section) -> None:
    """Take the services over, and as whom devices log in."""
    default = IpsecServices()
    services = IpsecServices(
        l2tp_raw=section.flag("L2TP_Raw"),
        l2tp_ipsec=section.flag("L2TP_IPsec"),
        etherip_ipsec=section.flag("EtherIP_IPsec"),
        secret=section.text("IPsec_Secret", default.secret),
        default_hub=section.text("L2TP_DefaultHub", default.default_hub),
    )
    section.journal.put(section, keys.IPSEC, services)
    for one in section.section("EtherIP_IDSettingsList").sections():
        hub, user = one.text("HubName"), one.text("UserName")
        client = EtherIpClient(one.name, hub, user, _read_etherip_password(one))
        section.journal.put(one, keys.etherip_key(client.id), client)


def _read_etherip_password(section: Section) -> str:
    try:
        return config_value.read_etherip_password(section.data("EncryptedPassword"))
    except ValueFault as fault:
        section.fault(str(fault), "EncryptedPassword")
        return ""


def write_ipsec(draft: Draft, services: IpsecServices, clients: Sequence[EtherIpClient]) -> None:
    draft.flag("L2TP_Raw", services.l2tp_raw)
    draft.flag("L2TP_IPsec", services.l2tp_ipsec)
    draft.flag("EtherIP_IPsec", services.etherip_ipsec)
    draft.text("IPsec_Secret", services.secret)
    draft.text("L2TP_DefaultHub", services.default_hub)
    blocks = draft.block("EtherIP_IDSettingsList", holds_objects=True)
    for client in clients:
        block = blocks.block(client.id)
        block.text("HubName", client.hub)
        block.text("UserName", client.user)
        block.data("EncryptedPassword", config_value.write_etherip_password(client.password))


# --- WireGuard, dynamic DNS --------------------------------------------------------------------------------


def read_wireguard(section: Section) -> None:
    for one in section.sections():
        key = WireguardKey(one.name, one.text("Hub"), one.text("User"))
        section.journal.put(one, keys.wireguard_key(key.key), key)


def write_wireguard(draft: Draft, found: Sequence[WireguardKey]) -> None:
    for one in found:
        block = draft.block(one.key)
        block.text("Hub", one.hub)
        block.text("User", one.user)


def read_dynamic_dns(section: Section, server: Section) -> None:
    """Take the settings over, with one that stands in ServerConfiguration. Nothing is ever called."""
    dns = DynamicDns(
        disabled=section.flag("Disabled", DynamicDns().disabled),
        key=section.data("Key"),
        proxy_type=section.uint("ProxyType", 0, 0, 3),
        proxy_host=section.text("ProxyHostName"),
        proxy_port=section.uint("ProxyPort", 0, 0, _PORT),
        proxy_user=section.text("ProxyUsername"),
        proxy_password=section.password("ProxyPassword"),
        http_headers=section.text("CustomHttpHeader"),
        azure=server.flag("EnableVpnAzure"),
    )
    if dns != DynamicDns():
        section.journal.put(section, keys.DYNAMIC_DNS, dns)


def write_dynamic_dns(draft: Draft, server: Draft, dns: DynamicDns) -> None:
    draft.flag("Disabled", dns.disabled)
    if dns.key:
        draft.data("Key", dns.key)
    draft.uint("ProxyType", dns.proxy_type)
    draft.text("ProxyHostName", dns.proxy_host)
    draft.uint("ProxyPort", dns.proxy_port)
    draft.text("ProxyUsername", dns.proxy_user)
    if dns.proxy_password:
        draft.password("ProxyPassword", dns.proxy_password)
    draft.text("CustomHttpHeader", dns.http_headers)
    server.flag("EnableVpnAzure", dns.azure)
