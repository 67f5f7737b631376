"""A crowd of sessions on servers of both kinds: all get in, flood each other, and stay."""

import json

import pytest

from tests.support.peers import Kind
from tests.support.tools import compiled
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_SESSIONS = 40


@pytest.mark.parametrize("kind", Kind)
def test_crowd_gets_in_and_floods(world: World, kind: Kind) -> None:
    with world.hub(kind) as hub:
        world.server(kind).create_user(hub, "crowd", None)
        login, flood, hold = _crowd(world, kind, hub, "--flood", "1", "--window", "8", "--hold", "0.2")
    assert (login["logged_in"], login["failed"]) == (_SESSIONS, 0)
    assert flood["frames"] > _SESSIONS * 8
    assert flood["disordered"] == 0
    assert hold["held"] == _SESSIONS


@pytest.mark.parametrize("kind", Kind)
def test_crowd_tells_that_nobody_gets_in(world: World, kind: Kind) -> None:
    with world.hub(kind) as hub:
        done = world.seat("anna").run(*_command(world, kind, hub, "nobody"), check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[0])["last_refusal"] == 9


def _crowd(world: World, kind: Kind, hub: str, *options: str) -> list[dict[str, float]]:
    done = world.seat("anna").run(*_command(world, kind, hub, "crowd"), *options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _command(world: World, kind: Kind, hub: str, user: str) -> list[str]:
    program = [str(compiled("etherloom-crowd")), "--to", f"{world.address(kind)}:443", "--json"]
    who = ["--hub", hub, "--user", user, "--sessions", str(_SESSIONS), "--concurrency", "8"]
    return [*program, *who]
