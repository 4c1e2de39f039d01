"""Readers of shell histories."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Kind
from ipcom_chat.imports import shells
from ipcom_chat.imports.records import Items, Record
from ipcom_chat.imports.sources import File, look_at

MTIME_S = 1_700_000_500


def read(tmp_path: Path, data: bytes, reader: Callable[[File], Items]) -> list[Record]:
    path = tmp_path / "history"
    path.write_bytes(data)
    os.utime(path, (MTIME_S, MTIME_S))
    records = list(reader(look_at(path)))
    assert all(isinstance(record, Record) for record in records)
    return [record for record in records if isinstance(record, Record)]


def texts(records: list[Record]) -> list[str]:
    return [record.command for record in records]


def test_d63_bash_without_times_counts_backwards_from_the_file(tmp_path: Path) -> None:
    records = read(tmp_path, b"ls\n\ndf -h\n", shells.bash)
    assert texts(records) == ["ls", "df -h"]
    assert [record.created_at for record in records] == [
        (MTIME_S - 2) * 1000, (MTIME_S - 1) * 1000,
    ]  # fmt: skip
    assert all(record.time_estimated and record.kind is Kind.COMMAND for record in records)
    assert records[0].error_code is None


def test_bash_with_times_keeps_multi_line_commands_together(tmp_path: Path) -> None:
    data = (
        b"older\n#1700000000\nfor i in 1 2; do\n  echo $i\ndone\n#1700000000\nls\n#1700000009\nid\n"
    )
    records = read(tmp_path, data, shells.bash)
    assert texts(records) == ["older", "for i in 1 2; do\n  echo $i\ndone", "ls", "id"]
    assert [record.created_at - 1_700_000_000_000 for record in records] == [-1000, 0, 1, 9000]
    assert [record.time_estimated for record in records] == [True, False, False, False]
    assert records[1].place == "3"


def test_bash_whose_times_were_switched_off_again_is_not_one_huge_command(tmp_path: Path) -> None:
    lines = b"".join(b"echo %d\n" % n for n in range(1000))
    records = read(tmp_path, b"#1700000000\nls\n" + lines, shells.bash)
    assert len(records) > 700
    assert max(len(text.splitlines()) for text in texts(records)) <= shells.BLOCK_MAX_LINES


def test_comments_are_no_times(tmp_path: Path) -> None:
    assert texts(read(tmp_path, b"#1 first\n# note\n#170000000000000\n", shells.bash)) == [
        "#1 first", "# note", "#170000000000000",
    ]  # fmt: skip


def test_zsh_extended_multi_line_metafied_and_plain(tmp_path: Path) -> None:
    # zsh writes a byte of 0x83 or above 0x9d specially: 0x83, then the byte xor 32.
    metafied = "echo ã".encode().replace(b"\xa3", b"\x83\x83")
    data = (
        b": 1700000000:5;echo a\\\nb\n: 1700000003:0;" + metafied + b"\nplain\n"
        b": 1700000009:0;ends in \\\\ \n"
    )
    records = read(tmp_path, data, shells.zsh)
    assert texts(records) == ["echo a\nb", "echo ã", "plain", "ends in \\\\"]
    assert [record.execution_time_ms for record in records] == [5000, None, None, None]
    assert [record.time_estimated for record in records] == [False, False, True, False]
    times = [record.created_at for record in records]
    assert times == sorted(times)


def test_fish_unescapes_and_ignores_paths(tmp_path: Path) -> None:
    data = (
        b"- cmd: echo \\\\n\\nsecond\n  when: 1700000000\n  paths:\n    - when: 5\n"
        b"- cmd: untimed\n- cmd: \n  when: 7\n- cmd: ls\n  when: 1700000005\n"
    )
    records = read(tmp_path, data, shells.fish)
    assert texts(records) == ["echo \\n\nsecond", "untimed", "ls"]
    assert records[0].created_at == 1_700_000_000_000
    assert [record.time_estimated for record in records] == [False, True, False]


def test_plain_lines_are_questions(tmp_path: Path) -> None:
    records = read(tmp_path, "o que é isso?\n".encode(), shells.plain)
    assert records[0].kind is Kind.QUESTION


@pytest.mark.parametrize("reader", [shells.bash, shells.zsh, shells.fish, shells.plain])
def test_older_encodings_and_nul_blocks_are_read(
    tmp_path: Path, reader: Callable[[File], Items]
) -> None:
    data = b"- cmd: echo jo\xe3o\n" + b"\0" * 4096 + b"\n- cmd: ls\n"
    assert any("joão" in text for text in texts(read(tmp_path, data, reader)))


def test_a_line_without_an_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipcom_chat.imports.sources.LINE_MAX_BYTES", 10)
    assert texts(read(tmp_path, b"x" * 35 + b"\nls\n", shells.bash)) == ["x" * 10, "ls"]
