"""An AI as the assistant: any server that speaks OpenAI's chat completions.

Owns what happens before the wire: the settings, the key, the late import of the packages, the
look into the history. What is sent is decided in `context`, the wire is `chat_completions`.

Invariants: importing this module imports neither pydantic_ai nor an HTTP client (about a second),
and the event loop never waits for that import; nothing goes over the network before the first
question; only `AssistantError` leaves `answer`, and no message of one holds the key.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from ipcom_chat.assistant import context
from ipcom_chat.assistant.base import AssistantEvent, Question, Recalled, Turn
from ipcom_chat.assistant.endpoint import Endpoint, parse_model
from ipcom_chat.errors import AssistantSetupError, IpcomChatError
from ipcom_chat.i18n import Language, _

if TYPE_CHECKING:
    from ipcom_chat.assistant.chat_completions import ChatCompletions

DEFAULT_TIMEOUT_S = 120.0
DEFAULT_MAX_RETRIES = 2

_log = logging.getLogger(__name__)


def build_assistant(
    setting: str,
    *,
    base_url: str | None,
    api_key: str | None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    max_retries: int = DEFAULT_MAX_RETRIES,
) -> "AgentAssistant":
    """Build the assistant that the setting `ai.model` names; cheap, nothing is imported or sent.

    Raises:
        AssistantSetupError: the model or the address is missing or wrong.
    """
    model = parse_model(setting)
    return AgentAssistant(
        model=model.name,
        base_url=Endpoint.of_model(model, base_url).base_url,
        api_key=api_key,
        timeout_s=timeout_s,
        max_retries=max_retries,
    )


class AgentAssistant:
    """An assistant behind OpenAI's chat completions; one instance serves the whole process."""

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None,
        api_key: str | None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_retries: int = DEFAULT_MAX_RETRIES,
    ) -> None:
        """Remember the settings.

        Args:
            model: the name that the server knows it by.
            base_url: the server's address up to `/v1`; None is OpenAI itself.
            api_key: None where the server asks for none.
            timeout_s: how long to wait for the first or the next piece of an answer.
            max_retries: how often a request is repeated after 429, 5xx or a lost connection, as
                long as nothing of the answer has arrived.

        Raises:
            AssistantSetupError: the address is not one.
        """
        self._model = model
        self._endpoint = Endpoint.parse(base_url)
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._loading = threading.Lock()
        self._loaded: ChatCompletions | None = None

    @property
    def name(self) -> str:
        """What the status line calls it: the name of the model."""
        return self._model

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """Yield the text as it arrives, then what it cost.

        Raises:
            AssistantBusyError: overloaded, limited, too slow, not reachable, or cut off.
            AssistantSetupError: key, address, model or package.
            AssistantError: anything else; what was yielded before stays valid.
        """
        # In a thread: importing the packages takes about a second, in which the chat would
        # neither paint nor take a key.
        wire = await asyncio.to_thread(self._load)
        recalled = context.relevant(await _recall(question), question.conversation)
        async with aclosing(wire.answer(question, recalled)) as events:
            async for event in events:
                yield event

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:  # noqa: ARG002
        """See `Assistant`."""
        return None

    async def close(self) -> None:
        """See `Assistant`."""

    def _load(self) -> "ChatCompletions":
        """Check the key and import the packages, once; runs in a worker thread."""
        with self._loading:
            if self._loaded is None:
                self._loaded = self._connect(self._checked_key())
            return self._loaded

    def _connect(self, key: str | None) -> "ChatCompletions":
        try:
            # Late, because it takes about a second, and because the packages are an extra.
            from ipcom_chat.assistant.chat_completions import ChatCompletions  # noqa: PLC0415
        except ImportError as error:
            raise AssistantSetupError(
                _("The packages for AI are missing: pip install 'ipcom-chat[ai]'")
            ) from error
        return ChatCompletions(
            model=self._model,
            endpoint=self._endpoint,
            key=key,
            timeout_s=self._timeout_s,
            max_retries=self._max_retries,
        )

    def _checked_key(self) -> str | None:
        key = (self._api_key or "").strip() or None
        if key is not None and not (key.isascii() and key.isprintable()):
            raise AssistantSetupError(
                _("The key for the AI holds characters that no key has; copy it again.")
            )
        if key is None and self._endpoint.is_openai:
            raise AssistantSetupError(
                _("The key for OpenAI is missing: put it into the variable OPENAI_API_KEY.")
            )
        if key is not None and not self._endpoint.is_safe_for_keys:
            raise AssistantSetupError(
                _(
                    "The key was not sent, because {host} is reached over plain http, where others"
                    " can read it: use https in ai.base_url, or remove the key.",
                    host=self._endpoint.host,
                )
            )
        return key


async def _recall(question: Question) -> list[Recalled]:
    """Look into the history; an AI answers without it rather than not at all."""
    try:
        return list(await question.recall(question.text))
    except IpcomChatError as error:
        _log.warning("recall failed: %s", error.code)
        return []
