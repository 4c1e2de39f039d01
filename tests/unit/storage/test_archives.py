"""Archives are whole or not there; one that differs from its manifest gives nothing out."""

import gzip
import hashlib
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.errors import BackupError
from ipcom_chat.storage import archives
from ipcom_chat.storage.archives import About, Archive, Packing
from tests.support.replica import NOW_MS

CONTENT = b"0123456789" * 5_000


def about(at_ms: int = NOW_MS, origin: str = "here") -> About:
    return About(
        kind="replica", origin=origin, created_at=at_ms, version="1", schema=1, rows={"entries": 1}
    )


def make(folder: Path, at_ms: int = NOW_MS, origin: str = "here") -> Archive:
    with archives.held(folder) as scratch:
        packing = Packing(folder, scratch)
        packing.write(CONTENT[:7])
        packing.write(CONTENT[7:])
        return packing.finish(about(at_ms, origin))


def test_an_archive_is_compressed_private_and_comes_out_as_it_went_in(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = make(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert gzip.decompress(made.path.read_bytes()) == CONTENT
    assert made.path.stat().st_size == made.manifest.size_bytes < len(CONTENT)
    archives.unpack(archives.archive_at(made.path), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_two_of_one_instant_have_two_names_and_the_newest_comes_first(tmp_path: Path) -> None:
    names = [make(tmp_path, at).path.name for at in (NOW_MS, NOW_MS, NOW_MS + 60_000)]
    assert len(set(names)) == 3
    assert archives.archives_in(tmp_path)[0].path.name == names[2]


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    made = make(tmp_path / "backups")
    data = bytearray(made.path.read_bytes())
    data[place] ^= 1
    made.path.write_bytes(data)
    with pytest.raises(BackupError, match="is damaged"):
        archives.unpack(made, tmp_path / "out")


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"x" * len(CONTENT)])
def test_content_that_the_manifest_does_not_tell_is_noticed(tmp_path: Path, content: bytes) -> None:
    made = make(tmp_path / "backups")
    data = gzip.compress(content)
    made.path.write_bytes(data)
    forged = msgspec.structs.replace(
        made.manifest, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    with pytest.raises(BackupError, match="is damaged"):
        archives.unpack(Archive(path=made.path, manifest=forged), tmp_path / "out")


def test_a_bomb_does_not_fill_the_disk(tmp_path: Path) -> None:
    made = make(tmp_path / "backups")
    small = msgspec.structs.replace(made.manifest, content_bytes=10)
    with pytest.raises(BackupError, match="is damaged"):
        archives.unpack(Archive(path=made.path, manifest=small), tmp_path / "out")
    assert (tmp_path / "out").stat().st_size == 11


def test_half_an_archive_is_none(tmp_path: Path) -> None:
    first, second, third = (make(tmp_path, NOW_MS + n) for n in range(3))
    archives.manifest_path(first.path).unlink()
    second.path.unlink()
    archives.manifest_path(third.path).write_bytes(b'{"kind": "else"}')
    assert archives.archives_in(tmp_path) == []
    for each in (first, second, third):
        with pytest.raises(BackupError, match="no whole backup"):
            archives.archive_at(each.path)
    assert archives.archives_in(tmp_path / "nowhere") == []


def test_only_the_newest_of_an_origin_are_kept(tmp_path: Path) -> None:
    own = [make(tmp_path, NOW_MS + n) for n in range(4)]
    others = make(tmp_path, NOW_MS - 1, origin="another machine")
    (tmp_path / "notes.gz").write_bytes(b"mine")
    assert archives.surplus(tmp_path, "replica", "here", 0) == []
    assert archives.surplus(tmp_path, "primary", "here", 1) == []
    gone = archives.remove(archives.surplus(tmp_path, "replica", "here", 2))
    assert sorted(gone) == sorted([own[0].path, own[1].path])
    left = [each.path for each in archives.archives_in(tmp_path)]
    assert left == [own[3].path, own[2].path, others.path]
    assert (tmp_path / "notes.gz").exists()


def test_one_process_at_a_time_changes_a_folder_and_leftovers_go(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    (folder / ".ipcom-chat-scratch-of-a-killed-process").mkdir(parents=True)
    with archives.held(folder):
        assert len(list(folder.iterdir())) == 1
        with pytest.raises(BackupError, match="Another backup"), archives.held(folder):
            pass
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told() -> None:
    # The kernel's folder refuses files from root, too.
    with pytest.raises(BackupError, match="Cannot write to"), archives.held(Path("/proc/sys")):
        pass


def test_a_folder_in_the_place_of_which_a_file_lies_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(BackupError, match="Cannot write to"),
        archives.held(tmp_path / "file" / "x"),
    ):
        pass
