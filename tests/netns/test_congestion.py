"""Which congestion control the outer connections come to, by what their path is; asked of the kernel."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bad_path import Impairment, joined_badly
from tests.support.etherloom import EtherloomClient, EtherloomServer
from tests.support.netns import Namespace, join
from tests.support.peers import Account
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.root]

_HUB = "LONG"
_CONTROL = re.compile(r"\b(cubic|bbr|reno)\b")


@contextlib.contextmanager
def _tunnel(folder: Path, impairment: Impairment | None) -> Iterator[tuple[Namespace, Namespace]]:
    """A client connected to a server; yields their namespaces."""
    with contextlib.ExitStack() as stack:
        near, far = Namespace("near"), Namespace("far")
        stack.callback(near.delete)
        stack.callback(far.delete)
        if impairment is None:
            _, there = join(near, far)
        else:
            _, there = stack.enter_context(joined_badly(near, far, impairment, folder))
        server = EtherloomServer(far, folder / "server")
        stack.callback(server.stop)
        server.start()
        server.create_hub(_HUB)
        server.create_user(_HUB, "guest")
        client = EtherloomClient(near, folder / "client")
        stack.callback(client.stop)
        client.start()
        client.connect(Account(there.v4, _HUB, "guest"))
        wait_until(client.established, 30, lambda: f"not connected: {client.failures()}")
        yield near, far


def _controls(namespace: Namespace) -> set[str]:
    shown = namespace.run("ss", "-Htin", "state", "established", "( sport = :443 or dport = :443 )").stdout
    return set(_CONTROL.findall(shown))


@pytest.mark.parametrize(
    ("impairment", "wanted"),
    [(None, "cubic"), (Impairment(delay_ms=5), "bbr")],
    ids=["short", "long"],
)
def test_a_long_path_is_not_left_to_loss(tmp_path: Path, impairment: Impairment | None, wanted: str) -> None:
    available = Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
    assert {"bbr", "cubic"} <= set(available), "this kernel can't show it: modprobe tcp_bbr tcp_cubic"
    with _tunnel(tmp_path, impairment) as ends:
        for end in ends:
            _wait_for(end, wanted)


def _wait_for(end: Namespace, wanted: str) -> None:
    wait_until(lambda: _controls(end) == {wanted}, 20, lambda: f"{end.name}: {_controls(end)}")
