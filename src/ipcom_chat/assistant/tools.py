"""The tools of an assistant: run a command, search the history, read a file, run built-in checks.

What they return is for a model: without the secrets that the rules know, bounded, and wrapped in
tags that nothing inside can close. What they do is told as events. No vendor is known here.

Invariants: nothing runs that the gate of the question has not let through; a refusal, a fault of a
tool or bad arguments are answers to the model, never errors of the request.
"""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import msgspec

from ipcom_chat.assistant import context
from ipcom_chat.assistant.base import (
    AssistantEvent,
    Decision,
    Question,
    Recalled,
    Refused,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from ipcom_chat.assistant.commands import CommandResult
from ipcom_chat.assistant.file_text import FileText, cut_middle, read_text
from ipcom_chat.assistant.permissions import is_secret_path
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_matching import Match, match
from ipcom_chat.assistant.playbook_running import PlaybookRun
from ipcom_chat.assistant.running import Line, Runner
from ipcom_chat.assistant.time_limit import TimeLimit
from ipcom_chat.assistant.wording import Wording
from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _, n_

OUTPUT_MAX_CHARS: Final = 16_000
FOUND_MAX: Final = 8
_CALL_CHARS: Final = 200
_OWN_TAGS: Final = re.compile(r"<(?=/?(?:output|file|history|checks)\b)", re.IGNORECASE)

Playbooks = Callable[[], Sequence[Playbook]]


class Toolbox:
    """The tools for one question.

    Args:
        question: whose gate decides.
        emit: hears what happens.
        playbooks: the built-in checks; called in a thread.
        limit: the time of the question; it stands still while a person thinks.
    """

    def __init__(
        self,
        question: Question,
        emit: Callable[[AssistantEvent], None],
        playbooks: Playbooks,
        limit: TimeLimit,
    ) -> None:
        self.found: list[Recalled] = []
        """What was found in the history for this question."""
        self._question = question
        self._emit = emit
        self._playbooks = playbooks
        self._limit = limit
        self._numbers = itertools.count(1)
        self._runner = Runner(emit, question.on_stopped, question.borrow)
        # Two commands at once would mix on the screen, and a person is asked about one at a time.
        self._one_by_one = asyncio.Lock()

    async def run_command(self, line: str) -> str:
        """Run a shell line, if it may, and return its output for the model."""
        call_id = self._call_id()
        async with self._one_by_one:
            said = await self._let_through(call_id, line)
            if not said.allowed:
                return self._refused(call_id, line, said)
            text = said.command or line
            try:
                result = await self._runner.run(
                    Line(
                        call_id=call_id,
                        text=text,
                        cwd=self._question.cwd,
                        time_s=self._question.limits.command_s,
                    )
                )
            except IpcomChatError as error:
                return self._refused(call_id, line, Decision(allowed=False, reason=str(error)))
        return await asyncio.to_thread(_told, result, is_edited=text != line)

    async def search_history(self, query: str, limit: int) -> str:
        """Search the history and return the entries for the model."""
        call_id = self._started("search_history", query)
        search = self._question.search
        try:
            limit = max(1, min(limit, FOUND_MAX))
            found = context.shareable(await search(query, limit)) if search else []
        except IpcomChatError as error:
            return self._failed(call_id, str(error))
        self.found += found
        summary = n_("one entry", "{count} entries", len(found))
        self._emit(ToolFinished(call_id=call_id, result=summary))
        return context.history_block(found) or "Nothing in the history fits."

    async def read_file(self, path: str) -> str:
        """Read a text file, if it may be read, and return it for the model."""
        call_id = self._call_id()
        whole = await asyncio.to_thread(_whole, self._question.cwd, path)
        said = await self._allowed(call_id, f"read_file {whole}", is_harmless=self._may_read(whole))
        if not said.allowed:
            return self._refused(call_id, f"read_file {whole}", said)
        self._started("read_file", whole, call_id)
        try:
            file = await asyncio.to_thread(read_text, whole, "/", is_exact=True)
        except IpcomChatError as error:
            return self._failed(call_id, str(error))
        size = n_("{count} byte", "{count} bytes", file.size_bytes)
        self._emit(ToolFinished(call_id=call_id, result=size))
        return file_block(file)

    async def run_checks(self, topic: str) -> str:
        """Run the built-in checks that fit a topic and return what they found."""
        playbooks = await asyncio.to_thread(self._playbooks)
        matches = match(playbooks, one_line(topic)[:_CALL_CHARS])
        if not matches:
            titles = sorted(each.title.en for each in playbooks if each.intents.en)
            return f"No built-in check fits. There are: {'; '.join(titles)}."
        async with self._one_by_one:
            told = [await self._checked(each) for each in matches]
        return tagged("checks", cut_middle("\n".join(told), OUTPUT_MAX_CHARS)[0])

    async def call_foreign(
        self, name: str, arguments: Mapping[str, Any], run: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Call a tool of another program, if it may be called; return what it returns."""
        call_id = self._call_id()
        call = f"{name} {msgspec.json.encode(arguments).decode()}"
        said = await self._allowed(call_id, name, call=call)
        if not said.allowed:
            return self._refused(call_id, call, said)
        self._started(name, call.removeprefix(f"{name} "), call_id)
        try:
            result = await run()
        except IpcomChatError as error:
            return self._failed(call_id, str(error))
        self._emit(ToolFinished(call_id=call_id, result=_("done")))
        return result

    async def _checked(self, found: Match) -> str:
        name = f"check:{found.playbook.id}"
        call_id = self._call_id()
        said = await self._allowed(call_id, name, is_harmless=True)
        if not said.allowed:
            return self._refused(call_id, name, said)
        told: list[str] = []
        run = PlaybookRun(found, self._question, Wording("en"))
        async with aclosing(run.events()) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    told.append(event.text)
                else:
                    self._emit(event)
        return (await asyncio.to_thread(redact, "".join(told))).text

    def _may_read(self, whole: str) -> bool:
        """Return whether a file needs no yes: it lies where the person works and is no secret."""
        folder = _whole("/", self._question.cwd)
        return Path(whole).is_relative_to(folder) and not is_secret_path(whole)

    async def _let_through(self, call_id: str, line: str) -> Decision:
        gate = self._question.gate
        if gate is None:
            return Decision(allowed=False, reason=_("commands are off here"))
        self._limit.hold()
        try:
            return await gate.command(call_id, line)
        finally:
            self._limit.go_on()

    async def _allowed(
        self, call_id: str, name: str, *, call: str = "", is_harmless: bool = False
    ) -> Decision:
        gate = self._question.gate
        if gate is None:
            return Decision(allowed=False, reason=_("tools are off here"))
        self._limit.hold()
        try:
            return await gate.tool(call_id, name, call or name, is_harmless=is_harmless)
        finally:
            self._limit.go_on()

    def _call_id(self) -> str:
        return f"t{next(self._numbers)}"

    def _started(self, name: str, call: str, call_id: str | None = None) -> str:
        call_id = call_id or self._call_id()
        shown = one_line(call)[:_CALL_CHARS]
        self._emit(ToolStarted(call_id=call_id, name=name, call=shown))
        return call_id

    def _failed(self, call_id: str, reason: str) -> str:
        self._emit(ToolFinished(call_id=call_id, result=one_line(reason), is_error=True))
        return f"This failed: {one_line(reason)}"

    def _refused(self, call_id: str, what: str, said: Decision) -> str:
        reason = one_line(said.reason)
        self._emit(Refused(call_id=call_id, command=one_line(what), reason=reason))
        return f"This did not run. {reason}".strip()


def _whole(cwd: str, path: str) -> str:
    """Return what a path really means, links followed; any text will do."""
    try:
        return str(Path(cwd, Path(path).expanduser()).resolve())
    except (OSError, RuntimeError, ValueError):
        return path


def tagged(tag: str, text: str, **attributes: str) -> str:
    """Return text as data inside a tag that nothing inside the text can close."""
    names = "".join(f' {name}="{one_line(text)}"' for name, text in attributes.items())
    return f"<{tag}{names}>\n{_OWN_TAGS.sub('&lt;', text).rstrip()}\n</{tag}>"


def file_block(file: FileText) -> str:
    """Return a file as data for a model."""
    return tagged("file", file.text, path=file.path.replace('"', "'"))


def _told(result: CommandResult, *, is_edited: bool) -> str:
    """Return what a command did, for a model."""
    text, is_cut = cut_middle(redact(result.output).text, OUTPUT_MAX_CHARS)
    facts = [f"exit code {result.exit_code}", f"{result.duration_ms / 1000:.1f} s"]
    facts += ["stopped at its time limit"] if result.timed_out else []
    facts += ["output cut"] if is_cut or result.truncated else []
    edited = (
        f"The user changed the command to: {redact(result.command).text}\n" if is_edited else ""
    )
    return f"{edited}{tagged('output', text)}\n{', '.join(facts)}"
