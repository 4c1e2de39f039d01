"""Counts derived from the entries equal what a look at the entries gives, whatever happened."""

import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipcom_chat.clock import HOUR_MS
from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.ids import EntryId, MachineId, UserId
from ipcom_chat.storage import usage_counting as counting_module
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.erasures import Erasures
from ipcom_chat.storage.sync_state import SyncState
from ipcom_chat.storage.usage import Span, Usage
from ipcom_chat.storage.usage_counting import BATCH, LITTLE, UsageCounting
from tests.support.replica import (
    GLOBAL,
    MACHINE,
    NOW_MS,
    REPLICA,
    USER,
    an_entry,
    die_at,
    done,
    exit_code,
    opened,
    together,
)

EVERYTHING = Span(
    scope=Scope(mode=None, machine_id=MACHINE), since_ms=0, until_ms=NOW_MS + 100 * HOUR_MS
)
_HOURS = """
SELECT hour, mode, private, kind, status, sum(n), sum(ok), sum(time_ms) FROM usage_hours
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
_TRUE_HOURS = """
SELECT created_at / 3600000, mode, private, kind, status, count(*),
  coalesce(sum(kind = 'command' AND error_code = '0'), 0),
  coalesce(sum(iif(kind = 'question' AND status = 'completed', execution_time_ms, 0)), 0)
FROM entries WHERE completed_at IS NOT NULL AND deleted_at IS NULL
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
_DAYS = """
SELECT day, user_id, os_user, machine_id, mode, private, kind, status, n, ok, tokens, cost_microusd
FROM usage_days JOIN usage_who USING (who) ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_TRUE_DAYS = """
SELECT created_at / 86400000, coalesce(user_id, ''), os_user, machine_id, mode, private, kind,
  status, count(*), coalesce(sum(kind = 'command' AND error_code = '0'), 0),
  coalesce(sum(tokens_used), 0), coalesce(sum(cost_microusd), 0)
FROM entries WHERE completed_at IS NOT NULL AND deleted_at IS NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_TOTALS = "SELECT * FROM usage_totals WHERE n OR ok OR time_ms ORDER BY 1, 2, 3, 4, 5"
_SUMMED_HOURS = """
SELECT mode, private, kind, status, upto_ms, sum(n), sum(ok), sum(time_ms) FROM usage_hours
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
_WHO_TOTALS = "SELECT * FROM usage_who_totals WHERE n OR tokens ORDER BY 1, 2, 3, 4, 5"
_SUMMED_DAYS = """
SELECT who, mode, private, kind, status, sum(n), sum(tokens) FROM usage_days
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""

entries = st.builds(
    lambda hour, user, machine, mode, kind, status, tokens, time_ms: an_entry(
        created_at=NOW_MS + hour * HOUR_MS, user_id=user, machine_id=MachineId(machine * 64),
        mode=Mode.GLOBAL if mode is Mode.USER and not user else mode, kind=kind, status=status,
        tokens_used=tokens, cost_microusd=tokens, execution_time_ms=time_ms,
        error_code="0" if kind is Kind.COMMAND else None,
    ),
    st.integers(0, 30), st.sampled_from((None, USER)), st.sampled_from("ab"),
    st.sampled_from(Mode), st.sampled_from(Kind), st.sampled_from(Status),
    st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**7),
)  # fmt: skip
steps = st.lists(
    st.tuples(st.sampled_from(("add", "end", "delete", "evict", "count")), entries, st.randoms()),
    max_size=12,
)


def is_exact(database: Database) -> bool:
    pairs = (
        (_HOURS, _TRUE_HOURS), (_DAYS, _TRUE_DAYS),
        (_TOTALS, _SUMMED_HOURS), (_WHO_TOTALS, _SUMMED_DAYS),
    )  # fmt: skip
    return all(list(database.rows(a)) == list(database.rows(b)) for a, b in pairs)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_counts_equal_the_entries(tmp_path_factory: Any, acts: list[Any]) -> None:
    path = tmp_path_factory.mktemp("usage") / "history.db"
    with opened(path) as database:
        known: list[Entry] = []
        for act, entry, random in acts:
            _do(database, act, entry, known, random)
        assert Usage(database).catch_up()
        assert is_exact(database)


def _do(database: Database, act: str, entry: Entry, known: list[Entry], random: Any) -> None:
    if act == "add" or not known:
        Entries(database).add(entry, actor="test")
        known.append(entry)
    elif act == "end":
        one = random.choice(known)
        Entries(database).advance(
            one.id, done(), replica_id=REPLICA, at_ms=one.created_at, actor="test"
        )
    elif act == "delete":
        Erasures(database).delete([random.choice(known)], at_ms=NOW_MS + 99 * HOUR_MS)
    elif act == "evict":
        with database.write() as transaction:
            transaction.execute("UPDATE entries SET acked_seq = local_seq, rev = 1")
        before = random.choice(known).created_at + 1
        SyncState(database).evict(before_ms=before, replica_id=REPLICA, at_ms=NOW_MS)
    else:
        Usage(database).catch_up()


def _save_and_count(index: int, path: Path) -> None:
    with opened(path) as database:
        for number in range(20):
            Entries(database).add(
                an_entry(
                    id=EntryId(f"00000000-0000-7000-8{index:03x}-{number:012x}"),
                    status=Status.COMPLETED, created_at=NOW_MS + number * HOUR_MS,
                    os_user=f"user-{index}",
                ),
                actor="test",
            )  # fmt: skip
            Usage(database).catch_up()


def test_sixteen_processes_save_and_count_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with opened(path):
        pass
    together(_save_and_count, 16, path)
    with opened(path) as database:
        assert Usage(database).catch_up()
        assert is_exact(database)
        assert sum(each.questions for each in Usage(database).people(EVERYTHING, limit=99)) == 320


def test_a_count_that_another_process_overtook_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it stores before the first part of a day, or between two."""
    monkeypatch.setattr(counting_module, "PART", 2)
    store = UsageCounting._store
    parts, others = 0, [3, 1]

    def overtaken(counting: UsageCounting, turn: int, part: Any) -> bool:
        nonlocal parts
        parts += 1
        if others[-1:] != [parts]:
            return store(counting, turn, part)
        others.pop()
        with opened(tmp_path / "history.db") as other:
            Entries(other).add(an_entry(status=Status.COMPLETED), actor="test")
            assert Usage(other).catch_up()
            assert is_exact(other)
        assert store(counting, turn, part) is False
        return False

    with opened(tmp_path / "history.db") as database:
        for machine in "abcdef":
            entry = an_entry(status=Status.COMPLETED, machine_id=MachineId(machine * 64))
            Entries(database).add(entry, actor="test")
        with monkeypatch.context() as patched:
            patched.setattr(UsageCounting, "_store", overtaken)
            assert Usage(database).catch_up()
        assert others == []
        assert Usage(database).catch_up()
        assert is_exact(database)


def test_many_changes_are_counted_in_batches_that_a_time_limit_ends(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        Entries(database).add_all(
            [an_entry(status=Status.COMPLETED) for _ in range(BATCH + 10)], actor="test"
        )
        usage = Usage(database)
        assert usage.catch_up(limit_s=0) is False
        assert database.number("SELECT seen_seq FROM usage_state") == 0
        assert usage.catch_up(limit_s=-1.0) is False
        assert database.number("SELECT seen_seq FROM usage_state") == BATCH
        assert usage.catch_up()
        assert is_exact(database)


def test_what_takes_a_moment_is_counted_by_who_has_no_time(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        Entries(database).add_all(
            [an_entry(status=Status.COMPLETED) for _ in range(LITTLE)], actor="test"
        )
        assert Usage(database).catch_up(limit_s=0)
        assert is_exact(database)


def test_scopes_show_what_they_show_elsewhere(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        stored = Entries(database)
        stored.add_all(
            [
                an_entry(status=Status.COMPLETED, mode=mode, user_id=user, private=private)
                for mode in Mode
                for user in (USER, UserId("00000000-0000-5000-8000-00000000000c"))
                for private in (False, True)
            ],
            actor="test",
        )
        usage = Usage(database)
        usage.catch_up()
        for mode in (None, *Mode):
            for with_private in (True, False):
                scope = Scope(
                    mode=mode, machine_id=MACHINE, user_id=USER, with_private=with_private
                )
                span = Span(scope=scope, since_ms=0, until_ms=NOW_MS + 1)
                shown = len(list(stored.newest(scope, EntryFilter(), limit=None, preview=True)))
                assert sum(each.requests for each in usage.periods(span, hours=1)) == shown


def test_what_is_read_of_the_counts(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        Entries(database).add_all(
            [
                an_entry(status=Status.COMPLETED, execution_time_ms=150, tokens_used=7),
                an_entry(status=Status.ERROR, execution_time_ms=9),
                an_entry(status=Status.CANCELLED, created_at=NOW_MS + HOUR_MS),
                an_entry(status=Status.COMPLETED, kind=Kind.COMMAND, error_code="0"),
                an_entry(status=Status.COMPLETED, kind=Kind.COMMAND, error_code="1"),
            ],
            actor="test",
        )
        usage = Usage(database)
        usage.catch_up()
        span = Span(scope=GLOBAL, since_ms=NOW_MS, until_ms=NOW_MS + 2 * HOUR_MS)
        first, second = usage.periods(span, hours=1)
        assert (first.completed, first.errors, first.commands, first.commands_ok) == (1, 1, 2, 1)
        assert first.cancellation_rate == 0.0
        assert second.cancellation_rate == 1.0
        assert second.start_ms - first.start_ms == HOUR_MS
        assert usage.paces(span) == ({200: 1}, 150)
        (person,) = usage.people(span, limit=5)
        assert (person.account, person.questions, person.commands, person.tokens) == (
            "ana",
            3,
            2,
            7,
        )
        assert usage.all_active(span) == (1, 1)
        assert usage.of_machine(MACHINE, span) == 5
        (spent,) = usage.spending(span, limit=9)
        assert spent.tokens == 7
        (active,) = usage.active(span)
        assert (active.users, active.machines, active.tokens) == (1, 1, 7)


def test_changes_that_lie_in_very_many_hours_are_counted_day_by_day(tmp_path: Path) -> None:
    """Such as an import: each day is counted once, however they are spread over the changes."""
    with opened(tmp_path / "history.db") as database:
        hours = [number * 7 % 900 for number in range(900)] * 2
        Entries(database).add_all(
            [an_entry(status=Status.COMPLETED, created_at=NOW_MS + hour * HOUR_MS)
             for hour in hours], actor="test",
        )  # fmt: skip
        usage = Usage(database)
        looks = 1
        while not usage.catch_up(limit_s=-1.0):
            looks += 1
        days = 900 // 24 + 2
        assert 3 < looks <= days + 1, "each look goes on where the last one ended"
        assert is_exact(database)


def _count_and_die(_connection: Connection, path: Path, step: int) -> None:
    counting_module.PART = 2  # type: ignore[misc]
    die_at(step, lambda sql: "usage_" in sql or sql in {"BEGIN IMMEDIATE", "COMMIT"}, frozenset())
    with opened(path) as database:
        Usage(database).catch_up()


def test_a_process_that_dies_at_any_step_leaves_what_the_next_one_completes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.db"
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 8
        with opened(path) as database:
            Entries(database).add_all(
                [an_entry(status=Status.COMPLETED, machine_id=MachineId(machine * 64),
                          created_at=NOW_MS + step * 9 * HOUR_MS)
                 for machine in "abcd"], actor="test",
            )  # fmt: skip
        code = exit_code(_count_and_die, path, step)
        with opened(path) as database:
            assert Usage(database).catch_up()
            assert is_exact(database), step
    assert code == 0
    assert step > 12
