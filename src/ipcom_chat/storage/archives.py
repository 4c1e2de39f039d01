"""Archives: a compressed file, and beside it a manifest of what is in it.

Invariants:
- An archive is there whole or not at all. Both files are written under other names and brought to
  the disk; the manifest gets its name first and loses it last. So a process that dies leaves no
  content behind, and a manifest alone counts as nothing.
- The manifest has the SHA-256 of the compressed file and of what it holds; nothing is given out
  of an archive that differs from it.
- Files are for their owner alone, and so is the folder if it is made here. One process at a time
  changes a folder.
- What is counted out is only what the same origin made: several machines may share a folder.
"""

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from ipcom_chat.errors import BackupError
from ipcom_chat.files import bring_to_disk, read_regular, temporary_beside, write_new
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.storage.database import make_folder
from ipcom_chat.storage.locks import FILE_MODE

CHUNK_BYTES = 1 << 20
LEVEL = 6
"""Of compression: the next ones take twice the time for a few percent."""
MANIFEST_MAX_BYTES = 65_536

ArchiveKind = Literal["replica", "primary"]
_SUFFIX = {"replica": ".db.gz", "primary": ".jsonl.gz"}
_NAME = re.compile(r"(replica|primary)-\d{8}T\d{9}Z(\.db|\.jsonl)\.gz")
_SCRATCH = ".ipcom-chat-scratch-"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of. Instants are epoch milliseconds."""

    kind: ArchiveKind
    origin: str
    """Whose: the machine and the file of a replica, the host of a primary."""
    created_at: int
    version: str
    """Of the program that made it."""
    schema: int
    rows: dict[str, int]
    """How many rows each table has."""
    machine_id: str | None = None
    replica_id: str | None = None
    """Whose requests the replica answered; it is not handed on to who restores it."""
    epoch: str | None = None
    """Of the primary."""
    counter: int | None = None
    """The last change of the primary that it holds."""


class Manifest(About, frozen=True, kw_only=True):
    """What lies beside the compressed file."""

    content_bytes: int
    content_sha256: str
    size_bytes: int
    """Of the compressed file."""
    sha256: str


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """One backup."""

    path: Path
    manifest: Manifest


def manifest_path(path: Path) -> Path:
    """Return where the manifest of an archive lies."""
    return path.with_name(f"{path.name}.json")


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold the right to change a folder of archives; give an empty folder in it to work in.

    Raises:
        BackupError: it cannot be made or written, or another process is at it.
    """
    try:
        make_folder(folder)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(folder, error) from error
    scratch = folder / f"{_SCRATCH}{os.urandom(8).hex()}"
    try:
        _lock(handle, folder)
        _clean(folder)
        scratch.mkdir(mode=0o700)
        yield scratch
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(handle)


def _clean(folder: Path) -> None:
    """Remove what processes that died have left."""
    for leftover in folder.glob(f"{_SCRATCH}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for manifest in folder.glob("*.gz.json"):
        content = manifest.with_suffix("")
        if _NAME.fullmatch(content.name) and not content.exists():
            manifest.unlink(missing_ok=True)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BackupError(
            _("Another backup is being made or read in {folder}. Try again when it is done.",
              folder=folder)
        ) from error  # fmt: skip


class Packing:
    """An archive that is being written, in a folder that is held.

    Args:
        folder: where it will lie.
        scratch: where it is written.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._folder = folder
        self._path = temporary_beside(scratch / "packing")
        number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        self._file = _Hashing(os.fdopen(number, "wb"))
        self._zip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=LEVEL, fileobj=self._file, mtime=0
        )
        self._content = hashlib.sha256()
        self._content_bytes = 0

    def write(self, data: bytes) -> None:
        """Add to the content."""
        self._content.update(data)
        self._content_bytes += len(data)
        self._zip.write(data)

    def finish(self, about: About) -> Archive:
        """Bring it to the disk, give it its name, and write its manifest."""
        self._zip.close()
        self._file.end()
        manifest = Manifest(
            **msgspec.structs.asdict(about),
            content_bytes=self._content_bytes,
            content_sha256=self._content.hexdigest(),
            size_bytes=self._file.size_bytes,
            sha256=self._file.hash.hexdigest(),
        )
        path = _free_name(self._folder, about)
        written = self._path.with_name("manifest")
        write_new(written, [msgspec.json.encode(manifest).decode(), "\n"])
        written.rename(manifest_path(path))
        self._path.rename(path)
        bring_to_disk(self._folder)
        return Archive(path=path, manifest=manifest)


class _Hashing:
    """A file that is summed up while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size_bytes += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def end(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _free_name(folder: Path, about: About) -> Path:
    at_ms = about.created_at
    while True:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(at_ms // 1000))
        name = f"{about.kind}-{stamp}{at_ms % 1000:03d}Z{_SUFFIX[about.kind]}"
        if not (folder / name).exists():
            return folder / name
        at_ms += 1


def archive_at(path: Path) -> Archive:
    """Return the archive in a file; its content is not looked at.

    Raises:
        BackupError: there is none, or its manifest cannot be read.
    """
    try:
        data, _attributes = read_regular(manifest_path(path), max_bytes=MANIFEST_MAX_BYTES)
        manifest = msgspec.json.decode(data, type=Manifest)
        path.stat()
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise BackupError(
            _(
                "{path} is no whole backup: it and {manifest} must lie side by side. Nothing was "
                "changed.",
                path=path,
                manifest=manifest_path(path).name,
            )
        ) from error
    return Archive(path=path, manifest=manifest)


def archives_in(folder: Path) -> list[Archive]:
    """Return the whole archives of a folder, the newest first."""
    found = []
    for path in folder.glob("*.gz") if folder.is_dir() else ():
        if _NAME.fullmatch(path.name):
            with suppress(BackupError):
                found.append(archive_at(path))
    return sorted(found, key=lambda each: (each.manifest.created_at, each.path.name), reverse=True)


def surplus(folder: Path, kind: ArchiveKind, origin: str, keep: int) -> list[Archive]:
    """Return the archives of an origin beyond the newest `keep`; of 0, none are too many."""
    own = [
        each
        for each in archives_in(folder)
        if (each.manifest.kind, each.manifest.origin) == (kind, origin)
    ]
    return own[keep:] if keep else []


def remove(archives: Iterable[Archive]) -> list[Path]:
    """Remove archives; return those that are gone.

    Raises:
        BackupError: one cannot be removed.
    """
    gone = []
    for each in archives:
        try:
            each.path.unlink()
            manifest_path(each.path).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(each.path.parent, error) from error
        gone.append(each.path)
    return gone


def unpack(archive: Archive, target: Path) -> None:
    """Write the content of an archive to a new file, and compare it with the manifest.

    Raises:
        BackupError: it differs; the target is not to be used then.
        OSError: the target cannot be written.
    """
    manifest, whole = archive.manifest, hashlib.sha256()
    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(number, "wb") as file:
        size_bytes = 0
        for data in contents(archive):
            whole.update(data)
            size_bytes += len(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if (size_bytes, whole.hexdigest()) != (manifest.content_bytes, manifest.content_sha256):
        raise damaged(archive.path)


def contents(archive: Archive) -> Iterator[bytes]:
    """Yield the content of an archive whose file is as the manifest says.

    Raises:
        BackupError: the file differs, or cannot be read.
    """
    left = archive.manifest.content_bytes
    try:
        _check_file(archive)
        with gzip.open(archive.path, "rb") as file:
            # One byte more than there may be: what never ends must not fill the disk.
            while left >= 0 and (data := file.read(min(CHUNK_BYTES, left + 1))):
                left -= len(data)
                yield data
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise damaged(archive.path) from error


def _check_file(archive: Archive) -> None:
    whole, size_bytes = hashlib.sha256(), 0
    with archive.path.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            whole.update(data)
            size_bytes += len(data)
    manifest = archive.manifest
    if (size_bytes, whole.hexdigest()) != (manifest.size_bytes, manifest.sha256):
        raise damaged(archive.path)


def damaged(path: Path) -> BackupError:
    """Return the error for a backup that is not what its manifest says."""
    return BackupError(
        _(
            "The backup {path} is damaged: it is not what its manifest says. Nothing was changed; "
            "use another one ('ipcom-chat backup list').",
            path=path,
        )
    )


def cannot_write(folder: Path, error: OSError) -> BackupError:
    """Return the error for a folder of backups that cannot be written."""
    return BackupError(
        _(
            "Cannot write to {folder}: {reason}. The history is as it was; check the permissions "
            "of the folder and the space left.",
            folder=folder,
            reason=reason_of(error),
        )
    )
