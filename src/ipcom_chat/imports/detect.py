"""Says what a source is, by what it holds.

A name decides only between forms whose content is the same: lists of prompts, and lines of plain
text, which are taken for a history only if they are called like one, look like commands, or are
said to be one. Everything else is refused.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import ImportSourceError
from ipcom_chat.i18n import _
from ipcom_chat.imports import exported, old_cache, old_database, old_files, others, shells
from ipcom_chat.imports.records import Form, Items
from ipcom_chat.imports.sources import File, head, json_of, look_at, opened, whole
from ipcom_chat.imports.sqlite import MAGIC, asking, tables_of

SETTINGS_FILES = ("config.json", "turso-config.json")
"""What the earlier program was set up with, beside its cache."""

_READERS: dict[Form, Callable[[File], Items]] = {
    Form.BASH: shells.bash,
    Form.ZSH: shells.zsh,
    Form.FISH: shells.fish,
    Form.ATUIN: others.atuin,
    Form.LLM: others.llm,
    Form.OLD_HISTORY: old_files.prompts,
    Form.OLD_INK: old_files.prompts,
    Form.OLD_ASK: old_files.asked,
    Form.OLD_LINES: shells.plain,
    Form.OLD_SESSION: old_files.session,
    Form.OLD_MONITOR: old_files.monitored,
    Form.OLD_RETRY: old_files.retries,
    Form.EXPORT: exported.exported,
}
_ATUIN = {"id", "timestamp", "duration", "exit", "command", "cwd", "session", "hostname"}
_LLM = {"id", "model", "prompt", "response", "datetime_utc"}
_OLD_CACHE = {"id", "command", "response", "timestamp"}

_ZSH_HEAD = re.compile(rb"^: *\d{9,11}:\d+;", re.MULTILINE)
_BASH_HEAD = re.compile(rb"^#\d{9,10}\n", re.MULTILINE)
_FISH_HEAD = b"- cmd: "
_PLAIN_NAMES = (
    (re.compile(r"mcp_terminal_history"), Form.OLD_LINES),
    (re.compile(r"zsh_?hist|zhist|\.histfile"), Form.ZSH),
    (re.compile(r"bash_?hist|\.sh_history|ash_history"), Form.BASH),
)
_NOT_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_TEXT_SHARE = 0.02
_COMMANDS = frozenset(
    """
    alias ansible apk apt apt-get awk aws az bash brew bzip2 cat cd chgrp chmod chown cp cron
    crontab curl cut date dd declare df diff dig dmesg dnf docker docker-compose dpkg du echo env
    exit export fdisk fg find firewall-cmd for free ftp function gcc git go grep groups gunzip
    gzip head helm history hostname hostnamectl htop id if ifconfig ip iptables java jobs
    journalctl jq kill killall kubectl last less ln ls lsblk lsof make man mkdir mount mv mysql
    nano nc netstat nft nginx nmap node npm npx openssl passwd perl pgrep php ping pip pip3 pkill
    podman pnpm printf ps psql pwd python python3 read reboot rm rmdir rpm rsync ruby scp screen
    sed service set sh shutdown sleep sort source ss ssh ssh-keygen stat su sudo sysctl systemctl
    tail tar tee telnet terraform test time timedatectl timeout tmux top touch tr traceroute type
    ufw umount uname uniq unset unzip uptime useradd usermod vi vim vmstat w watch wc wget which
    while who whoami xargs yarn yum zip zsh zypper
    """.split()
)
_ASSIGNED = re.compile(r"(\w+=\S*\s+)*(\w+=|[./~][\w./~-]*/)")
_FIRST_WORD = re.compile(r"[({!\s]*([\w.+-]+)")
_SAMPLE_LINES = 400
_SHARE = 0.6
"""Of the first lines, how many must begin like a command."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose form is known."""

    form: Form
    file: File

    @property
    def place(self) -> str:
        """What people are told."""
        return str(self.file.path)

    def items(self, *, now_ms: int) -> Items:
        """Yield what the source holds.

        Raises:
            ImportSourceError: it cannot be read to its end.
        """
        if self.form is Form.OLD_DATABASE:
            with asking(self.file.path) as queries:
                yield from old_database.shared(queries, now_ms=now_ms)
        elif self.form is Form.OLD_CACHE:
            yield from old_cache.cached(self.file, old_mode(self.file.path.parent))
        else:
            yield from _READERS[self.form](self.file)


def detect(path: Path, form: Form | None = None) -> Source:
    """Return a file with its form.

    Args:
        path: the file.
        form: what lines of plain text are said to be.

    Raises:
        ImportSourceError: it cannot be read, or is nothing that can be imported.
    """
    file = look_at(path)
    start = head(path)
    found = _form(path, start, form) if start.strip() else (form or Form.BASH)
    return Source(form=found, file=file)


def old_mode(folder: Path) -> Mode | None:
    """Return where the earlier program wrote, if its settings in a folder say so."""
    for name in SETTINGS_FILES:
        value = old_settings(folder / name).get("history_mode")
        if isinstance(value, str) and value in set(Mode):
            return Mode(value)
    return None


def old_settings(path: Path) -> dict[str, Any]:
    """Return the earlier program's settings in a file; none if it is not one."""
    try:
        with opened(path) as file:
            found = json_of(file.read(1 << 20))
    except (ImportSourceError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _form(path: Path, start: bytes, form: Form | None) -> Form:
    if start.startswith(MAGIC):
        return _of_database(path)
    if _is_binary(path, start):
        raise unknown(path)
    if start.lstrip().startswith(_FISH_HEAD):
        return Form.FISH
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        found = _of_json(path, start)
        if found is not None:
            return found
    if _ZSH_HEAD.search(start):
        return Form.ZSH
    if _BASH_HEAD.search(start):
        return Form.BASH
    return _of_text(path, start, form)


def _of_database(path: Path) -> Form:
    with asking(path) as queries:
        tables = tables_of(queries)
    if tables.get(old_cache.TABLE, frozenset()) >= _OLD_CACHE:
        return Form.OLD_CACHE
    if any(
        "command" in tables.get(name, ()) for name in (*old_database.TABLES, old_database.CACHE)
    ):
        return Form.OLD_DATABASE
    if tables.get("history", frozenset()) >= _ATUIN:
        return Form.ATUIN
    if tables.get("responses", frozenset()) >= _LLM or {"turns", "turn_search"} <= tables.keys():
        return Form.LLM
    if "entry_events" in tables:
        raise ImportSourceError(
            _(
                "{path} is a history of ipcom-chat. Nothing was imported; export it on its own "
                "machine: ipcom-chat history export --everything --format jsonl",
                path=path,
            )
        )
    raise unknown(path)


def _of_json(path: Path, start: bytes) -> Form | None:
    """Return the form of a JSON file; None for text that only begins like JSON."""
    first = _first_object(start)
    if first is not None and first.keys() >= exported.MARKS:
        return Form.EXPORT
    data = whole(path)
    try:
        document = json_of(data)
    except ValueError:
        items = old_files.salvaged(data)
        # What was cut off is a list that has at least one whole item.
        is_list = len(items) > 1 or (len(items) == 1 and not old_files.is_cut(items[0]))
        return _of_list(path, items[:1]) if is_list and path.suffix == ".json" else None
    found = _of_document(path, document)
    if found is None:
        raise unknown(path)
    return found


def _of_document(path: Path, document: Any) -> Form | None:
    if isinstance(document, list):
        return _of_list(path, document)
    if not isinstance(document, dict):
        return None
    if document.keys() >= exported.MARKS:
        return Form.EXPORT
    if isinstance(document.get("context"), list):
        messages = [item for item in document["context"] if isinstance(item, dict)]
        is_session = all("role" in item for item in messages)
        return Form.OLD_SESSION if is_session and {"name", "version"} & document.keys() else None
    if {"command", "exitCode", "solution"} <= document.keys():
        return Form.OLD_MONITOR
    listed = document.get("entries", document.get("commands"))
    return Form.OLD_HISTORY if isinstance(listed, list) and _are_prompts(listed) else None


def _of_list(path: Path, items: list[Any]) -> Form | None:
    objects = [item for item in items if isinstance(item, dict)]
    if objects and len(objects) * 2 >= len(items):
        keys = set().union(*objects)
        if keys >= exported.MARKS:
            return Form.EXPORT
        if {"retryCount", "command"} <= keys:
            return Form.OLD_RETRY
        if {"question", "command"} <= keys:
            return Form.OLD_ASK
    if not _are_prompts(items):
        return None
    return Form.OLD_INK if "ink-history" in path.name else Form.OLD_HISTORY


def _are_prompts(items: list[Any]) -> bool:
    """Return whether a list is one of prompts, bad ones among them or not."""
    return not items or any(
        isinstance(item, str) or (isinstance(item, dict) and isinstance(item.get("command"), str))
        for item in items
    )


def _of_text(path: Path, start: bytes, form: Form | None) -> Form:
    if form is not None:
        return form
    for pattern, found in _PLAIN_NAMES:
        if pattern.search(path.name):
            return found
    sample = [line for line in start.decode("latin-1").splitlines()[:_SAMPLE_LINES] if line.strip()]
    if sum(map(_is_command, sample)) >= max(1, len(sample) * _SHARE):
        return Form.BASH
    raise ImportSourceError(
        _(
            "{path} is plain text and does not look like a history of commands. Nothing was "
            "imported; if it is one, say so: --format bash",
            path=path,
        )
    )


def _is_binary(path: Path, start: bytes) -> bool:
    """Return whether a file is no text; a power cut leaves blocks of NUL in a shell's history."""
    is_named = any(pattern.search(path.name) for pattern, _form in _PLAIN_NAMES)
    if b"\0" in start and not is_named:
        return True
    return len(_NOT_TEXT.findall(start)) > len(start) * _NOT_TEXT_SHARE


def _is_command(line: str) -> bool:
    if _ASSIGNED.match(line):
        return True
    word = _FIRST_WORD.match(line)
    return word is not None and word[1] in _COMMANDS


def _first_object(start: bytes) -> dict[str, Any] | None:
    """Return the object on the first or second line, as our exports have it."""
    for line in start.lstrip(b"\xef\xbb\xbf").splitlines()[:2]:
        found = old_files.json_or_none(line.strip().removesuffix(b","))
        if isinstance(found, dict):
            return found
    return None


def unknown(path: Path) -> ImportSourceError:
    """Return the error for a file that holds nothing known."""
    return ImportSourceError(
        _("{path} holds nothing that can be imported. Nothing was changed.", path=path)
    )
