"""Turns Markdown into blocks of styled text, without a widget for each of them.

Textual's Markdown widget makes a widget of every paragraph, bullet and table cell, drops HTML
(`<service>` in an answer would vanish) and reads table cells as markup in its tooltips. Here a
block is text with styles; HTML is shown as it was written; links carry their address as data.

Pure: source in, blocks out. The source must be neutralised.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content, Span
from textual.style import Style

from ipcom_chat.tui.widgets.rows import HREF, is_safe_link, wrapped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BULLETS = ("• ", "◦ ", "▪ ")
QUOTE = "▏ "
READABLE_CELLS = 110
"""Longer lines of prose are hard to read; tables and code use the whole width."""
MOST_CELLS = 10_000
"""A larger table is shown as it was written: laying it out would hold the screen."""
_DEEPEST = 20
CODE_STYLE = "$text-accent on $panel"
_HEADING_STYLES = {"h1": "bold $text-primary underline", "h2": "bold $text-primary"}
_SPACE = re.compile(r"\s+")
_STYLES = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}


class TextBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph, heading or list item."""

    lead: str = ""
    indent: str = ""
    body: Content
    apart: bool
    """Whether a blank line goes before it."""


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Code, fenced or indented."""

    code: str
    language: str
    indent: str = ""
    apart: bool = True


class TableBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A table; the first row is its head."""

    rows: tuple[tuple[Content, ...], ...]
    indent: str = ""
    apart: bool = True


class RuleBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A horizontal rule."""

    apart: bool = True


Block = TextBlock | CodeBlock | TableBlock | RuleBlock


def parse(source: str, *, apart: bool = True) -> list[Block]:
    """Return the blocks of `source`; `apart` says whether the first stands after a blank line."""
    tokens = _parser(tables=_cells(source) <= MOST_CELLS).parse(source)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        # The parser drops what is nested deeper.
        return [TextBlock(body=Content(source.strip("\n")), apart=apart)]
    walk = _Walk(apart=apart)
    for token in tokens:
        walk.take(token)
    return walk.blocks


def _cells(source: str) -> int:
    """Return how many cells a table in `source` can have at most; short rows are filled up."""
    lines = source.split("\n")
    return len(lines) * max(line.count("|") for line in lines)


@cache
def _parser(*, tables: bool) -> "MarkdownIt":
    # Imported with the first answer: it costs 40 ms that the first paint does not have.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("gfm-like", {"html": False, "maxNesting": _DEEPEST})
    if not tables:
        parser.disable("table")
    parser.validateLink = is_safe_link  # type: ignore[method-assign, assignment]
    return parser


class _Frame(msgspec.Struct):
    """A list item or quotation around the block at hand."""

    lead: str
    indent: str
    is_used: bool = False


class _Walk:
    """Walks over the tokens once and collects blocks."""

    def __init__(self, *, apart: bool) -> None:
        self.blocks: list[Block] = []
        self._first_apart = apart
        self._frames: list[_Frame] = []
        self._lists: list[int | None] = []
        """For each open list the number of its next item, `None` for bullets."""
        self._style = ""
        self._is_tight = False
        self._table: list[list[Content]] | None = None

    def take(self, token: "Token") -> None:
        """Handle one token; the kinds that only close something are of no interest."""
        name = token.type.removesuffix("_open").removesuffix("_close")
        opens = token.nesting >= 0
        if name in {"bullet_list", "ordered_list", "list_item", "blockquote"}:
            self._container(name, token, opens=opens)
        elif name in {"table", "tr"}:
            self._table_part(name, opens=opens)
        elif name in {"paragraph", "heading"} and opens:
            self._style = _HEADING_STYLES.get(token.tag, "bold") if name == "heading" else ""
            self._is_tight = token.hidden
        elif name == "inline":
            self._inline(token)
        elif name in {"fence", "code_block"}:
            self._code(token)
        elif name == "hr":
            self.blocks.append(RuleBlock(apart=self._apart()))

    def _container(self, name: str, token: "Token", *, opens: bool) -> None:
        if name == "list_item":
            self._item(token) if opens else self._frames.pop()
        elif name == "blockquote":
            self._frames.append(_Frame(QUOTE, QUOTE)) if opens else self._frames.pop()
        elif opens:
            start = int(token.attrs.get("start", 1)) if name == "ordered_list" else None
            self._lists.append(start)
        else:
            self._lists.pop()

    def _item(self, token: "Token") -> None:
        number = self._lists[-1]
        if number is None:
            bullets = sum(start is None for start in self._lists)
            lead = BULLETS[(bullets - 1) % len(BULLETS)]
        else:
            lead = f"{token.info or number}. "
            self._lists[-1] = number + 1
        self._frames.append(_Frame(lead, " " * len(lead)))

    def _table_part(self, name: str, *, opens: bool) -> None:
        if name == "tr" and opens and self._table is not None:
            self._table.append([])
        elif name == "table" and opens:
            self._table = []
        elif name == "table" and self._table is not None:
            rows = tuple(tuple(row) for row in self._table)
            self._table = None
            _, indent = self._prefixes()
            self.blocks.append(TableBlock(rows=rows, indent=indent, apart=self._apart()))

    def _inline(self, token: "Token") -> None:
        body = inline_content(token.children or [])
        if self._table is not None:
            self._table[-1].append(body)
            return
        apart = self._apart()
        lead, indent = self._prefixes()
        if self._style:
            body = body.stylize_before(self._style)
        self.blocks.append(TextBlock(lead=lead, indent=indent, body=body, apart=apart))

    def _code(self, token: "Token") -> None:
        apart = self._apart()
        lead, indent = self._prefixes()
        if lead != indent:
            self.blocks.append(TextBlock(lead=lead, indent=indent, body=Content(), apart=apart))
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        code = token.content.rstrip("\n")
        self.blocks.append(CodeBlock(code=code, language=language, indent=indent, apart=apart))

    def _apart(self) -> bool:
        """A blank line before the block: not within tight lists, not before a first item's."""
        if not self.blocks:
            return self._first_apart
        if not self._frames:
            return True
        starts_item = not self._frames[-1].is_used
        outermost = len(self._frames) == 1 and not isinstance(self.blocks[-1], TextBlock)
        if starts_item and self._is_tight:
            return outermost or self._is_first_item()
        return not self._is_tight

    def _is_first_item(self) -> bool:
        last = self.blocks[-1]
        return len(self._frames) == 1 and isinstance(last, TextBlock) and not last.indent

    def _prefixes(self) -> tuple[str, str]:
        lead = "".join(frame.indent if frame.is_used else frame.lead for frame in self._frames)
        for frame in self._frames:
            frame.is_used = True
        return lead, "".join(frame.indent for frame in self._frames)


def inline_content(tokens: "list[Token]") -> Content:
    """Return the text of inline tokens with their styles."""
    parts: list[str] = []
    spans: list[Span] = []
    open_styles: list[tuple[str | Style | None, int]] = []
    length = 0
    for token in tokens:
        text, style = _inline_piece(token)
        if token.nesting == 1:
            open_styles.append((style, length))
        elif token.nesting == -1:
            closed, start = open_styles.pop()
            spans += [Span(start, length, closed)] if closed else []
        elif style:
            spans.append(Span(length, length + len(text), style))
        parts.append(text)
        length += len(text)
    return Content("".join(parts), spans=spans)


def _inline_piece(token: "Token") -> tuple[str, str | Style | None]:
    kind = token.type
    if kind == "code_inline":
        return token.content, CODE_STYLE
    if kind == "link_open":
        address = str(token.attrs.get("href", ""))
        return "", Style(underline=True) + Style.from_meta({HREF: address})
    if kind == "image":
        return f"{token.content} ({token.attrs.get('src', '')})", "italic"
    if kind == "hardbreak":
        return "\n", None
    if kind == "softbreak":
        return " ", None
    return _SPACE.sub(" ", token.content), _STYLES.get(kind)


def block_rows(block: Block, width: int) -> list[Content]:
    """Lay a block out in lines of at most `width` cells; the blank line before is not in it."""
    if isinstance(block, TextBlock):
        return wrapped(block.body, min(width, READABLE_CELLS), block.lead, block.indent)
    if isinstance(block, TableBlock):
        # Imported here: tables need this module's neighbour only when there is one.
        from ipcom_chat.tui.widgets.table import table_rows  # noqa: PLC0415

        return table_rows(block.rows, width - len(block.indent), block.indent)
    if isinstance(block, CodeBlock):
        lines = Content.styled(block.code.expandtabs(4), "$text-accent").split("\n")
        folded = [part for line in lines for part in line.fold(max(2, width - len(block.indent)))]
        return [Content(block.indent) + line for line in folded]
    return [Content.styled("─" * min(width, READABLE_CELLS), "$foreground 25%")]
