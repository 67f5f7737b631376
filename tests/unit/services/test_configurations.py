"""Whole configurations: taken over as one change, undone, counted on, in time."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hook import CommandAction, Hook
from etherloom.model.listener import Listener
from etherloom.model.server import ServerSettings
from etherloom.services.configurations import Configurations
from etherloom.services.takeover.reading import FaultyConfiguration
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import Owner, open_owner
from etherloom.store.counters import Counters, open_counters
from etherloom.store.directory import StateDirectory
from etherloom.store.log import PutDocument, SecretChanged
from etherloom.store.sqlite import SqliteStore, open_store
from tests.support import configuration as known
from tests.support.configuration import TEST
from tests.support.configuration_file import block, hub_file, read_vector, user_file

NOW = 1_795_371_171_821


class House:
    """A configuration with a server's settings, one port and a hub."""

    def __init__(self, store: SqliteStore, owner: Owner, counters: Counters) -> None:
        self.store = store
        self.owner = owner
        self.counters = counters
        self.configurations = Configurations(owner, counters, lambda: NOW)

    def documents(self) -> dict[str, object]:
        return {key: record for key, record in self.owner.snapshot.documents() if key != keys.UNDO}


@asynccontextmanager
async def house(path: Path) -> AsyncIterator[House]:
    with StateDirectory.open(path / "state") as directory:
        store = await open_store(directory)
        try:
            owner = await open_owner(store, lambda: NOW)
            settings = Put(keys.SERVER_SETTINGS, ServerSettings(b"i" * 16))
            await known.put(owner, settings, Put(keys.listener_key(99), Listener(99)))
            yield House(store, owner, await open_counters(store))
        finally:
            await store.close()


async def test_a_file_is_one_change(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        report = await here.configurations.take_over(
            read_vector("vpn_server.config").encode(), "old.config", TEST, replacing=False
        )
        assert here.owner.snapshot.revision == 2
        assert [hub.name for hub in here.owner.snapshot.hubs()] == ["DEFAULT", "HUB1", "HUB2"]
        assert here.owner.snapshot.listener(99) is None
        assert {(one.noun, one.count) for one in report.counts} >= {
            ("hubs", 3),
            ("users", 3),
            ("cascades", 4),
        }
        assert "ServerConfiguration/GlobalParams/FIFO_BUDGET" in report.kept
        (entry,) = await here.store.history(1)
        secrets = {o.key for o in entry.operations if isinstance(o, SecretChanged)}
        assert {keys.SERVER_ADMINISTRATOR, keys.UNDO, keys.KEPT, "hub/hub1/user/pw/password"} <= secrets
        logged = "".join(o.document.decode() for o in entry.operations if isinstance(o, PutDocument))
        # The pre-shared key, a RADIUS secret and a cascade's password, in base64 or as they are.
        assert not re.search(r"c2Vj|HvMFix4|\"plain\"|\"secret\":", logged)


async def test_undo_brings_back_what_was_before(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await known.put(here.owner, known.hub("HUB1"), known.user("HUB1", "own", "word"))
        before = here.documents()
        data = read_vector("vpn_server.config").encode()
        await here.configurations.take_over(data, "file", TEST, replacing=False)
        assert here.owner.snapshot.user("HUB1", "own") is None
        await here.configurations.undo(TEST, discarding=False)
        assert here.documents() == before
        with pytest.raises(Refusal, match="no import to undo"):
            await here.configurations.undo(TEST, discarding=False)


async def test_undo_loses_no_later_change_unasked(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        before = here.documents()
        await here.configurations.take_over(hub_file(), "file", TEST, replacing=False)
        await known.put(here.owner, known.user("LAB", "new", "word"))
        with pytest.raises(Refusal, match="1 changes were made"):
            await here.configurations.undo(TEST, discarding=False)
        assert here.owner.snapshot.user("LAB", "new")
        await here.configurations.undo(TEST, discarding=True)
        assert here.documents() == before


async def test_hubs_are_not_lost_unasked(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await known.put(here.owner, known.hub("MINE"), known.user("MINE", "me", "word"))
        report = await here.configurations.examine(hub_file())
        assert report.lost_hubs == ("MINE",)
        with pytest.raises(Refusal, match="MINE") as refused:
            await here.configurations.take_over(hub_file(), "file", TEST, replacing=False)
        assert refused.value.code is ErrorCode.OBJECT_EXISTS
        assert here.owner.snapshot.user("MINE", "me")
        report = await here.configurations.take_over(hub_file(), "file", TEST, replacing=True)
        assert report.lost_hubs == ("MINE",)
        assert [hub.name for hub in here.owner.snapshot.hubs()] == ["LAB"]


async def test_without_ports_in_the_file_those_here_stay(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.configurations.take_over(hub_file(), "file", TEST, replacing=False)
        assert [one.port for one in here.owner.snapshot.listeners()] == [99]


async def test_hooks_stay_since_no_file_has_any(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        hook = Hook("notify", CommandAction(("/bin/true",)))
        await known.put(here.owner, Put(keys.hook_key("notify"), hook))
        await here.configurations.take_over(hub_file(), "file", TEST, replacing=False)
        assert here.owner.snapshot.hooks() == [hook]


@pytest.mark.parametrize("data", [b"", hub_file("uint Type x"), user_file(block("a/b"))])
async def test_a_faulty_file_changes_nothing(tmp_path: Path, data: bytes) -> None:
    async with house(tmp_path) as here:
        before = here.documents()
        with pytest.raises(FaultyConfiguration):
            await here.configurations.examine(data)
        with pytest.raises(FaultyConfiguration):
            await here.configurations.take_over(data, "file", TEST, replacing=True)
        assert (here.documents(), here.owner.snapshot.revision) == (before, 1)


async def test_counters_go_on_from_the_file(tmp_path: Path) -> None:
    traffic = block("Traffic", block("RecvTraffic", "uint64 UnicastBytes 700"))
    user = block("u", "uint NumLogin 5", "uint64 LastLoginTime 1795306187058", traffic)
    async with house(tmp_path) as here:
        await here.configurations.take_over(user_file(user), "file", TEST, replacing=False)
        counter = here.counters.get(keys.user_key("LAB", "u"))
        assert (counter.logins, counter.traffic.received_unicast_bytes) == (5, 700)
        here.counters.record_login(keys.user_key("LAB", "u"), NOW)
        assert b"uint NumLogin 6" in await here.configurations.write()


async def test_what_is_written_can_be_taken_over_again(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        data = read_vector("vpn_server.config").encode()
        await here.configurations.take_over(data, "file", TEST, replacing=False)
        before = here.documents()
        await here.configurations.take_over(
            await here.configurations.write(), "own file", TEST, replacing=False
        )
        assert here.documents() == before


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_ten_thousand_users_move_in_within_ten_seconds(tmp_path: Path) -> None:
    whole = read_vector("vpn_server.config")
    found = re.search(r"(\t+)declare pw\n.*?\n\1\}\n", whole, re.DOTALL)
    assert found is not None
    many = "".join(found[0].replace("declare pw", f"declare user{number}") for number in range(10_000))
    data = whole.replace(found[0], found[0] + many).encode()
    async with house(tmp_path) as here:
        # Processor time, of all threads: how busy the machine is otherwise shall not decide.
        start = time.process_time()
        await here.configurations.take_over(data, "file", TEST, replacing=False)
        spent = time.process_time() - start
        assert here.owner.snapshot.user_count("HUB1") == 10_008
        assert here.owner.snapshot.revision == 2
    assert spent < 10
