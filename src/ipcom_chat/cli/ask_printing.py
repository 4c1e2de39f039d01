"""How a one-shot answer is printed: the answer to stdout, all else to stderr, or as JSON events.

Invariant: stdout holds the answer or JSON and nothing else.
"""

from typing import Any

import msgspec

from ipcom_chat.assistant.base import (
    Cited,
    CommandFinished,
    CommandOutput,
    CommandStarted,
    Noted,
    Recalled,
    Refused,
    TextDelta,
    ToolFinished,
    ToolStarted,
    UsageReport,
)
from ipcom_chat.cli import output
from ipcom_chat.domain.entry import Entry, Status
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import OutputError
from ipcom_chat.i18n import _
from ipcom_chat.services.chat import ChatEvent, NotSaved, StatusChanged
from ipcom_chat.services.exports import json_text

_QUESTION_CHARS = 60
_NAMES: dict[type, str] = {
    TextDelta: "text",
    CommandStarted: "command_started",
    CommandOutput: "command_output",
    CommandFinished: "command_finished",
    ToolStarted: "tool_started",
    ToolFinished: "tool_finished",
    Refused: "refused",
    Cited: "sources",
    Noted: "notice",
    UsageReport: "usage",
    StatusChanged: "status",
    NotSaved: "not_saved",
}
"""The events of `--json --stream`."""


class Printer:
    """Writes the events of a request for people.

    Args:
        streams: whether the answer goes to stdout as it arrives; else the caller writes JSON.
        quiet: whether nothing but the answer and errors is written.
    """

    def __init__(self, *, streams: bool, quiet: bool) -> None:
        self.streams = streams
        self.text = ""
        self.failed = False
        """Whether stdout could not be written."""
        self._quiet = quiet
        self._reader_is_gone = False

    def note(self, text: str) -> None:
        """Tell something that is not the answer."""
        if not self._quiet:
            output.note(text)

    def hear(self, event: ChatEvent) -> None:
        """Write one event."""
        match event:
            case TextDelta():
                self.text += event.text
                self._stream(neutralise(event.text))
            case NotSaved():
                output.fail(event.reason)
            case StatusChanged(status=Status.ERROR):
                self.end()
                output.fail(event.reason or _("There is no answer."))
            case StatusChanged(status=Status.CANCELLED):
                self.end()
                self.note(_("Operation cancelled by user"))
            case _:
                self._note(event)

    def show(self, entry: Entry) -> None:
        """Write the entry as JSON."""
        output.write(f"{json_text(entry)}\n")

    def end(self) -> None:
        """End the last line of the answer."""
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"
            self._stream("\n")

    def end_line(self) -> None:
        """Begin a new line on the terminal before something else is written there."""
        if self.streams and self.text and not self.text.endswith("\n"):
            self._stream("\n")

    def _note(self, event: ChatEvent) -> None:
        match event:
            case CommandStarted():
                self.end_line()
                self.note(f"$ {one_line(event.command)}")
            case CommandFinished() if event.exit_code != 0:
                self.note(_("(exit code {code})", code=event.exit_code))
            case ToolStarted():
                self.end_line()
                self.note(f"· {event.name} {one_line(event.call)}")
            case Refused():
                self.note(
                    _("Not run: {command} ({reason})", command=event.command, reason=event.reason)
                )
            case Noted():
                self.end_line()
                self.note(event.text)
            case Cited():
                self.end()
                for each in event.entries:
                    self.note(source_line(each))
            case _:
                pass

    def _stream(self, text: str) -> None:
        if not self.streams or self._reader_is_gone:
            return
        try:
            output.write(text)
            output.flush()
        except output.ReaderGone:
            self._reader_is_gone = True  # the answer is still worth keeping
        except OutputError as error:  # nor is it the assistant's fault
            self._reader_is_gone = self.failed = True
            output.fail(str(error))


class Events(Printer):
    """Writes each event as one line of JSON, and the entry as the last one."""

    def hear(self, event: ChatEvent) -> None:
        """Write one event."""
        name = _NAMES.get(type(event))
        if isinstance(event, TextDelta):
            self.text += event.text
        if name is not None:
            self._line(name, msgspec.structs.asdict(event))

    def show(self, entry: Entry) -> None:
        """Write the entry."""
        self._line("entry", {"entry": msgspec.Raw(json_text(entry).encode())})

    def _line(self, name: str, fields: dict[str, Any]) -> None:
        self.streams = True
        self._stream(f"{msgspec.json.encode({'event': name, **fields}).decode()}\n")
        self.streams = False


def source_line(entry: Recalled) -> str:
    """Return a source of an answer on one line."""
    question = one_line(entry.question)
    if len(question) > _QUESTION_CHARS:
        question = f"{question[:_QUESTION_CHARS]}…"
    who = one_line(entry.username or entry.os_user)
    return f"[{entry.short_id}] {question} — {who}, {one_line(entry.hostname)}"
