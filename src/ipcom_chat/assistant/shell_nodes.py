r"""Nodes of tree-sitter-bash, with a doubt wherever the grammar and Bash may disagree.

The grammar was made to colour editors: it takes `\ ` for a blank, `{a,b}` for the beginning of a
block and words with a new line in them for words. What is read from it here is checked against the
source, and refused where Bash might read something else. A comparison with Bash itself
(tests/property/test_shell_lines.py) finds such places.
"""

import re
from typing import TYPE_CHECKING, Final

from ipcom_chat.assistant.shell_words import Word, pieces, text_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_WORD_END: Final = frozenset(b" \t\n;&|()")
_WHOLE: Final = frozenset(
    {"string", "raw_string", "ansi_c_string", "heredoc_body", "regex", "comment"}
)
_NO_PIECES: Final = frozenset("variable_assignment file_redirect herestring_redirect".split())


class UnreadableError(ValueError):
    """A line that is not to be trusted to this reader."""


def command_words(node: "Node") -> tuple[list[Word], tuple[str, ...]]:
    """Return the words of a command and the assignments in front of it."""
    if node.type == "test_command":
        return _test_words(node), ()
    if node.type == "variable_assignment":
        return [], (_assignment(node).text,)
    is_declaration = node.type in {"declaration_command", "unset_command"}
    words: list[Word] = []
    assignments: list[str] = []
    for group in pieces(node.children, node.text or b"", node.start_byte):
        first = group[0]
        if len(group) > 1 and any(each.type in _NO_PIECES for each in group):
            raise UnreadableError
        if first.type == "variable_assignment":
            value = _assignment(first)
            assignments.append(value.text)
            words += [value] if is_declaration else []
        elif not first.type.endswith("_redirect"):
            words += words_of(*group)
    return words, tuple(assignments)


def _assignment(node: "Node") -> Word:
    if not re.match(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=", text_of(node)):
        raise UnreadableError  # `2=x` is a command
    value = node.child_by_field_name("value")
    if value is None:
        return Word(text_of(node), is_static=True)
    head = (node.text or b"")[: value.start_byte - node.start_byte].decode("utf-8", "replace")
    if value.type == "array":
        return Word(head + text_of(value), is_static=False)
    found = words_of(value)
    return Word(head + " ".join(each.text for each in found), all(w.is_static for w in found))


def _test_words(node: "Node") -> list[Word]:
    text = text_of(node)
    # Bash evaluates an index once more: [[ 'a[$(rm x)]' -eq 0 ]] runs rm, in quotes, too.
    if "'" in text and ("$(" in text or "`" in text):
        return [Word("$TEST", is_static=False)]
    if text.startswith("["):
        odd = r"[;#\n]" if text.startswith("[[") else r"[;#\n|&<>\\]"
        bare = (
            text_of(leaf)
            for leaf in _leaves(node)
            if leaf.type in {"word", "regex"} or not leaf.is_named
        )
        if any(re.search(odd, each) for each in bare) or "\n" in text:
            raise UnreadableError
    return [Word(word, is_static=True) for word in text.split()]


def check_gaps(root: "Node", source: bytes) -> None:
    r"""Doubt what the grammar leaves out or takes for a comment, and Bash may not.

    It skips `\ ` as it does a blank; to Bash that is a word, or a part of one.

    Raises:
        UnreadableError: in doubt.
    """
    if b"\\" not in source and b"#" not in source:
        return
    end = 0
    for leaf in _leaves(root):
        gap = source[end : leaf.start_byte].replace(b"\\\n", b"")
        is_glued = leaf.start_byte > 0 and (
            source[leaf.start_byte - 1] not in _WORD_END
            or source[: leaf.start_byte].endswith(b"\\\n")
        )
        if b"\\" in gap or (leaf.type == "comment" and is_glued):
            raise UnreadableError
        end = leaf.end_byte


def _leaves(root: "Node") -> "Iterator[Node]":
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count == 0 or node.type in _WHOLE:
            yield node
        else:
            waiting += reversed(node.children)


def check_heredoc(node: "Node") -> None:
    """Doubt a here-document whose end Bash may see elsewhere.

    Raises:
        UnreadableError: in doubt.
    """
    parts = {child.type: text_of(child) for child in node.children}
    written = parts.get("heredoc_start", "")
    end = parts.get("heredoc_end", "").strip("\t\n")
    if not re.fullmatch(r"\w+|'\w+'|\"\w+\"|\\\w+", written) or written.strip("'\"\\") != end:
        raise UnreadableError
    lines = parts.get("heredoc_body", "").split("\n")
    if any(line.strip("\t") == end for line in lines):
        raise UnreadableError


def spawns_endlessly(node: "Node") -> bool:
    """Return whether a loop without an end starts something in the background."""
    text = text_of(node)
    condition = node.child_by_field_name("condition")
    known = text_of(condition).strip("[]()! ") if condition is not None else ""
    if known not in {"true", ":", "1", "false", ""} or re.search(r"\b(?:sleep|wait|read)\b", text):
        return False
    body = node.child_by_field_name("body")
    return body is not None and any(child.type == "&" for child in body.children)
