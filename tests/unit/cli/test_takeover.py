"""Moving in and out on the command line, with a server and without one."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from etherloom.wire.config_text import parse_text
from tests.support import configuration as known
from tests.support.configuration_file import hub_file, read_vector
from tests.support.guest import serving
from tests.unit.cli.support import Shell


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The configuration of an existing server, without ports and devices that tests must not open."""
    path = tmp_path / "vpn_server.config"
    enabled, disabled = (f"bool Enabled {word}\n\t\t\tuint Port" for word in ("true", "false"))
    text = read_vector("vpn_server.config").replace(enabled, disabled)
    path.write_text(text.replace("bool TapMode true", "bool TapMode false"))
    return path


async def test_beside_a_running_server(tmp_path: Path, shell: Shell, old: Path) -> None:
    async with serving(tmp_path) as server:
        told = (await shell.ok("import", str(old), "--dry-run")).output
        assert "can be taken over" in told
        assert server.owner.snapshot.hubs() == []
        told = (await shell.ok("import", str(old))).output
        assert "is taken over (revision 2)" in told
        assert "3 hubs" in told
        assert "nothing acts on it in this version: " in told
        assert "line 219: VirtualHUB/DEFAULT/HashedPassword: it has no password" in told
        assert server.owner.snapshot.user("HUB1", "pw")
        text = (await shell.ok("export")).output
        assert not parse_text(text.encode()).faults
        assert "declare HUB1" in text
        assert "as it was" in (await shell.ok("import", "--undo")).output
        assert server.owner.snapshot.hubs() == []
        assert "no import to undo" in await shell.refused("import", "--undo")


async def test_later_changes_and_hubs_are_not_lost_unasked(tmp_path: Path, shell: Shell, old: Path) -> None:
    async with serving(tmp_path) as server:
        await known.put(server.owner, known.hub("MINE"))
        assert "--replace" in await shell.refused("import", str(old))
        assert "would be lost (--replace): MINE" in (await shell.ok("import", str(old), "--dry-run")).output
        await shell.ok("import", str(old), "--replace")
        await shell.ok("hub", "create", "LATER")
        assert "--discard-later" in await shell.refused("import", "--undo")
        await shell.ok("import", "--undo", "--discard-later")
        assert [hub.name for hub in server.owner.snapshot.hubs()] == ["MINE"]


def test_without_a_server(tmp_path: Path, shell: Shell, old: Path) -> None:
    assert shell.run("import", str(old), "--dry-run").status == 0
    assert not shell.state.exists()
    report = json.loads(shell.run("import", str(old), "--json").output)
    assert (report["taken"], report["faults"]) == (True, [])
    assert {"noun": "users", "count": 3, "acting": True} in report["counts"]
    output = tmp_path / "exported.config"
    assert shell.run("export", "--format", "softether", "--output", str(output)).status == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert b"declare HUB2" in output.read_bytes()
    assert "exists already" in shell.run("export", "--output", str(output)).errors
    assert shell.run("import", "--undo").status == 0
    assert "declare HUB1" not in shell.run("export").output


async def test_a_server_starts_on_what_was_imported(tmp_path: Path, shell: Shell, old: Path) -> None:
    await shell.ok("import", str(old), "--json")
    async with serving(tmp_path) as server:
        assert server.owner.snapshot.user("HUB1", "pw")
        assert server.owner.snapshot.identity is not None


@pytest.mark.parametrize("running", [True, False])
async def test_all_faults_are_shown_and_nothing_changes(tmp_path: Path, shell: Shell, running: bool) -> None:
    faulty = tmp_path / "faulty.config"
    faulty.write_bytes(hub_file("uint Type x", "uint RadiusServerPort 70000"))
    if running:
        async with serving(tmp_path) as server:
            outcome = await _run(shell, str(faulty))
            assert server.owner.snapshot.revision == 1
    else:
        outcome = await _run(shell, str(faulty))
    status, output, errors = outcome
    assert (status, output) == (1, "")
    lines = errors.splitlines()
    assert lines[0].endswith("VirtualHUB/LAB/Type: 'x' is no number")
    assert lines[1].endswith("VirtualHUB/LAB/RadiusServerPort: it is 0 to 65535, not 70000")
    assert lines[2].startswith("etherloom: ")
    assert "has 2 faults; nothing was changed" in lines[2]
    assert len(lines) == 3


async def _run(shell: Shell, file: str) -> tuple[int, str, str]:
    outcome = await asyncio.to_thread(shell.run, "import", file)
    return outcome.status, outcome.output, outcome.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "--discard-later"),
        ("import", "x", "--discard-later"),
        ("import", "x", "--undo"),
        ("import", "--undo", "--dry-run"),
        ("export", "--format", "other"),
    ],
)
async def test_wrong_use(shell: Shell, arguments: tuple[str, ...]) -> None:
    await shell.refused(*arguments, status=2)


async def test_files_that_cannot_be_read(tmp_path: Path, shell: Shell) -> None:
    assert "can't read" in await shell.refused("import", str(tmp_path / "absent"))
    assert "can't read" in await shell.refused("import", str(tmp_path))
