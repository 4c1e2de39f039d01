"""Which machine and which replica this is."""

import hashlib
import json
import os
import re
import shutil
import socket
import stat
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ipcom_chat import host
from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import SettingsError, StorageError
from ipcom_chat.ids import MachineId
from tests.support.replica import NOBODY, StepClock, process, together

SYSTEM_ID = "0123456789abcdef0123456789abcdef"
MACHINE = MachineId("a" * 64)


def _machine_id(tmp_path: Path, *texts: str | None, given: str | None = None) -> str:
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"machine-id-{number}")
        if text is not None:
            files[-1].write_text(text)
    return host.machine_id(given, tmp_path / "state", SystemClock(), tuple(files))


@pytest.mark.parametrize("text", [SYSTEM_ID + "\n", f"  {SYSTEM_ID}  \n", SYSTEM_ID.upper()])
def test_d21_d23_the_file_is_trimmed_and_checked(tmp_path: Path, text: str) -> None:
    assert _machine_id(tmp_path, text) == _machine_id(tmp_path, SYSTEM_ID)
    assert not (tmp_path / "state").exists()


def test_d24_the_id_follows_from_the_machine_id_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _machine_id(tmp_path, SYSTEM_ID)
    monkeypatch.setattr(host, "host_facts", lambda: pytest.fail("no fact may count"))
    monkeypatch.setenv("HOSTNAME", "another")
    monkeypatch.setenv("HOME", "/another")
    assert _machine_id(tmp_path, SYSTEM_ID) == before
    assert _machine_id(tmp_path, SYSTEM_ID[::-1]) != before
    assert re.fullmatch("[0-9a-f]{64}", before)


def test_the_id_does_not_reveal_the_machine_id(tmp_path: Path) -> None:
    made = _machine_id(tmp_path, SYSTEM_ID)
    plain = [SYSTEM_ID.encode(), bytes.fromhex(SYSTEM_ID), f"{SYSTEM_ID}\n".encode()]
    assert SYSTEM_ID not in made
    assert all(hashlib.sha256(text).hexdigest() != made for text in plain)


@pytest.mark.parametrize(
    "text", ["", "\n", "uninitialized\n", "0" * 32, "g" * 32, SYSTEM_ID[:31], SYSTEM_ID + "0", None]
)
def test_d22_without_a_good_file_a_random_id_is_kept(tmp_path: Path, text: str | None) -> None:
    made = _machine_id(tmp_path, text)
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert _machine_id(tmp_path, text) == made
    other = tmp_path / "other"
    other.mkdir()
    assert _machine_id(other, text) != made


def test_where_the_id_comes_from_is_said(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(SYSTEM_ID)
    bad.write_text("uninitialized\n")
    state = tmp_path / "state"
    assert host.machine_id_source("lab", state, (good,)) == "IPCOM_CHAT_MACHINE_ID"
    assert host.machine_id_source(None, state, (bad, good)) == str(good)
    host.machine_id(None, state, SystemClock(), (bad,))
    assert Path(host.machine_id_source(None, state, (bad,))).is_file()


def test_the_second_file_counts_where_the_first_is_no_good(tmp_path: Path) -> None:
    expected = _machine_id(tmp_path, SYSTEM_ID)
    assert _machine_id(tmp_path, "uninitialized\n", SYSTEM_ID) == expected
    assert _machine_id(tmp_path, None, SYSTEM_ID) == expected


def test_a_broken_random_id_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "state" / "machine-id"
    kept.parent.mkdir()
    kept.write_text("half an i")
    made = _machine_id(tmp_path, None)
    assert kept.read_text() == made


def test_d26_the_random_id_is_for_the_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        _machine_id(tmp_path, None)
        host.replica_id(tmp_path / "data", MACHINE, SystemClock())
    finally:
        os.umask(old)
    for path in (tmp_path / "state" / "machine-id", tmp_path / "data" / "replica.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_leftover_of_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    leftover = tmp_path / f".replica.json.{os.getpid()}"
    leftover.write_text("{")
    made = host.replica_id(tmp_path, MACHINE, SystemClock())
    assert host.replica_id(tmp_path, MACHINE, SystemClock()) == made
    assert not leftover.exists()


@pytest.mark.parametrize("given", ["lab-1", "A.b_c-9", "x" * 64])
def test_the_settings_may_give_the_id(tmp_path: Path, given: str) -> None:
    assert _machine_id(tmp_path, SYSTEM_ID, given=given) == given


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "-x", "a/b", "a\n", "a\x1b[m"])
def test_d21_a_given_id_is_checked(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match="IPCOM_CHAT_MACHINE_ID has 1 to 64 letters"):
        _machine_id(tmp_path, SYSTEM_ID, given=given)


def _both_ids(_index: int, folder: Path) -> tuple[str, str]:
    clock = SystemClock()
    machine = host.machine_id(None, folder / "state", clock, ())
    return machine, host.replica_id(folder / "data", machine, clock)


def test_d26_16_first_starts_agree_on_one_machine_and_one_replica(tmp_path: Path) -> None:
    for repeat in range(5):
        folder = tmp_path / str(repeat)
        assert len(set(together(_both_ids, 16, folder))) == 1


def test_d25_a_copied_folder_is_a_new_replica(tmp_path: Path) -> None:
    clock = SystemClock()
    made = host.replica_id(tmp_path / "data", MACHINE, clock)
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    copied = host.replica_id(tmp_path / "copy", MACHINE, clock)
    assert copied != made
    assert host.replica_id(tmp_path / "copy", MACHINE, clock) == copied
    assert host.replica_id(tmp_path / "data", MACHINE, clock) == made


def test_a_renamed_folder_stays_the_same_replica(tmp_path: Path) -> None:
    made = host.replica_id(tmp_path / "data", MACHINE, SystemClock())
    (tmp_path / "data").rename(tmp_path / "moved")
    assert host.replica_id(tmp_path / "moved", MACHINE, SystemClock()) == made


def test_d25_a_folder_on_another_machine_is_a_new_replica(tmp_path: Path) -> None:
    made = host.replica_id(tmp_path, MACHINE, SystemClock())
    assert host.replica_id(tmp_path, MachineId("b" * 64), SystemClock()) != made


@pytest.mark.parametrize("text", ["", "{", "[]", '{"replica_id": 5}', "\xff"])
def test_a_broken_replica_file_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "replica.json").write_text(text, encoding="latin-1")
    made = host.replica_id(tmp_path, MACHINE, StepClock())
    assert json.loads((tmp_path / "replica.json").read_text())["replica_id"] == made
    assert re.fullmatch("[0-9a-f]{32}", made)


def _ids_as_nobody(connection: Connection, folder: Path) -> None:
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    for work in (
        lambda: host.machine_id(None, folder, SystemClock(), ()),
        lambda: host.replica_id(folder / "deep", MACHINE, SystemClock()),
    ):
        try:
            work()
        except StorageError as error:
            connection.send(str(error))


def test_d20_a_folder_that_cannot_be_written_is_said() -> None:
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o555)
        child, connection = process(_ids_as_nobody, Path(name))
        for _call in range(2):
            assert connection.poll(30)
            assert re.match(rf"Cannot write to {name}.*: Permission denied", connection.recv())
        child.join(30)
        Path(name).chmod(0o700)


def test_the_id_of_the_earlier_program_is_kept_as_an_alias(tmp_path: Path) -> None:
    assert host.old_machine_ids(tmp_path) == ()
    file = tmp_path / ".mcp-terminal" / "machine-id"
    file.parent.mkdir()
    file.write_text("f" * 64 + "\n")
    assert host.old_machine_ids(tmp_path) == ("f" * 64,)
    file.write_text("not an id")
    assert host.old_machine_ids(tmp_path) == ()


def test_the_os_user_is_the_one_who_runs_this(monkeypatch: pytest.MonkeyPatch) -> None:
    name = host.os_user()
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert host.os_user() == name
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert host.os_user() == "4000000000"


def test_facts_about_this_machine_are_read() -> None:
    facts = host.host_facts()
    assert facts.hostname == os.uname().nodename
    assert facts.os_info["kernel"] == os.uname().release
    assert facts.os_info["name"]
    assert facts.mac_address is None or re.fullmatch(
        "([0-9a-f]{2}:)*[0-9a-f]{2}", facts.mac_address
    )
    assert facts.ip_address is None or facts.ip_address.count(".") == 3


def test_a_machine_without_network_or_os_release_is_described(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "_read", lambda _path: "")
    monkeypatch.setattr(socket.socket, "connect", _unreachable)
    facts = host.host_facts()
    assert (facts.ip_address, facts.mac_address) == (None, None)
    assert facts.os_info["name"] == os.uname().sysname


def _unreachable(_self: socket.socket, _address: object) -> None:
    raise OSError(101, "Network is unreachable")
