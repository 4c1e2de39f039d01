"""What `uninstall` takes away of this OS user, and what it leaves.

Invariants: what can be made again goes; history, settings and backups go only where that was asked
for; nothing goes while another process of ipcom-chat uses the history; links are removed and not
followed; in a folder that a variable names, only what is this program's goes.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ipcom_chat.errors import RemovalError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.storage.locks import take

OWN_NAME = "ipcom-chat"
UNIT_PATTERN = "ipcom-chat*"
_DATA = ("history.*", "sessions", "replica.json", "backups", "dev-primary", "import*")
_STATE = ("machine-id", "ipcom-chat*", "import-offered")
_CONFIG = ("config.toml", "mcp.json", "playbooks")
"""What is this program's in a folder that may hold other things, too."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What lies on this machine, by what becomes of it."""

    derived: tuple[Path, ...]
    """Can be made again: completion, units, index, meanings, the log."""
    kept: tuple[Path, ...]
    """History, backups, settings; gone only if that was asked for."""


def plan(
    *, data_dir: Path, state_dir: Path, config_dir: Path, units: Path, more: Iterable[Path]
) -> Plan:
    """Look at what there is.

    Args:
        data_dir: the folder of the history.
        state_dir: the folder of the log.
        config_dir: the folder of the settings.
        units: the folder of this user's units of systemd.
        more: further files of this program.
    """
    derived = [*more, *_units(units), data_dir / "search", data_dir / "meaning",
               *_logs(state_dir)]  # fmt: skip
    return Plan(
        derived=tuple(path for path in derived if path.exists() or path.is_symlink()),
        kept=(*_own(data_dir, _DATA), *_own(state_dir, _STATE), *_own(config_dir, _CONFIG)),
    )


def size_of(path: Path) -> int:
    """Return how many bytes lie at a path, without following links."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size if path.is_symlink() or path.exists() else 0
    return sum(size_of(each) for each in path.iterdir())


def remove(paths: Iterable[Path], replica: Path) -> None:
    """Take away files and folders, if nobody has the history open.

    Raises:
        RemovalError: somebody has, or something cannot be removed; the message says what.
    """
    with _alone(replica):
        for path in paths:
            _remove(path)


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise RemovalError(
            _("Cannot remove {path}: {reason}. What was not reached yet is untouched; run it again "
              "when that is mended.", path=path, reason=reason_of(error))
        ) from error  # fmt: skip


@contextmanager
def _alone(replica: Path) -> Iterator[None]:
    """Hold the lock that every process with an open history shares."""
    try:
        lock = os.open(f"{replica}.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield  # nobody ever had it open
        return
    try:
        if not take(lock):
            raise RemovalError(
                _("ipcom-chat is running here; nothing was removed. Close its windows and stop its "
                  "services (systemctl stop 'ipcom-chat-*'), then try again.")
            )  # fmt: skip
        yield
    finally:
        os.close(lock)


def _own(folder: Path, patterns: Iterable[str]) -> tuple[Path, ...]:
    """Return what of a folder goes: all of it if it is called after this program."""
    if not folder.is_dir():
        return ()
    if folder.name == OWN_NAME and not folder.is_symlink():
        return (folder,)
    return tuple(path for pattern in patterns for path in sorted(folder.glob(pattern)))


def _units(folder: Path) -> Iterator[Path]:
    """Yield this user's units and the links that enable them."""
    yield from sorted(folder.glob(UNIT_PATTERN))
    yield from sorted(folder.glob(f"*.wants/{UNIT_PATTERN}"))


def _logs(state_dir: Path) -> Iterator[Path]:
    yield from (state_dir / "ipcom-chat.log", state_dir / "ipcom-chat.log.1")
