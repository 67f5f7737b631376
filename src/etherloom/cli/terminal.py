"""What every command shares: --state and --json, the connection to the server, and what goes to stdout.

Names that peers chose are printed, so whatever isn't printable is replaced.
"""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etherloom.rpc.catalog.blocks import Traffic
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.catalog.element import Kind, Scalar, describe
from etherloom.rpc.client import AdminClient
from etherloom.rpc.offline import find_state_directory

Request = TypeVar("Request")
Reply = TypeVar("Reply")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Failure(Exception):
    """A command that can't be carried out; the sentence says what to do. Exit status 1."""


# --- options that every command has ------------------------------------------------------------------------

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="The server's state directory (else ETHERLOOM_STATE, else the usual place).",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
_state: ContextVar[Path | None] = ContextVar("state", default=None)
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)
_SHARED: Final = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (("state", None, State), ("as_json", False, AsJson))
)


def remember(*, state: Path | None, as_json: bool) -> None:
    """Keep what was given; what isn't given here may have been given before the command's name."""
    if state is not None:
        _state.set(state)
    if as_json:
        _as_json.set(True)


def add_command(app: typer.Typer, name: str, run: Callable[..., None], **options: Any) -> None:
    """Add a command to a group, with --state and --json."""

    @functools.wraps(run)
    def command(*, state: Path | None, as_json: bool, **arguments: Any) -> None:
        remember(state=state, as_json=as_json)
        run(**arguments)

    own = inspect.signature(run)
    parameters = [*own.parameters.values(), *_SHARED]
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    command.__signature__ = own.replace(parameters=keywords)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in keywords}
    app.command(name, **options)(command)


def new_group(help_text: str) -> typer.Typer:
    """An empty group of commands."""
    return typer.Typer(help=help_text, rich_markup_mode=None, add_completion=False)


def state_directory() -> Path:
    """The state directory that this command is about."""
    return find_state_directory(_state.get())


def wants_json() -> bool:
    """True if stdout gets one JSON value instead of text."""
    return _as_json.get()


# --- the server --------------------------------------------------------------------------------------------


@contextmanager
def server() -> Iterator[AdminClient]:
    """A connection to the server on this state directory."""
    with AdminClient(state_directory()) as client:
        yield client


def call(call: Call[Request, Reply], request: Request) -> Reply:
    """Make one call."""
    with server() as client:
        return client.call(call, request)


# --- output ------------------------------------------------------------------------------------------------


def to_json(value: Any) -> Json:
    """Records as objects under our own names, without secrets; times as ISO 8601, never as null."""
    match value:
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _record_to_json(value)
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case str():
            return str(value)
        case bytes():
            return value.hex()
        case Enum():
            return to_json(value.value)
        case IPv4Address() | IPv6Address():
            return str(value)
        case Sequence():
            return [to_json(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def _record_to_json(record: Any) -> dict[str, Json]:
    times = _time_fields(type(record))
    return {
        f.name: format_time(getattr(record, f.name)) if f.name in times else to_json(getattr(record, f.name))
        for f in fields(record)
        if f.repr
    }


def _time_fields(record: type[Any]) -> set[str]:
    if not all("element" in f.metadata for f in fields(record)):
        return set()
    return {
        name
        for name, description in describe(record)
        if isinstance(description, Scalar) and description.kind is Kind.TIME
    }


def format_time(unix_ms: int | None) -> str | None:
    """ISO 8601 in UTC; None for never."""
    if not unix_ms:
        return None
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def format_traffic(traffic: Traffic, *, received: bool) -> str:
    """Frames and bytes in one direction."""
    if received:
        frames = traffic.received_unicast_frames + traffic.received_broadcast_frames
        octets = traffic.received_unicast_bytes + traffic.received_broadcast_bytes
    else:
        frames = traffic.sent_unicast_frames + traffic.sent_broadcast_frames
        octets = traffic.sent_unicast_bytes + traffic.sent_broadcast_bytes
    return f"{octets} bytes in {frames} frames"


def show(value: Any, text: Callable[[], None]) -> None:
    """Print the value as JSON if that is wanted; else let `text` print it for people."""
    if wants_json():
        print_line(json.dumps(to_json(value), ensure_ascii=False))
    else:
        text()


def show_done(value: Any, sentence: str) -> None:
    """Say that something was done."""
    show(value, lambda: print_line(sentence))


def show_facts(value: Any, facts: Mapping[str, Any]) -> None:
    """Print names and values, one a line."""
    show(value, lambda: print_facts(facts))


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one a line."""
    width = max(map(len, facts))
    for name, fact in facts.items():
        print_line(f"{name:<{width}}  {cell(fact)}")


def show_table(value: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table: framed on a terminal, plain columns elsewhere."""
    show(value, lambda: print_table(columns, rows))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their headings."""
    cells = [[cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        table = Table(*columns)
        for row in cells:
            table.add_row(*map(Text, row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (list(columns), *cells):
        padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print_line("  ".join(padded).rstrip())


def cell(value: Any) -> str:
    """A value as one printable piece of a line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "-" if value is None or value == "" else str(value)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def print_line(text: str) -> None:
    """Print one line to stdout."""
    sys.stdout.write(text + "\n")
