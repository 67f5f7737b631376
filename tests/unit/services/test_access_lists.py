"""Access lists: order, numbers, and what is kept of a rule."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.model.access_list import AccessRule
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import Hub, HubOptions
from etherloom.services import access_lists as module
from etherloom.services.access_lists import FIRST_UNIQUE_ID, AccessLists
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.faults import WORD
from etherloom.state.owner import Owner
from etherloom.state.preparation import prepare
from etherloom.state.snapshot import Snapshot
from tests.support import configuration as known
from tests.support.configuration import TEST, open_configuration, put


def rule(note: str, priority: int = 5) -> AccessRule:
    return AccessRule(0, priority, note=note)


def notes(owner: Owner) -> list[str]:
    return [one.note for one in owner.snapshot.access_list("LAB")]


async def refused_delete(owner: Owner, number: int) -> ErrorCode:
    with pytest.raises(Refusal) as refused:
        await AccessLists(owner).delete("LAB", number, TEST)
    return refused.value.code


async def test_rules_go_by_priority_then_by_age(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        lists = AccessLists(owner)
        for note, priority in (("a", 5), ("b", 5), ("c", 1)):
            kept = await lists.add("lab", rule(note, priority), TEST)
            assert (kept.note, kept.unique_id >= FIRST_UNIQUE_ID) == (note, True)
        assert notes(owner) == ["c", "a", "b"]
        await lists.delete("LAB", 2, TEST)
        assert notes(owner) == ["c", "b"]
        await lists.delete("LAB", owner.snapshot.access_list("LAB")[1].unique_id, TEST)
        assert notes(owner) == ["c"]
        for missing in (0, 2, 40_000):
            assert await refused_delete(owner, missing) is ErrorCode.OBJECT_NOT_FOUND
        await lists.replace("LAB", [rule("x", 9), rule("y", 9), rule("z", 2)], TEST)
        assert notes(owner) == ["z", "x", "y"]


async def test_numbers_are_not_used_again_until_they_run_out(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        last = replace(rule("last"), unique_id=WORD - 1)
        small = replace(rule("small"), unique_id=3)
        await put(owner, *(Put(keys.access_key("LAB", one.unique_id), one) for one in (small, last)))
        await AccessLists(owner).add("LAB", rule("new"), TEST)
        assert notes(owner) == ["small", "last", "new"]
        found = [one.unique_id - FIRST_UNIQUE_ID for one in owner.snapshot.access_list("LAB")]
        assert found == [0, 1, 2]


def numbers(owner: Owner) -> dict[str, int]:
    return {one.note: one.unique_id for one in owner.snapshot.access_list("LAB")}


async def test_rules_that_stay_where_they_were_keep_their_numbers(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        lists = AccessLists(owner)
        wanted = [rule("a", 1), rule("b", 2), rule("c", 2), rule("d", 2), rule("e", 3)]
        await lists.replace("LAB", wanted, TEST)
        before = numbers(owner)
        wanted[1] = replace(wanted[1], active=False)
        await lists.replace("LAB", wanted, TEST)
        after = numbers(owner)
        assert notes(owner) == ["a", "b", "c", "d", "e"]
        assert {note for note in before if before[note] == after[note]} == {"a", "e"}
        await lists.replace("LAB", wanted[::-1], TEST)
        assert notes(owner) == ["a", "d", "c", "b", "e"]
        assert numbers(owner)["a"] == before["a"]
        await lists.replace("LAB", [rule("e", 3)], TEST)
        assert numbers(owner) == {"e": before["e"]}


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=6), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_wanted_is_what_is_there_afterwards(old: list[tuple[int, bool]], data: st.DataObject) -> None:
    def rules(wishes: list[tuple[int, bool]]) -> list[AccessRule]:
        return [AccessRule(0, priority, discard=discard) for priority, discard in wishes]

    pool = st.permutations(old) | st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=6)
    new = data.draw(pool)
    snapshot = Snapshot.build(1, {keys.hub_key("LAB"): Hub("LAB")})
    for wishes in (old, new):
        snapshot = prepare(
            snapshot, module._change("LAB", snapshot.access_list("LAB"), rules(wishes))
        ).snapshot
    found = [(one.priority, one.discard) for one in snapshot.access_list("LAB")]
    assert found == sorted(new)


async def test_what_is_kept_of_a_rule(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"))
        wild = replace(
            rule("x"), source_port_first=90, source_port_last=80, delay=20_000, jitter=200, loss=200
        )
        kept = await AccessLists(owner).add("LAB", wild, TEST)
        assert (kept.source_port_last, kept.delay, kept.jitter, kept.loss) == (90, 10_000, 100, 100)
        limits = HubOptions((("no_delay_jitter_packet_loss", 1), ("no_access_list_include_file", 1)))
        await put(owner, Put(keys.limits_key("LAB"), limits))
        wild = replace(wild, source_user="Include:file", target_user="exclude.me")
        kept = await AccessLists(owner).add("LAB", wild, TEST)
        assert (kept.delay, kept.jitter, kept.loss) == (0, 0, 0)
        assert (kept.source_user, kept.target_user) == ("", "exclude.me")


async def test_how_many_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        await put(owner, known.hub("LAB"), Put(keys.limits_key("LAB"), HubOptions((("max_accesslists", 1),))))
        lists = AccessLists(owner)
        await lists.replace("LAB", [rule("a"), rule("b")], TEST)
        for call in (
            lists.add("LAB", rule("c"), TEST),
            lists.replace("LAB", [rule("a"), rule("b")], TEST, limited=True),
        ):
            with pytest.raises(Refusal) as refused:
                await call
            assert refused.value.code is ErrorCode.TOO_MANY_ACCESS_LIST
        monkeypatch.setattr(module, "MAXIMUM_RULES", 1)
        with pytest.raises(Refusal):
            await lists.replace("LAB", [rule("a"), rule("b")], TEST)
        assert notes(owner) == ["a", "b"]
