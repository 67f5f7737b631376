"""Commands about the server as a whole."""

import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from etherloom.model import product
from etherloom.model.errors import ErrorCode
from etherloom.rpc.catalog import server as calls
from etherloom.rpc.catalog import service
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.server import Echo, Identity, Password, ServerStatus, Text
from etherloom.vpncmd import certificates, formats, messages, output, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, main, option, optional, password
from etherloom.vpncmd.formats import yes_no
from etherloom.vpncmd.output import Part, items
from etherloom.wire.digest import hash_administrator_password

CERTIFICATE_TO_SAVE: Final = "Save X.509 certificate to file name: "
CERTIFICATE_TO_READ: Final = "Read X.509 certificate from file name: "
KEY_TO_READ: Final = "Read private key from file name: "
_TYPES: Final = ("Standalone Server", "Cluster Controller", "Cluster Member Server")
_CONTROLLER: Final = 1
# Servers don't speak of these when they don't have them.
_OFTEN_LEFT_OUT: Final = {
    "b_beta_version": "Beta Version (Pre-release build)",
    "b_bridge": "Works as VPN Bridge Software",
    "b_cluster_controller": "Cluster Controller Mode",
    "b_cluster_member": "Cluster Member Mode",
    "b_support_cluster_controller": "Operating as a Cluster Controller",
    "b_support_license": "Management of Licenses is Supported",
    "b_support_network_connection_name": "Getting Network Friendly Name is Supported",
    "b_support_vgs": "VPN Gate Service Server Functions are Supported",
    "b_support_vgs_in_client": "VPN Gate Service Server Functions (VPN Client integrated)",
    "b_using_selow_driver": "SoftEther Lightweight Kernel-mode Ethernet Driver is Active",
    "b_virtual_nat_disabled": "Virtual NAT is Disabled (only DHCP Enabled)",
}
_LICENSES: Final = "Connection Licenses"


def server_type(number: int) -> str:
    return _TYPES[number] if number < len(_TYPES) else str(number)


# --- this program ------------------------------------------------------------------------------------------


def about(desk: Desk, given: Given) -> Iterable[Part]:
    yield output.Text(f"{product.COMMAND_LINE_PRODUCT} {product.VERSION}")
    yield output.Text("An independent implementation of the SoftEther VPN system. Apache License 2.0.\n")


def check(desk: Desk, given: Given) -> Iterable[Part]:
    """Whether a server could run here: what it needs of the system."""
    for title, fine in _checks():
        yield output.Text(f"Checking '{title}'... \n              {'Pass' if fine else 'Fail'}")


def _checks() -> Iterator[tuple[str, bool]]:
    yield "Kernel System", platform.system() == "Linux"
    yield "Network system", Path("/proc/net/tcp").exists()
    yield "Tap devices", Path("/dev/net/tun").exists()


# --- what the server is ------------------------------------------------------------------------------------


def show_info(desk: Desk, given: Given) -> Iterable[Part]:
    info = desk.call(calls.GET_SERVER_INFO, Empty())
    system = info.system
    rows = [
        ("Product Name", info.product),
        ("Version", info.version_text),
        ("Build", info.build_text),
        ("Host Name", info.host),
        ("Server Type", server_type(info.type)),
        ("Type of Operating System", system.os_system),
        ("Product Name of Operating System", system.os_product),
    ]
    if system.os_service_pack:
        rows.append(("Service Pack", f"Service Pack {system.os_service_pack}"))
    rows += [
        ("Operating System Vendor", system.os_vendor),
        ("Operating System Version", system.os_version),
        ("Type of OS Kernel", system.kernel),
        ("Version of OS Kernel", system.kernel_version),
    ]
    yield items(rows)


def show_status(desk: Desk, given: Given) -> Iterable[Part]:
    status = desk.call(calls.GET_SERVER_STATUS, Empty())
    rows: list[tuple[str, object]] = [("Server Type", server_type(status.type))]
    rows += _counts(
        "Number of Active Sockets",
        status.type,
        status.connections,
        status.connections_local,
        status.connections_remote,
    )
    rows.append(("Number of Virtual Hubs", status.hubs))
    if status.type == _CONTROLLER:
        rows += [
            ("Number of Static Virtual Hubs", status.hubs_static),
            ("Number of Dynamic Virtual Hubs", status.hubs_dynamic),
        ]
    rows += _counts(
        "Number of Sessions", status.type, status.sessions, status.sessions_local, status.sessions_remote
    )
    rows += [
        ("Number of MAC Address Tables", status.mac_entries),
        ("Number of IP Address Tables", status.ip_entries),
        ("Number of Users", status.users),
        ("Number of Groups", status.groups),
        *_licenses(status),
        *formats.traffic_rows(status.traffic),
        ("Server Started at", formats.long_time(status.started)),
        ("Current Time", formats.exact_time(status.now)),
        ("64 bit High-Precision Logical System Clock", status.tick),
        *_memory(status),
    ]
    yield items(rows)


def _counts(title: str, kind: int, total: int, here: int, elsewhere: int) -> list[tuple[str, object]]:
    if not kind:
        return [(title, total)]
    return [(title, total), (f"{title} (This Server)", here), (f"{title} (Other Member Servers)", elsewhere)]


def _licenses(status: ServerStatus) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        (f"Using Client {_LICENSES} (This Server)", status.client_licenses),
        (f"Using Bridge {_LICENSES} (This Server)", status.bridge_licenses),
    ]
    if status.type == _CONTROLLER:
        rows += [
            (f"Using Client {_LICENSES} (Entire Cluster)", status.client_licenses_total),
            (f"Using Bridge {_LICENSES} (Entire Cluster)", status.bridge_licenses_total),
        ]
    return rows


def _memory(status: ServerStatus) -> list[tuple[str, object]]:
    memory = status.memory
    sizes = (
        ("Total Logical Memory Size", memory.total),
        ("Used Logical Memory Size", memory.used),
        ("Free Logical Memory Size", memory.free),
        ("Total Physical Memory Size", memory.total_physical),
        ("Used Physical Memory Size", memory.used_physical),
        ("Free Physical Memory Size", memory.free_physical),
    )
    return [(title, formats.in_bytes(size)) for title, size in sizes] if memory.total else []


def show_capabilities(desk: Desk, given: Given) -> Iterable[Part]:
    found = {name: (title, 0) for name, title in _OFTEN_LEFT_OUT.items()}
    for row in desk.call(calls.GET_CAPS, Empty()).rows:
        found[row.name] = row.description or row.name, row.value
    yield items(
        (title, yes_no(value) if name.startswith("b_") else value)
        for name, (title, value) in sorted(found.items(), key=lambda entry: entry[0].upper())
    )


# --- the running program -----------------------------------------------------------------------------------


def crash(desk: Desk, given: Given) -> Iterable[Part]:
    if given["yes"].casefold() != "yes":
        yield output.Text("The Crash command has been aborted.")
        return
    yield output.Text("The server is told to end at once; it can't answer.")
    desk.call(service.CRASH, Echo())


def flush(desk: Desk, given: Given) -> Iterable[Part]:
    yield output.Text("Writing volatile data from memory to the disk...")
    reply = desk.call(service.FLUSH, Echo())
    yield output.Text(f"Saving completed. The file size is {reply.number:,} bytes.")


def debug(desk: Desk, given: Given) -> Iterable[Part]:
    yield output.Text("Sending the debug command...")
    number = values.leading_number(given["id"] or "")
    reply = desk.call(service.DEBUG, Echo(number=number, text=given["ARG"] or ""))
    yield output.Text("The debug command has executed.")
    yield output.Text(f"Results: {reply.text}".rstrip("\n"))


def reboot(desk: Desk, given: Given) -> None:
    desk.call(service.REBOOT_SERVER, Echo(number=int(values.yes(given["RESETCONFIG"] or ""))))


def get_configuration(desk: Desk, given: Given) -> Iterable[Part]:
    reply = desk.call(service.GET_CONFIG, Empty())
    if given["path"]:
        certificates.save(given["path"], reply.content, "Creation of specified file failed.")
        return
    yield output.Text(f'Config name: "{reply.file_name}", Size: {len(reply.content)}\n')
    yield output.Text(reply.content.decode("utf-8", "replace").replace("\r\n", "\n") + "\n")


def set_configuration(desk: Desk, given: Given) -> None:
    try:
        content = given["path"].read_bytes()
    except OSError:
        raise Failure(ErrorCode.INTERNAL_ERROR, "Reading from specified file failed.") from None
    desk.call(service.SET_CONFIG, service.Configuration(file_name=given["path"].name, content=content))


def set_password(desk: Desk, given: Given) -> None:
    desk.call(calls.SET_SERVER_PASSWORD, Password(hashed=hash_administrator_password(given["password"])))


# --- certificate and ciphers -------------------------------------------------------------------------------


def get_certificate(desk: Desk, given: Given) -> None:
    identity = desk.call(calls.GET_SERVER_CERT, Empty())
    certificates.save(
        given["cert"],
        certificates.certificate_file(identity.certificate or b""),
        "Failed to save the certificate file.",
    )


def get_key(desk: Desk, given: Given) -> None:
    key = desk.call(calls.GET_SERVER_CERT, Empty()).key
    if not key:
        raise Failure(ErrorCode.NOT_ENOUGH_RIGHT, messages.error_lines(ErrorCode.NOT_ENOUGH_RIGHT))
    certificates.save(given["key"], certificates.key_file(key), "Failed to save the private key file.")


def set_certificate(desk: Desk, given: Given) -> None:
    certificate = certificates.load_certificate(given["LOADCERT"])
    desk.call(
        service.SET_SERVER_CERT,
        Identity(certificate=certificate, key=certificates.load_key(given["LOADKEY"])),
    )


def regenerate_certificate(desk: Desk, given: Given) -> Iterable[Part]:
    desk.call(service.REGENERATE_SERVER_CERT, Echo(text=given["CN"]))
    yield output.Text("\nA new server certificate has been set.\n")


def show_ciphers(desk: Desk, given: Given) -> Iterable[Part]:
    current = desk.call(calls.GET_SERVER_CIPHER, Empty()).text
    known = desk.call(calls.GET_SERVER_CIPHER_LIST, Empty()).text
    yield output.Text(f"Encrypted Algorithm Currently Used by VPN Server: \n {current}\n")
    yield output.Text("List of Usable Encrypted Algorithm Names: ")
    for name in filter(None, known.split(";")):
        yield output.Text(f" {name}")


def set_cipher(desk: Desk, given: Given) -> None:
    desk.call(service.SET_SERVER_CIPHER, Text(text=given["name"]))


ABOUT: Final = Command("About", "Show the version of this program", about)
CHECK: Final = Command("Check", "Check whether a VPN server can run on this machine", check)
COMMANDS: Final = (
    ABOUT,
    CHECK,
    Command(
        "Crash",
        "Kill the server process at once",
        crash,
        (main("yes", 'Do you really want to crash the VPN Server?\nInput "yes" if it is ok: ', values.text),),
        help="For tests of whether something starts the server again. Needs the word yes.",
    ),
    Command("Flush", "Write the server's configuration to its disk", flush),
    Command(
        "Debug",
        "Ask the server a developer's question",
        debug,
        (
            optional("id", "The number of the question.", positional=True),
            optional("ARG", "What it is about."),
        ),
    ),
    Command("ServerInfoGet", "Show what the server is", show_info),
    Command("ServerStatusGet", "Show the server's counts and times", show_status),
    Command("Caps", "List what the server can do", show_capabilities),
    Command(
        "Reboot",
        "Start the server anew",
        reboot,
        (optional("RESETCONFIG", "With yes, the server forgets everything."),),
        help="All sessions end. With /RESETCONFIG:yes the server forgets its whole configuration.",
    ),
    Command(
        "ConfigGet",
        "Get the server's configuration file",
        get_configuration,
        (optional("path", "Where to save it.", positional=True),),
        help="Saves the file to the path, or shows it.",
    ),
    Command(
        "ConfigSet",
        "Give the server a configuration file",
        set_configuration,
        (main("path", "Config file path name to upload to server: ", values.existing_file),),
        help="The server takes everything in the file over and starts anew.",
    ),
    Command(
        "ServerPasswordSet",
        "Set the password of the server's administrator",
        set_password,
        (password("password", positional=True),),
    ),
    Command(
        "ServerCertGet",
        "Save the server's certificate to a file",
        get_certificate,
        (main("cert", CERTIFICATE_TO_SAVE),),
    ),
    Command(
        "ServerKeyGet",
        "Save the key of the server's certificate to a file",
        get_key,
        (main("key", "Save private key to file name: "),),
    ),
    Command(
        "ServerCertSet",
        "Give the server another certificate and key",
        set_certificate,
        (
            option("LOADCERT", CERTIFICATE_TO_READ, values.existing_file),
            option("LOADKEY", KEY_TO_READ, values.existing_file),
        ),
    ),
    Command(
        "ServerCertRegenerate",
        "Let the server make a new certificate for a name",
        regenerate_certificate,
        (main("CN", "Value of Common Name (CN): "),),
    ),
    Command("ServerCipherGet", "Show the ciphers that the server uses and knows", show_ciphers),
    Command(
        "ServerCipherSet",
        "Choose the ciphers that the server uses",
        set_cipher,
        (main("name", "Encrypted Algorithm Name to Specify: "),),
    ),
)
