"""What is suggested: solved before, commands that worked, what comes next, what is fresh."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.assistant.wording import Wording
from ipcom_chat.domain.entry import Entry, Mode, Scope, Status
from ipcom_chat.domain.votes import Tally, Vote
from ipcom_chat.ids import MachineId, SessionId, UserId
from ipcom_chat.services.suggestions import SHOWN, SuggestionService
from ipcom_chat.storage.votes import Votes
from tests.support.replica import GLOBAL, MACHINE, NOW_MS, USER
from tests.support.search import Searched, searching
from tests.support.suggestions import FOLDER, TTL_MS, asked, ran, suggesting

DAY_MS = 24 * 3_600_000
AWAY = MachineId("c" * 64)
ONE, TWO, THREE = (SessionId(f"session-{n}") for n in range(3))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


Suggestions = Callable[[], SuggestionService]


@pytest.fixture(params=[True, False], ids=["indexed", "newer than the index"])
def suggestions(made: Searched, request: pytest.FixtureRequest) -> Suggestions:
    """Return what gives the suggestions of what was added until then."""

    def current() -> SuggestionService:
        if request.param:
            made.service.catch_up()
        return suggesting(made)

    return current


def test_the_same_question_is_told_once_with_how_many_asked_it_where(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(
        asked("How do I restart nginx?", DAY_MS, user_id=USER),
        asked("how do i  restart NGINX", 2 * DAY_MS, user_id=UserId("u2"), machine_id=AWAY),
        asked("How do I restart nginx!", 3 * DAY_MS, os_user="carl"),
        asked("How do I restart apache?", DAY_MS),
        asked("Where is the printer?", DAY_MS),
    )
    (found, *others) = suggestions().solved(GLOBAL, "how do I restart nginx?")
    assert (found.times, found.people, found.machines) == (3, 3, 2)
    assert found.source.age_ms == DAY_MS
    assert found.answer == "An answer."
    assert "Where is the printer?" not in [each.source.entry.command for each in others]


def test_what_was_solved_in_the_other_language_is_found(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(asked("restart the service"), *(asked(f"other thing {n}") for n in range(200)))
    (found,) = suggestions().solved(GLOBAL, "reiniciar o serviço")
    assert found.source.entry.command == "restart the service"


def test_what_did_not_work_was_not_solved(made: Searched, suggestions: Suggestions) -> None:
    failed, disliked, liked, worked = (
        asked("why is the raid degraded?", age) for age in (1, 2, 3, 4)
    )
    made.add(
        failed, disliked, liked, worked,
        asked("why is the raid degraded?", 5, status=Status.ERROR, error_code="x"),
        asked("why is the raid degraded?", 6, response=None),
        asked("why is the raid degraded?", 7, response=Wording("en").nothing_known()),
        asked("why is the raid degraded?", 8, deleted_at=NOW_MS),
        ran("mdadm --detail /dev/md0", parent_id=failed.id, error_code="1"),
        ran("cat /proc/mdstat", parent_id=worked.id),
    )  # fmt: skip
    votes = Votes(made.database)
    votes.cast(disliked.id, "ana", Vote.BAD, at_ms=NOW_MS)
    for voter in ("ana", "rui"):
        votes.cast(liked.id, voter, Vote.GOOD, at_ms=NOW_MS)
    (found,) = suggestions().solved(GLOBAL, "raid degraded")
    assert found.source.entry.id == liked.id
    assert found.votes == Tally(good=2)
    votes.cast(liked.id, "eva", Vote.BAD, at_ms=NOW_MS)
    votes.cast(liked.id, "rui", Vote.BAD, at_ms=NOW_MS)
    (found,) = suggestions().solved(GLOBAL, "raid degraded")
    assert found.source.entry.id == worked.id
    assert [each.command for each in found.commands] == ["cat /proc/mdstat"]


def test_d88_only_what_the_scope_shows_is_suggested(
    made: Searched, suggestions: Suggestions
) -> None:
    other: dict[str, Any] = {"user_id": UserId("other"), "mode": Mode.USER}
    made.add(
        asked("what is the door code?", **other),
        ran("cat /etc/door", 9_000, **other),
        ran("cat /etc/door", 8_000, session_id=ONE),
        ran("id", 7_000, session_id=ONE, **other),
        ran("cat /etc/door", 6_000, session_id=TWO),
        ran("id", 5_000, session_id=TWO, **other),
    )
    mine = Scope(mode=Mode.HYBRID, machine_id=MACHINE, user_id=USER)
    found = suggestions().suggest(mine, "what is the door code?", FOLDER)
    assert found.solved == ()
    assert found.fresh is None
    assert suggestions().suggest(mine, "cat /etc/door", FOLDER).next == ()
    theirs = Scope(mode=Mode.HYBRID, machine_id=MACHINE, user_id=UserId("other"))
    assert suggestions().suggest(theirs, "what is the door code?", FOLDER).fresh is not None
    assert suggestions().suggest(theirs, "cat /etc/door", FOLDER).next[0].command == "id"


def test_d81_d83_d85_commands_that_worked_are_counted_by_their_text(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(
        ran("nginx  -t", DAY_MS, response="old"),
        ran("nginx -t", 1_000, response="new", machine_id=AWAY, user_id=USER),
        ran("nginx -t", 500, response="broken", error_code="1"),
        ran("nginx -t -q", 100, error_code="2"),
        ran("nginx -V", 100, error_code=None),
    )
    (found,) = suggestions().suggest(GLOBAL, "nginx -t", None).commands
    practice = found.practice
    assert practice.exit_codes == {"0": 2, "1": 1}
    assert (practice.times, practice.people, practice.machines) == (3, 2, 2)
    assert (practice.last.machine_id, found.age_ms) == (AWAY, 1_000)


def test_d82_all_telling_words_count_and_none_is_no_error(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(ran("systemctl restart nginx"), ran("systemctl restart cups"), ran("nginx -t"))
    service = suggestions()
    for text in ("", " ", "%", "_", "?!", "the of a", "%undefined%"):
        assert service.suggest(GLOBAL, text, FOLDER).is_empty, text
    found = service.suggest(GLOBAL, "systemctl restart nginx", FOLDER).commands
    assert found[0].practice.last.command == "systemctl restart nginx"


def test_the_same_program_is_similar_whatever_its_flags(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(ran("df -PkT -x tmpfs"), ran("ls -h"), ran("sudo df -i"))
    found = suggestions().suggest(GLOBAL, "df -h", FOLDER).commands
    assert {each.practice.last.command for each in found} == {"df -PkT -x tmpfs", "sudo df -i"}


def test_d84_what_comes_next_is_of_one_session_within_minutes(
    made: Searched, suggestions: Suggestions
) -> None:
    def pair(at: int, then: str, gap_ms: int = 1_000, **changes: Any) -> list[Entry]:
        where = {"session_id": ONE} | changes
        first = where | {"error_code": "0"}
        return [ran("nginx -t", at, **first), ran(then, at - gap_ms, **where)]

    made.add(
        *pair(9 * DAY_MS, "systemctl reload nginx"),
        *pair(8 * DAY_MS, "systemctl reload nginx", session_id=TWO, machine_id=AWAY),
        *pair(7 * DAY_MS, "systemctl reload  nginx", session_id=None, os_user="carl"),
        *pair(6 * DAY_MS, "vi nginx.conf"),
        *pair(5 * DAY_MS, "too late", gap_ms=6 * 60_000),
        *pair(4 * DAY_MS, "too late", gap_ms=6 * 60_000),
        *pair(3 * DAY_MS, "mistyped", error_code="127"),
        *pair(2 * DAY_MS, "mistyped", error_code="127"),
    )
    (habit,) = suggestions().suggest(GLOBAL, " nginx -t ", None).next
    assert (habit.command, habit.times, habit.of) == ("systemctl reload nginx", 3, 4)
    assert (habit.people, habit.machines) == (2, 2)


def test_others_and_repetitions_do_not_come_between(
    made: Searched, suggestions: Suggestions
) -> None:
    for day in (1, 2):
        at = day * DAY_MS
        made.add(
            ran("df -h", at, session_id=ONE),
            ran("whoami", at - 10, session_id=TWO),
            ran("id", at - 20, session_id=ONE, os_user="carl"),
            asked("how full?", at - 30, session_id=ONE),
            ran("df -h", at - 40, session_id=ONE),
            ran("du -sh", at - 50, session_id=ONE),
        )
    (habit,) = suggestions().suggest(GLOBAL, "df -h", None).next
    assert (habit.command, habit.times, habit.of) == ("du -sh", 2, 2)


def test_an_output_is_fresh_for_a_while_in_its_folder_on_its_machine(made: Searched) -> None:
    service = suggesting(made)
    stale, failed, away, elsewhere = (
        ran("df -h", TTL_MS + 1),
        ran("df -h", 1_000, error_code="1"),
        ran("df -h", 1_000, machine_id=AWAY),
        ran("df -h", 1_000, cwd="/"),
    )
    made.add(stale, failed, away, elsewhere, ran("rm -rf /tmp/x", 1_000))
    assert service.suggest(GLOBAL, "df -h", FOLDER).fresh is None
    assert service.suggest(GLOBAL, "rm -rf /tmp/x", FOLDER).fresh is None
    newer = ran("df -h", TTL_MS - 2_000)
    made.add(ran("df -h", TTL_MS - 1_000), newer)
    found = service.suggest(GLOBAL, " df -h ", FOLDER).fresh
    assert found is not None
    assert (found.entry.id, found.age_ms) == (newer.id, TTL_MS - 2_000)
    assert service.suggest(GLOBAL, "df -h", None).fresh is None


def test_an_answer_is_fresh_for_a_while_wherever_it_was_given(
    made: Searched, suggestions: Suggestions
) -> None:
    stale = asked("Which ports are open?", TTL_MS + 1)
    unanswered = asked("which ports are open", 10, response=Wording("en").nothing_known())
    made.add(stale, unanswered, asked("which ports are open on web1?", 10))
    assert suggestions().suggest(GLOBAL, "which ports are open?", FOLDER).fresh is None
    fresh = asked("Which ports are open?", 2_000, machine_id=AWAY)
    made.add(fresh)
    found = suggestions().suggest(GLOBAL, "which PORTS are open", FOLDER).fresh
    assert found is not None
    assert (found.entry.id, found.hostname) == (fresh.id, AWAY[:12])


def test_a_session_is_not_told_what_it_has_just_asked(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(asked("why is web1 slow?", 10, session_id=ONE))
    service = suggestions()
    assert service.solved(GLOBAL, "why is web1 slow?", but=ONE) == ()
    assert len(service.solved(GLOBAL, "why is web1 slow?", but=TWO)) == 1


def test_little_is_shown_of_much(made: Searched, suggestions: Suggestions) -> None:
    made.add(*(asked(f"disk full on web{n}?") for n in range(30)))
    made.add(*(ran(f"df -h /srv/{n}") for n in range(30)))
    found = suggestions().suggest(GLOBAL, "disk full", None)
    assert len(found.solved) == SHOWN
    assert len(suggestions().suggest(GLOBAL, "df", None).commands) == SHOWN


def test_a_clock_that_is_ahead_makes_nothing_younger_than_now(
    made: Searched, suggestions: Suggestions
) -> None:
    made.add(asked("why is web1 slow?", -5_000))
    assert suggestions().solved(GLOBAL, "web1 slow")[0].source.age_ms == 0


def test_long_texts_are_compared_by_their_beginning(
    made: Searched, suggestions: Suggestions
) -> None:
    long = "ls " + "x" * 10_000
    made.add(ran(long), ran("df", -10), ran(long, -20), ran("df", -30))
    assert suggestions().suggest(GLOBAL, long, FOLDER).next[0].command == "df"
