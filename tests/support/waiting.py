"""Waiting until something becomes true: the only place of the tests that lets time pass."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TimedOut(AssertionError):
    """What was waited for did not become true."""


def wait_until(
    probe: Callable[[], T | None], timeout: float, what: str | Callable[[], str], interval: float = 0.05
) -> T:
    """Return the first truthy answer of `probe`; raise TimedOut with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimedOut(f"not within {timeout:g} s: {what if isinstance(what, str) else what()}")
        time.sleep(interval)
