"""Tells the person when a request to an AI is repeated, which the vendors' packages do silently."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from ipcom_chat.assistant.base import AssistantEvent, Noted
from ipcom_chat.assistant.vendors import Access
from ipcom_chat.i18n import _

Hooks = dict[str, list[Callable[[Any], Awaitable[None]]]]


class Repeats:
    """Counts the requests of one client since the last one that was answered.

    Args:
        access: what is asked.
        tell: hears of each repetition.
    """

    def __init__(self, access: Access, tell: Callable[[AssistantEvent], None]) -> None:
        self._access = access
        self._tell = tell
        self._failed = 0

    @property
    def hooks(self) -> Hooks:
        """The event hooks of the client."""
        return {"request": [self._asks], "response": [self._answers]}

    async def _asks(self, _request: httpx2.Request) -> None:
        if self._failed:
            text = _("{host} did not answer; asking again ({count} of {limit}).",
                     host=self._access.endpoint.host, count=self._failed,
                     limit=self._access.max_retries)  # fmt: skip
            self._tell(Noted(text))
        self._failed += 1

    async def _answers(self, response: httpx2.Response) -> None:
        if response.is_success:
            self._failed = 0
