"""Every kept input through its target; the targets and the mutator themselves."""

import random

import pytest
from fuzz import mutator, targets


@pytest.mark.parametrize("name", targets.NAMES)
def test_kept_inputs_do_no_harm(name: str) -> None:
    inputs = targets.corpus(name)
    assert len(inputs) >= 8
    fuzz_one = targets.load(name)
    for data in inputs:
        fuzz_one(data)


@pytest.mark.parametrize("name", targets.NAMES)
def test_a_few_changed_inputs_do_no_harm(name: str) -> None:
    chance, fuzz_one, seeds = random.Random(name), targets.load(name), targets.corpus(name)
    for _ in range(300):
        fuzz_one(mutator.mutate(chance, seeds))


def test_every_folder_of_inputs_belongs_to_a_target() -> None:
    of_rust = {path.stem for path in (targets.CORPUS.parent / "rust/targets").glob("*.rs")}
    assert {path.name for path in targets.CORPUS.iterdir()} == of_rust | set(targets.NAMES)


def test_the_mutator_finds_what_breaks_and_keeps_it() -> None:
    def break_on_a_word(data: bytes) -> None:
        if b"pencore" in data:
            raise KeyError

    runs, broken = mutator.search(break_on_a_word, [b"seed", b"another seed"], seconds=30, seed=1)
    assert runs > 0
    assert broken is not None
    assert b"pencore" in broken


def test_the_mutator_stops_in_time() -> None:
    runs, broken = mutator.search(lambda data: None, [b"seed"], seconds=0.05, seed=1)
    assert runs > 0
    assert broken is None
