"""Tells whether the replica's folder is on a file system that WAL works on.

WAL keeps its index in memory that processes share through the file; over a network that sharing
is not coherent, and two machines writing one file destroy it.

Source: https://www.sqlite.org/wal.html (section 1), proc(5) for the format of mountinfo.
"""

from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")

UNSHARED = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs2",
        "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs",
        "vboxsf", "virtiofs",
    }
)  # fmt: skip
"""Kernel names of network, cluster and host-shared file systems."""


def file_system_of(path: Path, mountinfo: str) -> str:
    """Return the kernel's name of the file system that holds `path` (which need not exist yet).

    Args:
        path: an absolute path.
        mountinfo: the text of `/proc/self/mountinfo`.
    """
    below: dict[str, list[tuple[int, str, str]]] = {}
    known: set[str] = set()
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        known.add(fields[0])
        point = Path(_unescaped(fields[4]))
        if path.is_relative_to(point):
            mount = (len(point.parts), fields[0], after.split(" ", 1)[0])
            parent = "" if fields[1] == fields[0] else fields[1]
            below.setdefault(parent, []).append(mount)
    # Followed from the root as the kernel does: the order of the lines says nothing, and a mount
    # over a folder hides what was mounted below it before.
    here = [mount for parent in below.keys() - known for mount in below[parent]]
    kind = ""
    while here:
        _depth, number, kind = min(here)
        here = below.get(number, [])
    return kind


def is_shareable(path: Path, mountinfo: Path = MOUNTINFO) -> bool:
    """Return whether several processes can share a SQLite file in WAL mode at `path`."""
    try:
        text = mountinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True  # not Linux, or /proc is hidden: SQLite's own check remains
    return file_system_of(path.resolve(), text) not in UNSHARED


def _unescaped(field: str) -> str:
    for octal, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(octal, char)
    return field
