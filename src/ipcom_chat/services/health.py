"""What `doctor` looks at: everything the program needs, each as one check with its remedy.

Nothing is changed or made by looking, and one check that fails does not keep the others back.
"""

import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import apsw

from ipcom_chat import __version__
from ipcom_chat.assistant.endpoint import KEY_VARIABLES, Endpoint, parse_model
from ipcom_chat.assistant.playbook_loading import load_playbooks
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.host import machine_id_source
from ipcom_chat.i18n import _, decimal, language, n_
from ipcom_chat.ids import user_id_of
from ipcom_chat.schema import latest
from ipcom_chat.services import health_parts, health_primary
from ipcom_chat.services.checks import Check, Status, Subject, failed, ok, warning
from ipcom_chat.storage.database import Database, no_wal_message, open_file
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.filesystem import is_shareable
from ipcom_chat.storage.locks import damage_mark
from ipcom_chat.storage.migrate import check_ours
from ipcom_chat.storage.monitoring_rows import MonitoringRows
from ipcom_chat.storage.people import Users
from ipcom_chat.storage.soundness import problems

__all__ = ["Check", "Status", "Subject", "examine"]

FREE_BYTES_WARNING = 200 * 1024 * 1024
FREE_BYTES_FAILURE = 10 * 1024 * 1024
SQLITE_MIN = (3, 51, 3)
"""Before it, two processes that restart the WAL at once can corrupt a file."""


def examine(subject: Subject) -> list[Check]:
    """Return all checks, in the order in which a person would go through them."""
    checks: list[Check] = []
    for name, look in _LOOKS:
        try:
            checks += look(subject)
        except (IpcomChatError, OSError, apsw.Error) as error:
            checks.append(failed(name, str(error)))
    return checks


def _versions(_subject: Subject) -> Iterator[Check]:
    sqlite = apsw.sqlite_lib_version()
    detail = f"ipcom-chat {__version__}, Python {platform.python_version()}, SQLite {sqlite}"
    if tuple(int(part) for part in sqlite.split(".")) < SQLITE_MIN:
        yield warning("versions", detail, _("Upgrade the package apsw: pip install -U apsw"))
    else:
        yield ok("versions", detail)


def _settings(subject: Subject) -> Iterator[Check]:
    if subject.settings_problem:
        yield failed("settings", subject.settings_problem)
    elif subject.config_file.exists():
        yield ok("settings", str(subject.config_file))
    else:
        yield ok("settings", _("{path} is not there; defaults hold.", path=subject.config_file))


def _locale(subject: Subject) -> Iterator[Check]:
    detail = _("language {language}, encoding {encoding}, terminal {terminal}",
               language=language(), encoding=subject.encoding,
               terminal=subject.terminal or "-")  # fmt: skip
    if subject.encoding.lower().replace("-", "") != "utf8":
        yield warning("locale", detail, _("Choose a UTF-8 locale: export LANG=C.UTF-8"))
    elif subject.terminal in {"", "dumb"}:
        yield warning(
            "locale", detail, _("The chat is shown line by line; set TERM for the screen.")
        )
    else:
        yield ok("locale", detail)


def _folder(subject: Subject) -> Iterator[Check]:
    yield _folder_check("folder", subject.replica.parent, "IPCOM_CHAT_DATA_DIR")
    yield _folder_check("state_folder", subject.state_dir, "IPCOM_CHAT_STATE_DIR")


def _folder_check(name: str, folder: Path, variable: str) -> Check:
    if not folder.exists():
        return ok(name, _("{path} will be made at the first use.", path=folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = _("Check its owner and permissions, or set {variable}.", variable=variable)
        return failed(name, _("{path} cannot be written.", path=folder), remedy)
    if _is_open_to_others(folder):
        return warning(name, _("Others can look into {path}.", path=folder),
                        f"chmod 700 {folder}")  # fmt: skip
    return ok(name, str(folder))


def _permissions(subject: Subject) -> Iterator[Check]:
    files = (*(Path(f"{subject.replica}{end}") for end in ("", "-wal", "-shm")),
             subject.config_file)  # fmt: skip
    for path in files:
        if path.exists() and _is_open_to_others(path):
            yield warning("permissions", _("Others can read {path}.", path=path),
                           f"chmod 600 {path}")  # fmt: skip


def _file_system(subject: Subject) -> Iterator[Check]:
    if is_shareable(subject.replica):
        yield ok("file_system", _("the history lies on a local disk"))
    else:
        yield failed("file_system", no_wal_message(subject.replica))


def _disk(subject: Subject) -> Iterator[Check]:
    folder = next(path for path in (subject.replica, *subject.replica.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    size = f"{decimal(free / 2**30)} GiB" if free >= 2**30 else f"{free >> 20} MiB"
    detail = _("{size} free on the disk of {path}", size=size, path=folder)
    remedy = _("Free some space; what cannot be written is not saved.")
    if free < FREE_BYTES_FAILURE:
        yield failed("disk", detail, remedy)
    elif free < FREE_BYTES_WARNING:
        yield warning("disk", detail, remedy)
    else:
        yield ok("disk", detail)


def _history(subject: Subject) -> Iterator[Check]:
    path = subject.replica
    if not path.exists():
        yield ok("history", _("nothing was saved yet"))
        return
    if damage_mark(path).exists():
        remedy = _("Close every ipcom-chat and start it again: it recovers the file.")
        yield failed("history", _("{path} was found damaged.", path=path), remedy)
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
        found = problems(connection, quick=True)
    if found:
        yield failed("history", "; ".join(found),
                      _("Keep a copy of {path} and start ipcom-chat: it recovers what is readable.",
                        path=path))  # fmt: skip
        return
    database = Database(connection, path)
    if version < newest:
        yield ok("history", _("{path} will be brought to schema {schema} at the next start.",
                               path=path, schema=newest))  # fmt: skip
        return
    entries = MonitoringRows(database).entries()
    yield ok("history", n_("{path}: one entry, schema {schema}, sound",
                            "{path}: {count} entries, schema {schema}, sound",
                            entries, path=path, schema=version))  # fmt: skip
    yield from _users(Users(database), subject.user)


def _users(users: Users, username: str | None) -> Iterator[Check]:
    active = len(users.all(inactive=False))
    detail = n_("one active user", "{count} active users", active)
    if not username:
        yield ok("users", detail)
        return
    user = users.get(user_id_of(username))
    if user is None or not user.is_active:
        yield failed("users", _("The settings name the user {username!r}, who is not an active "
                                 "user here.", username=username),
                      _("See 'ipcom-chat user list --all'."))  # fmt: skip
    else:
        yield ok("users", _("{users}; you are {name}", users=detail, name=user.name))


def _machine_id(subject: Subject) -> Iterator[Check]:
    yield ok("machine_id", _("from {source}", source=machine_id_source(
        subject.machine_id, subject.state_dir)))  # fmt: skip


def _assistant(subject: Subject) -> Iterator[Check]:
    without = _("answers come from this history and from playbooks")
    if subject.ai_overruled:
        path, source = subject.ai_overruled
        text = _("AI is switched off by policy in {path}; {source} has no effect: {without}",
                 path=path, source=source, without=without)  # fmt: skip
        yield ok("assistant", text)
    elif not subject.ai_enabled:
        yield ok("assistant", _("AI is switched off: {without}", without=without))
    elif not (subject.ai_model or subject.ai_base_url):
        yield ok("assistant", _("no AI is configured: {without}", without=without),
                  _("To have one: ipcom-chat config set ai.model VENDOR:NAME"))  # fmt: skip
    else:
        yield _ai(subject)


def _ai(subject: Subject) -> Check:
    endpoint = Endpoint.of_model(parse_model(subject.ai_model or ""), subject.ai_base_url)
    if find_spec("pydantic_ai") is None:
        return failed("assistant", _("The packages for AI are missing."),
                       "pip install 'ipcom-chat[ai]'")  # fmt: skip
    if endpoint.wants_key and not subject.ai_key_given:
        return failed("assistant", _("The AI has no key."),
                       _("Put it into the variable {variable}.",
                         variable=KEY_VARIABLES[endpoint.vendor]))  # fmt: skip
    if subject.ai_key_given and not endpoint.is_safe_for_keys:
        return failed("assistant",
                       _("The AI's key would go to {host} unencrypted.", host=endpoint.host),
                       _("Use https in ai.base_url."))  # fmt: skip
    return ok("assistant", _("{model} at {host}", model=subject.ai_model or "-",
                              host=endpoint.host))  # fmt: skip


def _playbooks(subject: Subject) -> Iterator[Check]:
    playbooks, problems = load_playbooks(subject.playbook_dirs)
    yield ok("playbooks", n_("one playbook", "{count} playbooks", len(playbooks)))
    for problem in problems:
        yield warning("playbooks", str(problem), _("Correct or remove the file."))


_LOOKS: tuple[tuple[str, Callable[[Subject], Iterator[Check]]], ...] = (
    ("versions", _versions), ("settings", _settings), ("locale", _locale),
    ("terminal", health_parts.terminal), ("folder", _folder), ("permissions", _permissions),
    ("file_system", _file_system), ("disk", _disk), ("history", _history),
    ("erasures", health_parts.erasures), ("index", health_parts.index),
    ("redaction", health_parts.redaction), ("machine_id", _machine_id), ("assistant", _assistant),
    ("assistant_online", health_parts.reachable), ("playbooks", _playbooks),
    ("mcp", health_parts.mcp), ("token", health_primary.token), ("queue", health_primary.queue),
    ("sync", health_primary.primary),
)  # fmt: skip
"""What is looked at, by the name that tells of it when it cannot be looked at."""


def _is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
