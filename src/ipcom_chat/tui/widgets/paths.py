"""Completes paths. A folder may lie on a server that does not answer, so nobody waits for it."""

import asyncio
import os
import re
import threading
from itertools import islice
from pathlib import Path

import msgspec

LISTED = 2_000
"""So many entries of a folder are looked at."""
OFFERED = 50
TIMEOUT_S = 1.5
_WORD = re.compile(r"\S+$")
_ATTACHED = re.compile(r"(?:^|[\s(\[{\"'`])@([^\s@]*)$")
"""Not in the middle of a word: an address such as `ops@example.org` names no file."""


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What a word may become."""

    word: str
    """What was typed."""
    candidates: tuple[str, ...]
    """Whole words; folders end with a slash."""

    @property
    def common(self) -> str:
        """The longest beginning that all candidates share; never shorter than the word."""
        prefix = os.path.commonprefix(self.candidates)  # noqa: RUF071 - letters, not folders
        return prefix if len(prefix) > len(self.word) else self.word


def word_before(text: str) -> str:
    """Return the word that ends at the end of `text`."""
    found = _WORD.search(text)
    return found.group().lstrip("\"'(<`") if found else ""


def attached_before(text: str) -> str | None:
    """Return the path behind an `@` that ends at the end of `text`; None without one."""
    found = _ATTACHED.search(text)
    return found.group(1) if found else None


def path_before(text: str) -> str:
    """Return the path, or its beginning, that ends at the end of `text`."""
    attached = attached_before(text)
    return word_before(text) if attached is None else attached


async def complete(word: str, cwd: str) -> Completion:
    """Look up what `word` may become; nothing after `TIMEOUT_S`.

    Args:
        word: a path or its beginning; `~` is the home folder.
        cwd: what relative paths start from.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Completion] = loop.create_future()

    def settle(completion: Completion) -> None:
        if not answer.done():
            answer.set_result(completion)

    def look() -> None:
        completion = completions(word, cwd)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, completion)

    # A daemon thread, not the loop's executor: the program can end while a dead server is asked.
    threading.Thread(target=look, name="path-completion", daemon=True).start()
    try:
        return await asyncio.wait_for(answer, TIMEOUT_S)
    except TimeoutError:
        return Completion(word=word, candidates=())


def completions(word: str, cwd: str) -> Completion:
    """Look up what `word` may become; blocks while the folder is read."""
    folder, start = word[: word.rfind("/") + 1], word[word.rfind("/") + 1 :]
    if word == "~":
        return Completion(word=word, candidates=("~/",))
    place = Path(cwd) / os.path.expanduser(folder)  # noqa: PTH111 - Path raises on unknown users
    names = _names(place, start)
    return Completion(word=word, candidates=tuple(folder + name for name in names[:OFFERED]))


def _names(folder: Path, start: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name + ("/" if _is_folder(entry) else "")
                for entry in islice(entries, LISTED)
                if entry.name.startswith(start)
                and entry.name.isprintable()
                and (start.startswith(".") or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return []


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
