"""Every call that a command makes, by vpncmd: as the server's administrator, a hub's, another's, nobody's.

The other two ways to make calls are in test_every_call. What no command makes is listed.
"""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog.call import AnyCall, Who
from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.dispatch import Dispatcher
from etherloom.vpncmd.main import run
from tests.support.administration_script import HUB_SCRIPT, SCRIPT, write_script
from tests.support.configuration import administrator, hub, put
from tests.support.guest import server_port, serving

# Calls that the original's command line has no command for, or whose commands would end this very process.
WITHOUT_COMMAND: Final = {
    **dict.fromkeys(("Crash", "RebootServer"), "ends or restarts the process that the test runs in"),
    "SetConfig": "replaces what the other commands are about; tests/peers/test_moving.py",
    **dict.fromkeys(("AddWgk", "DeleteWgk", "EnumWgk"), "newer than the command line of 5.01"),
    **dict.fromkeys(("EnumEthVLan", "SetEnableEthVLan"), "Windows, and its graphical manager"),
    **dict.fromkeys(("GetAdminMsg", "GetHubMsg", "SetHubMsg", "SetCrl"), "the graphical manager's"),
    **dict.fromkeys(("GetDDnsInternetSetting", "SetDDnsInternetSetting"), "the same"),
    **dict.fromkeys(("GetOpenVpnSstpConfig", "SetOpenVpnSstpConfig"), "the same"),
    **dict.fromkeys(("GetBridgeSupport", "GetDefaultHubAdminOptions", "GetEtherIpId", "Test"), "the same"),
}
# What the script leaves out, since stock servers restart over it or take it otherwise.
MORE: Final = "ClusterSettingStandalone\nHub ADM\nExtOptionSet NoIpTable /VALUE:1\n"
Made = list[tuple[Caller, AnyCall, ErrorCode]]


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """Log lines of the server in this process would land in the command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Every call that reaches the dispatcher, by whom, and how it ended."""
    found: Made = []
    original = Dispatcher.call

    async def record(self: Dispatcher, caller: Caller, call: AnyCall, request: Any) -> Any:
        try:
            reply = await original(self, caller, call, request)
        except Refusal as refusal:
            found.append((caller, call, refusal.code))
            raise
        found.append((caller, call, ErrorCode.NO_ERROR))
        return reply

    monkeypatch.setattr(Dispatcher, "call", record)
    return found


@pytest.mark.timeout(180)
async def test_commands_by_every_caller(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").mkdir()
    write_script(tmp_path / "server", "files", SCRIPT)
    write_script(tmp_path / "hub", "files", HUB_SCRIPT)
    async with serving(tmp_path) as server:
        await put(
            server.owner,
            hub("ADM"),
            hub("OTHER"),
            administrator(None, "first"),
            administrator("ADM", "secret"),
            administrator("OTHER", "else"),
        )

        async def vpncmd(*arguments: str) -> int:
            monkeypatch.setattr("sys.stdin", io.StringIO(""))
            return await asyncio.to_thread(run, [f"127.0.0.1:{server_port(server)}", "/SERVER", *arguments])

        await vpncmd("/PASSWORD:first", "/PROGRAMMING", "/IN:server")
        (tmp_path / "more").write_text(MORE)
        await vpncmd("/PASSWORD:word", "/PROGRAMMING", "/IN:more")
        await vpncmd("/HUB:adm", "/PASSWORD:secret", "/PROGRAMMING", "/IN:hub")
        assert (
            await vpncmd("/HUB:other", "/PASSWORD:else", "/CMD", "Hub", "ADM") == ErrorCode.NOT_ENOUGH_RIGHT
        )
        before = len(made)
        for password in ("none", "wrong", "secret"):
            login = (f"/PASSWORD:{password}", "/PROGRAMMING")
            assert await vpncmd(*login, "/CMD", "HubList") == ErrorCode.ACCESS_DENIED
        assert len(made) == before, "nobody made a call"
    check(made)
    capsys.readouterr()


def check(made: Made) -> None:
    assert {call.name for _, call, code in made if code is ErrorCode.INTERNAL_ERROR} == set()
    stock = {call.name for call in CALLS if call.stock}
    missing = stock - {call.name for _, call, _ in made}
    assert missing == set(WITHOUT_COMMAND), " ".join(sorted(missing ^ set(WITHOUT_COMMAND)))
    keepers = [(call, code) for caller, call, code in made if not caller.is_server_administrator]
    assert len({call.name for call, _ in keepers}) > 15
    refused = {ErrorCode.NOT_ENOUGH_RIGHT, ErrorCode.INVALID_PARAMETER}
    assert {call.name for call, code in keepers if call.who is Who.SERVER and code not in refused} == set()
