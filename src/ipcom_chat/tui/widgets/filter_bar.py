"""What narrows the history: three chips that keys switch, and what was understood of the text."""

from collections.abc import Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import local_time
from ipcom_chat.services.browsing import Query
from ipcom_chat.tui.widgets.rows import Rows, flowed

VALUE_CHARS = 40
_ACTION = "action"


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A chip that a key or a click switches."""

    key: str
    """As people read it: `F2`."""
    text: str
    action: str
    is_set: bool
    """Whether it narrows anything."""


class FilterBar(Rows):
    """The chips."""

    DEFAULT_CSS = """
    FilterBar { padding: 0 2; max-height: 3; }
    """

    class Pressed(Message):
        """A chip was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        super().__init__()
        self._switches: Sequence[Switch] = ()
        self._fields: Sequence[str] = ()

    def show(self, switches: Sequence[Switch], fields: Sequence[str]) -> None:
        """Show the state of the switches, and the fields that were recognised."""
        before = self._switches, self._fields
        self._switches, self._fields = tuple(switches), tuple(fields)
        if before != (self._switches, self._fields):
            self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the chips, as many beside one another as fit."""
        chips = [_switch(each) for each in self._switches]
        chips += [Content.styled(f" {field} ", "$text-accent on $panel") for field in self._fields]
        return flowed(chips, " ", width)

    def on_click(self, event: events.Click) -> None:
        """Report the chip under the mouse."""
        event.stop()
        action = event.style.meta.get(_ACTION)
        if isinstance(action, str):
            self.post_message(self.Pressed(action))


def _switch(switch: Switch) -> Content:
    key = Content.styled(f" {switch.key} ", "$foreground 60% on $surface")
    style = "bold $text-primary on $surface" if switch.is_set else "$foreground on $surface"
    chip = key + Content.styled(f"{switch.text} ", style)
    return chip.stylize(Style.from_meta({_ACTION: switch.action}))


def fields_of(query: Query) -> list[str]:
    """Return the fields that were understood of a text, each as it could be typed."""
    fields = [
        f"{'-' if each.negated else ''}{each.field.value}:{','.join(each.values)}"
        for each in query.conditions
    ]
    if query.after_ms is not None:
        fields.append(f"after:{local_time(query.after_ms, '%Y-%m-%d %H:%M')}")
    if query.before_ms is not None:
        fields.append(f"before:{local_time(query.before_ms, '%Y-%m-%d %H:%M')}")
    return [_cut(one_line(field)) for field in fields]


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]}…"
