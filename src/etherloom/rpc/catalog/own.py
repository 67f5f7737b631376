"""Calls that only Etherloom has: for its own command line, never offered to stock peers."""

# ruff: noqa: RUF009 - these calls make dataclass fields, not defaults

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty, Traffic
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.element import Address
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.session import SessionName
from etherloom.rpc.catalog.sight import Magnitude, PortWork


@dataclass(frozen=True, slots=True)
class ListenerState:
    """One TCP port of the configuration. `problem` says why it isn't open although it should be.

    The caps count connections that have not logged in, one source address's and all.
    """

    port: int = element.number("Port")
    enabled: bool = element.flag("Enabled")
    problem: str = element.text("Problem", 511)
    per_source: int = element.number("UnestablishedPerSource")
    total: int = element.number("UnestablishedTotal")


@dataclass(frozen=True, slots=True)
class ListenerStates:
    """All TCP ports, by number."""

    rows: tuple[ListenerState, ...] = element.rows(ListenerState, "Listeners")


GET_LISTENERS: Final = Call(
    "Etherloom.GetListeners", Empty, ListenerStates, Who.SERVER, "TCP ports and what is wrong with them."
)


@dataclass(frozen=True, slots=True)
class ListenerCaps:
    """How many connections that have not logged in a port takes; 0 leaves a cap as it is."""

    port: int = element.number("Port")
    per_source: int = element.number("UnestablishedPerSource")
    total: int = element.number("UnestablishedTotal")


SET_LISTENER_CAPS: Final = Call(
    "Etherloom.SetListenerCaps",
    ListenerCaps,
    ListenerCaps,
    Who.SERVER,
    "Cap the connections of a port that have not logged in. The port is opened anew.",
    changes=True,
)


@dataclass(frozen=True, slots=True)
class Encryption:
    """What the server asks of TLS; in a request, what isn't there stays as it is.

    `ciphers`, separated by commas, are the only ones accepted, the preferred one first; an empty text means
    all of them, as the server's machine does them fastest. `minimum` is the oldest TLS version accepted.
    """

    ciphers: str | None = element.optional_text("Ciphers", 511)
    minimum: str | None = element.optional_text("TlsMinimum", 15)


GET_ENCRYPTION: Final = Call(
    "Etherloom.GetEncryption", Empty, Encryption, Who.SERVER, "Ciphers and TLS versions that are accepted."
)
SET_ENCRYPTION: Final = Call(
    "Etherloom.SetEncryption",
    Encryption,
    Encryption,
    Who.SERVER,
    "Changes what new connections must speak; those that stand go on.",
    changes=True,
)


@dataclass(frozen=True, slots=True)
class SocketState:
    """One socket that is wanted now. `problem` is empty while it accepts."""

    address: str = element.text("Address")
    port: int = element.number("Port")
    problem: str = element.text("Problem", 511)


@dataclass(frozen=True, slots=True)
class Summary:
    """The server at one glance. `remote_administration`: a password was set, so it is possible.

    `fingerprint`: SHA-256 of the certificate that clients see, in hexadecimal.
    """

    product: str = element.text("Product")
    version: str = element.text("Version")
    process: int = element.number("Process")
    revision: int = element.long("Revision")
    started: int = element.time("Started")
    now: int = element.time("Now")
    hubs: int = element.number("Hubs")
    users: int = element.number("Users")
    sessions: int = element.number("Sessions")
    remote_administration: bool = element.flag("RemoteAdministration")
    fingerprint: str = element.text("Fingerprint")
    sockets: tuple[SocketState, ...] = element.rows(SocketState, "Sockets")


GET_SUMMARY: Final = Call(
    "Etherloom.GetSummary", Empty, Summary, Who.SERVER, "The server at one glance, for `etherloom status`."
)


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Options of a hub; in a request, what isn't there stays as it is.

    `password` is the one of the hub's administrator; an empty one ends their administration from afar.
    """

    hub: str = element.text("HubName")
    maximum_sessions: int | None = element.optional_number("MaximumSessions")
    hidden: bool | None = element.optional_flag("Hidden")
    require_encryption: bool | None = element.optional_flag("RequireEncryption")
    super_frames: bool | None = element.optional_flag("SuperFrames")
    udp_acceleration: bool | None = element.optional_flag("UdpAcceleration")
    udp_acceleration_v1: bool | None = element.optional_flag("UdpAccelerationV1")
    password: str | None = element.optional_text("Password", 511, secret=True)


GET_HUB_OPTIONS: Final = Call(
    "Etherloom.GetHubOptions", HubName, HubOptions, Who.HUB, "Options of a hub, those of our own among them."
)
SET_HUB_OPTIONS: Final = Call(
    "Etherloom.SetHubOptions",
    HubOptions,
    HubOptions,
    Who.HUB,
    "Changes options of a hub. `RequireEncryption`: no session's frames may travel in plain text.",
    changes=True,
)


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One item of a policy, by its name, as a number (yes is 1)."""

    name: str = element.text("Name")
    value: int = element.number("Value")


@dataclass(frozen=True, slots=True)
class UserChange:
    """Changes to a user; what isn't there stays as it is. `expires` 0 means never.

    `policy` changes these items of the user's own policy, which starts as the default one;
    `drop_policy` takes it away first.
    """

    hub: str = element.text("HubName")
    name: str = element.text("Name")
    real_name: str | None = element.optional_unicode("RealName", 511)
    note: str | None = element.optional_unicode("Note", 511)
    expires: int | None = element.optional_time("Expires")
    anonymous: bool = element.flag("Anonymous")
    password: str | None = element.optional_text("Password", 511, secret=True)
    drop_policy: bool = element.flag("DropPolicy")
    policy: tuple[PolicyValue, ...] = element.rows(PolicyValue, "Policy")


CHANGE_USER: Final = Call(
    "Etherloom.ChangeUser",
    UserChange,
    UserChange,
    Who.HUB,
    "Changes what is given of a user, in one step.",
    changes=True,
)


@dataclass(frozen=True, slots=True)
class Link:
    """One connection of a session. `direction`: 0 both ways, 1 to the client only, 2 from it only."""

    address: Address = element.address("Address")
    port: int = element.number("Port")
    direction: int = element.number("Direction")
    plaintext: bool = element.flag("Plaintext")
    tls_version: str = element.text("TlsVersion")
    cipher: str = element.text("Cipher")
    bytes_sent: int = element.long("BytesSent")
    bytes_received: int = element.long("BytesReceived")


@dataclass(frozen=True, slots=True)
class Drop:
    """Frames that were not carried, by reason."""

    reason: str = element.text("Reason")
    frames: int = element.long("Frames")


@dataclass(frozen=True, slots=True)
class Acceleration:
    """Frames by UDP. `version` 0: not agreed on, for this `reason`. `active`: they go that way now."""

    version: int = element.number("Version")
    reason: str = element.text("Reason")
    reached: bool = element.flag("Reached")
    active: bool = element.flag("Active")
    fallbacks: int = element.long("Fallbacks")
    sent: int = element.long("Sent")
    received: int = element.long("Received")
    forged: int = element.long("Forged")
    replayed: int = element.long("Replayed")


@dataclass(frozen=True, slots=True)
class SessionDetails:
    """What stock tools have no room for. `plaintext`: its frames travel without encryption."""

    hub: str = element.text("HubName")
    name: str = element.text("Name")
    user: str = element.text("User")
    kind: str = element.text("Kind")
    connected: int = element.time("Connected")
    product: str = element.text("Product")
    plaintext: bool = element.flag("Plaintext")
    compressed: bool = element.flag("Compressed")
    super_frames: bool = element.flag("SuperFrames")
    half_duplex: bool = element.flag("HalfDuplex")
    timeout_ms: int = element.number("TimeoutMs")
    idle_ms: int = element.long("IdleMs")
    links_maximum: int = element.number("LinksMaximum")
    links_opened: int = element.number("LinksOpened")
    wire_bytes_sent: int = element.long("WireBytesSent")
    wire_bytes_received: int = element.long("WireBytesReceived")
    traffic: Traffic = element.block(Traffic)
    links: tuple[Link, ...] = element.rows(Link, "Links")
    work: PortWork = element.block(PortWork)
    drops: tuple[Drop, ...] = element.rows(Drop, "Drops")
    magnitudes: tuple[Magnitude, ...] = element.rows(Magnitude, "Magnitudes")
    acceleration: Acceleration = element.block(Acceleration, "UdpAcceleration")


GET_SESSION: Final = Call(
    "Etherloom.GetSession",
    SessionName,
    SessionDetails,
    Who.HUB,
    "A session's connections, whether it is encrypted, what was dropped and why, what waits how long.",
)


@dataclass(frozen=True, slots=True)
class MacEntry:
    """Where an address was seen."""

    session: str = element.text("Session")
    address: bytes = element.data("Address", 6)
    vlan: int = element.number("Vlan")
    created: int = element.time("Created")
    updated: int = element.time("Updated")


@dataclass(frozen=True, slots=True)
class MacTable:
    """The addresses that a hub has learnt."""

    hub: str = element.text("HubName")
    rows: tuple[MacEntry, ...] = element.rows(MacEntry, "Entries")


GET_MAC_TABLE: Final = Call(
    "Etherloom.GetMacTable", HubName, MacTable, Who.HUB, "The addresses that a hub has learnt, and where."
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A hub joined to a device. `tap`: the server creates the device. `problem` is empty while it works."""

    hub: str = element.text("HubName")
    device: str = element.text("Device")
    tap: bool = element.flag("Tap")
    problem: str = element.text("Problem", 511)


@dataclass(frozen=True, slots=True)
class BridgeTable:
    """All local bridges."""

    rows: tuple[Bridge, ...] = element.rows(Bridge, "Bridges")


GET_BRIDGES: Final = Call(
    "Etherloom.GetBridges", Empty, BridgeTable, Who.SERVER, "Local bridges and what is wrong with them."
)
CREATE_BRIDGE: Final = Call(
    "Etherloom.CreateBridge", Bridge, Bridge, Who.SERVER, "Joins a hub to a device.", changes=True
)
DELETE_BRIDGE: Final = Call(
    "Etherloom.DeleteBridge", Bridge, Bridge, Who.SERVER, "Takes a device off a hub.", changes=True
)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file on the server's machine; absolute."""

    path: str = element.text("Path", 4095)


BACKUP: Final = Call(
    "Etherloom.Backup",
    BackupFile,
    BackupFile,
    Who.SERVER,
    "Writes all that the server keeps, secrets too, to a new file.",
    changes=True,
)

CALLS: Final = (
    GET_SUMMARY,
    GET_LISTENERS,
    SET_LISTENER_CAPS,
    GET_ENCRYPTION,
    SET_ENCRYPTION,
    GET_HUB_OPTIONS,
    SET_HUB_OPTIONS,
    CHANGE_USER,
    GET_SESSION,
    GET_MAC_TABLE,
    GET_BRIDGES,
    CREATE_BRIDGE,
    DELETE_BRIDGE,
    BACKUP,
)
