"""Access lists reach the engine: few at once, many aside, and those that name files when these change."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from etherloom.engine.access_records import AccessRecords, pack_rules
from etherloom.engine.commands import HubRules
from etherloom.model.access_list import MAXIMUM_RULES, AccessRule
from etherloom.model.hub import HubOptions
from etherloom.services.access_lists import AccessLists
from etherloom.services.access_rules import AccessRules
from etherloom.services.switches import Switches
from etherloom.services.user_lists import UserLists
from etherloom.state import keys
from etherloom.state.changes import Delete, DeletePrefix, Put
from etherloom.state.owner import Owner
from tests.support.configuration import TEST, hub, open_configuration, put
from tests.support.engine import until
from tests.unit.fake_engine import FakeEngine

RULE = AccessRule(0, 10, discard=True)


class World:
    def __init__(self, owner: Owner, path: Path) -> None:
        self.owner = owner
        self.engine = FakeEngine()
        self.switches = Switches(self.engine.facade)
        self.folder = path / "lists"
        self.folder.mkdir()
        self.rules = AccessRules(owner, self.engine.facade, self.switches, UserLists(self.folder))
        self.lists = AccessLists(owner)

    def records(self, identifier: int = 1) -> AccessRecords:
        return self.engine.access_lists[identifier]


@contextlib.asynccontextmanager
async def world(path: Path) -> AsyncIterator[World]:
    async with open_configuration(path / "state") as owner:
        await put(owner, hub("LAB"), hub("OTHER"))
        w = World(owner, path)
        w.rules.start()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(w.rules.run())
            yield w
            w.rules.stop()
            task.cancel()


def packed(*rules: AccessRule) -> AccessRecords:
    return pack_rules(rules, lambda _name: ())


async def test_a_hub_is_opened_with_its_rules(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.lists.add("LAB", RULE, TEST)
        w.switches.open("lab", HubRules())
        assert w.records() == packed(RULE)
        w.switches.open("other", HubRules())
        assert w.records(2) == packed()


async def test_a_change_is_there_when_the_call_returns(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.switches.open("lab", HubRules())
        await w.lists.add("lab", RULE, TEST)
        assert w.records() == packed(RULE)
        await w.lists.add("LAB", replace(RULE, priority=1), TEST)
        assert w.records() == packed(replace(RULE, priority=1), RULE)
        await w.lists.delete("LAB", 1, TEST)
        assert w.records() == packed(RULE)


async def test_the_rules_of_one_hub_are_not_those_of_another(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.switches.open("lab", HubRules())
        w.switches.open("other", HubRules())
        await w.lists.add("LAB", RULE, TEST)
        assert w.records(2) == packed()


async def test_a_full_list_comes_without_making_anybody_wait(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.switches.open("lab", HubRules())
        rules = [replace(RULE, priority=number) for number in range(1, MAXIMUM_RULES + 1)]
        await w.lists.replace("LAB", rules, TEST)
        await until(lambda: w.records() == packed(*rules))
        await w.lists.delete("LAB", 1, TEST)
        await until(lambda: w.records() == packed(*rules[1:]))


async def test_the_last_change_wins(tmp_path: Path) -> None:
    """A short list must not be overtaken by a long one that was on its way."""
    async with world(tmp_path) as w:
        w.switches.open("lab", HubRules())
        await w.lists.replace("LAB", [replace(RULE, priority=n) for n in range(1, 5_000)], TEST)
        await w.lists.replace("LAB", [RULE], TEST)
        await until(lambda: w.records() == packed(RULE))
        await w.lists.replace("LAB", [], TEST)
        await until(lambda: w.records() == packed())


async def test_a_file_that_changes_reaches_the_engine(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        (w.folder / "staff").write_text("alice\n")
        options = HubOptions((("AccessListIncludeFileCacheLifetime", 1),))
        await put(w.owner, Put(keys.options_key("LAB"), options))
        w.switches.open("lab", HubRules())
        await w.lists.add("LAB", replace(RULE, source_user="include:staff"), TEST)
        assert w.records().lists == (("alice",),)
        (w.folder / "staff").write_text("alice\nbob\n")
        await until(lambda: sorted(w.records().lists[0]) == ["alice", "bob"])


async def test_a_hub_that_is_gone_disturbs_nobody(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.switches.open("lab", HubRules())
        w.switches.open("other", HubRules())
        await w.lists.replace("LAB", [replace(RULE, priority=n) for n in range(1, 5_000)], TEST)
        w.switches.close("lab")
        await put(w.owner, DeletePrefix(keys.access_prefix("LAB")), Delete(keys.hub_key("LAB")))
        await w.lists.add("OTHER", RULE, TEST)
        assert w.records(2) == packed(RULE)
