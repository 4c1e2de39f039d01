"""An AI as the assistant: OpenAI, Anthropic, Gemini, or any server that speaks as OpenAI does.

Owns what happens before the wire: the settings, the key, the late import of the packages, the
look into the history. What is sent is decided in `context`, the wire is `wire`.

Invariants: importing this module imports neither pydantic_ai nor an HTTP client (about a second),
and the event loop never waits for that import; nothing goes over the network before the first
question; only `AssistantError` leaves `answer`, and no message of one holds the key.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ipcom_chat.assistant import context
from ipcom_chat.assistant.base import AssistantEvent, Noted, Question, Recalled, Turn
from ipcom_chat.assistant.endpoint import Endpoint, ModelName
from ipcom_chat.assistant.machine import machine_facts
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.daemon_thread import in_daemon_thread
from ipcom_chat.errors import AssistantSetupError, IpcomChatError
from ipcom_chat.i18n import Language, _

if TYPE_CHECKING:
    from ipcom_chat.assistant.wire import Wire

_importing = threading.Lock()
_log = logging.getLogger(__name__)

KeySource = Callable[[], str | None]
"""Returns the key, or None where none is configured; called in a worker thread.

Raises `SettingsError` if the file or command that should give it does not.
"""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How models are reached."""

    base_url: str | None = None
    """The setting `ai.base_url`."""
    key: KeySource = lambda: None
    timeout_s: float = 120.0
    """How long to wait for the first or the next piece of an answer."""
    max_retries: int = 2
    """How often a request is repeated after 429, 5xx or a lost connection, as long as nothing of
    the answer has arrived."""


class ForeignTools(Protocol):
    """The tools of other programs."""

    async def open(self) -> tuple[Sequence[Any], Sequence[str]]:
        """Return toolsets for pydantic-ai, and what to tell the person once."""
        ...

    async def close(self) -> None:
        """End those programs."""
        ...


class AgentAssistant:
    """An assistant behind one model; one instance serves the whole process.

    Args:
        model: vendor and name.
        reach: how it is reached.
        playbooks: the built-in checks.
        foreign: tools of other programs, if there are any.

    Raises:
        AssistantSetupError: the address is missing or is none.
    """

    def __init__(
        self,
        model: ModelName,
        reach: Reach,
        *,
        playbooks: Callable[[], Sequence[Playbook]] = tuple,
        foreign: ForeignTools | None = None,
    ) -> None:
        self._model = model
        self._endpoint = Endpoint.of_model(model, reach.base_url)
        self._reach = reach
        self._playbooks = playbooks
        self._foreign = foreign
        self._loading = threading.Lock()
        self._loaded: Wire | None = None

    @property
    def name(self) -> str:
        """What the status line calls it: the name of the model."""
        return self._model.name

    def load(self) -> None:
        """See `Assistant`."""
        # Whoever asks is told what is wrong.
        try:
            self._load()
        except IpcomChatError as error:
            _log.info("the assistant is not ready: %s", error.code)

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """Yield the text as it arrives and what the tools do, then what it cost.

        Raises:
            AssistantBusyError: overloaded, limited, too slow, not reachable, or cut off.
            AssistantQuotaError: the account has no credit left.
            AssistantSetupError: key, address, model or package.
            AssistantError: anything else; what was yielded before stays valid.
        """
        # In threads: importing the packages takes about a second, in which the chat would
        # neither paint nor take a key. Other programs start meanwhile.
        wire, machine, recalled, (toolsets, problems) = await asyncio.gather(
            in_daemon_thread(self._load),
            asyncio.to_thread(machine_facts),
            _recall(question),
            self._foreign_tools(question),
        )
        for problem in problems:
            yield Noted(problem)
        relevant = context.relevant(question, recalled)
        async with aclosing(wire.answer(question, relevant, machine, toolsets)) as events:
            async for event in events:
                yield event

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:  # noqa: ARG002 - the model uses that of the conversation
        """See `Assistant`."""
        wire = await in_daemon_thread(self._load)
        return await wire.summarise(turns)

    async def close(self) -> None:
        """See `Assistant`."""
        if self._foreign is not None:
            await self._foreign.close()

    async def _foreign_tools(self, question: Question) -> tuple[Sequence[Any], Sequence[str]]:
        """Return the tools of other programs, and what is to be told of them."""
        if self._foreign is None or question.gate is None:
            return (), ()
        return await self._foreign.open()

    def _load(self) -> "Wire":
        """Check the key and import the packages, once; runs in a worker thread."""
        with self._loading:
            if self._loaded is None:
                self._loaded = self._connect(self._endpoint.checked_key(self._given_key()))
            return self._loaded

    def _given_key(self) -> str | None:
        try:
            return self._reach.key()
        except IpcomChatError as error:
            raise AssistantSetupError(str(error)) from error

    def _connect(self, key: str | None) -> "Wire":
        import_packages(self._endpoint.vendor)
        from ipcom_chat.assistant.vendors import Access  # noqa: PLC0415 - imported by the above
        from ipcom_chat.assistant.wire import Wire  # noqa: PLC0415

        access = Access(
            endpoint=self._endpoint,
            name=self._model.name,
            key=key,
            max_retries=self._reach.max_retries,
        )
        return Wire(access, timeout_s=self._reach.timeout_s, playbooks=self._playbooks)


def import_packages(vendor: str) -> None:
    """Import what the models of a vendor need; about a second, so not in an event loop.

    Raises:
        AssistantSetupError: the packages are not installed.
    """
    # Two threads that import the same packages at once see half-made modules.
    with _importing:
        try:
            import_module("ipcom_chat.assistant.wire")
            from ipcom_chat.assistant import vendors  # noqa: PLC0415 - an extra

            vendors.load(vendor)
        except ImportError as error:
            raise AssistantSetupError(
                _("The packages for AI are missing: pip install 'ipcom-chat[ai]'")
            ) from error


async def _recall(question: Question) -> list[Recalled]:
    """Look into the history; an AI answers without it rather than not at all."""
    try:
        return list(await question.recall(question.text))
    except IpcomChatError as error:
        _log.warning("recall failed: %s", error.code)
        return []
