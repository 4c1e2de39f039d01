"""Cuts a growing Markdown text into blocks that will not change any more.

An answer arrives in small portions. Whatever stands before the last block boundary is finished:
it is laid out once and frozen. Only the last block lives, so the cost of one more portion does
not grow with the answer.

A boundary is a blank line outside code, the end of a fenced block, a heading, or a new item of a
list. Text without a boundary is cut at `LONGEST_CHARS`, code at `LONGEST_CODE_CHARS`, so that no
answer, however it is made, can hold the screen: a paragraph after a sentence or a line, a table
with its head repeated, code as a second block. Pure.

Source: CommonMark 0.31.2, sections 3 (blocks), 4.5 (fenced code blocks), 5.2 (list items).
"""

import re

import msgspec

LONGEST_CHARS = 8_000
LONGEST_CODE_CHARS = 100_000
_SLICE_CHARS = 4_000

_FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_ANY_FENCE = re.compile(r"^\s*(?:[-*+]\s+|\d{1,9}[.)]\s+)?(`{3,}|~{3,})[^`]*$")
_ITEM = re.compile(r"^ ?(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:\s|$)")
_SENTENCE = re.compile(r"[.!?…]\s")
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-[-| \t:]*\n$")


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A finished part of the text."""

    source: str
    """Markdown, its line ends included."""
    apart: bool
    """Whether a blank line stood before it."""


class OpenCode(msgspec.Struct, frozen=True, kw_only=True):
    """The fenced block that is still being written."""

    language: str
    code: str


class BlockSplitter:
    """Takes the text in portions and hands out finished pieces, in order."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size_chars = 0
        """Of `_lines` together."""
        self._rest = ""
        self._apart = False
        self._blank_after = False
        self._fence = ""
        """The opening marker of the fenced block that `_lines` is, or lies in."""
        self._is_code = False
        """Whether `_lines` is a fenced block of its own, not one inside a list."""
        self._is_list = False

    @property
    def tail(self) -> Piece:
        """What is not finished yet."""
        return Piece(source="".join(self._lines) + self._rest, apart=self._apart)

    @property
    def open_code(self) -> OpenCode | None:
        """The tail as code, when it is an open fenced block."""
        if not self._is_code:
            return None
        opening = _FENCE.match(self._lines[0].rstrip("\n"))
        language = opening.group(3).strip() if opening else ""
        rest = "" if self._closes(self._rest) else self._rest
        return OpenCode(language=language, code="".join(self._lines[1:]) + rest)

    def feed(self, text: str) -> list[Piece]:
        """Add text; return what is finished by it."""
        pieces: list[Piece] = []
        for start in range(0, len(text), _SLICE_CHARS):
            *lines, self._rest = (self._rest + text[start : start + _SLICE_CHARS]).split("\n")
            for line in lines:
                self._line(line, pieces)
                self._cut_if_endless(pieces)
            self._cut_if_endless(pieces)
        return pieces

    def finish(self) -> list[Piece]:
        """End the text; return what was left."""
        pieces: list[Piece] = []
        if self._rest:
            self._line(self._rest, pieces)
            self._rest = ""
        self._end(pieces)
        return pieces

    def _line(self, line: str, pieces: list[Piece]) -> None:
        if self._fence:
            self._fenced_line(line, pieces)
        elif not line.strip():
            self._blank(pieces)
        else:
            self._text_line(line, pieces)

    def _fenced_line(self, line: str, pieces: list[Piece]) -> None:
        self._keep(line + "\n")
        if self._closes(line):
            self._fence = ""
            if self._is_code:
                self._end(pieces)

    def _blank(self, pieces: list[Piece]) -> None:
        if self._is_list:
            self._keep("\n")
            self._blank_after = True
        else:
            self._end(pieces)
            self._apart = True

    def _text_line(self, line: str, pieces: list[Piece]) -> None:
        if self._starts_block(line):
            self._end(pieces)
        self._blank_after = False
        fence = _FENCE.match(line)
        if not self._lines:
            self._is_list = bool(_ITEM.match(line))
            self._is_code = bool(fence)
        self._keep(line + "\n")
        if inner := _ANY_FENCE.match(line):
            self._fence = inner.group(1)
        elif _HEADING.match(line):
            self._end(pieces)

    def _starts_block(self, line: str) -> bool:
        if _HEADING.match(line):
            return True
        if self._is_list:
            outside = self._blank_after and not line.startswith("  ")
            return outside or bool(_ITEM.match(line)) or bool(re.match(r"^(```|~~~)", line))
        return bool(_FENCE.match(line)) or bool(_ITEM.match(line) and self._lines)

    def _keep(self, line: str) -> None:
        self._lines.append(line)
        self._size_chars += len(line)

    def _closes(self, line: str) -> bool:
        marker = line.strip()
        same = bool(marker) and not marker.strip(self._fence[0])
        return same and len(marker) >= len(self._fence)

    def _end(self, pieces: list[Piece]) -> None:
        source = "".join(self._lines)
        if source.strip():
            pieces.append(Piece(source=source, apart=self._apart))
            self._apart = False
        self._apart = self._apart or self._blank_after or self._is_code
        self._lines, self._size_chars = [], 0
        self._blank_after = self._is_code = self._is_list = False
        self._fence = ""

    def _cut_if_endless(self, pieces: list[Piece]) -> None:
        """Freeze the greater part of what does not end."""
        limit = LONGEST_CODE_CHARS if self._is_code else LONGEST_CHARS
        while self._size_chars + len(self._rest) >= limit:
            head = self._cut_rest()
            again = self._head_to_repeat(limit)
            close = f"\n{self._fence}\n" if self._fence else ""
            source = f"{''.join(self._lines)}{head}".removesuffix("\n" if close else "") + close
            pieces.append(Piece(source=source, apart=self._apart))
            self._lines, self._apart, self._blank_after = again, False, False
            self._size_chars = sum(map(len, again))
            self._is_code = bool(self._fence)
            self._is_list = self._is_list and not self._is_code

    def _cut_rest(self) -> str:
        """Take the beginning of a line that does not end; nothing of a short one."""
        if len(self._rest) < LONGEST_CHARS:
            return ""
        ends = [match.end() for match in _SENTENCE.finditer(self._rest, 0, LONGEST_CHARS)]
        place = ends[-1] if ends and not self._fence else LONGEST_CHARS
        head, self._rest = self._rest[:place], self._rest[place:]
        return head

    def _head_to_repeat(self, limit_chars: int) -> list[str]:
        """Return the lines without which what follows the cut would be something else."""
        if self._fence:
            opening = _FENCE.match(self._lines[0].rstrip("\n")) if self._is_code else None
            language = opening.group(3) if opening else ""
            return [f"{self._fence}{language}\n"] if len(language) < limit_chars // 4 else []
        head = self._lines[:2]
        is_table = len(head) == 2 and "|" in head[0] and _TABLE_RULE.match(head[1])
        return head if is_table and sum(map(len, head)) < limit_chars // 4 else []
