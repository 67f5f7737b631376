"""The same calls about the server against stock and ours: replies equal but for listed differences."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from etherloom.model.server import ServerIdentity
from etherloom.services.identity import make_identity
from etherloom.wire.pack import Pack
from tests.support.administration_battery import pack, steps
from tests.support.administrator import Administrator
from tests.support.etherloom import EtherloomServer
from tests.support.netns import Namespace
from tests.support.packages import Programs
from tests.support.peers import Kind
from tests.support.stock import StockServer
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.timeout(180)]

_PASSWORD: Final = "correct horse"
# Elements that newer builds than 5.01.9674 send; and what differs between any two servers.
_LEFT_OUT: Final = {"pencore", "Chain"}
# Of these the values differ by their nature: keys, times, sizes, names of products.
_NAMES_ALONE: Final = {"RegenerateServerCert", "Flush", "EnumConnection"}
# What a request holds that is secret comes back blank (docs/design/differences.md).
_BLANK: Final = {"Key", "Password", "IPsec_Secret", "ProxyPassword"}
# What we answer otherwise on purpose; each is listed in docs/design/differences.md.
DIFFERENT: Final = {
    "SetServerCipher unsafe",
    "GetServerCipher unsafe",
    "GetKeep default",
    "GetSysLog port 0",
    "GetOpenVpnSstpConfig default",
    "GetDDnsClientStatus sentence",
}


def play(administrator: Administrator, identities: list[ServerIdentity]) -> dict[str, dict[str, Any]]:
    """Make all calls; return what each brought."""
    found = {}
    for label, function, request in steps(identities[0], identities[1]):
        found[label] = dict(_facts(function, administrator.call(function, request)))
    return found


def _facts(function: str, answer: Pack) -> Iterator[tuple[str, Any]]:
    for element in answer:
        if element.name in _LEFT_OUT:
            continue
        alone = function in _NAMES_ALONE and element.name != "error"
        yield element.name, None if alone else element.values


def without_secrets(label: str, facts: dict[str, Any]) -> dict[str, Any]:
    """A request's secrets are echoed by stock alone; its replies to questions are compared whole."""
    if " Get" in label or " Enum" in label:
        return facts
    return {name: value for name, value in facts.items() if name not in _BLANK}


@contextmanager
def fresh(kind: Kind, folder: Path, programs: Programs) -> Iterator[Administrator]:
    """A server that nobody has changed yet, and its administrator."""
    namespace = Namespace("values")
    stock = kind is Kind.STOCK
    server = StockServer(namespace, folder, programs) if stock else EtherloomServer(namespace, folder)
    try:
        server.start()
        server.set_admin_password(_PASSWORD)
        administrator = Administrator.arrive(namespace, _PASSWORD)
        yield administrator
        administrator.close()
    finally:
        server.stop()
        namespace.delete()


def test_replies_are_equal(world: World, tmp_path: Path) -> None:
    identities = [make_identity(name, datetime.now(UTC)) for name in ("one.example", "two.example")]
    answers = {}
    for kind in Kind:
        with fresh(kind, tmp_path / kind.value, world.stock) as administrator:
            answers[kind] = play(administrator, identities)
    faults = []
    for label, theirs in answers[Kind.STOCK].items():
        ours = answers[Kind.OURS][label]
        same = without_secrets(label, ours) == without_secrets(label, theirs)
        if same == (label[4:] in DIFFERENT):
            faults.append(f"{label}: {'equal' if same else f'stock {theirs}, ours {ours}'}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("kind", list(Kind), ids=[kind.value for kind in Kind])
def test_a_bridge_to_a_tap_adapter_acts(world: World, kind: Kind) -> None:
    world.server(kind).set_admin_password(_PASSWORD)
    host = world.host(kind)
    with world.hub(kind) as hub:
        administrator = Administrator.arrive(host, _PASSWORD)
        try:
            ends = {"DeviceName": "asked", "HubNameLB": hub}
            assert "error" not in administrator.call("AddLocalBridge", pack(**ends, TapMode=1))
            wait_until(lambda: host.has_interface("tap_asked"), 10, "no adapter")
            wait_until(lambda: listed(administrator) == ("asked", hub, 1, 1, 1), 10, "it doesn't act")
            assert "error" not in administrator.call("DeleteLocalBridge", pack(**ends))
            wait_until(lambda: not host.has_interface("tap_asked"), 10, "the adapter stays")
        finally:
            administrator.close()
    world.renew()


def listed(administrator: Administrator) -> tuple[str, str, int, int, int]:
    """The only bridge: device, hub, on line, active, TAP."""
    table = administrator.call("EnumLocalBridge", pack())
    assert table.int("NumItem") == 1
    numbers = (table.int(name) for name in ("Online", "Active", "TapMode"))
    return (table.str("DeviceName"), table.str("HubNameLB"), *numbers)  # type: ignore[return-value]
