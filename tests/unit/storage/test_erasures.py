"""Texts that are taken out: of the rows, of the bytes of the file and of its WAL, of every push."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ipcom_chat.domain.entry import RULES_VERSION, Entry, Kind, Mode, Outcome, Scope, Status
from ipcom_chat.domain.merge import BY_HAND
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.erasures import Erasures
from ipcom_chat.storage.sync_rows import SyncRows, Waiting
from tests.support.replica import (
    GLOBAL,
    MACHINE,
    NOW_MS,
    REPLICA,
    SESSION,
    an_entry,
    body_hash,
    done,
    opened,
    parts,
    stored,
)

SECRET = "Jabuticaba#77"
ANY = EntryFilter()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replica.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with opened(path) as opened_database:
        yield opened_database


def _add(database: Database, **changes: Any) -> Entry:
    entry = an_entry(**{"status": Status.COMPLETED, "response": "an answer"} | changes)
    assert Entries(database).add(entry, actor="test")
    return stored(Entries(database), entry.id)


def _is_on_disk(path: Path, text: str) -> bool:
    return any(text.encode() in part for part in parts(path).values())


def _is_pending(database: Database) -> bool:
    return database.is_erasure_pending


def _waiting(database: Database) -> list[Waiting]:
    return SyncRows(database).waiting(
        limit=100,
        max_bytes=1_000_000,
        open_before_ms=NOW_MS,
        now_ms=NOW_MS,
        filled=True,
        reset_seq=0,
    )


def _age(database: Database, entry: Entry, **texts: object) -> Entry:
    """Make an entry one that no rule has seen, as an older version would have stored it."""
    with database.write() as transaction:
        for name, text in texts.items():
            transaction.execute(
                f"UPDATE entries SET {name} = ?, redaction_{name} = 0 WHERE id = ?",
                (text, entry.id),
            )
    return stored(Entries(database), entry.id)


# ---- before disk


def test_no_secret_reaches_the_disk(database: Database, path: Path) -> None:
    entry = _add(
        database,
        command=f"mysql -u root -p{SECRET}",
        response=f"password={SECRET}",
        context={"said": [f"senha: {SECRET}"]},
        tags=("disk", f"token={SECRET}"),
    )
    assert entry.command == "mysql -u root -p[REDACTED:password]"
    assert entry.response == "password=[REDACTED:password]"
    assert entry.context == {"said": ["senha: [REDACTED:password]"]}
    assert entry.tags == ("disk", "token=[REDACTED:token]")
    assert (entry.redaction_command, entry.redaction_response) == (RULES_VERSION, RULES_VERSION)
    assert entry.content_hash == body_hash(entry)
    assert not _is_on_disk(path, SECRET)


def test_an_answer_is_redacted_whole_when_it_is_stored(database: Database, path: Path) -> None:
    entries = Entries(database)
    entry = _add(database, status=Status.PROCESSING, response=None)
    entries.advance(
        entry.id, done(f"password: {SECRET}"), replica_id=REPLICA, at_ms=NOW_MS, actor="t"
    )
    found = stored(entries, entry.id)
    assert found.response == "password: [REDACTED:password]"
    assert found.redaction_response == RULES_VERSION
    assert found.content_hash == body_hash(found)
    assert not _is_on_disk(path, SECRET)


def test_what_was_answered_until_a_cancel_is_redacted(database: Database, path: Path) -> None:
    entries = Entries(database)
    entry = an_entry(command=f"--password={SECRET}")
    partial = Outcome(status=Status.CANCELLED, response=f"the password is {SECRET}")
    entries.cancel(entry, partial, at_ms=NOW_MS, actor="user")
    assert stored(entries, entry.id).response == "the password is [REDACTED:password]"
    assert not _is_on_disk(path, SECRET)


def test_a_higher_level_is_left_as_it_is(database: Database) -> None:
    entry = _add(database, response=None, redaction_response=BY_HAND, redaction_command=99)
    assert (entry.redaction_command, entry.redaction_response) == (99, BY_HAND)


# ---- before push


def test_what_no_rule_has_seen_is_redacted_before_it_is_pushed(database: Database) -> None:
    entry = _age(
        database, _add(database), command=f"senha: {SECRET}", response=f"PASSWORD={SECRET}"
    )
    rows = "".join(each.row for each in _waiting(database) if each.kind == "entry")
    assert SECRET not in rows
    found = stored(Entries(database), entry.id)
    assert found.response == "PASSWORD=[REDACTED:password]"
    assert (found.content_hash, found.version) == (entry.content_hash, entry.version)


def test_a_push_of_what_the_rules_have_seen_writes_nothing(database: Database) -> None:
    _add(database)
    before = database.number("SELECT n FROM counters WHERE name = 'local_seq'")
    assert len(_waiting(database)) == 1
    assert database.number("SELECT n FROM counters WHERE name = 'local_seq'") == before


def test_a_private_row_is_neither_pushed_nor_changed(database: Database) -> None:
    entry = _age(database, _add(database, private=True), command=f"senha: {SECRET}")
    assert _waiting(database) == []
    assert stored(Entries(database), entry.id).command == entry.command


# ---- tombstones


def test_a_tombstone_keeps_the_body_but_no_text(database: Database) -> None:
    entry = _add(database, tags=("a",), context={"a": 1}, cwd="/tmp", redaction_command=7)
    assert Erasures(database).delete([entry], at_ms=NOW_MS + 5) == 1
    assert Entries(database).get(entry.id) is None
    row = database.row(
        "SELECT command, response, tags, context, cwd, deleted_at, redaction_command, version, "
        "content_hash, local_seq > acked_seq FROM entries WHERE id = ?", (entry.id,)
    )  # fmt: skip
    assert row == (
        "", None, "[]", "{}", None, NOW_MS + 5, 7, entry.version, entry.content_hash, 1
    )  # fmt: skip


def test_a_tombstone_is_set_once_and_never_before_its_entry(database: Database) -> None:
    entry = _add(database)
    erasures = Erasures(database)
    assert erasures.delete([entry], at_ms=1) == 1
    assert erasures.delete([entry], at_ms=NOW_MS) == 0
    assert database.number("SELECT deleted_at FROM entries") == entry.created_at


def test_an_answer_that_comes_after_its_tombstone_changes_nothing(database: Database) -> None:
    entry = _add(database, status=Status.PROCESSING, response=None)
    Erasures(database).delete([entry], at_ms=NOW_MS)
    entries = Entries(database)
    assert not entries.advance(entry.id, done(), replica_id=REPLICA, at_ms=NOW_MS, actor="t")
    assert entries.open_sessions(REPLICA) == []


def test_the_title_of_a_deleted_question_s_session_goes(database: Database) -> None:
    with database.write() as transaction:
        transaction.execute(
            "INSERT INTO sessions (id, title, mode, private, os_user, machine_id, replica_id, "
            "started_at, last_active_at, updated_at, local_seq, acked_seq) "
            "VALUES (?, 'why is it full?', 'global', 0, 'ana', ?, ?, 1, 1, 1, 1, 1)",
            (SESSION, MACHINE, REPLICA),
        )
    Erasures(database).delete([_add(database)], at_ms=NOW_MS)
    assert database.row("SELECT title, local_seq > acked_seq FROM sessions") == (None, 1)


def test_selection_ignores_case_and_accents_and_brings_commands_along(database: Database) -> None:
    question = _add(database, command="Por que a Ação falhou?")
    command = _add(database, kind=Kind.COMMAND, parent_id=question.id, command="ls")
    _add(database, command="another")
    erasures = Erasures(database)
    found = list(erasures.select(GLOBAL, ANY, "acao"))
    assert [each.id for each in found] == [question.id]
    assert [each.id for each in erasures.with_commands(found)] == [question.id, command.id]


# ---- by hand, and by newer rules


def test_by_hand_a_text_is_blank_whatever_comes_later(database: Database) -> None:
    entries = Entries(database)
    entry = _add(database, status=Status.PROCESSING, response=None)
    assert Erasures(database).blank([entry], ["response"]) == 1
    entries.advance(entry.id, done("late"), replica_id=REPLICA, at_ms=NOW_MS, actor="t")
    found = stored(entries, entry.id)
    assert (found.response, found.redaction_response) == (None, BY_HAND)
    assert found.command == entry.command


def test_a_scan_finds_what_newer_rules_mask_and_changes_nothing(database: Database) -> None:
    _add(database)
    old = _age(database, _add(database), command=f"senha: {SECRET}")
    (change,) = Erasures(database).below()
    assert (change.before.id, change.after.command) == (old.id, "senha: [REDACTED:password]")
    assert stored(Entries(database), old.id).command == old.command


def test_a_change_of_what_has_changed_meanwhile_is_left_out(database: Database) -> None:
    old = _age(database, _add(database), command=f"senha: {SECRET}")
    erasures = Erasures(database)
    changes = list(erasures.below())
    erasures.blank([old], ["command"])
    assert erasures.apply(changes) == 0
    assert stored(Entries(database), old.id).redaction_command == BY_HAND


# ---- the bytes


def test_what_is_taken_out_is_in_no_byte_of_file_and_wal(path: Path) -> None:
    random = Random(1)
    with opened(path) as database:
        entries = [
            an_entry(
                status=Status.COMPLETED,
                command=f"QMARK{number:05} is",
                response=f"RMARK{number:05} " + "x" * random.choice([10, 300, 3000, 9000]),
            )
            for number in range(400)
        ]
        Entries(database).add_all(entries, actor="test")
        kept = [stored(Entries(database), entry.id) for entry in entries]
        gone = random.sample(kept, 200)
        erasures = Erasures(database)
        erasures.delete(gone[:120], at_ms=NOW_MS)
        erasures.blank(gone[120:], ["command", "response"])
        assert erasures.erase(1.0)
        assert not database.is_erasure_pending
        # Before anything is closed: another terminal may keep the file open for weeks.
        raw = b"".join(parts(path).values())
        assert [entry.command for entry in gone if entry.command[:10].encode() in raw] == []
        assert [1 for entry in gone if (entry.response or "")[:10].encode() in raw] == []
        assert kept[-1] in gone or kept[-1].command.encode() in raw


def test_while_somebody_reads_the_old_text_erasing_is_pending(path: Path) -> None:
    with opened(path) as database, opened(path) as other:
        entry = _add(database, command=f"remember {SECRET}", redaction_command=99)
        reading = other.rows("SELECT id FROM entries")
        next(reading)
        erasures = Erasures(database)
        erasures.delete([entry], at_ms=NOW_MS)
        assert not erasures.erase(0.01)
        assert _is_pending(database)
        assert _is_on_disk(path, SECRET)
        reading.close()  # type: ignore[attr-defined]
        assert erasures.erase(1.0)
        assert not _is_pending(other)
        assert not _is_on_disk(path, SECRET)


def test_a_process_that_opens_the_file_later_finishes_what_was_pending(path: Path) -> None:
    with opened(path) as database, opened(path) as other:
        entry = _add(database, command=f"remember {SECRET}", redaction_command=99)
        reading = other.rows("SELECT id FROM entries")
        next(reading)
        Erasures(database).delete([entry], at_ms=NOW_MS)
        assert _is_pending(database)
        reading.close()  # type: ignore[attr-defined]
        with opened(path):
            assert not _is_pending(database)
        assert not _is_on_disk(path, SECRET)


def test_a_scope_without_a_mode_selects_everything(database: Database) -> None:
    entry = _add(database, mode=Mode.MACHINE)
    everything = Scope(mode=None, machine_id=MACHINE)
    assert [each.id for each in Erasures(database).select(everything, ANY, None)] == [entry.id]
