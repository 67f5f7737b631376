"""What is said about an import: how much came over, what nothing acts on yet, and what is only kept. Pure."""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from etherloom.model.access_list import AccessRule
from etherloom.model.authority import Revocation, SourceRules, TrustedCertificate
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import Cascade
from etherloom.model.credential import AnonymousCredential, PasswordCredential
from etherloom.model.group import Group
from etherloom.model.hub import AdministratorSecret, Hub, HubMessage, HubOptions, Radius
from etherloom.model.kept import KeptBlock
from etherloom.model.l3switch import L3Switch
from etherloom.model.listener import Listener
from etherloom.model.log import HubLog, Syslog
from etherloom.model.protocol import DynamicDns, EtherIpClient, IpsecServices, Protocols, WireguardKey
from etherloom.model.securenat import SecureNat
from etherloom.model.server import ClusterSettings, KeepAlive, ServerIdentity
from etherloom.model.user import User
from etherloom.services.takeover.reading import Takeover
from etherloom.state.documents import Record

_CREDENTIALS: Final = "that log in by certificate, RADIUS or NT domain"
# What it is, singular, plural, and whether this version acts on it.
_Kind = type | tuple[type, bool]
_NOUNS: Final[dict[_Kind, tuple[str, str, bool]]] = {
    Hub: ("hub", "hubs", True),
    (User, True): ("user", "users", True),
    (User, False): (f"user {_CREDENTIALS.replace('log', 'logs')}", f"users {_CREDENTIALS}", False),
    Group: ("group", "groups", True),
    AccessRule: ("access rule", "access rules", True),
    TrustedCertificate: ("trusted certificate", "trusted certificates", False),
    Revocation: ("revocation", "revocations", False),
    SourceRules: ("list of source addresses", "lists of source addresses", True),
    Cascade: ("cascade", "cascades", False),
    SecureNat: ("SecureNAT", "SecureNATs", False),
    HubLog: ("hub's log settings", "hubs' log settings", False),
    HubMessage: ("hub's message", "hubs' messages", True),
    HubOptions: ("set of hub options or limits", "sets of hub options or limits", True),
    Radius: ("hub's RADIUS servers", "hubs' RADIUS servers", False),
    AdministratorSecret: ("administrator's password", "administrators' passwords", True),
    Listener: ("listener", "listeners", True),
    (LocalBridge, True): ("local bridge to a TAP adapter", "local bridges to TAP adapters", True),
    (LocalBridge, False): ("local bridge to an interface", "local bridges to interfaces", False),
    L3Switch: ("layer-3 switch", "layer-3 switches", False),
    ServerIdentity: ("certificate with its key", "certificates with their keys", True),
    KeepAlive: ("keep-alive", "keep-alives", True),
    Syslog: ("syslog server", "syslog servers", False),
    Protocols: ("set of other protocols' options", "sets of other protocols' options", False),
    IpsecServices: ("IPsec service", "IPsec services", False),
    EtherIpClient: ("EtherIP device", "EtherIP devices", False),
    WireguardKey: ("WireGuard key", "WireGuard keys", False),
    DynamicDns: ("dynamic DNS setting", "dynamic DNS settings", False),
    ClusterSettings: ("cluster setting", "cluster settings", False),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind came over. `acting` is false for what this version keeps but doesn't act on."""

    noun: str
    count: int
    acting: bool


@dataclass(frozen=True, slots=True)
class Report:
    """`remarks`: by line and key. `kept`: paths of items that nothing here knows."""

    counts: tuple[Count, ...]
    remarks: tuple[str, ...]
    kept: tuple[str, ...]
    lost_hubs: tuple[str, ...]


def describe(takeover: Takeover, lost_hubs: Sequence[str]) -> Report:
    """Say what a takeover brings and what it costs."""
    return Report(
        counts=tuple(_counts(takeover)),
        remarks=tuple(map(str, takeover.remarks)),
        kept=tuple(path for block in takeover.kept for path in _paths(block)),
        lost_hubs=tuple(lost_hubs),
    )


def _counts(takeover: Takeover) -> Iterator[Count]:
    tally = Tally(_kind_of(put.record) for put in takeover.puts)
    for kind, (one, many, acting) in _NOUNS.items():
        if tally[kind]:
            yield Count(one if tally[kind] == 1 else many, tally[kind], acting)


def _kind_of(record: Record) -> _Kind:
    """Some of a type may be acted on, others not yet."""
    match record:
        case User():
            return User, isinstance(record.credential, AnonymousCredential | PasswordCredential)
        case LocalBridge():
            return LocalBridge, record.tap
        case _:
            return type(record)


def _paths(block: KeptBlock) -> Iterator[str]:
    path = "/".join(block.path)
    if not block.items:
        yield f"{path}/"
    for item in block.items:
        yield f"{path}/{item.name}" if path else item.name
