"""From the records of a whole server to a configuration file. Pure.

What was kept of an imported file goes back to its place; what is here counts more.
"""

from collections.abc import Callable, Sequence
from typing import Final

from etherloom.model.authority import Revocation, SourceRules, TrustedCertificate
from etherloom.model.cascade import CascadeSecret
from etherloom.model.hub import Hub, HubMessage, HubOptions, Radius
from etherloom.model.kept import KeptConfiguration
from etherloom.model.log import HubLog, Syslog
from etherloom.model.protocol import DynamicDns, EtherIpClient, IpsecServices, Protocols, WireguardKey
from etherloom.model.securenat import SecureNat
from etherloom.model.server import ClusterSettings, KeepAlive
from etherloom.services.takeover import authority, cascade, hub, protocol, server
from etherloom.services.takeover.access_list import write_rule
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.l3switch import write_l3switch
from etherloom.services.takeover.securenat import write_securenat
from etherloom.services.takeover.traffic import write_traffic
from etherloom.services.takeover.user import write_group, write_user
from etherloom.state import keys, tree
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counter
from etherloom.wire.config_text import ROOT, Block, write_text

GetCounter = Callable[[str], Counter]
_WORD: Final = 0xFFFF_FFFF


def write_configuration(snapshot: Snapshot, get_counter: GetCounter) -> bytes:
    """Return the whole configuration as a file that the original loads. It holds secrets."""
    return write_text(build_tree(snapshot, get_counter))


def build_tree(snapshot: Snapshot, get_counter: GetCounter) -> Block:
    """Return the whole configuration as the tree of such a file."""
    root = Draft(ROOT)
    root.uint("ConfigRevision", snapshot.revision & _WORD)
    _write_server(root, snapshot)
    hubs = root.block("VirtualHUB", holds_objects=True)
    for one in snapshot.hubs():
        _write_hub(hubs.block(one.name), one, snapshot, get_counter)
    kept = snapshot.find(keys.KEPT, KeptConfiguration)
    if kept is not None:
        root.merge(kept.blocks)
        protocols = snapshot.find(keys.PROTOCOLS, Protocols) or Protocols()
        protocol.renew_old_items(root.open("ServerConfiguration"), protocols)
    return root.build()


def _write_server(root: Draft, snapshot: Snapshot) -> None:
    find = snapshot.find
    draft = root.block("ServerConfiguration")
    server.write_listeners(root.block("ListenerList", holds_objects=True), snapshot.listeners())
    server.write_bridges(root.block("LocalBridgeList", holds_objects=True), snapshot.bridges())
    server.write_server(draft, snapshot.server, snapshot.administrator(None), snapshot.identity)
    server.write_keep_alive(draft, find(keys.KEEP_ALIVE, KeepAlive) or KeepAlive())
    server.write_syslog(draft.block("SyslogSettings"), find(keys.SYSLOG, Syslog) or Syslog())
    server.write_cluster(draft, find(keys.CLUSTER, ClusterSettings) or ClusterSettings())
    protocol.write_protocols(draft, find(keys.PROTOCOLS, Protocols) or Protocols())
    ipsec = find(keys.IPSEC, IpsecServices)
    devices = sorted(snapshot.children(keys.ETHERIP_PREFIX, EtherIpClient), key=lambda one: one.id)
    if ipsec is not None or devices:
        protocol.write_ipsec(root.block("IPsec"), ipsec or IpsecServices(), devices)
    wireguard = sorted(snapshot.children(keys.WIREGUARD_PREFIX, WireguardKey), key=lambda one: one.key)
    if wireguard:
        protocol.write_wireguard(root.block("WireGuardKeyList", holds_objects=True), wireguard)
    dns = find(keys.DYNAMIC_DNS, DynamicDns) or DynamicDns()
    protocol.write_dynamic_dns(root.block("DDnsClient"), draft, dns)
    switches = root.block("VirtualLayer3SwitchList", holds_objects=True)
    for switch in snapshot.l3switches():
        write_l3switch(switches, switch)


def _write_hub(draft: Draft, one: Hub, snapshot: Snapshot, get_counter: GetCounter) -> None:
    find, name = snapshot.find, one.name
    counter = get_counter(keys.hub_key(name))
    draft.time("CreatedTime", one.created)
    draft.time("LastCommTime", counter.last_seen or one.created)
    draft.time("LastLoginTime", counter.last_login or one.created)
    draft.uint("NumLogin", counter.logins)
    draft.flag("Online", one.online)
    draft.yielding_uint("Type", one.type)
    hub.write_administrator(draft, snapshot.administrator(name))
    hub.write_radius(draft, find(keys.radius_key(name), Radius) or Radius())
    hub.write_message(draft.block("Message"), find(keys.message_key(name), HubMessage))
    hub.write_log(draft.block("LogSetting"), find(keys.hub_log_key(name), HubLog) or HubLog())
    options = find(keys.options_key(name), HubOptions) or HubOptions()
    hub.write_options(draft.block("Option"), one, options)
    hub.write_limits(draft.block("AdminOption"), find(keys.limits_key(name), HubOptions) or HubOptions())
    write_securenat(draft.block("SecureNAT"), find(keys.securenat_key(name), SecureNat) or SecureNat())
    write_traffic(draft, counter.traffic)
    _write_access(draft, name, snapshot)
    _write_database(draft.block("SecurityAccountDatabase"), name, snapshot, get_counter)


def _write_access(draft: Draft, name: str, snapshot: Snapshot) -> None:
    rules = draft.block("AccessList", holds_objects=True)
    for number, rule in enumerate(snapshot.access_list(name), 1):
        write_rule(rules, number, rule)
    cascades = draft.block("CascadeList", holds_objects=True)
    for number, one in enumerate(snapshot.cascades(name)):
        secret = snapshot.find(keys.cascade_secret_key(name, one.name), CascadeSecret) or CascadeSecret()
        cascade.write_cascade(cascades, number, one, secret)


def _write_database(draft: Draft, name: str, snapshot: Snapshot, get_counter: GetCounter) -> None:
    trusted = snapshot.children(keys.trusted_prefix(name), TrustedCertificate)
    authority.write_trusted(
        draft.block("CertList", holds_objects=True),
        name,
        sorted(trusted, key=lambda one: one.certificate),
    )
    authority.write_revocations(draft.block("CrlList", holds_objects=True), _revocations(name, snapshot))
    sources = snapshot.find(keys.sources_key(name), SourceRules) or SourceRules()
    authority.write_sources(draft.block("IPAccessControlList", holds_objects=True), sources)
    groups = draft.block("GroupList", holds_objects=True)
    for group in snapshot.groups(name):
        write_group(groups, group)
    users = draft.block("UserList", holds_objects=True)
    for user in snapshot.users(name):
        counter = get_counter(keys.user_key(name, user.name))
        write_user(users, user, snapshot.password(name, user.name), counter)


def _revocations(name: str, snapshot: Snapshot) -> Sequence[Revocation]:
    """The revocations of a hub by their handles, which are the ends of their keys."""
    node = tree.find(snapshot.root, keys.revocations_prefix(name).removesuffix("/"))
    found = sorted(node.children.items()) if node else ()
    return [child.record for _, child in found if isinstance(child.record, Revocation)]
