"""What is written to the terminal goes there in order, and nobody waits for it."""

import os
import threading

import pytest

from ipcom_chat.tui.terminal_writer import BEHIND_BYTES, TerminalWriter

LIMIT_S = 15.0
MUCH = "x" * 1_000_000


class Line:
    """A pipe in place of a terminal."""

    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()
        self.writer = TerminalWriter(self.writes, "utf-8")

    def read_all(self) -> bytes:
        """Close the writer and return all that came."""
        closing = threading.Thread(target=self._close)
        closing.start()
        with os.fdopen(self.reads, "rb") as end:
            data = end.read()
        closing.join(LIMIT_S)
        return data

    def _close(self) -> None:
        self.writer.close()
        os.close(self.writes)


@pytest.fixture
def line() -> Line:
    return Line()


def test_everything_comes_in_order(line: Line) -> None:
    texts = [f"{number} ção {'x' * 3_000}\n" for number in range(100)]
    for text in texts:
        line.writer.write(text)

    assert line.read_all().decode() == "".join(texts)


def test_a_terminal_that_takes_nothing_holds_nobody_up(line: Line) -> None:
    for _round in range(20):
        line.writer.write(MUCH)

    assert line.writer.is_behind
    line.writer.close()
    assert line.writer.is_behind
    os.close(line.reads)
    os.close(line.writes)


def test_what_waits_gives_way_to_what_is_urgent(line: Line) -> None:
    line.writer.write(MUCH)
    line.writer.drop()
    assert not line.writer.is_behind
    line.writer.write("urgent")
    data = line.read_all()

    assert data.endswith(b"\x18\x1b[0m\x1b[?2026lurgent")
    assert len(data) < len(MUCH) / 2


def test_nothing_is_dropped_while_the_terminal_keeps_up(line: Line) -> None:
    line.writer.write("short")
    line.writer.drop()

    assert line.read_all() == b"short"


def test_a_terminal_that_is_gone_takes_no_memory(line: Line) -> None:
    os.close(line.reads)
    line.writer.write("x")
    line.writer.close()
    for _round in range(20):
        line.writer.write(MUCH)

    assert not line.writer.is_behind
    assert len(MUCH) > BEHIND_BYTES
    os.close(line.writes)
