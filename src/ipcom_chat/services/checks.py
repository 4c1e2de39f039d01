"""What `doctor` finds, and what it looks at: the shapes that its checks share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import apsw
import msgspec

from ipcom_chat.assistant.mcp_config import McpConfig
from ipcom_chat.schema import latest
from ipcom_chat.services.reach import Reached
from ipcom_chat.services.sync import Probe
from ipcom_chat.storage.database import Database, open_file


class Status(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    """Stable, for programs."""
    status: Status
    detail: str
    remedy: str | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at."""

    replica: Path
    state_dir: Path
    config_file: Path
    settings_problem: str | None = None
    machine_id: str | None = None
    """What the settings give."""
    own_machine_id: str | None = None
    """What it is, if it is known already."""
    user: str | None = None
    probe: Callable[[], Probe] | None = None
    """Looks at the primary, if one is configured."""
    token: Callable[[], str | None] | None = None
    """Returns the primary's token, if a primary is configured; it may run a command."""
    ai_enabled: bool = True
    ai_overruled: tuple[str, str] | None = None
    """The file whose policy switches AI off, and what tried to switch it on."""
    ai_model: str | None = None
    ai_base_url: str | None = None
    ai_key_given: bool = False
    reach: Callable[[], Reached] | None = None
    """Asks the server of the AI; None: that was not wanted, or there is none."""
    playbook_dirs: tuple[Path, ...] = ()
    mcp: Callable[[], McpConfig] | None = None
    """Reads the files that name MCP servers."""
    encoding: str = "utf-8"
    """Of the terminal."""
    terminal: str = ""
    """The name of its type, as in `$TERM`."""
    terminal_size: tuple[int, int] | None = None
    """Its columns and lines; None where there is none."""
    now_ms: int = 0


def ok(name: str, detail: str, remedy: str | None = None) -> Check:
    """Return a check that went well."""
    return Check(name=name, status=Status.OK, detail=detail, remedy=remedy)


def warning(name: str, detail: str, remedy: str | None = None) -> Check:
    """Return a check that found what a person should look at."""
    return Check(name=name, status=Status.WARNING, detail=detail, remedy=remedy)


def failed(name: str, detail: str, remedy: str | None = None) -> Check:
    """Return a check that found what does not work."""
    return Check(name=name, status=Status.FAILED, detail=detail, remedy=remedy)


@contextmanager
def current(subject: Subject) -> Iterator[Database | None]:
    """Open the history for reading; None if there is none that this version can read as it is.

    The check of the history says why.
    """
    if not subject.replica.exists():
        yield None
        return
    connection = open_file(subject.replica, read_only=True)
    try:
        database = Database(connection, subject.replica)
        yield database if _is_current(connection) else None
    finally:
        connection.close()


def _is_current(connection: apsw.Connection) -> bool:
    try:
        return bool(connection.pragma("user_version") == latest("replica"))
    except apsw.Error:
        return False
