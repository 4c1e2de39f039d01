"""What a shell line would run: every simple command in it, at every level.

`parse` reads Bash with tree-sitter-bash and looks through pipes, lists, subshells, substitutions,
functions and here-documents, and through programs that run others (`shell_wrappers`). Nothing is
run, looked up or expanded that only the running shell knows.

Invariants: it never raises; what it is not sure to read as Bash does (a mark of an error, an odd
blank, a here-document whose end is in doubt, too long, too deep) is not parsed, and says so. The
grammar is imported with the first line, 34 ms.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ipcom_chat.assistant.shell_code import lines_in_code
from ipcom_chat.assistant.shell_model import (
    Redirect,
    ShellLine,
    SimpleCommand,
    printed,
    reads_commands,
)
from ipcom_chat.assistant.shell_nodes import (
    UnreadableError,
    check_gaps,
    check_heredoc,
    command_words,
    spawns_endlessly,
)
from ipcom_chat.assistant.shell_words import (
    PRIVATE,
    Word,
    pieces,
    text_of,
    words_of,
)
from ipcom_chat.assistant.shell_wrappers import (
    PLACEHOLDER,
    Inner,
    assigned_texts,
    inner_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

CHARS_MAX: Final = 20_000
COMMANDS_MAX: Final = 400
DEPTH_MAX: Final = 12
"""Lines within lines: `bash -c "bash -c …"`."""
_BLOCK: Final = re.compile(r"\{[\s\\]|\(\(")
NODES_DEEP_MAX: Final = 120

_ODD: Final = re.compile(
    r"[^\S \t\n]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]"
)
"""Blanks and signs that Bash and the grammar, or a person's eye, take for different things."""


UNPARSED: Final = ShellLine(commands=(), is_parsed=False)


class _Place(NamedTuple):
    """Where in the line the reader is."""

    depth: int = 0
    nodes_deep: int = 0
    inputs: tuple[int, ...] = ()
    functions: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    inside: int | None = None
    is_guess: bool = False


def parse(line: str) -> ShellLine:
    """Return every simple command that `line` would run."""
    reader = _Reader()
    try:
        reader.read(line, _Place())
    except (ValueError, RecursionError):
        return msgspec.structs.replace(UNPARSED, commands=tuple(reader.commands))
    commands = tuple(reader.commands)
    folders = [c.words[-1] for c in commands if c.program in {"cd", "pushd"} and len(c.words) > 1]
    return ShellLine(
        commands=commands,
        is_parsed=True,
        folders=tuple(dict.fromkeys(folders)),
        repeats_endlessly=reader.repeats_endlessly,
    )


def runs_sudo(line: str) -> bool:
    """Return whether a line runs `sudo` or its like at any level; unsure counts as yes."""
    parsed = parse(line)
    if not parsed.is_parsed:
        return "sudo" in line or "doas" in line
    return any(each.program in {"sudo", "doas", "su", "run0", "pkexec"} for each in parsed.commands)


@cache
def _parser() -> "Parser":
    import tree_sitter_bash  # noqa: PLC0415 - 34 ms that only a command to judge needs
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_bash.language()))


class _Reader:
    """Collects the commands of one line."""

    def __init__(self) -> None:
        self.commands: list[SimpleCommand] = []
        self.repeats_endlessly = False

    def read(self, line: str, place: _Place) -> list[int]:
        """Read one line of shell; return which commands it added."""
        if place.depth > DEPTH_MAX or len(line) > CHARS_MAX:
            raise UnreadableError
        if _ODD.search(line) or PRIVATE.search(line):
            raise UnreadableError
        source = line.encode("utf-8", "surrogatepass")
        tree = _parser().parse(source)
        if tree.root_node.has_error:
            raise UnreadableError
        check_gaps(tree.root_node, source)
        return self._visit(tree.root_node, place._replace(depth=place.depth + 1))

    def _visit(self, node: "Node", place: _Place) -> list[int]:
        if place.nodes_deep > NODES_DEEP_MAX:
            raise UnreadableError
        place = place._replace(nodes_deep=place.nodes_deep + 1)
        match node.type:
            case kind if kind in _SIMPLE:
                return self._command(node, place)
            case "redirected_statement":
                return self._redirected(node, place)
            case "file_redirect" | "herestring_redirect":
                return self._bare_redirect(node, place)
            case "pipeline":
                return self._pipeline(node, place)
            case "function_definition":
                return self._function(node, place)
            case "compound_statement" if not _BLOCK.match(text_of(node)):
                raise UnreadableError  # `{a,b}` is a word
            case "while_statement" | "c_style_for_statement":
                self.repeats_endlessly = self.repeats_endlessly or spawns_endlessly(node)
        return self._all(node.children, place)

    def _all(self, nodes: "Iterable[Node]", place: _Place) -> list[int]:
        added: list[int] = []
        for node in nodes:
            if node.child_count:  # leaves say nothing more; most nodes are such
                added += self._visit(node, place)
        return added

    def _pipeline(self, node: "Node", place: _Place) -> list[int]:
        added: list[int] = []
        for stage in node.named_children:
            inputs = (*place.inputs, *added)
            added += self._visit(stage, place._replace(inputs=inputs))
        return added

    def _function(self, node: "Node", place: _Place) -> list[int]:
        name = node.child_by_field_name("name")
        functions = (*place.functions, text_of(name) if name is not None else "")
        return self._all(node.children, place._replace(functions=functions))

    def _redirected(self, node: "Node", place: _Place) -> list[int]:
        body = node.child_by_field_name("body")
        found = [child for child in node.children if child.type.endswith("_redirect")]
        for group in pieces(node.children, node.text or b"", node.start_byte):
            # `a >'x'\\y`: a file in pieces that the grammar gives to others.
            if len(group) > 1 and any(each.type not in _REDIRECTS for each in group[1:]):
                raise UnreadableError
        if body is not None and body.type in _SIMPLE:
            return self._command(body, place, found)
        index = self._reserve()
        outer = self._redirects(found, index, place)
        if outer.words:  # behind a group they are no arguments; alone they are the command
            raise UnreadableError
        own = SimpleCommand(
            words=(), redirects=tuple(outer.redirects), inputs=place.inputs,
            functions=place.functions,
            inside=place.inside, is_guess=place.is_guess,
        )  # fmt: skip
        self.commands[index] = own
        inner = place._replace(
            redirects=(*place.redirects, *outer.redirects), inputs=(*place.inputs, *outer.inputs)
        )
        added = [index, *outer.inputs, *(self._visit(body, inner) if body is not None else [])]
        return added + self._all(outer.rest, place._replace(inputs=(*place.inputs, *added)))

    def _bare_redirect(self, node: "Node", place: _Place) -> list[int]:
        """`$(> x)`: a redirection without a command."""
        index = self._reserve()
        found = self._redirects([node], index, place)
        if found.words:
            raise UnreadableError
        self.commands[index] = SimpleCommand(
            words=(), redirects=tuple(found.redirects), functions=place.functions,
            inside=place.inside, is_guess=place.is_guess,
        )  # fmt: skip
        return [index, *found.inputs]

    def _reserve(self) -> int:
        if len(self.commands) >= COMMANDS_MAX:
            raise UnreadableError
        self.commands.append(SimpleCommand(words=()))
        return len(self.commands) - 1

    def _command(self, node: "Node", place: _Place, outer: "Sequence[Node]" = ()) -> list[int]:
        index = self._reserve()
        words, assignments = command_words(node)
        own = [each for each in node.children if each.type.endswith("_redirect")]
        found = self._redirects([*own, *outer], index, place)
        words += found.words
        nested = self._nested(
            [each for each in node.children if not each.type.endswith("_redirect")], index, place
        )
        fed = (*place.inputs, *found.inputs, *nested)
        command = SimpleCommand(
            words=tuple(word.text for word in words),
            unknown=frozenset(n for n, word in enumerate(words) if not word.is_static),
            assignments=assignments,
            redirects=(*place.redirects, *found.redirects),
            inputs=fed,
            functions=place.functions,
            inside=place.inside,
            is_guess=place.is_guess,
        )
        added = [index, *found.inputs, *nested, *self._inner(command, index, place)]
        return added + self._all(found.rest, place._replace(inputs=(*place.inputs, *added)))

    def _nested(self, nodes: "Sequence[Node]", index: int, place: _Place) -> list[int]:
        """Add the commands of substitutions; `>(…)` gets what the command writes."""
        added: list[int] = []
        for node in nodes:
            inner = place._replace(
                inputs=(index,) if text_of(node).startswith(">(") else (), redirects=()
            )
            # An assignment is a part of its command, and no command of its own.
            parts = node.children if node.type == "variable_assignment" else [node]
            added += self._all(parts, inner)
        return added

    def _inner(self, command: SimpleCommand, index: int, place: _Place) -> list[int]:
        """Add what a command runs beside itself."""
        self.commands[index] = command
        if place.depth > DEPTH_MAX:
            raise UnreadableError
        place = place._replace(
            depth=place.depth + 1, inputs=command.inputs, redirects=command.redirects, inside=index
        )
        # With the command word the way of its arguments is unknown, too.
        inner = inner_of(command.words) if command.program else Inner()
        added: list[int] = []
        for words in inner.commands:
            added += self._wrapped(command, words, inner.starts_at, place)
        for text in (*inner.texts, *assigned_texts(command.assignments), *self._stdin(command)):
            added += self.read(text, place)
        for text in lines_in_code(command.words):
            added += self._from_code(text, place)
        return added

    def _wrapped(
        self, outer: SimpleCommand, words: tuple[str, ...], starts_at: int | None, place: _Place
    ) -> list[int]:
        index = self._reserve()
        vague = {outer.words[n] for n in outer.unknown} | {PLACEHOLDER}
        command = SimpleCommand(
            words=words,
            unknown=frozenset(n for n, word in enumerate(words) if word in vague),
            assignments=tuple(
                word for word in outer.words[1:starts_at] if re.match(r"[A-Za-z_]\w*=", word)
            ) if starts_at else (),
            redirects=outer.redirects,
            inputs=outer.inputs,
            functions=outer.functions,
            inside=place.inside,
            starts_at=starts_at,
            is_guess=place.is_guess,
        )  # fmt: skip
        return [index, *self._inner(command, index, place)]

    def _stdin(self, command: SimpleCommand) -> list[str]:
        """Return the lines that a shell gets on its standard input, as far as they stand here."""
        if not reads_commands(command):
            return []
        texts = [each.target for each in command.redirects if each.operator in _HERE]
        for index in command.inputs:
            printer = self.commands[index]
            if printer.program in {"echo", "printf"}:
                texts.append("\n".join(printed(printer.words)))
            texts += [each.target for each in printer.redirects if each.operator in _HERE]
        return texts

    def _from_code(self, text: str, place: _Place) -> list[int]:
        """Add what a text in another language names, if it is a line of shell at all."""
        before = len(self.commands)
        try:
            deeper = place.nodes_deep + 10
            return self.read(text, place._replace(is_guess=True, nodes_deep=deeper))
        except ValueError:
            if before >= COMMANDS_MAX - 1:
                raise
            del self.commands[before:]
            return []

    def _redirects(self, nodes: "Sequence[Node]", index: int, place: _Place) -> "_Redirects":
        found = _Redirects([], [], [], [])
        for node in nodes:
            if node.type == "heredoc_redirect":
                self._heredoc(node, found, place._replace(inputs=(), redirects=()))
                continue
            _read_redirect(node, found)
            found.inputs.extend(self._nested(node.children, index, place))
        return found

    def _heredoc(self, node: "Node", found: "_Redirects", place: _Place) -> None:
        check_heredoc(node)
        for child in node.children:
            match child.type:
                case "heredoc_body":
                    found.redirects.append(Redirect("<<", text_of(child)))
                    found.inputs.extend(self._all(child.children, place))
                case "file_redirect" | "herestring_redirect":
                    _read_redirect(child, found)
                    found.inputs.extend(self._all(child.children, place))
                case "heredoc_start" | "heredoc_end" | "<<" | "<<-" | "file_descriptor":
                    pass
                case _ if node.field_name_for_child(node.children.index(child)) == "argument":
                    found.words.extend(words_of(child))
                    found.inputs.extend(self._all([child], place))
                case _:
                    found.rest.append(child)


class _Redirects(NamedTuple):
    redirects: list[Redirect]
    inputs: list[int]
    """Commands whose output is a part of what is redirected."""
    words: list[Word]
    """Arguments that the grammar puts behind a here-document's beginning."""
    rest: "list[Node]"
    """Commands that it puts there."""


_SIMPLE: Final = frozenset(
    "command declaration_command unset_command test_command variable_assignment".split()
)
_REDIRECTS: Final = frozenset("file_redirect heredoc_redirect herestring_redirect".split())
_HERE: Final = frozenset({"<<", "<<<"})


def _read_redirect(node: "Node", found: _Redirects) -> None:
    """Add a redirection; words behind its file are arguments of the command."""
    operator, is_here = "", node.type == "herestring_redirect"
    files: list[list[Word]] = []
    named = [each for each in node.children if each.type != "file_descriptor"]
    for group in pieces(named, node.text or b"", node.start_byte):
        if any(each.type == "$" for each in group):
            raise UnreadableError
        if not operator:
            operator, group = group[0].type, group[1:]  # noqa: PLW2901 - the rest is the file
        if group:
            files.append(words_of(*group))
    file, *arguments = files or [[Word("-", is_static=True)]]
    text, is_static = " ".join(word.text for word in file), len(file) == 1 and file[0].is_static
    found.redirects.append(Redirect("<<<" if is_here else operator, text, is_static))
    found.words.extend(word for words in arguments for word in words)
