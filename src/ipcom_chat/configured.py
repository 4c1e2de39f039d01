"""What the settings say of what lies outside the replica: backups, the primary, the AI's server.

Nothing is imported here that the plain verbs do not need, and nothing is reached: what is returned
reaches it when it is called.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ipcom_chat import host
from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.errors import StorageError
from ipcom_chat.settings import Settings
from ipcom_chat.storage.database import Database

if TYPE_CHECKING:
    from ipcom_chat.services.backups import BackupPlace
    from ipcom_chat.services.reach import Reached
    from ipcom_chat.services.sync import Probe, SyncSettings


def backup_folder(settings: Settings) -> Path:
    """Return the folder of backups."""
    chosen = settings["backup.folder"]
    return Path(chosen).expanduser().absolute() if chosen else settings.paths.data_dir / "backups"


def backup_place(
    settings: Settings, clock: Clock, *, folder: Path | None = None, keep: int | None = None
) -> "BackupPlace":
    """Return what is backed up and where to, as the settings or this call say."""
    from ipcom_chat.services.backups import BackupPlace  # noqa: PLC0415 - few verbs

    return BackupPlace(
        replica=settings.paths.replica,
        folder=folder.absolute() if folder else backup_folder(settings),
        machine_id=host.machine_id(settings["machine_id"], settings.paths.state_dir, clock),
        keep=settings["backup.keep"] if keep is None else keep,
    )


def sync_settings(settings: Settings) -> "SyncSettings":
    """Return what the settings say of synchronisation."""
    from ipcom_chat.services.sync import SyncSettings  # noqa: PLC0415 - asyncio
    from ipcom_chat.sync.exchanges import Options  # noqa: PLC0415
    from ipcom_chat.sync.scheduler import Intervals  # noqa: PLC0415
    from ipcom_chat.sync.target import fault_of, host_of  # noqa: PLC0415
    from ipcom_chat.targets import primary_target, primary_urls  # noqa: PLC0415

    urls = primary_urls(settings)
    rest_s, active_s = settings["turso.sync_interval"], settings["sync.active_interval"]
    return SyncSettings(
        host=host_of(urls[0]) if urls else None,
        resolve=lambda: primary_target(settings),
        has_readers=len(urls) > 1 or settings["turso.sync_url"] is not None,
        fault=fault_of((*urls, *filter(None, (settings["turso.sync_url"],)))) if urls else None,
        intervals=Intervals(
            active_s=min(active_s, rest_s),
            rest_s=rest_s,
            longest_backoff_s=settings["sync.retry_interval"] / 1000,
        ),
        options=Options(
            batch_rows=settings["sync.batch_size"],
            window_days=settings["sync.window_days"],
            erased=_forget_pulled(settings.paths.meaning),
        ),
    )


def _forget_pulled(folder: Path) -> Callable[[Database, int], None]:
    """Return what forgets the vectors of texts that an exchange took out of the replica."""

    def forget(database: Database, after: int) -> None:
        # What the disk refuses now is forgotten when the vectors are next brought up to date.
        with suppress(StorageError):
            forget_meanings(database, folder, after)

    return forget


def forget_meanings(database: Database, folder: Path, after: int = 0) -> None:
    """Forget the vectors of what was deleted or redacted; they need no model for that.

    Args:
        database: the replica.
        folder: of the vectors.
        after: only of what changed after this `local_seq`.
    """
    if not folder.exists():
        return
    from ipcom_chat.meaning.catch_up import forget_lost  # noqa: PLC0415 - after an erasure only

    forget_lost(database, folder, after=after)


def probe_of(settings: Settings) -> "Callable[[], Probe] | None":
    """Return what looks at the primary; None if none is configured."""
    if not settings["turso.database_url"]:
        return None
    from ipcom_chat.services.sync import probe  # noqa: PLC0415 - asyncio

    return lambda: probe(sync_settings(settings), SystemClock())


def token_of(settings: Settings) -> Callable[[], str | None] | None:
    """Return what gives the primary's token; None if no primary is configured."""
    if not settings["turso.database_url"]:
        return None
    from ipcom_chat.targets import primary_token  # noqa: PLC0415 - one verb

    return lambda: primary_token(settings)


def reach_of(settings: Settings) -> "Callable[[], Reached] | None":
    """Return what asks the server of the AI; None if none is configured."""
    if not settings["ai.enabled"] or not settings["ai.model"]:
        return None
    from ipcom_chat.assistant.endpoint import Endpoint, parse_model  # noqa: PLC0415 - one option
    from ipcom_chat.models import key_of  # noqa: PLC0415
    from ipcom_chat.services.reach import reach  # noqa: PLC0415

    def ask() -> "Reached":
        model = parse_model(settings["ai.model"])
        return reach(Endpoint.of_model(model, settings["ai.base_url"]), key_of(settings, model))

    return ask
