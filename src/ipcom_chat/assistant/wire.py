"""The wire of an AI: one question, as many requests as its tools need, through pydantic-ai.

Importing this module takes about a second; `agent` does so in a worker thread. No telemetry.

Invariants: every connection belongs to one question and is closed with it, whether the answer
ends, fails or is cancelled; a question takes no more requests and no more time than its limits
say, and ends with what is known then; only `AssistantError` leaves `answer`, and no message of one
holds the key.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pydantic_ai
from pydantic_ai import Agent, AgentStreamEvent, ModelSettings, RunContext, RunUsage, UsageLimits
from pydantic_ai import exceptions as foreign
from pydantic_ai.agent import AgentRunEvents
from pydantic_ai.capabilities import PrepareTools
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.run import AgentRunResult, AgentRunResultEvent
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset

from ipcom_chat.assistant import context
from ipcom_chat.assistant.agent_tools import TOOLS
from ipcom_chat.assistant.base import (
    AssistantEvent,
    Cited,
    Noted,
    Question,
    Recalled,
    TextDelta,
    Turn,
    UsageReport,
)
from ipcom_chat.assistant.repeats import Repeats
from ipcom_chat.assistant.time_limit import TimeLimit
from ipcom_chat.assistant.tools import Playbooks, Toolbox
from ipcom_chat.assistant.vendors import Access, model_of
from ipcom_chat.assistant.wire_errors import Translator, knows_no_tools
from ipcom_chat.errors import AssistantError
from ipcom_chat.i18n import _, n_

# On a terminal it would print its own advertisement above the first answer.
pydantic_ai.BANNER_ENABLED = False

CONNECT_TIMEOUT_S = 10.0
_TOOL_RETRIES = 2
_SUMMARY_TOKENS = 800

_SUMMARISE = (
    "Summarise this conversation for yourself in at most 300 words, in its own language: the"
    " problem, what was found out and how, commands that mattered with their results, what was"
    " decided, what is open. No greeting, no commentary."
)

Toolset = AbstractToolset[Toolbox]
Put = Callable[[AssistantEvent], None]


def _tell_nobody(_event: AssistantEvent) -> None:
    """Say nothing."""


class Wire:
    """A model behind one endpoint."""

    def __init__(self, access: Access, *, timeout_s: float, playbooks: Playbooks) -> None:
        """Prepare it; nothing is sent.

        Args:
            access: the model and how it is reached.
            timeout_s: how long to wait for the first or the next piece of an answer.
            playbooks: the built-in checks.
        """
        self.access = access
        self.playbooks = playbooks
        self._timeout_s = timeout_s
        self.translator = Translator(access.name, access.endpoint, access.key, timeout_s)
        settings = ModelSettings(timeout=timeout_s, first_event_timeout=timeout_s)
        self.agent = Agent(
            name="ipcom-chat",
            deps_type=Toolbox,
            retries={"tools": _TOOL_RETRIES, "output": 0},
            model_settings=settings,
        )
        self._summariser = Agent(name="ipcom-chat", model_settings=settings)
        self.has_tools = True
        """Whether the model takes tools; false once it has refused them."""
        # Reading the system's certificates takes tens of milliseconds: here, not in the loop.
        self._tls = httpx2.create_ssl_context()

    async def answer(
        self,
        question: Question,
        recalled: Sequence[Recalled],
        machine: str,
        toolsets: Sequence[Toolset] = (),
    ) -> AsyncGenerator[AssistantEvent, None]:
        """Yield what happens, in order; the last event is what it cost.

        Args:
            question: what is asked.
            recalled: entries of the history to send along.
            machine: the facts of this machine.
            toolsets: tools of other programs.

        Raises:
            AssistantError: one of its kinds; what was yielded before stays valid.
        """
        events: asyncio.Queue[AssistantEvent | None] = asyncio.Queue()
        run = _Run(self, question, recalled, machine, toolsets, events.put_nowait)
        # Tools tell of themselves while the model's own events are read: both go through a queue.
        working = asyncio.create_task(run.work())
        working.add_done_callback(lambda _task: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await working
        finally:
            working.cancel()
            await asyncio.wait({working})

    async def summarise(self, turns: Sequence[Turn]) -> str | None:
        """Return what was said, in short.

        Raises:
            AssistantError: as `answer`.
        """
        said = context.conversation(turns, 10 * _SUMMARY_TOKENS * context.CHARS_PER_TOKEN)
        try:
            async with self.http_client() as http:
                result = await self._summariser.run(
                    _SUMMARISE,
                    message_history=_history(said.messages),
                    model=model_of(self.access, http),
                    model_settings=ModelSettings(max_tokens=_SUMMARY_TOKENS),
                    usage_limits=UsageLimits(request_limit=1),
                )
        except Exception as error:
            raise self.translated(error) from error
        return result.output.strip() or None

    def http_client(self, tell: Put = _tell_nobody) -> httpx2.AsyncClient:
        """Return a client for one question.

        Args:
            tell: hears when a request is repeated: the libraries do that without a word.
        """
        timeout = httpx2.Timeout(self._timeout_s, connect=min(self._timeout_s, CONNECT_TIMEOUT_S))
        # A company's proxy, taken from the environment, cannot reach this machine's own Ollama.
        trust_env = not self.access.endpoint.is_loopback
        return httpx2.AsyncClient(
            verify=self._tls,
            timeout=timeout,
            trust_env=trust_env,
            event_hooks=Repeats(self.access, tell).hooks,
        )

    def translated(self, error: Exception) -> AssistantError:
        """Return the error of ours that says what a foreign one means."""
        return error if isinstance(error, AssistantError) else self.translator.translated(error)


class _Run:
    """One question on its way; it dies with the answer."""

    def __init__(
        self,
        wire: Wire,
        question: Question,
        recalled: Sequence[Recalled],
        machine: str,
        toolsets: Sequence[Toolset],
        put: Put,
    ) -> None:
        self._wire = wire
        self._question = question
        self._recalled = recalled
        self._machine = machine
        self._toolsets = toolsets
        self._put = put
        self._limit = TimeLimit(question.limits.time_s)
        self._tools = Toolbox(question, self._emit, wire.playbooks, self._limit)
        self._events: AgentRunEvents[str] | None = None
        """The run that began last."""
        self._text: list[str] = []
        self._is_apart = False
        """Whether something else came after the text so far."""
        self._is_clean = True
        """Whether nothing has happened yet that could not be done over."""

    async def work(self) -> None:
        """Ask, and put every event.

        Raises:
            AssistantError: the model gave no complete answer.
        """
        said = context.conversation(
            self._question.conversation, self._question.limits.context_tokens
        )
        if said.left_out:
            self._put(Noted(_left_out(said.left_out)))
        try:
            async with self._limit:
                await self._ask(_history(said.messages))
        except TimeoutError:
            self._end_early(_("the time for one question is used up"))
        except foreign.UsageLimitExceeded:
            self._end_early(_("the requests for one question are used up"))
        # Everything: a malformed answer comes out of the libraries as any exception at all.
        except Exception as error:
            raise self._wire.translated(error) from error

    async def _ask(self, history: list[ModelMessage]) -> None:
        try:
            await self._follow(history)
        except foreign.ModelAPIError as error:
            if not (self._is_clean and self._uses_tools and knows_no_tools(error)):
                raise
            self._wire.has_tools = False
            self._put(Noted(_("{model} cannot use tools, so it only answers.",
                              model=self._wire.access.name)))  # fmt: skip
            await self._follow(history)

    async def _follow(self, history: list[ModelMessage]) -> None:
        async with self._running(history) as events:
            self._events = events
            async for event in events:
                if event.event_kind == "agent_run_result":
                    self._end(event.result)
                elif text := _text_of(event):
                    self._write(text)

    @asynccontextmanager
    async def _running(self, history: list[ModelMessage]) -> AsyncIterator[AgentRunEvents[str]]:
        """Send the question with the first event asked for; leaving the block hangs up."""
        wire, question = self._wire, self._question
        toolsets = [TOOLS, *self._toolsets] if self._uses_tools else []
        async with (
            wire.http_client(self._put) as http,
            wire.agent.run_stream_events(
                context.prompt(question.text, self._recalled),
                message_history=history,
                instructions=self._instructions,
                model=model_of(wire.access, http),
                deps=self._tools,
                toolsets=toolsets,
                capabilities=[PrepareTools(self._offered)],
                usage_limits=UsageLimits(request_limit=question.limits.requests),
            ) as events,
        ):
            yield events

    @property
    def _uses_tools(self) -> bool:
        return self._question.gate is not None and self._wire.has_tools

    def _is_last(self, ctx: RunContext[Toolbox]) -> bool:
        return ctx.usage.requests >= self._question.limits.requests - 1

    def _instructions(self, ctx: RunContext[Toolbox]) -> str:
        question = self._question
        if not self._uses_tools:
            question = _without_tools(question)
        return context.instructions(question, self._machine, is_last=self._is_last(ctx))

    async def _offered(
        self, ctx: RunContext[Toolbox], definitions: list[ToolDefinition]
    ) -> list[ToolDefinition]:
        """Offer no tool for the last request, so that it becomes an answer."""
        return [] if self._is_last(ctx) else definitions

    def _emit(self, event: AssistantEvent) -> None:
        self._is_apart, self._is_clean = True, False
        self._put(event)

    def _write(self, text: str) -> None:
        if self._is_apart and self._text:
            text = f"\n\n{text.lstrip()}"
        self._is_apart = self._is_clean = False
        self._text.append(text)
        self._put(TextDelta(text))

    def _end(self, result: AgentRunResult[str]) -> None:
        """Put the last events of a complete answer.

        Raises:
            AssistantBusyError: the stream ended in order, but the answer had not.
        """
        # `response.finish_reason` is no witness: pydantic-ai fills in "stop" where none came.
        if "finish_reason" not in (result.response.provider_details or {}):
            raise self._wire.translator.cut_off()
        if result.response.finish_reason == "length":
            self._write(
                f"\n\n{_('(The answer was cut off here: it reached the limit of tokens.)')}"
            )
        self._cite()
        self._report(result.usage, result.new_messages())

    def _end_early(self, why: str) -> None:
        self._is_apart = True
        self._write(f"({_('Stopped here: {why}.', why=why)})")
        self._cite()
        # What was paid for is told, as far as the answers of the server have told it; a run that
        # has not begun knows of nothing.
        with suppress(foreign.UserError):
            if self._events is not None and self._events.usage.total_tokens:
                self._report(self._events.usage, self._events.new_messages())

    def _report(self, usage: RunUsage, messages: Sequence[ModelMessage]) -> None:
        self._put(
            UsageReport(
                model=self._wire.access.name,
                tokens_used=usage.total_tokens,
                cost_microusd=_cost(messages),
            )
        )

    def _cite(self) -> None:
        known = [*self._recalled, *self._tools.found]
        entries = context.cited("".join(self._text), known) or tuple(self._recalled)
        if entries:
            self._put(Cited(entries=entries))


def _without_tools(question: Question) -> Question:
    return question if question.gate is None else msgspec.structs.replace(question, gate=None)


def _history(messages: Sequence[context.Message]) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(message.text)])
        if message.role == "user"
        else ModelResponse(parts=[TextPart(message.text)])
        for message in messages
    ]


def _text_of(event: AgentStreamEvent | AgentRunResultEvent[str]) -> str:
    """Return the text of the answer that an event brings; thinking is none of it."""
    if event.event_kind == "part_start" and event.part.part_kind == "text":
        return event.part.content
    if event.event_kind == "part_delta" and event.delta.part_delta_kind == "text":
        return event.delta.content_delta
    return ""


def _left_out(count: int) -> str:
    return n_(
        "One earlier message no longer fits and is not sent along; /compact makes room.",
        "{count} earlier messages no longer fit and are not sent along; /compact makes room.",
        count,
    )


def _cost(messages: Sequence[Any]) -> int | None:
    """Return what the responses cost, in millionths of a US dollar; None if it is not known."""
    total = Decimal(0)
    with suppress(LookupError, ValueError, AssertionError):
        for message in messages:
            if isinstance(message, ModelResponse):
                total += message.cost().total_price
        return round(total * 1_000_000)
    return None
