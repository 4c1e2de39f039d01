"""The shape of a parsed shell line, and what follows from it.

Plain records, so that what judges them needs no grammar.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ipcom_chat.assistant.shell_wrappers import SHELLS, program_of

_READERS: Final = frozenset({"at", "batch", "crontab"})


class Redirect(msgspec.Struct, frozen=True):
    """One redirection of a command."""

    operator: str
    """`>`, `>>`, `<`, `<<`, `<<<`, `>&`, `&>` and others, as written."""
    target: str
    """A file, a descriptor, or the text of a here-document or here-string."""
    is_static: bool = True


class SimpleCommand(msgspec.Struct, frozen=True, kw_only=True):
    """One command with its arguments, unquoted."""

    words: tuple[str, ...]
    unknown: frozenset[int] = frozenset()
    """The places of words that only the running shell knows; they stand as they are written."""
    assignments: tuple[str, ...] = ()
    """`NAME=value` in front of it; without words, these are all there is."""
    redirects: tuple[Redirect, ...] = ()
    inputs: tuple[int, ...] = ()
    """Commands of the line whose output this one gets: by a pipe, or as a part of its words."""
    functions: tuple[str, ...] = ()
    """The functions in whose bodies it stands, outermost first."""
    inside: int | None = None
    """The command whose arguments hold this one, such as `sudo`; None for one of the line."""
    starts_at: int | None = None
    """Where in the words of `inside` it begins, if it is literally there."""
    is_guess: bool = False
    """A text in a program of another language: it may be a command, or a text like any other."""

    @property
    def program(self) -> str:
        """The program's name without its folder; empty if there is none, or if it is not known."""
        return "" if not self.words or 0 in self.unknown else program_of(self.words[0])


class ShellLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a line would run."""

    commands: tuple[SimpleCommand, ...]
    is_parsed: bool
    """False if any part of it could not be read."""
    folders: tuple[str, ...] = ()
    """Where it changes to by `cd`."""
    repeats_endlessly: bool = False
    """It starts something in the background in a loop without an end."""


def reads_commands(command: SimpleCommand) -> bool:
    """Return whether a command reads lines of shell from its standard input."""
    if command.program in _READERS:
        return True
    rest = command.words[1:]
    if command.program in {"sudo", "su", "doas", "ssh"}:
        return _is_bare_session(command.program, rest)
    if command.program not in SHELLS:
        return False
    named = [word for word in rest if not word.startswith(("-", "+"))]
    letters = "".join(word for word in rest if re.fullmatch(r"-[a-z]+", word))
    if "c" in letters:
        return False
    return not named or "s" in letters or named[0] in {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}


def sources_of(command: SimpleCommand, line: ShellLine) -> list[SimpleCommand]:
    """Return every command whose output may reach this one."""
    seen: set[int] = set()
    waiting = list(command.inputs)
    while waiting:
        index = waiting.pop()
        if index not in seen:
            seen.add(index)
            waiting += line.commands[index].inputs
    return [line.commands[index] for index in sorted(seen)]


def _is_bare_session(program: str, rest: Sequence[str]) -> bool:
    if program == "ssh":
        return len([word for word in rest if not word.startswith("-")]) == 1
    if program == "su":
        return "-c" not in rest
    return any(word in {"-s", "-i", "--shell", "--login"} for word in rest)


def printed(words: Sequence[str]) -> list[str]:
    """Return the lines that `echo` or `printf` with these words may print."""
    rest = [word for word in words[1:] if not re.fullmatch(r"-[neE]+", word)]
    unescaped = [word.replace("\\n", "\n").replace("\\t", "\t") for word in rest]
    if program_of(words[0]) == "printf" and "%" in "".join(unescaped[:1]):
        return [" ".join(unescaped[1:])] if len(unescaped) > 1 else unescaped
    return [" ".join(unescaped)]
