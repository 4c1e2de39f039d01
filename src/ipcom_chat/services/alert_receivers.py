"""Who is told of alerts: a web hook, a command, and whoever reads the log.

Invariants: each try ends within its time, whatever the receiver does; an error says nothing of the
address or of what the receiver answered, which may hold secrets; nothing goes over a network
unencrypted; a command runs without a shell and without this process's secrets, and nothing of it
is left when it has ended or its time is up.
"""

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from ipcom_chat.assistant.commands import environment_without_secrets
from ipcom_chat.domain.alerts import Level
from ipcom_chat.errors import IpcomChatError, SettingsError
from ipcom_chat.files import inherited_umask
from ipcom_chat.i18n import _
from ipcom_chat.libsql.address import LOOPBACK
from ipcom_chat.services.alert_state import Alert

WEBHOOK_S: Final = 5.0
COMMAND_S: Final = 10.0
_LEVELS: Final = {
    Level.OK: logging.INFO, Level.WARNING: logging.WARNING, Level.CRITICAL: logging.ERROR,
}  # fmt: skip
_ICONS: Final = {
    Level.OK: ":white_check_mark:", Level.WARNING: ":warning:", Level.CRITICAL: ":rotating_light:",
}  # fmt: skip
_LOG = logging.getLogger(__name__)


class NotDeliveredError(Exception):
    """Why a receiver was not told; to be tried again."""


class Receiver(Protocol):
    """Somebody who is told."""

    def __call__(self, alert: Alert) -> None:
        """Tell of one alert.

        Raises:
            NotDeliveredError: it was not told.
        """
        ...


class LogReceiver:
    """Writes a line to the log, and hands the text on.

    Args:
        tell: gets the line that people read; under systemd it goes to the journal.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _line: None) -> None:
        self._tell = tell

    def __call__(self, alert: Alert) -> None:
        """See `Receiver`; the log holds no names of people."""
        _LOG.log(
            _LEVELS[alert.level], "alert %s: %s, was %s", alert.rule.value, alert.level.value,
            alert.before.value,
        )  # fmt: skip
        self._tell(alert.text)


class Webhook:
    """Posts JSON that Slack and its like show.

    Args:
        url: https, or a server on this machine.
        limit_s: how long one try may take.

    Raises:
        SettingsError: it is neither.
    """

    def __init__(self, url: str, *, limit_s: float = WEBHOOK_S) -> None:
        if not _is_private(url):
            raise SettingsError(
                _("alerts.webhook_url must begin with https://; only a server on this machine "
                  "may have http://. Nothing is sent to it.")
            )  # fmt: skip
        self._url = url.strip()
        self._limit_s = limit_s

    def __call__(self, alert: Alert) -> None:
        """See `Receiver`."""
        try:
            status = asyncio.run(self._post(msgspec.json.encode(payload(alert))))
        except (TimeoutError, IpcomChatError) as error:
            raise NotDeliveredError(type(error).__name__) from None
        if not 200 <= status < 300:
            raise NotDeliveredError(f"HTTP {status}")

    async def _post(self, data: bytes) -> int:
        import httpx2  # noqa: PLC0415 - the network, only where there is something to send

        from ipcom_chat.libsql.client import http_client  # noqa: PLC0415

        headers = {"content-type": "application/json"}
        # Made before its time runs: it reads the certificates of the system.
        client = http_client(timeout_s=self._limit_s)
        async with client, asyncio.timeout(self._limit_s):
            try:
                # What it answers is not read: it may be of any length.
                async with client.stream(
                    "POST", self._url, content=data, headers=headers
                ) as response:
                    return response.status_code
            # Its message may hold the address, which is a secret. ValueError: no host name.
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
                raise NotDeliveredError(type(error).__name__) from None


class Command:
    """Runs a command with the alert as JSON on its stdin, and in variables `IPCOM_ALERT_*`.

    Args:
        argv: what runs.
        limit_s: how long it may run.
    """

    def __init__(self, argv: tuple[str, ...], *, limit_s: float = COMMAND_S) -> None:
        self._argv = argv
        self._limit_s = limit_s

    def __call__(self, alert: Alert) -> None:
        """See `Receiver`."""
        try:
            process = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, cwd="/", env=_environment(alert),
                start_new_session=True, umask=inherited_umask(),
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise NotDeliveredError(getattr(error, "strerror", None) or "ValueError") from None
        try:
            process.communicate(msgspec.json.encode(payload(alert)), self._limit_s)
        except subprocess.TimeoutExpired:
            raise NotDeliveredError("timeout") from None
        finally:
            _end(process)
        if process.returncode:
            raise NotDeliveredError(f"exit code {process.returncode}")


def payload(alert: Alert) -> dict[str, object]:
    """Return what receivers get: Slack shows `text`, programs read the rest."""
    line = f"{_ICONS[alert.level]} {alert.hostname}: {alert.text}"
    return {
        "text": _unmarked(line),
        "id": alert.id,
        "alert": alert.rule.value,
        "subject": alert.subject,
        "level": alert.level.value,
        "before": alert.before.value,
        "message": alert.text,
        "value": alert.value,
        "limit": alert.limit,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(alert.at / 1000)),
        "hostname": alert.hostname,
        "machine_id": alert.machine_id,
    }


def _unmarked(text: str) -> str:
    """Return a text in which Slack finds no mention and no link: names are chosen by people."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _environment(alert: Alert) -> dict[str, str]:
    told = {
        f"IPCOM_ALERT_{name.upper()}": "" if value is None else str(value).replace("\0", "")
        for name, value in payload(alert).items()
    }
    return environment_without_secrets() | told


def _is_private(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a command and of what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    process.wait()
