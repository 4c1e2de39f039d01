"""Fuzz targets that read files: importers, playbooks, settings.

Most examples are good files with some of their bytes changed, left out or said twice: what is
nonsense from its first byte is refused too early to reach much.
"""

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from ipcom_chat import settings as settings_module
from ipcom_chat.assistant import playbook_running
from ipcom_chat.assistant.base import Question, TextDelta
from ipcom_chat.assistant.commands import CommandLimits, CommandResult
from ipcom_chat.assistant.playbook_loading import SHIPPED, load_playbook
from ipcom_chat.assistant.playbook_matching import Match, match
from ipcom_chat.assistant.playbook_running import PlaybookRun
from ipcom_chat.assistant.wording import Wording
from ipcom_chat.errors import ImportSourceError, PlaybookError, SettingsError
from ipcom_chat.ids import MachineId, ReplicaId
from ipcom_chat.imports.detect import detect
from ipcom_chat.services.import_entries import ImportOptions
from ipcom_chat.services.import_people import ImportedPeople
from ipcom_chat.services.imports import Imports
from ipcom_chat.services.people import MachineService, UserService
from ipcom_chat.setting_definitions import KNOWN
from ipcom_chat.settings import load, save
from ipcom_chat.storage.imported import ImportedRows
from ipcom_chat.storage.people import Heartbeats, Machines, Users
from tests.support.fleet import Habits, Network, Node, template
from tests.support.fleet_rows import parked
from tests.support.histories import (
    ATUIN_DDL,
    DATABASE_DDL,
    LLM_DDL,
    PEOPLE,
    event,
    old_home,
    sqlite_file,
)

_BYTES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [b"\n", b"\0", b"\xff", b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"-1", b"1e999",
         b"99999999999999999999", b"\\ud800", b"\\", b"#", b"''", b"=", b"[[", b"]]", b"true"]
    ),
)  # fmt: skip


def _broken(data: st.DataObject, good: bytes) -> bytes:
    """Return a file with up to four places changed."""
    changed = good
    for _each in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(changed)))
        end = min(len(changed), start + data.draw(st.integers(0, 12)))
        piece = data.draw(_BYTES)
        if data.draw(st.integers(0, 7)) == 0:
            piece = changed[start : start + data.draw(st.integers(0, 300))] * 2
        changed = changed[:start] + piece + changed[end:]
    return changed


# The importers.

_SHELLS = {
    ".bash_history": b"#1700000000\nls -la\n#1700000010\necho a \\\nb\ncd /tmp\n",
    ".zsh_history": b": 1700000000:5;ls -la\n: 1700000009:0;echo a \\\nb\n",
    "fish_history": b"- cmd: ls -la\n  when: 1700000000\n- cmd: echo a\\nb\n  when: 1700000002\n",
}
_ATUIN_ROW = {
    "id": "018bcfe5680070008000000000000001", "timestamp": 1_700_000_000_000_000_000,
    "duration": 5_000_000, "exit": 1, "command": "ls", "cwd": "/", "session": "s",
    "hostname": "web01:ana",
}  # fmt: skip
_LLM_ROW = {
    "id": "01hf7yat0000000000000000aa", "model": "m", "prompt": "why?", "response": "so",
    "conversation_id": "c", "duration_ms": 4, "datetime_utc": "2023-11-14T22:13:20",
}  # fmt: skip


@lru_cache(maxsize=1)
def _histories() -> list[tuple[str, bytes]]:
    """Return good files of every form by name."""
    folder = Path(mkdtemp(prefix="ipcom-chat-fuzz-"))
    old_home(folder)
    sqlite_file(folder / "atuin.db", ATUIN_DDL, {"history": [_ATUIN_ROW]})
    sqlite_file(folder / "llm.db", LLM_DDL, {"responses": [_LLM_ROW]})
    for name, ddl in DATABASE_DDL.items():
        events = {table: [event(table)] for table in ("history_global", "history_machine")}
        sqlite_file(folder / f"shared{name}.db", ddl, {**PEOPLE, **events})
    found = [(path.name, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [*found, *_SHELLS.items()]


@lru_cache(maxsize=1)
def _importing() -> tuple[Node, Imports]:
    """Return a replica with its primary, made once for this process, and what imports into it."""
    folder = Path(mkdtemp(prefix="ipcom-chat-fuzz-"))
    path = folder / "1.db"
    path.write_bytes(template(folder).read_bytes())
    node = Node(path, ("a" * 64, "b" * 32), Network(), lambda: None, Habits())
    users = UserService(Users(node.database), node.clock)
    machines = MachineService(
        Machines(node.database), Heartbeats(node.database), MachineId(node.machine_id), node.clock
    )
    people = ImportedPeople(users, machines, MachineId(node.machine_id), node.clock)
    rows = ImportedRows(node.database)
    return node, Imports(rows, people, lambda: folder, folder, node.clock)


def imports(data: st.DataObject) -> None:
    """A file is refused or imported; a second time adds nothing; the primary takes all of it."""
    name, good = data.draw(st.sampled_from(_histories()))
    node, made = _importing()
    options = ImportOptions(owner="ana", replica_id=ReplicaId(node.replica_id))
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(_broken(data, good))
        try:
            source = detect(path)
        except ImportSourceError:
            return
        first = made.run(source, options)
        second = made.run(source, options)
    assert min(first.added, first.known, first.rejected, first.skipped) >= 0, first
    assert second.added == 0, second
    node.cycle()
    assert not [key for key in parked(node) if key[0] == "e"]


# Playbooks: mostly what fits together, so that most are taken; now and then what does not.

_PATTERNS = st.sampled_from(
    [
        r"(?P<a>\w+)",
        r"(?P<a>\w+)",
        r"(?P<a>.)(?P<b>.)?",
        r"(?P<a>\d*)",
        "(?P<a>)",
        "(?P<a>x)|y",
        "[",
    ]
)
_KEYS = st.sampled_from(["a", "a", "a", "b", ""])
_ORDERS = st.sampled_from(["a", "-a", "times", "-times", "-", "--a", ""])
_WORDS = st.sampled_from(["x", "x", "{a}", "{port}", "", "{", "{{a}}", "`", "{count} x", "{sum_a}"])
_TEXT = st.fixed_dictionaries({"en": _WORDS, "pt": _WORDS})
_PLAIN = st.fixed_dictionaries({"en": st.just("x"), "pt": st.just("x")})
_NAMES = st.lists(st.sampled_from(["a", "a", "port"]), max_size=2)
_ADVICE = st.fixed_dictionaries(
    {"en": _WORDS, "pt": _WORDS}, optional={"when": _NAMES, "unless": _NAMES}
)
_CONDITION = st.fixed_dictionaries(
    {"key": _KEYS},
    optional={
        "equals": _WORDS, "differs": _WORDS, "has_word": _WORDS,
        "at_least": st.sampled_from([0.0, -1.5, 80.0]), "below": st.integers(-3, 300),
    },
)  # fmt: skip
_FORMATS = st.sampled_from(["text", "code", "number", "bytes", "kib", "percent", "seconds"])
_COLUMN = st.fixed_dictionaries(
    {"key": _KEYS}, optional={"en": _WORDS, "shown": st.booleans(), "format": _FORMATS}
)
_SENTENCE = st.fixed_dictionaries(
    {"en": _WORDS, "pt": _WORDS}, optional={"where": st.lists(_CONDITION, max_size=1)}
)
_TABLE = st.fixed_dictionaries(
    {"row": _PATTERNS},
    optional={
        "sparse": st.booleans(), "columns": st.lists(_COLUMN, max_size=2),
        "where": st.lists(_CONDITION, max_size=2), "same": st.just(["a"]), "times": _PLAIN,
        "order_by": _ORDERS, "limit": st.integers(-2, 3), "top": st.booleans(),
        "one": _TEXT, "many": _TEXT, "empty": _PLAIN, "sentences": st.lists(_SENTENCE, max_size=1),
    },
)  # fmt: skip
_ARGV = st.lists(st.sampled_from(["-x", "{a}", "{port}", ""]), max_size=2).map(
    lambda more: ["true", *more]
)
_COMMAND = st.fixed_dictionaries(
    {"argv": _ARGV},
    optional={
        "table": _TABLE, "next_if": _PATTERNS, "fine_exits": st.lists(st.integers(), max_size=1),
        "lines": st.integers(-2, 3), "keep": st.sampled_from(["head", "tail"]),
    },
)  # fmt: skip
_KIND = st.sampled_from(["port", "pid", "host", "address", "unit", "name", "path"])
_PROVIDED = st.fixed_dictionaries(
    {"kind": _KIND, "pattern": _PATTERNS}, optional={"split": st.sampled_from([",", "", " "])}
)
_NOTE = st.fixed_dictionaries(
    {"en": _WORDS, "pt": _WORDS, "found": _PATTERNS}, optional={"beside": st.booleans()}
)
_STEP = st.fixed_dictionaries(
    {"commands": st.lists(_COMMAND, min_size=1, max_size=2)},
    optional={
        "title": _PLAIN, "when": _NAMES, "unless": _NAMES, "for_each": st.just("a"),
        "provides": st.dictionaries(st.sampled_from(["a", "b"]), _PROVIDED, max_size=2),
        "notes": st.lists(_NOTE, max_size=1), "needs": _PLAIN, "package": st.just("p"),
        "optional": st.booleans(), "quiet": st.booleans(),
        "time_limit_s": st.sampled_from([1.0, 120.0]),
    },
)  # fmt: skip
_CAPTURE = st.fixed_dictionaries(
    {"kind": _KIND, "patterns": st.lists(_PATTERNS, min_size=1, max_size=2)},
    optional={"never": st.lists(_WORDS, max_size=1), "default": st.sampled_from(["80", "x", ""])},
)
_INTENT = st.sampled_from(["port|ports + open", "=x", "{port}", "{a}", "+", "|", "why is it slow"])
_INTENTS = st.fixed_dictionaries({"en": st.lists(_INTENT, min_size=1, max_size=2)})
_PLAYBOOK = st.fixed_dictionaries(
    {"id": st.sampled_from(["x", "a-b"]), "title": _PLAIN, "intents": _INTENTS,
     "steps": st.lists(_STEP, min_size=1, max_size=3)},
    optional={
        "says": st.just(["no space left"]), "explanation": st.lists(_ADVICE, max_size=2),
        "captures": st.dictionaries(st.sampled_from(["port", "a"]), _CAPTURE, max_size=2),
        "remedy": st.lists(_ADVICE, max_size=1),
    },
)  # fmt: skip
_OUTPUT = st.one_of(
    st.text(max_size=30), st.sampled_from(["", "80 443\nx y\n", "a\nb\na\n", "permission denied"])
)


@lru_cache(maxsize=1)
def _shipped() -> list[bytes]:
    return [path.read_bytes() for path in sorted(SHIPPED.glob("*.toml"))]


async def _recall_nothing(*_args: Any, **_named: Any) -> Any:
    return ()


def playbooks(data: st.DataObject) -> None:
    """A file is refused in one sentence, or using what it holds cannot fail."""
    if data.draw(st.booleans()):
        text = _broken(data, data.draw(st.sampled_from(_shipped())))
    else:
        text = _toml(data.draw(_PLAYBOOK)).encode("utf-8", "replace")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.toml"
        path.write_bytes(text)
        try:
            playbook = load_playbook(path)
        except PlaybookError as error:
            assert "\n\n" not in str(error)
            return
    asked = data.draw(st.one_of(st.text(max_size=40), _INTENT))
    for found in (*match((playbook,), asked), _match_of(playbook)):
        _run(data, found, asked)


def _match_of(playbook: Any) -> Match:
    values = {name: each.default for name, each in playbook.captures.items() if each.default}
    return Match(
        playbook=playbook, values=values, score=1.0, covered=frozenset(), pasted=False,
        language=None,
    )  # fmt: skip


def _run(data: st.DataObject, found: Match, asked: str) -> None:
    """Let a playbook answer; its programs are replaced by what they might print."""
    output = data.draw(_OUTPUT)
    code = data.draw(st.sampled_from([0, 0, 1, 124, 127]))

    class Printing:
        def __init__(self, argv: list[str], *, cwd: str, limits: CommandLimits) -> None:
            self.command = " ".join(argv)

        async def wait(self) -> CommandResult:
            return CommandResult(
                command=self.command, output=output, exit_code=code, duration_ms=1,
                truncated=code == 1, timed_out=code == 124,
            )  # fmt: skip

    async def told() -> str:
        question = Question(text=asked, language="en", cwd="/", recall=_recall_nothing)
        run = PlaybookRun(found, question, Wording("pt_BR"))
        events = [each async for each in run.events()]
        return "".join(each.text for each in events if isinstance(each, TextDelta))

    with (
        mock.patch.object(playbook_running, "CommandRun", Printing),
        mock.patch.object(playbook_running, "find_program", lambda name: name),
    ):
        assert asyncio.run(told())


def _toml(value: Any) -> str:
    """Return a document as TOML; tables that are nested in lists stand inline."""
    return "".join(f"{key} = {_inline(item)}\n" for key, item in value.items())


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "") + "'"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"'{key}' = {_inline(item)}" for key, item in value.items()) + "}"
    return str(value)


# Settings.

_GOOD = b"""# mine
user = "ana"
[history]
mode = "hybrid"  # all three
[turso]
database_url = "http://127.0.0.1:8080"
sync_interval = 30
[tools]
allow = ["ls *", "df -h"]
[ai]
enabled = false
"""
_VALUES = st.one_of(
    st.text(max_size=12), st.integers().map(str), st.sampled_from(
        ["true", "no", "null", "", "0", "-1", "1e3", "nan", "global", "ls *; df", "a" * 5000,
         "\udcff", "pt_BR", "~", "2147483648", "\n", "[", "{}", "hybrid,", "é"]
    )
)  # fmt: skip


def settings_files(data: st.DataObject) -> None:
    """Any file and any environment are settings, or one sentence; what is saved is read again."""
    with _home(_broken(data, _GOOD)) as (environment, path):
        setting = data.draw(st.sampled_from(list(KNOWN.values())))
        value = data.draw(_VALUES)
        before, was_good = path.read_bytes(), _loads(environment)
        _loads(environment | {setting.variable: value})
        try:
            save(path, setting.key, value)
        except SettingsError:
            assert path.read_bytes() == before
            return
        # One that was wrong elsewhere may be mended setting by setting.
        assert not was_good or str(path) in load(environment).sources[setting.key]
        _check_kept(before, path.read_bytes(), setting.key)


def _loads(environment: Mapping[str, str]) -> bool:
    """Return whether there are settings; otherwise it is said in a sentence why not."""
    try:
        load(environment)
    except SettingsError as error:
        assert str(error)
        return False
    return True


@contextmanager
def _home(text: bytes) -> Iterator[tuple[dict[str, str], Path]]:
    """Give an environment whose home has a file of settings, and that file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(text)
        path.chmod(0o600)
        environment = {"HOME": folder, "IPCOM_CHAT_CONFIG_DIR": folder, "LANG": "C.UTF-8"}
        missing = Path(folder) / "none.toml"
        with mock.patch.object(settings_module, "SYSTEM_FILE", missing):
            yield environment, path


def _check_kept(before: bytes, after: bytes, key: str) -> None:
    """Whatever was in the file is still there, but for the one key."""
    parent, _, name = key.rpartition(".")
    documents = [tomllib.loads(text.decode()) for text in (before, after)]
    for document in documents:
        table = document.get(parent, {}) if parent else document
        table.pop(name, None)
        if parent and not table:
            document.pop(parent, None)
    assert repr(documents[0]) == repr(documents[1])
