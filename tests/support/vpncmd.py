"""The stock vpncmd as a function call: command in, exit code and table out."""

import csv
import re
import tempfile
from dataclasses import dataclass

from tests.support.netns import Namespace
from tests.support.packages import Programs

_ERROR = re.compile(r"Error occurred\. \(Error code: (\d+)\)")


@dataclass(frozen=True)
class Reply:
    """What vpncmd answered."""

    code: int
    output: str

    def rows(self) -> list[dict[str, str]]:
        """Return the table as one dictionary a row."""
        # In client mode a greeting comes before the table, even with /CSV.
        lines = [
            line for line in self.output.splitlines() if line and not line.startswith("Connected to VPN")
        ]
        return [dict(row) for row in csv.DictReader(lines)]

    def items(self) -> dict[str, str]:
        """Return an Item/Value table as one dictionary."""
        # Some commands have a title above the table, even with /CSV.
        _, _, table = self.output.partition("Item,Value\n")
        return {row[0]: row[1] for row in csv.reader(table.splitlines()) if len(row) == 2}


class CommandFailed(AssertionError):
    """vpncmd reported an error; `reply` has the code."""

    def __init__(self, command: str, reply: Reply) -> None:
        super().__init__(f"vpncmd {command}: error {reply.code}\n{reply.output}")
        self.reply = reply


class Vpncmd:
    """vpncmd with a fixed destination, run inside one namespace."""

    def __init__(self, programs: Programs, namespace: Namespace, *destination: str) -> None:
        self._namespace = namespace
        self._environment = programs.environment()
        self._argv = [str(programs.softether("vpncmd")), *destination]

    def call(self, command: str, *arguments: str, check: bool = True, timeout: float = 20.0) -> Reply:
        """Run one command."""
        reply = self._run("/CSV", "/PROGRAMMING", "/CMD", command, *arguments, timeout=timeout)
        if check and reply.code:
            raise CommandFailed(f"{command} {' '.join(arguments)}", reply)
        return reply

    def script(self, *commands: str, timeout: float = 30.0) -> Reply:
        """Run commands in one connection; the first error of any of them is raised."""
        # It must be a regular file: from a pipe vpncmd reads nothing, and says nothing.
        with tempfile.NamedTemporaryFile("w", suffix=".vpncmd") as file:
            file.write("\n".join(commands) + "\n")
            file.flush()
            reply = self._run("/CSV", "/PROGRAMMING", f"/IN:{file.name}", timeout=timeout)
        error = _ERROR.search(reply.output)
        if reply.code or error:
            raise CommandFailed(
                "; ".join(commands), Reply(int(error[1]) if error else reply.code, reply.output)
            )
        return reply

    def _run(self, *arguments: str, timeout: float) -> Reply:
        done = self._namespace.run(
            *self._argv, *arguments, check=False, timeout=timeout, environment=self._environment
        )
        return Reply(done.returncode, done.stdout + done.stderr)
