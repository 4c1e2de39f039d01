"""The end of what a running command has written, folded once per line.

Invariants: bounded, however much is written; text is neutralised here.
"""

from collections import deque

from textual.content import Content

from ipcom_chat.domain.terminal import neutralise

KEPT_CHARS = 65_536
"""Of a running command; when it has ended its whole output is there."""
LINE_CHARS = 4_096
"""Of one line the end is kept: a line that grows for ever must not be folded for ever."""
MARGIN = "  "


class _Line:
    """One line, and its rows at the width they were asked for last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._rows: tuple[int, list[Content]] = (-1, [])

    def grow(self, text: str) -> None:
        self.text = (self.text + text)[-LINE_CHARS:]
        self._rows = (-1, [])

    def rows(self, width: int) -> list[Content]:
        if self._rows[0] != width:
            self._rows = (width, folded(self.text, width))
        return self._rows[1]


class LiveOutput:
    """The lines; the last one may still grow."""

    def __init__(self) -> None:
        self._lines: deque[_Line] = deque([_Line("")])
        self._chars = 0
        self._written = 1

    @property
    def lines(self) -> list[str]:
        """What is kept, line by line; nothing if nothing was written."""
        texts = [line.text for line in self._lines]
        return texts[:-1] if not texts[-1] else texts

    def write(self, text: str) -> None:
        """Add a portion, cut anywhere."""
        first, *others = neutralise(text)[-KEPT_CHARS:].split("\n")
        before = len(self._lines[-1].text)
        self._lines[-1].grow(first)
        self._chars += len(self._lines[-1].text) - before
        for line in others:
            self._lines.append(_Line(line[-LINE_CHARS:]))
            self._chars += 1 + len(self._lines[-1].text)
        self._written += len(others)
        while self._chars > KEPT_CHARS and len(self._lines) > 1:
            self._chars -= len(self._lines.popleft().text) + 1

    def newest(self, width: int, count: int) -> tuple[int, list[Content]]:
        """Return how many lines stand above, and the newest ones, cut at the width."""
        lines = self._complete()[-count:]
        rows = [cut(line.text, width) for line in lines[:-1]]
        if lines:
            # Of what still grows, such as a progress bar, the end is the news.
            rows.append(cut(lines[-1].text, width, keeps_end=bool(self._lines[-1].text)))
        return self._above(lines), rows

    def rows(self, width: int) -> tuple[int, list[Content]]:
        """Return how many lines are no longer kept, and all others, folded at the width."""
        lines = self._complete()
        return self._above(lines), [row for line in lines for row in line.rows(width)]

    def _complete(self) -> list[_Line]:
        """Return the lines, without the empty one that waits for text."""
        return list(self._lines)[: None if self._lines[-1].text else -1]

    def _above(self, shown: list[_Line]) -> int:
        return self._written - (not self._lines[-1].text) - len(shown)


def folded(text: str, width: int) -> list[Content]:
    """Return a line of output as rows behind a margin; it is neutralised already."""
    body = Content.styled(text.expandtabs(8), "$foreground 60%")
    parts = body.fold(max(2, width - len(MARGIN))) if body else [body]
    return [Content(MARGIN) + part for part in parts]


def cut(text: str, width: int, *, keeps_end: bool = False) -> Content:
    """Return a line of output as one row; it is neutralised already."""
    body = Content.styled(text.expandtabs(8), "$foreground 60%")
    room = max(2, width - len(MARGIN))
    if keeps_end and body.cell_length > room:
        body = Content.styled("…", "$foreground 60%") + body[-(room - 1) :]
    return Content(MARGIN) + body.truncate(room, ellipsis=True)
