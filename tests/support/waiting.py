"""Waiting, in the event loop, for what has no event of its own: another thread or process."""

import asyncio
from collections.abc import Callable

LIMIT_S = 20.0
_PAUSE_S = 0.005


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it still did not after `LIMIT_S`.
    """
    async with asyncio.timeout(LIMIT_S):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(_PAUSE_S)
