"""The state directory: where it is, who may see it, one server at a time, sockets however deep it lies."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from etherloom.store.directory import SYSTEM_DIRECTORY, StateDirectory, find_directory
from etherloom.store.log import StoreError


def test_the_directory_is_found_in_the_agreed_order() -> None:
    home = {"HOME": "/home/u"}
    assert find_directory("/x", {"ETHERLOOM_STATE": "/y"}, root=True) == Path("/x")
    assert find_directory(None, {"ETHERLOOM_STATE": "/y"}, root=True) == Path("/y")
    assert find_directory(None, home, root=True) == SYSTEM_DIRECTORY
    assert find_directory(None, {**home, "XDG_STATE_HOME": "/s"}, root=False) == Path("/s/etherloom")
    assert find_directory(None, home, root=False) == Path("/home/u/.local/state/etherloom")
    assert find_directory(None, {**home, "XDG_STATE_HOME": "s"}, root=False) == Path(
        "/home/u/.local/state/etherloom"
    )
    assert find_directory("here", {}, root=False) == Path.cwd() / "here"


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state"
    old = os.umask(0)
    try:
        with StateDirectory.open(path) as directory:
            directory.create_file("secret", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701, 0o770])
def test_an_open_directory_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "state"
    path.mkdir()
    path.chmod(mode)
    with pytest.raises(StoreError, match=f"chmod 700 {path}"):
        StateDirectory.open(path)


def test_an_open_file_is_refused(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        assert not directory.check_file("file")
        directory.create_file("file")
        assert directory.check_file("file")
        (directory.path / "file").chmod(0o640)
        with pytest.raises(StoreError, match="chmod 600"):
            directory.check_file("file")


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with StateDirectory.open(tmp_path / "state") as directory:
        (directory.path / "link").symlink_to("/etc/passwd")
        with pytest.raises(StoreError, match="no plain file"):
            directory.check_file("link")


def test_somebody_elses_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state"
    StateDirectory.open(path).close()
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(StoreError, match="belongs to user"):
        StateDirectory.open(path)
    StateDirectory.look(path).close()


def test_a_second_server_is_kept_out(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with StateDirectory.open(path):
        with pytest.raises(StoreError, match=rf"another server \(process {os.getpid()}\).*--state"):
            StateDirectory.open(path)
        StateDirectory.open(path, lock=False).close()
        StateDirectory.look(path).close()
    StateDirectory.open(path).close()


def test_paths_that_cannot_be_one_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o600)
    for path in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(StoreError, match=r"can't use .*--state"):
            StateDirectory.open(path)
    with pytest.raises(StoreError, match="start the server once"):
        StateDirectory.look(tmp_path / "none")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    path = tmp_path / "state"
    with StateDirectory.open(path), pytest.raises(StoreError):
        StateDirectory.open(path)
    path.chmod(0o755)
    with pytest.raises(StoreError):
        StateDirectory.open(path)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_a_socket_fits_however_deep_the_directory_lies(tmp_path: Path) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    path = tmp_path / ("d" * 100) / ("e" * 100) / "state"
    with StateDirectory.open(path) as directory, StateDirectory.look(path) as visitor:
        assert len(directory.address("admin.sock")) < 100
        server = await asyncio.start_unix_server(answer, directory.address("admin.sock"))
        async with server:
            reader, writer = await asyncio.open_unix_connection(visitor.address("admin.sock"))
            assert await reader.read() == b"hello"
            writer.close()
            await writer.wait_closed()
        assert (path / "admin.sock").exists()
