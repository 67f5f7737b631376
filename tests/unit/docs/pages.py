"""The pages that people read: Markdown of this repository, and what is quoted in it."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")


def name(page: Path) -> str:
    """How a page is called in test output."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[str]:
    """Return the fenced blocks of a page."""
    return _FENCED.findall(page.read_text())


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCED.sub("", page.read_text())


def quoted(page: Path) -> list[str]:
    """Return what stands in backticks in the prose."""
    return _QUOTED.findall(prose(page))


def command_lines(page: Path, program: str) -> Iterator[str]:
    """Yield the lines of blocks that run a program, without comments, prompts and what feeds it."""
    for block in blocks(page):
        for line in block.splitlines():
            command = line.partition("  #")[0].rpartition("| ")[2].strip()
            if command.startswith(f"{program} "):
                yield command
