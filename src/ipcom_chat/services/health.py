"""What `doctor` looks at: everything the program needs, each as one check with its remedy.

Nothing is changed or made by looking, and one check that fails does not keep the others back.
"""

import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

import apsw
import msgspec

from ipcom_chat import __version__
from ipcom_chat.assistant.endpoint import KEY_VARIABLES, Endpoint, parse_model
from ipcom_chat.assistant.playbook_loading import load_playbooks
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.host import hostname, machine_id_source
from ipcom_chat.i18n import _, decimal, language, n_
from ipcom_chat.ids import user_id_of
from ipcom_chat.schema import latest
from ipcom_chat.services.sync import SKEW_MS, Probe
from ipcom_chat.storage.database import Database, no_wal_message, open_file
from ipcom_chat.storage.faults import damage_mark, translated
from ipcom_chat.storage.filesystem import is_shareable
from ipcom_chat.storage.migrate import check_ours
from ipcom_chat.storage.people import Users
from ipcom_chat.storage.sync_state import SyncState

FREE_BYTES_WARNING = 200 * 1024 * 1024
FREE_BYTES_FAILURE = 10 * 1024 * 1024
SQLITE_MIN = (3, 51, 3)
"""Before it, two processes that restart the WAL at once can corrupt a file."""


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
    ai_enabled: bool = True
    ai_overruled: tuple[str, str] | None = None
    """The file whose policy switches AI off, and what tried to switch it on."""
    ai_model: str | None = None
    ai_base_url: str | None = None
    ai_key_given: bool = False
    playbook_dirs: tuple[Path, ...] = ()
    encoding: str = "utf-8"
    """Of the terminal."""
    terminal: str = ""
    """The name of its type, as in `$TERM`."""


def examine(subject: Subject) -> list[Check]:
    """Return all checks, in the order in which a person would go through them."""
    checks: list[Check] = []
    for look in _LOOKS:
        try:
            checks += look(subject)
        except (IpcomChatError, OSError, apsw.Error) as error:
            checks.append(_failed(_name(look), str(error)))
    return checks


def _versions(_subject: Subject) -> Iterator[Check]:
    sqlite = apsw.sqlite_lib_version()
    detail = f"ipcom-chat {__version__}, Python {platform.python_version()}, SQLite {sqlite}"
    if tuple(int(part) for part in sqlite.split(".")) < SQLITE_MIN:
        yield _warning("versions", detail, _("Upgrade the package apsw: pip install -U apsw"))
    else:
        yield _ok("versions", detail)


def _settings(subject: Subject) -> Iterator[Check]:
    if subject.settings_problem:
        yield _failed("settings", subject.settings_problem)
    elif subject.config_file.exists():
        yield _ok("settings", str(subject.config_file))
    else:
        yield _ok("settings", _("{path} is not there; defaults hold.", path=subject.config_file))


def _locale(subject: Subject) -> Iterator[Check]:
    detail = _("language {language}, encoding {encoding}, terminal {terminal}",
               language=language(), encoding=subject.encoding,
               terminal=subject.terminal or "-")  # fmt: skip
    if subject.encoding.lower().replace("-", "") != "utf8":
        yield _warning("locale", detail, _("Choose a UTF-8 locale: export LANG=C.UTF-8"))
    elif subject.terminal in {"", "dumb"}:
        yield _warning("locale", detail, _("The chat needs a terminal: set TERM."))
    else:
        yield _ok("locale", detail)


def _folder(subject: Subject) -> Iterator[Check]:
    yield _folder_check("folder", subject.replica.parent, "IPCOM_CHAT_DATA_DIR")
    yield _folder_check("state_folder", subject.state_dir, "IPCOM_CHAT_STATE_DIR")


def _folder_check(name: str, folder: Path, variable: str) -> Check:
    if not folder.exists():
        return _ok(name, _("{path} will be made at the first use.", path=folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = _("Check its owner and permissions, or set {variable}.", variable=variable)
        return _failed(name, _("{path} cannot be written.", path=folder), remedy)
    if _is_open_to_others(folder):
        return _warning(name, _("Others can look into {path}.", path=folder),
                        f"chmod 700 {folder}")  # fmt: skip
    return _ok(name, str(folder))


def _permissions(subject: Subject) -> Iterator[Check]:
    files = (*(Path(f"{subject.replica}{end}") for end in ("", "-wal", "-shm")),
             subject.config_file)  # fmt: skip
    for path in files:
        if path.exists() and _is_open_to_others(path):
            yield _warning("permissions", _("Others can read {path}.", path=path),
                           f"chmod 600 {path}")  # fmt: skip


def _file_system(subject: Subject) -> Iterator[Check]:
    if is_shareable(subject.replica):
        yield _ok("file_system", _("the history lies on a local disk"))
    else:
        yield _failed("file_system", no_wal_message(subject.replica))


def _disk(subject: Subject) -> Iterator[Check]:
    folder = next(path for path in (subject.replica, *subject.replica.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    size = f"{decimal(free / 2**30)} GiB" if free >= 2**30 else f"{free >> 20} MiB"
    detail = _("{size} free on the disk of {path}", size=size, path=folder)
    remedy = _("Free some space; what cannot be written is not saved.")
    if free < FREE_BYTES_FAILURE:
        yield _failed("disk", detail, remedy)
    elif free < FREE_BYTES_WARNING:
        yield _warning("disk", detail, remedy)
    else:
        yield _ok("disk", detail)


def _history(subject: Subject) -> Iterator[Check]:
    path = subject.replica
    if not path.exists():
        yield _ok("history", _("nothing was saved yet"))
        return
    if damage_mark(path).exists():
        remedy = _("Close every ipcom-chat and start it again: it recovers the file.")
        yield _failed("history", _("{path} was found damaged.", path=path), remedy)
        return
    with translated(path):
        connection = open_file(path, read_only=True)
    try:
        yield from _contents(connection, subject)
    finally:
        connection.close()


def _contents(connection: apsw.Connection, subject: Subject) -> Iterator[Check]:
    path = subject.replica
    newest = latest("replica")
    with translated(path):
        version = check_ours(connection, path, newest)
        problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    if problems != ["ok"]:
        yield _failed("history", "; ".join(problems),
                      _("Keep a copy of {path} and start ipcom-chat: it recovers what is readable.",
                        path=path))  # fmt: skip
        return
    database = Database(connection, path)
    if version < newest:
        yield _ok("history", _("{path} will be brought to schema {schema} at the next start.",
                               path=path, schema=newest))  # fmt: skip
        return
    entries = database.number("SELECT count(*) FROM entries")
    yield _ok("history", n_("{path}: one entry, schema {schema}, sound",
                            "{path}: {count} entries, schema {schema}, sound",
                            entries, path=path, schema=version))  # fmt: skip
    yield from _users(Users(database), subject.user)


def _users(users: Users, username: str | None) -> Iterator[Check]:
    active = len(users.all(inactive=False))
    detail = n_("one active user", "{count} active users", active)
    if not username:
        yield _ok("users", detail)
        return
    user = users.get(user_id_of(username))
    if user is None or not user.is_active:
        yield _failed("users", _("The settings name the user {username!r}, who is not an active "
                                 "user here.", username=username),
                      _("See 'ipcom-chat user list --all'."))  # fmt: skip
    else:
        yield _ok("users", _("{users}; you are {name}", users=detail, name=user.name))


def _machine_id(subject: Subject) -> Iterator[Check]:
    yield _ok("machine_id", _("from {source}", source=machine_id_source(
        subject.machine_id, subject.state_dir)))  # fmt: skip


def _assistant(subject: Subject) -> Iterator[Check]:
    without = _("answers come from this history and from playbooks")
    if subject.ai_overruled:
        path, source = subject.ai_overruled
        text = _("AI is switched off by policy in {path}; {source} has no effect: {without}",
                 path=path, source=source, without=without)  # fmt: skip
        yield _ok("assistant", text)
    elif not subject.ai_enabled:
        yield _ok("assistant", _("AI is switched off: {without}", without=without))
    elif not (subject.ai_model or subject.ai_base_url):
        yield _ok("assistant", _("no AI is configured: {without}", without=without),
                  _("To have one: ipcom-chat config set ai.model VENDOR:NAME"))  # fmt: skip
    else:
        yield _ai(subject)


def _ai(subject: Subject) -> Check:
    endpoint = Endpoint.of_model(parse_model(subject.ai_model or ""), subject.ai_base_url)
    if find_spec("pydantic_ai") is None:
        return _failed("assistant", _("The packages for AI are missing."),
                       "pip install 'ipcom-chat[ai]'")  # fmt: skip
    if endpoint.wants_key and not subject.ai_key_given:
        return _failed("assistant", _("The AI has no key."),
                       _("Put it into the variable {variable}.",
                         variable=KEY_VARIABLES[endpoint.vendor]))  # fmt: skip
    if subject.ai_key_given and not endpoint.is_safe_for_keys:
        return _failed("assistant",
                       _("The AI's key would go to {host} unencrypted.", host=endpoint.host),
                       _("Use https in ai.base_url."))  # fmt: skip
    return _ok("assistant", _("{model} at {host}", model=subject.ai_model or "-",
                              host=endpoint.host))  # fmt: skip


def _playbooks(subject: Subject) -> Iterator[Check]:
    playbooks, problems = load_playbooks(subject.playbook_dirs)
    yield _ok("playbooks", n_("one playbook", "{count} playbooks", len(playbooks)))
    for problem in problems:
        yield _warning("playbooks", str(problem), _("Correct or remove the file."))


def _sync(subject: Subject) -> Iterator[Check]:
    if subject.probe is None:
        yield _ok("sync", _("not configured: the history stays on this machine"))
        return
    found = subject.probe()  # what is wrong is told by `examine`, as for every check
    detail = _("{host} answers within {ms:.0f} ms", host=found.host, ms=found.round_trip_ms)
    yield _ok("sync", detail)
    if abs(found.skew_ms) >= SKEW_MS:
        yield _warning(
            "clock",
            _("This machine's clock is {minutes} minutes away from the primary's.",
              minutes=abs(found.skew_ms) // 60_000),
            _("Set it: timedatectl set-ntp true"),
        )  # fmt: skip
    yield from _twins(found, subject)
    yield from _carried(subject)


def _twins(found: Probe, subject: Subject) -> Iterator[Check]:
    """Look for another host that has this machine's id: a cloned image keeps it."""
    twins = {
        beat.hostname
        for beat in found.beats
        if beat.machine_id == subject.own_machine_id and beat.hostname != hostname()
    }
    if twins:
        yield _warning(
            "machine_id",
            _("Other hosts have the same machine id: {hosts}. No entry is lost, but all of them "
              "count as one machine.", hosts=", ".join(sorted(twins))),
            _("On the clone: rm /etc/machine-id && systemd-machine-id-setup, or set "
              "IPCOM_CHAT_MACHINE_ID."),
        )  # fmt: skip


def _carried(subject: Subject) -> Iterator[Check]:
    """Look at what the replica remembers of synchronisation."""
    connection = open_file(subject.replica, read_only=True) if subject.replica.exists() else None
    if connection is None:
        return
    try:
        state = SyncState(Database(connection, subject.replica))
        parked, report = state.parked(), state.report()
    finally:
        connection.close()
    if parked:
        yield _warning("sync", n_("One row was refused.", "{count} rows were refused.",
                                  len(parked)),
                       _("See 'ipcom-chat sync status'; 'sync retry' tries again."))  # fmt: skip
    if report.read_only:
        yield _warning("sync", _("The token does not allow writing; what is saved here waits."),
                       _("Set TURSO_AUTH_TOKEN to a token that may write."))  # fmt: skip


_LOOKS: tuple[Callable[[Subject], Iterator[Check]], ...] = (
    _versions, _settings, _locale, _folder, _permissions, _file_system, _disk, _history,
    _machine_id, _assistant, _playbooks, _sync,
)  # fmt: skip


def _name(look: Callable[[Subject], Iterator[Check]]) -> str:
    return look.__name__.strip("_")


def _is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _ok(name: str, detail: str, remedy: str | None = None) -> Check:
    return Check(name=name, status=Status.OK, detail=detail, remedy=remedy)


def _warning(name: str, detail: str, remedy: str | None = None) -> Check:
    return Check(name=name, status=Status.WARNING, detail=detail, remedy=remedy)


def _failed(name: str, detail: str, remedy: str | None = None) -> Check:
    return Check(name=name, status=Status.FAILED, detail=detail, remedy=remedy)
