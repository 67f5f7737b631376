"""Commands about ports, protocols behind them, and connections."""

from collections.abc import Iterable
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import connection, listener, protocol
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.listener import Listener, ListenerRow
from etherloom.rpc.catalog.protocol import ProtocolOptions
from etherloom.vpncmd import formats, values
from etherloom.vpncmd.command import Command, Desk, Given, Work, main, option
from etherloom.vpncmd.output import Part, items, table

_TEXT, _FLAG, _NUMBER = 1, 2, 3
_OPTION_TYPES: Final = {_TEXT: "String", _FLAG: "Boolean", _NUMBER: "Unsigned Integer"}
_CONNECTION_TYPES: Final = (
    "Client",
    "Initializing...",
    "Login",
    "Additional Connection",
    "Clustering RPC",
    "Management RPC",
    "Hub Enumeration RPC",
    "Changing Password",
    "MS-SSTP Connection",
    "OpenVPN Connection",
)
_OPTION_NOTES: Final = {
    "DefaultClientOption": "What is told to clients that don't say which options they use.",
    "Obfuscation": "Hides the protocol from filters; clients must be set in the same way.",
    "ObfuscationMask": "With what the packets are hidden.",
    "PushDummyIPv4AddressOnL2Mode": "Gives clients of layer 2 an address, since some hang up without one.",
}


# --- listeners ---------------------------------------------------------------------------------------------


def list_listeners(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(listener.ENUM_LISTENER, Empty()).rows
    yield table("Port Number|Status", ((f"TCP {row.port}", _listener_state(row)) for row in rows))


def _listener_state(row: ListenerRow) -> str:
    if not row.enabled:
        return "Stopped"
    return "Error" if row.failed else "Listening"


def create(desk: Desk, given: Given) -> None:
    desk.call(listener.CREATE_LISTENER, Listener(given["port"], enabled=True))


def delete(desk: Desk, given: Given) -> None:
    desk.call(listener.DELETE_LISTENER, Listener(given["port"]))


def _switch(enabled: bool) -> Work:
    def work(desk: Desk, given: Given) -> None:
        desk.call(listener.ENABLE_LISTENER, Listener(given["port"], enabled=enabled))

    return work


# --- UDP ports and protocols -------------------------------------------------------------------------------


def show_udp_ports(desk: Desk, given: Given) -> Iterable[Part]:
    ports = desk.call(protocol.GET_PORTS_UDP, Empty()).ports
    yield items([("UDP ports", ", ".join(map(str, ports)))])


def set_udp_ports(desk: Desk, given: Given) -> None:
    """A zero alone means none; the server judges the numbers."""
    ports = given["ports"]
    desk.call(protocol.SET_PORTS_UDP, protocol.UdpPorts(() if ports == (0,) else ports))


def show_options(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(protocol.GET_PROTO_OPTIONS, ProtocolOptions(protocol=given["protocol"]))
    rows = zip(found.names, found.types, found.values, strict=False)
    yield table(
        "Name|Type|Value|Description",
        (
            (name, _OPTION_TYPES.get(kind, str(kind)), _read_option(kind, value), _OPTION_NOTES.get(name, ""))
            for name, kind, value in rows
        ),
    )


def _read_option(kind: int, value: bytes) -> str:
    if kind == _TEXT:
        return value.rstrip(b"\0").decode("utf-8", "replace")
    number = int.from_bytes(value, "little")
    return str(bool(number)) if kind == _FLAG else str(number)


def _write_option(kind: int, text: str) -> bytes:
    if kind == _TEXT:
        return text.encode() + b"\0"
    number = int(values.yes(text)) if kind == _FLAG else values.leading_number(text)
    return number.to_bytes(4, "little")


def set_option(desk: Desk, given: Given) -> None:
    name = given["protocol"]
    found = desk.call(protocol.GET_PROTO_OPTIONS, ProtocolOptions(protocol=name))
    for known, kind in zip(found.names, found.types, strict=False):
        if known.casefold() == given["NAME"].casefold():
            value = _write_option(kind, given["VALUE"])
            desk.call(protocol.SET_PROTO_OPTIONS, ProtocolOptions(name, (known,), (kind,), (value,)))
            return
    raise Refusal(ErrorCode.OBJECT_NOT_FOUND, "the protocol has no such option")


# --- connections -------------------------------------------------------------------------------------------


def _connection_type(number: int) -> str:
    return _CONNECTION_TYPES[number] if number < len(_CONNECTION_TYPES) else "Other Connection"


def list_connections(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(connection.ENUM_CONNECTION, Empty()).rows
    yield table(
        "Connection Name|Connection Source|Connection Start|Type",
        (
            (
                row.name,
                f"{row.host}: {row.port}",
                formats.long_time(row.connected),
                _connection_type(row.type),
            )
            for row in rows
        ),
    )


def show_connection(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(connection.GET_CONNECTION_INFO, connection.ConnectionName(given["name"]))
    rows: list[tuple[str, object]] = [
        ("Connection Name", found.name),
        ("Connection Type", _connection_type(found.type)),
        ("Source Host Name", found.host),
        ("Client IP Address", found.address),
        ("Client Port Number (TCP)", found.port),
        ("Connection Start", formats.long_time(found.connected)),
        ("Server Product Name", found.server_product),
        ("Sever Version", f"{found.server_version // 100}.{found.server_version % 100:02}"),
        ("Server Build Number", f"Build {found.server_build}"),
    ]
    if found.client_product:
        rows += [
            ("Client Product Name", found.client_product),
            ("Client Version", f"{found.client_version // 100}.{found.client_version % 100:02}"),
            ("Client Build", f"Build {found.client_build}"),
        ]
    yield items(rows)


def disconnect(desk: Desk, given: Given) -> None:
    desk.call(connection.DISCONNECT_CONNECTION, connection.ConnectionName(given["name"]))


_START: Final = "Port number of TCP/IP Listener to start: "
_PROTOCOL: Final = main("protocol", "Protocol: ")
_UDP_PORTS: Final = (
    "Multiple UDP ports can be specified by splitting them with a space or a comma, "
    'for example: "443, 992, 1194, 5555". \nSpecify "0" to disable the UDP listener. \n\nPorts: '
)
COMMANDS: Final = (
    Command("ListenerList", "List the TCP ports of the server", list_listeners),
    Command(
        "ListenerCreate",
        "Add a TCP port",
        create,
        (main("port", "Port number of newly added TCP/IP Listener: ", values.port),),
    ),
    Command(
        "ListenerDelete",
        "Remove a TCP port",
        delete,
        (main("port", "Port number of TCP/IP Listener: ", values.port),),
    ),
    Command("ListenerEnable", "Open a TCP port", _switch(True), (main("port", _START, values.port),)),
    Command("ListenerDisable", "Close a TCP port", _switch(False), (main("port", _START, values.port),)),
    Command("PortsUDPGet", "List the UDP ports of the server", show_udp_ports),
    Command(
        "PortsUDPSet",
        "Replace the UDP ports of the server",
        set_udp_ports,
        (main("ports", _UDP_PORTS, values.port_list),),
    ),
    Command("ProtoOptionsGet", "List the options of a protocol", show_options, (_PROTOCOL,)),
    Command(
        "ProtoOptionsSet",
        "Change an option of a protocol",
        set_option,
        (_PROTOCOL, option("NAME", "Option: ", values.nonempty), option("VALUE", "Value: ")),
    ),
    Command("ConnectionList", "List the TCP connections to the server", list_connections),
    Command(
        "ConnectionGet",
        "Show all about a TCP connection",
        show_connection,
        (main("name", "Connection Name to Get Info: "),),
    ),
    Command(
        "ConnectionDisconnect",
        "End a TCP connection",
        disconnect,
        (main("name", "Connection Name to Disconnect: "),),
    ),
)
