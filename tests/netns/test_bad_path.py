"""The bad path between two namespaces is as bad as it was told to be, and not worse."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bad_path import INTERFACE, Impairment, joined_badly
from tests.support.netns import Namespace
from tests.support.traffic import Station, check_frames, ping, transfer, wait_ping

pytestmark = pytest.mark.root

_ECHOES = 100


@contextlib.contextmanager
def _stations(impairment: Impairment, folder: Path) -> Iterator[tuple[Station, Station]]:
    near, far = Namespace("near"), Namespace("far")
    try:
        with joined_badly(near, far, impairment, folder) as ends:
            here, there = (
                Station(namespace, INTERFACE, end.v4, end.v6)
                for namespace, end in zip((near, far), ends, strict=True)
            )
            wait_ping(here, there.v4)
            yield here, there
    finally:
        near.delete()
        far.delete()


def test_good_path_carries_everything(tmp_path: Path) -> None:
    with _stations(Impairment(), tmp_path) as (here, there):
        check_frames(here, there)
        transfer(here, there, 1 << 20, there.v4)
        transfer(there, here, 1 << 20, here.v6)
        assert None not in [ping(here, there.v4) for _ in range(_ECHOES)]


def test_delay_is_at_least_what_was_asked_for(tmp_path: Path) -> None:
    with _stations(Impairment(delay_ms=15.0, jitter_ms=2.0), tmp_path) as (here, there):
        times = [ping(here, there.v4) for _ in range(20)]
    assert all(time is not None and time >= 0.030 for time in times)


def test_losing_path_still_carries_a_stream(tmp_path: Path) -> None:
    lossy = Impairment(loss_percent=5.0, delay_ms=1.0, reorder_percent=2.0, duplicate_percent=2.0)
    with _stations(lossy, tmp_path) as (here, there):
        transfer(here, there, 1 << 20, there.v4)
        lost = [ping(here, there.v4, timeout=0.3) for _ in range(_ECHOES * 2)].count(None)
    # One in ten is lost there or back; so few or so many come by chance once in a million runs.
    assert 2 <= lost <= 45
