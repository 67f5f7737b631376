"""Commands about access lists: rules for frames, and rules for where users come from."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import access_list, authority
from etherloom.rpc.catalog.access_list import AccessRule, AccessRuleAddition, AccessRuleName, AccessRuleTable
from etherloom.rpc.catalog.authority import SourceRule, SourceRules
from etherloom.rpc.catalog.hub import HubName
from etherloom.vpncmd import formats, values
from etherloom.vpncmd.command import Command, Desk, Given, Parameter, Work, main, option, optional
from etherloom.vpncmd.output import Part, listing, table

_PROTOCOLS: Final = {1: "ICMPv4", 6: "TCP", 17: "UDP", 58: "ICMPv6"}
_FIRST_UNIQUE: Final = 32_768


# --- rules for frames --------------------------------------------------------------------------------------


def list_rules(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(access_list.ENUM_ACCESS, HubName(desk.hub)).rows
    yield listing(
        "ID|Action|Status|Priority|Unique ID|Contents|Memo",
        (
            (
                row.id,
                "Discard" if row.discard else "Pass",
                formats.enable(row.active),
                row.priority,
                row.unique_id,
                describe(row),
                row.note,
            )
            for row in rows
        ),
    )


def describe(rule: AccessRule) -> str:
    """What a rule matches, and what it does besides."""
    parts = list(_parts(rule))
    if all(part.startswith(("SrcUser", "DstUser", "SrcMac", "DstMac")) for part in parts):
        family = "(ether)"
    else:
        family = "(ipv6)" if rule.ipv6 else "(ipv4)"
    return f"{family} {', '.join(parts) or '*'}"


def _parts(rule: AccessRule) -> Iterator[str]:
    yield from _addresses(rule)
    if rule.protocol:
        yield f"Protocol={_PROTOCOLS.get(rule.protocol, f'({rule.protocol})')}"
    yield from _ports("SrcPort", rule.source_port_first, rule.source_port_last)
    yield from _ports("DstPort", rule.target_port_first, rule.target_port_last)
    if rule.source_user:
        yield f"SrcUser={rule.source_user}"
    if rule.target_user:
        yield f"DstUser={rule.target_user}"
    if rule.check_source_mac:
        yield f"SrcMac={_masked_mac(rule.source_mac, rule.source_mac_mask)}"
    if rule.check_target_mac:
        yield f"DstMac={_masked_mac(rule.target_mac, rule.target_mac_mask)}"
    yield from _doings(rule)


def _doings(rule: AccessRule) -> Iterator[str]:
    if rule.check_tcp_state:
        yield "Established" if rule.established else "Unestablished"
    if not rule.discard:
        for title, number in (("Delay", rule.delay), ("Jitter", rule.jitter), ("Loss", rule.loss)):
            if number:
                yield f"{title}={number}"
    if rule.redirect_url:
        yield f"RedirectUrl={rule.redirect_url}"


def _masked_mac(mac: bytes, mask: bytes) -> str:
    return f"{formats.mac(mac)}/{formats.mac(mask)}"


def _addresses(rule: AccessRule) -> Iterator[str]:
    if rule.ipv6:
        pairs6 = (
            ("Src", rule.source_address6, rule.source_mask6),
            ("Dst", rule.target_address6, rule.target_mask6),
        )
        for title, address, mask in pairs6:
            if any(address) or any(mask):
                yield f"{title}IPv6={_masked(IPv6Address(address), IPv6Address(mask))}"
        return
    pairs = (("Src", rule.source_address, rule.source_mask), ("Dst", rule.target_address, rule.target_mask))
    for title, ip, ip_mask in pairs:
        if int(ip) or int(ip_mask):
            yield f"{title}IPv4={_masked(ip, ip_mask)}"


def _masked(address: IPv4Address | IPv6Address, mask: IPv4Address | IPv6Address) -> str:
    length = values.prefix_length(mask)
    return f"{address}/{mask if length is None else length}"


def _ports(title: str, first: int, last: int) -> Iterator[str]:
    if first:
        yield f"{title}={first}" if first == last else f"{title}={first}-{last}"


def _add_rule(*, ipv6: bool) -> Work:
    def work(desk: Desk, given: Given) -> None:
        rule = AccessRule(
            protocol=given["PROTOCOL"],
            note=given["MEMO"],
            active=True,
            priority=given["PRIORITY"],
            discard=not given["pass|discard"],
            source_user=given["SRCUSERNAME"],
            target_user=given["DESTUSERNAME"],
            delay=given.get("DELAY") or 0,
            jitter=given.get("JITTER") or 0,
            loss=given.get("LOSS") or 0,
            redirect_url=given.get("REDIRECTURL") or "",
            ipv6=ipv6,
        )
        changes = {**_place(given, ipv6=ipv6), **_given_ports(given), **_given_macs(given)}
        row = replace(rule, **changes)
        desk.call(access_list.ADD_ACCESS, AccessRuleAddition(desk.hub, (row,)))

    return work


def _place(given: Given, *, ipv6: bool) -> dict[str, Any]:
    source, target = given["SRCIP"], given["DESTIP"]
    if not ipv6:
        return {
            "source_address": source.address,
            "source_mask": source.mask,
            "target_address": target.address,
            "target_mask": target.mask,
        }
    return {
        "source_address6": source.address.packed,
        "source_mask6": source.mask.packed,
        "target_address6": target.address.packed,
        "target_mask6": target.mask.packed,
    }


def _given_ports(given: Given) -> dict[str, Any]:
    """Ports mean something for TCP and UDP, states for TCP."""
    source, target, established = given["SRCPORT"], given["DESTPORT"], given["TCPSTATE"]
    return {
        "source_port_first": source[0],
        "source_port_last": source[1],
        "target_port_first": target[0],
        "target_port_last": target[1],
        "check_tcp_state": established is not None,
        "established": bool(established),
    }


def _given_macs(given: Given) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for side, name in (("source", "SRCMAC"), ("target", "DESTMAC")):
        if given[name] is not None:
            changes[f"check_{side}_mac"] = True
            changes[f"{side}_mac"] = given[name].mac
            changes[f"{side}_mac_mask"] = given[name].mask
    return changes


def delete_rule(desk: Desk, given: Given) -> None:
    desk.call(access_list.DELETE_ACCESS, AccessRuleName(desk.hub, given["id"]))


def _switch_rule(active: bool) -> Work:
    def work(desk: Desk, given: Given) -> None:
        rows = desk.call(access_list.ENUM_ACCESS, HubName(desk.hub)).rows
        wanted = given["id"]
        chosen = [
            row for row in rows if wanted in (row.id, row.unique_id if wanted >= _FIRST_UNIQUE else row.id)
        ]
        if not chosen:
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, "there is no such rule")
        changed = tuple(replace(row, active=active) if row in chosen else row for row in rows)
        desk.call(access_list.SET_ACCESS_LIST, AccessRuleTable(desk.hub, changed))

    return work


# --- where users come from ---------------------------------------------------------------------------------


def list_sources(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(authority.GET_AC_LIST, HubName(desk.hub)).rows
    yield table(
        "ID|Priority|Action|Contents",
        (
            (
                row.id,
                row.priority,
                "Deny" if row.deny else "Pass",
                _masked(row.address, row.mask) if row.masked else row.address,
            )
            for row in rows
        ),
        right="ID|Priority",
    )


def add_source(desk: Desk, given: Given) -> None:
    rows = desk.call(authority.GET_AC_LIST, HubName(desk.hub)).rows
    place = given["IP"]
    single = values.prefix_length(place.mask) == place.mask.max_prefixlen
    rule = SourceRule(
        address=place.address,
        deny=given["allow|deny"],
        masked=not single,
        mask=IPv4Address(0) if single else place.mask,
        priority=given["PRIORITY"],
    )
    desk.call(authority.SET_AC_LIST, SourceRules(hub=desk.hub, rows=(*rows, rule)))


def delete_source(desk: Desk, given: Given) -> None:
    rows = desk.call(authority.GET_AC_LIST, HubName(desk.hub)).rows
    kept = tuple(row for row in rows if row.id != given["id"])
    if len(kept) == len(rows):
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, "there is no such rule")
    desk.call(authority.SET_AC_LIST, SourceRules(hub=desk.hub, rows=kept))


def passes(value: str) -> bool:
    """Whether a rule lets through: pass, permit, yes, true, or a number that isn't zero."""
    return value[:1].casefold() in ("p", "y", "t") or values.leading_number(value) != 0


def _deny(value: str) -> bool:
    return not (value[:1].casefold() in ("a", "y", "t", "p") or values.leading_number(value) != 0)


def _rule_parameters(check: values.Check, everywhere: str) -> tuple[Parameter, ...]:
    return (
        main("pass|discard", "Pass or Discard: ", passes),
        option("MEMO", "Rule Description (Memo): "),
        option(
            "PRIORITY",
            "Rule Priority: ",
            values.at_least_one("Specify an integer of 1 or higher for the priority."),
        ),
        option("SRCUSERNAME", "Source User Name (all when unspecified): "),
        option("DESTUSERNAME", "Destination User Name (all when unspecified): "),
        option("SRCMAC", "Source MAC Address and Mask (all when unspecified): ", values.mac_and_mask),
        option("DESTMAC", "Destination MAC Address and Mask (all when unspecified): ", values.mac_and_mask),
        option("SRCIP", f'Source IP Address ("{everywhere}" specifies all): ', check),
        option("DESTIP", f'Destination IP Address ("{everywhere}" specifies all): ', check),
        option("PROTOCOL", "Protocol No. or Protocol Name (tcp/udp/icmpv4/icmpv6/ip): ", values.protocol),
        option("SRCPORT", "Source Port Number Range (tcp/udp only): ", values.port_range),
        option("DESTPORT", "Destination Port Number Range (tcp/udp only): ", values.port_range),
        option("TCPSTATE", "TCP Connection State (Established/Unestablished): ", values.tcp_state),
    )


_EXTRAS: Final = (
    option(
        "DELAY",
        "Delays to Generate (in milliseconds: 0 - 10000): ",
        values.within(0, 10_000, "Delays must be 10000 at maximum."),
    ),
    option(
        "JITTER",
        "Fluctuation of Jitters to Generate (Percent: 0 - 100): ",
        values.within(0, 100, "Fluctuation of Jitters must be 100 at maximum."),
    ),
    option(
        "LOSS",
        "Ratio of Packet Losses (Percent: 0 - 100): ",
        values.within(0, 100, "Ratio of Packet Losses must be 100 at maximum."),
    ),
    optional("REDIRECTURL", "Where browsers that match are sent."),
)
_FOUR: Final = _rule_parameters(values.ip_and_mask4, "0.0.0.0/0")
_SIX: Final = _rule_parameters(values.ip_and_mask6, "::/0")
_RULE: Final = (main("id", "Access List Rule ID or Unique ID: ", values.leading_number),)
_ACTION: Final = main("allow|deny", "allow or deny: ", _deny)
_PRIORITY: Final = option(
    "PRIORITY", "Priority: ", values.at_least_one("Specify 1 or higher for the priority.")
)
COMMANDS: Final = (
    Command("AccessAdd", "Add a rule for IPv4 frames", _add_rule(ipv6=False), _FOUR, at_hub=True),
    Command(
        "AccessAddEx",
        "Add a rule for IPv4 frames that delays, loses or redirects",
        _add_rule(ipv6=False),
        (*_FOUR, *_EXTRAS),
        at_hub=True,
    ),
    Command("AccessAdd6", "Add a rule for IPv6 frames", _add_rule(ipv6=True), _SIX, at_hub=True),
    Command(
        "AccessAddEx6",
        "Add a rule for IPv6 frames that delays, loses or redirects",
        _add_rule(ipv6=True),
        (*_SIX, *_EXTRAS),
        at_hub=True,
    ),
    Command("AccessList", "List the rules for frames", list_rules, at_hub=True),
    Command("AccessDelete", "Remove a rule for frames", delete_rule, _RULE, at_hub=True),
    Command("AccessEnable", "Put a rule for frames into force", _switch_rule(True), _RULE, at_hub=True),
    Command("AccessDisable", "Put a rule for frames out of force", _switch_rule(False), _RULE, at_hub=True),
    Command("AcList", "List the rules of where users come from", list_sources, at_hub=True),
    Command(
        "AcAdd",
        "Add an IPv4 rule of where users come from",
        add_source,
        (_ACTION, _PRIORITY, option("IP", "IPv4 Address/Mask: ", values.ip_and_mask4)),
        at_hub=True,
    ),
    Command(
        "AcAdd6",
        "Add an IPv6 rule of where users come from",
        add_source,
        (_ACTION, _PRIORITY, option("IP", "IPv6 Address/Mask: ", values.ip_and_mask6)),
        at_hub=True,
    ),
    Command(
        "AcDel",
        "Remove a rule of where users come from",
        delete_source,
        (main("id", "ID of Rule to Delete: ", values.leading_number),),
        at_hub=True,
    ),
)
