"""Two minutes of `make soak`: everything comes and goes under full load, and nothing grows."""

from pathlib import Path

import pytest
from soak.course import Load, run

from tests.support.packages import programs

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.slow, pytest.mark.alone]

_SECONDS = 100.0


@pytest.mark.timeout(240)
def test_nothing_grows_and_nothing_breaks(tmp_path: Path) -> None:
    outcome = run(tmp_path, programs(), _SECONDS, Load())
    assert outcome.all_faults() == []
    # It is worth something only if much went through.
    assert outcome.frames > 100_000
    assert outcome.visits > 200
    assert outcome.hubs > 10
