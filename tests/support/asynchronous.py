"""Waiting for what must become true, instead of sleeping."""

import asyncio
from collections.abc import Callable


async def settle() -> None:
    """Let everything run that is ready to run now, and what that makes ready in turn."""
    for _ in range(5):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait until the condition holds; fail with `what` if it doesn't in time."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  # what is waited for has no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"did not happen within {seconds} s: {what}") from None
