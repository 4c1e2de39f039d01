"""Whose rows are protected by a living process, and what becomes of those of a dead one."""

import stat
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.domain.entry import Mode, Origin, Status
from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.errors import StorageReadOnlyError
from ipcom_chat.ids import EntryId, SessionId
from ipcom_chat.services.sessions import TOUCH_EVERY_MS, SessionService
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions
from tests.support.replica import (
    MACHINE,
    NOW_MS,
    REPLICA,
    SESSION,
    USER,
    StepClock,
    an_entry,
    kill,
    opened,
    process,
    together,
)

ORIGIN = Origin(
    mode=Mode.USER,
    private=True,
    user_id=USER,
    os_user="ana",
    machine_id=MACHINE,
    replica_id=REPLICA,
    session_id=SESSION,
    cwd="/",
)
ENTRY = EntryId("01900000-0000-7000-8000-000000000001")


def _service(database: Database, folder: Path, clock: Clock | None = None) -> SessionService:
    sessions = folder / "state" / "sessions"
    return SessionService(Sessions(database), Entries(database), sessions, clock or SystemClock())


def _locks(folder: Path) -> list[str]:
    return sorted(item.name for item in (folder / "state" / "sessions").iterdir())


def _live(connection: Connection, folder: Path, *, ask: bool) -> None:
    with opened(folder / "replica.db") as database:
        service = _service(database, folder)
        service.open(SESSION, ORIGIN)
        if ask:
            Entries(database).add(an_entry(id=ENTRY), actor="chat")
        connection.send("open")
        if connection.recv() == "close":
            service.close(SESSION)


def _live_asking(connection: Connection, folder: Path) -> None:
    _live(connection, folder, ask=True)


def _live_silent(connection: Connection, folder: Path) -> None:
    _live(connection, folder, ask=False)


def _recover(_index: int, folder: Path) -> list[EntryId]:
    with opened(folder / "replica.db") as database:
        return _service(database, folder).recover(REPLICA)


def test_d117_a_living_process_keeps_its_rows_a_killed_one_does_not(tmp_path: Path) -> None:
    child, connection = process(_live_asking, tmp_path)
    connection.recv()
    with opened(tmp_path / "replica.db") as database:
        entries, service = Entries(database), _service(database, tmp_path)
        assert service.recover(REPLICA) == []
        assert entries.open_sessions(REPLICA) == [SESSION]
        kill(child)
        assert service.recover(REPLICA) == [ENTRY]
        assert service.recover(REPLICA) == []
        stored = entries.get(ENTRY)
        assert stored is not None
        assert (stored.status, stored.error_code) == (Status.ERROR, INTERRUPTED)
        session = Sessions(database).get(SESSION)
        assert session is not None
        assert session.ended_at is not None
        assert _locks(tmp_path) == []


def test_d117_eight_that_recover_at_once_interrupt_once(tmp_path: Path) -> None:
    for repeat in range(5):
        folder = tmp_path / str(repeat)
        child, connection = process(_live_asking, folder)
        connection.recv()
        kill(child)
        # Whoever holds the free lock while looking may make another look away for this once.
        found = together(_recover, 8, folder)
        assert [entry_id for part in found for entry_id in part] == [ENTRY]
        with opened(folder / "replica.db") as database:
            events = Entries(database).events(ENTRY)
            assert [event.to_status for event in events] == [Status.PENDING, Status.ERROR]
        assert _locks(folder) == []


def test_a_dead_session_that_asked_nothing_is_ended_too(tmp_path: Path) -> None:
    child, connection = process(_live_silent, tmp_path)
    connection.recv()
    kill(child)
    assert _locks(tmp_path) == [f"{SESSION}.lock"]
    with opened(tmp_path / "replica.db") as database:
        assert _service(database, tmp_path).recover(REPLICA) == []
        session = Sessions(database).get(SESSION)
        assert session is not None
        assert session.ended_at is not None
    assert _locks(tmp_path) == []


def test_a_closed_session_leaves_no_lock_file(tmp_path: Path) -> None:
    child, connection = process(_live_silent, tmp_path)
    connection.recv()
    assert _locks(tmp_path) == [f"{SESSION}.lock"]
    connection.send("close")
    child.join(30)
    assert child.exitcode == 0
    assert _locks(tmp_path) == []


def test_rows_without_a_session_or_lock_belong_to_nobody(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        lost, unbound = an_entry(), an_entry(session_id=None)
        Entries(database).add_all([lost, unbound], actor="chat")
        service = _service(database, tmp_path)
        assert set(service.recover(REPLICA)) == {lost.id, unbound.id}


def test_a_session_is_recorded_as_it_is(tmp_path: Path) -> None:
    clock = StepClock()
    with opened(tmp_path / "replica.db") as database:
        service, sessions = _service(database, tmp_path, clock), Sessions(database)
        service.open(SESSION, ORIGIN)
        lock = tmp_path / "state" / "sessions" / f"{SESSION}.lock"
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        assert stat.S_IMODE(lock.parent.stat().st_mode) == 0o700
        session = sessions.get(SESSION)
        assert session is not None
        assert (session.mode, session.private, session.user_id) == ("user", True, USER)
        assert (session.started_at, session.last_active_at) == (NOW_MS, NOW_MS)
        clock.ms += TOUCH_EVERY_MS - 1
        service.touch(SESSION)
        assert sessions.get(SESSION) == session
        clock.ms += 1
        service.touch(SESSION)
        touched = sessions.get(SESSION)
        assert touched is not None
        assert touched.last_active_at == NOW_MS + TOUCH_EVERY_MS
        clock.ms += 5
        service.close(SESSION)
        ended = sessions.get(SESSION)
        assert ended is not None
        assert ended.ended_at == clock.ms
        service.close(SESSION)
        assert sessions.get(SESSION) == ended


def test_its_own_rows_are_safe_from_its_own_recovery(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        service = _service(database, tmp_path)
        service.open(SESSION, ORIGIN)
        Entries(database).add(an_entry(), actor="chat")
        assert service.recover(REPLICA) == []
        service.close(SESSION)


def test_two_sessions_do_not_meet(tmp_path: Path) -> None:
    other = SessionId("00000000-0000-7000-8000-00000000000f")
    child, connection = process(_live_asking, tmp_path)
    connection.recv()
    with opened(tmp_path / "replica.db") as database:
        service = _service(database, tmp_path)
        service.open(other, ORIGIN)
        mine = an_entry(session_id=other)
        Entries(database).add(mine, actor="chat")
        kill(child)
        assert service.recover(REPLICA) == [ENTRY]
        stored = Entries(database).get(mine.id)
        assert stored is not None
        assert stored.status is Status.PENDING
        service.close(other)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file is in the way")
    with opened(tmp_path / "replica.db") as database:
        with pytest.raises(StorageReadOnlyError, match=r"Cannot write to .*IPCOM_CHAT_DATA_DIR"):
            _service(database, tmp_path).open(SESSION, ORIGIN)
        assert Sessions(database).get(SESSION) is None


@pytest.mark.parametrize("kind", ["folder", "loop"])
def test_a_lock_that_cannot_be_looked_at_stops_nobody(tmp_path: Path, kind: str) -> None:
    with opened(tmp_path / "replica.db") as database:
        service = _service(database, tmp_path)
        service.open(SESSION, ORIGIN)
        lock = tmp_path / "state" / "sessions" / "strange.lock"
        lock.mkdir() if kind == "folder" else lock.symlink_to(lock)
        assert service.recover(REPLICA) == []
        (tmp_path / "state" / "sessions" / f"{SESSION}.lock").unlink()
        (tmp_path / "state" / "sessions" / f"{SESSION}.lock").mkdir()
        service.close(SESSION)
