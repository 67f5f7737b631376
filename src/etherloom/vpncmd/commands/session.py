"""Commands about sessions and the tables in which a hub keeps who is where."""

from collections.abc import Iterable
from typing import Final

from etherloom.rpc.catalog import session as calls
from etherloom.rpc.catalog import table as tables
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.session import SessionName, SessionRow
from etherloom.rpc.catalog.table import IpRow, MacRow, TableEntry
from etherloom.vpncmd import formats, values
from etherloom.vpncmd.command import Command, Desk, Given, main, optional
from etherloom.vpncmd.commands import status
from etherloom.vpncmd.output import Part, items, listing


def list_sessions(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(calls.ENUM_SESSION, HubName(desk.hub)).rows
    yield listing(
        "Session Name|VLAN ID|Location|User Name|Source Host Name|TCP Connections|Transfer Bytes|"
        "Transfer Packets",
        (
            (
                row.name,
                row.vlan or "-",
                _location(row),
                row.user,
                _source(row),
                _connections(row),
                formats.number(row.total_bytes),
                formats.number(row.total_frames),
            )
            for row in rows
        ),
    )


def _location(row: SessionRow) -> str:
    if row.cascade:
        return "Cascade Connection"
    if row.securenat:
        return "SecureNAT Session"
    if row.bridge:
        return "Local Bridge Session"
    if row.layer3:
        return "Virtual Layer 3 Switch"
    return f"On '{row.remote_host}'" if row.remote else "Local Session"


def _source(row: SessionRow) -> str:
    if row.securenat or row.cascade:
        return "Virtual Host"
    if row.bridge:
        return "Ethernet Bridge"
    return "Virtual Layer 3 Switch" if row.layer3 else row.host


def _connections(row: SessionRow) -> str:
    if row.securenat or row.cascade or row.bridge or row.layer3:
        return "None"
    return f"{row.connections} / {row.connections_maximum}"


def show_session(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(calls.GET_SESSION_STATUS, SessionName(desk.hub, given["name"]))
    rows: list[tuple[str, object]] = []
    if int(found.address):
        rows.append(("Client IP Address", found.address))
    if found.host:
        rows.append(("Client Host Name", found.host))
    rows.append(("User Name (Authentication)", found.user))
    if found.real_user:
        rows.append(("User Name (Database)", found.real_user))
    if found.group:
        rows.append(("Group Name", found.group))
    rows += status.rows(found.status, server=True)
    rows += status.node_rows(found.node)
    yield items(rows)


def disconnect(desk: Desk, given: Given) -> None:
    desk.call(calls.DELETE_SESSION, SessionName(desk.hub, given["name"]))


def list_mac_table(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(tables.ENUM_MAC_TABLE, HubName(desk.hub)).rows
    yield listing(
        "ID|Session Name|VLAN ID|MAC Address|Created at|Updated at|Location",
        (
            (
                row.handle,
                row.session,
                row.vlan or "-",
                formats.mac(row.mac),
                formats.short_time(row.created),
                formats.short_time(row.updated),
                _place(row),
            )
            for row in rows
            if _of_session(row, given)
        ),
    )


def list_ip_table(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(tables.ENUM_IP_TABLE, HubName(desk.hub)).rows
    yield listing(
        "ID|Session Name|IP Address|Created at|Updated at|Location",
        (
            (
                row.handle,
                row.session,
                f"{row.address} (DHCP)" if row.from_dhcp else row.address,
                formats.short_time(row.created),
                formats.short_time(row.updated),
                _place(row),
            )
            for row in rows
            if _of_session(row, given)
        ),
    )


def _of_session(row: MacRow | IpRow, given: Given) -> bool:
    wanted = given["session_name"]
    return not wanted or row.session.casefold() == wanted.casefold()


def _place(row: MacRow | IpRow) -> str:
    if not row.remote_host:
        return "On This Server"
    return f"On '{row.remote_host}'"


def delete_mac(desk: Desk, given: Given) -> None:
    desk.call(tables.DELETE_MAC_TABLE, TableEntry(desk.hub, given["id"]))


def delete_ip(desk: Desk, given: Given) -> None:
    desk.call(tables.DELETE_IP_TABLE, TableEntry(desk.hub, given["id"]))


_SESSION: Final = (main("name", "Session name: "),)
_ENTRY: Final = (main("id", "ID to Delete: ", values.leading_number),)
_OF_SESSION: Final = (optional("session_name", "Show this session's only.", positional=True),)
COMMANDS: Final = (
    Command("SessionList", "List the sessions on the hub", list_sessions, at_hub=True),
    Command("SessionGet", "Show all about a session", show_session, _SESSION, at_hub=True),
    Command("SessionDisconnect", "End a session", disconnect, _SESSION, at_hub=True),
    Command("MacTable", "List the MAC addresses on the hub", list_mac_table, _OF_SESSION, at_hub=True),
    Command("MacDelete", "Forget a MAC address", delete_mac, _ENTRY, at_hub=True),
    Command("IpTable", "List the IP addresses on the hub", list_ip_table, _OF_SESSION, at_hub=True),
    Command("IpDelete", "Forget an IP address", delete_ip, _ENTRY, at_hub=True),
)
