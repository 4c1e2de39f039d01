"""Backups of the replica and of the primary: made, listed, checked, restored, counted out.

A backup is an archive (`storage.archives`) with a manifest. Of the replica it is a copy of the
file, private entries included; of the primary its rows, as lines. What is
taken out of the history later on is still in it, so whoever does that is told where backups lie.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ipcom_chat import __version__, host
from ipcom_chat.clock import Clock
from ipcom_chat.errors import BackupError
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, ReplicaId
from ipcom_chat.storage import archives
from ipcom_chat.storage.archives import About, Archive, ArchiveKind, Packing
from ipcom_chat.storage.backup import copy_to, examine
from ipcom_chat.storage.carry_over import CarriedOver
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.restore import Restored, alone, restore

if TYPE_CHECKING:
    from ipcom_chat.libsql.client import Client

__all__ = ["Archive", "BackupPlace", "CarriedOver", "Made", "Restored"]

WORK = "restoring"
"""Beside the replica: where backups are unpacked, so that a rename puts one in place."""


class BackupPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What is backed up, and where to."""

    replica: Path
    folder: Path
    machine_id: MachineId
    keep: int
    """How many of a kind are kept; 0 keeps all."""

    @property
    def origin(self) -> str:
        """Whose backups are counted together."""
        return f"{self.machine_id}:{self.replica}"

    @property
    def work(self) -> Path:
        """Where backups are unpacked."""
        return self.replica.parent / WORK


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new backup."""

    archive: Archive
    removed: tuple[Path, ...]
    """Older ones that made room."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One backup, as it is told."""

    path: str
    kind: ArchiveKind
    created_at: int
    size_bytes: int
    content_bytes: int
    entries: int
    sha256: str
    origin: str
    version: str
    schema: int
    rows: dict[str, int]


def listed(archive: Archive) -> Listed:
    """Return a backup as it is told."""
    manifest = archive.manifest
    return Listed(
        path=str(archive.path),
        kind=manifest.kind,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        content_bytes=manifest.content_bytes,
        entries=manifest.rows.get("entries", 0),
        sha256=manifest.sha256,
        origin=manifest.origin,
        version=manifest.version,
        schema=manifest.schema,
        rows=manifest.rows,
    )


def create(place: BackupPlace, database: Database, replica_id: ReplicaId, clock: Clock) -> Made:
    """Back the replica up while it is in use, and count out what is too many.

    Raises:
        BackupError, StorageError: it could not be made; the replica was not changed.
    """
    with archives.held(place.folder) as scratch:
        now_ms = clock.now_ms()
        copy = scratch / "copy.db"
        contents = copy_to(database, copy)
        packing = Packing(place.folder, scratch)
        for data in _pieces(copy):
            packing.write(data)
        about = About(
            kind="replica",
            origin=place.origin,
            created_at=now_ms,
            version=__version__,
            schema=contents.schema,
            rows=contents.rows,
            machine_id=place.machine_id,
            replica_id=replica_id,
        )
        archive = packing.finish(about)
        return Made(archive=archive, removed=_counted_out(place, "replica", place.origin))


async def create_of_primary(place: BackupPlace, client: "Client", clock: Clock) -> Made:
    """Back the primary up while it is in use, and count out what is too many.

    Raises:
        BackupError: it could not be written.
        PrimaryError: the primary cannot be reached or read.
    """
    from ipcom_chat.sync.primary_dump import PrimaryDump  # noqa: PLC0415 - brings the network

    dump = PrimaryDump(client)
    with archives.held(place.folder) as scratch:
        now_ms = clock.now_ms()
        packing = Packing(place.folder, scratch)
        async for line in dump.lines():
            packing.write(line)
        assert dump.state is not None  # noqa: S101 - its last line was read
        assert dump.end is not None  # noqa: S101
        about = About(
            kind="primary",
            origin=client.host,
            created_at=now_ms,
            version=__version__,
            schema=dump.state.schema,
            rows=dump.end.rows,
            epoch=dump.state.epoch,
            counter=dump.end.counter,
        )
        archive = packing.finish(about)
        return Made(archive=archive, removed=_counted_out(place, "primary", client.host))


def _counted_out(place: BackupPlace, kind: ArchiveKind, origin: str) -> tuple[Path, ...]:
    return tuple(archives.remove(archives.surplus(place.folder, kind, origin, place.keep)))


def rotate(place: BackupPlace, *, dry_run: bool) -> list[Path]:
    """Remove what is too many of this machine and of each primary; return the files.

    What a restore that was cut off left unpacked goes, too.

    Raises:
        BackupError: one cannot be removed.
    """
    found = _too_many(place)
    if not dry_run and place.work.is_dir():
        with archives.held(place.work):
            pass
    if dry_run or not found:
        return [each.path for each in found]
    with archives.held(place.folder):
        return archives.remove(found)


def _too_many(place: BackupPlace) -> list[Archive]:
    here = archives.archives_in(place.folder)
    primaries = {each.manifest.origin for each in here if each.manifest.kind == "primary"}
    found = archives.surplus(place.folder, "replica", place.origin, place.keep)
    for origin in sorted(primaries):
        found += archives.surplus(place.folder, "primary", origin, place.keep)
    return found


def all_in(folder: Path) -> list[Archive]:
    """Return the backups of a folder, the newest first."""
    return archives.archives_in(folder)


def find(place: BackupPlace, name: Path | None, kind: ArchiveKind | None = None) -> Archive:
    """Return the backup in a file, or of that name in the folder; without one, the newest.

    Raises:
        BackupError: there is none, or it is not of that kind.
    """
    if name is None:
        archive = next(iter(archives.archives_in(place.folder)), None)
        if archive is None:
            raise BackupError(
                _("There is no backup in {folder}; 'ipcom-chat backup create' makes one.",
                  folder=place.folder)
            )  # fmt: skip
    else:
        beside = place.folder / name.name
        is_elsewhere = name.exists() or name.parent != Path() or not beside.exists()
        archive = archives.archive_at(name if is_elsewhere else beside)
    if kind is not None and archive.manifest.kind != kind:
        raise _wrong_kind(archive)
    return archive


def _wrong_kind(archive: Archive) -> BackupError:
    if archive.manifest.kind == "primary":
        return BackupError(
            _(
                "{path} is a backup of the primary. Nothing was changed; 'ipcom-chat backup "
                "restore --primary' restores it into an empty database.",
                path=archive.path,
            )
        )
    return BackupError(
        _(
            "{path} is a backup of a machine's history, not of the primary. Nothing was changed.",
            path=archive.path,
        )
    )


def verify(place: BackupPlace, archive: Archive) -> dict[str, int]:
    """Check a backup from its checksum to its rows; return how many rows each table has.

    Raises:
        BackupError: it is damaged, or does not hold what its manifest says.
        SchemaTooNewError, PrimaryVersionError: a newer program made it.
    """
    with archives.held(place.work) as scratch:
        return _verified(archive, scratch)


def _verified(archive: Archive, scratch: Path) -> dict[str, int]:
    content = scratch / "content"
    archives.unpack(archive, content)
    rows = _primary_rows(content, scratch) if _is_primary(archive) else examine(content).rows
    if any(rows.get(table) != count for table, count in archive.manifest.rows.items()):
        raise archives.damaged(archive.path)
    return rows


def _is_primary(archive: Archive) -> bool:
    return archive.manifest.kind == "primary"


def _primary_rows(content: Path, scratch: Path) -> dict[str, int]:
    from ipcom_chat.sync.primary_load import check  # noqa: PLC0415 - brings the network

    with content.open("rb") as lines:
        return check(lines, scratch / "primary.db")


def restore_replica(
    place: BackupPlace, archive: Archive, clock: Clock, *, wait_s: float
) -> Restored:
    """Put a backup in the place of the replica; this process has it not open.

    Args:
        place: which replica.
        archive: the backup, checked here first.
        clock: the time.
        wait_s: how long to wait for others to close it.

    Raises:
        BackupError, StorageError: nothing was changed.
    """
    with archives.held(place.work) as scratch:
        _verified(archive, scratch)
        with alone(place.replica, wait_s=wait_s):
            owners = _owners(place, archive, clock)
            done = restore(place.replica, scratch / "content", owners, now_ms=clock.now_ms())
            # A restored replica is another one than that which answered its requests.
            host.forget_replica_id(place.replica.parent)
        return done


def _owners(place: BackupPlace, archive: Archive, clock: Clock) -> Sequence[ReplicaId]:
    """Return the ids that the replica had here."""
    now = host.replica_id(place.replica.parent, place.machine_id, clock)
    manifest = archive.manifest
    if manifest.replica_id is None or manifest.machine_id != place.machine_id:
        return (now,)
    return tuple({now, ReplicaId(manifest.replica_id)})


async def restore_primary(
    place: BackupPlace, archive: Archive, client: "Client", clock: Clock
) -> str:
    """Load a backup into an empty primary, checked here first; return its new epoch.

    Raises:
        BackupError, PrimaryError: the primary is not in use then; see `sync.primary_load`.
    """
    from ipcom_chat.sync.primary_load import load  # noqa: PLC0415 - brings the network

    with archives.held(place.work) as scratch:
        _verified(archive, scratch)
        with (scratch / "content").open("rb") as lines:
            return await load(client, lines, clock)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(archives.CHUNK_BYTES):
            yield data
