"""What is written: kept files come back whole; what changed meanwhile counts more than what was kept."""

from typing import Final

import pytest

from etherloom.model.hub import Hub
from etherloom.model.protocol import OptionType, ProtocolOption, Protocols
from etherloom.model.server import ServerSettings
from etherloom.services.takeover.reading import read_configuration
from etherloom.services.takeover.writing import build_tree
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix, Operation, Put
from etherloom.state.preparation import prepare
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counter
from etherloom.wire.config_text import parse_text
from tests.support.configuration_file import block, flatten, hub_file, read_vector

BEFORE: Final = Snapshot.build(1, {keys.SERVER_SETTINGS: ServerSettings(bytes(16))})
_ENABLED: Final = ProtocolOption("OpenVPN", "Enabled", OptionType.FLAG, b"\1\0\0\0")
# What a bridge's file doesn't have, and a cascade that may have no connection at all.
_OF_SERVERS: Final = ("DDnsClient/", "ServerConfiguration/EnableVpn", "VirtualHUB/BRIDGE/Online")


def in_and_out(data: str | bytes, *later: Operation) -> dict[str, tuple[str, str]]:
    """Every item of a file that was taken over, changed by some operations, and written again."""
    takeover = read_configuration(data.encode() if isinstance(data, str) else data, BEFORE)
    snapshot = Snapshot.build(2, {put.key: put.record for put in takeover.puts})
    if later:
        snapshot = prepare(snapshot, later).snapshot
    return flatten(build_tree(snapshot, lambda key: takeover.counters.get(key, Counter())))


def differences(text: str) -> dict[str, tuple[object, object]]:
    before, after = flatten(parse_text(text.encode()).root), in_and_out(text)
    names = sorted(before.keys() | after.keys())
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def test_a_server_comes_back_whole() -> None:
    found = differences(read_vector("vpn_server.config"))
    assert found == {"ConfigRevision": (("uint", "88"), ("uint", "2"))}


def test_a_bridge_comes_back_whole() -> None:
    found = differences(read_vector("vpn_bridge.config"))
    changed = {name: both for name, both in found.items() if not name.startswith(_OF_SERVERS)}
    assert changed.pop("ConfigRevision") == (("uint", "14"), ("uint", "2"))
    (cascade,) = changed
    assert cascade.endswith("ClientOption/MaxConnection")
    assert changed[cascade] == (("uint", "0"), ("uint", "1"))


def test_a_fresh_server_has_no_password_and_calls_nobody() -> None:
    items = flatten(build_tree(BEFORE, lambda _: Counter()))
    assert items["DDnsClient/Disabled"] == ("bool", "true")
    assert items["ServerConfiguration/HashedPassword"] == ("byte", "+WzqGYrR3VYXrAhKPZLGEHcIwO8=")


def test_what_was_kept_of_a_lost_object_is_lost_with_it() -> None:
    data = hub_file("uint Novelty 1", block("Strange", "uint A 1"), server="uint Kept 2")
    assert in_and_out(data)["VirtualHUB/LAB/Novelty"] == ("uint", "1")
    items = in_and_out(data, DeletePrefix(keys.hub_key("LAB")))
    assert items["ServerConfiguration/Kept"] == ("uint", "2")
    assert not [name for name in items if "LAB" in name]


@pytest.mark.parametrize("device", ["Intel(R)$20PRO/1000", "far$20too$20long$20for$20an$20interface"])
def test_a_bridge_that_is_only_kept_is_written_back(device: str) -> None:
    bridge = block("LocalBridge0", f"string DeviceName {device}", "string HubName LAB")
    data = (
        hub_file()
        .decode()
        .replace("declare VirtualHUB", f"{block('LocalBridgeList', bridge)}declare VirtualHUB")
    )
    items = in_and_out(data)
    assert items["LocalBridgeList/Kept-LocalBridge0/DeviceName"] == ("string", device)


def test_a_hub_of_a_cluster_is_alone_here_and_comes_back_as_it_was() -> None:
    data = hub_file("uint Type 2", server="uint ServerType 1")
    takeover = read_configuration(data, BEFORE)
    assert [remark.key for remark in takeover.remarks if "cluster" in str(remark)] == [
        "ServerConfiguration/ServerType",
        "VirtualHUB/LAB/Type",
    ]
    assert Hub("LAB") in [put.record for put in takeover.puts]
    items = in_and_out(data)
    assert items["VirtualHUB/LAB/Type"] == ("uint", "2")
    assert items["ServerConfiguration/ServerType"] == ("uint", "1")


def test_items_of_release_4_come_back_beside_the_new_ones() -> None:
    server = (
        "string OpenVPN_UdpPortList 1194\nbool DisableOpenVPNServer true\nbool AcceptOnlyTls true\n"
        "string OpenVPNDefaultClientOption tun"
    )
    ports = Put(keys.PROTOCOLS, Protocols((1, 2), (_ENABLED,)))
    changed = in_and_out(hub_file(server=server), ports)
    assert changed["ServerConfiguration/OpenVPN_UdpPortList"] == ("string", "1,2")
    assert changed["ServerConfiguration/DisableOpenVPNServer"] == ("bool", "false")
    items = in_and_out(hub_file(server=server))
    assert items["ServerConfiguration/OpenVPN_UdpPortList"] == ("string", "1194")
    assert items["ServerConfiguration/OpenVPNDefaultClientOption"] == ("string", "tun")
    assert items["ServerConfiguration/PortsUDP"] == ("string", "1194")
    assert items["ServerConfiguration/Proto/OpenVPN/Enabled"] == ("bool", "false")
    assert items["ServerConfiguration/AcceptOnlyTls"] == ("bool", "true")
