"""The soak notices what grows, and does not mind what goes up and down."""

import os
from collections.abc import Callable

from soak.samples import MEMORY_LIMIT_BYTES, Sample, Watch, slope

_MIB = 1 << 20


def _watch(memory: Callable[[int], int], descriptors: Callable[[int], int] = lambda second: 20) -> Watch:
    looks = [Sample(float(second), memory(second), descriptors(second), 5) for second in range(100)]
    return Watch("program", os.getpid(), looks)


def test_the_slope_of_a_line() -> None:
    assert slope([(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]) == 2.0
    assert slope([(1.0, 5.0)]) == 0.0


def test_what_is_taken_at_the_start_is_no_growth() -> None:
    assert _watch(lambda second: 50 * _MIB if second < 30 else 90 * _MIB).faults() == []


def test_waves_are_no_growth() -> None:
    assert (
        _watch(lambda second: 60 * _MIB + second % 10 * _MIB, lambda second: 20 + second % 7 * 5).faults()
        == []
    )


def test_growth_is_found() -> None:
    faults = _watch(
        lambda second: second * MEMORY_LIMIT_BYTES // 40, lambda second: 20 + second // 5
    ).faults()
    assert len(faults) == 2
    assert "memory" in faults[0]
    assert "descriptors" in faults[1]


def test_a_living_process_is_looked_at() -> None:
    watch = Watch("self", os.getpid())
    watch.look(0.0)
    watch.look(1.0)
    assert watch.samples[0].memory_bytes > _MIB
    assert watch.samples[0].threads >= 1
