"""Which session may go on, and how widely what is asked in it is shared."""

import msgspec
import pytest

from ipcom_chat.domain.entry import Mode, Origin, Status
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.sessions import (
    TITLE_CHARS,
    TITLE_MAX_CHARS,
    is_own,
    may_change,
    narrowed,
    shown_title,
    still_meant,
    valid_title,
)
from ipcom_chat.errors import UsageError
from ipcom_chat.ids import ReplicaId, UserId
from tests.support.replica import MACHINE, NOW_MS, REPLICA, SESSION, USER, an_entry

OTHER = UserId("00000000-0000-5000-8000-00000000000f")
ORIGIN = Origin(
    mode=Mode.GLOBAL, private=False, user_id=USER, os_user="ana", machine_id=MACHINE,
    replica_id=REPLICA, session_id=None, cwd="/",
)  # fmt: skip


def session(**changes: object) -> Session:
    made = Session(
        id=SESSION, mode="global", private=False, user_id=USER, os_user="ana", machine_id=MACHINE,
        replica_id=REPLICA, started_at=NOW_MS, last_active_at=NOW_MS,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "is_theirs", "may"),
    [
        ({}, True, True),
        ({"user_id": None}, True, True),
        ({"user_id": OTHER}, False, True),
        ({"replica_id": ReplicaId("c" * 32)}, False, True),
        ({"replica_id": ReplicaId("c" * 32), "user_id": OTHER}, False, False),
        ({"replica_id": ReplicaId("c" * 32), "user_id": None}, False, False),
    ],
)
def test_a_session_goes_on_where_and_for_whom_it_was_begun(
    changes: dict[str, object], is_theirs: bool, may: bool
) -> None:
    assert is_own(session(**changes), ORIGIN) is is_theirs
    assert may_change(session(**changes), ORIGIN) is may


def test_nobody_may_go_on_with_what_a_user_began_in_the_same_replica() -> None:
    nobody = msgspec.structs.replace(ORIGIN, user_id=None)
    assert is_own(session(), nobody)
    assert may_change(session(), nobody)


@pytest.mark.parametrize(
    ("own", "theirs", "given", "becomes"),
    [
        (Mode.GLOBAL, "global", False, Mode.GLOBAL),
        (Mode.USER, "global", False, Mode.USER),
        (Mode.GLOBAL, "user", False, Mode.USER),
        (Mode.HYBRID, "machine", False, Mode.MACHINE),
        (Mode.GLOBAL, "hybrid", False, Mode.GLOBAL),
        (Mode.GLOBAL, "user", True, Mode.GLOBAL),
    ],
)
def test_what_goes_on_is_never_shared_more_widely_by_itself(
    own: Mode, theirs: str, given: bool, becomes: Mode
) -> None:
    origin = msgspec.structs.replace(ORIGIN, mode=own)
    assert narrowed(origin, session(mode=theirs), mode_is_given=given).mode is becomes


@pytest.mark.parametrize(
    ("own", "theirs", "becomes"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_what_was_private_goes_on_privately(own: bool, theirs: bool, becomes: bool) -> None:
    origin = msgspec.structs.replace(ORIGIN, private=own)
    assert narrowed(origin, session(private=theirs), mode_is_given=True).private is becomes


def test_a_users_own_session_needs_a_user() -> None:
    nobody = msgspec.structs.replace(ORIGIN, user_id=None)
    with pytest.raises(UsageError, match="--user USERNAME"):
        narrowed(nobody, session(mode="user"), mode_is_given=False)


def test_a_title_is_the_given_one_or_how_the_first_question_begins() -> None:
    assert shown_title("Disk", "why?") == "Disk"
    assert shown_title(None, " why\n\x1b[2J is it \u202efull? ") == "why is it full?"
    assert shown_title(None, None) == ""
    long = shown_title(None, "word " * 100)
    assert len(long) <= TITLE_CHARS
    assert long.endswith("word…")
    assert shown_title("x" * TITLE_CHARS, None) == "x" * TITLE_CHARS


def test_a_title_that_is_stored_is_one_line() -> None:
    assert valid_title(" two\n lines ") == "two lines"
    for wrong in ("", " \n", "x" * (TITLE_MAX_CHARS + 1)):
        with pytest.raises(UsageError, match="1 to 200 characters"):
            valid_title(wrong)


def test_what_was_asked_anew_is_no_longer_meant() -> None:
    first = an_entry(status=Status.ERROR)
    again = an_entry(retry_of=first.id, status=Status.CANCELLED)
    third = an_entry(retry_of=again.id)
    other = an_entry()
    assert still_meant([first, other, again, third]) == [other, third]
