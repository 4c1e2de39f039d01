"""Pastes and ESC in real terminals: Pilot never runs the driver, so only these tests see it."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw_pty import RawPty
from tests.support.tmux import Terminal, requires_tool

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.support.chat_demo"]
READY = "Ask, or paste an error"
LOG_LINE = "\x1b[31mERROR\x1b[0m nginx: bind() to 0.0.0.0:80 failed \x1b[1;33m(98)\x1b[0m"


def environment(log: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(log.parent), "DEMO_LOG": str(log)}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def terminal(log: Path) -> Iterator[Terminal]:
    requires_tool("tmux")
    with Terminal(COMMAND, env=environment(log), cwd=str(ROOT)) as opened:
        opened.wait_for(READY)
        yield opened


@pytest.fixture
def bare(log: Path) -> Iterator[RawPty]:
    with RawPty(COMMAND, env=environment(log), cwd=str(ROOT)) as opened:
        opened.wait_for(READY)
        yield opened


def records(log: Path) -> list[dict[str, object]]:
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line) for line in lines]


def wait_records(log: Path, count: int = 1, timeout_s: float = 15.0) -> list[dict[str, object]]:
    deadline_s = time.monotonic() + timeout_s
    while len(found := records(log)) < count:
        assert time.monotonic() < deadline_s, f"only {found}"
        time.sleep(0.02)
    return found


@pytest.mark.tmux
class TestInTmux:
    def test_two_hundred_kilobytes_are_one_message(self, terminal: Terminal, log: Path) -> None:
        text = "\n".join(f"{number:05} ção nginx bind() 0.0.0.0:80" for number in range(5_600))
        assert len(text.encode()) > 200_000

        terminal.paste(text)
        terminal.wait_for("[Pasted 5600 lines]")
        assert records(log) == []
        terminal.keys("Enter")

        assert wait_records(log) == [{"sent": text}]

    def test_a_log_with_colours_arrives_whole_and_is_not_sent(
        self, terminal: Terminal, log: Path
    ) -> None:
        terminal.paste("\n".join([LOG_LINE] * 3))
        terminal.wait_for("(98)")
        time.sleep(0.3)
        assert records(log) == []
        terminal.keys("Enter")

        plain = "ERROR nginx: bind() to 0.0.0.0:80 failed (98)"
        assert wait_records(log) == [{"sent": "\n".join([plain] * 3)}]

    def test_d120_paste_markers_inside_a_paste_send_nothing(
        self, terminal: Terminal, log: Path
    ) -> None:
        terminal.paste("one \x1b[200~two\x1b[201~\nrm -rf /tmp/nothing\nthree")
        terminal.wait_for("three")
        time.sleep(0.7)
        assert records(log) == []
        terminal.keys("Enter")

        assert wait_records(log) == [{"sent": "one two\nrm -rf /tmp/nothing\nthree"}]

    def test_escape_right_after_a_paste_comes_after_it(self, terminal: Terminal, log: Path) -> None:
        terminal.paste("some text")
        terminal.keys("Escape")
        assert wait_records(log) == [{"escape": True}]
        terminal.wait_for("some text")
        terminal.keys("Enter")

        assert wait_records(log, 2)[1] == {"sent": "some text"}

    def test_newline_keys_and_escape_twice(self, terminal: Terminal, log: Path) -> None:
        terminal.type("a")
        terminal.keys("C-j")
        terminal.type("b")
        terminal.keys("M-Enter")
        terminal.type("c")
        terminal.wait_for("c")
        assert records(log) == []
        terminal.keys("Enter")
        assert wait_records(log) == [{"sent": "a\nb\nc"}]

        terminal.type("to be cleared")
        terminal.wait_for("to be cleared")
        terminal.keys("Escape")
        wait_records(log, 2)
        terminal.keys("Escape")

        terminal.wait_for(READY)

    def test_the_external_editor_gets_the_terminal_and_gives_it_back(
        self, log: Path, tmp_path: Path
    ) -> None:
        requires_tool("tmux")
        editor = tmp_path / "editor.sh"
        editor.write_text('#!/bin/sh\nprintf "EDITING: "; cat "$1"; read answer\necho new > "$1"\n')
        editor.chmod(0o755)
        env = environment(log) | {"EDITOR": str(editor)}
        with Terminal(COMMAND, env=env, cwd=str(ROOT)) as terminal:
            terminal.wait_for(READY)
            terminal.type("draft")
            terminal.wait_for("draft")
            terminal.keys("C-x", "C-e")
            terminal.wait_for("EDITING: draft")
            terminal.keys("Enter")
            terminal.wait_for("❯ new")
            terminal.keys("Enter")

            assert wait_records(log) == [{"sent": "new"}]

    def test_it_follows_the_size_of_the_terminal(self, terminal: Terminal) -> None:
        terminal.resize(50, 12)
        screen = terminal.wait_for(READY)
        assert all(len(line) <= 50 for line in screen.splitlines())
        terminal.resize(120, 40)

        terminal.wait_for("─" * 110)


class TestOnABareTerminal:
    @pytest.mark.parametrize("place", [1, 2, 5])
    def test_a_start_marker_cut_by_a_slow_line(self, bare: RawPty, log: Path, place: int) -> None:
        marker = b"\x1b[200~"
        bare.send(marker[:place])
        time.sleep(0.3)
        bare.send(marker[place:] + b"first\rsecond\x1b[201~")
        bare.wait_for("second")
        time.sleep(0.3)
        assert [record for record in records(log) if "sent" in record] == []
        bare.send(b"\r")

        assert {"sent": "first\nsecond"} in wait_records(log, 1 + (place == 1))

    def test_an_end_marker_cut_by_a_slow_line(self, bare: RawPty, log: Path) -> None:
        bare.send(b"\x1b[200~first\rsecond\x1b[2")
        time.sleep(0.4)
        bare.send(b"01~")
        bare.wait_for("second")
        time.sleep(0.3)
        bare.send(b"\r")

        assert wait_records(log) == [{"sent": "first\nsecond"}]

    def test_a_character_cut_in_two_is_one_character(self, bare: RawPty, log: Path) -> None:
        for byte in "ção".encode():
            bare.send(bytes([byte]))
            time.sleep(0.05)
        bare.send(b"\r")

        assert wait_records(log) == [{"sent": "ção"}]

    def test_a_paste_that_never_ends_is_kept_and_the_keyboard_lives(
        self, bare: RawPty, log: Path
    ) -> None:
        bare.send(b"\x1b[200~half a paste")
        bare.wait_for("half a paste")
        bare.send(b"!")
        time.sleep(0.2)
        bare.send(b"\r")

        assert wait_records(log) == [{"sent": "half a paste!"}]

    def test_a_lost_terminal_ends_the_program(self, bare: RawPty) -> None:
        bare.hang_up()

        # Not by a signal; 120 says that Python could not flush to what is gone.
        assert bare.process.wait(timeout=15) in {0, 120}
