"""Files that somebody else may have prepared."""

import os
import stat
from pathlib import Path

import pytest

from ipcom_chat.files import is_ordinary, read_regular, temporary_beside, write_new


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_an_ordinary_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"text")
    data, attributes = read_regular(path, max_bytes=4)
    assert (data, attributes.st_size) == (b"text", 4)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop", "large"])
def test_a_trap_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "trap"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.write_bytes(b"12345")
    before = _descriptors()
    with pytest.raises(OSError, match=str(path)):
        read_regular(path, max_bytes=4)
    assert _descriptors() == before


def test_nothing_is_written_through_a_name_that_exists(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(victim)
    for path in (link, victim):
        with pytest.raises(FileExistsError):
            write_new(path, ["theirs"])
    assert victim.read_text() == "mine"


def test_what_is_written_is_for_the_owner_alone(tmp_path: Path) -> None:
    path = temporary_beside(tmp_path / ("n" * 255))  # the longest name that a file may have
    before = os.umask(0)
    try:
        write_new(path, ["a", "é\n"])
    finally:
        os.umask(before)
    assert path.read_text(encoding="utf-8") == "aé\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_of_temporary_files_cannot_be_guessed(tmp_path: Path) -> None:
    assert temporary_beside(tmp_path / "a") != temporary_beside(tmp_path / "a")


def test_what_a_rename_may_replace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_ordinary(tmp_path / "free")
    assert is_ordinary(tmp_path / "file")
    assert not is_ordinary(tmp_path)
    assert not is_ordinary(Path("/dev/null"))
