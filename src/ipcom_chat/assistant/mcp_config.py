"""Which MCP servers an AI may use: the files `mcp.json`, read and checked.

The format is the common one: `{"mcpServers": {"NAME": {"command": …}, "NAME": {"url": …}}}`; keys
that are not known are left aside. `${VAR}` and `${VAR:-default}` are filled from the environment.

Invariants:
- A file that others can write is not used, nor one with a secret that others can read.
- A server that is wrong costs one line that names file and key; the others work.
- No problem quotes a value: it may be a secret.
- What is named is found without the working directory, which a hostile checkout may fill.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ipcom_chat.assistant.endpoint import COMPATIBLE, Endpoint
from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

FILE_MAX_BYTES: Final = 262_144
SERVERS_MAX: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")
_SECRET_NAME: Final = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|API.?KEY|[_-]KEY(?:[_-]|$)|[_-]PWD$|^AUTHORIZATION$|^COOKIE$",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"\s*(?:basic|bearer|token)?\s*", re.IGNORECASE)
_HTTP_TYPES: Final = frozenset({"http", "streamable-http", "streamableHttp", "streamable_http"})
_SHOWN_CHARS: Final = 64


class StdioServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is started as a process of this machine."""

    name: str
    command: str
    """A whole path, or a name that is looked for in the folders of `PATH`."""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str | None = None
    """A whole path; none is the home folder."""


class HttpServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is asked over HTTP."""

    name: str
    url: str
    headers: dict[str, str] = {}


Server = StdioServer | HttpServer


class McpConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The servers that can be used, and one line for whatever cannot."""

    servers: tuple[Server, ...] = ()
    problems: tuple[str, ...] = ()


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """A server as it is written."""

    type: str | None = None
    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    disabled: bool = False


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """Why a server cannot be used; the message follows the file and its name."""


def read_mcp_config(files: Sequence[Path], environment: Mapping[str, str]) -> McpConfig:
    """Return the servers that the files name; of the same name, the last file's counts.

    Args:
        files: the administrator's, then the user's; one that is missing names none.
        environment: what variables are filled from.
    """
    servers: dict[str, Server | None] = {}
    problems: list[str] = []
    for path in files:
        try:
            given = _read(path)
        except _Wrong as wrong:
            problems.append(f"{path}: {wrong}")
            continue
        for name, raw in given.items():
            try:
                servers[name] = _server(name, raw, environment)
            except _Wrong as wrong:
                servers.pop(name, None)
                shown = one_line(name)[:_SHOWN_CHARS]
                problems.append(f"{path}: mcpServers.{shown}: {wrong}")
    return McpConfig(
        servers=tuple(server for server in servers.values() if server is not None),
        problems=tuple(problems),
    )


def _read(path: Path) -> dict[str, Any]:
    """Return the servers of a file as they are written."""
    try:
        data, attributes = read_regular(path, max_bytes=FILE_MAX_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _Wrong(_("cannot be read: {reason}", reason=reason_of(error))) from error
    if attributes.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or attributes.st_uid not in {
        0,
        os.geteuid(),
    }:
        raise _Wrong(
            _("others can change it, so it is not used. Run: chmod go-w, and chown it to you.")
        )
    given = _servers(data)
    if attributes.st_mode & (stat.S_IRGRP | stat.S_IROTH) and (key := _secret_of(given)):
        raise _Wrong(
            _("it holds a secret ({key}) and can be read by others, so it is not used. "
              "Run: chmod 600, or write ${{VARIABLE}} in its place.", key=key)
        )  # fmt: skip
    return given


def _servers(data: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Wrong(_("it is no JSON: {reason}", reason=one_line(str(error)))) from error
    given = document.get("mcpServers", {}) if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise _Wrong(_('it must hold an object: {"mcpServers": {"NAME": {…}}}'))
    if len(given) > SERVERS_MAX:
        raise _Wrong(_("it names more than {count} servers.", count=SERVERS_MAX))
    return given


def _server(name: str, raw: Any, environment: Mapping[str, str]) -> Server | None:
    """Return a server with its variables filled; None if it is turned off."""
    if not _NAME.fullmatch(name):
        raise _Wrong(_("a name has letters, digits, - and _, at most 32."))
    try:
        given = msgspec.convert(raw, _Given)
    except msgspec.ValidationError as error:
        raise _Wrong(one_line(str(error))) from error
    if given.disabled:
        return None
    if given.command is not None and given.url is None and given.type in {None, "stdio"}:
        return _stdio(name, given, environment)
    if given.url is not None and given.command is None and given.type in {None, *_HTTP_TYPES}:
        return _http(name, given, environment)
    raise _Wrong(_('it needs a "command", or a "url" with the type "http".'))


def _stdio(name: str, given: _Given, environment: Mapping[str, str]) -> StdioServer:
    command = _filled(given.command or "", "command", environment)
    if not command or ("/" in command and not command.startswith("/")):
        raise _Wrong(_("command must be a whole path, or a name that PATH leads to."))
    cwd = None if given.cwd is None else _filled(given.cwd, "cwd", environment)
    if cwd is not None and not cwd.startswith("/"):
        raise _Wrong(_("cwd must be a whole path."))
    return StdioServer(
        name=name,
        command=command,
        args=tuple(
            _filled(each, f"args[{place}]", environment) for place, each in enumerate(given.args)
        ),
        env=_all_filled(given.env, "env", environment),
        cwd=cwd,
    )


def _http(name: str, given: _Given, environment: Mapping[str, str]) -> HttpServer:
    url = _filled(given.url or "", "url", environment)
    try:
        endpoint = Endpoint.parse(COMPATIBLE, url)
    except AssistantSetupError:
        raise _Wrong(
            _("url is no address like https://server.example/mcp, without a password in it.")
        ) from None
    if not endpoint.is_safe_for_keys:
        raise _Wrong(_("url must begin with https:// unless the server runs on this machine."))
    headers = _all_filled(given.headers, "headers", environment)
    for key, value in headers.items():
        if not key.isascii() or not value.isascii() or not f"{key}{value}".isprintable():
            raise _Wrong(_("headers.{key} cannot be sent.", key=one_line(key)[:_SHOWN_CHARS]))
    return HttpServer(name=name, url=url, headers=headers)


def _all_filled(
    values: Mapping[str, str], where: str, environment: Mapping[str, str]
) -> dict[str, str]:
    return {
        key: _filled(value, f"{where}.{one_line(key)[:_SHOWN_CHARS]}", environment)
        for key, value in values.items()
    }


def _filled(text: str, where: str, environment: Mapping[str, str]) -> str:
    """Return a value with its variables filled; what they hold is not looked at again."""

    def value(found: "re.Match[str]") -> str:
        variable, has_default, default = found.groups()
        given = environment.get(variable)
        if given or (given is not None and not has_default):
            return given
        if has_default:
            return str(default)
        raise _Wrong(
            _("{where} names the variable {variable}, which is not set.",
              where=where, variable=variable)
        )  # fmt: skip

    filled = _VARIABLE.sub(value, text)
    if "\0" in filled:
        raise _Wrong(_("{where} holds a character that no value can hold.", where=where))
    return filled


def _default(found: "re.Match[str]") -> str:
    return found[3] or ""


def _secret_of(given: Mapping[str, Any]) -> str | None:
    """Return the key of the first secret that is written out; variables are none."""
    for name, raw in given.items():
        if isinstance(raw, dict):
            for key, text in _texts(raw):
                if _is_secret(key, _VARIABLE.sub(_default, text)):
                    return one_line(f"{name}.{key}")[:_SHOWN_CHARS]
    return None


def _texts(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts of a server that may hold a secret, by key."""
    for group in ("env", "headers"):
        values = raw.get(group)
        if isinstance(values, dict):
            yield from ((f"{group}.{key}", str(value)) for key, value in values.items())
    if isinstance(args := raw.get("args"), list):
        yield "args", " ".join(["run", *map(str, args)])
    if isinstance(url := raw.get("url"), str):
        yield "url", url


def _is_secret(key: str, text: str) -> bool:
    name = key.partition(".")[2]
    rest = _SCHEME.sub("", text, count=1)
    return bool(name and rest and _SECRET_NAME.search(name)) or bool(
        redact(f"{name}={text}" if name else text).kinds
    )
