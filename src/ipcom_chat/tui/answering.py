"""What answers in one session, on what terms, and what it has cost; without a screen.

Invariant: another model answers from the next question on. What the one before keeps between
questions, such as the programs behind its tools, belongs to all models of the process.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ipcom_chat.assistant.base import UsageReport
from ipcom_chat.domain.lifecycle import FINAL
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.chat import ChatEvent, ChatService, StatusChanged
from ipcom_chat.tui.usage import Usage


class Answering:
    """The assistant of one chat.

    Args:
        runtime: knows the models.
        service: asks it.
        quiet: waits until the request that began last is over.
    """

    def __init__(
        self, runtime: Runtime, service: ChatService, quiet: Callable[[], Awaitable[None]]
    ) -> None:
        self._runtime = runtime
        self._service = service
        self._quiet = quiet
        self._reported: UsageReport | None = None
        """Of the request that runs."""
        self._loading: set[asyncio.Task[None]] = set()
        """What would be forgotten before it is done."""
        self.usage = Usage()

    @property
    def name(self) -> str:
        """What answers."""
        return self._service.assistant.name

    def models(self) -> Sequence[str]:
        """Return the models that are configured, the usual one first."""
        return self._runtime.assistants.models()

    def change_model(self, name: str) -> None:
        """Let another model answer from now on; call it in the event loop.

        Raises:
            AssistantSetupError, SettingsError: there is no such model.
        """
        assistant = self._runtime.assistants.build(name)
        self._service.assistant = assistant
        loading = asyncio.get_running_loop().create_task(asyncio.to_thread(assistant.load))
        self._loading.add(loading)
        loading.add_done_callback(self._loading.discard)

    @property
    def is_plan(self) -> bool:
        """Whether answers are plans, and nothing runs."""
        return self._service.terms.is_plan

    @is_plan.setter
    def is_plan(self, is_plan: bool) -> None:
        self._service.terms.is_plan = is_plan

    def tool_facts(self) -> Sequence[tuple[str, str]]:
        """Return what may run, as names and values for people; may read files."""
        return self._runtime.assistants.tool_facts()

    async def compact(self) -> str | None:
        """Go on from a summary of what was said; return it, None without one.

        Raises:
            AssistantError: it could not be made now.
        """
        await self._quiet()  # only then what was said last has joined the conversation
        return await self._service.compact()

    def hear(self, event: ChatEvent) -> None:
        """Count what the request that runs has used."""
        if isinstance(event, UsageReport):
            self._reported = event
        elif isinstance(event, StatusChanged) and event.status in FINAL:
            self.usage.add(self._reported)
            self._reported = None
