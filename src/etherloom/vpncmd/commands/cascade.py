"""Commands about cascades: sessions that a hub keeps to a hub elsewhere."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from etherloom.model.errors import ErrorCode
from etherloom.rpc.catalog import cascade as calls
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.catalog.cascade import (
    CascadeName,
    CascadeRenaming,
    CascadeRow,
    CascadeSettings,
    CascadeStatusName,
)
from etherloom.rpc.catalog.hub import HubName
from etherloom.vpncmd import certificates, formats, messages, output, policies, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, Work, main, option, optional, password
from etherloom.vpncmd.commands import status
from etherloom.vpncmd.commands.server import CERTIFICATE_TO_READ, CERTIFICATE_TO_SAVE, KEY_TO_READ
from etherloom.vpncmd.commands.user import POLICY_VALUE
from etherloom.vpncmd.output import Part, items, listing, table
from etherloom.wire.digest import hash_password

_ANONYMOUS, _HASHED, _PLAIN, _CERTIFICATE = range(4)
_METHODS: Final = (
    "Anonymous Authentication",
    "Standard Password Authentication",
    "RADIUS or NT Domain Authentication",
    "Client Certificate Authentication",
)
_DIRECT, _HTTP, _SOCKS4, _SOCKS5 = range(4)
# The original has no name for SOCKS5 here.
_PROXIES: Final = (
    "Direct TCP/IP Connection",
    "Connection via HTTP Proxy",
    "Connection via SOCKS4 Proxy",
    "Unknown Protocol",
)
_DEVICE: Final = "_SEHUBLINKCLI_"
_FOR_EVER: Final = 4_294_967_295
_RETRY_SECONDS: Final = 10
_CONNECTIONS: Final = 8
_NO_PROOF: Final[dict[str, Any]] = {
    "hashed_password": None,
    "plain_password": None,
    "certificate": None,
    "private_key": None,
}


def list_cascades(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(calls.ENUM_LINK, HubName(desk.hub)).rows
    yield listing(
        "Setting Name|Status|Established at|Destination VPN Server|Virtual Hub",
        ((row.name, _state(row), formats.long_time(row.connected), row.host, row.remote_hub) for row in rows),
    )


def _state(row: CascadeRow) -> str:
    if not row.online:
        return "Offline (Stopped)"
    if row.is_connected:
        return "Online (Established)"
    if row.last_error:
        return f"Error {row.last_error}: {messages.describe(row.last_error)}"
    return "Connecting"


def create(desk: Desk, given: Given) -> None:
    to = given["SERVER"]
    settings = CascadeSettings(
        hub=desk.hub,
        name=given["name"],
        host=to.host,
        port=to.port,
        remote_hub=given["HUB"],
        device=_DEVICE,
        retries=_FOR_EVER,
        retry_interval=_RETRY_SECONDS,
        connections=_CONNECTIONS,
        encrypt=True,
        no_routing_tracking=True,
        connection_interval=1,
        bridge=True,
        authentication=_ANONYMOUS,
        user=given["USERNAME"],
    )
    desk.call(calls.CREATE_LINK, settings)


def _get(desk: Desk, name: str) -> CascadeSettings:
    return desk.call(calls.GET_LINK, CascadeStatusName(desk.hub, name))


def _change(desk: Desk, name: str, **changes: Any) -> None:
    desk.call(calls.SET_LINK, replace(_get(desk, name), hub=desk.hub, **changes))


def _set(**changes: Any) -> Work:
    return lambda desk, given: _change(desk, given["name"], **changes)


def _prove(desk: Desk, name: str, method: int, **proof: Any) -> None:
    _change(desk, name, **{**_NO_PROOF, "authentication": method, **proof})


def change(desk: Desk, given: Given) -> None:
    to = given["SERVER"]
    _change(desk, given["name"], host=to.host, port=to.port, remote_hub=given["HUB"])


def show(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get(desk, given["name"])
    yield items([*_target_rows(found), *_proof_rows(found), *_link_rows(found)])
    yield output.Text("\n[Cascade Session Security Policy Setting Value]")
    yield policies.show_policy(found.policy, cascade=True)


def _target_rows(found: CascadeSettings) -> Iterable[tuple[str, object]]:
    yield "VPN Connection Setting Name", found.name
    yield "Destination VPN Server Host Name", found.host
    yield "Destination VPN Server Port Number", found.port
    yield "Destination VPN Server Virtual Hub Name", found.remote_hub
    yield (
        "Proxy Server Type",
        _PROXIES[found.proxy_type] if found.proxy_type < len(_PROXIES) else found.proxy_type,
    )
    if found.proxy_type:
        yield "Proxy Server Host Name", found.proxy_host
        yield "Proxy Server Port Number", found.proxy_port
        yield "Proxy Server User Name", found.proxy_user


def _proof_rows(found: CascadeSettings) -> Iterable[tuple[str, object]]:
    method = found.authentication
    yield "Verify Server Certificate", formats.enable(found.check_server_certificate)
    if found.server_certificate:
        yield "Registered Server Individual Certificate", certificates.describe(found.server_certificate)
    yield "Device Name Used for Connection", found.device
    yield "Authentication Type", _METHODS[method] if method < len(_METHODS) else method
    yield "User Name", found.user
    if method == _CERTIFICATE and found.certificate:
        yield "Client Certificate for Authentication Use", certificates.describe(found.certificate)


def _link_rows(found: CascadeSettings) -> Iterable[tuple[str, object]]:
    yield "Number of TCP Connections to Use in VPN Communication", found.connections
    yield "Interval between Establishing Each TCP Connection", found.connection_interval
    yield "Connection Life of Each TCP Connection", found.connection_lifetime or "Infinite"
    for title, on in (
        ("Use Half Duplex Mode", found.half_duplex),
        ("Encryption by SSL", found.encrypt),
        ("Data Compression", found.compress),
        ("Connect by Bridge / Router Mode", found.bridge),
        ("Connect by Monitoring Mode", found.monitor),
        ("No Adjustment for Routing Table", found.no_routing_tracking),
        ("Do not Use QoS Control Function", found.no_qos),
    ):
        yield title, formats.enable(on)


def _about(call: Call[CascadeName, CascadeName]) -> Work:
    def work(desk: Desk, given: Given) -> None:
        desk.call(call, CascadeName(desk.hub, given["name"]))

    return work


def rename(desk: Desk, given: Given) -> None:
    desk.call(calls.RENAME_LINK, CascadeRenaming(desk.hub, given["name"], given["NEW"]))


def show_status(desk: Desk, given: Given) -> Iterable[Part]:
    found = desk.call(calls.GET_LINK_STATUS, CascadeStatusName(desk.hub, given["name"]))
    yield items(status.rows(found.status, server=False))


# --- how a cascade proves who it is ------------------------------------------------------------------------


def set_user(desk: Desk, given: Given) -> Iterable[Part]:
    """The stored hash of a password belongs to the old name: it has to be set again."""
    found = _get(desk, given["name"])
    desk.call(calls.SET_LINK, replace(found, hub=desk.hub, user=given["USERNAME"]))
    if found.authentication == _HASHED:
        yield output.Text("The password belongs to the former user name: set it with CascadePasswordSet.")


def set_anonymous(desk: Desk, given: Given) -> None:
    _prove(desk, given["name"], _ANONYMOUS)


def set_password(desk: Desk, given: Given) -> Iterable[Part]:
    kind = given["TYPE"].casefold()
    text = given["PASSWORD"]
    found = _get(desk, given["name"])
    if kind and "standard".startswith(kind):
        proof: dict[str, Any] = {
            "authentication": _HASHED,
            "hashed_password": hash_password(text, found.user),
        }
    elif kind and ("radius".startswith(kind) or "ntdomain".startswith(kind)):
        proof = {"authentication": _PLAIN, "plain_password": text}
    else:
        yield output.Text("The standard or radius specification is invalid.")
        raise Failure(ErrorCode.INTERNAL_ERROR, messages.error_lines(ErrorCode.INVALID_PARAMETER))
    desk.call(calls.SET_LINK, replace(found, hub=desk.hub, **{**_NO_PROOF, **proof}))


def set_certificate(desk: Desk, given: Given) -> None:
    certificate = certificates.load_certificate(given["LOADCERT"])
    key = certificates.load_key(given["LOADKEY"])
    _prove(desk, given["name"], _CERTIFICATE, certificate=certificate, private_key=key)


def get_certificate(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    if found.authentication != _CERTIFICATE:
        raise Failure(
            ErrorCode.INTERNAL_ERROR,
            "The specified Cascade Connection is not in client certificate authentication mode.",
        )
    if not found.certificate:
        raise Failure(ErrorCode.INTERNAL_ERROR, "The certificate is not registered.")
    _save_certificate(given["SAVECERT"], found.certificate)


def _save_certificate(path: str, der: bytes) -> None:
    certificates.save(path, certificates.certificate_file(der), "Failed to save the certificate file.")


# --- the way there -----------------------------------------------------------------------------------------


def _set_proxy(kind: int) -> Work:
    def work(desk: Desk, given: Given) -> None:
        to = given["SERVER"]
        _change(
            desk,
            given["name"],
            proxy_type=kind,
            proxy_host=to.host,
            proxy_port=to.port,
            proxy_user=given["USERNAME"] or "",
            proxy_password=given["PASSWORD"] or "",
        )

    return work


def _headers(found: CascadeSettings) -> list[tuple[str, str]]:
    """Custom fields are kept as lines."""
    fields = (line.partition(":") for line in found.http_headers.split("\r\n") if ":" in line)
    return [(name.strip(), value.strip()) for name, _, value in fields]


def _put_headers(desk: Desk, found: CascadeSettings, fields: list[tuple[str, str]]) -> None:
    text = "".join(f"{name}: {value}\r\n" for name, value in fields)
    desk.call(calls.SET_LINK, replace(found, hub=desk.hub, http_headers=text))


def add_header(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    fields = _headers(found)
    if any(name.casefold() == given["NAME"].casefold() for name, _ in fields):
        raise Failure(ErrorCode.OBJECT_EXISTS, messages.error_lines(ErrorCode.OBJECT_EXISTS))
    _put_headers(desk, found, [*fields, (given["NAME"], given["DATA"])])


def delete_header(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    fields = _headers(found)
    _put_headers(desk, found, [field for field in fields if field[0].casefold() != given["NAME"].casefold()])


def list_headers(desk: Desk, given: Given) -> Iterable[Part]:
    yield table("Item", ((f"{name}: {value}",) for name, value in _headers(_get(desk, given["name"]))))


def set_server_certificate(desk: Desk, given: Given) -> None:
    der = certificates.load_certificate(given["LOADCERT"])
    _change(desk, given["name"], server_certificate=der)


def get_server_certificate(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    if not found.server_certificate:
        raise Failure(ErrorCode.INTERNAL_ERROR, "The certificate is not registered.")
    _save_certificate(given["SAVECERT"], found.server_certificate)


def set_details(desk: Desk, given: Given) -> None:
    _change(
        desk,
        given["name"],
        connections=given["MAXTCP"],
        connection_interval=given["INTERVAL"],
        connection_lifetime=given["TTL"],
        half_duplex=given["HALF"],
        no_qos=given["NOQOS"],
    )


def set_policy(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    policy = policies.change(found.policy, given["NAME"], given["VALUE"], cascade=True)
    desk.call(calls.SET_LINK, replace(found, hub=desk.hub, policy=policy))


_NAME: Final = main("name", "Cascade Connection Name: ")
_TARGET: Final = (
    option("SERVER", "Destination VPN Server Host Name and Port Number: ", values.host_and_port()),
    option("HUB", "Destination Virtual Hub Name: ", values.safe),
)
_READ_CERTIFICATE: Final = option("LOADCERT", CERTIFICATE_TO_READ, values.existing_file)
_SAVE_CERTIFICATE: Final = option("SAVECERT", CERTIFICATE_TO_SAVE, values.nonempty)
_USER: Final = option("USERNAME", "Connecting User Name: ", values.nonempty)
_PROXY: Final = (
    _NAME,
    option("SERVER", "Proxy Server Host Name and Port Number: ", values.host_and_port()),
    optional("USERNAME", "As whom to log in to the proxy."),
    optional("PASSWORD", "The password for the proxy."),
)
_HEADER: Final = option("NAME", "Value name (part before the colon): ", values.nonempty)
_INTERVAL: Final = "Set at least 1 second for the interval to establish a TCP connection."
_TTL: Final = "Connection Life of Each TCP Connection (0 for no keep-alive): "


def _cascade(name: str, summary: str, work: Work, *parameters: Any, help: str = "") -> Command:
    """A command about a cascade of the selected hub."""
    return Command(name, summary, work, parameters or (_NAME,), at_hub=True, help=help)


COMMANDS: Final = (
    Command("CascadeList", "List the cascades of the hub", list_cascades, at_hub=True),
    _cascade("CascadeCreate", "Create a cascade, off line", create, _NAME, *_TARGET, _USER),
    _cascade("CascadeSet", "Change where a cascade goes", change, _NAME, *_TARGET),
    _cascade("CascadeGet", "Show the settings of a cascade", show),
    _cascade("CascadeDelete", "Delete a cascade", _about(calls.DELETE_LINK)),
    _cascade("CascadeUsernameSet", "Change as whom a cascade logs in", set_user, _NAME, _USER),
    _cascade("CascadeAnonymousSet", "Let a cascade log in without proof", set_anonymous),
    _cascade(
        "CascadePasswordSet",
        "Let a cascade log in with a password",
        set_password,
        _NAME,
        password("PASSWORD"),
        option("TYPE", "Specify standard or radius: "),
        help="standard for a password of the hub there, radius for one that another server checks.",
    ),
    _cascade(
        "CascadeCertSet",
        "Let a cascade log in with a certificate",
        set_certificate,
        _NAME,
        _READ_CERTIFICATE,
        option("LOADKEY", KEY_TO_READ, values.existing_file),
    ),
    _cascade(
        "CascadeCertGet",
        "Save the certificate of a cascade to a file",
        get_certificate,
        _NAME,
        _SAVE_CERTIFICATE,
    ),
    _cascade("CascadeEncryptEnable", "Encrypt a cascade's frames", _set(encrypt=True)),
    _cascade("CascadeEncryptDisable", "Don't encrypt a cascade's frames", _set(encrypt=False)),
    _cascade("CascadeCompressEnable", "Compress a cascade's frames", _set(compress=True)),
    _cascade("CascadeCompressDisable", "Don't compress a cascade's frames", _set(compress=False)),
    _cascade("CascadeProxyNone", "Let a cascade use no proxy", _set(proxy_type=_DIRECT)),
    _cascade("CascadeProxyHttp", "Let a cascade use an HTTP proxy", _set_proxy(_HTTP), *_PROXY),
    _cascade("CascadeProxySocks", "Let a cascade use a SOCKS4 proxy", _set_proxy(_SOCKS4), *_PROXY),
    _cascade("CascadeProxySocks5", "Let a cascade use a SOCKS5 proxy", _set_proxy(_SOCKS5), *_PROXY),
    _cascade(
        "CascadeHttpHeaderAdd",
        "Add a header field for the HTTP proxy",
        add_header,
        _NAME,
        _HEADER,
        option("DATA", "Value data (part after the colon): "),
    ),
    _cascade(
        "CascadeHttpHeaderDelete", "Remove a header field for the HTTP proxy", delete_header, _NAME, _HEADER
    ),
    _cascade("CascadeHttpHeaderGet", "List the header fields for the HTTP proxy", list_headers),
    _cascade(
        "CascadeServerCertEnable",
        "Let a cascade check the server's certificate",
        _set(check_server_certificate=True),
    ),
    _cascade(
        "CascadeServerCertDisable",
        "Let a cascade not check the server's certificate",
        _set(check_server_certificate=False),
    ),
    _cascade(
        "CascadeServerCertSet",
        "Say which certificate the server has to show",
        set_server_certificate,
        _NAME,
        _READ_CERTIFICATE,
    ),
    _cascade(
        "CascadeServerCertDelete",
        "Forget which certificate the server has to show",
        _set(server_certificate=None),
    ),
    _cascade(
        "CascadeServerCertGet",
        "Save the certificate that the server has to show to a file",
        get_server_certificate,
        _NAME,
        _SAVE_CERTIFICATE,
    ),
    _cascade(
        "CascadeDetailSet",
        "Change how a cascade is connected",
        set_details,
        _NAME,
        option(
            "MAXTCP",
            "Number of TCP Connections to Use in VPN Communication: ",
            values.within(
                1, 32, "Specify an integer in the range 1 to 32 for the number of TCP connections."
            ),
        ),
        option(
            "INTERVAL", "Interval between Establishing Each TCP Connection: ", values.at_least_one(_INTERVAL)
        ),
        option("TTL", _TTL, values.leading_number),
        option("HALF", "Enable half-duplex mode (yes/no): ", values.yes),
        option("NOQOS", "Disable QoS Control Function (yes/no): ", values.yes),
    ),
    _cascade("CascadePolicySet", "Change an item of a cascade's policy", set_policy, _NAME, *POLICY_VALUE),
    _cascade("CascadeStatusGet", "Show the state of a cascade's session", show_status),
    _cascade(
        "CascadeRename",
        "Give a cascade another name",
        rename,
        main("name", "Current Name: "),
        option("NEW", "New Name: ", values.nonempty),
    ),
    _cascade("CascadeOnline", "Connect a cascade", _about(calls.SET_LINK_ONLINE)),
    _cascade("CascadeOffline", "Disconnect a cascade", _about(calls.SET_LINK_OFFLINE)),
)
