"""The only writer of stdout and stderr."""

import io
import sys
from collections.abc import Callable

import pytest

from ipcom_chat.cli import output
from ipcom_chat.errors import NotFoundError, OutputError, UsageError

FAULT = "ipcom-chat met an unexpected fault (ZeroDivisionError), and the log is not writable."


class Broken(io.TextIOWrapper):
    """A stream whose file cannot be written."""

    def __init__(self, error: Exception) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def _raise(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("what?"), 2, "ipcom-chat: what?\n"),
        (NotFoundError("two\nlines\x1b[2J"), 1, "ipcom-chat: two lines\n"),
        (KeyboardInterrupt(), 130, ""),
        (output.ReaderGone(), 0, ""),
        (
            ZeroDivisionError("secret"),
            1,
            f"ipcom-chat: {FAULT}\n",
        ),
    ],
)
def test_d56_every_end_has_its_exit_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert output.guarded(_raise(error), lambda _fault: None) == code
    assert capsys.readouterr() == ("", line)


def test_a_broken_pipe_is_a_reader_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(BrokenPipeError()))
    with pytest.raises(output.ReaderGone):
        output.line("x")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("closed")])
def test_what_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))
    with pytest.raises(OutputError, match=r"No space left on device|closed"):
        output.write("x")


def test_without_streams_stdout_is_an_error_and_stderr_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    output.note("x")
    output.flush()
    assert not output.is_terminal(None)
    with pytest.raises(OutputError, match="closed"):
        output.write("x")


def test_a_stderr_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(OSError(28, "full")))
    output.fail("x")


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    assert not output.is_terminal(stream)


@pytest.mark.parametrize(
    ("items", "text"), [([], "[]\n"), (["1"], "[\n1\n]\n"), (["1", "2"], "[\n1,\n2\n]\n")]
)
def test_an_array_has_a_line_for_each_object(
    items: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert output.write_array(items) == len(items)
    assert capsys.readouterr().out == text


def test_what_an_encoding_lacks_becomes_a_json_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    output.prepare()
    output.write("é\U0001f600\udcff")
    output.flush()
    assert raw.getvalue() == rb"\u00e9\ud83d\ude00\udcff"
