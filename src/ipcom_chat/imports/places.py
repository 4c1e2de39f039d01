"""Where histories usually lie, and what of them is there."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ipcom_chat.errors import ImportSourceError
from ipcom_chat.host import OLD_FOLDER
from ipcom_chat.i18n import _
from ipcom_chat.imports.detect import SETTINGS_FILES, Source, detect, old_settings, unknown

_OLD_FILES = (
    "history.json", "history.backup.*.json", "command-history.json", "ink-history.json",
    "retry-queue.json", "sessions/*.json", "cache.db", "cache/*.json",
)  # fmt: skip
_OF_HOME = (
    ".mcp_terminal_history", ".bash_history", ".zsh_history", ".zhistory", ".histfile",
    ".atuin/data/history.db", ".config/io.datasette.llm/logs.db",
)  # fmt: skip
_OF_DATA = ("fish/fish_history", "atuin/history.db")


def usual(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield the files that exist in the usual places, the earlier program's first."""
    yield from old_files(home / OLD_FOLDER)
    for backup in sorted(home.glob(f"{OLD_FOLDER}.backup-*")):
        yield from old_files(backup)
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
    named = environment.get("HISTFILE")
    llm = environment.get("LLM_USER_PATH")
    candidates = [
        *(home / name for name in _OF_HOME),
        *(data / name for name in _OF_DATA),
        *([Path(named)] if named and Path(named).is_absolute() else []),
        *([Path(llm) / "logs.db"] if llm else []),
    ]
    seen: set[Path] = set()
    for path in candidates:
        if path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            yield path


def old_files(folder: Path) -> Iterator[Path]:
    """Yield the files of the earlier program in its folder."""
    for pattern in _OLD_FILES:
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def in_folder(folder: Path) -> list[Source]:
    """Return what can be imported from the earlier program's folder, or a folder of sessions.

    Raises:
        ImportSourceError: nothing can, or one of its files is not what its name says.
    """
    found = [detect(path) for path in old_files(folder)]
    if not found:
        found = [detect(path) for path in sorted(folder.glob("*.json"))]
    if not found:
        raise unknown(folder)
    return found


def found_usual(
    environment: Mapping[str, str], home: Path
) -> tuple[list[Source], list[ImportSourceError]]:
    """Return what lies in the usual places, and why some of it cannot be read."""
    sources: list[Source] = []
    problems: list[ImportSourceError] = []
    for path in usual(environment, home):
        try:
            sources.append(detect(path))
        except ImportSourceError as error:
            problems.append(error)
    return sources, problems


def old_database_hint(home: Path) -> str | None:
    """Return how to import the shared database that the earlier program's settings name."""
    for name in SETTINGS_FILES:
        path = home / OLD_FOLDER / name
        if isinstance(old_settings(path).get("turso_url"), str):
            return _(
                "{path} names the team's old database. To import that, too, set "
                "OLD_TURSO_DATABASE_URL and OLD_TURSO_AUTH_TOKEN to its turso_url and turso_token.",
                path=path,
            )
    return None
