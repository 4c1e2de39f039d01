"""An answer while it arrives, and afterwards.

Portions are collected and shown at most `FRAMES_PER_S` times a second, less often when laying
them out takes long, so that a key press never waits. Finished blocks are frozen; only the last
one is laid out again.
"""

import time
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.tui.widgets.blocks import BlockSplitter, Piece
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.markdown import Block, CodeBlock, block_rows, parse
from ipcom_chat.tui.widgets.rows import Rows

FRAMES_PER_S = 10
REST_PER_WORK = 2.0
"""At least this many times as long as a frame took goes by before the next one."""

_W = TypeVar("_W", bound=Rows)


class Prose(Rows):
    """Blocks of text below one another."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[Block] = []
        self._laid_out: list[tuple[int, list[Content]]] = []
        """For each block a width and its lines there."""

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
        self._pending: list[str] = []
        self._timer: Timer | None = None
        self._frame_s = 0.0
        self._is_empty = True
        self._is_ready = False
        self._is_finished = False
        self._live = Prose()
        self._live_code: Code | None = None
        self._last: Rows | None = None
        """The last frozen part."""

    def compose(self) -> ComposeResult:
        """Hold the part that still changes."""
        yield self._live

    def write(self, text: str) -> None:
        """Add a portion; it is shown with the next frame."""
        self._pending.append(text)
        if self._timer is None and self._is_ready:
            wait_s = max(1 / FRAMES_PER_S, self._frame_s * REST_PER_WORK)
            self._timer = self.set_timer(wait_s, self._frame)

    def on_mount(self) -> None:
        """Show what was written before there was a place to show it."""
        self._is_ready = True
        self._frame()
        if self._is_finished:
            self.finish()

    def finish(self) -> None:
        """Show everything; nothing more comes."""
        self._is_finished = True
        if not self._is_ready:
            return
        if self._timer is not None:
            self._timer.stop()
        self._frame()
        for piece in self._splitter.finish():
            self._freeze(piece)
        self._live.replace([])

    def _frame(self) -> None:
        self._timer = None
        started_s = time.perf_counter()
        text, self._pending = neutralise("".join(self._pending)), []
        for piece in self._splitter.feed(text):
            self._freeze(piece)
        self._show_tail()
        self.call_after_refresh(self._note_frame, started_s)

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

    def _freeze(self, piece: Piece) -> None:
        for block in self._parsed(piece):
            self._is_empty = False
            if not isinstance(block, CodeBlock):
                self._prose().extend([block])
            elif self._live_code is not None:
                self._live_code.finish(block.code, block.language)
            else:
                indent = len(block.indent)
                code = Code(block.code, block.language, indent=indent, apart=block.apart)
                self._append(code)
        self._live_code = None

    def _parsed(self, piece: Piece) -> list[Block]:
        return parse(piece.source, apart=piece.apart and not self._is_empty)

    def _prose(self) -> Prose:
        return self._last if isinstance(self._last, Prose) else self._append(Prose())

    def _append(self, widget: _W) -> _W:
        self._last = widget
        self.mount(widget, before=self._live)
        return widget
