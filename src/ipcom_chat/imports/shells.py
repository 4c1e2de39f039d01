r"""Readers of the histories of shells.

bash: a line for each command; with HISTTIMEFORMAT set, `#` and the seconds stand above each, and
what follows up to the next such line is one command. zsh: a line, with EXTENDED_HISTORY
`: START:SECONDS;COMMAND`; a newline within it is written as `\` and newline, and some bytes as
0x83 and the byte xor 32. fish: `- cmd: …` with `when:` below it, `\n` and `\\` escaped.

Where no time is written it is counted backwards from the first time that is, or from when the
file was changed.

Source: bash 5.2 `lib/readline/histfile.c`; zsh 5.9 `Src/hist.c`, `unmetafy`; fish 4 `history`.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ipcom_chat.domain.entry import Kind
from ipcom_chat.imports.records import LATEST_MS, STEP_MS, Items, Record, decoded
from ipcom_chat.imports.sources import File, lines

BLOCK_MAX_LINES = 200
"""More lines than this are no command: the times were switched off, and each is one of its own."""

_STAMP = re.compile(rb"#\d{9,10}")
_ZSH_LINE = re.compile(rb": *(\d{1,11}):(\d{1,9});", re.DOTALL)
_ZSH_META = re.compile(rb"\x83(.)", re.DOTALL)
_ZSH_PADDED = re.compile(rb"\\ +\Z")
_FISH_ESCAPE = re.compile(r"\\(\\|n)")


class Line(NamedTuple):
    """One command of a shell's history."""

    number: int
    """Of the line where it begins."""
    text: str
    at_s: int | None
    took_s: int | None = None


def bash(file: File) -> Items:
    """Yield the commands of a bash history."""
    yield from _timed(file, _bash_lines)


def zsh(file: File) -> Items:
    """Yield the commands of a zsh history, extended or not."""
    yield from _timed(file, _zsh_lines)


def fish(file: File) -> Items:
    """Yield the commands of a fish history."""
    yield from _timed(file, _fish_lines)


def plain(file: File) -> Items:
    """Yield lines of text as questions: the earlier program's oldest list of prompts."""
    yield from _timed(file, _plain_lines, Kind.QUESTION)


def _timed(file: File, parse: Callable[[File], Iterator[Line]], kind: Kind = Kind.COMMAND) -> Items:
    """Give every line an instant; within one second they keep their order."""
    leading, first_ms = _leading(file, parse)
    last_s, last_ms = None, 0
    for index, line in enumerate(parse(file)):
        is_known = line.at_s is not None and line.at_s * 1000 <= LATEST_MS
        if is_known and line.at_s != last_s:
            last_s, last_ms = line.at_s, (line.at_s or 0) * 1000
        elif last_s is None:
            last_ms = max(0, first_ms - (leading - index) * STEP_MS)
        elif not is_known or last_ms % 1000 < 999:
            last_ms += 1
        yield Record(
            place=str(line.number),
            kind=kind,
            command=line.text,
            created_at=last_ms,
            time_estimated=not is_known,
            execution_time_ms=line.took_s * 1000 if line.took_s else None,
        )


def _leading(file: File, parse: Callable[[File], Iterator[Line]]) -> tuple[int, int]:
    """Return how many lines without a time come first, and the instant that follows them."""
    count = 0
    for line in parse(file):
        if line.at_s is not None and line.at_s * 1000 <= LATEST_MS:
            return count, line.at_s * 1000
        count += 1
    return count, file.mtime_ms


def _bash_lines(file: File) -> Iterator[Line]:
    at_s: int | None = None
    block: list[tuple[int, bytes]] = []
    for number, raw in enumerate(lines(file.path), 1):
        if raw.startswith(b"#") and _STAMP.fullmatch(raw):
            yield from _bash_block(block, at_s)
            at_s, block = int(raw[1:]), []
        elif at_s is None:
            text = raw.strip()
            if text:
                yield Line(number, decoded(text), None)
        else:
            block.append((number, raw))
            if len(block) > BLOCK_MAX_LINES:
                yield from _one_by_one(block, at_s)
                # Its time is used up; what follows counts on from it.
                block = []
    yield from _bash_block(block, at_s)


def _bash_block(block: list[tuple[int, bytes]], at_s: int | None) -> Iterator[Line]:
    text = b"\n".join(raw for _number, raw in block).strip()
    if text:
        yield Line(block[0][0], decoded(text), at_s)


def _one_by_one(block: list[tuple[int, bytes]], at_s: int) -> Iterator[Line]:
    for number, raw in block:
        if raw.strip():
            yield Line(number, decoded(raw.strip()), at_s)


def _zsh_lines(file: File) -> Iterator[Line]:
    for number, raw in _zsh_joined(file):
        line = _ZSH_META.sub(lambda found: bytes((found[1][0] ^ 32,)), raw)
        extended = _ZSH_LINE.match(line)
        text = decoded(line[extended.end() :] if extended else line).strip()
        if not text:
            continue
        if extended:
            yield Line(number, text, int(extended[1]), int(extended[2]))
        else:
            yield Line(number, text, None)


def _zsh_joined(file: File) -> Iterator[tuple[int, bytes]]:
    parts: list[bytes] = []
    start = 1
    for number, raw in enumerate(lines(file.path), 1):
        if not parts:
            start = number
        if raw.endswith(b"\\") and len(parts) < BLOCK_MAX_LINES * 10:
            parts.append(raw[:-1])
            continue
        # A command that ends in `\` itself has a blank behind it.
        parts.append(raw[:-1] if _ZSH_PADDED.search(raw) else raw)
        yield start, b"\n".join(parts)
        parts = []
    if parts:
        yield start, b"\n".join(parts)


def _fish_lines(file: File) -> Iterator[Line]:
    command: tuple[int, str] | None = None
    at_s: int | None = None
    for number, raw in enumerate(lines(file.path), 1):
        if raw.startswith(b"- cmd:"):
            if command is not None:
                yield Line(*command, at_s)
            text = _FISH_ESCAPE.sub(_fish_unescaped, decoded(raw[6:]).strip()).strip()
            command, at_s = ((number, text) if text else None), None
        elif raw.lstrip().startswith(b"when:") and at_s is None:
            digits = raw.partition(b":")[2].strip()
            at_s = int(digits) if digits.isdigit() and len(digits) < 12 else None
    if command is not None:
        yield Line(*command, at_s)


def _fish_unescaped(found: "re.Match[str]") -> str:
    return "\n" if found[1] == "n" else "\\"


def _plain_lines(file: File) -> Iterator[Line]:
    for number, raw in enumerate(lines(file.path), 1):
        if raw.strip():
            yield Line(number, decoded(raw.strip()), None)
