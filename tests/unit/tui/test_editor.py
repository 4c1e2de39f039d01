"""The external editor sees a private file, and nothing of it remains."""

import stat
import sys
from pathlib import Path

import pytest

from ipcom_chat.errors import IpcomChatError
from ipcom_chat.tui.widgets.editor import edit, editor_command


def script(tmp_path: Path, body: str) -> list[str]:
    path = tmp_path / "editor.py"
    path.write_text("import os, pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n" + body)
    return [sys.executable, str(path)]


def test_the_text_goes_out_and_comes_back(tmp_path: Path) -> None:
    editor = script(tmp_path, "file.write_text(file.read_text() + ' edited\\n')")

    assert edit("ção\nline", editor) == "ção\nline edited"


def test_the_file_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    note = tmp_path / "note"
    editor = script(
        tmp_path,
        f"pathlib.Path({str(note)!r}).write_text("
        "f'{file} {file.stat().st_mode} {file.parent.stat().st_mode}')",
    )

    edit("secret", editor)

    path, file_mode, folder_mode = note.read_text().split(" ")
    assert stat.S_IMODE(int(file_mode)) == 0o600
    assert stat.S_IMODE(int(folder_mode)) == 0o700
    assert not Path(path).exists()
    assert not Path(path).parent.exists()


@pytest.mark.parametrize("command", [["/no/such/editor"], [sys.executable, "-c", "exit(1)"]])
def test_an_editor_that_fails_says_so(command: list[str]) -> None:
    with pytest.raises(IpcomChatError, match="editor"):
        edit("text", command)


def test_visual_comes_before_editor_and_may_have_options() -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": "", "EDITOR": "vim"}) == ["vim"]
    assert editor_command({"EDITOR": "bad 'quote"}) == ["bad 'quote"]
    assert len(editor_command({})) == 1
