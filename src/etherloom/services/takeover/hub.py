"""A hub's own settings in configuration files and back: options, limits, log, RADIUS, message, password."""

from dataclasses import replace
from typing import Final

from etherloom.model.hub import (
    DEFAULT_GATEWAY,
    DEFAULT_SUBNET,
    AdministratorSecret,
    Hub,
    HubMessage,
    HubOptions,
    HubType,
    Radius,
)
from etherloom.model.hub_option import HUB_LIMITS, HUB_OPTIONS, HubOption
from etherloom.model.log import PACKET_KINDS, HubLog, LogSwitch
from etherloom.services.options import NO_UDP
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys
from etherloom.wire.config_value import ValueFault, read_uint
from etherloom.wire.digest import hash_administrator_password, hash_password

HASH_BYTES: Final = 20
NO_PASSWORD: Final = hash_administrator_password("")
_NO_PASSWORD_AS_USER: Final = hash_password("", "administrator")
_VLAN_TYPE: Final = "VlanTypeId"
_RADIUS_PORT: Final = 1812
_PACKETS: Final = ("TCP_CONN", "TCP", "DHCP", "UDP", "ICMP", "IP", "ARP", "ETHERNET")


def read_hub(section: Section, old: Hub | None) -> None:
    """Take a hub's settings over; what files know nothing of stays as the `old` hub has it."""
    option = section.section("Option")
    base = old or Hub(section.name)
    hub = replace(
        base,
        name=section.name,
        online=section.flag("Online", True),
        maximum_sessions=option.uint("MaxSession"),
        hidden=option.flag("NoEnum"),
        udp_acceleration=not option.flag(NO_UDP, not base.udp_acceleration),
        default_gateway=option.ipv4("DefaultGateway", base.default_gateway),
        default_subnet=option.ipv4("DefaultSubnet", base.default_subnet),
        created=section.time("CreatedTime"),
        type=_read_type(section),
    )
    section.journal.put(section, keys.hub_key(hub.name), hub)
    _read_administrator(section)
    _read_options(section.name, option)
    _read_limits(section.name, section.section("AdminOption"))
    _read_log(section.name, section.section("LogSetting"))
    _read_radius(section)
    message = section.section("Message").text("MessageText")
    if message:
        section.journal.put(section.section("Message"), keys.message_key(hub.name), HubMessage(message))


def _read_type(section: Section) -> HubType:
    kind = section.uint("Type", 0, 0, max(HubType))
    if kind:
        section.remark("a hub of a cluster becomes one of this server alone", "Type")
        section.keep("Type")
    return HubType.STANDALONE


def _read_administrator(section: Section) -> None:
    hashed, as_user = section.data("HashedPassword"), section.data("SecurePassword")
    if len(hashed) != HASH_BYTES or hashed == NO_PASSWORD:
        section.remark("it has no password: nobody administers this hub from afar", "HashedPassword")
        return
    if len(as_user) != HASH_BYTES or as_user == _NO_PASSWORD_AS_USER:
        as_user = b""
    secret = AdministratorSecret(hashed, as_user)
    section.journal.put(section, keys.administrator_key(section.name), secret)


def _read_options(hub: str, section: Section) -> None:
    values = tuple(
        (option.name, value)
        for option in HUB_OPTIONS
        if option.name != NO_UDP and (value := _read_option(section, option)) != option.default
    )
    if values:
        section.journal.put(section, keys.options_key(hub), HubOptions(values))


def _read_option(section: Section, option: HubOption) -> int:
    if option.name == _VLAN_TYPE:
        text = section.text(option.item, hex(option.default))
        try:
            return read_uint(text if text[:2].lower() == "0x" else f"0x{text}")
        except ValueFault as fault:
            section.fault(f"{text!r} {fault}", option.item)
            return option.default
    if option.wide:
        return section.uint(option.item, option.default)
    return int(section.flag(option.item, bool(option.default)))


def _read_limits(hub: str, section: Section) -> None:
    """Unknown limits are limits too: newer servers have more."""
    known = {name: section.uint(name) for name in HUB_LIMITS}
    values = [(name, value) for name, value in known.items() if value]
    values += [
        (item.name, section.uint(item.name)) for item in section.items() if item.name.lower() not in known
    ]
    if values:
        section.journal.put(section, keys.limits_key(hub), HubOptions(tuple(values)))


def _read_log(hub: str, section: Section) -> None:
    default = HubLog()
    last = max(LogSwitch)
    levels = [section.uint(f"PACKET_LOG_{name}", default.packet_levels[i], 0, 2) for i, name in _numbered()]
    log = HubLog(
        save_security=section.flag("SaveSecurityLog", True),
        security_switch=LogSwitch(section.uint("SecurityLogSwitchType", default.security_switch, 0, last)),
        save_packets=section.flag("SavePacketLog", True),
        packet_switch=LogSwitch(section.uint("PacketLogSwitchType", default.packet_switch, 0, last)),
        packet_levels=(*levels, *(0,) * (PACKET_KINDS - len(levels))),
    )
    section.journal.put(section, keys.hub_log_key(hub), log)


def _numbered() -> enumerate[str]:
    return enumerate(_PACKETS)


def _read_radius(section: Section) -> None:
    default = Radius()
    radius = Radius(
        host=section.text("RadiusServerName"),
        port=section.uint("RadiusServerPort", _RADIUS_PORT, 0, 65_535) or _RADIUS_PORT,
        secret=section.data("RadiusSecret"),
        retry_interval=section.uint("RadiusRetryInterval", default.retry_interval),
        retry_timeout=section.uint("RadiusRetryTimeout", default.retry_timeout),
    )
    if radius != default:
        section.journal.put(section, keys.radius_key(section.name), radius)


def write_administrator(draft: Draft, secret: AdministratorSecret | None) -> None:
    """Write the password of a hub's administrator. A stock server reads no password as the empty one."""
    draft.data("HashedPassword", secret.hashed if secret and secret.hashed else NO_PASSWORD)
    draft.data("SecurePassword", secret.as_user if secret and secret.as_user else _NO_PASSWORD_AS_USER)


def write_options(draft: Draft, hub: Hub, options: HubOptions) -> None:
    """Write the options, among them some that are the hub's own settings here."""
    draft.uint("MaxSession", hub.maximum_sessions)
    draft.flag("NoEnum", hub.hidden)
    if (hub.default_gateway, hub.default_subnet) != (DEFAULT_GATEWAY, DEFAULT_SUBNET):
        draft.address("DefaultGateway", hub.default_gateway)
        draft.address("DefaultSubnet", hub.default_subnet)
    values = {name.casefold(): value for name, value in options.values}
    for option in HUB_OPTIONS:
        value = values.get(option.name.casefold(), option.default)
        if option.rare and value == option.default:
            continue
        if option.name == _VLAN_TYPE:
            draft.text(option.item, hex(value))
        elif option.wide:
            draft.uint(option.item, value)
        else:
            draft.flag(option.item, value != 0)
    draft.flag(NO_UDP, not hub.udp_acceleration)


def write_limits(draft: Draft, limits: HubOptions) -> None:
    for name in HUB_LIMITS:
        draft.uint(name, 0)
    for name, value in limits.values:
        draft.uint(name, value)


def write_log(draft: Draft, log: HubLog) -> None:
    draft.flag("SaveSecurityLog", log.save_security)
    draft.uint("SecurityLogSwitchType", log.security_switch)
    draft.flag("SavePacketLog", log.save_packets)
    draft.uint("PacketLogSwitchType", log.packet_switch)
    for index, name in _numbered():
        draft.uint(f"PACKET_LOG_{name}", log.packet_levels[index])


def write_radius(draft: Draft, radius: Radius) -> None:
    if radius.host:
        draft.text("RadiusServerName", radius.host)
    draft.uint("RadiusServerPort", radius.port)
    if radius.secret:
        draft.data("RadiusSecret", radius.secret)
    draft.uint("RadiusRetryInterval", radius.retry_interval)
    if radius.retry_timeout != Radius().retry_timeout:
        draft.uint("RadiusRetryTimeout", radius.retry_timeout)


def write_message(draft: Draft, message: HubMessage | None) -> None:
    if message is not None:
        draft.text("MessageText", message.text)
