"""The wire of an AI: one streamed chat completion for each question, through pydantic-ai.

Importing this module takes about a second; `agent` does so in a worker thread. One request a
question, no tools, no telemetry.

Invariants: every connection belongs to one answer and is closed with it, whether the answer ends,
fails or is cancelled; only `AssistantError` leaves `answer`; no message of one holds the key.

Source: OpenAI API reference, chat completions and their streaming.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
from openai import AsyncOpenAI
from pydantic_ai import Agent, AgentStreamEvent, ModelSettings
from pydantic_ai import exceptions as foreign
from pydantic_ai.agent import AgentRunEvents
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.run import AgentRunResultEvent

from ipcom_chat.assistant import context
from ipcom_chat.assistant.base import AssistantEvent, Question, Recalled, TextDelta, UsageReport
from ipcom_chat.assistant.endpoint import Endpoint
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantBusyError, AssistantError, AssistantSetupError
from ipcom_chat.i18n import _

CONNECT_TIMEOUT_S = 10.0
MAX_REASON_CHARS = 200

NO_KEY = "none"
"""The SDK insists on a key; servers that need none ignore it."""


class ChatCompletions:
    """A model behind one endpoint."""

    def __init__(
        self,
        *,
        model: str,
        endpoint: Endpoint,
        key: str | None,
        timeout_s: float,
        max_retries: int,
    ) -> None:
        self._model = model
        self._endpoint = endpoint
        self._key = key
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        settings = ModelSettings(timeout=timeout_s, first_event_timeout=timeout_s)
        self._agent = Agent(name="ipcom-chat", retries=0, model_settings=settings)
        # Reading the system's certificates takes tens of milliseconds: here, not in the loop.
        self._tls = httpx2.create_ssl_context()

    async def answer(
        self, question: Question, recalled: Sequence[Recalled]
    ) -> AsyncGenerator[AssistantEvent, None]:
        """Yield the text as it arrives, then what it cost.

        Raises:
            AssistantError: one of its kinds; what was yielded before stays valid.
        """
        try:
            async with self._run(question, recalled) as events:
                async for event in events:
                    if text := _text_of(event):
                        yield TextDelta(text)
                    elif event.event_kind == "agent_run_result":
                        for last in self._ending(event.result.response):
                            yield last
        except AssistantError:
            raise
        # Everything: a malformed answer comes out of the libraries as any exception at all.
        except Exception as error:
            raise self._translated(error) from error

    @asynccontextmanager
    async def _run(
        self, question: Question, recalled: Sequence[Recalled]
    ) -> AsyncIterator[AgentRunEvents[str]]:
        """Send the question with the first event asked for; leaving the block hangs up."""
        async with (
            self._http_client() as http,
            self._agent.run_stream_events(
                context.prompt(question.text, recalled),
                message_history=_history(question),
                instructions=context.instructions(question.language),
                model=self._chat_model(http),
            ) as events,
        ):
            yield events

    def _http_client(self) -> httpx2.AsyncClient:
        timeout = httpx2.Timeout(self._timeout_s, connect=min(self._timeout_s, CONNECT_TIMEOUT_S))
        # A company's proxy, taken from the environment, cannot reach this machine's own Ollama.
        trust_env = not self._endpoint.is_loopback
        return httpx2.AsyncClient(verify=self._tls, timeout=timeout, trust_env=trust_env)

    def _chat_model(self, http: httpx2.AsyncClient) -> OpenAIChatModel:
        client = AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._key or NO_KEY,
            max_retries=self._max_retries,
            http_client=http,
        )
        if self._endpoint.is_openai:
            return OpenAIChatModel(self._model, provider=OpenAIProvider(openai_client=client))
        # The SDK takes these from variables that are meant for OpenAI alone.
        client.organization = client.project = client.admin_api_key = None
        provider = OpenAICompatibleProvider("openai-compatible", openai_client=client)
        return OpenAIChatModel(self._model, provider=provider)

    def _ending(self, response: ModelResponse) -> list[AssistantEvent]:
        """Return the last events of a complete answer.

        Raises:
            AssistantBusyError: the stream ended in order, but the answer had not.
        """
        # `response.finish_reason` is no witness: pydantic-ai fills in "stop" where none came.
        if "finish_reason" not in (response.provider_details or {}):
            raise self._cut_off()
        usage = UsageReport(model=self._model, tokens_used=response.usage.total_tokens)
        if response.finish_reason != "length":
            return [usage]
        note = _("(The answer was cut off here: it reached the limit of tokens.)")
        return [TextDelta(f"\n\n{note}"), usage]

    def _translated(self, error: Exception) -> AssistantError:
        """Return the error of ours that says what a foreign one means."""
        if _broke_off(error):
            return self._cut_off()
        names = {"model": self._model, "host": self._endpoint.host, "reason": self._reason(error)}
        for kinds, ours, text in _meanings(names, self._timeout_s):
            if isinstance(error, kinds):
                return ours(text)
        text = _("{host} sent an answer that could not be used: {reason}.", **names)
        return AssistantError(text)

    def _cut_off(self) -> AssistantBusyError:
        return AssistantBusyError(
            _(
                "The connection to {host} broke off in the middle of the answer; what arrived is"
                " kept, ask again for the rest.",
                host=self._endpoint.host,
            )
        )

    def _reason(self, error: BaseException) -> str:
        """Return what the server or the network said, on one line, short, without the key."""
        text = one_line(_said(error)) or type(error).__name__
        if self._key:
            text = text.replace(self._key, "***")
        return text[:MAX_REASON_CHARS].rstrip(". ")


def _history(question: Question) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(message.text)])
        if message.role == "user"
        else ModelResponse(parts=[TextPart(message.text)])
        for message in context.conversation(question.conversation)
    ]


def _text_of(event: AgentStreamEvent | AgentRunResultEvent[str]) -> str:
    """Return the text of the answer that an event brings; thinking is none of it."""
    if event.event_kind == "part_start" and event.part.part_kind == "text":
        return event.part.content
    if event.event_kind == "part_delta" and event.delta.part_delta_kind == "text":
        return event.delta.content_delta
    return ""


def _said(error: BaseException) -> str:
    """Return the message in the server's own words, or that of the innermost cause."""
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(message := body.get("message"), str):
        return message
    return str(error) if error.__cause__ is None else _said(error.__cause__)


def _broke_off(error: Exception) -> bool:
    """Return whether the connection was lost while the answer was being read."""
    lost = isinstance(error, foreign.ModelConnectionError) and error.phase == "read"
    return lost and not isinstance(error, foreign.ModelTimeoutError)


_Meaning = tuple[tuple[type[Exception], ...], type[AssistantError], str]


def _meanings(names: dict[str, str], timeout_s: float) -> list[_Meaning]:
    """Return what the errors of pydantic-ai mean; the first that fits holds."""
    return [*_troubles(names, timeout_s), *_refusals(names)]


def _troubles(names: dict[str, str], timeout_s: float) -> list[_Meaning]:
    """Return what the errors mean that may be gone a little later."""
    return [
        (
            (foreign.ModelRateLimitError,),
            AssistantBusyError,
            _("{host} limits how often it may be asked; wait a moment and ask again.", **names),
        ),
        (
            (foreign.ModelTimeoutError, foreign.ModelRequestTimeout),
            AssistantBusyError,
            _(
                "{host} sent nothing for {seconds} seconds; ask again, or give a slow model more"
                " time in the settings.",
                seconds=f"{timeout_s:g}",
                **names,
            ),
        ),
        (
            (foreign.ModelConnectionError,),
            AssistantBusyError,
            _(
                "No connection to {host} ({reason}); check that the server runs and that"
                " ai.base_url is right, then ask again.",
                **names,
            ),
        ),
        (
            (foreign.ModelUnavailableError, foreign.ModelServerError),
            AssistantBusyError,
            _("{host} has trouble of its own just now ({reason}); ask again later.", **names),
        ),
    ]


def _refusals(names: dict[str, str]) -> list[_Meaning]:
    """Return what the errors mean that asking again does not mend."""
    return [
        (
            (foreign.ModelQuotaExceededError,),
            AssistantError,
            _("The account at {host} has no credit or quota left; top it up there.", **names),
        ),
        (
            (foreign.ModelAuthenticationError,),
            AssistantSetupError,
            _("{host} refused the key; check that it is right and may use {model}.", **names),
        ),
        (
            (foreign.ModelNotFoundError,),
            AssistantSetupError,
            _("{host} does not know {model}; check ai.model and ai.base_url.", **names),
        ),
        (
            (foreign.ModelContextWindowExceededError,),
            AssistantError,
            _("This is too long for {model}; shorten the question or begin with /clear.", **names),
        ),
        (
            (foreign.ContentFilterError,),
            AssistantError,
            _("{host} refused to answer this question; put it in other words.", **names),
        ),
        (
            (foreign.ModelRequestRejectedError,),
            AssistantError,
            _("{host} rejected the request: {reason}.", **names),
        ),
        (
            (foreign.UnexpectedModelBehavior,),
            AssistantError,
            _(
                "{host} sent an empty answer; ask again, and check ai.base_url if it always does.",
                **names,
            ),
        ),
    ]
