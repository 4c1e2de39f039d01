"""Where a secret comes from: a setting, a file of its owner alone, or a command.

Invariants: no text of an error holds a part of it; a command cannot ask on the screen, and nothing
of it is left when it has ended or taken too long.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ipcom_chat.errors import SettingsError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.settings import Secret, Settings

if TYPE_CHECKING:
    from subprocess import Popen

SECRET_MAX_BYTES = 16_384
COMMAND_TIMEOUT_S = 10.0


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, in the words of what is said when it is not there."""

    what: str
    file_variable: str
    command_variable: str


def from_settings(
    settings: Settings, key: str, sought: Sought, environment: Mapping[str, str] | None = None
) -> str | None:
    """Return the secret that a setting, its file or its command gives, the first that is set.

    Args:
        settings: where to look.
        key: the setting; `_file` and `_command` behind it name the other two.
        sought: what it is, for what is said when it is not there.
        environment: variables for the command beside those of this process.

    Raises:
        SettingsError: the file or the command that should hold it does not.
    """
    given: Secret | None = settings[key]
    if given:
        return given.reveal()
    if settings[f"{key}_file"]:
        return from_file(sought, settings[f"{key}_file"], settings.paths.home)
    if settings[f"{key}_command"]:
        return from_command(sought, settings[f"{key}_command"], environment)
    return None


def from_file(sought: Sought, text: str, home: Path) -> str:
    """Return the secret that a file of one line holds.

    Args:
        sought: what it is, for what is said when it is not there.
        text: the path, from the root or from `~`.
        home: the home folder.

    Raises:
        SettingsError: it cannot be read, others can read it, or it holds something else.
    """
    return _read(sought, _path(sought, text, home))


def _path(sought: Sought, text: str, home: Path) -> Path:
    path = home / text.removeprefix("~/") if text.startswith("~/") else Path(text)
    if not path.is_absolute():
        # A hostile checkout must not be able to give a token.
        raise SettingsError(
            _(
                "{variable} must be a whole path, like /etc/ipcom-chat/token or "
                "~/.config/ipcom-chat/token, not {text!r}.",
                variable=sought.file_variable,
                text=text,
            )
        )
    return path


def _read(sought: Sought, path: Path) -> str:
    try:
        data, attributes = read_regular(path, max_bytes=SECRET_MAX_BYTES)
    except OSError as error:
        raise SettingsError(
            _(
                "Cannot read {what} in {path}: {reason}. Check {variable}.",
                what=sought.what,
                variable=sought.file_variable,
                path=path,
                reason=reason_of(error),
            )
        ) from error
    is_open = attributes.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if is_open or attributes.st_uid not in {0, os.geteuid()}:
        raise SettingsError(
            _(
                "{path} holds {what} and is not yours alone, so it is not used. "
                "Run: chmod 600 {path}, and chown it to you.",
                what=sought.what,
                path=path,
            )
        )
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[0].strip() or any(line.strip() for line in lines[1:]):
        raise SettingsError(
            _("{path} must hold {what} in one line, and nothing else.", what=sought.what, path=path)
        )
    return lines[0].strip()


def from_command(sought: Sought, line: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the secret that a command prints on its first line.

    Args:
        sought: what it is, for what is said when it is not there.
        line: the command, as a shell splits it; no shell runs it.
        environment: variables for it beside those of this process.

    Raises:
        SettingsError: it does not end well, in time, with a line.
    """
    try:
        return _printed(line, environment or {})
    except _NothingPrintedError as error:
        raise SettingsError(
            _(
                "The command in {variable} did not give {what}: {reason}. Run it yourself to "
                "see why.",
                variable=sought.command_variable,
                what=sought.what,
                reason=str(error),
            )
        ) from error


class _NothingPrintedError(Exception):
    """Why a command gave no secret."""


def _printed(line: str, environment: Mapping[str, str]) -> str:
    import shlex  # noqa: PLC0415 - few need it

    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if not words:
        raise _NothingPrintedError(_("it is no command"))
    output = _run(words, environment)
    secret = output.decode("utf-8", "replace").partition("\n")[0].strip()
    if not secret:
        raise _NothingPrintedError(_("it printed nothing"))
    return secret


def _run(words: list[str], environment: Mapping[str, str]) -> bytes:
    import atexit  # noqa: PLC0415 - few need it
    import subprocess  # noqa: PLC0415

    try:
        # A session of its own: it cannot ask on the screen, and all that it starts can be ended.
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | dict(environment),
        )
    except OSError as error:
        raise _NothingPrintedError(reason_of(error)) from error
    # The thread that waits here may be left behind at the end of this process; its child is not.
    atexit.register(_end, process)
    with process:
        try:
            return _output_of(process)
        finally:
            _end(process)
            atexit.unregister(_end)


def _output_of(process: "Popen[bytes]") -> bytes:
    """Return what the command prints, if it ends well, in time, and prints little."""
    import select  # noqa: PLC0415 - few need it
    import time  # noqa: PLC0415

    assert process.stdout is not None  # noqa: S101 - it was asked for
    data, until = bytearray(), time.monotonic() + COMMAND_TIMEOUT_S
    while select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
        chunk = os.read(process.stdout.fileno(), SECRET_MAX_BYTES)
        data += chunk
        if len(data) > SECRET_MAX_BYTES:
            raise _NothingPrintedError(_("it printed too much"))
        if not chunk:
            return _judged(process, bytes(data), max(0.1, until - time.monotonic()))
    raise _NothingPrintedError(
        _("it took longer than {seconds} s", seconds=round(COMMAND_TIMEOUT_S))
    )


def _judged(process: "Popen[bytes]", data: bytes, timeout_s: float) -> bytes:
    from subprocess import TimeoutExpired  # noqa: PLC0415 - few need it

    try:
        code = process.wait(timeout_s)
    except TimeoutExpired:
        raise _NothingPrintedError(
            _("it took longer than {seconds} s", seconds=round(COMMAND_TIMEOUT_S))
        ) from None
    if code:
        raise _NothingPrintedError(_("it ended with exit code {code}", code=code))
    return data


def _end(process: "Popen[bytes]") -> None:
    import signal  # noqa: PLC0415 - few need it
    from contextlib import suppress  # noqa: PLC0415

    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
