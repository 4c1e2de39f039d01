"""Runs a playbook that matched: commands in order, each followed by what it means.

Invariants: an answer goes on after any failure of a command, which is said in a sentence; at most
one command runs at a time, and when its task is cancelled its record is handed to
`Question.on_stopped` before the cancellation goes on.
"""

import asyncio
import itertools
import os
import re
import shlex
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Final

from ipcom_chat.assistant.base import (
    AssistantEvent,
    CommandStarted,
    Question,
    Refused,
    TextDelta,
)
from ipcom_chat.assistant.commands import (
    CommandLimits,
    CommandResult,
    CommandRun,
    find_program,
)
from ipcom_chat.assistant.markdown import code
from ipcom_chat.assistant.playbook import (
    Advice,
    Command,
    Provided,
    Step,
    applies,
    compiled,
    filled,
)
from ipcom_chat.assistant.playbook_matching import Match
from ipcom_chat.assistant.playbook_summary import summarise
from ipcom_chat.assistant.playbook_words import accepted
from ipcom_chat.assistant.wording import Wording

_EACH: Final = 20
_NO_SYSTEMD: Final = re.compile(
    r"not been booted with systemd|failed to connect to (?:system scope )?bus", re.IGNORECASE
)
_DENIED: Final = re.compile(
    r"permission denied|operation not permitted|not permitted|must be (?:run as )?root|are you root"
    r"|access denied|superuser|you need to be root|not seeing messages from other users",
    re.IGNORECASE,
)
# Where all went well, the output is somebody's data, which may speak of permissions itself.
_HIDDEN: Final = re.compile(
    r"^Hint: You are currently not seeing messages|would have to be root to see it all",
    re.MULTILINE,
)


class PlaybookRun:
    """One playbook at work for one question; it runs once."""

    def __init__(self, match: Match, question: Question, wording: Wording) -> None:
        self._playbook = match.playbook
        self._values = dict(match.values)
        self._provided: dict[str, tuple[str, ...]] = {}
        self._question = question
        self._wording = wording
        # A folder that is gone must not keep a check of the machine from running.
        self._cwd = question.cwd if os.path.isdir(question.cwd) else "/"  # noqa: PTH112
        self._numbers = itertools.count(1)

    async def events(self) -> AsyncGenerator[AssistantEvent]:
        """Yield what the playbook finds, as soon as it is known."""
        title = self._playbook.title.spoken(self._wording.language)
        yield TextDelta(f"### {title}\n\n{self._advice(self._playbook.explanation)}")
        for step in self._playbook.steps:
            if self._applies(step):
                async for event in self._step(step):
                    yield event
        yield TextDelta(self._advice(self._playbook.remedy))

    def _applies(self, step: Step) -> bool:
        known = self._values | dict.fromkeys(self._provided, "")
        # For each of nothing there is nothing to run, whether or not the author said so.
        needed = step.when if step.for_each is None else (*step.when, step.for_each)
        return applies(needed, step.unless, known)

    def _advice(self, paragraphs: Sequence[Advice]) -> str:
        values = {name: code(value) for name, value in self._values.items()}
        language = self._wording.language
        return "".join(
            f"{filled(each.spoken(language), values).strip()}\n\n"
            for each in paragraphs
            if applies(each.when, each.unless, self._values)
        )

    async def _step(self, step: Step) -> AsyncGenerator[AssistantEvent]:
        commands = [each for each in step.commands if find_program(each.argv[0])]
        if not commands:
            yield TextDelta(self._missing(step))
            return
        allowed: list[Command] = []
        for each in commands:
            if (refused := await self._refused(each)) is None:
                allowed.append(each)
            else:
                yield refused
        if allowed:
            async for event in self._first_that_works(step, allowed):
                yield event

    async def _refused(self, command: Command) -> Refused | None:
        """Return that a rule denies a command; None if none does."""
        gate = self._question.gate
        line = shlex.join(filled(item, self._values) for item in command.argv)
        said = await gate.check(line) if gate is not None else None
        if said is None or said.allowed:
            return None
        return Refused(call_id=self._playbook.id, command=line, reason=said.reason)

    async def _first_that_works(
        self, step: Step, commands: Sequence[Command]
    ) -> AsyncGenerator[AssistantEvent]:
        results: list[CommandResult] = []
        for command in commands:
            results.clear()
            async for event in self._results(step, command, results):
                yield event
            if not _passed_on(command, results) or command is commands[-1]:
                break
        self._provide(step, _output_of(results))
        yield TextDelta(self._told(step, command, results))

    async def _results(
        self, step: Step, command: Command, results: list[CommandResult]
    ) -> AsyncGenerator[AssistantEvent]:
        each = (None,) if step.for_each is None else self._provided[step.for_each][:_EACH]
        for value in each:
            values = self._values if value is None else self._values | {str(step.for_each): value}
            run = CommandRun(
                [filled(item, values) for item in command.argv],
                cwd=self._cwd,
                limits=CommandLimits(time_s=step.time_limit_s),
            )
            call_id = f"{self._playbook.id}-{next(self._numbers)}"
            yield CommandStarted(call_id=call_id, command=run.command)
            try:
                results.append(await run.wait())
            except asyncio.CancelledError:
                self._question.on_stopped(run.result().finished(call_id))
                raise
            yield results[-1].finished(call_id)

    def _missing(self, step: Step) -> str:
        if step.optional:
            return ""
        programs = list(dict.fromkeys(each.argv[0] for each in step.commands))
        return f"{self._title(step)}{self._wording.missing_program(programs, step.package)}\n\n"

    def _title(self, step: Step) -> str:
        if step.title is None:
            return ""
        return f"**{self._noted(step.title.spoken(self._wording.language))}**\n\n"

    def _provide(self, step: Step, output: str) -> None:
        for name, provided in step.provides.items():
            values = _values_of(provided, output)
            if values:
                self._provided[name] = values

    def _told(self, step: Step, command: Command, results: Sequence[CommandResult]) -> str:
        output = _output_of(results)
        is_root = os.geteuid() == 0
        notes = [
            note
            for note in step.notes
            if note.root in {None, is_root} and compiled(note.found).search(output)
        ]
        said = _paragraphs([self._noted(each.spoken(self._wording.language)) for each in notes])
        if step.quiet and not said and not _failed(command, results):
            return ""
        if all(note.beside for note in notes):
            # What was found comes first; what to mind about it stands below.
            said = self._read(step, command, results) + said
        return f"{self._title(step)}{said}" if said.strip() else ""

    def _noted(self, text: str) -> str:
        return filled(text, {name: code(value) for name, value in self._values.items()})

    def _read(self, step: Step, command: Command, results: Sequence[CommandResult]) -> str:
        """Return what the output says, then what went wrong."""
        output = _output_of(results)
        failed = _failed(command, results)
        if failed is not None and _NO_SYSTEMD.search(output):
            return f"{self._wording.no_systemd()}\n\n"
        summary = summarise(command, output, self._values, self._wording, failed=failed is not None)
        text = summary.text if failed is None or output.strip() else ""
        problems = list(self._limits_met(step, results))
        if (_DENIED if failed is not None else _HIDDEN).search(output):
            problems.append(self._denied(step))
        elif failed is not None and not (failed.timed_out or (summary.understood and text)):
            problems.append(self._wording.ended_with(failed.exit_code))
        if not text and not problems and not step.optional:
            problems.append(self._wording.no_output())
        return text + _paragraphs(problems)

    def _limits_met(self, step: Step, results: Sequence[CommandResult]) -> Iterator[str]:
        if any(each.timed_out for each in results):
            yield self._wording.timed_out(step.time_limit_s)
        if any(each.truncated for each in results):
            yield self._wording.cut_output()
        if step.for_each is not None and len(self._provided[step.for_each]) > _EACH:
            yield self._wording.only_first(_EACH)

    def _denied(self, step: Step) -> str:
        said = [self._wording.not_permitted()]
        if step.needs is not None:
            said.append(self._noted(step.needs.spoken(self._wording.language)))
        elif os.geteuid() != 0:
            said.append(self._wording.needs_root())
        return " ".join(said)


def _failed(command: Command, results: Sequence[CommandResult]) -> CommandResult | None:
    fine = (0, *command.fine_exits)
    return next((each for each in results if each.exit_code not in fine), None)


def _passed_on(command: Command, results: Sequence[CommandResult]) -> bool:
    return command.next_if is not None and any(
        compiled(command.next_if).search(each.output) for each in results
    )


def _output_of(results: Sequence[CommandResult]) -> str:
    return "\n".join(each.output.strip("\n") for each in results)


def _values_of(provided: Provided, output: str) -> tuple[str, ...]:
    found = [each[1] or "" for each in compiled(provided.pattern).finditer(output)]
    if provided.split is not None:
        found = [part for each in found for part in each.split(provided.split)]
    values = (accepted(provided.kind, each) for each in found)
    return tuple(dict.fromkeys(each for each in values if each))


def _paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f"{each}\n\n" for each in sentences)
