"""Paths are completed from folders as they are, and a dead folder holds nobody up."""

import asyncio
import os
from pathlib import Path

import pytest

from ipcom_chat.tui.widgets import paths
from ipcom_chat.tui.widgets.paths import (
    attached_before,
    complete,
    completions,
    path_before,
    word_before,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path = tmp_path / "files"
    tmp_path.mkdir()
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx.conf").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "bad\x1bname").touch()
    (tmp_path / "açúcar").touch()
    return tmp_path


def test_candidates_are_whole_words_and_folders_end_with_a_slash(folder: Path) -> None:
    found = completions(f"{folder}/ng", "/")

    assert found.candidates == (f"{folder}/nginx.conf", f"{folder}/nginx/")
    assert found.common == f"{folder}/nginx"


def test_relative_paths_start_from_the_given_folder(folder: Path) -> None:
    assert completions("nginx/", str(folder)).candidates == ()
    assert completions("./ngi", str(folder)).candidates == ("./nginx.conf", "./nginx/")


def test_hidden_and_unprintable_names_are_left_out(folder: Path) -> None:
    assert completions("", str(folder)).candidates == ("açúcar", "nginx.conf", "nginx/")
    assert completions(".h", str(folder)).candidates == (".hidden",)


def test_home_is_completed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("HOME", str(folder))

    assert completions("~", "/").candidates == ("~/",)
    assert completions("~/aç", "/").candidates == ("~/açúcar",)


@pytest.mark.parametrize("word", ["/no/such/folder/x", "~nobody-here/x", "\0/x"])
def test_what_cannot_be_read_has_no_candidates(word: str) -> None:
    assert completions(word, "/").candidates == ()


def test_the_word_before_the_cursor() -> None:
    assert word_before("look at /etc/ho") == "/etc/ho"
    assert word_before('open "/var/l') == "/var/l"
    assert word_before("look at ") == ""


async def test_a_folder_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # Opening a pipe that nobody writes to blocks, as a dead file server does. Given back at once:
    # the end of the test lists its folder, too.
    with monkeypatch.context() as patched:
        patched.setattr(paths, "TIMEOUT_S", 0.05)
        patched.setattr(os, "scandir", lambda _path: fifo.open())
        found = await complete("x", str(tmp_path))

    assert found.candidates == ()
    with fifo.open("w"):  # lets the thread end
        await asyncio.sleep(0.05)


async def test_candidates_arrive(folder: Path) -> None:
    assert (await complete("nginx.", str(folder))).candidates == ("nginx.conf",)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("@", ""),
        ("what is wrong in @/etc/ng", "/etc/ng"),
        ('compare "@a.txt', "a.txt"),
        ("(@src/", "src/"),
        ("write to ops@example.org", None),
        ("@done and more", None),
        ("no mark", None),
    ],
)
def test_a_path_behind_an_at_begins_a_word(text: str, path: str | None) -> None:
    assert attached_before(text) == path


def test_the_path_before_the_cursor_has_no_at_sign() -> None:
    assert path_before("see @src/ma") == "src/ma"
    assert path_before("see src/ma") == "src/ma"
