"""Commands about keep-alive packets, syslog, log files, clusters and licenses."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import cluster, license, log, service
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.cluster import ClusterSetting
from etherloom.rpc.catalog.server import Echo
from etherloom.vpncmd import certificates, formats, messages, output, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, Work, main, option, optional, password
from etherloom.vpncmd.commands.server import CERTIFICATE_TO_SAVE, server_type
from etherloom.vpncmd.output import Part, items, listing, table
from etherloom.wire.digest import hash_administrator_password

_SYSLOG_PORT: Final = 514
_SYSLOG_LEVELS: Final = (
    "Disable Syslog Send Function",
    "Send Server Logs by Syslog",
    "Send Server and Virtual Hub Security Logs by Syslog",
    "Send Server, Virtual Hub Security, and Packet Logs by Syslog",
)
_STANDALONE, _CONTROLLER, _MEMBER = range(3)


# --- keep-alive and syslog ---------------------------------------------------------------------------------


def _change_keep(desk: Desk, **changes: Any) -> None:
    desk.call(service.SET_KEEP, replace(desk.call(service.GET_KEEP, Empty()), **changes))


def _switch_keep(enabled: bool) -> Work:
    return lambda desk, given: _change_keep(desk, enabled=enabled)


def set_keep(desk: Desk, given: Given) -> None:
    to = given["HOST"]
    udp = given["PROTOCOL"] == "udp"
    _change_keep(desk, host=to.host, port=to.port, protocol=int(udp), interval=given["INTERVAL"])


def show_keep(desk: Desk, given: Given) -> Iterable[Part]:
    keep = desk.call(service.GET_KEEP, Empty())
    yield items(
        [
            ("Host Name", keep.host),
            ("Port Number", keep.port),
            ("Packet Send Interval (Sec)", keep.interval),
            ("Protocol", "UDP/IP" if keep.protocol else "TCP/IP"),
            ("Current Status", formats.enable(keep.enabled)),
        ]
    )


def show_syslog(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(log.GET_SYS_LOG, Empty())
    level = _SYSLOG_LEVELS[found.level] if found.level < len(_SYSLOG_LEVELS) else str(found.level)
    rows: list[tuple[str, object]] = [("Set the Use of syslog Send Function", level)]
    if found.level:
        rows += [("syslog Server Host Name", found.host), ("syslog Server Port Number", found.port)]
    yield items(rows)


def enable_syslog(desk: Desk, given: Given) -> None:
    to = given["HOST"]
    desk.call(log.SET_SYS_LOG, log.Syslog(given["1|2|3"], to.port, to.host))


def disable_syslog(desk: Desk, given: Given) -> None:
    desk.call(log.SET_SYS_LOG, replace(desk.call(log.GET_SYS_LOG, Empty()), level=0))


# --- log files ---------------------------------------------------------------------------------------------


def list_log_files(desk: Desk, given: Given) -> Iterable[Part]:
    yield output.Text("Getting list of log files. This may take a while. Please wait...\n")
    rows = desk.call(log.ENUM_LOG_FILE, Empty()).rows
    yield output.Text(f"In total there are {len(rows)} log files.")
    yield listing(
        "Log File Name|File Size|Updated on|Location",
        (
            (row.path, formats.file_size(row.size), formats.short_time(row.updated), row.server)
            for row in rows
        ),
    )


def get_log_file(desk: Desk, given: Given) -> Iterable[Part]:
    yield output.Text("Downloading log file. This may take a while. Please wait...")
    content = _download(desk, given["name"], given["SERVER"] or "")
    if given["SAVEPATH"]:
        certificates.save(given["SAVEPATH"], content, "Unable to write to the specified file.")
        return
    yield output.Text(f"File size of log file: {len(content)}\n")
    yield output.Text(content.decode("utf-8", "replace").replace("\r\n", "\n") + "\n")


def _download(desk: Desk, path: str, server: str) -> bytes:
    content = bytearray()
    try:
        while part := desk.call(log.READ_LOG_FILE, log.LogFilePart(path, server, len(content))).content:
            content += part
    except Refusal:
        raise Failure(ErrorCode.INTERNAL_ERROR, "The download failed.") from None
    if not content:
        raise Failure(ErrorCode.INTERNAL_ERROR, "The download failed.")
    return bytes(content)


# --- clusters ----------------------------------------------------------------------------------------------


def show_cluster(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(cluster.GET_FARM_SETTING, Empty())
    rows: list[tuple[str, object]] = [("Current Configuration", server_type(found.type))]
    if found.type == _CONTROLLER:
        rows.append(("Controller Function Only", formats.yes_no(found.controller_only)))
    if found.type != _STANDALONE:
        rows.append(("Performance Standard in Cluster", found.weight))
    if found.type == _MEMBER:
        address = found.public_address if int(found.public_address) else "(No setting)"
        rows += [
            ("Public IP Address", address),
            ("List of Public Ports", ", ".join(map(str, found.ports)) or "(No setting)"),
            ("Destination Controller", f"{found.controller}:{found.controller_port}"),
        ]
    yield items(rows)


def leave_cluster(desk: Desk, given: Given) -> None:
    desk.call(cluster.SET_FARM_SETTING, ClusterSetting(type=_STANDALONE))


def become_controller(desk: Desk, given: Given) -> None:
    weight = values.leading_number(given["WEIGHT"] or "")
    only = values.yes(given["ONLY"] or "")
    desk.call(cluster.SET_FARM_SETTING, ClusterSetting(type=_CONTROLLER, weight=weight, controller_only=only))


def become_member(desk: Desk, given: Given) -> None:
    to = given["server:port"]
    setting = ClusterSetting(
        type=_MEMBER,
        ports=given["PORTS"],
        public_address=given["IP"],
        controller=to.host,
        controller_port=to.port,
        hashed_password=hash_administrator_password(given["PASSWORD"]),
        weight=values.leading_number(given["WEIGHT"] or ""),
    )
    desk.call(cluster.SET_FARM_SETTING, setting)


def list_members(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(cluster.ENUM_FARM_MEMBER, Empty()).rows
    yield listing(
        "ID|Type|Connection Started at|Host Name|Point|Number of Sessions|Number of TCP Connections|"
        "Number of Operating Hubs|Using Client Connection Licenses|Using Bridge Connection Licenses",
        (
            (
                row.id,
                "Controller" if row.controller else "Member",
                formats.long_time(row.connected),
                row.host,
                row.points,
                row.sessions,
                row.connections,
                row.hubs,
                row.client_licenses,
                row.bridge_licenses,
            )
            for row in rows
        ),
    )


def show_member(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(cluster.GET_FARM_INFO, cluster.MemberName(values.leading_number(given["id"])))
    rows: list[tuple[str, object]] = [
        ("Server Type", "Controller" if found.controller else "Member"),
        ("Connection Established at", formats.long_time(found.connected)),
        ("IP Address", found.address),
        ("Host Name", found.host),
        ("Point", found.points),
        ("Performance Standard Ratio", found.weight),
        ("Number of Public Ports", len(found.ports)),
        *((f"Public Port #{number} (TCP/IP)", port) for number, port in enumerate(found.ports, 1)),
        ("Number of Running Virtual Hubs", len(found.rows)),
        *(
            (f"Virtual Hub #{number}", f"{hub.hub} ({'Dynamic' if hub.dynamic else 'Static'})")
            for number, hub in enumerate(found.rows, 1)
        ),
        ("Number of Sessions", found.sessions),
        ("Number of TCP Connections", found.connections),
    ]
    yield items(rows)


def get_member_certificate(desk: Desk, given: Given) -> None:
    found = desk.call(cluster.GET_FARM_INFO, cluster.MemberName(values.leading_number(given["id"])))
    pem = certificates.certificate_file(found.certificate or b"")
    certificates.save(given["SAVECERT"], pem, "Failed to save the certificate file.")


def show_controller_connection(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(cluster.GET_FARM_CONNECTION_STATUS, Empty())
    rows: list[tuple[str, object]] = []
    if found.online:
        rows += [("Controller IP Address", found.address), ("Controller TCP/IP Port", found.port)]
    never = "(Not Connected)"
    rows += [
        ("Connection Status", "Online" if found.online else "Offline"),
        ("Last Error", f"{messages.describe(found.last_error)} (Error Code: {found.last_error})"),
        ("Connection Started at", formats.long_time(found.started)),
        ("First Connection Established at", formats.long_time(found.first_connected, never)),
        ("Current Connection Established at", formats.long_time(found.current_connected, never)),
        ("Number of Connection Attempts", found.attempts),
        ("Number of Successful Connections", found.times_connected),
        ("Number of Failed Connections", found.failures),
    ]
    yield items(rows)


# --- licenses ----------------------------------------------------------------------------------------------


def list_licenses(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(license.ENUM_LICENSE_KEY, Empty()).rows
    yield table(
        "Number|License Key|License Type Name|Status|Expiration Date|License ID|License Type ID|Server ID|"
        "Serial ID",
        (
            (
                row.id,
                row.license_key,
                row.license_name,
                row.status,
                formats.long_time(row.expires, "No Expiration"),
                row.license_id,
                row.product_id,
                row.system_id,
                row.serial_id,
            )
            for row in rows
        ),
    )


def show_license(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(license.GET_LICENSE_STATUS, Empty())
    yield items(
        [
            ("Product Edition", found.edition_str),
            ("Release Date of VPN Server", formats.day(found.release_date)),
            ("Current Server ID", found.system_id),
            (
                "Expiration of Current Product License",
                formats.long_time(found.system_expires, "No Expiration"),
            ),
        ]
    )


def add_license(desk: Desk, given: Given) -> None:
    desk.call(license.ADD_LICENSE_KEY, Echo(text=given["key"]))


def delete_license(desk: Desk, given: Given) -> None:
    desk.call(license.DEL_LICENSE_KEY, Echo(number=values.leading_number(given["id"])))


_PUBLIC_ADDRESS: Final = (
    "Specify a public IP address. \n"
    "If you wish to leave this unspecified, press Enter without inputting anything.\n\nPublic IP Address: "
)
_PUBLIC_PORTS: Final = (
    "Please specify a list of public port numbers. \n"
    "When specifying 2 or more port numbers, separate each entry with a comma, like: 444,992,888.\n\n"
    "Public Port Number: "
)
_WEIGHT: Final = optional("WEIGHT", "How much of the load the server takes, 100 being usual.")
COMMANDS: Final = (
    Command("KeepEnable", "Send packets that keep a line open", _switch_keep(True)),
    Command("KeepDisable", "Send no packets that keep a line open", _switch_keep(False)),
    Command(
        "KeepSet",
        "Choose the packets that keep a line open",
        set_keep,
        (
            option("HOST", "Destination Host Name/IP Address and Port Number: ", values.host_and_port()),
            option(
                "PROTOCOL", "tcp or udp: ", values.exactly('Please specify "tcp" or "udp".', "tcp", "udp")
            ),
            option("INTERVAL", "Interval Between Packets Sends (Seconds): ", values.leading_number),
        ),
    ),
    Command("KeepGet", "Show the packets that keep a line open", show_keep),
    Command("SyslogGet", "Show where logs are sent", show_syslog),
    Command("SyslogDisable", "Send logs nowhere", disable_syslog),
    Command(
        "SyslogEnable",
        "Send logs to a syslog server",
        enable_syslog,
        (
            main(
                "1|2|3",
                "Setting to Use syslog Send Function (1-3): ",
                values.within(
                    1,
                    3,
                    "Specify, using an integer, 1, 2 or 3 for the setting to use the syslog send function.",
                ),
            ),
            option("HOST", "Specify syslog Server: ", values.host_and_port(_SYSLOG_PORT)),
        ),
        help="1 sends the server's log, 2 those of the hubs too, 3 the packet logs too.",
    ),
    Command("LogFileList", "List the log files of the server", list_log_files),
    Command(
        "LogFileGet",
        "Get a log file",
        get_log_file,
        (
            main("name", "Name of log file to download: "),
            optional("SERVER", "The server in the cluster that has it."),
            optional("SAVEPATH", "Where to save it; it is shown otherwise."),
        ),
    ),
    Command("ClusterSettingGet", "Show the server's part in a cluster", show_cluster),
    Command("ClusterSettingStandalone", "Take the server out of its cluster", leave_cluster),
    Command(
        "ClusterSettingController",
        "Make the server a cluster's controller",
        become_controller,
        (_WEIGHT, optional("ONLY", "With yes, hubs run on other servers only.")),
    ),
    Command(
        "ClusterSettingMember",
        "Make the server a member of a cluster",
        become_member,
        (
            main("server:port", "Destination Controller Host Name and Port Number: ", values.host_and_port()),
            option("IP", _PUBLIC_ADDRESS, values.ip),
            option("PORTS", _PUBLIC_PORTS, values.port_list),
            password("PASSWORD"),
            _WEIGHT,
        ),
    ),
    Command("ClusterMemberList", "List the servers of the cluster", list_members),
    Command(
        "ClusterMemberInfoGet",
        "Show all about a server of the cluster",
        show_member,
        (main("id", "Cluster Member ID to Get Info: "),),
    ),
    Command(
        "ClusterMemberCertGet",
        "Save the certificate of a server of the cluster",
        get_member_certificate,
        (
            main("id", "Cluster Member ID to Get Certificate: "),
            option("SAVECERT", CERTIFICATE_TO_SAVE, values.nonempty),
        ),
    ),
    Command(
        "ClusterConnectionStatusGet",
        "Show a member's connection to its controller",
        show_controller_connection,
    ),
    Command("LicenseAdd", "Register a license key", add_license, (main("key", "License Key: "),)),
    Command(
        "LicenseDel", "Remove a license key", delete_license, (main("id", "License Number to Delete: "),)
    ),
    Command("LicenseList", "List the license keys", list_licenses),
    Command("LicenseStatus", "Show what licenses allow", show_license),
)
