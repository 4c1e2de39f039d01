"""Exports."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Entry
from ipcom_chat.errors import OutputError
from ipcom_chat.services.exports import EXTRA_FIELDS, FIELDS, Format, encoded, json_text, write_file
from tests.support.env import isolated_env, replica
from tests.support.replica import an_entry, fill

ROWS = 15_000
SIZE = 3_000
GROWTH_MAX_KIB = 16 * 1024
# Not getrusage: its peak counts the process that this one was forked from, too.
MEASURED = """
from ipcom_chat.cli.main import main
assert main() == 0
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0])
"""
TERMINAL_ACTS_ON = {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2066, 0xFEFF)}


def _row(**changes: Any) -> dict[str, Any]:
    extra = dict.fromkeys(EXTRA_FIELDS) | {"events": [], "votes": []}
    return msgspec.structs.asdict(an_entry()) | extra | changes


def _csv_cells(row: dict[str, Any]) -> dict[str, str]:
    text = "".join(encoded([row], Format.CSV))
    (cells,) = csv.DictReader(io.StringIO(text, newline=""))
    return cells


@given(text=st.text())
def test_json_is_lossless_and_safe_for_a_terminal(text: str) -> None:
    if text.encode("utf-8", "replace").decode() != text:
        return  # half of a pair cannot be in the history
    encoded_text = json_text({"text": text})
    assert msgspec.json.decode(encoded_text) == {"text": text}
    assert not set(encoded_text) & TERMINAL_ACTS_ON


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\n=1", "＝1"])
def test_d54_formulas_are_defused(text: str) -> None:
    assert _csv_cells(_row(command=text))["command"] == f"'{text}"


@given(text=st.text("abc \",;\n\t'=é", max_size=20))
def test_d54_csv_gives_back_what_went_in(text: str) -> None:
    cell = _csv_cells(_row(command=text))["command"]
    # Apart from the marks that keep a spreadsheet from computing.
    assert cell.replace("'", "") == text.replace("'", "")
    assert cell.count("'") - text.count("'") <= 1 + sum(text.count(each) for each in ";\t\n")


def test_csv_columns_and_values() -> None:
    row = _row(tags=("a", "b"), private=True, tokens_used=7, response=None)
    cells = _csv_cells(row)
    assert list(cells) == list(FIELDS)
    assert cells["tags"] == '["a","b"]'
    assert (cells["private"], cells["truncated"]) == ("1", "0")
    assert (cells["tokens_used"], cells["response"]) == ("7", "")
    assert cells["status"] == "pending"


def test_json_and_json_lines_hold_the_same() -> None:
    rows = [_row(), _row(command="x")]
    array = msgspec.json.decode("".join(encoded(rows, Format.JSON)))
    lines = "".join(encoded(rows, Format.JSONL)).splitlines()
    assert [msgspec.json.decode(line) for line in lines] == array
    assert "".join(encoded([], Format.JSON)) == "[]\n"
    assert "".join(encoded([], Format.JSONL)) == ""


def test_an_exported_object_rebuilds_the_entry() -> None:
    entry = an_entry(context={"a": [1]}, tags=("t",))
    row = msgspec.structs.asdict(entry)
    assert msgspec.json.decode(json_text(row), type=Entry) == entry


def test_a_failing_export_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "exports" / "out.json"
    path.parent.mkdir()
    path.write_text("old")

    def pieces() -> Iterator[str]:
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, pieces(), force=True)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.json"

    def pieces() -> Iterator[str]:
        path.write_text("somebody else's")
        yield "ours"

    with pytest.raises(OutputError, match="--force"):
        write_file(path, pieces(), force=False)
    assert path.read_text() == "somebody else's"


def test_a_file_system_without_hard_links_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_file(tmp_path / "out.json", ["x"], force=False)
    assert (tmp_path / "out.json").read_text() == "x"


def test_d54_memory_does_not_grow_with_the_history(tmp_path: Path) -> None:
    small, large = (_filled(tmp_path / str(count), count) for count in (10, ROWS))
    for form in Format:
        path = tmp_path / form.value
        growth = -_peak_kib(small, form, path) + _peak_kib(large, form, path)
        assert path.stat().st_size > ROWS * SIZE
        assert growth < GROWTH_MAX_KIB, form


def _filled(folder: Path, count: int) -> dict[str, str]:
    env = isolated_env(folder)
    fill(replica(env), count, size=SIZE)
    return env


def _peak_kib(env: dict[str, str], form: Format, path: Path) -> int:
    argv = ["history", "export", "--force", "--format", form.value, "--output", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *argv], env=env, stdin=subprocess.DEVNULL,
        capture_output=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=cmd|' /C calc'!A0;y", "x;'=cmd|' /C calc'!A0;y"),
        ("x; @SUM(1)", "x; '@SUM(1)"),
        ("x\t＝1", "x\t'＝1"),
        ("x\n-1+1", "x\n'-1+1"),
        ("=1;=1", "'=1;'=1"),
        ("list:\n- one\n-- two", "list:\n- one\n-- two"),
        ("a=b; c-d", "a=b; c-d"),
    ],
)
def test_d54_formulas_are_defused_where_a_semicolon_separates_cells(text: str, cell: str) -> None:
    assert _csv_cells(_row(command=text))["command"] == cell


def test_json_of_bytes_that_are_no_text_is_lossless() -> None:
    assert json.loads(json_text({"path": "/x\udcff"})) == {"path": "/x\udcff"}


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = set(tmp_path.iterdir())
    for path in (pipe, tmp_path):
        with pytest.raises(OutputError, match="no ordinary file"):
            write_file(path, ["x"], force=True)
    assert pipe.is_fifo()
    assert set(tmp_path.iterdir()) == before


def test_a_link_that_somebody_prepared_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f".x.json.{os.getpid()}").symlink_to(victim)
    write_file(tmp_path / "x.json", ["theirs"], force=False)
    assert victim.read_text() == "mine"


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Cannot write"):
        write_file(tmp_path / ("n" * 300), ["x"], force=False)
