"""Files of users: what is a name in them, what is a file at all, and when a change is seen."""

import os
from pathlib import Path

import pytest

from etherloom.services.user_lists import LARGEST, UserLists, parse_users


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_one_name_a_line_without_comments_case_and_domains() -> None:
    content = b"\xef\xbb\xbfAlice\r\n\n # nobody\n// nobody\n;nobody\nCORP\\Bob\n carol@corp \nd#e\n"
    assert parse_users(content) == {"alice", "bob", "carol", "d#e"}


@pytest.mark.parametrize("name", ["users", "@users"])
def test_a_file_in_the_folder_is_read(tmp_path: Path, name: str) -> None:
    write(tmp_path / "lists", "users", "alice\n")
    assert UserLists(tmp_path / "lists").read(name) == {"alice"}


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "..", ".", "a/../../secret", "x\0y", "C:\\x", ""]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, "secret", "alice\n")
    write(tmp_path / "lists", "users", "alice\n")
    assert UserLists(tmp_path / "lists").read(name) == frozenset()


def test_links_pipes_and_huge_files_are_no_lists(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    write(tmp_path, "secret", "alice\n")
    write(folder, "huge", "alice\n" + "#" * LARGEST)
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    lists = UserLists(folder)
    for name in ("huge", "link", "pipe", "missing"):
        assert lists.read(name) == frozenset()


def test_a_change_is_seen_when_the_files_are_looked_at_again(tmp_path: Path) -> None:
    write(tmp_path, "users", "alice\n")
    lists = UserLists(tmp_path)
    assert lists.read("users") == {"alice"}
    write(tmp_path, "users", "alice\nbob\n")
    assert lists.read("users") == {"alice"}
    assert lists.refresh({"users"}) == ["users"]
    assert lists.read("users") == {"alice", "bob"}
    assert lists.refresh({"users"}) == []
    (tmp_path / "users").unlink()
    assert lists.refresh({"users"}) == ["users"]
    assert lists.read("users") == frozenset()
