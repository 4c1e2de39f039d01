"""Facts about this machine and this OS user.

A machine's id survives changes of host name, network cards and addresses: it is an HMAC of
`/etc/machine-id` under a key of this application, so the machine-id itself stays private.

Source: machine-id(5), os-release(5), proc(5).
"""

import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.errors import SettingsError, StorageError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, ReplicaId
from ipcom_chat.reasons import reason_of

MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
OLD_FOLDER = Path(".mcp-terminal")
"""Where, under the home folder, the earlier program kept everything."""
OLD_MACHINE_ID_FILE = OLD_FOLDER / "machine-id"
"""Where, under the home folder, the earlier program kept its id of this host."""
OLD_MACHINE_FILE = OLD_FOLDER / "machine.json"
"""Where its client set-up kept another one."""

_FILE_MAX_BYTES = 1_000_000
_RANDOM_ID_NAME = "machine-id"
_APPLICATION_KEY = b"ipcom-chat/machine/1"
_SYSTEM_ID = re.compile(r"[0-9a-f]{32}")
_HASH_ID = re.compile(r"[0-9a-f]{64}")
_GIVEN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What may change about a machine while it stays the same machine."""

    hostname: str
    ip_address: str | None
    mac_address: str | None
    os_info: dict[str, Any]


class _OldMachine(msgspec.Struct, frozen=True, kw_only=True):
    machine_id: str = ""


class _ReplicaFile(msgspec.Struct, frozen=True, kw_only=True):
    replica_id: str
    machine_id: str
    inode: int


def machine_id(
    given: str | None, state_dir: Path, clock: Clock, files: tuple[Path, ...] = MACHINE_ID_FILES
) -> MachineId:
    """Return the id of this machine: 64 hexadecimal digits, or what the settings give.

    Raises:
        SettingsError: the given id has other characters than letters, digits, `.`, `_`, `-`.
        StorageError: a random id is needed and cannot be kept.
    """
    if given is not None:
        if not _GIVEN_ID.fullmatch(given):
            raise SettingsError(
                _(
                    "IPCOM_CHAT_MACHINE_ID has 1 to 64 letters, digits, '.', '_' or '-'; "
                    "{text!r} does not fit.",
                    text=given,
                )
            )
        return MachineId(given)
    for path in files:
        if text := _system_id(path):
            return MachineId(_hashed(text))
    return MachineId(_random_id(state_dir / _RANDOM_ID_NAME, clock))


def known_machine_id(
    given: str | None, state_dir: Path, files: tuple[Path, ...] = MACHINE_ID_FILES
) -> str | None:
    """Return the id of this machine without making one; None if it has none yet."""
    if given is not None:
        return given
    for path in files:
        if text := _system_id(path):
            return _hashed(text)
    known = _read(state_dir / _RANDOM_ID_NAME)
    return known if _HASH_ID.fullmatch(known) else None


def machine_id_source(
    given: str | None, state_dir: Path, files: tuple[Path, ...] = MACHINE_ID_FILES
) -> str:
    """Return where the id of this machine comes from: a variable or a file."""
    if given is not None:
        return "IPCOM_CHAT_MACHINE_ID"
    return str(next((path for path in files if _system_id(path)), state_dir / _RANDOM_ID_NAME))


def old_machine_ids(home: Path) -> tuple[str, ...]:
    """Return the ids that the earlier program gave this host: it could leave two different ones."""
    try:
        client = msgspec.json.decode(_read(home / OLD_MACHINE_FILE).encode(), type=_OldMachine)
    except msgspec.MsgspecError:
        client = _OldMachine()
    found = (_read(home / OLD_MACHINE_ID_FILE), client.machine_id)
    return tuple(dict.fromkeys(text for text in found if _HASH_ID.fullmatch(text)))


def replica_id(data_dir: Path, machine: MachineId, clock: Clock) -> ReplicaId:
    """Return the random id of the replica in `data_dir`.

    The id lies beside the replica, bound to this machine and to its own file: a backup, a copied
    folder or an image restored elsewhere gets a new one, so two replicas never share an id.

    Raises:
        StorageError: a new id is needed and cannot be kept.
    """
    path = data_dir / "replica.json"
    with _locked(data_dir):
        known = _read_replica(path)
        if known is not None and known.machine_id == machine and known.inode == _inode(path):
            return ReplicaId(known.replica_id)
        fresh = f"{clock.random_bits(128):032x}"
        _write_replica(path, fresh, machine)
        return ReplicaId(fresh)


def forget_replica_id(data_dir: Path) -> None:
    """Let the replica in `data_dir` have a new id from its next start on.

    Raises:
        StorageError: the folder cannot be written.
    """
    with _locked(data_dir):
        (data_dir / "replica.json").unlink(missing_ok=True)


def os_user() -> str:
    """Return the name of the OS user who really runs this process, whatever `$USER` says."""
    return account_name(os.getuid())


def account_name(number: int) -> str:
    """Return the name of an OS user, or the number where it has none."""
    import pwd  # noqa: PLC0415 - only commands that write need it

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def hostname() -> str:
    """Return the name of this host as the kernel knows it."""
    return os.uname().nodename


def host_facts() -> HostFacts:
    """Read what describes this machine now."""
    interface = _default_interface()
    return HostFacts(
        hostname=hostname(),
        ip_address=_ip_address(),
        mac_address=_read(Path("/sys/class/net") / interface / "address") or None
        if interface
        else None,
        os_info=os_info(),
    )


def os_info() -> dict[str, Any]:
    """Return what this machine runs: distribution, kernel, architecture, number of processors."""
    release = dict(
        line.split("=", 1) for line in _read(Path("/etc/os-release")).splitlines() if "=" in line
    )
    kernel = os.uname()
    return {
        "name": release.get("PRETTY_NAME", kernel.sysname).strip('"'),
        "id": release.get("ID", "").strip('"'),
        "kernel": kernel.release,
        "architecture": kernel.machine,
        "cpus": os.cpu_count(),
    }


def _default_interface() -> str | None:
    for line in _read(Path("/proc/net/route")).splitlines()[1:]:
        fields = line.split()
        if len(fields) > 1 and fields[1] == "00000000":
            return fields[0]
    return None


def _ip_address() -> str | None:
    import socket  # noqa: PLC0415 - only the registration of the machine needs it

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # No packet leaves: connecting a datagram socket only chooses the route.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _read(path: Path) -> str:
    try:
        data, _attributes = read_regular(path, max_bytes=_FILE_MAX_BYTES)
    except OSError:
        return ""
    return data.decode("utf-8", errors="replace").strip()


def _hashed(system_id: str) -> str:
    return hmac.new(_APPLICATION_KEY, system_id.encode(), hashlib.sha256).hexdigest()


def _system_id(path: Path) -> str | None:
    text = _read(path).lower()
    # Images ship empty files or the word `uninitialized`, alike on every copy.
    return text if _SYSTEM_ID.fullmatch(text) and int(text, 16) else None


def _random_id(path: Path, clock: Clock) -> str:
    with _locked(path.parent):
        known = _read(path)
        if _HASH_ID.fullmatch(known):
            return known
        fresh = f"{clock.random_bits(256):064x}"
        _replace(path, lambda _inode: fresh)
        return fresh


def _read_replica(path: Path) -> _ReplicaFile | None:
    try:
        return msgspec.json.decode(_read(path).encode(), type=_ReplicaFile)
    except msgspec.MsgspecError:
        return None


def _write_replica(path: Path, fresh: str, machine: MachineId) -> None:
    _replace(
        path,
        lambda inode: msgspec.json.encode(
            _ReplicaFile(replica_id=fresh, machine_id=machine, inode=inode)
        ).decode(),
    )


def _replace(path: Path, content: Callable[[int], str]) -> None:
    """Write `content(inode of the new file)` under `path`, whole or not at all, 0600."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content(os.fstat(file).st_ino).encode())
        os.fsync(file)
    finally:
        os.close(file)
    temporary.rename(path)


def _inode(path: Path) -> int:
    return path.stat().st_ino


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
    except OSError as error:
        raise StorageError(
            _(
                "Cannot write to {folder}: {reason}. Check its permissions and the space left.",
                folder=folder,
                reason=reason_of(error),
            )
        ) from error
