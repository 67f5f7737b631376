"""The demonstration: both forms succeed, and however it ends, nothing of it is left."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.process import Process
from tests.support.waiting import wait_until

FINISHED = "All of it worked"


@contextmanager
def demo(tmp_path: Path, repository: Path, *options: str, path: str = "") -> Iterator[Process]:
    """Run the demonstration with its temporary folder in `tmp_path`, from the root of the repository."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    environment = {
        "PYTHONPATH": f"{repository}/src:{repository}",
        "TMPDIR": str(tmp_path / "tmp"),
        "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"],
    }
    process = Process([sys.executable, "-m", "demo", *options], tmp_path / "log", environment)
    try:
        yield process
    finally:
        process.kill()


def assert_nothing_is_left(process: Process, tmp_path: Path) -> None:
    assert not list((tmp_path / "tmp").iterdir())
    names = Path("/run/netns").iterdir() if Path("/run/netns").exists() else ()
    assert not [name for name in names if name.name.startswith(f"el-demo-{process.pid}-")]
    assert not [found for found in _states() if found.startswith(str(tmp_path))]


def _states() -> Iterator[str]:
    """The state directories of all processes that were started with one."""
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = environ.read_bytes().split(b"\0")
        except OSError:
            continue
        yield from (
            variable.decode(errors="replace").partition("=")[2]
            for variable in variables
            if variable.startswith(b"ETHERLOOM_STATE=")
        )


def assert_succeeds(process: Process, tmp_path: Path) -> str:
    assert process.wait(50) == 0, process.output()
    output = process.output()
    for finding in ("TLSv1.3", "SID-ALICE-", "SID-BOB-", "round trip", "Gbit/s", "at both ends", FINISHED):
        assert finding in output
    assert "Traceback" not in output
    assert_nothing_is_left(process, tmp_path)
    return output


@pytest.mark.root
def test_two_clients_in_namespaces_meet(tmp_path: Path, repository: Path) -> None:
    with demo(tmp_path, repository, "--megabytes", "8") as process:
        output = assert_succeeds(process, tmp_path)
    assert "10.77.0.1/24" in output
    assert "50 of 50 came back" in output


def test_two_clients_in_one_process_meet(tmp_path: Path, repository: Path) -> None:
    with demo(tmp_path, repository, "--in-process", "--megabytes", "8") as process:
        output = assert_succeeds(process, tmp_path)
    assert "10.77.0" not in output


@pytest.mark.root
def test_it_says_why_there_are_no_namespaces(tmp_path: Path, repository: Path) -> None:
    broken = tmp_path / "ip"
    broken.write_text("#!/bin/sh\necho 'no permission today' >&2\nexit 1\n")
    broken.chmod(0o755)
    with demo(tmp_path, repository, "--megabytes", "1", path=str(tmp_path)) as process:
        output = assert_succeeds(process, tmp_path)
    assert "can't be had here" in output


@pytest.mark.root
def test_a_failed_step_is_a_sentence_and_a_status(tmp_path: Path, repository: Path) -> None:
    broken = tmp_path / "ping"
    broken.write_text("#!/bin/sh\necho 'no answer at all' >&2\nexit 1\n")
    broken.chmod(0o755)
    with demo(tmp_path, repository, path=str(tmp_path)) as process:
        assert process.wait(50) == 1
    output = process.output()
    last = output.splitlines()[-1]
    assert last.startswith("etherloom demo: `ping")
    assert last.endswith("no answer at all")
    assert FINISHED not in output
    assert "Traceback" not in output
    assert_nothing_is_left(process, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", [pytest.param("tunnel", marks=pytest.mark.root), "--in-process"])
def test_an_interrupted_one_cleans_up(
    tmp_path: Path, repository: Path, form: str, number: signal.Signals
) -> None:
    options = [form] if form.startswith("--") else []
    with demo(tmp_path, repository, *options, "--megabytes", "100") as process:
        wait_until(lambda: "SID-BOB-" in process.output(), 30, process.output)
        process.signal(number)
        assert process.wait(30) == 130
    assert "interrupted" in process.output()
    assert "Traceback" not in process.output()
    assert_nothing_is_left(process, tmp_path)
