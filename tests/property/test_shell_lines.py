"""The parser against Bash itself: what Bash runs was seen before it ran."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipcom_chat.assistant.shell_lines import parse

BASH = shutil.which("bash")
TOKENS = (
    "aa", "bb", " ", " ", " cc ", "\\", "'", '"', "$(", "`", ")", "(", "#", " #", "$'", '$"', "[[ ",
    " ]]", "[", "]", "if ", "; then ", "; fi", "$x", "${x}", "x=", "''", '""', "=", "==", "{bb,cc}",
    "{ ", "; }", "$", "*", "?", " < ", " >", ">&1", "&>", " <<E\n", "\nE\n", "<<<", "&&", ";", "|",
    "\\\n", "\\ ", "! ", "~", "2", "\n", "\t", "for x in ", "; do ", "; done", "f() ", "$((1", "))",
)  # fmt: skip
LINES = st.lists(st.sampled_from(TOKENS), min_size=2, max_size=12).map("".join)
RUN = r"""
command_not_found_handle() { printf '%s\0' "$@" >&9; printf '\1\0' >&9; }
PATH=/nonexistent
eval "$1"
"""


@pytest.mark.skipif(BASH is None, reason="compares with Bash (apt install bash)")
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINES)
def test_whatever_bash_runs_was_seen(tmp_path: Path, line: str) -> None:
    parsed = parse(line)
    if not parsed.is_parsed:
        return
    for words in _ran(line, tmp_path):
        assert any(
            each.words == words or 0 in each.unknown or (each.unknown and each.words[0] == words[0])
            or any("~" in word for word in each.words)
            for each in parsed.commands
        ), (line, words)  # fmt: skip


def _ran(line: str, folder: Path) -> list[tuple[str, ...]]:
    """Return the words of every command that Bash tried to run; none of them exists."""
    log = folder / "log"
    subprocess.run(
        [BASH or "bash", "-c", f"exec 9>{log}\n{RUN}", "bash", line], cwd=folder, timeout=10,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        env={"HOME": str(folder)},
    )  # fmt: skip
    records = log.read_bytes().split(b"\1\0")[:-1]
    return [tuple(each.decode("utf-8", "replace").split("\0")[:-1]) for each in records]
