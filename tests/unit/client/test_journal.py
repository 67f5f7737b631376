"""What a killed client left behind is found again, whole lines only."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.client.journal import (
    AddressChange,
    Change,
    FileChange,
    Journal,
    LinkChange,
    Place,
    RouteChange,
    left_behind,
)
from etherloom.model.errors import Refusal

PLACE = Place("boot-1", "4026531840")
ADDRESS = AddressChange("vpn0", "10.0.0.2/24")
ROUTE = RouteChange("192.0.2.1/32", "10.9.0.254", "eth0")
LINK = LinkChange("tap7", "02:00:00:00:00:01", 1500, True)
FILE = FileChange.of("/etc/resolv.conf", b"\xff\x00before", b"written")


def abandon(journal: Journal) -> None:
    """What SIGKILL does: the descriptor and its lock go, the file stays."""
    journal.leave()


def found(directory: Path) -> list[list[Change]]:
    changes = []
    for journal in left_behind(directory):
        changes.append([change for _, change in journal.pending()])
        journal.leave()
    return changes


def test_killed_client_leaves_its_changes_newest_first(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    for change in (LINK, ADDRESS, ROUTE, FILE):
        journal.record(change)
    abandon(journal)
    assert found(tmp_path) == [[FILE, ROUTE, ADDRESS, LINK]]


def test_place_is_remembered(tmp_path: Path) -> None:
    abandon(Journal.create(tmp_path, PLACE, "vpn0"))
    journals = list(left_behind(tmp_path))
    assert [journal.place for journal in journals] == [PLACE]
    journals[0].close()
    assert not list(tmp_path.iterdir())


def test_undone_changes_are_not_found(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    number = journal.record(ADDRESS)
    journal.record(ROUTE)
    journal.forget(number)
    abandon(journal)
    assert found(tmp_path) == [[ROUTE]]


def test_clean_end_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    journal.forget(journal.record(ADDRESS))
    journal.close()
    assert not list(tmp_path.iterdir())


def test_end_with_changes_leaves_them_for_the_next_start(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    journal.record(ADDRESS)
    journal.close()
    assert found(tmp_path) == [[ADDRESS]]


def test_running_client_is_left_alone_and_keeps_its_adapter(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    journal.record(ADDRESS)
    assert found(tmp_path) == []
    with pytest.raises(Refusal, match="vpn0"):
        Journal.create(tmp_path, PLACE, "vpn0")
    other = Journal.create(tmp_path, PLACE, "vpn1")
    elsewhere = Journal.create(tmp_path, Place("boot-1", "4026532000"), "vpn0")
    for one in (journal, other, elsewhere):
        abandon(one)
    assert found(tmp_path).count([ADDRESS]) == 1


def test_written_before_it_is_done(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, PLACE, "vpn0")
    journal.record(ROUTE)
    (file,) = tmp_path.iterdir()
    assert "192.0.2.1/32" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    abandon(journal)


@given(st.integers(0, 10_000))
def test_cut_off_journal_is_read_as_far_as_it_goes(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    directory = tmp_path_factory.mktemp("journal")
    journal = Journal.create(directory, PLACE, "vpn0")
    for change in (ADDRESS, ROUTE, FILE):
        journal.record(change)
    abandon(journal)
    (file,) = directory.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: at % len(whole)])
    (changes,) = found(directory)
    assert changes in ([], [ADDRESS], [ROUTE, ADDRESS], [FILE, ROUTE, ADDRESS])


@given(st.binary(max_size=300))
def test_garbage_is_no_journal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("journal")
    (directory / "1-vpn0.journal").write_bytes(content)
    assert found(directory) == [[]]


def test_unusable_directory_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="--state"):
        Journal.create(tmp_path / "file" / "client", PLACE, "vpn0")
