"""Policies as vpncmd shows and changes them. Pure."""

from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode
from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy, PolicyItem
from etherloom.vpncmd import values
from etherloom.vpncmd.command import Failure
from etherloom.vpncmd.output import Table, table

_UNITS: Final = {
    "TimeOut": " seconds",
    "AutoDisconnect": " seconds",
    "VLanId": "",
    "MaxUpload": " bps",
    "MaxDownload": " bps",
}
# The names that the original's lists show; scripts may look for them.
TITLES: Final = {
    "Access": "Allow Access",
    "DHCPFilter": "Filter DHCP Packets (IPv4)",
    "DHCPNoServer": "Disallow DHCP Server Operation (IPv4)",
    "DHCPForce": "Enforce DHCP Allocated IP Addresses (IPv4)",
    "NoBridge": "Deny Bridge Operation",
    "NoRouting": "Deny Routing Operation (IPv4)",
    "CheckMac": "Deny MAC Addresses Duplication",
    "CheckIP": "Deny IP Address Duplication (IPv4)",
    "ArpDhcpOnly": "Deny Non-ARP / Non-DHCP / Non-ICMPv6 broadcasts",
    "PrivacyFilter": "Privacy Filter Mode",
    "NoServer": "Deny Operation as TCP/IP Server (IPv4)",
    "NoBroadcastLimiter": "Unlimited Number of Broadcasts",
    "MonitorPort": "Allow Monitoring Mode",
    "MaxConnection": "Maximum Number of TCP Connections",
    "TimeOut": "Time-out Period",
    "MaxMac": "Maximum Number of MAC Addresses",
    "MaxIP": "Maximum Number of IP Addresses (IPv4)",
    "MaxUpload": "Upload Bandwidth",
    "MaxDownload": "Download Bandwidth",
    "FixPassword": "Deny Changing Password",
    "MultiLogins": "Maximum Number of Multiple Logins",
    "NoQoS": "Deny VoIP / QoS Function",
    "RSandRAFilter": "Filter RS / RA Packets (IPv6)",
    "RAFilter": "Filter RA Packets (IPv6)",
    "DHCPv6Filter": "Filter DHCP Packets (IPv6)",
    "DHCPv6NoServer": "Disallow DHCP Server Operation (IPv6)",
    "NoRoutingV6": "Deny Routing Operation (IPv6)",
    "CheckIPv6": "Deny IP Address Duplication (IPv6)",
    "NoServerV6": "Deny Operation as TCP/IP Server (IPv6)",
    "MaxIPv6": "Maximum Number of IP Addresses (IPv6)",
    "NoSavePassword": "Disallow Password Save in VPN Client",
    "AutoDisconnect": "VPN Client Automatic Disconnect",
    "FilterIPv4": "Filter All IPv4 Packets",
    "FilterIPv6": "Filter All IPv6 Packets",
    "FilterNonIP": "Filter All Non-IP Packets",
    "NoIPv6DefaultRouterInRA": "No Default-Router on IPv6 RA",
    "NoIPv6DefaultRouterInRAWhenIPv6": "No Default-Router on IPv6 RA (physical IPv6)",
    "VLanId": "VLAN ID (IEEE802.1Q)",
}
_NOT_FOR_CASCADES: Final = frozenset(
    {
        "Access",
        "NoBridge",
        "NoRouting",
        "MonitorPort",
        "MaxConnection",
        "TimeOut",
        "FixPassword",
        "MultiLogins",
        "NoQoS",
        "NoRoutingV6",
        "NoSavePassword",
        "AutoDisconnect",
        "NoIPv6DefaultRouterInRAWhenIPv6",
    }
)


def find_item(name: str) -> PolicyItem | None:
    return next((item for item in POLICY_ITEMS if item.name.casefold() == name.casefold()), None)


def policy_list() -> Table:
    return table("Policy name|Simple description of policy", ((i.name, TITLES[i.name]) for i in POLICY_ITEMS))


def show_policy(policy: Policy, *, cascade: bool = False) -> Table:
    """All items with their values, or those that mean something for a cascade."""
    chosen = [item for item in POLICY_ITEMS if not (cascade and item.name in _NOT_FOR_CASCADES)]
    return table(
        "Policy name|Simple description of policy|Setting value",
        ((item.name, TITLES[item.name], show_value(item, getattr(policy, item.field))) for item in chosen),
    )


def show_value(item: PolicyItem, value: int) -> str:
    if item.is_flag:
        return "Yes" if value else "No"
    return _amount(item, value) if value else "-"


def _amount(item: PolicyItem, value: int) -> str:
    """As the original has it: counts end with a blank."""
    return f"{value}{_UNITS.get(item.name, ' ')}"


def show_range(item: PolicyItem) -> str:
    if item.is_flag:
        return "yes or no"
    zero = "if 0 is specified, nothing is set" if item.zero_allowed else "0 cannot be specified"
    return f"Range from {_amount(item, item.minimum)} to {_amount(item, item.maximum)} ({zero})"


def show_default(item: PolicyItem) -> str:
    value = getattr(DEFAULT_POLICY, item.field)
    return show_value(item, value) if item.is_flag or not value else _amount(item, value)


def change(policy: Policy | None, name: str, text: str, *, cascade: bool = False) -> Policy:
    """The policy with one item changed. Raises Failure."""
    code = ErrorCode.INTERNAL_ERROR if cascade else ErrorCode.INVALID_PARAMETER
    item = find_item(name)
    if item is None:
        raise Failure(
            code,
            f'The specified policy name "{name}" is invalid. \n'
            "Check the list of policy names that can be set using the PolicyList command.",
        )
    if cascade and item.name in _NOT_FOR_CASCADES:
        raise Failure(
            code,
            f'The specified policy name "{item.name}" cannot be used for a Cascade Connection security '
            "policy setting.",
        )
    value: int = values.yes(text) if item.is_flag else _number(item, text, code)
    # The field's name is data here: items are described once, in the model.
    return replace(policy or DEFAULT_POLICY, **{item.field: value})  # type: ignore[arg-type]


def _number(item: PolicyItem, text: str, code: ErrorCode) -> int:
    value = values.leading_number(text)
    if item.minimum <= value <= item.maximum or (not value and item.zero_allowed):
        return value
    raise Failure(code, f'Specify policy "{item.name}" within the range of {show_range(item)}.')
