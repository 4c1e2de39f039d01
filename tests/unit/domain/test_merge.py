"""The rule of the merge by its examples, each register by itself.

`tests/property/test_merge.py` holds it against its laws and against the primary's SQL.
"""

from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.domain.merge import (
    BY_HAND,
    EntryRow,
    MachineRow,
    SessionRow,
    UserRow,
    VoteRow,
    cleared,
    loses_text,
    merge_entries,
    merge_small,
)
from tests.support.replica import NOW_MS
from tests.support.versions import IDS, an_entry_row, changed

ASKED = an_entry_row(status="pending", completed_at=None, response=None)
ANSWERED = an_entry_row()
PRESUMED = changed(ASKED, status="error", error_code=INTERRUPTED, completed_at=NOW_MS)


def _both(one: EntryRow, other: EntryRow) -> EntryRow:
    """Return what two versions become, whichever comes first."""
    merged = merge_entries(one, other)
    assert merge_entries(other, one) == merged
    return merged


def test_the_level_of_a_redaction_by_hand_is_fixed() -> None:
    # Rows that other versions of the program wrote hold it.
    assert BY_HAND == 1_073_741_824


@pytest.mark.parametrize(
    ("after", "is_lost"),
    [
        ({}, False),
        ({"command": "[redacted]"}, True),
        ({"response": None}, True),
        ({"response": "[redacted]"}, True),
        ({"tags": '["other"]', "version": 9}, False),
    ],
)
def test_what_a_merge_takes_out_of_an_entry_is_told(after: dict[str, Any], is_lost: bool) -> None:
    assert loses_text(ANSWERED, changed(ANSWERED, **after)) is is_lost


def test_an_answer_that_comes_takes_nothing_out() -> None:
    assert not loses_text(ASKED, ANSWERED)


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_presumed_end_beats_an_open_state(status: str) -> None:
    # As it is read from a row: the same text, another object.
    read = msgspec.json.decode(msgspec.json.encode(PRESUMED), type=EntryRow)
    assert _both(changed(ANSWERED, version=1), changed(read, version=9)) == ANSWERED
    running = changed(ASKED, status=status, version=9, error_code=None)
    assert _both(running, PRESUMED) == PRESUMED


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("completed", None),
        ("cancelled", INTERRUPTED),
        ("completed", INTERRUPTED),
        ("error", "assistant"),
        ("error", "timeout"),
        ("error", None),
    ],
)
def test_a_real_end_beats_a_presumed_one(status: str, code: str | None) -> None:
    ended = changed(ANSWERED, status=status, error_code=code)
    assert _both(changed(PRESUMED, version=9), ended) == ended


@pytest.mark.parametrize(
    "key",
    ["version", "content_hash", "updated_at", "replica_id", "machine_id", "completed_at"],
)
def test_bodies_of_one_finality_are_told_apart_by_each_part_of_the_key(key: str) -> None:
    higher: dict[str, Any] = {"replica_id": "c" * 32, "machine_id": "c" * 64}
    value = higher.get(key) or getattr(ANSWERED, key) + 1
    other = changed(ANSWERED, **{key: value, "tags": '["other"]'})
    assert _both(ANSWERED, other) == other


KEY = ("version", "content_hash", "updated_at", "replica_id", "machine_id", "completed_at")


@pytest.mark.parametrize("place", range(len(KEY) - 1))
def test_an_earlier_part_of_the_key_beats_the_next(place: int) -> None:
    low: dict[str, Any] = {
        "version": 1, "content_hash": 1, "updated_at": 1, "replica_id": "a", "machine_id": "a",
        "completed_at": 1,
    }  # fmt: skip
    high: dict[str, Any] = {
        name: "b" if isinstance(value, str) else 2 for name, value in low.items()
    }
    first, second = KEY[place : place + 2]
    one = changed(ANSWERED, **(low | {first: high[first]}), model="one")
    other = changed(ANSWERED, **(low | {second: high[second]}), model="other")
    assert _both(one, other).model == "one"


def test_a_body_without_an_end_comes_before_every_instant() -> None:
    one = changed(ANSWERED, completed_at=None, model="one")
    assert _both(one, changed(ANSWERED, completed_at=1, model="other")).model == "other"
    ties = changed(one, completed_at=0)
    assert merge_entries(one, ties).model == merge_entries(ties, one).model == "one"


def test_who_cancelled_tells_ends_apart_and_no_open_states() -> None:
    by_ana = changed(ANSWERED, status="cancelled", cancelled_by="ana")
    by_rui = changed(by_ana, cancelled_by="rui", tags='["other"]')
    assert _both(by_ana, by_rui) == by_rui
    assert _both(changed(by_ana, cancelled_by=None, tags="[]"), by_ana) == by_ana
    asked_by_ana = changed(ASKED, cancel_requested_at=5, cancelled_by="ana")
    asked_by_rui = changed(ASKED, cancel_requested_at=6, cancelled_by="rui")
    assert _both(asked_by_ana, asked_by_rui) == asked_by_ana


def test_the_first_request_to_cancel_is_kept_with_who_asked() -> None:
    late = changed(ASKED, cancel_requested_at=9, cancelled_by="ana", version=7)
    early = changed(ASKED, cancel_requested_at=3, cancelled_by="rui")
    merged = _both(late, early)
    assert (merged.cancel_requested_at, merged.cancelled_by) == (3, "rui")
    assert merged.version == 7


def test_a_request_of_nobody_has_no_name() -> None:
    merged = _both(changed(ASKED, cancel_requested_at=3, cancelled_by=None), ASKED)
    assert (merged.cancel_requested_at, merged.cancelled_by) == (3, None)


def test_who_asked_while_it_was_open_is_not_who_cancelled() -> None:
    asked = changed(ASKED, cancel_requested_at=3, cancelled_by="ana")
    merged = _both(asked, changed(ANSWERED, cancelled_by=None))
    assert (merged.status, merged.cancel_requested_at, merged.cancelled_by) == (
        "completed", 3, None,
    )  # fmt: skip


def test_who_ended_it_is_not_who_asked() -> None:
    ended = changed(ANSWERED, status="cancelled", cancel_requested_at=9, cancelled_by="rui")
    merged = _both(changed(ASKED, cancel_requested_at=3, cancelled_by="ana"), ended)
    assert (merged.cancel_requested_at, merged.cancelled_by) == (3, "rui")


def test_the_higher_redaction_wins_the_text_of_the_question() -> None:
    newer = changed(ANSWERED, version=5, command="the secret")
    redacted = changed(ANSWERED, redaction_command=1, command="[redacted]")
    merged = _both(newer, redacted)
    assert (merged.command, merged.redaction_command, merged.version) == ("[redacted]", 1, 5)


def test_the_answer_belongs_to_the_newest_body() -> None:
    redacted = changed(ANSWERED, redaction_response=1, response="[redacted]")
    newer = changed(ANSWERED, version=2, response="the new answer")
    merged = _both(redacted, newer)
    assert (merged.response, merged.redaction_response) == ("the new answer", 0)


@pytest.mark.parametrize(
    "change", [{"updated_at": NOW_MS + 9}, {"replica_id": "z"}, {"completed_at": NOW_MS + 9}]
)
def test_of_one_answer_the_higher_redaction_wins_whoever_wrote_last(change: dict[str, Any]) -> None:
    redacted = changed(ANSWERED, redaction_response=1, response="[redacted]")
    merged = _both(redacted, changed(ANSWERED, **change))
    assert (merged.response, merged.redaction_response) == ("[redacted]", 1)


def test_a_redaction_of_one_answer_says_nothing_of_another() -> None:
    redacted = changed(ANSWERED, redaction_response=1, response="[redacted]")
    other = changed(ANSWERED, content_hash=2, response="the other")
    merged = _both(redacted, other)
    assert (merged.response, merged.redaction_response) == ("the other", 0)


def test_of_two_answers_of_one_level_the_later_text_is_kept() -> None:
    merged = _both(changed(ANSWERED, response="a"), changed(ANSWERED, response="b"))
    assert merged.response == "b"
    assert _both(changed(ANSWERED, response=None), ANSWERED).response == ANSWERED.response


@pytest.mark.parametrize("level", [BY_HAND, BY_HAND + 1])
def test_a_redaction_by_hand_blanks_the_answer_of_every_version(level: int) -> None:
    by_hand = changed(ANSWERED, redaction_response=level, response=None)
    merged = _both(by_hand, changed(ANSWERED, version=9, content_hash=9))
    assert (merged.response, merged.redaction_response) == (None, BY_HAND)
    assert merged.version == 9


def test_a_level_below_by_hand_leaves_the_answer() -> None:
    almost = changed(ANSWERED, redaction_response=BY_HAND - 1)
    merged = _both(almost, ANSWERED)
    assert (merged.response, merged.redaction_response) == (ANSWERED.response, BY_HAND - 1)


def test_a_tombstone_takes_every_text_and_the_earliest_instant() -> None:
    gone = cleared(changed(ASKED, deleted_at=7))
    merged = _both(gone, cleared(changed(ANSWERED, deleted_at=4)))
    assert merged.deleted_at == 4
    merged = _both(gone, changed(ANSWERED, tags='["x"]', context='{"a":1}'))
    assert merged == changed(
        ANSWERED, deleted_at=7, command="", response=None, tags="[]", context="{}", cwd=None
    )
    assert _both(changed(gone, deleted_at=0), ANSWERED).deleted_at == 0


USER = UserRow("id", "ana", "Ana", "a@b", 0, 1, 1)
MACHINE = MachineRow("id", "host", None, None, "[]", "[]", "1", 5, 1, 1)
SESSION = SessionRow("id", None, None, "global", None, "a", "m", "r", 1, 1, None, 1, None)
VOTE = VoteRow(IDS[0], "ana", -1, "global", None, "m", 1, 1)


@pytest.mark.parametrize("row", [USER, MACHINE, SESSION, VOTE], ids=lambda row: type(row).__name__)
def test_the_last_writer_wins_though_every_other_column_is_lower(row: Any) -> None:
    other = "hostname" if isinstance(row, MachineRow) else "mode"
    higher = msgspec.structs.replace(row, **{other if row is not USER else "name": "zzz"})
    later = msgspec.structs.replace(row, updated_at=2)
    assert merge_small(higher, later) == merge_small(later, higher) == later


def test_a_machine_was_first_seen_when_anybody_saw_it_first() -> None:
    earlier = msgspec.structs.replace(MACHINE, first_seen=3)
    later = msgspec.structs.replace(MACHINE, first_seen=9, updated_at=2, hostname="new")
    merged = merge_small(earlier, later)
    assert merged == merge_small(later, earlier) == msgspec.structs.replace(later, first_seen=3)


@pytest.mark.parametrize("column", ["ended_at", "deleted_at"])
def test_an_instant_that_is_missing_comes_before_the_first_one(column: str) -> None:
    at_zero = msgspec.structs.replace(SESSION, **{column: 0})
    assert merge_small(SESSION, at_zero) == merge_small(at_zero, SESSION) == at_zero


def test_a_missing_text_comes_before_every_text() -> None:
    named = msgspec.structs.replace(SESSION, title="a")
    assert merge_small(SESSION, named) == merge_small(named, SESSION) == named


ROWS = [ANSWERED, USER, MACHINE, SESSION, VOTE]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_travels_as_an_array_and_never_changes(row: Any) -> None:
    sent = msgspec.json.encode(row)
    assert sent.startswith(b"[")
    assert msgspec.json.decode(sent, type=type(row)) == row
    with pytest.raises(AttributeError):
        row.updated_at = 9


@pytest.mark.parametrize(
    ("row", "field", "good", "bad"),
    [
        (VOTE, "value", (-1, 0, 1), (-2, 2)),
        (USER, "is_active", (0, 1), (-1, 2)),
        (ANSWERED, "truncated", (0, 1), (-1, 2)),
        (SESSION, "mode", ("global", "user", "machine", "hybrid"), ("", "all")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_that_no_row_has_is_not_read(
    row: Any, field: str, good: tuple[Any, ...], bad: tuple[Any, ...]
) -> None:
    def read(value: object) -> Any:
        sent = msgspec.json.encode(msgspec.structs.replace(row, **{field: value}))
        return getattr(msgspec.json.decode(sent, type=type(row)), field)

    assert tuple(map(read, good)) == good
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            read(value)
