"""Stock vpncmd runs the same script on the stock server and on ours: same codes, same tables (acceptance 2).

What differs is listed by command, with its reason; docs/design/differences.md has the long form.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import pytest

from tests.peers.test_vpncmd_ours import run_vpncmd
from tests.support import packages
from tests.support.administration_script import (
    HUB_SCRIPT,
    SCRIPT,
    Outcome,
    differing,
    read_outcomes,
    write_script,
)
from tests.support.etherloom import EtherloomServer
from tests.support.netns import Namespace
from tests.support.peers import Kind
from tests.support.stock import StockServer

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.timeout(180)]

_FIRST_PASSWORD: Final = "first"
# By the first word of a command: why its code, or what it prints, is not the original's.
DIFFERENT_CODES: Final = {
    "Debug": "there are no questions for developers",
    "SessionGet": "SecureNAT doesn't run yet, so it has no session",
    "CrlGet": "the original's handles are random; the script guesses one that ours has",
    "CrlDel": "the same",
}
DIFFERENT_TEXTS: Final = {
    **DIFFERENT_CODES,
    "ServerInfoGet": "names of products and systems",
    "SIG": "the same: an abbreviation",
    "ServerStatusGet": "memory is shown; there is no hub in the beginning",
    "ListenerList": "the test's own choice of ports",
    "PortsUDPGet": "other protocols are off until somebody wants them",
    "ProtoOptionsGet": "the same",
    "ServerCipherGet": "ciphers without forward secrecy or authenticated encryption aren't offered",
    "KeepGet": "nobody on the Internet is called unasked",
    "ConnectionList": "addresses are shown as they are, without asking for names",
    "BridgeList": "bridges to other adapters than TAP are kept, not acted on yet; they are sorted",
    "Caps": "what isn't served isn't offered",
    "LogFileList": "no log files are written yet",
    "HubList": "there is no hub DEFAULT in the beginning",
    "CascadeGet": "the server's certificate has a serial number",
    "UserGet": "the same",
    "CascadeStatusGet": "cascades don't connect yet",
    "AccessList": "rules are numbered without gaps after one was deleted",
    "SessionList": "SecureNAT doesn't run yet, so it has no session",
    "StatusGet": "the same",
    "CrlList": "the original's handles are random",
    "IPsecGet": "a default hub that isn't there (yet) is kept",
}

# Between two runs of one server, or between two programs: why they can't say the same.
MOVING: Final = {
    "ServerStatusGet": "the machine's memory",
    "ConnectionList": "the port of the connection",
    "Caps": "names of capabilities are each program's own",
    "CascadeGet": "the serial number of the server's certificate",
    "UserGet": "the same",
}


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace("servers")
    yield made
    made.delete()


def run_scripts(namespace: Namespace, folder: Path, kind: Kind, *, ours: bool = False) -> list[Outcome]:
    """The scripts by stock vpncmd, or by ours, on a server that has just been set up."""
    files = folder / "files"
    files.mkdir(parents=True)
    for name, script in (("server", SCRIPT), ("hub", HUB_SCRIPT)):
        write_script(folder / f"{name}.vpncmd", files.name, script)
    stock = kind is Kind.STOCK
    place = folder / "server"
    server = (
        StockServer(namespace, place, packages.programs()) if stock else EtherloomServer(namespace, place)
    )
    try:
        server.start()
        server.set_admin_password(_FIRST_PASSWORD)
        login = (f"/PASSWORD:{_FIRST_PASSWORD}", "/PROGRAMMING", "/IN:server.vpncmd")
        done = run_vpncmd(namespace, folder, *login, ours=ours)
        create = ("/PASSWORD:word", "/CMD", "HubCreate", "ADM", "/PASSWORD:secret")
        run_vpncmd(namespace, folder, *create, ours=ours)
        keeper = ("/HUB:adm", "/PASSWORD:secret", "/PROGRAMMING", "/IN:hub.vpncmd")
        of_hub = run_vpncmd(namespace, folder, *keeper, ours=ours)
    finally:
        server.stop()
    return [outcome for one in (done, of_hub) for outcome in read_outcomes(one.stdout, one.returncode)]


def test_both_servers_answer_stock_vpncmd_alike(namespace: Namespace, tmp_path: Path) -> None:
    runs = [run_scripts(namespace, tmp_path / kind.value, kind) for kind in (Kind.STOCK, Kind.OURS)]
    assert len(runs[0]) == len(runs[1]) >= 400
    faults, seen = [], set[str]()
    for theirs, ours in zip_longest(*([one.comparable() for one in run] for run in runs)):
        word = theirs.command.split(" ")[0]
        if theirs.code != ours.code:
            seen.add(word)
            if word not in DIFFERENT_CODES:
                faults.append(f"{theirs.command}: stock {theirs.code}, ours {ours.code}")
        elif theirs != ours:
            seen.add(word)
            if word not in DIFFERENT_TEXTS:
                faults.append(f"{theirs.command}:\n{theirs.output}\nours:\n{ours.output}")
    assert not faults, "\n".join(faults)
    assert seen == set(DIFFERENT_TEXTS), "a difference that is listed is there no more"


def test_both_vpncmds_say_the_same_of_our_server(namespace: Namespace, tmp_path: Path) -> None:
    theirs, ours = (
        run_scripts(namespace, tmp_path / name, Kind.OURS, ours=name == "ours") for name in ("stock", "ours")
    )
    assert [(one.command, one.code) for one in theirs] == [(one.command, one.code) for one in ours]
    pairs = zip(theirs, ours, strict=True)
    faults = [differing([one], [other]) for one, other in pairs if one.command.split(" ")[0] not in MOVING]
    assert not any(faults), "\n".join(line for fault in faults for line in fault)
