"""A small selection of cases in which every pair of values of any two parameters occurs."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Case: TypeAlias = tuple[object, ...]
_Pair: TypeAlias = tuple[int, object, int, object]


def product(parameters: Mapping[str, Sequence[object]]) -> list[Case]:
    """Return all combinations in order."""
    return list(itertools.product(*parameters.values()))


def pairwise(parameters: Mapping[str, Sequence[object]]) -> list[Case]:
    """Return cases that cover every pair, always next the case that covers most of the rest."""
    candidates = product(parameters)
    missing = {pair for case in candidates for pair in _pairs(case)}
    chosen: list[Case] = []
    while missing:
        best = max(candidates, key=lambda case: len(missing & _pairs(case)))
        chosen.append(best)
        missing -= _pairs(best)
    return chosen


def _pairs(case: Case) -> set[_Pair]:
    indexed = list(enumerate(case))
    return {(i, a, j, b) for (i, a), (j, b) in itertools.combinations(indexed, 2)}
