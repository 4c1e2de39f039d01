"""Files that a question names as `@path`."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.attachments import ATTACHED_MAX, ATTACHED_MAX_CHARS, attach
from ipcom_chat.assistant.file_text import cut_middle

SECRET = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"


def test_a_named_file_goes_along_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text(f"port 80\ntoken {SECRET}\n")
    found = attach("what is wrong in @app.conf?", str(tmp_path))
    (file,) = found.files
    assert file.path == str(tmp_path / "app.conf")
    assert "port 80" in file.text
    assert SECRET not in file.text
    assert found.notes == (f"{file.path} is attached: {file.size_bytes} bytes, one secret masked.",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@a", ["a"]),
        ("see @a, @a and (@b).", ["a", "b"]),
        ('@"with blank" please', ["with blank"]),
        ("mail me@a or @nobody @/no/such", []),
        ("@a@b", []),
        ("plain", []),
    ],
)
def test_only_words_that_name_a_file_are_files(tmp_path: Path, text: str, names: list[str]) -> None:
    for name in ("a", "b", "with blank"):
        (tmp_path / name).write_text("x")
    assert [Path(file.path).name for file in attach(text, str(tmp_path)).files] == names


def test_what_cannot_be_attached_is_said(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"\x89PNG\0")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    found = attach("@image @folder @pipe @huge", str(tmp_path))
    assert found.files == ()
    assert len(found.notes) == 4
    assert all("not attached" in note for note in found.notes)


def test_long_and_many_files_are_bounded_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("ab\n" * ATTACHED_MAX_CHARS)
    found = attach("@long", str(tmp_path))
    assert found.files[0].is_cut
    assert "cut in the middle" in found.notes[0]
    names = [f"f{number}" for number in range(ATTACHED_MAX + 2)]
    for name in names:
        (tmp_path / name).write_text("x")
    found = attach(" ".join(f"@{name}" for name in names), str(tmp_path))
    assert len(found.files) == ATTACHED_MAX
    assert sum("no room" in note for note in found.notes) == 2


@given(st.text())
def test_no_text_raises(text: str) -> None:
    attach(f"@{text} {text}@", "/nonexistent")


@given(st.text(), st.integers(3, 400))
def test_a_cut_keeps_both_ends(text: str, limit: int) -> None:
    cut, was_cut = cut_middle(text, limit)
    assert was_cut == (len(text) > limit)
    assert cut.startswith(text[: limit * 2 // 3])
    assert cut.endswith(text[-limit // 3 :]) or not was_cut
