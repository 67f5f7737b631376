"""The world that the tests of one process share, and its logs beside every failure."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support.world import World

_TAIL = 4000
_MARK = pytest.StashKey[dict[Path, int]]()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A world for one test that leaves its servers otherwise than it found them."""
    made = World(tmp_path / "own")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _mark_logs(request: pytest.FixtureRequest) -> None:
    if "world" in request.fixturenames:
        made: World = request.getfixturevalue("world")
        request.node.stash[_MARK] = {path: path.stat().st_size for path in made.logs().values()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    made = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and isinstance(made, World):
        marks = item.stash.get(_MARK, {})
        for name, path in made.logs().items():
            text = path.read_bytes()[marks.get(path, 0) :].decode(errors="replace")
            report.sections.append((name, text[-_TAIL:]))
    return report
