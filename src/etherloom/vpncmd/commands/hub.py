"""Commands about hubs: their settings, logs, RADIUS servers and options."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import hub as calls
from etherloom.rpc.catalog import log
from etherloom.rpc.catalog import option as options
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.catalog.hub import HubName, HubOnline, HubSettings, HubStatus
from etherloom.rpc.catalog.option import OptionRow, OptionTable, Radius
from etherloom.vpncmd import formats, output, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, Work, main, option, optional, password
from etherloom.vpncmd.output import Part, items, listing
from etherloom.wire.digest import hash_administrator_password, hash_password

STANDALONE, STATIC, DYNAMIC = range(3)
_TYPES: Final = ("Standalone", "Static Hub", "Dynamic Hub")
_CYCLES: Final = ("none", "second", "minute", "hour", "day", "month")
_CYCLE_TITLES: Final = (
    "No Switching",
    "Switch in Every Second",
    "Switch in Every Minute",
    "Switch in Every Hour",
    "Switch in Every Day",
    "Switch in Every Month",
)
_PACKETS: Final = ("tcpconn", "tcpdata", "dhcp", "udp", "icmp", "ip", "arp", "ethernet")
_PACKET_TITLES: Final = ("TCP Connection", "TCP Packet", "DHCP", "UDP", "ICMP", "IP", "ARP", "Ethernet")
_LEVELS: Final = ("none", "header", "full")
_LEVEL_TITLES: Final = ("Do not Save", "Header Only", "Headers && Payloads")
_INVALID: Final = "Invalid specification."
_ADMINISTRATOR: Final = "administrator"
_RADIUS_PORT: Final = 1812


def _title(titles: tuple[str, ...], number: int) -> str:
    return titles[number] if number < len(titles) else str(number)


def _online(online: bool) -> str:
    return "Online" if online else "Offline"


# --- hubs --------------------------------------------------------------------------------------------------


def list_hubs(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(calls.ENUM_HUB, Empty()).rows
    yield listing(
        "Virtual Hub Name|Status|Type|Users|Groups|Sessions|MAC Tables|IP Tables|Num Logins|Last Login|"
        "Last Communication|Transfer Bytes|Transfer Packets",
        (
            (
                row.hub,
                _online(row.online),
                _title(_TYPES, row.type),
                row.users,
                row.groups,
                row.sessions,
                row.mac_entries,
                row.ip_entries,
                row.logins,
                formats.short_time(row.last_login),
                formats.short_time(row.last_traffic),
                formats.total_bytes(row.traffic) if row.traffic_filled else "-",
                formats.total_frames(row.traffic) if row.traffic_filled else "-",
            )
            for row in rows
        ),
    )


def _create(type: int | None) -> Work:
    """Without a type it is what this server has: a hub of its own, or a dynamic one in a cluster."""

    def work(desk: Desk, given: Given) -> None:
        fitting = DYNAMIC if desk.server.type == 1 else STANDALONE
        settings = HubSettings(
            hub=given["name"],
            type=fitting if type is None else type,
            online=True,
            **_hashes(given["PASSWORD"]),
        )
        desk.call(calls.CREATE_HUB, settings)

    return work


def _hashes(text: str) -> dict[str, Any]:
    return {
        "hashed": hash_administrator_password(text),
        "hashed_as_user": hash_password(text, _ADMINISTRATOR),
    }


def delete(desk: Desk, given: Given) -> None:
    desk.call(calls.DELETE_HUB, HubName(given["name"]))


def _set_type(type: int) -> Work:
    return lambda desk, given: _change(desk, given["name"], type=type)


def _change(desk: Desk, hub: str, **changes: Any) -> None:
    settings = desk.call(calls.GET_HUB, HubSettings(hub=hub))
    desk.call(calls.SET_HUB, replace(settings, **changes))


def select(desk: Desk, given: Given) -> Iterable[Part]:
    if not given["name"]:
        desk.hub = ""
        yield output.Text("The Virtual Hub selection has been unselected.")
        return
    desk.hub = desk.call(calls.GET_HUB_STATUS, HubStatus(hub=given["name"])).hub
    yield output.Text(f'The Virtual Hub "{desk.hub}" has been selected.')


def _set_online(online: bool) -> Work:
    def work(desk: Desk, given: Given) -> None:
        desk.call(calls.SET_HUB_ONLINE, HubOnline(desk.hub, online=online))

    return work


def set_maximum_sessions(desk: Desk, given: Given) -> None:
    _change(desk, desk.hub, maximum_sessions=given["max_session"])


def set_password(desk: Desk, given: Given) -> None:
    _change(desk, desk.hub, **_hashes(given["password"]))


def _hide(hidden: bool) -> Work:
    return lambda desk, given: _change(desk, desk.hub, hidden=hidden)


def show_settings(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(calls.GET_HUB, HubSettings(hub=desk.hub))
    yield output.Text(f'Options Setting List of Virtual Hub "{desk.hub}"')
    yield items(
        [
            ("Enumeration of Virtual Hub for Anonymous User", "Deny" if found.hidden else "Allow"),
            ("Max Number of Sessions", found.maximum_sessions or "Infinite"),
            ("Status", _online(found.online)),
            ("Virtual Hub Type", _title(_TYPES, found.type)),
        ]
    )


def show_status(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(calls.GET_HUB_STATUS, HubStatus(hub=desk.hub))
    rows: list[tuple[str, object]] = [
        ("Virtual Hub Name", found.hub),
        ("Status", _online(found.online)),
        ("Type", _title(_TYPES, found.type)),
    ]
    if found.type == STANDALONE:
        rows.append(("SecureNAT", formats.enabled(found.securenat)))
    rows.append(("Sessions", found.sessions))
    if found.sessions_client or found.sessions_bridge:
        rows += [("Sessions (Client)", found.sessions_client), ("Sessions (Bridge)", found.sessions_bridge)]
    rows += [
        ("Access Lists", found.access_rules),
        ("Users", found.users),
        ("Groups", found.groups),
        ("MAC Tables", found.mac_entries),
        ("IP Tables", found.ip_entries),
        ("Num Logins", found.logins),
        ("Last Login", formats.short_time(found.last_login)),
        ("Last Communication", formats.short_time(found.last_traffic)),
        ("Created at", formats.short_time(found.created)),
        *formats.traffic_rows(found.traffic),
    ]
    yield items(rows)


# --- RADIUS ------------------------------------------------------------------------------------------------


def set_radius(desk: Desk, given: Given) -> None:
    to = given["server_name:port"]
    radius = Radius(to.host, to.port, desk.hub, given["SECRET"], given["RETRY_INTERVAL"])
    desk.call(options.SET_HUB_RADIUS, radius)


def delete_radius(desk: Desk, given: Given) -> None:
    desk.call(options.SET_HUB_RADIUS, Radius(port=_RADIUS_PORT, hub=desk.hub))


def show_radius(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(options.GET_HUB_RADIUS, HubName(desk.hub))
    rows: list[tuple[str, object]] = [("Use RADIUS Server", formats.enable(found.host))]
    if found.host:
        rows += [
            ("RADIUS Server Host Name or IP Address: ", found.host),
            ("RADIUS Server Port Number", found.port),
            ("Shared Secret", found.secret),
            ("Retry Interval (in milliseconds)", found.retry_interval),
        ]
    yield items(rows)


# --- logs --------------------------------------------------------------------------------------------------


def show_log(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(log.GET_HUB_LOG, HubName(desk.hub))
    levels = zip(_PACKET_TITLES, found.packet_levels, strict=False)
    yield items(
        [
            ("Save Security Log", formats.enable(found.save_security)),
            ("Log File Switch Cycle", _title(_CYCLE_TITLES, found.security_switch)),
            ("", ""),
            ("Save Packet Log", formats.enable(found.save_packets)),
            ("Log File Switch Cycle", _title(_CYCLE_TITLES, found.packet_switch)),
            *((f"{title} Log", _title(_LEVEL_TITLES, level)) for title, level in levels),
        ]
    )


def _change_log(desk: Desk, **changes: Any) -> None:
    found = desk.call(log.GET_HUB_LOG, HubName(desk.hub))
    desk.call(log.SET_HUB_LOG, replace(found, hub=desk.hub, **changes))


def _which_log(text: str) -> str | None:
    return next((word for word in ("security", "packet") if text and word.startswith(text.casefold())), None)


def _switch_log(on: bool) -> Work:
    def work(desk: Desk, given: Given) -> Iterable[Part]:
        which = _which_log(given["security|packet"])
        if which is None:
            # The original says so and calls it a success; scripts rely on the code.
            yield output.Text(_INVALID)
            return
        _change_log(desk, **{"save_security" if which == "security" else "save_packets": on})

    return work


def _place(words: tuple[str, ...], text: str) -> int:
    """Where the word is that begins so; the empty text is what `none` has become. Raises Failure."""
    wanted = text.casefold() or "none"
    for place, word in enumerate(words):
        if word.startswith(wanted):
            return place
    raise Failure(ErrorCode.INVALID_PARAMETER, _INVALID)


def set_log_cycle(desk: Desk, given: Given) -> None:
    which = _which_log(given["security|packet"])
    if which is None:
        raise Failure(ErrorCode.INVALID_PARAMETER, _INVALID)
    _change_log(desk, **{f"{which}_switch": _place(_CYCLES, given["SWITCH"])})


def set_packet_level(desk: Desk, given: Given) -> None:
    kind, level = _place(_PACKETS, given["TYPE"]), _place(_LEVELS, given["SAVE"])
    found = desk.call(log.GET_HUB_LOG, HubName(desk.hub))
    levels = list(found.packet_levels)
    levels += [0] * (kind + 1 - len(levels))
    levels[kind] = level
    desk.call(log.SET_HUB_LOG, replace(found, hub=desk.hub, packet_levels=tuple(levels)))


# --- options -----------------------------------------------------------------------------------------------


def _list_options(call: Call[HubName, OptionTable]) -> Work:
    def work(desk: Desk, given: Given) -> Iterable[Part]:
        rows = desk.call(call, HubName(desk.hub)).rows
        yield listing("Item|Value|Description", ((row.name, row.value, row.description) for row in rows))

    return work


def _set_option(get: Call[HubName, OptionTable], put: Call[OptionTable, OptionTable]) -> Work:
    def work(desk: Desk, given: Given) -> None:
        found = desk.call(get, HubName(desk.hub)).rows
        wanted = given["name"].casefold()
        if not any(row.name.casefold() == wanted for row in found):
            raise Refusal(ErrorCode.OBJECT_NOT_FOUND, "there is no such option")
        value = given["VALUE"]
        rows = tuple(
            OptionRow(row.name, value if row.name.casefold() == wanted else row.value) for row in found
        )
        desk.call(put, OptionTable(hub=desk.hub, rows=rows))

    return work


_NEW_NAME: Final = (main("name", "Name of Virtual Hub to be created: "), password("PASSWORD"))
_CHANGED: Final = (main("name", "Name of Virtual Hub to change setting: "),)
_WHICH_LOG: Final = main("security|packet", "Select Security or Packet: ")
_OPTION: Final = (
    main("name", "Name of Administration Option to Change Value: "),
    option("VALUE", "Setting Value (Integer): ", values.leading_number),
)
COMMANDS: Final = (
    Command("HubCreate", "Create a hub", _create(None), _NEW_NAME),
    Command("HubCreateDynamic", "Create a dynamic hub, in a cluster", _create(DYNAMIC), _NEW_NAME),
    Command("HubCreateStatic", "Create a static hub, in a cluster", _create(STATIC), _NEW_NAME),
    Command("HubDelete", "Delete a hub", delete, (main("name", "Name of Virtual Hub to delete: "),)),
    Command("HubSetStatic", "Make a hub static", _set_type(STATIC), _CHANGED),
    Command("HubSetDynamic", "Make a hub dynamic", _set_type(DYNAMIC), _CHANGED),
    Command("HubList", "List the hubs", list_hubs),
    Command(
        "Hub",
        "Select a hub",
        select,
        (optional("name", "The hub.", positional=True),),
        help="Commands about users, sessions and so on are about the selected hub; without a name, none is.",
    ),
    Command("Online", "Open the hub for sessions", _set_online(True), at_hub=True),
    Command("Offline", "End all sessions of the hub and take no more", _set_online(False), at_hub=True),
    Command(
        "SetMaxSession",
        "Limit the number of sessions on the hub",
        set_maximum_sessions,
        (main("max_session", "Max Number of Sessions: ", values.leading_number),),
        at_hub=True,
        help="0 means no limit.",
    ),
    Command(
        "SetHubPassword",
        "Set the password of the hub's administrator",
        set_password,
        (password("password", positional=True),),
        at_hub=True,
    ),
    Command("SetEnumAllow", "Show the hub's name to anybody who asks", _hide(False), at_hub=True),
    Command("SetEnumDeny", "Show the hub's name to nobody who asks", _hide(True), at_hub=True),
    Command("OptionsGet", "Show the settings of the hub", show_settings, at_hub=True),
    Command("StatusGet", "Show the hub's counts and times", show_status, at_hub=True),
    Command(
        "RadiusServerSet",
        "Let a RADIUS server check passwords",
        set_radius,
        (
            main(
                "server_name:port",
                "Host Number and Port Number of RADIUS Server to Use: ",
                values.host_and_port(_RADIUS_PORT),
            ),
            password("SECRET"),
            option(
                "RETRY_INTERVAL",
                "Retry Interval (milliseconds): ",
                values.within(1_000, 10_000, "The retry interval must be from 1000 to 10000 milliseconds."),
            ),
        ),
        at_hub=True,
    ),
    Command("RadiusServerDelete", "Use no RADIUS server", delete_radius, at_hub=True),
    Command("RadiusServerGet", "Show the RADIUS server", show_radius, at_hub=True),
    Command("LogGet", "Show what the hub writes down", show_log, at_hub=True),
    Command(
        "LogEnable", "Write the security or the packet log", _switch_log(True), (_WHICH_LOG,), at_hub=True
    ),
    Command(
        "LogDisable",
        "Don't write the security or the packet log",
        _switch_log(False),
        (_WHICH_LOG,),
        at_hub=True,
    ),
    Command(
        "LogSwitchSet",
        "Choose when a log begins a new file",
        set_log_cycle,
        (
            _WHICH_LOG,
            option("SWITCH", "Specify sec, min, hour, day, month or none: "),
        ),
        at_hub=True,
    ),
    Command(
        "LogPacketSaveType",
        "Choose which packets are written down, and how much of them",
        set_packet_level,
        (
            option("TYPE", "Specify tcpconn, tcpdata, dhcp, udp, icmp, ip, arp, or ether: "),
            option("SAVE", "Specify none, header, or full: "),
        ),
        at_hub=True,
    ),
    Command(
        "AdminOptionList",
        "List the limits of the hub's administrators",
        _list_options(options.GET_HUB_ADMIN_OPTIONS),
        at_hub=True,
    ),
    Command(
        "AdminOptionSet",
        "Change a limit of the hub's administrators",
        _set_option(options.GET_HUB_ADMIN_OPTIONS, options.SET_HUB_ADMIN_OPTIONS),
        _OPTION,
        at_hub=True,
    ),
    Command(
        "ExtOptionList",
        "List the options of the hub",
        _list_options(options.GET_HUB_EXT_OPTIONS),
        at_hub=True,
    ),
    Command(
        "ExtOptionSet",
        "Change an option of the hub",
        _set_option(options.GET_HUB_EXT_OPTIONS, options.SET_HUB_EXT_OPTIONS),
        _OPTION,
        at_hub=True,
    ),
)
