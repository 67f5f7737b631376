"""Commands about local bridges and virtual layer-3 switches."""

from collections.abc import Iterable
from typing import Final

from etherloom.rpc.catalog import bridge, l3switch
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.bridge import LocalBridge, LocalBridgeRow
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.catalog.l3switch import L3Interface, L3Route, L3SwitchName, L3SwitchRow
from etherloom.vpncmd import output, values
from etherloom.vpncmd.command import Command, Desk, Given, Work, main, option, optional
from etherloom.vpncmd.output import Part, table

# --- local bridges -----------------------------------------------------------------------------------------


def list_devices(desk: Desk, given: Given) -> Iterable[Part]:
    for row in desk.call(bridge.ENUM_ETHERNET, Empty()).rows:
        yield output.Text(row.device)


def list_bridges(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(bridge.ENUM_LOCAL_BRIDGE, Empty()).rows
    yield table(
        "Number|Virtual Hub Name|Network Adapter or Tap Device Name|Status",
        ((number, row.hub, row.device, _bridge_state(row)) for number, row in enumerate(rows, 1)),
    )


def _bridge_state(row: LocalBridgeRow) -> str:
    if not row.online:
        return "Offline"
    return "Operating" if row.active else "Error"


def create_bridge(desk: Desk, given: Given) -> Iterable[Part]:
    tap = values.yes(given["TAP"] or "")
    desk.call(bridge.ADD_LOCAL_BRIDGE, LocalBridge(given["DEVICE"], given["hubname"], tap))
    if not tap:
        yield output.Text(
            "Other machines on the network may be reached only after the adapter was restarted."
        )


def delete_bridge(desk: Desk, given: Given) -> None:
    desk.call(bridge.DELETE_LOCAL_BRIDGE, LocalBridge(given["DEVICE"], given["hubname"]))


# --- layer-3 switches --------------------------------------------------------------------------------------


def list_switches(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(l3switch.ENUM_L3_SWITCH, Empty()).rows
    yield table(
        "Layer 3 Switch Name|Running Status|Interfaces|Routing Tables",
        ((row.name, _switch_state(row), row.interfaces, row.routes) for row in rows),
        right="Interfaces|Routing Tables",
    )


def _switch_state(row: L3SwitchRow) -> str:
    if not row.active:
        return "Stop"
    return "Start (Running)" if row.online else "Start (Error) "


def _about_switch(call: Call[L3SwitchName, L3SwitchName]) -> Work:
    def work(desk: Desk, given: Given) -> None:
        desk.call(call, L3SwitchName(given["name"]))

    return work


def list_interfaces(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(l3switch.ENUM_L3_IF, L3SwitchName(given["name"])).rows
    yield table("IP Address|Subnet Mask|Virtual Hub Name", ((row.address, row.mask, row.hub) for row in rows))


def add_interface(desk: Desk, given: Given) -> None:
    ip = given["IP"]
    desk.call(l3switch.ADD_L3_IF, L3Interface(given["name"], given["HUB"], ip.address, ip.mask))


def delete_interface(desk: Desk, given: Given) -> None:
    desk.call(l3switch.DEL_L3_IF, L3Interface(given["name"], given["HUB"]))


def list_routes(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(l3switch.ENUM_L3_TABLE, L3SwitchName(given["name"])).rows
    yield table(
        "Network Address|Subnet Mask|Gateway Address|Metric",
        ((row.network, row.mask, row.gateway, row.metric) for row in rows),
        right="Metric",
    )


def _about_route(call: Call[L3Route, L3Route]) -> Work:
    def work(desk: Desk, given: Given) -> None:
        network = given["NETWORK"]
        desk.call(
            call, L3Route(given["name"], network.address, network.mask, given["GATEWAY"], given["METRIC"])
        )

    return work


_SWITCH: Final = main("name", "Name of Virtual Layer 3 Switch: ")
_TO_CREATE: Final = main("name", "Name of Virtual Layer 3 Switch to Create: ")
_INTERFACE_HUB: Final = option("HUB", "Destination Virtual Hub Name of Virtual Interface: ", values.nonempty)
_ROUTE: Final = (
    _SWITCH,
    option("NETWORK", "Network Address/Subnet Mask: ", values.network_and_mask4),
    option("GATEWAY", "Gateway Address: ", values.ip),
    option(
        "METRIC",
        "Metric Value: ",
        values.at_least_one("You must specify an integer that is not less than 1."),
    ),
)
COMMANDS: Final = (
    Command("BridgeDeviceList", "List the network adapters that a hub can be joined to", list_devices),
    Command("BridgeList", "List the local bridges", list_bridges),
    Command(
        "BridgeCreate",
        "Join a hub to a network adapter",
        create_bridge,
        (
            main("hubname", "Virtual Hub Name to Create Bridge: "),
            option("DEVICE", "Bridge Destination Device Name: ", values.nonempty),
            optional("TAP", "With yes, the server makes a tap adapter of that name."),
        ),
    ),
    Command(
        "BridgeDelete",
        "Take a hub off a network adapter",
        delete_bridge,
        (
            main("hubname", "Virtual Hub Name to Delete Bridge: "),
            option("DEVICE", "Bridge Device Name to Delete: ", values.nonempty),
        ),
    ),
    Command("RouterList", "List the virtual layer-3 switches", list_switches),
    Command(
        "RouterAdd", "Create a virtual layer-3 switch", _about_switch(l3switch.ADD_L3_SWITCH), (_TO_CREATE,)
    ),
    Command(
        "RouterDelete",
        "Delete a virtual layer-3 switch",
        _about_switch(l3switch.DEL_L3_SWITCH),
        (main("name", "Name of Virtual Layer 3 Switch to Delete: "),),
    ),
    Command(
        "RouterStart",
        "Start a virtual layer-3 switch",
        _about_switch(l3switch.START_L3_SWITCH),
        (main("name", "Name of Virtual Layer 3 Switch to Start: "),),
    ),
    Command(
        "RouterStop",
        "Stop a virtual layer-3 switch",
        _about_switch(l3switch.STOP_L3_SWITCH),
        (main("name", "Name of Virtual Layer 3 Switch to Stop: "),),
    ),
    Command("RouterIfList", "List the interfaces of a virtual layer-3 switch", list_interfaces, (_SWITCH,)),
    Command(
        "RouterIfAdd",
        "Put a virtual layer-3 switch into a hub",
        add_interface,
        (_SWITCH, _INTERFACE_HUB, option("IP", "IP Address/Subnet Mask: ", values.host_and_mask4)),
    ),
    Command(
        "RouterIfDel",
        "Take a virtual layer-3 switch out of a hub",
        delete_interface,
        (_SWITCH, _INTERFACE_HUB),
    ),
    Command("RouterTableList", "List the routes of a virtual layer-3 switch", list_routes, (_SWITCH,)),
    Command(
        "RouterTableAdd",
        "Add a route to a virtual layer-3 switch",
        _about_route(l3switch.ADD_L3_TABLE),
        _ROUTE,
    ),
    Command(
        "RouterTableDel",
        "Remove a route from a virtual layer-3 switch",
        _about_route(l3switch.DEL_L3_TABLE),
        _ROUTE,
    ),
)
