"""The doctor: what it finds wrong, and that it changes nothing."""

import socket
from pathlib import Path

from etherloom.cli.doctor import Verdict, find_directory_faults, find_port, find_rights, find_tap
from tests.support.guest import serving
from tests.unit.cli.support import Shell


def test_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    (finding,) = find_directory_faults(tmp_path / "new")
    assert finding.verdict is Verdict.NOTE
    assert not (tmp_path / "new").exists()


def test_a_directory_that_others_may_see(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (finding,) = find_directory_faults(tmp_path)
    assert finding.verdict is Verdict.BAD
    assert "chmod 700" in finding.text


def test_a_file_that_others_may_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "state.db").write_text("x")
    (tmp_path / "state.db").chmod(0o644)
    good, bad = find_directory_faults(tmp_path)
    assert (good.verdict, bad.verdict) == (Verdict.GOOD, Verdict.BAD)
    assert "chmod 600" in bad.text


def test_a_file_instead_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    (finding,) = find_directory_faults(tmp_path / "x")
    assert finding.verdict is Verdict.BAD


def test_ports() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert find_port(port).verdict is Verdict.BAD
    assert find_port(port).verdict is Verdict.GOOD


def test_devices(tmp_path: Path) -> None:
    device = tmp_path / "tun"
    assert find_tap(device).verdict is Verdict.NOTE
    device.write_text("")
    assert find_tap(device).verdict is Verdict.GOOD


def test_rights(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapEff:\t0000000000001000\n")
    assert find_rights(status).verdict is Verdict.GOOD
    status.write_text("Name:\tx\nCapEff:\t0000000000000fff\n")
    assert find_rights(status).verdict is Verdict.NOTE


async def test_a_running_server(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        findings = await shell.table("doctor")
        text = (await shell.ok("doctor")).output
    about = {finding["about"]: finding["verdict"] for finding in findings}
    assert (about["state"], about["server"]) == ("good", "good")
    assert "is running" in text


def test_something_bad_is_exit_status_1(tmp_path: Path, shell: Shell) -> None:
    shell.state.mkdir(mode=0o755)
    outcome = shell.run("doctor", "--json")
    assert outcome.status == 1
    assert any(finding["verdict"] == "bad" for finding in outcome.value)
