"""The time that a question may take; it stands still while a person is asked."""

import asyncio
from types import TracebackType
from typing import Self


class TimeLimit:
    """A time-out that can be held; an asynchronous context manager.

    Raises `TimeoutError` out of its block when the time is used up.

    Args:
        time_s: how long the block may take, pauses left out.
    """

    def __init__(self, time_s: float) -> None:
        self._timeout = asyncio.timeout(time_s)
        self._is_on = False
        self._held = 0
        self._since = 0.0
        self._until: float | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._is_on = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_on = False
        await self._timeout.__aexit__(kind, error, trace)

    @property
    def _is_running(self) -> bool:
        # One that has just run out cannot be moved any more, and the task hears of it only later.
        return self._is_on and not self._timeout.expired()

    def hold(self) -> None:
        """Stop the clock; as often as it is held it must be let go."""
        self._held += 1
        if self._held == 1 and self._is_running:
            self._since = asyncio.get_running_loop().time()
            self._until = self._timeout.when()
            self._timeout.reschedule(None)

    def go_on(self) -> None:
        """Let the clock run again."""
        self._held -= 1
        if not self._held and self._until is not None and self._is_running:
            waited = asyncio.get_running_loop().time() - self._since
            self._timeout.reschedule(self._until + waited)
