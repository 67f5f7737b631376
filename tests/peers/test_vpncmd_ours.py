"""Our vpncmd and the stock one carry out the same script on a stock server: same codes, same output."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support import packages
from tests.support.administration_script import (
    HUB_SCRIPT,
    SCRIPT,
    Outcome,
    differing,
    read_outcomes,
    write_script,
)
from tests.support.netns import Namespace
from tests.support.peers import Account, Kind
from tests.support.stock import StockServer
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow]
_SECONDS = 60
_OURS = (sys.executable, "-c", "from etherloom.vpncmd.main import main; main()")
_CHANGING = re.compile(
    r"^\s*(uint64 \w*Time|uint64 \w*Tick|byte (Key|AuthPassword|AuthNtLmSecureHash|ServerKey|ServerCert|X509"
    r"|UserCert|AuthUserCert|ClientCert|ClientKey)|uint ConfigRevision|string VirtualHostMacAddress"
    r"|uint UniqueId|string LocalHostname) .*$"
    r"|^\s*uint64 (Recv|Send|Broadcast|Unicast)\w* \d+$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Run:
    """What one vpncmd did with the whole script, and the configurations it made on the way."""

    outcomes: list[Outcome]
    configurations: str


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace("vpncmd")
    yield made
    made.delete()


# What goes on while two programs look one after the other.
_TRAFFIC = re.compile(r"[\d,]+ (?=packets|bytes)|^Transfer (?:Bytes|Packets) *\|.*|-+\+-+", re.MULTILINE)


def run_vpncmd(
    namespace: Namespace, folder: Path, *options: str, ours: bool
) -> subprocess.CompletedProcess[str]:
    stock = packages.programs()
    argv = _OURS if ours else (str(stock.softether("vpncmd")),)
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)} if ours else stock.environment()
    return subprocess.run(
        namespace.command(*argv, "127.0.0.1:443", "/SERVER", *options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
        cwd=folder,
        env=dict(os.environ, **environment),
    )


def _run_script(namespace: Namespace, folder: Path, *options: str, ours: bool) -> Run:
    """The scripts on a server that has just been set up. Files are in a folder of the same name for both."""
    files = folder / "files"
    files.mkdir()
    server = StockServer(namespace, folder / "server", packages.programs())
    try:
        server.start()
        for name, script in (("server", SCRIPT), ("hub", HUB_SCRIPT)):
            write_script(folder / f"{name}.vpncmd", files.name, script)
        done = run_vpncmd(namespace, folder, "/PROGRAMMING", "/IN:server.vpncmd", *options, ours=ours)
        run_vpncmd(
            namespace, folder, "/PASSWORD:word", "/CMD", "HubCreate", "ADM", "/PASSWORD:secret", ours=ours
        )
        login = ("/HUB:adm", "/PASSWORD:secret")
        hub = run_vpncmd(namespace, folder, *login, "/PROGRAMMING", "/IN:hub.vpncmd", *options, ours=ours)
    finally:
        server.stop()
    made = {path.name: path.read_text("utf-8-sig") for path in sorted(files.glob("*.config"))}
    configurations = "".join(f"{name}\n{_CHANGING.sub('', text)}\n" for name, text in made.items())
    outcomes = [outcome for one in (done, hub) for outcome in read_outcomes(one.stdout, one.returncode)]
    return Run(outcomes, configurations)


def test_script_is_long_enough() -> None:
    assert len({line.split(" ")[0].casefold() for line in SCRIPT.read_text().splitlines()}) >= 200


@pytest.mark.parametrize("options", [(), ("/CSV",)], ids=["tables", "csv"])
def test_both_vpncmds_do_the_same(namespace: Namespace, tmp_path: Path, options: tuple[str, ...]) -> None:
    runs = []
    for name, ours in (("stock", False), ("ours", True)):
        folder = tmp_path / name
        folder.mkdir()
        runs.append(_run_script(namespace, folder, *options, ours=ours))
    theirs, mine = runs
    assert differing(theirs.outcomes, mine.outcomes) == []
    assert mine.configurations == theirs.configurations


def test_both_vpncmds_show_a_session_alike(world: World, tmp_path: Path) -> None:
    client = world.client(Kind.STOCK, "anna")
    server = world.server(Kind.STOCK)
    with world.hub(Kind.STOCK) as hub:
        client.connect(Account(world.address(Kind.STOCK), hub, "anna", "secret"))
        world.wait_established(client)
        (session,) = server.sessions(hub)
        (tmp_path / "script").write_text(
            f"Hub {hub}\nSessionList\nSessionGet {session.name}\nMacTable\nMacTable {session.name}\n"
            "MacTable SID-NO\nIpTable\nConnectionList\nConnectionGet CID-0\nStatusGet\nHubList\n"
        )
        shown = []
        for ours in (False, True):
            done = run_vpncmd(world.host(Kind.STOCK), tmp_path, "/PROGRAMMING", "/IN:script", ours=ours)
            outcomes = read_outcomes(done.stdout, done.returncode)
            shown.append([replace(outcome, output=_TRAFFIC.sub("", outcome.output)) for outcome in outcomes])
    assert differing(*shown) == []
    assert session.name in shown[1][1].output
