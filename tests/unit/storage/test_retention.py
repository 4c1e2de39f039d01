"""What is old goes, for everybody or out of one replica, and nothing else."""

from pathlib import Path

from ipcom_chat.domain.entry import Mode, Status
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.retention import BATCH, Retention
from tests.support.replica import MACHINE, NOW_MS, USER, an_entry, opened, parts

DAY_MS = 86_400_000
AGE_MS = 30 * DAY_MS
BEFORE_MS = NOW_MS - AGE_MS


def test_entries_of_an_age_and_mode_become_tombstones_of_the_instant_they_were_due(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.db"
    with opened(path) as database:
        old = [
            an_entry(
                status=Status.COMPLETED, command=f"jabuticaba {n}", created_at=BEFORE_MS - 1 - n
            )
            for n in range(BATCH + 5)
        ]
        kept = [
            an_entry(status=Status.COMPLETED, created_at=BEFORE_MS),
            an_entry(status=Status.COMPLETED, created_at=1, mode=Mode.MACHINE),
            an_entry(status=Status.COMPLETED, created_at=1, mode=Mode.USER, user_id=USER),
        ]
        Entries(database).add_all([*old, *kept], actor="test")
        retention = Retention(database)
        modes = ("global", "hybrid")
        assert retention.due(BEFORE_MS, modes) == len(old)
        assert retention.purge(BEFORE_MS, AGE_MS, modes) == len(old)
        assert retention.purge(BEFORE_MS, AGE_MS, modes) == retention.due(BEFORE_MS, modes) == 0
        rows = {row[0]: row[1] for row in database.rows("SELECT id, deleted_at FROM entries")}
        assert [rows[entry.id] for entry in old] == [entry.created_at + AGE_MS for entry in old]
        assert [rows[entry.id] for entry in kept] == [None] * 3
        assert database.number("SELECT min(local_seq > acked_seq) FROM entries") == 1
    assert not any(b"jabuticaba" in part for part in parts(path).values())


def test_only_what_the_primary_has_is_dropped(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        entries = [an_entry(status=Status.COMPLETED, created_at=n + 1) for n in range(1203)]
        waiting = an_entry(status=Status.COMPLETED, created_at=1)
        private = an_entry(status=Status.COMPLETED, created_at=1, private=True)
        Entries(database).add_all([*entries, waiting, private], actor="test")
        with database.write() as transaction:
            transaction.execute(
                "UPDATE entries SET acked_seq = local_seq, rev = seq WHERE id <> ?", (waiting.id,)
            )
        retention = Retention(database)
        assert retention.evictable(NOW_MS, MACHINE) == 1203
        assert retention.evict(NOW_MS, MACHINE, at_ms=NOW_MS) == 1203
        left = {row[0] for row in database.rows("SELECT id FROM entries")}
    assert left == {waiting.id, private.id}


def test_a_sound_file_has_no_problems(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        assert Retention(database).problems() == []
        database.connection.execute("PRAGMA ignore_check_constraints = ON")
        Entries(database).add(an_entry(), actor="test")
        database.connection.execute("UPDATE entries SET truncated = 7")
        database.connection.execute("PRAGMA ignore_check_constraints = OFF")
        assert len(Retention(database).problems()) == 1
