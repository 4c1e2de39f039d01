"""Which alerts are watched, from where on they are raised, and who is told: from the settings."""

import shlex
from collections.abc import Callable
from typing import Final

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.alerts import Limits, Rule, Threshold
from ipcom_chat.errors import SettingsError
from ipcom_chat.i18n import _
from ipcom_chat.services.alert_readings import AlertReadings, Watched
from ipcom_chat.services.alert_receivers import Command, LogReceiver, Receiver, Webhook
from ipcom_chat.services.alert_state import AlertStore
from ipcom_chat.services.alerts import AlertService, Whose
from ipcom_chat.services.sync import SyncService
from ipcom_chat.settings import Secret, Settings
from ipcom_chat.storage.database import Database


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How a setting becomes a threshold: its value times these."""

    key: str
    warning: float = 1.0
    critical: float | None = None
    is_floor: bool = False


SCALES: Final = {
    Rule.WRITE_LATENCY: Scale(key="alerts.write_p95_ms", critical=4),
    Rule.PRIMARY: Scale(key="alerts.primary_seconds", critical=12),
    Rule.QUEUE: Scale(key="alerts.queue", critical=10),
    Rule.SYNC_LAG: Scale(key="alerts.sync_lag_seconds", critical=8),
    Rule.ERROR_RATE: Scale(key="alerts.error_percent", critical=2.5),
    Rule.CANCELLATION_RATE: Scale(key="alerts.cancellation_percent"),
    Rule.CLOCK_SKEW: Scale(key="alerts.clock_skew_seconds", critical=12),
    Rule.CERTIFICATE: Scale(key="alerts.certificate_days", critical=0.25, is_floor=True),
    Rule.TOKEN: Scale(key="alerts.token_days", critical=0.25, is_floor=True),
    Rule.DISK: Scale(key="alerts.disk_mib", critical=0.2, is_floor=True),
    Rule.AI_TOKENS: Scale(key="alerts.ai_tokens", warning=0.8, critical=1),
    Rule.AI_COST: Scale(key="alerts.ai_cost_cents", warning=0.8, critical=1),
    Rule.PRIMARY_ROWS: Scale(key="alerts.primary_rows", warning=0.8, critical=1),
    Rule.PRIMARY_SIZE: Scale(key="alerts.primary_mib", warning=0.8, critical=1),
}
"""Of every rule but that of refused rows, where any row is one too many."""


def alerts_of(
    settings: Settings,
    database: Database,
    sync: SyncService,
    whose: Whose,
    clock: Clock,
    tell: Callable[[str], None],
) -> AlertService:
    """Return the alerts of a replica.

    Args:
        settings: the settings.
        database: the connection of the caller's thread.
        sync: synchronisation over the same connection.
        whose: the machine.
        clock: the time.
        tell: gets each line that people read of a change.

    Raises:
        SettingsError: a receiver cannot be what the settings say.
    """
    limits = limits_of(settings)
    watched = Watched(
        rules=frozenset(limits.thresholds),
        machine_id=whose.machine_id,
        folder=settings.paths.data_dir,
        window_hours=settings["alerts.window_hours"],
        min_requests=settings["alerts.min_requests"],
    )
    readings = AlertReadings(database, sync, watched, clock)
    store = AlertStore(settings.paths.alerts)
    return AlertService(readings, limits, store, receivers(settings, tell), whose, clock)


def limits_of(settings: Settings) -> Limits:
    """Return by what is judged; a setting of 0 switches its rule off."""
    found = {
        rule: Threshold(
            warning=settings[scale.key] * scale.warning,
            critical=None if scale.critical is None else settings[scale.key] * scale.critical,
            is_floor=scale.is_floor,
        )
        for rule, scale in SCALES.items()
        if settings[scale.key]
    }
    if settings["alerts.parked"]:
        found[Rule.PARKED] = Threshold(warning=0)
    return Limits(thresholds=found, settle_ms=settings["alerts.settle_seconds"] * 1000)


def receivers(settings: Settings, tell: Callable[[str], None]) -> dict[str, Receiver]:
    """Return who is told, by name.

    Args:
        settings: the settings.
        tell: gets each line that people read.

    Raises:
        SettingsError: a receiver cannot be what the settings say.
    """
    found: dict[str, Receiver] = {"log": LogReceiver(tell)}
    url: Secret | None = settings["alerts.webhook_url"]
    if url:
        found["webhook"] = Webhook(url.reveal())
    if settings["alerts.command"]:
        found["command"] = Command(_argv(settings["alerts.command"]))
    return found


def _argv(line: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        words = ()
    if not words or not words[0].startswith("/"):
        # It runs with the rights of a service: nobody's PATH decides what it is.
        raise SettingsError(
            _("alerts.command must be a command with its whole path, like "
              "/usr/local/bin/tell --team; no shell runs it.")
        )  # fmt: skip
    return words
