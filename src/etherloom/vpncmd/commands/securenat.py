"""Commands about SecureNAT: the router with NAT and DHCP inside a hub."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import securenat
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.securenat import SecureNatHub, SecureNatOptions
from etherloom.vpncmd import formats, values
from etherloom.vpncmd.command import Command, Desk, Given, Work, option, optional
from etherloom.vpncmd.formats import yes_no
from etherloom.vpncmd.output import Part, items, listing

_PROTOCOLS: Final = ("TCP/IP", "UDP/IP", "DNS", "ICMP")
_TCP_STATES: Final = ("Connecting", "Disconnecting", "Connected", "Running", "Disconnecting")
_TCP: Final = 0


def _switch(on: bool) -> Work:
    def work(desk: Desk, given: Given) -> None:
        desk.call(securenat.ENABLE_SECURE_NAT if on else securenat.DISABLE_SECURE_NAT, HubName(desk.hub))

    return work


def show_status(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(securenat.GET_SECURE_NATSTATUS, HubName(desk.hub))
    yield items(
        [
            ("Virtual Hub Name", desk.hub),
            ("NAT TCP/IP Sessions", f"{found.tcp_sessions} Session"),
            ("NAT UDP/IP Sessions", f"{found.udp_sessions} Session"),
            ("NAT ICMP Sessions", f"{found.icmp_sessions} Session"),
            ("NAT DNS Sessions", f"{found.dns_sessions} Session"),
            ("Allocated DHCP Clients", f"{found.dhcp_clients} Client"),
            ("Kernel-mode NAT is Active", yes_no(found.kernel_mode)),
            ("Raw IP mode NAT is Active", yes_no(found.raw_mode)),
        ]
    )


def _get(desk: Desk) -> SecureNatOptions:
    return desk.call(securenat.GET_SECURE_NATOPTION, SecureNatHub(desk.hub))


def _change(desk: Desk, **changes: Any) -> None:
    options = replace(_get(desk), hub=desk.hub, **changes)
    desk.call(securenat.SET_SECURE_NATOPTION, options)


def _set(**changes: Any) -> Work:
    return lambda desk, given: _change(desk, **changes)


def show_host(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get(desk)
    yield items(
        [("MAC Address", formats.mac(found.mac)), ("IP Address", found.address), ("Subnet Mask", found.mask)]
    )


def set_host(desk: Desk, given: Given) -> None:
    """What is left out stays."""
    changes: dict[str, Any] = {}
    for field, name in (("address", "IP"), ("mask", "MASK")):
        if int(given[name]):
            changes[field] = given[name]
    if given["MAC"]:
        mac = values.mac(given["MAC"])
        if mac is None:
            raise Refusal(ErrorCode.INVALID_PARAMETER, "the MAC address makes no sense")
        changes["mac"] = mac
    _change(desk, **changes)


def show_nat(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get(desk)
    yield items(
        [
            ("Use Virtual NAT Function", yes_no(found.nat)),
            ("MTU Value", found.mtu),
            ("TCP Session Timeout (Seconds) ", found.nat_tcp_timeout),
            ("UDP Session Timeout (Seconds) ", found.nat_udp_timeout),
            ("Save NAT and DHCP Operation Log", yes_no(found.save_log)),
        ]
    )


def set_nat(desk: Desk, given: Given) -> None:
    _change(
        desk,
        mtu=given["MTU"],
        nat_tcp_timeout=given["TCPTIMEOUT"],
        nat_udp_timeout=given["UDPTIMEOUT"],
        save_log=given["LOG"],
    )


def show_dhcp(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get(desk)
    rows: list[tuple[str, object]] = [
        ("Use Virtual DHCP Function", yes_no(found.dhcp)),
        ("Start Distribution Address Band", found.dhcp_first),
        ("End Distribution Address Band", found.dhcp_last),
        ("Subnet Mask", found.dhcp_mask),
        ("Lease Limit (Seconds) ", found.dhcp_seconds),
        ("Default Gateway Address", _or_none(found.dhcp_gateway)),
        ("DNS Server Address 1", _or_none(found.dhcp_dns)),
        ("DNS Server Address 2", _or_none(found.dhcp_dns2)),
        ("Domain Name", found.dhcp_domain),
        ("Save NAT and DHCP Operation Log", yes_no(found.save_log)),
    ]
    if desk.has("b_suppport_push_route"):
        rows.append(("Static Routing Table to Push", found.push_routes))
    yield items(rows)


def _or_none(address: IPv4Address | IPv6Address) -> str:
    return str(address) if int(address) else "None"


def set_dhcp(desk: Desk, given: Given) -> None:
    changes: dict[str, Any] = {
        "dhcp_first": given["START"],
        "dhcp_last": given["END"],
        "dhcp_mask": given["MASK"],
        "dhcp_seconds": given["EXPIRE"],
        "dhcp_gateway": given["GW"],
        "dhcp_dns": given["DNS"],
        "dhcp_dns2": given["DNS2"],
        "dhcp_domain": given["DOMAIN"],
        "save_log": given["LOG"],
    }
    if given["PUSHROUTE"] is not None:
        changes |= {"push_routes": given["PUSHROUTE"], "apply_push_routes": True}
    _change(desk, **changes)


def list_nat(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(securenat.ENUM_NAT, HubName(desk.hub)).rows
    yield listing(
        "ID|Protocol|Source Host|Source Port|Destination Host|Destination Port|Session Created On|"
        "Last Communication Time|Receive / Send Size|TCP Connection Status",
        (
            (
                row.id,
                _PROTOCOLS[row.protocol] if row.protocol < len(_PROTOCOLS) else row.protocol,
                row.source_host,
                row.source_port,
                row.target_host,
                row.target_port,
                formats.long_time(row.created),
                formats.long_time(row.last_traffic),
                f"{row.bytes_received:,} / {row.bytes_sent:,}",
                _tcp_state(row.protocol, row.tcp_state),
            )
            for row in rows
        ),
    )


def _tcp_state(protocol: int, state: int) -> str:
    if protocol != _TCP:
        return ""
    return _TCP_STATES[state] if state < len(_TCP_STATES) else str(state)


def list_dhcp(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(securenat.ENUM_DHCP, HubName(desk.hub)).rows
    yield listing(
        "ID|Leased at|Expires at|MAC Address|Allocated IP|Client Host Name",
        (
            (
                row.id,
                formats.long_time(row.leased),
                formats.long_time(row.expires),
                formats.mac(row.mac),
                row.address,
                row.host,
            )
            for row in rows
        ),
    )


def _seconds(low: int, what: str) -> values.Check:
    return values.within(
        low, 2_000_000, f"Specify the number of seconds in the range {low} to 2000000 for {what}."
    )


_LOG: Final = option("LOG", "Save Log (yes / no): ", values.yes)
COMMANDS: Final = (
    Command("SecureNatEnable", "Start the virtual router of the hub", _switch(True), at_hub=True),
    Command("SecureNatDisable", "Stop the virtual router of the hub", _switch(False), at_hub=True),
    Command("SecureNatStatusGet", "Show how much the virtual router has to do", show_status, at_hub=True),
    Command("SecureNatHostGet", "Show the addresses of the virtual router", show_host, at_hub=True),
    Command(
        "SecureNatHostSet",
        "Change the addresses of the virtual router",
        set_host,
        (
            option("MAC", "MAC Address: "),
            option("IP", "IP Address: ", values.ip),
            option("MASK", "Subnet Mask: ", values.ip),
        ),
        at_hub=True,
    ),
    Command("NatGet", "Show the settings of the NAT", show_nat, at_hub=True),
    Command("NatEnable", "Let the virtual router translate addresses", _set(nat=True), at_hub=True),
    Command("NatDisable", "Let the virtual router translate no addresses", _set(nat=False), at_hub=True),
    Command(
        "NatSet",
        "Change the settings of the NAT",
        set_nat,
        (
            option(
                "MTU",
                "MTU Value: ",
                values.within(62, 1_500, "Specify a value in the range 62 to 1500 for the MTU value."),
            ),
            option("TCPTIMEOUT", "TCP Session Timeout (Seconds): ", _seconds(60, "the TCP session timeout")),
            option("UDPTIMEOUT", "UDP Session Timeout (Seconds): ", _seconds(10, "the UDP session timeout")),
            _LOG,
        ),
        at_hub=True,
    ),
    Command("NatTable", "List the sessions of the NAT", list_nat, at_hub=True),
    Command("DhcpGet", "Show the settings of the DHCP server", show_dhcp, at_hub=True),
    Command("DhcpEnable", "Let the virtual router give out addresses", _set(dhcp=True), at_hub=True),
    Command("DhcpDisable", "Let the virtual router give out no addresses", _set(dhcp=False), at_hub=True),
    Command(
        "DhcpSet",
        "Change the settings of the DHCP server",
        set_dhcp,
        (
            option("START", "Start Point for Distributed Address Band: ", values.ip),
            option("END", "End Point for Distributed Address Band: ", values.ip),
            option("MASK", "Subnet Mask: ", values.ip),
            option("EXPIRE", "Lease Limit (Seconds): ", _seconds(10, "the lease limit")),
            option("GW", "Default Gateway ('none' to not set this): ", values.ip),
            option("DNS", "DNS Server 1 ('none' to not set this): ", values.ip),
            option("DNS2", "DNS Server 2 ('none' to not set this): ", values.ip),
            option("DOMAIN", "Domain Name: "),
            _LOG,
            optional("PUSHROUTE", "Routes for clients: network/mask/gateway, separated by commas."),
        ),
        at_hub=True,
    ),
    Command("DhcpTable", "List the leases of the DHCP server", list_dhcp, at_hub=True),
)
