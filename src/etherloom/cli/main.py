"""The `etherloom` command: a client of the server's local socket like any other.

Exit status: 0 on success, 2 on wrong use, 1 otherwise; errors are one line on stderr that says what to do.
"""

import contextvars
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from etherloom.cli import (
    bridge,
    doctor,
    encryption,
    hook,
    hub,
    later,
    listener,
    server,
    session,
    takeover,
    terminal,
    trace,
    user,
)
from etherloom.cli.terminal import Failure
from etherloom.model.errors import Refusal
from etherloom.rpc.client import ClientError

_CONNECT: Final = "connect"
_CONNECT_MODULE: Final = "etherloom.cli.connect"


class _Root(TyperGroup):
    """The root group. `connect` pulls the whole client in, so it is imported only when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), _CONNECT]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name != _CONNECT:
            return super().get_command(ctx, cmd_name)
        connect = terminal.new_group("")
        connect.command(_CONNECT)(importlib.import_module(_CONNECT_MODULE).connect)
        return get_command(connect)


def _describe(state: terminal.State = None, as_json: terminal.AsJson = False) -> None:
    """Etherloom, a VPN that speaks SoftEther's protocol."""
    terminal.remember(state=state, as_json=as_json)


def _build() -> typer.Typer:
    app = typer.Typer(cls=_Root, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_describe)
    terminal.add_command(app, "serve", server.serve)
    terminal.add_command(app, "status", server.show_status)
    terminal.add_command(app, "passwd", server.set_password)
    terminal.add_command(app, "doctor", doctor.examine)
    for name, group in (
        ("hub", hub.app),
        ("user", user.app),
        ("listener", listener.app),
        ("bridge", bridge.app),
        ("session", session.app),
        ("hook", hook.app),
        ("tls", encryption.app),
    ):
        app.add_typer(group, name=name)
    terminal.add_command(app, "import", takeover.import_file)
    terminal.add_command(app, "export", takeover.export_file)
    terminal.add_command(app, "trace", trace.run)
    terminal.add_command(app, "backup", server.back_up)
    terminal.add_command(app, "restore", server.restore)
    later.add_commands(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit status."""
    return contextvars.copy_context().run(_run, arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        status = get_command(_build())(list(arguments), prog_name="etherloom", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "etherloom"
        return _fail(f"{error.format_message().rstrip('.')} (see `{command} --help`)", error.exit_code)
    except (Failure, ClientError, Refusal) as error:
        return _fail(str(error), 1)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", 1)
    # Typer gives 130 for an interrupt; the contract knows 0, 1 and 2 only.
    return status if status in (1, 2) else int(bool(status))


def _fail(sentence: str, status: int) -> int:
    sys.stderr.write(f"etherloom: {' '.join(sentence.split())}\n")
    return status


def main() -> None:
    """The entry point of the command."""
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; Python must not complain again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()


if __name__ == "__main__":
    main()
