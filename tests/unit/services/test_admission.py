"""Which log-ins become sessions, on which terms, and with which code the others are refused."""

import contextlib
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest

from etherloom.auth.authenticator import Authenticated, Claim, Verdict
from etherloom.auth.gate import Gate
from etherloom.engine.commands import Direction, HubRules
from etherloom.engine.facade import Connection
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import (
    AnonymousAuth,
    Auth,
    LoginRequest,
    PasswordAuth,
    SessionWishes,
)
from etherloom.model.authority import Address, SourceRule, SourceRules
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import Policy
from etherloom.services import admission
from etherloom.services.admission import Admission, Granted, Refused
from etherloom.services.sessions import Opening, Sessions
from etherloom.services.switches import Switches
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix, Put
from etherloom.state.owner import Owner
from etherloom.wire.digest import hash_password, secure_password
from tests.support.configuration import administrator, hub, open_configuration, put, user
from tests.unit.fake_engine import FakeConnection, FakeEngine

CHALLENGE = bytes(20)
HERE = ip_address("192.0.2.1")
NOW = 1_000_000
PLAIN = SessionWishes(max_connection=1, qos=False)


class World:
    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        engine = FakeEngine()
        switches = Switches(engine.facade)
        for name in ("LAB", "full"):
            switches.open(name, HubRules())
        self.sessions = Sessions(engine.facade, switches, lambda: NOW)
        self.admission = Admission(owner, Gate(), self.sessions, lambda: NOW)

    async def ask(
        self,
        name: str = "alice",
        password: str | None = "secret",
        hub: str = "LAB",
        wishes: SessionWishes = PLAIN,
        unique: bytes = b"",
        same_machine: bool = False,
        source: Address = HERE,
    ) -> Granted | Refused:
        client = ClientFacts(product="Client", node_unique_id=unique)
        request = LoginRequest(hub, name, proof(name, password), client, wishes)
        return await self.admission.decide(request, CHALLENGE, source, same_machine=same_machine)

    async def enter(self, name: str = "alice", hub: str = "LAB", unique: bytes = b"") -> None:
        """Log in and get a first connection."""
        granted = await self.ask(name, "secret", hub, unique=unique)
        assert isinstance(granted, Granted)
        opening = Opening(
            granted.hub,
            granted.user,
            "",
            granted.administrator,
            ClientFacts(node_unique_id=unique),
            granted.modes,
            granted.policy,
            "CID-1",
            ("192.0.2.1", 1),
        )
        connection = cast(Connection, FakeConnection([]))
        self.sessions.add_link(self.sessions.begin(opening), connection, b"", b"", Direction.BOTH)


def proof(name: str, password: str | None) -> Auth:
    if password is None:
        return AnonymousAuth()
    return PasswordAuth(secure_password(hash_password(password, name), CHALLENGE))


def code(decision: Granted | Refused) -> ErrorCode:
    return decision.code if isinstance(decision, Refused) else ErrorCode.NO_ERROR


@contextlib.asynccontextmanager
async def world(path: Path) -> AsyncIterator[World]:
    async with open_configuration(path / "state") as owner:
        await put(
            owner,
            hub("LAB"),
            hub("off", online=False),
            hub("full", maximum=1),
            user("LAB", "alice", "secret"),
            user("LAB", "guest"),
            user("LAB", "old", "secret", expires=NOW),
            user("LAB", "young", "secret", expires=NOW + 1),
            user("LAB", "banned", "secret", policy=Policy(access=False, no_save_password=True)),
            user("LAB", "twice", "secret", policy=Policy(multi_logins=2)),
            user("LAB", "leaf", "secret", policy=Policy(no_bridge=True, no_routing=True)),
            user("LAB", "spy", "secret", policy=Policy(monitor_port=True)),
            user("full", "alice", "secret"),
            user("full", "old", "secret", expires=NOW),
            user("off", "guest"),
            administrator("LAB", "hubpw"),
            administrator("full", "hubpw"),
        )
        yield World(owner)


async def test_a_known_user_is_granted_the_default_terms(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        granted = await w.ask("ALICE", hub="lab")
    assert isinstance(granted, Granted)
    assert (granted.hub, granted.user, granted.administrator) == ("LAB", "alice", False)
    assert granted.modes.max_connection == 1
    assert granted.modes.timeout_ms == 20_000
    assert granted.policy == Policy(no_bridge=True, no_routing=True)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"hub": "nowhere"}, ErrorCode.HUB_NOT_FOUND),
        ({"hub": "nowhere", "name": "nobody"}, ErrorCode.HUB_NOT_FOUND),
        ({"hub": "off", "name": "guest", "password": None}, ErrorCode.HUB_STOPPING),
        ({"hub": "off", "name": "nobody"}, ErrorCode.HUB_STOPPING),
        ({"name": "nobody"}, ErrorCode.AUTH_FAILED),
        ({"password": "wrong"}, ErrorCode.AUTH_FAILED),
        ({"password": None}, ErrorCode.AUTH_FAILED),
        ({"name": "guest", "password": None}, ErrorCode.NO_ERROR),
        ({"name": "guest", "password": "anything"}, ErrorCode.NO_ERROR),
        ({"name": "old"}, ErrorCode.ACCESS_DENIED),
        ({"name": "old", "password": "wrong"}, ErrorCode.AUTH_FAILED),
        ({"name": "young"}, ErrorCode.NO_ERROR),
        ({"name": "banned"}, ErrorCode.ACCESS_DENIED),
        ({"name": "administrator", "password": "hubpw"}, ErrorCode.NO_ERROR),
        ({"name": "administrator", "password": "x"}, ErrorCode.AUTH_FAILED),
        ({"wishes": SessionWishes(monitor_mode=True)}, ErrorCode.MONITOR_MODE_DENIED),
        ({"name": "spy", "wishes": SessionWishes(monitor_mode=True)}, ErrorCode.NO_ERROR),
        ({"name": "leaf", "wishes": SessionWishes(bridge_mode=True)}, ErrorCode.BRIDGE_MODE_DENIED),
        ({"name": "leaf"}, ErrorCode.NO_ERROR),
    ],
)
async def test_decisions(tmp_path: Path, question: dict[str, str], expected: ErrorCode) -> None:
    async with world(tmp_path) as w:
        assert code(await w.ask(**question)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "password", "expected"),
    [
        ("192.0.2.7", "secret", ErrorCode.IP_ADDRESS_DENIED),
        ("192.0.2.7", "wrong", ErrorCode.IP_ADDRESS_DENIED),
        ("192.0.2.8", "secret", ErrorCode.NO_ERROR),
        ("198.51.100.1", "secret", ErrorCode.NO_ERROR),
        # A rule for the other family is about nobody here, be its mask zeros.
        ("2001:db8::1", "secret", ErrorCode.NO_ERROR),
        ("fd00::1", "secret", ErrorCode.IP_ADDRESS_DENIED),
    ],
)
async def test_source_rules_are_asked_before_the_password(
    tmp_path: Path, source: str, password: str, expected: ErrorCode
) -> None:
    network = ip_address("255.255.255.0")
    rules = (
        SourceRule(ip_address("192.0.2.8"), deny=False, priority=1),
        SourceRule(ip_address("192.0.2.0"), deny=True, priority=2, masked=True, mask=network),
        SourceRule(ip_address("fd00::"), deny=True, priority=3, masked=True, mask=ip_address("ff00::")),
    )
    async with world(tmp_path) as w:
        await put(w.owner, Put(keys.sources_key("LAB"), SourceRules(rules)))
        assert code(await w.ask(password=password, source=ip_address(source))) is expected


async def test_a_refusal_by_policy_says_whether_the_password_may_be_kept(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        banned, wrong = await w.ask("banned"), await w.ask("banned", "wrong")
    assert isinstance(banned, Refused)
    assert banned.no_save_password
    assert isinstance(wrong, Refused)
    assert not wrong.no_save_password


async def test_a_full_hub_is_16_but_for_administrators_and_after_the_rights(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.enter(hub="full")
        assert code(await w.ask(hub="full")) == ErrorCode.HUB_IS_BUSY
        assert code(await w.ask("administrator", "hubpw", "full")) == ErrorCode.NO_ERROR
        assert code(await w.ask("old", hub="full")) == ErrorCode.ACCESS_DENIED
        assert code(await w.ask(hub="LAB")) == ErrorCode.NO_ERROR


async def test_a_full_server_is_16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAXIMUM_SESSIONS", 1)
    async with world(tmp_path) as w:
        await w.enter()
        assert code(await w.ask("guest", None)) == ErrorCode.HUB_IS_BUSY


async def test_multiple_log_ins_count_other_installations_only(tmp_path: Path) -> None:
    here, there = b"h" * 16, b"t" * 16
    async with world(tmp_path) as w:
        await w.enter("twice", unique=here)
        await w.enter("twice", unique=there)
        assert code(await w.ask("twice")) == ErrorCode.TOO_MANY_USER_SESSION
        assert code(await w.ask("twice", unique=b"x" * 16)) == ErrorCode.TOO_MANY_USER_SESSION
        assert code(await w.ask("twice", unique=here)) == ErrorCode.NO_ERROR
        assert code(await w.ask("alice")) == ErrorCode.NO_ERROR


async def test_clients_that_dont_name_themselves_always_count(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.enter("twice")
        await w.enter("twice", unique=bytes(16))
        assert code(await w.ask("twice", unique=bytes(16))) == ErrorCode.TOO_MANY_USER_SESSION


async def test_sessions_without_a_connection_dont_count(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.enter("twice")
        await w.enter("twice")
        lost = w.sessions.list("LAB")[0]
        lost.engine.snapshot()["links"].clear()
        assert code(await w.ask("twice")) == ErrorCode.NO_ERROR


async def test_bridge_mode_frees_and_same_machine_frees(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        bridge = await w.ask(wishes=SessionWishes(bridge_mode=True))
        local = await w.ask("leaf", same_machine=True)
    for granted in (bridge, local):
        assert isinstance(granted, Granted)
        assert not granted.policy.no_bridge
        assert not granted.policy.no_routing


async def test_the_administrators_rights(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        granted = await w.ask("Administrator", "hubpw")
    assert isinstance(granted, Granted)
    assert granted.administrator
    assert granted.user == "administrator"
    assert granted.policy.no_broadcast_limiter
    assert not granted.policy.monitor_port


@pytest.mark.parametrize("wish", [True, False])
async def test_encryption_is_the_hubs_to_require(tmp_path: Path, wish: bool) -> None:
    async with world(tmp_path) as w:
        await put(w.owner, hub("safe", encrypt=True), user("safe", "guest"))
        for name, expected in (("safe", True), ("LAB", wish)):
            granted = await w.ask("guest", None, name, SessionWishes(use_encrypt=wish))
            assert isinstance(granted, Granted)
            assert granted.modes.use_encrypt is expected


class SlowGate:
    """Changes the configuration while it thinks."""

    def __init__(self, owner: Owner, doomed: str) -> None:
        self._owner = owner
        self._doomed = doomed

    async def authenticate(self, claim: Claim) -> Verdict:
        await put(self._owner, DeletePrefix(self._doomed))
        return Authenticated(claim.user)


@pytest.mark.parametrize(
    ("doomed", "expected"),
    [("hub/lab", ErrorCode.HUB_NOT_FOUND), ("hub/lab/user/alice", ErrorCode.AUTH_FAILED)],
)
async def test_what_was_deleted_while_the_gate_thought_is_not_let_in(
    tmp_path: Path, doomed: str, expected: ErrorCode
) -> None:
    async with world(tmp_path) as w:
        w.admission = Admission(w.owner, SlowGate(w.owner, doomed), w.sessions, lambda: NOW)
        assert code(await w.ask()) == expected
