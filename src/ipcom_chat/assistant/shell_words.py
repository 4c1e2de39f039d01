"""Words of a shell line as the shell itself would see them: without quotes, braces expanded.

Works on nodes of tree-sitter-bash, in which a word is a leaf, a quoted text, an expansion or a
concatenation of these. What only the running shell can know (variables, substitutions, names of
files) stays as it is written, and the word counts as not static.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

WORDS_MAX: Final = 256
"""How many words one word with braces may become."""
PRIVATE: Final = re.compile("[\ue000-\ue00f]")
"""Characters that this module uses for itself; a line that has them is not looked at."""

_OPEN, _COMMA, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED: Final = str.maketrans("{,}", _OPEN + _COMMA + _CLOSE)
_UNMARKED: Final = str.maketrans(_OPEN + _COMMA + _CLOSE, "{,}")
_BREAKS: Final = frozenset(" \t\n;|&<>()")
_GLOB: Final = re.compile(r"[*?\[]")
_IN_DOUBLE: Final = re.compile(r'\\([$`"\\]|\n)')
_ANSI: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_LETTERS: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip


class TooManyWordsError(ValueError):
    """Braces that would become more words than are looked at."""


class Word(NamedTuple):
    """One word, and whether it is known before the line runs."""

    text: str
    is_static: bool


def words_of(*nodes: "Node") -> list[Word]:
    """Return the words that one word of the source becomes; it may be in pieces.

    Raises:
        TooManyWordsError: its braces become too many.
    """
    # `$"text"` is the text in the language of the machine.
    nodes = nodes[1:] if len(nodes) > 1 and nodes[0].type == "$" else nodes
    parts = [_marked(node) for node in nodes]
    text, is_static = "".join(each.text for each in parts), all(each.is_static for each in parts)
    return [Word(each.translate(_UNMARKED), is_static) for each in _expanded(text)]


def pieces(nodes: "Iterable[Node]", source: bytes, start: int) -> "Iterator[tuple[Node, ...]]":
    r"""Yield nodes that belong to one word together.

    The grammar sees two words in `'r'\m`, and in two halves with `\` at the end of a line between;
    Bash sees one.

    Args:
        nodes: neighbours.
        source: the text of their parent.
        start: where it begins.

    Raises:
        ValueError: something is escaped between them, or a line ends; Bash may see another word
            there, or another command.
    """
    group: list[Node] = []
    for node in nodes:
        gap = source[group[-1].end_byte - start : node.start_byte - start] if group else b" "
        gap = gap.replace(b"\\\n", b"")
        if b"\\" in gap or b"\n" in gap:
            raise ValueError(gap)
        if gap and group:
            yield tuple(group)
            group = []
        group.append(node)
    if group:
        yield tuple(group)


def text_of(node: "Node") -> str:
    """Return the source text of a node."""
    return node.text.decode("utf-8", "replace") if node.text is not None else ""


def _marked(node: "Node") -> Word:
    """Return a word whose unquoted braces and commas are marked."""
    if node.type in {"concatenation", "command_name"}:
        parts = [_marked(child) for child in node.children]
        return Word("".join(p.text for p in parts), all(p.is_static for p in parts))
    if node.type == "string":
        return _double_quoted(node)
    text = text_of(node)
    if node.type == "word" or not node.is_named:
        return _bare(text)
    if node.type in {"raw_string", "ansi_c_string"}:
        text = text[1:-1] if node.type == "raw_string" else _ANSI.sub(_ansi, text[2:-1])
        return Word(text, is_static=True)
    return Word(text, is_static=node.type in {"number", "variable_name", "special_variable_name"})


def _bare(text: str) -> Word:
    is_static = True
    parts: list[str] = []
    escaped = False
    for char in text:
        if escaped:
            parts.append("" if char == "\n" else char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in _BREAKS:
            raise ValueError(text)  # the grammar takes some blanks for a part of a word
        else:
            is_static = is_static and not _GLOB.match(char) and char not in "$`"
            parts.append(char.translate(_MARKED))
    return Word("".join(parts), is_static)


def _double_quoted(node: "Node") -> Word:
    # The grammar leaves blanks between two expansions out of its leaves: they stand in the gaps.
    source = node.text or b""
    parts: list[str] = []
    position, end = 1, len(source) - 1
    for child in node.named_children:
        if child.type == "string_content":
            continue
        start = child.start_byte - node.start_byte
        parts += [_unescaped(source[position:start]), text_of(child)]
        position = child.end_byte - node.start_byte
    is_static = len(parts) == 0
    parts.append(_unescaped(source[position:end]))
    return Word("".join(parts), is_static)


def _unescaped(source: bytes) -> str:
    text = source.decode("utf-8", "replace")
    return _IN_DOUBLE.sub(lambda found: found[1].strip("\n"), text)


def _ansi(found: re.Match[str]) -> str:
    for digits in found.group(1, 2, 3):
        if digits:
            code = int(digits, 16)
            return chr(code) if 0 < code <= 0x10FFFF else ""
    if found[4]:
        return chr(int(found[4], 8) & 0xFF)
    if found[5]:
        return chr(ord(found[5]) & 0x1F)
    return _LETTERS.get(found[6], found[0])


def _expanded(text: str) -> list[str]:
    """Return the words that a word with marked braces becomes, in Bash's order."""
    start = text.find(_OPEN)
    if start < 0:
        return [text]
    before, (parts, after) = text[:start], _split(text[start + 1 :])
    if len(parts) < 2:  # `{x}` and an open end are texts like others
        return [f"{before}{{{rest}" for rest in _expanded(text[start + 1 :])]
    middles = [each for part in parts for each in _expanded(part)]
    rests = _expanded(after)
    if len(middles) * len(rests) > WORDS_MAX:
        raise TooManyWordsError(text)
    return [f"{before}{middle}{rest}" for middle in middles for rest in rests]


def _split(text: str) -> tuple[list[str], str]:
    """Return what stands between the commas up to the closing brace, and what is behind it."""
    depth, begin = 0, 0
    parts: list[str] = []
    for place, sign in enumerate(text):
        if depth == 0 and sign in {_COMMA, _CLOSE}:
            parts.append(text[begin:place])
            begin = place + 1
            if sign == _CLOSE:
                return parts, text[begin:]
        depth += {_OPEN: 1, _CLOSE: -1}.get(sign, 0)
    return [], ""
