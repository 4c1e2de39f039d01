"""An answer while it arrives, and afterwards.

Portions are collected and shown at most `FRAMES_PER_S` times a second, less often when laying
them out takes long, so that a key press never waits; one frame shows no more than it can in
`FRAME_WORK_S`. Finished blocks are frozen; only the last one is laid out again. Of an answer
beyond all measure the beginning leaves the screen (the history has it).
"""

import re
import time
from collections import deque
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.blocks import BlockSplitter, Piece
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.markdown import Block, CodeBlock, block_rows, parse
from ipcom_chat.tui.widgets.rows import Rows, TextRows

FRAMES_PER_S = 10
REST_PER_WORK = 2.0
"""At least this many times as long as a frame took goes by before the next one."""
FRAME_WORK_S = 0.05
SLICE_CHARS = 4_000
MAX_PROSE_BLOCKS = 100
MAX_PARTS = 100
_HALF = re.compile(r"(?:\r|\x1b(?:\[[0-?]*[ -/]*|[\]P][^\x1b\x07\n]*)?)\Z")
"""The first half of a line end or control sequence."""

_W = TypeVar("_W", bound=Rows)


class Prose(Rows):
    """Blocks of text below one another."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[Block] = []
        self._laid_out: list[tuple[int, list[Content]]] = []
        """For each block a width and its lines there."""

    @property
    def is_full(self) -> bool:
        """Whether what follows belongs into another one, so that adding to it stays cheap."""
        return len(self._blocks) >= MAX_PROSE_BLOCKS

    def extend(self, blocks: list[Block]) -> None:
        """Add blocks that will not change."""
        self._blocks += blocks
        self.changed()

    def replace(self, blocks: list[Block]) -> None:
        """Show other blocks."""
        if blocks or self._blocks:
            self._blocks, self._laid_out = list(blocks), []
            self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Lay out the blocks that are new or were laid out for another width."""
        rows: list[Content] = []
        for place, block in enumerate(self._blocks):
            if place == len(self._laid_out):
                self._laid_out.append((-1, []))
            if self._laid_out[place][0] != width:
                self._laid_out[place] = (width, block_rows(block, width))
            rows += (
                [Content(), *self._laid_out[place][1]] if block.apart else self._laid_out[place][1]
            )
        return rows


class Answer(Vertical):
    """One answer, or the part of it up to the next command."""

    DEFAULT_CSS = """
    Answer { height: auto; margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._splitter = BlockSplitter()
        self._pending: deque[str] = deque()
        self._half = ""
        self._timer: Timer | None = None
        self._frame_s = 0.0
        self._is_empty = True
        self._is_ready = False
        self._is_finished = False
        self._is_shortened = False
        self._live = Prose()
        self._live_code: Code | None = None
        self._parts: deque[Rows] = deque()
        """The frozen parts."""

    def compose(self) -> ComposeResult:
        """Hold the part that still changes."""
        yield self._live

    def write(self, text: str) -> None:
        """Add a portion; it is shown with the next frame."""
        starts = range(0, len(text), SLICE_CHARS)
        self._pending += (text[start : start + SLICE_CHARS] for start in starts)
        self._come_back()

    def _come_back(self) -> None:
        if self._timer is None and self._is_ready:
            wait_s = max(1 / FRAMES_PER_S, self._frame_s * REST_PER_WORK)
            self._timer = self.set_timer(wait_s, self._frame)

    def on_mount(self) -> None:
        """Show what was written before there was a place to show it."""
        self._is_ready = True
        self._frame()

    def finish(self) -> None:
        """Show everything, of a very long answer little by little; nothing more comes."""
        self._is_finished = True
        if not self._is_ready:
            return
        if self._timer is not None:
            self._timer.stop()
        self._frame()

    def _frame(self) -> None:
        self._timer = None
        started_s = time.perf_counter()
        while self._pending and time.perf_counter() - started_s < FRAME_WORK_S:
            self._freeze(self._splitter.feed(neutralise(self._next_slice())))
        if self._pending:
            self._come_back()
        elif self._is_finished:
            self._freeze(self._splitter.feed(neutralise(self._half)) + self._splitter.finish())
            self._half = ""
        self._show_tail()
        self.call_after_refresh(self._note_frame, started_s)

    def _next_slice(self) -> str:
        """Take small portions together; what may be half of a sequence waits for its rest."""
        text = self._half + self._pending.popleft()
        self._half = ""
        while self._pending and len(text) < SLICE_CHARS:
            text += self._pending.popleft()
        if not self._is_finished and (half := _HALF.search(text)):
            self._half, text = half.group(), text[: half.start()]
        return text

    def _note_frame(self, started_s: float) -> None:
        """Note how long it took until the frame was on the screen."""
        self._frame_s = time.perf_counter() - started_s

    def _show_tail(self) -> None:
        code, tail = self._splitter.open_code, self._splitter.tail
        if code is None:
            self._live.replace(self._parsed(tail))
            return
        self._live.replace([])
        if self._live_code is None:
            apart = tail.apart and not self._is_empty
            widget = Code(code.code, code.language, apart=apart, live=True)
            self._live_code = self._append(widget)
        else:
            self._live_code.grow(code.code)

    def _freeze(self, pieces: list[Piece]) -> None:
        text: list[Block] = []
        for piece in pieces:
            for block in self._parsed(piece):
                self._is_empty = False
                if isinstance(block, CodeBlock):
                    self._freeze_text(text)
                    self._freeze_code(block)
                else:
                    text.append(block)
            self._live_code = None
        self._freeze_text(text)

    def _freeze_text(self, blocks: list[Block]) -> None:
        while blocks:
            some, blocks[:] = blocks[:MAX_PROSE_BLOCKS], blocks[MAX_PROSE_BLOCKS:]
            self._prose().extend(some)

    def _freeze_code(self, block: CodeBlock) -> None:
        if self._live_code is not None:
            self._live_code.finish(block.code, block.language)
        else:
            indent = len(block.indent)
            self._append(Code(block.code, block.language, indent=indent, apart=block.apart))

    def _parsed(self, piece: Piece) -> list[Block]:
        return parse(piece.source, apart=piece.apart and not self._is_empty)

    def _prose(self) -> Prose:
        last = self._parts[-1] if self._parts else None
        return last if isinstance(last, Prose) and not last.is_full else self._append(Prose())

    def _append(self, widget: _W) -> _W:
        self._parts.append(widget)
        self.mount(widget, before=self._live)
        if len(self._parts) > MAX_PARTS:
            self._parts.popleft().remove()
            self._say_shortened()
        return widget

    def _say_shortened(self) -> None:
        if not self._is_shortened:
            self._is_shortened = True
            text = _("The beginning of this answer has left the screen; the history has it.")
            self.mount(TextRows(Content.styled(text, "$foreground 60%")), before=0)
