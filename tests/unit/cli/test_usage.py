"""Exit statuses and sentences without a server, and what is printed for people and for programs."""

import getpass
import io
import json
import sys
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from etherloom.cli import terminal
from etherloom.cli.main import run
from etherloom.cli.passwords import read_password
from etherloom.cli.values import parse_expiry
from etherloom.daemon.settings import ServeSettings
from etherloom.rpc.catalog import server, user
from tests.unit.cli.support import Shell


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("hub",),
        ("nonsense",),
        ("hub", "nonsense"),
        ("hub", "create"),
        ("hub", "list", "--nonsense"),
        ("hub", "list", "extra"),
        ("listener", "create", "https"),
        ("serve", "--log-level", "loud"),
    ],
)
def test_wrong_use(shell: Shell, arguments: tuple[str, ...]) -> None:
    outcome = shell.run(*arguments)
    assert (outcome.status, outcome.output) == (2, "")
    assert outcome.errors.startswith("etherloom: ")
    assert outcome.errors.count("\n") == 1
    assert "--help" in outcome.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("passwd", "--remove"),
        ("hub", "list"),
        ("user", "list", "LAB"),
        ("listener", "list"),
        ("bridge", "list"),
        ("session", "list", "LAB"),
    ],
)
def test_without_a_server(shell: Shell, arguments: tuple[str, ...]) -> None:
    outcome = shell.run(*arguments, "--json")
    assert (outcome.status, outcome.output) == (1, "")
    assert (
        outcome.errors
        == f"etherloom: no server is running on {shell.state}: start one with `etherloom serve`\n"
    )


@pytest.mark.parametrize("name", ["plan", "apply", "vpncmd"])
def test_what_is_not_there_yet(shell: Shell, name: str) -> None:
    outcome = shell.run(name, "file", "--format", "softether", "/CMD", "-h")
    assert (outcome.status, outcome.output) == (1, "")
    assert outcome.errors == f"etherloom: `etherloom {name}` isn't part of this version yet\n"


def test_help_is_no_error(shell: Shell) -> None:
    for arguments in (["--help"], ["hub", "--help"], ["hub", "create", "--help"], ["connect", "--help"]):
        outcome = shell.run(*arguments)
        assert (outcome.status, outcome.errors) == (0, "")
        assert "Usage: etherloom" in outcome.output


def test_every_command_has_the_shared_options(shell: Shell) -> None:
    groups = {
        "hub": ["list", "create", "set", "delete", "online", "offline", "show"],
        "user": ["list", "create", "set", "delete", "show"],
        "listener": ["list", "create", "delete", "enable", "disable"],
        "bridge": ["list", "create", "delete"],
        "session": ["list", "show", "disconnect"],
    }
    commands = [(group, name) for group, names in groups.items() for name in names]
    alone = [(name,) for name in ("serve", "status", "passwd", "doctor", "backup", "restore")]
    for command in [*commands, *alone]:
        text = shell.run(*command, "--help").output
        assert "--json" in text, command
        assert "--state" in text, command


def test_serve_starts_the_composition_root(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[ServeSettings] = []

    def serve(settings: ServeSettings) -> int:
        given.append(settings)
        return 1

    monkeypatch.setattr("etherloom.daemon.server.run", serve)
    outcome = shell.run("serve", "--listen", "127.0.0.1:1", "--listen", "[::1]:2", "--log-level", "DEBUG")
    assert outcome.status == 1
    (settings,) = given
    assert settings.state == shell.state
    assert settings.listen == ("127.0.0.1:1", "[::1]:2")
    assert settings.log_level == "debug"


def test_an_interrupt_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_settings: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("etherloom.daemon.server.run", interrupt)
    assert shell.run("serve").status == 1


# --- passwords


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    left = list(answers)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: left.pop(0))


def test_a_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "pw", "pw")
    assert read_password(from_stdin=False, what="of somebody") == "pw"


@pytest.mark.parametrize(("answers", "sentence"), [(("pw", "pv"), "differ"), (("",), "empty")])
def test_typing_errors(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[str, ...],
    sentence: str,
) -> None:
    typed(monkeypatch, *answers)
    assert run(["passwd"]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("line", ["pw\n", "pw\r\n", "pw", "pw\nsecond line\n"])
def test_one_line_of_stdin(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    assert read_password(from_stdin=True, what="") == "pw"


# --- values and output


@pytest.mark.parametrize(
    ("text", "unix_ms"),
    [
        ("never", 0),
        ("NEVER", 0),
        ("2027-01-31T12:00:00Z", 1_801_396_800_000),
        ("2027-01-31T12:00:00+01:00", 1_801_393_200_000),
    ],
)
def test_expiry(text: str, unix_ms: int) -> None:
    assert parse_expiry(text) == unix_ms


def test_records_as_json() -> None:
    record = user.UserSettings("LAB", "alice", created=1_801_396_800_000, hashed_key=b"k" * 20, plain="pw")
    value = terminal.to_json(record)
    assert isinstance(value, dict)
    assert value["created"] == "2027-01-31T12:00:00Z"
    assert value["expires"] is None
    assert "kkkk" not in json.dumps(value)
    assert not {"hashed_key", "plain", "nt_hash"} & value.keys()
    assert terminal.to_json([IPv6Address("fd00::1"), b"\x01\xff", None]) == ["fd00::1", "01ff", None]
    identity = terminal.to_json(server.Identity(certificate=b"c", key=b"k"))
    assert isinstance(identity, dict)
    assert "key" not in identity


def test_names_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_table(("NAME",), [("\x1b[31mred\nnext\u202e",)])
    assert capsys.readouterr().out == "NAME\n\ufffd[31mred\ufffdnext\ufffd\n"


def test_columns_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_table(("A", "LONG"), [("long value", True), ("", None)])
    assert capsys.readouterr().out == "A           LONG\nlong value  yes\n-           -\n"


def test_a_terminal_gets_a_framed_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    terminal.print_table(("A",), [("[bold]x[/bold]",)])
    output = capsys.readouterr().out
    assert "[bold]x[/bold]" in output
    assert "─" in output or "━" in output


def test_a_state_directory_that_is_closed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    outcome = shell.run("status")
    assert outcome.status == 1
    assert "etherloom serve" in outcome.errors
