"""Files that a question names as `@path`: their text goes along with it.

Invariants: a word that begins with `@` and names no file stays a word (`@channel`, an address);
what cannot be attached is said and the question goes on without it; the question itself stays as
it was typed.
"""

import os
import re
from typing import Final

import msgspec

from ipcom_chat.assistant.file_text import FileText, read_text
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _, n_

ATTACHED_MAX: Final = 8
ATTACHED_MAX_CHARS: Final = 60_000
"""Of all files of one question together."""
_NAMED = re.compile(r"(?:^|(?<=[\s(\"']))@(?:\"([^\"\n]+)\"|(\S+))")
_TRAILING = ".,;:!?)\"'"


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one question."""

    files: tuple[FileText, ...] = ()
    notes: tuple[str, ...] = ()
    """What to tell the person: what went along, and what did not, and why."""


def attach(text: str, cwd: str) -> Attached:
    """Read the files that a question names.

    Args:
        text: the question.
        cwd: where relative paths begin.
    """
    files: list[FileText] = []
    notes: list[str] = []
    left = ATTACHED_MAX_CHARS
    for path in _paths(text, cwd):
        if len(files) == ATTACHED_MAX or left <= 0:
            notes.append(_("{path} is not attached: there is no room for more.", path=path))
            continue
        try:
            file = read_text(path, cwd, max_chars=left)
        except UsageError as error:
            notes.append(_("{reason} It is not attached.", reason=str(error)))
            continue
        left -= len(file.text)
        files.append(file)
        notes.append(_note(file))
    return Attached(files=tuple(files), notes=tuple(notes))


def _paths(text: str, cwd: str) -> list[str]:
    """Return the paths that are named and exist, each once, in order."""
    found: dict[str, None] = {}
    for quoted, bare in _NAMED.findall(text):
        for path in (quoted,) if quoted else (bare, bare.rstrip(_TRAILING)):
            if path and _exists(path, cwd):
                found[path] = None
                break
    return list(found)


def _exists(path: str, cwd: str) -> bool:
    try:
        return os.path.exists(os.path.join(cwd, os.path.expanduser(path)))  # noqa: PTH110, PTH111, PTH118 - any string, not a path of ours
    except ValueError:
        return False


def _note(file: FileText) -> str:
    said = n_("{path} is attached: {count} byte", "{path} is attached: {count} bytes",
              file.size_bytes, path=file.path)  # fmt: skip
    said += _(", cut in the middle") if file.is_cut else ""
    if file.redactions:
        said += n_(", one secret masked", ", {count} secrets masked", file.redactions)
    return f"{said}."
