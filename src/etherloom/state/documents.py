"""Records as stored documents: which kind lives under which key, and the JSON it is written as.

A document is `[kind, version, record]`; bytes are base64. Nothing here judges what a record says.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from etherloom.model.access_list import AccessRule
from etherloom.model.authority import Revocation, SourceRules, TrustedCertificate
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import Cascade, CascadeSecret
from etherloom.model.credential import PasswordSecret
from etherloom.model.group import Group
from etherloom.model.hook import Hook, HookSecret
from etherloom.model.hub import AdministratorSecret, Hub, HubMessage, HubOptions, Radius
from etherloom.model.kept import KeptConfiguration
from etherloom.model.l3switch import L3Switch
from etherloom.model.listener import Listener
from etherloom.model.log import HubLog, Syslog
from etherloom.model.protocol import DynamicDns, EtherIpClient, IpsecServices, Protocols, WireguardKey
from etherloom.model.securenat import SecureNat
from etherloom.model.server import ClusterSettings, KeepAlive, ServerIdentity, ServerSettings
from etherloom.model.undo import ImportUndo
from etherloom.model.user import User

ServerRecord = (
    ServerSettings
    | ServerIdentity
    | AdministratorSecret
    | Listener
    | LocalBridge
    | KeepAlive
    | Syslog
    | ClusterSettings
    | Protocols
    | IpsecServices
    | EtherIpClient
    | WireguardKey
    | DynamicDns
    | L3Switch
    | KeptConfiguration
    | ImportUndo
    | Hook
    | HookSecret
)
HubRecord = (
    Hub
    | User
    | PasswordSecret
    | Group
    | AccessRule
    | TrustedCertificate
    | Revocation
    | SourceRules
    | Cascade
    | CascadeSecret
    | SecureNat
    | HubLog
    | Radius
    | HubMessage
    | HubOptions
)
Record = ServerRecord | HubRecord

# Strict and from scratch, even for instances: frozen dataclasses themselves check nothing.
_CONFIG: Final = ConfigDict(
    strict=True,
    extra="forbid",
    revalidate_instances="always",
    ser_json_bytes="base64",
    val_json_bytes="base64",
    hide_input_in_errors=True,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: its tag, where it lives ("*" stands for a name), its record and version."""

    name: str
    place: tuple[str, ...]
    record: type[Any]
    adapter: "TypeAdapter[tuple[str, int, Any]]" = field(repr=False)
    secret: bool = False
    version: int = 1


def _kind(name: str, place: str, record: type[Any], *, secret: bool = False) -> Kind:
    shape: Any = tuple[str, int, record]  # type: ignore[valid-type]
    return Kind(name, tuple(place.split("/")), record, TypeAdapter(shape, config=_CONFIG), secret)


KINDS: Final = (
    _kind("server settings", "server/settings", ServerSettings),
    _kind("server identity", "server/identity", ServerIdentity, secret=True),
    _kind("server administrator", "server/administrator", AdministratorSecret, secret=True),
    _kind("listener", "listener/*", Listener),
    _kind("hub", "hub/*", Hub),
    _kind("hub administrator", "hub/*/administrator", AdministratorSecret, secret=True),
    _kind("user", "hub/*/user/*", User),
    _kind("password", "hub/*/user/*/password", PasswordSecret, secret=True),
    _kind("bridge", "bridge/*/*", LocalBridge),
    _kind("keep-alive", "server/keep-alive", KeepAlive),
    _kind("syslog", "server/syslog", Syslog),
    _kind("cluster settings", "server/cluster", ClusterSettings),
    _kind("protocols", "server/protocols", Protocols),
    _kind("IPsec services", "server/ipsec", IpsecServices, secret=True),
    _kind("dynamic DNS", "server/dynamic-dns", DynamicDns, secret=True),
    _kind("kept configuration", "server/kept", KeptConfiguration, secret=True),
    _kind("import undo", "server/undo", ImportUndo, secret=True),
    _kind("EtherIP client", "etherip/*", EtherIpClient, secret=True),
    _kind("WireGuard key", "wireguard/*", WireguardKey),
    _kind("layer-3 switch", "l3switch/*", L3Switch),
    _kind("hook", "hook/*", Hook),
    _kind("hook secret", "hook/*/secret", HookSecret, secret=True),
    _kind("group", "hub/*/group/*", Group),
    _kind("access rule", "hub/*/access/*", AccessRule),
    _kind("trusted certificate", "hub/*/trusted/*", TrustedCertificate),
    _kind("revocation", "hub/*/revocation/*", Revocation),
    _kind("source rules", "hub/*/sources", SourceRules),
    _kind("cascade", "hub/*/cascade/*", Cascade),
    _kind("cascade secret", "hub/*/cascade/*/secret", CascadeSecret, secret=True),
    _kind("SecureNAT", "hub/*/securenat", SecureNat),
    _kind("hub log", "hub/*/log", HubLog),
    _kind("RADIUS", "hub/*/radius", Radius, secret=True),
    _kind("hub message", "hub/*/message", HubMessage),
    _kind("hub options", "hub/*/options", HubOptions),
    _kind("hub limits", "hub/*/limits", HubOptions),
)


def _index() -> Mapping[tuple[str, int], tuple[Kind, ...]]:
    shapes: dict[tuple[str, int], tuple[Kind, ...]] = {}
    for kind in KINDS:
        shape = (kind.place[0], len(kind.place))
        shapes[shape] = (*shapes.get(shape, ()), kind)
    return shapes


_BY_SHAPE: Final = _index()


class DocumentError(ValueError):
    """A record or a stored document isn't what its key asks for; the message says where, never the value."""


def find_kind(key: str) -> Kind | None:
    """Return the kind of document that lives under `key`, or None if none does."""
    path = key.split("/")
    for kind in _BY_SHAPE.get((path[0], len(path)), ()):
        if all(want in ("*", have) for want, have in zip(kind.place, path, strict=True)) and all(path):
            return kind
    return None


def check_record(kind: Kind, record: object) -> Any:
    """Return the record as it will be read back. Raises DocumentError if a field has the wrong type."""
    if type(record) is not kind.record:
        raise DocumentError(f"a {kind.name} can't be a {type(record).__name__}")
    try:
        return kind.adapter.validate_python((kind.name, kind.version, record))[2]
    except ValidationError as error:
        raise DocumentError(_describe(error)) from None


def encode_record(kind: Kind, record: object) -> bytes:
    """Return the document of a checked record. Raises DocumentError for text with half characters."""
    try:
        return kind.adapter.dump_json((kind.name, kind.version, record))
    except PydanticSerializationError:
        raise DocumentError("a text in it is no Unicode text") from None


def decode_document(kind: Kind, document: bytes) -> Any:
    """Return the record of a stored document. Raises DocumentError if it can't be read."""
    try:
        name, version, record = kind.adapter.validate_json(document)
    except ValidationError as error:
        _check_tag(kind, document)
        raise DocumentError(_describe(error)) from None
    if (name, version) != (kind.name, kind.version):
        _check_tag(kind, document)
    return record


def _check_tag(kind: Kind, document: bytes) -> None:
    try:
        name, version, _ = json.loads(document)
    except (ValueError, TypeError):
        raise DocumentError("it is no document") from None
    if name != kind.name:
        raise DocumentError(f"it holds a {name}, not a {kind.name}")
    if version != kind.version:
        raise DocumentError(f"it was written by another release (version {version}, not {kind.version})")


def _describe(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    places = (".".join(str(part) for part in fault["loc"][1:]) or "document" for fault in faults)
    return "; ".join(f"{place}: {fault['msg']}" for place, fault in zip(places, faults, strict=True))
