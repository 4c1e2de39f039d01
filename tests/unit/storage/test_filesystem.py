"""On which file system a folder lies, and whether WAL works there."""

from pathlib import Path

import pytest

from ipcom_chat.errors import FileSystemError
from ipcom_chat.storage import replica
from ipcom_chat.storage.filesystem import UNSHARED, file_system_of, is_shareable
from tests.support.replica import NOW_MS

ROOT_EXT4 = "30 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


def _mountinfo(*lines: str) -> str:
    return "\n".join([ROOT_EXT4, *lines]) + "\n"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ana/data", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/ana", "ext4"),
        ("/home/ana/local/data", "xfs"),
        ("/home/ana/localized", "nfs4"),
        ("/", "ext4"),
    ],
)
def test_the_deepest_mount_around_a_path_counts(path: str, kind: str) -> None:
    text = _mountinfo(
        "41 30 0:40 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2",
        "42 41 8:2 / /home/ana/local rw - xfs /dev/sdb1 rw",
    )
    assert file_system_of(Path(path), text) == kind


def test_the_order_of_the_lines_says_nothing() -> None:
    # An initramfs mounts /dev before the real root takes its place.
    text = "24 30 0:6 / /dev rw - devtmpfs udev rw\n" + _mountinfo(
        "25 24 0:7 / /dev/shm rw - tmpfs tmpfs rw"
    )
    assert file_system_of(Path("/dev/shm/x"), text) == "tmpfs"


def test_a_later_mount_on_one_point_hides_the_earlier() -> None:
    text = _mountinfo(
        "41 30 0:40 / /srv rw - nfs server:/srv rw", "42 41 8:3 / /srv rw - ext4 /dev/sdc1 rw"
    )
    assert file_system_of(Path("/srv/x"), text) == "ext4"


def test_a_mount_over_a_folder_hides_what_was_mounted_below_it() -> None:
    text = _mountinfo(
        "41 30 0:40 / /data/share rw - nfs server:/x rw", "42 30 0:41 / /data rw - tmpfs tmpfs rw"
    )
    assert file_system_of(Path("/data/share/x"), text) == "tmpfs"


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (r"/mnt/a\040b", "/mnt/a b/x"),
        (r"/mnt/a\011b", "/mnt/a\tb/x"),
        (r"/mnt/a\012b", "/mnt/a\nb/x"),
        (r"/mnt/a\134040b", r"/mnt/a\040b/x"),
    ],
)
def test_blanks_in_mount_points_are_unescaped(field: str, path: str) -> None:
    assert (
        file_system_of(Path(path), _mountinfo(f"41 30 0:40 / {field} rw - cifs //s/x rw")) == "cifs"
    )


def test_an_overlay_of_a_container_is_fine(tmp_path: Path) -> None:
    text = "600 599 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c\n"
    assert file_system_of(Path("/home/x"), text) == "overlay"
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(text)
    assert is_shareable(tmp_path, mountinfo)


def test_a_root_that_is_its_own_parent_ends_the_walk() -> None:
    assert file_system_of(Path("/x"), "1 1 0:2 / / rw - rootfs rootfs rw\n") == "rootfs"


@pytest.mark.parametrize("text", ["", "\n", "what is this", "1 2 3 - ext4", "1 0 0:2 / / rw ext4"])
def test_lines_of_another_form_are_passed_over(text: str) -> None:
    assert file_system_of(Path("/x"), text) == ""


@pytest.mark.parametrize("kind", sorted(UNSHARED))
def test_network_and_shared_folders_are_refused(tmp_path: Path, kind: str) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"30 1 8:1 / / rw - ext4 x rw\n31 30 0:9 / {tmp_path} rw - {kind} x rw\n")
    assert not is_shareable(tmp_path / "replica.db", mountinfo)


def test_without_proc_sqlite_decides(tmp_path: Path) -> None:
    assert is_shareable(tmp_path, tmp_path / "missing")


def test_a_link_into_a_share_is_followed(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "link").symlink_to(share)
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(_mountinfo(f"31 30 0:9 / {share} rw - nfs x rw"))
    assert not is_shareable(tmp_path / "link" / "replica.db", mountinfo)


def test_this_machine_says_what_it_has(tmp_path: Path) -> None:
    text = Path("/proc/self/mountinfo").read_text()
    assert file_system_of(Path("/proc"), text) == "proc"
    assert file_system_of(tmp_path, text)


def test_nothing_is_written_where_wal_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "is_shareable", lambda _path: False)
    folder = tmp_path / "share"
    with pytest.raises(FileSystemError, match=r"network share\?.* IPCOM_CHAT_DATA_DIR"):
        replica.open_replica(folder / "replica.db", now_ms=NOW_MS)
    assert not folder.exists()
