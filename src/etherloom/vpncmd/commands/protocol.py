"""Commands about other VPN protocols, and about ways through firewalls."""

from collections.abc import Iterable
from typing import Final

from etherloom.rpc.catalog import protocol
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.protocol import AzureStatus, EtherIpClient, IpsecServices, SpecialListeners
from etherloom.rpc.catalog.server import Echo
from etherloom.vpncmd import certificates, messages, output, values
from etherloom.vpncmd.command import Command, Desk, Given, main, option, password
from etherloom.vpncmd.formats import yes_no
from etherloom.vpncmd.output import Part, items, table

_NOTHING: Final = "(None)"


def enable_ipsec(desk: Desk, given: Given) -> None:
    desk.call(
        protocol.SET_IPSEC_SERVICES,
        IpsecServices(
            l2tp_raw=given["L2TPRAW"],
            l2tp_ipsec=given["L2TP"],
            etherip_ipsec=given["ETHERIP"],
            secret=given["PSK"],
            default_hub=given["DEFAULTHUB"],
        ),
    )


def show_ipsec(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(protocol.GET_IPSEC_SERVICES, Empty())
    yield items(
        [
            ("L2TP over IPsec Server Function Enabled", yes_no(found.l2tp_ipsec)),
            ("Raw L2TP Server Function Enabled", yes_no(found.l2tp_raw)),
            ("EtherIP / L2TPv3 over IPsec Server Function Enabled", yes_no(found.etherip_ipsec)),
            ("IPsec Pre-Shared Key String", found.secret),
            ("Name of Default Virtual Hub", found.default_hub),
        ]
    )


def add_etherip(desk: Desk, given: Given) -> None:
    client = EtherIpClient(given["ID"], given["HUB"], given["USERNAME"], given["PASSWORD"])
    desk.call(protocol.ADD_ETHER_IP_ID, client)


def delete_etherip(desk: Desk, given: Given) -> None:
    desk.call(protocol.DELETE_ETHER_IP_ID, EtherIpClient(given["ID"]))


def list_etherip(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(protocol.ENUM_ETHER_IP_ID, Empty()).rows
    yield table("ISAKMP Phase 1 ID|Virtual Hub Name|User Name", ((row.id, row.hub, row.user) for row in rows))


def make_openvpn_archive(desk: Desk, given: Given) -> Iterable[Part]:
    archive = desk.call(protocol.MAKE_OPEN_VPN_CONFIG_FILE, Empty())
    path = given["ZIP_FileName"]
    certificates.save(path, archive.content or b"")
    yield output.Text(
        f'The sample setting file was saved as "{path}". You can unzip this file to extract setting files.'
    )


def enable_special(desk: Desk, given: Given) -> None:
    desk.call(protocol.SET_SPECIAL_LISTENER, SpecialListeners(icmp=given["ICMP"], dns=given["DNS"]))


def show_special(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(protocol.GET_SPECIAL_LISTENER, Empty())
    yield items(
        [
            ("VPN over ICMP Server Enabled", yes_no(found.icmp)),
            ("VPN over DNS Server Enabled", yes_no(found.dns)),
        ]
    )


def show_dynamic_dns(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(protocol.GET_DDNS_CLIENT_STATUS, Empty())
    yield items(
        [
            ("Assigned Dynamic DNS Hostname (Full)", found.full_name or _NOTHING),
            ("Assigned Dynamic DNS Hostname (Hostname)", found.host or _NOTHING),
            ("DNS Suffix", found.suffix or _NOTHING),
            ("Global IPv4 Address", _address(found.address_v4, found.error_v4)),
            ("Global IPv6 Address", _address(found.address_v6, found.error_v6)),
        ]
    )


def _address(address: str, error: int) -> str:
    return messages.describe(error) if error else address or _NOTHING


def set_dynamic_name(desk: Desk, given: Given) -> None:
    desk.call(protocol.CHANGE_DDNS_CLIENT_HOSTNAME, Echo(text=given["hostname"]))


def show_azure(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(protocol.GET_AZURE_STATUS, Empty())
    rows: list[tuple[str, object]] = [("VPN Azure Function is Enabled", yes_no(found.enabled))]
    if found.enabled:
        name = desk.call(protocol.GET_DDNS_CLIENT_STATUS, Empty()).host
        rows.append(("Connection to VPN Azure Cloud Server is Established", yes_no(found.is_connected)))
        rows.append(("Hostname of this VPN Server on VPN Azure Service", f"{name}.vpnazure.net"))
    yield items(rows)


def set_azure(desk: Desk, given: Given) -> None:
    desk.call(protocol.SET_AZURE_STATUS, AzureStatus(enabled=given["yes|no"]))


_ID: Final = main("ID", "ISAKMP Phase 1 ID: ")
COMMANDS: Final = (
    Command(
        "IPsecEnable",
        "Choose what is served over IPsec",
        enable_ipsec,
        (
            option("L2TP", "Enable L2TP over IPsec Server Function (yes / no): ", values.yes),
            option("L2TPRAW", "Enable Raw L2TP Server Function (yes / no): ", values.yes),
            option("ETHERIP", "Enable EtherIP / L2TPv3 over IPsec Server Function (yes / no): ", values.yes),
            option("PSK", "Pre Shared Key for IPsec (Recommended: 9 letters at maximum): ", values.nonempty),
            option(
                "DEFAULTHUB",
                "Default Virtual HUB in a case of omitting the HUB on the Username: ",
                values.nonempty,
            ),
        ),
    ),
    Command("IPsecGet", "Show what is served over IPsec", show_ipsec),
    Command(
        "EtherIpClientAdd",
        "Say where a device that comes by EtherIP or L2TPv3 belongs",
        add_etherip,
        (
            main("ID", "ISAKMP Phase 1 ID ('*' is a wildcard): "),
            option("HUB", "Virtual Hub Name: ", values.nonempty),
            option("USERNAME", "Username to Login Virtual Hub: ", values.nonempty),
            password("PASSWORD"),
        ),
    ),
    Command("EtherIpClientDelete", "Forget where a device belongs", delete_etherip, (_ID,)),
    Command("EtherIpClientList", "List where devices belong", list_etherip),
    Command(
        "OpenVpnMakeConfig",
        "Save configuration files for OpenVPN clients",
        make_openvpn_archive,
        (main("ZIP_FileName", "Output Filename of Setting Files (ZIP compressed file): "),),
    ),
    Command(
        "VpnOverIcmpDnsEnable",
        "Choose whether sessions come over ICMP and DNS",
        enable_special,
        (
            option("ICMP", "Enable VPN over ICMP Server (yes / no): ", values.yes),
            option("DNS", "Enable VPN over DNS Server (yes / no): ", values.yes),
        ),
    ),
    Command("VpnOverIcmpDnsGet", "Show whether sessions come over ICMP and DNS", show_special),
    Command("DynamicDnsGetStatus", "Show the name that dynamic DNS gives the server", show_dynamic_dns),
    Command(
        "DynamicDnsSetHostname",
        "Ask dynamic DNS for another name",
        set_dynamic_name,
        (main("hostname", "Dynamic DNS Hostname (3 - 31 letters): "),),
    ),
    Command("VpnAzureGetStatus", "Show whether the original's relay service is used", show_azure),
    Command(
        "VpnAzureSetEnable",
        "Use the original's relay service, or not",
        set_azure,
        (main("yes|no", "Enable VPN Azure (yes / no): ", values.yes),),
    ),
)
