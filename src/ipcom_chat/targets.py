"""Where the primary is and with which token, from the settings.

The token comes from the environment or the settings file, from a file that only its owner can
read, or from a command; the first that is set counts. It is never shown, and no text of an error
holds a part of it.
"""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ipcom_chat.errors import SettingsError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.settings import Secret, Settings
from ipcom_chat.sync.target import Target

if TYPE_CHECKING:
    from subprocess import Popen

TOKEN_MAX_BYTES = 16_384
COMMAND_TIMEOUT_S = 10.0


def primary_urls(settings: Settings) -> tuple[str, ...]:
    """Return the configured addresses: the primary, then replicas of it; none without one."""
    return tuple(filter(None, map(str.strip, (settings["turso.database_url"] or "").split(","))))


def primary_target(settings: Settings) -> Target:
    """Return where the primary is.

    Raises:
        SettingsError: no primary is configured, or its token cannot be had.
    """
    urls = primary_urls(settings)
    if not urls:
        raise SettingsError(
            _(
                "No primary is configured. Set TURSO_DATABASE_URL to its address and "
                "TURSO_AUTH_TOKEN to its token, if it wants one."
            )
        )
    return Target(
        urls=urls,
        read_url=settings["turso.sync_url"],
        token=primary_token(settings),
        timeout_ms=settings["sync.query_timeout"],
        allow_http=settings["turso.allow_http"],
    )


def primary_token(settings: Settings) -> str | None:
    """Return the primary's token, None if none is configured.

    Raises:
        SettingsError: the file or the command that should hold it does not.
    """
    given: Secret | None = settings["turso.auth_token"]
    if given:
        return given.reveal()
    if settings["turso.auth_token_file"]:
        return _from_file(_path(settings["turso.auth_token_file"], settings.paths.home))
    if settings["turso.auth_token_command"]:
        return _from_command(settings["turso.auth_token_command"])
    return None


def _path(text: str, home: Path) -> Path:
    path = home / text.removeprefix("~/") if text.startswith("~/") else Path(text)
    if not path.is_absolute():
        # A hostile checkout must not be able to give a token.
        raise SettingsError(
            _(
                "TURSO_AUTH_TOKEN_FILE must be a whole path, like /etc/ipcom-chat/token or "
                "~/.config/ipcom-chat/token, not {text!r}.",
                text=text,
            )
        )
    return path


def _from_file(path: Path) -> str:
    try:
        data, attributes = read_regular(path, max_bytes=TOKEN_MAX_BYTES)
    except OSError as error:
        raise SettingsError(
            _(
                "Cannot read the primary's token in {path}: {reason}. Check TURSO_AUTH_TOKEN_FILE.",
                path=path,
                reason=error.strerror,
            )
        ) from error
    is_open = attributes.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if is_open or attributes.st_uid not in {0, os.geteuid()}:
        raise SettingsError(
            _(
                "{path} holds the primary's token and is not yours alone, so it is not used. "
                "Run: chmod 600 {path}, and chown it to you.",
                path=path,
            )
        )
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[0].strip() or any(line.strip() for line in lines[1:]):
        raise SettingsError(
            _("{path} must hold the primary's token in one line, and nothing else.", path=path)
        )
    return lines[0].strip()


def _from_command(line: str) -> str:
    import shlex  # noqa: PLC0415 - few need it

    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if not words:
        raise _no_token(_("it is no command"))
    output = _run(words)
    token = output.decode("utf-8", "replace").partition("\n")[0].strip()
    if not token:
        raise _no_token(_("it printed nothing"))
    return token


def _run(words: list[str]) -> bytes:
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
        )
    except OSError as error:
        raise _no_token(error.strerror or type(error).__name__) from error
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
        chunk = os.read(process.stdout.fileno(), TOKEN_MAX_BYTES)
        data += chunk
        if len(data) > TOKEN_MAX_BYTES:
            raise _no_token(_("it printed too much"))
        if not chunk:
            return _judged(process, bytes(data), max(0.1, until - time.monotonic()))
    raise _no_token(_("it took longer than {seconds} s", seconds=round(COMMAND_TIMEOUT_S)))


def _judged(process: "Popen[bytes]", data: bytes, timeout_s: float) -> bytes:
    from subprocess import TimeoutExpired  # noqa: PLC0415 - few need it

    try:
        code = process.wait(timeout_s)
    except TimeoutExpired:
        raise _no_token(
            _("it took longer than {seconds} s", seconds=round(COMMAND_TIMEOUT_S))
        ) from None
    if code:
        raise _no_token(_("it ended with exit code {code}", code=code))
    return data


def _end(process: "Popen[bytes]") -> None:
    import signal  # noqa: PLC0415 - few need it
    from contextlib import suppress  # noqa: PLC0415

    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _no_token(reason: str) -> SettingsError:
    return SettingsError(
        _(
            "The command in TURSO_AUTH_TOKEN_COMMAND gave no token: {reason}. Run it yourself to "
            "see why.",
            reason=reason,
        )
    )
