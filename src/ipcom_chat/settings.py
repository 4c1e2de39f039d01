"""Settings: the only reader of the environment, of TOML files and of XDG folders.

Precedence: command line > environment > user file > `/etc/ipcom-chat/config.toml` > default.
Two exceptions: rules for commands (`tools.*`) of all of them add up, and `ai.enabled = false` in
`/etc` is a policy that nothing below it can lift.
No file is ever read from the working directory: a hostile checkout must not be able to redirect
where questions and keys are sent.

Source: XDG Base Directory Specification 0.8.
"""

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import SettingsError
from ipcom_chat.files import read_regular, replace_text
from ipcom_chat.i18n import Language, _, locale_language
from ipcom_chat.reasons import reason_of
from ipcom_chat.setting_definitions import KNOWN, Setting

SYSTEM_FILE = Path("/etc/ipcom-chat/config.toml")
FLAG = "flag"
DEFAULT = "default"
MASK = "********"
FILE_MAX_BYTES = 65_536
VALUE_MAX_BYTES = 4_096


class Secret:
    """A text that is never shown by accident."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of this OS user."""

    home: Path
    config_file: Path
    data_dir: Path
    state_dir: Path
    playbook_dirs: tuple[Path, ...]

    @property
    def mcp_files(self) -> tuple[Path, ...]:
        """Where MCP servers are named: the administrator's file, then the user's."""
        return (SYSTEM_FILE.with_name("mcp.json"), self.config_file.with_name("mcp.json"))

    @property
    def replica(self) -> Path:
        """The SQLite file of the history."""
        return self.data_dir / "history.db"

    @property
    def search(self) -> Path:
        """The folder of the search index."""
        return self.data_dir / "search"

    @property
    def meaning(self) -> Path:
        """The folder of the vectors for the search by meaning."""
        return self.data_dir / "meaning"

    @property
    def alerts(self) -> Path:
        """What is remembered of alerts, beside the replica whose processes share it."""
        return self.data_dir / "alerts.json"

    @property
    def log_file(self) -> Path:
        """Where the program writes its log, JSON lines."""
        return self.state_dir / "ipcom-chat.log"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings with their values, and where each came from."""

    paths: Paths
    values: dict[str, Any]
    sources: dict[str, str]
    overruled: dict[str, str] = {}
    """By key: what tried to set a value against a policy of this machine."""

    def __getitem__(self, key: str) -> Any:
        """Return the value of a setting; its type is that in `KNOWN`."""
        return self.values[key]

    @property
    def language(self) -> Language:
        """The language of the screen."""
        chosen: Language = self.values["ui.language"]
        return chosen


def load(environment: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that hold for this process.

    Args:
        environment: the process environment.
        flags: settings given on the command line, by key; None values count as not given.

    Raises:
        SettingsError: an unknown key, a wrong value, an unreadable or too open file.
    """
    paths = find_paths(environment)
    values = {key: setting.default for key, setting in KNOWN.items()}
    sources = dict.fromkeys(KNOWN, DEFAULT)
    layers = (
        *((read_file(path), str(path)) for path in (SYSTEM_FILE, paths.config_file)),
        *(({s.key: environment[s.variable]}, s.variable) for s in KNOWN.values()
          if environment.get(s.variable)),
        ({k: v for k, v in (flags or {}).items() if v is not None}, FLAG),
    )  # fmt: skip
    for layer, source in layers:
        for key, raw in layer.items():
            value = convert(key, raw, source)
            if KNOWN[key].type == _RULES and values[key]:
                # Rules add up: nobody takes another's away, and the strictest wins.
                values[key] = tuple(dict.fromkeys((*values[key], *value)))
                sources[key] = f"{sources[key]}, {source}"
                continue
            values[key] = Secret(value) if KNOWN[key].secret and value else value
            sources[key] = source
    overruled = _hold_policy(layers[0][0], values, sources)
    values["ui.language"] = values["ui.language"] or locale_language(environment)
    return Settings(paths=paths, values=values, sources=sources, overruled=overruled)


def _hold_policy(
    policy: Mapping[str, Any], values: dict[str, Any], sources: dict[str, str]
) -> dict[str, str]:
    """Let what the administrator switched off stay off; return who tried otherwise, by key."""
    key = "ai.enabled"
    if policy.get(key, True) or not values[key]:
        return {}
    tried, values[key], sources[key] = sources[key], False, str(SYSTEM_FILE)
    return {key: tried}


def find_paths(environment: Mapping[str, str]) -> Paths:
    """Return the folders of this OS user; nothing is made.

    Raises:
        SettingsError: there is no home folder, or a variable names that of an unknown user.
    """
    home = _absolute(environment.get("HOME") or "~")
    config_dir = _folder(environment, "IPCOM_CHAT_CONFIG_DIR", "XDG_CONFIG_HOME", home / ".config")
    return Paths(
        home=home,
        config_file=config_dir / "config.toml",
        data_dir=_folder(
            environment, "IPCOM_CHAT_DATA_DIR", "XDG_DATA_HOME", home / ".local/share"
        ),
        state_dir=_folder(
            environment, "IPCOM_CHAT_STATE_DIR", "XDG_STATE_HOME", home / ".local/state"
        ),
        playbook_dirs=(SYSTEM_FILE.parent / "playbooks", config_dir / "playbooks"),
    )


def _folder(environment: Mapping[str, str], own: str, xdg: str, default: Path) -> Path:
    if environment.get(own):
        return _absolute(environment[own])
    base = environment.get(xdg, "")
    # The specification asks to ignore relative paths.
    return (Path(base) if base.startswith("/") else default) / "ipcom-chat"


def _absolute(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # no such account; the working directory is gone
        raise SettingsError(
            _("There is no folder {text!r}; set HOME to a folder of yours.", text=text)
        ) from error


def read_file(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file by dotted key; a missing file has none.

    Raises:
        SettingsError: it cannot be read, is no TOML, has unknown keys, or holds a secret that
            others can read.
    """
    try:
        data, attributes = read_regular(path, max_bytes=FILE_MAX_BYTES)
        flat = dict(_flatten(tomllib.loads(data.decode("utf-8"))))
    except FileNotFoundError:
        return {}
    # ValueError: no TOML, no UTF-8, a number of too many digits; the last: too many brackets.
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(
            _(
                "Cannot read the settings in {path}: {reason}. Nothing was changed; mend the file, "
                "or move it away to start without it.",
                path=path,
                reason=reason_of(error),
            )
        ) from error
    for key in flat:
        setting = known(key, where=str(path))
        if setting.secret and attributes.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                _(
                    "{path} holds a secret ({key}) and can be read by others. "
                    "Run: chmod 600 {path}",
                    path=path,
                    key=key,
                )
            )
    return flat


def known(key: str, *, where: str) -> Setting:
    """Return the setting called `key`.

    Raises:
        SettingsError: there is none.
    """
    if key in KNOWN:
        return KNOWN[key]
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    near = get_close_matches(key, KNOWN, n=1)
    if not near and where.startswith("/"):
        # `config list` reads the same file and would fail for the same reason.
        raise SettingsError(
            _(
                "Unknown setting {key!r} in {where}; correct it or take it out there. Nothing was "
                "changed.",
                key=key,
                where=where,
            )
        )
    if not near:
        raise SettingsError(
            _(
                "Unknown setting {key!r} in {where}; 'ipcom-chat config list' shows all. Nothing "
                "was changed.",
                key=key,
                where=where,
            )
        )
    raise SettingsError(
        _(
            "Unknown setting {key!r} in {where}; did you mean {near!r}? Nothing was changed.",
            key=key,
            where=where,
            near=near[0],
        )
    )


def convert(key: str, value: Any, source: str) -> Any:
    """Return `value` in the type of the setting `key`.

    Raises:
        SettingsError: unknown key, or a value that does not fit.
    """
    setting = known(key, where=source)
    try:
        # Lax conversion takes the word `null` for None; here it is somebody's name.
        lax = not (isinstance(value, str) and setting.type == _TEXT)
        converted = msgspec.convert(_truth(setting, value), setting.type, strict=not lax)
        _check(setting, converted)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        shown = MASK if setting.secret else repr(value)
        raise SettingsError(
            _(
                "The setting {key} from {source} cannot be {value}: {help}. Nothing was changed.",
                key=key,
                source=source,
                value=shown,
                help=_allowed(setting),
            )
        ) from error
    return converted


def _allowed(setting: Setting) -> str:
    """Say which values a setting can have, and what it is."""
    if setting.type is bool:
        return _("true or false ({help})", help=_(setting.help))
    if setting.type is int:
        least = _NUMBER_MIN.get(setting.key, 0)
        return _("a whole number from {least} on ({help})", least=least, help=_(setting.help))
    return _(setting.help)


_ALLOWED = {"ui.language": ("en", "pt_BR"), "ui.theme": ("auto", "dark", "light")}
_TEXT = str | None
_RULES = tuple[str, ...]
RULE_SEPARATOR = ";"
_NUMBER_MAX = 2**31 - 1
_NUMBER_MIN = {
    "turso.sync_interval": 1, "sync.active_interval": 1, "sync.batch_size": 1,
    "sync.query_timeout": 100, "sync.retry_interval": 100, "ai.max_requests": 1,
    "ai.max_seconds": 1, "tools.timeout": 1, "alerts.window_hours": 1,
}  # fmt: skip
_WORDS = {"yes": True, "on": True, "no": False, "off": False}


def _truth(setting: Setting, value: Any) -> Any:
    if setting.type is bool and isinstance(value, str):
        return _WORDS.get(value.lower(), value)
    if setting.type == _RULES:
        rules = value.split(RULE_SEPARATOR) if isinstance(value, str) else value
        if not all(isinstance(each, str) for each in rules):
            raise ValueError(value)
        return tuple(filter(None, (" ".join(each.split()) for each in rules)))
    return value


def _check(setting: Setting, value: Any) -> None:
    allowed = _ALLOWED.get(setting.key)
    if allowed and value is not None and value not in allowed:
        raise ValueError(value)
    # Bytes that are no UTF-8 can be neither stored nor sent; the encoder raises a ValueError, too.
    texts = value if isinstance(value, tuple) else (value,)
    if any(isinstance(each, str) and len(each.encode()) > VALUE_MAX_BYTES for each in texts):
        raise ValueError(value)
    if setting.key == "retention.modes":
        modes_of(value)
    least = _NUMBER_MIN.get(setting.key, 0)
    if isinstance(value, int) and not least <= value <= _NUMBER_MAX:
        raise ValueError(value)


def modes_of(text: str) -> tuple[Mode, ...]:
    """Return the modes that a setting names.

    Raises:
        ValueError: one is none.
    """
    return tuple(Mode(word.strip()) for word in text.split(",") if word.strip())


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        pairs += _flatten(value, f"{key}.") if isinstance(value, dict) else [(key, value)]
    return pairs


def save(path: Path, key: str, text: str) -> None:
    """Write one setting into the user's TOML file, keeping everything else, comments too.

    Raises:
        SettingsError: unknown key, a value that does not fit, or the file cannot be written.
    """
    import tomlkit  # noqa: PLC0415 - 30 ms that only `config set` needs

    value = convert(key, text, "config set")
    read_file(path)  # one that cannot be read must not be written either
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else None
        document = document if document is not None else tomlkit.document()
        table: Any = document
        *parents, name = key.split(".")
        for parent in parents:
            table = table.setdefault(parent, tomlkit.table())
        plain = list(value) if isinstance(value, tuple) else value
        table[name] = value.value if isinstance(value, Mode) else plain
        target = path.resolve()  # a link into a folder of dotfiles stays one
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(target, tomlkit.dumps(document), mode=0o600)
    except (OSError, tomlkit.exceptions.TOMLKitError) as error:
        raise SettingsError(
            _(
                "Cannot write the settings to {path}: {reason}. They are as they were; check the "
                "permissions of the folder and the space left.",
                path=path,
                reason=reason_of(error),
            )
        ) from error
