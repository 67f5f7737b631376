"""What records about the server itself may say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from etherloom.model.bridge import LocalBridge
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import AdministratorSecret
from etherloom.model.kept import KeptConfiguration
from etherloom.model.l3switch import MAXIMUM_INTERFACES, MAXIMUM_ROUTES, L3Switch
from etherloom.model.listener import Listener
from etherloom.model.log import Syslog
from etherloom.model.names import check_hub_name
from etherloom.model.protocol import DynamicDns, EtherIpClient, IpsecServices, Protocols, WireguardKey
from etherloom.model.server import (
    CIPHERS,
    TLS_VERSIONS,
    ClusterSettings,
    KeepAlive,
    ServerIdentity,
    ServerSettings,
)
from etherloom.model.undo import ImportUndo
from etherloom.state.faults import (
    WORD,
    Fault,
    invalid,
    length_faults,
    range_faults,
    refusal_faults,
    text_faults,
)

_SHA: Final = 20
_IDENTIFIER: Final = 16
_INTERFACE: Final = 15
_PORT: Final = 65_535
_NAME: Final = 255
_INTERVAL: Final = (5, 600)
_HEADERS: Final = 1_023
_PROXIES: Final = 3


def _settings_faults(settings: ServerSettings) -> Iterator[Fault]:
    if len(settings.identifier) != _IDENTIFIER:
        yield invalid(f"the server's identifier has {_IDENTIFIER} bytes")
    yield from text_faults(settings.name, "the server's name")
    for cipher in settings.ciphers:
        if cipher not in CIPHERS:
            yield invalid(f"{cipher!r} is no cipher: use {', '.join(CIPHERS)}")
    if len(set(settings.ciphers)) < len(settings.ciphers):
        yield invalid("a cipher is named twice")
    if settings.tls_minimum not in TLS_VERSIONS:
        yield invalid(f"the oldest TLS version is {' or '.join(TLS_VERSIONS)}, not {settings.tls_minimum!r}")


def _identity_faults(identity: ServerIdentity) -> Iterator[Fault]:
    if not all(identity.chain) or not identity.chain or not identity.private_key:
        yield invalid("the server's identity needs a certificate and its private key")


def _administrator_faults(secret: AdministratorSecret) -> Iterator[Fault]:
    yield from length_faults(secret.hashed, _SHA, "an administrator's password hash")
    yield from length_faults(secret.as_user, _SHA, "an administrator's second password hash")


def _listener_faults(listener: Listener) -> Iterator[Fault]:
    yield from range_faults(listener.port, 1, 65_535, "a port")
    yield from range_faults(listener.unestablished_per_source, 1, WORD, "the cap per source address")
    yield from range_faults(listener.unestablished_total, 1, WORD, "the cap of connections in all")


def _bridge_faults(bridge: LocalBridge) -> Iterator[Fault]:
    # The hub need not exist (yet): a bridge waits for it, as it does for its device.
    yield from refusal_faults(check_hub_name, bridge.hub)
    name = bridge.device
    if not name.isprintable() or not name or any(sign in name for sign in "/: ") or name in (".", ".."):
        yield invalid(f"{name!r} can't name a network device: no blank, slash or colon")
    elif len(name.encode()) > _INTERFACE:
        yield invalid(f"{name!r} can't name a network device: at most {_INTERFACE} bytes")


def _keep_alive_faults(keep: KeepAlive) -> Iterator[Fault]:
    yield from text_faults(keep.host, "the host to keep the line open with", _NAME)
    yield from range_faults(keep.port, 0, _PORT, "the port to keep the line open with")
    yield from range_faults(keep.interval, *_INTERVAL, "the interval of packets in seconds")
    if keep.enabled and not (keep.host and keep.port):
        yield invalid("keeping the line open needs a host and a port")


def _syslog_faults(syslog: Syslog) -> Iterator[Fault]:
    yield from text_faults(syslog.host, "the syslog server", _NAME)
    yield from range_faults(syslog.port, 1, _PORT, "the port of the syslog server")


def _cluster_faults(cluster: ClusterSettings) -> Iterator[Fault]:
    yield from range_faults(cluster.weight, 1, WORD, "the weight in a cluster")


def _protocols_faults(protocols: Protocols) -> Iterator[Fault]:
    for port in protocols.udp_ports:
        yield from range_faults(port, 1, _PORT, "a UDP port")
    if len(set(protocols.udp_ports)) < len(protocols.udp_ports):
        yield invalid("a UDP port is named twice")


def _ipsec_faults(ipsec: IpsecServices) -> Iterator[Fault]:
    yield from text_faults(ipsec.secret, "the pre-shared key", _NAME)
    yield from text_faults(ipsec.default_hub, "the default hub of L2TP", _NAME)


def _etherip_faults(client: EtherIpClient) -> Iterator[Fault]:
    if not client.id:
        yield invalid("a device's setting needs an id")
    for text, what in ((client.id, "id"), (client.hub, "hub"), (client.user, "user")):
        yield from text_faults(text, f"the {what} of a device", _NAME)


def _wireguard_faults(key: WireguardKey) -> Iterator[Fault]:
    if not key.key:
        yield invalid("a WireGuard peer needs its public key")
    for text, what in ((key.key, "key"), (key.hub, "hub"), (key.user, "user")):
        yield from text_faults(text, f"the {what} of a WireGuard peer", _NAME)


def _dynamic_dns_faults(dns: DynamicDns) -> Iterator[Fault]:
    yield from range_faults(dns.proxy_type, 0, _PROXIES, "the kind of proxy")
    yield from range_faults(dns.proxy_port, 0, _PORT, "the port of the proxy")
    yield from text_faults(dns.proxy_host, "the proxy", _NAME)
    yield from text_faults(dns.http_headers, "the HTTP headers", _HEADERS)


def _l3switch_faults(switch: L3Switch) -> Iterator[Fault]:
    yield from refusal_faults(check_hub_name, switch.name)
    if len(switch.interfaces) > MAXIMUM_INTERFACES:
        yield Fault(ErrorCode.LAYER3_IF_ADD_FAILED, f"a switch has at most {MAXIMUM_INTERFACES} interfaces")
    if len(switch.routes) > MAXIMUM_ROUTES:
        yield Fault(ErrorCode.LAYER3_TABLE_ADD_FAILED, f"a switch has at most {MAXIMUM_ROUTES} routes")


def _no_faults(_record: KeptConfiguration | ImportUndo) -> Iterator[Fault]:
    return iter(())


SERVER_CHECKS: Final[Mapping[type, Callable[[Any], Iterator[Fault]]]] = {
    ServerSettings: _settings_faults,
    ServerIdentity: _identity_faults,
    AdministratorSecret: _administrator_faults,
    Listener: _listener_faults,
    LocalBridge: _bridge_faults,
    KeepAlive: _keep_alive_faults,
    Syslog: _syslog_faults,
    ClusterSettings: _cluster_faults,
    Protocols: _protocols_faults,
    IpsecServices: _ipsec_faults,
    EtherIpClient: _etherip_faults,
    WireguardKey: _wireguard_faults,
    DynamicDns: _dynamic_dns_faults,
    L3Switch: _l3switch_faults,
    KeptConfiguration: _no_faults,
    ImportUndo: _no_faults,
}
