"""The server's own settings in configuration files and back: listeners, bridges, certificate, password ..."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives import serialization

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import Refusal
from etherloom.model.hub import AdministratorSecret
from etherloom.model.listener import Listener
from etherloom.model.log import Syslog, SyslogLevel
from etherloom.model.server import ClusterSettings, KeepAlive, ServerIdentity, ServerSettings
from etherloom.services.bridges import TAP_PREFIX, shown_device
from etherloom.services.certificates import read_identity
from etherloom.services.encryption import OWN_CHOICE, cipher_names, read_ciphers
from etherloom.services.takeover.draft import KEPT_OBJECT, Draft
from etherloom.services.takeover.hub import HASH_BYTES, NO_PASSWORD
from etherloom.services.takeover.section import Section
from etherloom.state import keys
from etherloom.state.validation import find_record_faults

_PORT: Final = 65_535
_INTERVALS: Final = (5, 600)
_USUAL_INTERVAL: Final = 50
_KEEP_HOST: Final = "keepalive.softether.org"
_KEEP_PORT: Final = 80
_CAPS: Final = ("MaxConnectionsPerIP", "MaxUnestablishedConnections")
_NO_TLS12: Final = "Tls_Disable1_2"
_HIGHEST_TLS: Final = "1.3"
_WEIGHT: Final = 100


def read_listeners(listeners: Section, server: Section) -> None:
    """Take the ports over, with the caps that the file has for all of them."""
    default = Listener(1)
    usual = (default.unestablished_per_source, default.unestablished_total)
    caps = [server.uint(name) or cap for name, cap in zip(_CAPS, usual, strict=True)]
    server.keep(*_CAPS)
    for section in listeners.sections():
        port = section.uint("Port", 0, 1, _PORT)
        if "Port" not in section:
            section.fault("the port is missing", "Port")
        if not port:
            continue
        section.label = str(port)
        listener = Listener(port, section.flag("Enabled", True), *caps)
        listeners.journal.put(section, keys.listener_key(port), listener)


def read_bridges(bridges: Section) -> None:
    """Take the bridges over. One to a device of another system's kind is only kept."""
    for section in bridges.sections():
        tap = section.flag("TapMode")
        device = f"{TAP_PREFIX}{section.text('DeviceName')}" if tap else section.text("DeviceName")
        bridge = LocalBridge(section.text("HubName"), device, tap)
        section.label = bridge_label(bridge)
        faults = [fault.message for fault in find_record_faults(_bridge_key(bridge), bridge)]
        if faults:
            section.remark(f"it is only kept, since it can't be opened here: {'; '.join(faults)}")
            section.keep("HubName", "DeviceName", "TapMode")
            section.label = KEPT_OBJECT + section.name.removeprefix(KEPT_OBJECT)
        else:
            bridges.journal.put(section, _bridge_key(bridge), bridge)


def _bridge_key(bridge: LocalBridge) -> str:
    return keys.bridge_key(bridge.hub, bridge.device)


def bridge_label(bridge: LocalBridge) -> str:
    return f"{bridge.hub} {shown_device(bridge)}"


def read_server(section: Section, old: ServerSettings) -> None:
    """Take over what the block ServerConfiguration says about the server itself."""
    _read_administrator(section)
    _read_identity(section)
    _read_keep_alive(section)
    _read_syslog(section.section("SyslogSettings"))
    names, ciphers = _read_ciphers(section)
    minimum = _HIGHEST_TLS if section.flag(_NO_TLS12) else ServerSettings(b"").tls_minimum
    settings = replace(old, cipher_names=names, ciphers=ciphers, tls_minimum=minimum)
    section.journal.put(section, keys.SERVER_SETTINGS, settings)
    cluster = ClusterSettings(section.uint("ClusterMemberWeight", _WEIGHT, 1), section.flag("ControllerOnly"))
    if cluster != ClusterSettings():
        section.journal.put(section, keys.CLUSTER, cluster)
    if section.uint("ServerType"):
        section.remark("this server's part in a cluster is only kept", "ServerType")
    section.keep("ServerType")


def _read_ciphers(section: Section) -> tuple[str, tuple[str, ...]]:
    """The list as it stands in the file, and what of ours it stands for; nothing means all we have."""
    names = section.text("CipherName", OWN_CHOICE)
    if names in ("", OWN_CHOICE):
        return "", ()
    try:
        return names, read_ciphers(names.upper())
    except Refusal as refusal:
        section.remark(f"all ciphers of this server are accepted: {refusal.message}", "CipherName")
        return names, ()


def _read_administrator(section: Section) -> None:
    hashed = section.data("HashedPassword")
    if len(hashed) != HASH_BYTES or hashed == NO_PASSWORD:
        section.remark("it has no password: nobody administers this server from afar", "HashedPassword")
        return
    section.journal.put(section, keys.SERVER_ADMINISTRATOR, AdministratorSecret(hashed))


def _read_identity(section: Section) -> None:
    chain = [one.data("X509") for one in section.section("ServerChain").sections()]
    try:
        identity = read_identity(section.data("ServerCert"), chain, section.data("ServerKey"))
    except Refusal as refusal:
        section.remark(f"the certificate of this server stays: {refusal.message}", "ServerCert")
        return
    section.journal.put(section, keys.SERVER_IDENTITY, identity)


def _read_keep_alive(section: Section) -> None:
    interval = section.uint("KeepConnectInterval") or _USUAL_INTERVAL
    enabled = section.flag("UseKeepConnect")
    host, port = section.text("KeepConnectHost"), section.uint("KeepConnectPort", 0, 0, _PORT)
    keep = KeepAlive(
        enabled=enabled,
        host=host or (_KEEP_HOST if enabled else ""),
        port=port or (_KEEP_PORT if enabled else 0),
        udp=section.uint("KeepConnectProtocol") == 1,
        interval=min(max(interval, _INTERVALS[0]), _INTERVALS[1]),
    )
    if keep.enabled:
        section.remark(f"packets go to {keep.host} every {keep.interval} seconds", "UseKeepConnect")
    if keep != KeepAlive():
        section.journal.put(section, keys.KEEP_ALIVE, keep)


def _read_syslog(section: Section) -> None:
    default = Syslog()
    syslog = Syslog(
        SyslogLevel(section.uint("SaveType", 0, 0, max(SyslogLevel))),
        section.text("HostName"),
        section.uint("Port", default.port, 0, _PORT) or default.port,
    )
    if syslog != default:
        section.journal.put(section, keys.SYSLOG, syslog)


def write_listeners(draft: Draft, listeners: Sequence[Listener]) -> None:
    for number, listener in enumerate(listeners):
        block = draft.block(f"Listener{number}", str(listener.port))
        block.uint("Port", listener.port)
        block.flag("Enabled", listener.enabled)


def write_bridges(draft: Draft, bridges: Sequence[LocalBridge]) -> None:
    for number, bridge in enumerate(bridges):
        block = draft.block(f"LocalBridge{number}", bridge_label(bridge))
        block.text("HubName", bridge.hub)
        block.text("DeviceName", shown_device(bridge))
        block.flag("TapMode", bridge.tap)


def write_server(
    draft: Draft,
    settings: ServerSettings,
    administrator: AdministratorSecret | None,
    identity: ServerIdentity | None,
) -> None:
    hashed = administrator.hashed if administrator else b""
    draft.data("HashedPassword", hashed or NO_PASSWORD)
    draft.text("CipherName", cipher_names(settings))
    draft.flag(_NO_TLS12, settings.tls_minimum == _HIGHEST_TLS)
    if identity is not None:
        draft.data("ServerCert", identity.chain[0])
        draft.data("ServerKey", _own_form(identity.private_key))
        chain = draft.block("ServerChain", holds_objects=True) if len(identity.chain) > 1 else None
        for number, block in _chain_blocks(chain, identity):
            block.data("X509", identity.chain[number + 1])


def _chain_blocks(chain: Draft | None, identity: ServerIdentity) -> Iterator[tuple[int, Draft]]:
    if chain is not None:
        yield from ((number, chain.block(f"Cert{number}")) for number in range(len(identity.chain) - 1))


def _own_form(private_key: bytes) -> bytes:
    """The key in its algorithm's own form (PKCS#1 for RSA), which is what the original reads."""
    return serialization.load_der_private_key(private_key, None).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def write_keep_alive(draft: Draft, keep: KeepAlive) -> None:
    draft.flag("UseKeepConnect", keep.enabled)
    draft.text("KeepConnectHost", keep.host)
    draft.uint("KeepConnectPort", keep.port)
    draft.uint("KeepConnectProtocol", int(keep.udp))
    draft.uint("KeepConnectInterval", keep.interval)


def write_syslog(draft: Draft, syslog: Syslog) -> None:
    draft.uint("SaveType", syslog.level)
    draft.text("HostName", syslog.host)
    draft.uint("Port", syslog.port)


def write_cluster(draft: Draft, cluster: ClusterSettings) -> None:
    """Write the settings where they differ from the usual ones: a server alone has no such items."""
    if cluster.weight != _WEIGHT:
        draft.uint("ClusterMemberWeight", cluster.weight)
    if cluster.controller_only:
        draft.flag("ControllerOnly", value=True)
