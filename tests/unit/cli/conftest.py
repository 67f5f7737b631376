"""A shell for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.unit.cli.support import Shell


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """Log lines of the server in this process would land in the command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path / "state", capsys, monkeypatch)
