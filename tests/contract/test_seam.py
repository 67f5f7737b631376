"""The seam's two sides say the same: events and arguments in Python and in Rust."""

import re
from pathlib import Path

import pytest

from etherloom.engine import commands, events, snapshots

RUST = Path(__file__).parents[2] / "rust"
EVENT_SOURCE = (RUST / "engine/src/event.rs").read_text()


def constants(module: str) -> dict[str, int]:
    body = re.search(rf"pub mod {module} {{(.*?)\n}}", EVENT_SOURCE, re.DOTALL)
    assert body, module
    return {name: int(value) for name, value in re.findall(r"pub const (\w+): u32 = (\d+);", body[1])}


@pytest.mark.parametrize(
    ("module", "flags"),
    [
        ("connection", events.ConnectionEvent),
        ("session", events.SessionEvent),
        ("listener", events.ListenerEvent),
        ("hub", events.HubEvent),
    ],
)
def test_event_flags_agree(module: str, flags: type[events.ConnectionEvent]) -> None:
    assert constants(module) == {flag.name: flag.value for flag in flags}


def test_subjects_agree() -> None:
    body = re.search(r"pub enum Subject {(.*?)\n}", EVENT_SOURCE, re.DOTALL)
    assert body
    found = {name.upper(): int(value) for name, value in re.findall(r"(\w+) = (\d+),", body[1])}
    assert found == {subject.name: subject.value for subject in events.Subject}


@pytest.mark.parametrize(
    ("record", "arguments"),
    [
        (commands.HubRules, snapshots.HubRulesArguments),
        (commands.PortRules, snapshots.PortRulesArguments),
        (commands.SessionRules, snapshots.SessionRulesArguments),
        (commands.LinkSettings, snapshots.LinkSettingsArguments),
        (commands.ListenerLimits, snapshots.ListenerLimitsArguments),
    ],
)
def test_commands_and_their_arguments_agree(record: type, arguments: type) -> None:
    assert set(record.__dataclass_fields__) == set(arguments.__annotations__)  # type: ignore[attr-defined]
    source = "".join((RUST / f"python/src/{name}.rs").read_text() for name in ("arguments", "rules"))
    for field in arguments.__annotations__:
        assert re.search(rf"^\s+(pub )?{field}: ", source, re.MULTILINE), field
