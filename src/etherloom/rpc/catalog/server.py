"""Calls about the server as a whole."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty, MemoryFacts, SystemFacts, Traffic
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class Echo:
    """Values that come back."""

    number: int = element.number("IntValue")
    long: int = element.long("Int64Value")
    text: str = element.text("StrValue", 1023)
    unicode: str = element.unicode("UniStrValue", 1023)


TEST: Final = Call(
    "Test", Echo, Echo, Who.ANY, "Returns what it was given, and the number as decimal text in StrValue."
)


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server is."""

    product: str = element.text("ServerProductName", 127)
    version_text: str = element.text("ServerVersionString", 127)
    build_text: str = element.text("ServerBuildInfoString", 127)
    version: int = element.number("ServerVerInt")
    build: int = element.number("ServerBuildInt")
    host: str = element.text("ServerHostName")
    type: int = element.number("ServerType")
    built: int = element.time("ServerBuildDate")
    family: str = element.text("ServerFamilyName", 127)
    system: SystemFacts = element.block(SystemFacts)


GET_SERVER_INFO: Final = Call(
    "GetServerInfo", Empty, ServerInfo, Who.ANY, "Product, version and operating system of the server."
)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Counts and times. `tick`: milliseconds of the server's own clock, which never jumps."""

    type: int = element.number("ServerType")
    hubs: int = element.number("NumHubTotal")
    hubs_standalone: int = element.number("NumHubStandalone")
    hubs_static: int = element.number("NumHubStatic")
    hubs_dynamic: int = element.number("NumHubDynamic")
    sessions: int = element.number("NumSessionsTotal")
    sessions_local: int = element.number("NumSessionsLocal")
    sessions_remote: int = element.number("NumSessionsRemote")
    connections: int = element.number("NumTcpConnections")
    connections_local: int = element.number("NumTcpConnectionsLocal")
    connections_remote: int = element.number("NumTcpConnectionsRemote")
    mac_entries: int = element.number("NumMacTables")
    ip_entries: int = element.number("NumIpTables")
    users: int = element.number("NumUsers")
    groups: int = element.number("NumGroups")
    now: int = element.time("CurrentTime")
    tick: int = element.long("CurrentTick")
    bridge_licenses: int = element.number("AssignedBridgeLicenses")
    client_licenses: int = element.number("AssignedClientLicenses")
    bridge_licenses_total: int = element.number("AssignedBridgeLicensesTotal")
    client_licenses_total: int = element.number("AssignedClientLicensesTotal")
    started: int = element.time("StartTime")
    traffic: Traffic = element.block(Traffic)
    memory: MemoryFacts = element.block(MemoryFacts)


GET_SERVER_STATUS: Final = Call(
    "GetServerStatus",
    Empty,
    ServerStatus,
    Who.ANY,
    "How many hubs, sessions, connections and users there are, and since when the server runs.",
)


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that the server can do (`b_` names: 0 or 1) or how many of it (`i_` names)."""

    name: str = element.text("CapsName")
    value: int = element.number("CapsValue")
    description: str = element.unicode("CapsDescrption")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """All capabilities, as a table and one by one."""

    by_name: Mapping[str, int] = element.named_numbers("caps_")
    rows: tuple[Capability, ...] = element.rows(Capability, "CapsList")


GET_CAPS: Final = Call(
    "GetCaps", Empty, Capabilities, Who.ANY, "What this server can do; stock tools hide what isn't there."
)


@dataclass(frozen=True, slots=True)
class Password:
    """A new password, hashed (SHA-0) or, where that is all zero, in plain text."""

    hashed: bytes = element.data("HashedPassword", 20, secret=True)
    plain: str = element.text("PlainTextPassword", 511, secret=True)


SET_SERVER_PASSWORD: Final = Call(
    "SetServerPassword",
    Password,
    Password,
    Who.SERVER,
    "Sets the password of the server's administrator. An empty one ends remote administration.",
    changes=True,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Certificate and key, DER. The key is there for the server's administrator only."""

    certificate: bytes | None = element.optional_data("Cert")
    chain: tuple[bytes, ...] = element.datas("Chain")
    key: bytes | None = element.optional_data("Key", secret=True)
    flag: int = element.number("Flag1")


GET_SERVER_CERT: Final = Call(
    "GetServerCert", Empty, Identity, Who.ANY, "The certificate that the server shows to its peers."
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text."""

    text: str = element.text("String", 0)


GET_SERVER_CIPHER: Final = Call(
    "GetServerCipher",
    Empty,
    Text,
    Who.ANY,
    "The configured list of ciphers; `~DEFAULT~` means our own choice.",
)
GET_SERVER_CIPHER_LIST: Final = Call(
    "GetServerCipherList", Empty, Text, Who.ANY, "The ciphers that the server knows, separated by semicolons."
)


CALLS: Final = (
    TEST,
    GET_SERVER_INFO,
    GET_SERVER_STATUS,
    GET_CAPS,
    SET_SERVER_PASSWORD,
    GET_SERVER_CERT,
    GET_SERVER_CIPHER,
    GET_SERVER_CIPHER_LIST,
)
