"""Log files: which there are, who may read them, and that nothing else can be read."""

from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.log_files import PART_BYTES, LogFiles

SERVER = "server_log/vpn_20261123.log"
LAB = "security_log/LAB/sec_20261123.log"
OTHER = "packet_log/OTHER/pkt_20261123.log"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (SERVER, LAB, OTHER, "server_log/notes.txt", "secret.log"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    (tmp_path / "server_log" / "link.log").symlink_to(tmp_path / "secret.log")
    (tmp_path / "security_log" / "linked").symlink_to(tmp_path)
    return tmp_path


def test_a_server_without_logs_has_none(tmp_path: Path) -> None:
    assert LogFiles(tmp_path).list() == []


def test_who_sees_which_files(folder: Path) -> None:
    files = LogFiles(folder)
    assert [(file.path, file.size) for file in files.list()] == [
        (name, len(name)) for name in (OTHER, LAB, SERVER)
    ]
    assert [file.path for file in files.list("lab")] == [LAB]
    assert files.list("none") == []


def test_reading_goes_on_where_it_ended(folder: Path) -> None:
    (folder / SERVER).write_bytes(b"x" * PART_BYTES + b"end")
    files = LogFiles(folder)
    assert files.read(SERVER, 0) == b"x" * PART_BYTES
    assert files.read(SERVER, PART_BYTES) == b"end"
    assert files.read(SERVER, PART_BYTES + 3) is None
    assert files.read(LAB, 9, "LAB") == LAB[9:].encode()


@pytest.mark.parametrize(
    ("path", "hub"),
    [
        (SERVER, "LAB"),
        (OTHER, "LAB"),
        ("secret.log", None),
        ("server_log/../secret.log", None),
        ("../secret.log", None),
        ("server_log/link.log", None),
        ("server_log/notes.txt", None),
        ("security_log/linked/secret.log", None),
        ("/etc/passwd", None),
    ],
)
def test_nothing_else_is_read(folder: Path, path: str, hub: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        LogFiles(folder).read(path, 0, hub)
    assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND
