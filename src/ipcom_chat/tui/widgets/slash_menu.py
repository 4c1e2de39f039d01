"""Slash commands: which there are, which one a line means, and which ones fit a few letters.

A message may start with a path (`/etc/nginx/nginx.conf says ...`): only the exact name of a
command, alone or followed by a blank, is a command.
"""

import re
from collections.abc import Sequence

import msgspec

from ipcom_chat.domain.folding import fold
from ipcom_chat.tui.widgets.fuzzy import score
from ipcom_chat.tui.widgets.menu import Item

_NAME_SO_FAR = re.compile(r"/[a-z-]*")
_ARGUMENT_SO_FAR = re.compile(r"/([a-z][a-z-]*) (\S*)")
_ONE_NAME = re.compile(r"/[a-z][a-z-]*")
_CLOSE = 0.35
DESCRIBED_CHARS = 3
"""From so many letters on, descriptions are looked at as well."""


class SlashCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that the chat offers."""

    name: str
    """Without the slash."""
    description: str
    """One short line, in the language of the screen."""
    argument: str = ""
    """What may follow the name, for display: `<username>`."""
    alias: str = ""
    """Another name, which the menu does not show."""


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is a command."""

    name: str
    argument: str
    """What followed the name, without the blanks around it; may be empty."""


def invocation(text: str, commands: Sequence[SlashCommand]) -> Invocation | None:
    """Return the command that `text` is, or `None` for a message."""
    first, _, argument = text.strip().partition(" ")
    if "\n" in text.strip() or not first.startswith("/"):
        return None
    typed = first[1:]
    command = next((each for each in commands if typed in (each.name, each.alias or None)), None)
    return Invocation(name=command.name, argument=argument.strip()) if command else None


def likely_meant(text: str, commands: Sequence[SlashCommand]) -> SlashCommand | None:
    """Return the command that a lone `/word` probably means, as `/hlep` means `/help`."""
    typed = text.strip()
    if not _ONE_NAME.fullmatch(typed) or invocation(typed, commands):
        return None
    wanted = sorted(typed[1:])
    for command in commands:
        if sorted(command.name) == wanted:
            return command
    best = max(commands, key=lambda command: score(typed[1:], command.name), default=None)
    return best if best and score(typed[1:], best.name) >= _CLOSE else None


def is_name_so_far(text: str) -> bool:
    """Return whether `text` may still become the name of a command, so that the menu helps."""
    return _NAME_SO_FAR.fullmatch(text) is not None


def argument_so_far(text: str) -> tuple[str, str] | None:
    """Return the name of a command and what is written of its argument; None otherwise."""
    found = _ARGUMENT_SO_FAR.fullmatch(text)
    return (found.group(1), found.group(2)) if found else None


def fitting(argument: str, items: Sequence[Item]) -> list[Item]:
    """Return the arguments that hold what was written; none once one is written in full."""
    if any(item.value == argument for item in items):
        return []
    return [item for item in items if fold(argument) in fold(item.value)]


def matching(text: str, commands: Sequence[SlashCommand]) -> list[Item]:
    """Return the commands that fit what was typed; a match of the name comes first."""
    query = fold(text.removeprefix("/"))
    ranked = []
    for place, command in enumerate(commands):
        name, description = score(query, command.name), score(query, fold(command.description))
        begins = command.name.startswith(query)
        tier = 2 * begins + bool(name) + (command.name == query)
        if name or (description > 0.5 and len(query) >= DESCRIBED_CHARS):
            ranked.append((-tier, 0.0 if begins else -name, 0.0 if begins else -description, place))
    ranked.sort()
    return [_item(commands[place]) for *_, place in ranked]


def _item(command: SlashCommand) -> Item:
    label = f"/{command.name} {command.argument}".strip()
    return Item(value=command.name, label=label, hint=command.description)
