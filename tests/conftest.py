"""Which tests run where: `full` only with --full; without root or stock programs a skip, in CI a failure."""

import os
from pathlib import Path

import pytest

from tests.support import netns, packages


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="run the whole matrix, not only every pair of values"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = _missing(item)
    if not missing:
        return
    if os.environ.get("ETHERLOOM_CI") or os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must not skip: {missing}", pytrace=False)
    pytest.skip(missing)


def pytest_sessionstart(session: pytest.Session) -> None:
    if _namespaces_missing() == "":
        netns.sweep()


def _missing(item: pytest.Item) -> str:
    if item.get_closest_marker("root") and (why := _namespaces_missing()):
        return f"network namespaces can't be used: {why}"
    if item.get_closest_marker("stock") and not packages.programs().ready:
        return "no stock programs: run python -m tests.support.stock --prepare"
    return ""


_found: list[str] = []


def _namespaces_missing() -> str:
    """Ask once a process."""
    if not _found:
        _found.append(netns.available())
    return _found[0]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parents[1]
