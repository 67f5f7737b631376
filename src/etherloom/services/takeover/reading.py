"""From a configuration file to the records of a whole server, with all that is to be said about it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.kept import KeptBlock, KeptConfiguration
from etherloom.services.takeover.access_list import read_access_list
from etherloom.services.takeover.authority import read_revocations, read_sources, read_trusted
from etherloom.services.takeover.cascade import read_cascades
from etherloom.services.takeover.hub import read_hub
from etherloom.services.takeover.l3switch import read_l3switches
from etherloom.services.takeover.protocol import (
    read_dynamic_dns,
    read_ipsec,
    read_protocols,
    read_wireguard,
)
from etherloom.services.takeover.section import Journal, Section
from etherloom.services.takeover.securenat import read_securenat
from etherloom.services.takeover.server import read_bridges, read_listeners, read_server
from etherloom.services.takeover.traffic import read_counter
from etherloom.services.takeover.user import read_groups, read_users
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counter
from etherloom.wire import config_binary
from etherloom.wire.config_text import Parsed, Remark, parse_text

_SHOWN: Final = 100


class FaultyConfiguration(Refusal):
    """A file that can't be taken over; `faults` names everything that is wrong with it."""

    def __init__(self, faults: Sequence[Remark]) -> None:
        lines = [str(fault) for fault in faults[:_SHOWN]]
        if len(faults) > _SHOWN:
            lines.append(f"and {len(faults) - _SHOWN} more faults")
        super().__init__(ErrorCode.INVALID_PARAMETER, "; ".join(lines))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a file says. `puts` are all records of it, one a key; `kept` is what they don't hold."""

    puts: tuple[Put, ...] = field(repr=False)
    kept: tuple[KeptBlock, ...] = field(repr=False)
    counters: Mapping[str, Counter]
    remarks: tuple[Remark, ...]


def parse_configuration(data: bytes) -> Parsed:
    """Read the grammar of a file of either form. It never raises."""
    return config_binary.parse_binary(data) if data.startswith(config_binary.MAGIC) else parse_text(data)


def read_configuration(data: bytes, snapshot: Snapshot) -> Takeover:
    """Return what a file says. What no file can say stays as `snapshot` has it.

    Raises FaultyConfiguration.
    """
    parsed = parse_configuration(data)
    if not parsed.root.blocks and parsed.faults:
        raise FaultyConfiguration(parsed.faults)
    journal = Journal()
    root = Section(journal, parsed.root)
    if "ServerConfiguration" not in root:
        root.fault("this is no configuration of a server or bridge: ServerConfiguration is missing")
    else:
        _read(root, snapshot)
    faults = sorted((*parsed.faults, *journal.faults), key=lambda fault: fault.line)
    if faults:
        raise FaultyConfiguration(faults)
    kept = tuple(root.leftovers())
    if kept:
        journal.put(root, keys.KEPT, KeptConfiguration(kept))
    remarks = sorted((*parsed.remarks, *journal.remarks), key=lambda remark: remark.line)
    return Takeover(journal.puts, kept, journal.counters, tuple(remarks))


def _read(root: Section, snapshot: Snapshot) -> None:
    server = root.section("ServerConfiguration")
    root.skip("ConfigRevision")
    read_server(server, snapshot.server)
    read_protocols(server)
    read_listeners(root.section("ListenerList"), server)
    read_bridges(root.section("LocalBridgeList"))
    if "IPsec" in root:
        read_ipsec(root.section("IPsec"))
    read_wireguard(root.section("WireGuardKeyList"))
    read_dynamic_dns(root.section("DDnsClient"), server)
    read_l3switches(root.section("VirtualLayer3SwitchList"))
    if "VirtualHUB" not in root:
        root.remark("it has no hubs, as that of a member of a cluster", "VirtualHUB")
    for section in root.section("VirtualHUB").sections():
        _read_hub(section, snapshot)


def _read_hub(section: Section, snapshot: Snapshot) -> None:
    hub = section.name
    database = section.section("SecurityAccountDatabase")
    read_hub(section, snapshot.hub(hub))
    counter = read_counter(section)
    if counter != Counter():
        section.journal.counters[keys.hub_key(hub)] = counter
    read_groups(hub, database.section("GroupList"))
    read_users(hub, database.section("UserList"), database.section("GroupList"))
    readers: tuple[tuple[Callable[[str, Section], None], Section], ...] = (
        (read_trusted, database.section("CertList")),
        (read_revocations, database.section("CrlList")),
        (read_sources, database.section("IPAccessControlList")),
        (read_access_list, section.section("AccessList")),
        (read_cascades, section.section("CascadeList")),
        (read_securenat, section.section("SecureNAT")),
    )
    for read, part in readers:
        read(hub, part)
