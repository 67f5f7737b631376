"""What the pages refer to exists: links, files, commands with their options, make targets."""

import re
import shlex
from pathlib import Path

import pytest

from etherloom.cli.main import run
from tests.unit.docs.pages import PAGES, ROOT, blocks, command_lines, name, prose, quoted

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FOLDERS = (
    "src/",
    "rust/",
    "tests/",
    "docs/",
    "packaging/",
    "fuzz/",
    "bench/",
    "demo/",
    "examples/",
    "soak/",
)
# Made by what the page describes, not kept in the repository.
_MADE = ("bench/results", "soak/results", "build/")
_PLACEHOLDER = re.compile(r"[*<]")
_OPTION = re.compile(r"--[a-z][a-z0-9-]*")

pages = pytest.mark.parametrize("page", PAGES, ids=name)


@pages
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(prose(page)) if "://" not in link]
    broken = [link for link in links if not (page.parent / link.partition("#")[0]).exists()]
    assert not broken


@pages
def test_paths_exist(page: Path) -> None:
    paths = [text for text in quoted(page) if text.startswith(_FOLDERS) and " " not in text]
    missing = [path for path in paths if not path.startswith(_MADE) and not _exists(path)]
    assert not missing


def _exists(path: str) -> bool:
    return any(ROOT.glob(path)) if _PLACEHOLDER.search(path) else (ROOT / path).exists()


@pages
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join([*quoted(page), *blocks(page)])
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", text)) <= targets


@pages
def test_commands_have_these_options(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in command_lines(page, "etherloom"):
        words = [word.strip("[].") for word in shlex.split(line)[1:]]
        command = _command(words)
        assert run([*command, "--help"]) == 0, line
        known = set(_OPTION.findall(capsys.readouterr().out))
        assert {option for word in words for option in _OPTION.findall(word)} <= known, line


_GROUPS = frozenset({"hub", "user", "listener", "bridge", "session", "tls", "hook"})


def _command(words: list[str]) -> list[str]:
    """The words that name the command: one, or a group and one of its commands."""
    return words[:2] if words[0] in _GROUPS else words[:1]


def test_there_are_commands_to_look_at() -> None:
    assert sum(len(list(command_lines(page, "etherloom"))) for page in PAGES) > 40


def test_the_tree_of_the_architecture_is_the_tree() -> None:
    tree = next(block for block in blocks(ROOT / "ARCHITECTURE.md") if block.startswith("src/etherloom/"))
    python, rust = tree.split("\nrust/\n")
    packages = {path.parent.name for path in (ROOT / "src/etherloom").glob("*/__init__.py")}
    crates = {path.parent.name for path in (ROOT / "rust").glob("*/Cargo.toml")}
    assert set(re.findall(r"^  (\w+)/", python, re.MULTILINE)) == packages
    assert set(re.findall(r"^  (\w+)/", rust, re.MULTILINE)) == crates
