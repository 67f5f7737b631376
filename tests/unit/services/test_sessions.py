"""The registry of running sessions: names, keys, further connections, ends."""

from typing import cast

import pytest
from structlog.testing import capture_logs

from etherloom.engine.commands import UNBOUND_PORT, Direction, HubRules, SessionRules
from etherloom.engine.facade import Connection
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.negotiation import AgreedModes
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.services.sessions import Opening, RunningSession, SessionKind, Sessions
from etherloom.services.switches import Switches
from tests.support.asynchronous import settle
from tests.unit.fake_engine import FakeConnection, FakeEngine, FakeSession


class World:
    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.switches = Switches(self.engine.facade)
        self.switches.open("LAB", HubRules())
        self.sessions = Sessions(self.engine.facade, self.switches, lambda: 1_000)

    def begin(
        self,
        user: str = "alice",
        hub: str = "LAB",
        *,
        encrypt: bool = True,
        half: bool = False,
        most: int = 2,
    ) -> RunningSession:
        modes = AgreedModes(most, encrypt, False, half, False, 20_000)
        opening = Opening(
            hub, user, "", False, ClientFacts(), modes, DEFAULT_POLICY, "CID-1", ("192.0.2.1", 4)
        )
        return self.sessions.begin(opening)

    def link(self, session: RunningSession, direction: Direction = Direction.BOTH) -> None:
        connection = cast(Connection, FakeConnection([]))
        self.sessions.add_link(session, connection, b"welcome", b"", direction)

    def fake(self, session: RunningSession) -> FakeSession:
        return cast(FakeSession, session.engine)


async def test_names_count_up_in_each_hub() -> None:
    world = World()
    world.switches.open("other", HubRules())
    assert [world.begin(u).name for u in ("alice", "bob")] == ["SID-ALICE-1", "SID-BOB-2"]
    assert world.begin(hub="other").name == "SID-ALICE-1"


async def test_the_books_are_right_whoever_comes_and_goes() -> None:
    world = World()
    world.switches.open("other", HubRules())
    first, second, third = world.begin(), world.begin(), world.begin(hub="other")
    bob = world.begin("bob")
    assert world.sessions.of_user("lab", "ALICE") == (first, second)
    assert [world.sessions.count(hub) for hub in ("LAB", "OTHER", None)] == [3, 1, 4]
    world.fake(first).end("timeout")
    world.sessions.abandon(third)
    await settle()
    assert world.sessions.of_user("LAB", "alice") == (second,)
    assert world.sessions.of_user("other", "alice") == ()
    assert [world.sessions.count(hub) for hub in ("LAB", "other", None)] == [2, 0, 2]
    world.sessions.close_hub("LAB", "gone")
    await settle()
    assert world.sessions.count() == 0
    assert world.sessions.of_user("LAB", bob.user) == ()


async def test_a_session_gets_rules_and_a_key_of_its_own() -> None:
    world = World()
    first, second = world.begin(), world.begin(encrypt=False, half=True)
    assert world.fake(first).rules == SessionRules(server=True, timeout_ms=20_000)
    assert world.fake(second).rules == SessionRules(server=True, timeout_ms=20_000, half_duplex=True)
    assert len(first.session_key) == 20
    assert first.session_key != second.session_key
    assert first.session_key.hex() not in repr(first)
    assert repr(first.session_key) not in repr(first)


async def test_plaintext_is_told_to_the_engine_and_to_the_log() -> None:
    world = World()
    session = world.begin(encrypt=False)
    world.link(session)
    assert world.fake(session).links == [{"direction": Direction.BOTH, "raw": True}]
    with capture_logs() as lines:
        world.sessions.announce(session)
    assert [line["log_level"] for line in lines] == ["info", "warning"]
    assert all(line["session"] == "SID-ALICE-1" and line["hub"] == "LAB" for line in lines)
    assert all(line["user"] == "alice" for line in lines)


async def test_a_hub_that_is_off_line_takes_no_session() -> None:
    world = World()
    world.switches.close("lab")
    with pytest.raises(Refusal) as refused:
        world.begin()
    assert refused.value.code == ErrorCode.HUB_STOPPING


async def test_further_connections_up_to_one_more_than_agreed() -> None:
    world = World()
    session = world.begin(most=2)
    for _ in range(3):
        world.link(session)
        assert session.connections <= 3
        if session.connections < 3:
            assert world.sessions.accept_connection(session.session_key) == (session, Direction.BOTH)
    with pytest.raises(Refusal) as refused:
        world.sessions.accept_connection(session.session_key)
    assert refused.value.code == ErrorCode.TOO_MANY_CONNECTION


async def test_directions_of_half_duplex_are_the_originals() -> None:
    world = World()
    session = world.begin(half=True, most=8)
    world.link(session, Direction.CLIENT_TO_SERVER)
    given = []
    for _ in range(5):
        _, direction = world.sessions.accept_connection(session.session_key)
        world.link(session, direction)
        given.append(int(direction))
    assert given == [1, 1, 2, 1, 2]


async def test_unknown_and_ended_keys_are_13() -> None:
    world = World()
    session = world.begin()
    for key in (b"", bytes(20)):
        with pytest.raises(Refusal) as refused:
            world.sessions.accept_connection(key)
        assert refused.value.code == ErrorCode.SESSION_TIMEOUT
    world.fake(session).end("timeout")
    with pytest.raises(Refusal):
        world.sessions.accept_connection(session.session_key)


async def test_an_ended_session_is_off_the_list_and_its_counters_are_let_go() -> None:
    world = World()
    session = world.begin()
    with capture_logs() as lines:
        world.fake(session).end("timeout")
        await settle()
    assert world.sessions.list("lab") == ()
    assert world.fake(session).forgotten
    assert [(line["event"], line["reason"]) for line in lines] == [("session ended", "timeout")]


async def test_disconnect_takes_effect_at_once_and_is_logged_once() -> None:
    world = World()
    session, other = world.begin(), world.begin("bob")
    with capture_logs() as lines:
        world.sessions.disconnect("lab", "sid-alice-1")
        await settle()
    assert [line["reason"] for line in lines] == ["disconnected by an administrator"]
    assert world.sessions.list("LAB") == (other,)
    assert session.engine.ended.done()
    with pytest.raises(Refusal) as refused:
        world.sessions.disconnect("LAB", "SID-ALICE-1")
    assert refused.value.code == ErrorCode.OBJECT_NOT_FOUND


async def test_a_bridge_is_listed_and_cant_be_disconnected() -> None:
    world = World()
    session = world.sessions.add_bridge("LAB", "tap0", world.engine.open_tap(1, "tap0", UNBOUND_PORT))
    assert (session.name, session.kind, session.device) == ("SID-LOCALBRIDGE-1", SessionKind.BRIDGE, "tap0")
    assert not session.is_plaintext
    with pytest.raises(Refusal) as refused:
        world.sessions.disconnect("LAB", session.name)
    assert refused.value.code == ErrorCode.BRIDGE_CANT_DISCONNECT
    with pytest.raises(Refusal):
        world.sessions.accept_connection(session.session_key)


async def test_closing_a_hub_ends_its_sessions_only() -> None:
    world = World()
    world.switches.open("other", HubRules())
    world.begin()
    world.begin("bob")
    kept = world.begin(hub="other")
    world.sessions.close_hub("lab", "deleted")
    assert world.sessions.all() == (kept,)
    assert world.sessions.count() == 1
    assert world.begin().name == "SID-ALICE-1"


async def test_an_abandoned_session_leaves_nothing() -> None:
    world = World()
    session = world.begin()
    world.sessions.abandon(session)
    assert world.sessions.count() == 0
    await settle()
    assert world.fake(session).forgotten
