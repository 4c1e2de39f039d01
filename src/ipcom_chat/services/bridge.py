"""The one bridge between asynchronous front ends and synchronous storage.

A single thread runs storage calls in the order in which they were given, so a cancellation that
was given after an insertion also happens after it, and no screen ever waits for the disk.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class StorageThread:
    """The thread that owns the replica's connection while a chat runs."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage")

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run `call` after everything given before; the future tells how it went."""
        return self._executor.submit(call, *args, **kwargs)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` after everything given before and return what it returns.

        If the caller is cancelled meanwhile, the call still happens.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(call, *args, **kwargs)))

    def close(self) -> None:
        """Finish what was given, then end the thread."""
        self._executor.shutdown(wait=True)
