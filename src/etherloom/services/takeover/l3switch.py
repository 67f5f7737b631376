"""Layer-3 switches, in configuration files and back."""

from etherloom.model.l3switch import L3Interface, L3Route, L3Switch
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.section import Section
from etherloom.state import keys


def read_l3switches(switches: Section) -> None:
    for section in switches.sections():
        switch = L3Switch(
            section.name,
            section.flag("Active"),
            tuple(_read_interface(one) for one in section.section("InterfaceList").sections()),
            tuple(_read_route(one) for one in section.section("RoutingTable").sections()),
        )
        switches.journal.put(section, keys.l3switch_key(switch.name), switch)


def _read_interface(section: Section) -> L3Interface:
    return L3Interface(section.text("HubName"), section.ipv4("IpAddress"), section.ipv4("SubnetMask"))


def _read_route(section: Section) -> L3Route:
    return L3Route(
        section.ipv4("NetworkAddress"),
        section.ipv4("SubnetMask"),
        section.ipv4("GatewayAddress"),
        section.uint("Metric"),
    )


def write_l3switch(switches: Draft, switch: L3Switch) -> None:
    draft = switches.block(switch.name)
    draft.flag("Active", switch.active)
    interfaces = draft.block("InterfaceList", holds_objects=True)
    for number, interface in enumerate(switch.interfaces):
        block = interfaces.block(f"Interface{number}")
        block.text("HubName", interface.hub)
        block.address("IpAddress", interface.address)
        block.address("SubnetMask", interface.mask)
    routes = draft.block("RoutingTable", holds_objects=True)
    for number, route in enumerate(switch.routes):
        block = routes.block(f"Entry{number}")
        block.address("NetworkAddress", route.network)
        block.address("SubnetMask", route.mask)
        block.address("GatewayAddress", route.gateway)
        block.uint("Metric", route.metric)
