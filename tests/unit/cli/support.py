"""The command line in this process, against a server in this process."""

import asyncio
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from etherloom.cli.main import run


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    output: str
    errors: str

    @property
    def value(self) -> Any:
        return json.loads(self.output)


class Shell:
    """Runs commands on one state directory."""

    def __init__(
        self, state: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.state = state
        self._capture = capture
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("ETHERLOOM_STATE", str(state))

    def run(self, *arguments: str, stdin: str = "") -> Outcome:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self._capture.readouterr()
        status = run(arguments)
        captured = self._capture.readouterr()
        return Outcome(status, captured.out, captured.err)

    async def ok(self, *arguments: str, stdin: str = "", note: str = "") -> Outcome:
        """Run a command that must succeed, beside the server's event loop."""
        outcome = await asyncio.to_thread(self.run, *arguments, stdin=stdin)
        assert (outcome.status, outcome.errors) == (0, note), outcome
        return outcome

    async def table(self, *arguments: str) -> Any:
        """The JSON value of a command."""
        return (await self.ok(*arguments, "--json")).value

    async def refused(self, *arguments: str, status: int = 1, stdin: str = "") -> str:
        """Run a command that must fail with one line on stderr, and return that line."""
        outcome = await asyncio.to_thread(self.run, *arguments, stdin=stdin)
        assert outcome.status == status, outcome
        assert outcome.output == ""
        assert outcome.errors.startswith("etherloom: ")
        assert outcome.errors.count("\n") == 1
        return outcome.errors
