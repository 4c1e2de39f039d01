"""The log."""

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.logs import LineFormatter, LogFile, close_log, open_log

LOGGER = logging.getLogger("ipcom_chat.test")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_log()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "x.log"


def _lines(path: Path) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in path.read_text().splitlines()]


def test_d77_lines_are_json_and_only_the_owner_reads_them(path: Path) -> None:
    assert open_log(path) == path
    LOGGER.info("request %s done in %d ms", "id-1", 12)
    LOGGER.debug("not written")
    (line,) = _lines(path)
    assert line["message"] == "request id-1 done in 12 ms"
    assert line["level"] == "info"
    assert line["at"].endswith("Z")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def _fail() -> None:
    raise ValueError("the prompt of somebody")


@pytest.mark.parametrize("debug", [False, True])
def test_o24_a_fault_shows_places_and_only_debug_its_text(path: Path, debug: bool) -> None:
    open_log(path, debug=debug)
    try:
        _fail()
    except ValueError:
        LOGGER.exception("a fault")
    (line,) = _lines(path)
    assert ("the prompt of somebody" in path.read_text()) is debug
    if debug:
        assert "Traceback" in line["traceback"]
    else:
        assert line["fault"] == "ValueError"
        assert line["places"][-1].startswith("test_logs.py:")


def test_a_full_log_begins_anew_and_keeps_one_before(path: Path) -> None:
    handler = LogFile(path, max_bytes=500)
    handler.setFormatter(LineFormatter(debug=False))
    for number in range(30):
        handler.emit(logging.makeLogRecord({"msg": f"line {number}"}))
    handler.close()
    kept = sorted(path.parent.iterdir())
    assert kept == [path, Path(f"{path}.1")]
    assert all(each.stat().st_size < 1000 for each in kept)
    assert "line 29" in path.read_text() + kept[1].read_text()


def test_two_writers_lose_no_line_when_the_log_is_full(path: Path) -> None:
    writers = [LogFile(path, max_bytes=2000) for _number in range(2)]
    for writer in writers:
        writer.setFormatter(LineFormatter(debug=False))
    for number in range(20):
        writers[number % 2].emit(logging.makeLogRecord({"msg": f"line {number}"}))
    for writer in writers:
        writer.close()
    texts = "".join(each.read_text() for each in path.parent.iterdir())
    assert [number for number in range(20) if f"line {number}" not in texts] == []


def test_a_log_that_cannot_be_written_stops_nothing(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path.parent.parent.joinpath("state").write_text("in the way")
    assert open_log(path) is None
    LOGGER.error("nobody hears it")
    logging.getLogger("other.library").warning("not on the terminal")
    assert capfd.readouterr() == ("", "")


def test_other_libraries_are_not_written(path: Path) -> None:
    open_log(path, debug=True)
    logging.getLogger("openai").debug("a prompt")
    assert path.read_text() == ""


def test_opening_again_does_not_write_twice(path: Path) -> None:
    open_log(path)
    open_log(path, debug=True)
    LOGGER.info("once")
    assert len(_lines(path)) == 1


def test_nothing_is_logged_through_a_link_or_into_a_pipe(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    path.parent.mkdir()
    path.symlink_to(victim)
    assert open_log(path) is None
    path.unlink()
    os.mkfifo(path)
    assert open_log(path) is None
    assert victim.read_text() == ""


def test_a_log_that_cannot_be_turned_keeps_no_lock(path: Path) -> None:
    Path(f"{path}.1").mkdir(parents=True)
    log = LogFile(path, max_bytes=10)
    log.setFormatter(LineFormatter(debug=False))
    LOGGER.addHandler(log)
    try:
        LOGGER.error("one")
        LOGGER.error("two")
        with path.open("a") as other:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        LOGGER.removeHandler(log)
        log.close()
    assert [line["message"] for line in _lines(path)] == ["one", "two"]


def test_a_text_with_half_a_character_is_logged(path: Path) -> None:
    open_log(path)
    LOGGER.info("folder %s", "\udcff")
    assert _lines(path)[0]["message"] == "folder ?"
