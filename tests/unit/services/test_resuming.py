"""Going on with sessions: what becomes of them, and that the original of a fork stays as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipcom_chat.assistant.base import CommandFinished, Turn
from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.sessions import NEWEST
from ipcom_chat.errors import AmbiguousIdError, NotFoundError, UsageError
from ipcom_chat.ids import EntryId, IdSource, ReplicaId, SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.resuming import TakenUp, conversation_of
from ipcom_chat.services.session_history import TURNS_SHOWN, Asked, State
from ipcom_chat.settings import FLAG, load
from ipcom_chat.storage.people import Sessions
from tests.support.env import isolated_env
from tests.support.replica import StepClock, an_entry, kill, process, together

OTHER = ReplicaId("f" * 32)
_ids = IdSource(StepClock(seed=5000))


@contextmanager
def opened(
    home: Path, resume: str | None = None, flags: dict[str, Any] | None = None
) -> Iterator[Runtime]:
    """Open a replica as a process does that is to go on with a session."""
    runtime = Runtime(load(isolated_env(home), flags or {}))
    runtime.resume = resume
    try:
        yield runtime
    finally:
        runtime.close()


def ask(runtime: Runtime, text: str, **changes: Any) -> Entry:
    """Write an answered question of the session of a runtime."""
    origin = runtime.origin()
    values = msgspec.structs.asdict(origin) | {
        "id": EntryId(runtime.ids.new()), "command": text, "response": f"answer to {text}",
        "status": Status.COMPLETED,
        "created_at": runtime.clock.now_ms(),
    }  # fmt: skip
    entry = an_entry(**(values | changes))
    runtime._entries.add(entry, actor="test")
    return entry


def begun(home: Path, *texts: str) -> SessionId:
    """Ask in a session of its own, and leave it; return which it was."""
    with opened(home) as runtime:
        runtime.begin_session()
        for text in texts:
            ask(runtime, text)
        assert runtime.session_id is not None
        return runtime.session_id


def strangers(runtime: Runtime, *texts: str, **changes: Any) -> Session:
    """Put a colleague's session into a replica, as a pull does; return it."""
    now = runtime.clock.now_ms()
    values: dict[str, Any] = {
        "id": SessionId(_ids.new()), "mode": "global", "private": False, "user_id": None,
        "os_user": "bia", "machine_id": "c" * 64, "replica_id": OTHER, "started_at": now,
        "last_active_at": now,
    } | changes  # fmt: skip
    session = Session(**values)
    Sessions(runtime._replica.database).open(session)
    for place, text in enumerate(texts):
        entry = an_entry(
            command=text, response="theirs", status=Status.COMPLETED, session_id=session.id,
            replica_id=OTHER, machine_id="c" * 64, os_user="bia", created_at=now + place,
        )  # fmt: skip
        runtime._entries.add(entry, actor="test")
    return session


def taken(runtime: Runtime, *, forks_later: bool = False) -> TakenUp:
    runtime.begin_session(forks_later=forks_later)
    assert runtime.taken_up is not None
    return runtime.taken_up


def questions(found: TakenUp) -> list[str]:
    return [each.entry.command for each in found.turns.asked]


def rows(runtime: Runtime, session_id: SessionId) -> list[tuple[Any, ...]]:
    """Return everything that the replica holds of a session, but for when it was used."""
    connection = apsw.Connection(str(runtime.settings.paths.replica))
    entries = "SELECT * FROM entries WHERE session_id = ? ORDER BY seq"
    session = "SELECT id, parent_id, title, mode, user_id, updated_at FROM sessions WHERE id = ?"
    found = [*connection.execute(entries, (session_id,))]
    found += connection.execute(session, (session_id,))
    connection.close()
    return found


def test_the_newest_goes_on_as_the_same_session(tmp_path: Path) -> None:
    begun(tmp_path, "older")
    newest = begun(tmp_path, "one", "two")
    begun(tmp_path)  # nothing was asked in it
    with opened(tmp_path, NEWEST) as runtime:
        found = taken(runtime)
        assert (found.session_id, found.is_fork, found.state) == (newest, False, State.OPEN)
        assert questions(found) == ["one", "two"]
        assert runtime.session_id == newest
        assert runtime.origin().session_id == newest
        again = runtime.session_history.find(newest)
        assert again.ended_at is None
        ask(runtime, "three")
    with opened(tmp_path) as runtime:
        session = runtime.session_history.find(newest)
        assert session.ended_at is not None
        turns = runtime.session_history.turns(session, runtime.origin())
        assert [each.entry.command for each in turns.asked] == ["one", "two", "three"]


def test_without_an_earlier_session_a_new_one_begins(tmp_path: Path) -> None:
    with opened(tmp_path, NEWEST) as runtime:
        runtime.begin_session()
        assert runtime.taken_up is None
        assert runtime.session_id is not None
        assert Sessions(runtime._replica.database).get(runtime.session_id) is not None


def test_an_id_that_means_none_or_several_is_said(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    with opened(tmp_path, "abcdef") as runtime, pytest.raises(NotFoundError, match="sessions list"):
        runtime.begin_session()
    with opened(tmp_path) as runtime:
        for tail in ("aaaa00000001", "aaaa00000002"):
            strangers(runtime, "?", id=SessionId(f"01900000-0000-7000-8000-{tail}"))
        with pytest.raises(AmbiguousIdError, match="aaaa00000001, aaaa00000002"):
            runtime.session_history.find("aaaa")
        assert runtime.session_history.find("AAAA00000002").id.endswith("2")
        for wrong in ("xyz", "", "0" * 36):
            with pytest.raises(NotFoundError):
                runtime.session_history.find(wrong)


def test_what_was_said_becomes_the_conversation_of_the_chat(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    with opened(tmp_path, NEWEST) as runtime:
        runtime.begin_session()
        thread = StorageThread()
        chat = runtime.open_chat(thread)
        thread.close()
        assert chat.conversation == [Turn(question="one", answer="answer to one")]
        assert chat.context.origin.session_id == runtime.session_id


@pytest.mark.parametrize("forks_later", [True, False])
def test_a_colleagues_session_goes_on_as_a_fork(tmp_path: Path, forks_later: bool) -> None:
    with opened(tmp_path) as runtime:
        theirs = strangers(runtime, "why?", "and why that?")
        before = rows(runtime, theirs.id)
    with opened(tmp_path, theirs.id[-12:]) as runtime:
        runtime.begin_session(forks_later=forks_later)
        found = runtime.taken_up
        assert found is not None
        assert (found.is_fork, found.state, found.who) == (True, State.REMOTE, "bia")
        assert questions(found) == ["why?", "and why that?"]
        sessions = Sessions(runtime._replica.database)
        assert (sessions.get(found.session_id) is None) is forks_later
        if forks_later:
            runtime.resuming.begin_fork(found)
        fork = sessions.get(found.session_id)
        assert fork is not None
        assert (fork.parent_id, fork.replica_id) == (theirs.id, runtime.replica_id)
        ask(runtime, "my own question")
        assert rows(runtime, theirs.id) == before
    with opened(tmp_path, NEWEST) as runtime:
        again = taken(runtime)
        assert (again.session_id, again.is_fork) == (found.session_id, False)
        assert questions(again) == ["why?", "and why that?", "my own question"]


def test_what_is_asked_in_the_original_later_is_no_part_of_the_fork(tmp_path: Path) -> None:
    clock = StepClock(now_ms=2_000_000_000_000)
    with opened(tmp_path) as runtime:
        # The colleague's clock is far ahead of this one.
        theirs = strangers(runtime, "why?", started_at=clock.ms, last_active_at=clock.ms)
        ahead = runtime.clock.now_ms() + 3_600_000
        later = {"session_id": theirs.id, "replica_id": OTHER, "machine_id": "c" * 64}
        ask(runtime, "ahead of time", created_at=ahead, **later)
        fork = runtime.resuming.fork(theirs, runtime.origin())
        runtime.resuming.record(fork)
        ask(runtime, "after the fork", created_at=ahead + 1, **later)
        session = runtime.session_history.find(fork.session_id)
        turns = runtime.session_history.turns(session, runtime.origin())
        assert [each.entry.command for each in turns.asked] == ["why?", "ahead of time"]


def _stay(connection: Connection, home: Path) -> None:
    with opened(home, NEWEST) as runtime:
        runtime.begin_session()
        asked = ask(runtime, "open", status=Status.PENDING, response=None, completed_at=None)
        connection.send((runtime.session_id, asked.id))
        connection.recv()


def test_what_is_open_in_another_terminal_is_forked(tmp_path: Path) -> None:
    session_id = begun(tmp_path, "one")
    child, connection = process(_stay, tmp_path)
    assert connection.recv()[0] == session_id
    with opened(tmp_path, session_id) as runtime:
        found = taken(runtime)
        assert (found.is_fork, found.state) == (True, State.OPEN)
        with pytest.raises(UsageError, match="is open; leave it first"):
            runtime.session_history.doomed(found.session, runtime.origin(), runtime.erasures)
    kill(child)


def test_what_a_dead_process_left_open_is_interrupted_and_the_session_goes_on(
    tmp_path: Path,
) -> None:
    session_id = begun(tmp_path, "one")
    child, connection = process(_stay, tmp_path)
    _session, lost = connection.recv()
    kill(child)
    with opened(tmp_path, NEWEST) as runtime:
        assert runtime.begin_session() == [lost]
        assert runtime.session_id == session_id
        entry = runtime.history.find(lost)
        assert (entry.status, entry.error_code) == (Status.ERROR, INTERRUPTED)
        assert runtime.session_history.find(session_id).ended_at is None


def _go_on(index: int, home: Path) -> tuple[bool, SessionId]:
    with opened(home, NEWEST) as runtime:
        found = taken(runtime)
        ask(runtime, f"of {index}")
        return found.is_fork, found.session_id


def test_of_several_at_once_each_has_a_session_of_its_own_or_goes_on_in_turn(
    tmp_path: Path,
) -> None:
    begun(tmp_path, "one")
    found = together(_go_on, 4, tmp_path)
    with opened(tmp_path) as runtime:
        connection = apsw.Connection(str(runtime.settings.paths.replica))
        asked = list(connection.execute("SELECT session_id, command FROM entries"))
        connection.close()
    assert len(asked) == 5
    forks = [session_id for is_fork, session_id in found if is_fork]
    assert len(set(forks)) == len(forks)
    assert not any((runtime.settings.paths.data_dir / "sessions").iterdir())


def test_another_users_session_of_this_replica_is_forked(tmp_path: Path) -> None:
    with opened(tmp_path) as runtime:
        for name in ("ana", "rui"):
            runtime.users.create(name, "Some Body", f"{name}@example.org")
    with opened(tmp_path, flags={"user": "ana"}) as runtime:
        runtime.begin_session()
        ask(runtime, "of ana")
        session_id = runtime.session_id or ""
    with opened(tmp_path, session_id, flags={"user": "rui"}) as runtime:
        assert taken(runtime, forks_later=True).is_fork
    with opened(tmp_path, NEWEST, flags={"user": "rui"}) as runtime:
        runtime.begin_session()
        assert runtime.taken_up is None
    with opened(tmp_path, session_id, flags={"user": "ana"}) as runtime:
        assert not taken(runtime).is_fork


def test_a_private_session_goes_on_privately(tmp_path: Path) -> None:
    with opened(tmp_path, flags={"history.private": True}) as runtime:
        runtime.begin_session()
        ask(runtime, "a secret matter")
    with opened(tmp_path, NEWEST) as runtime:
        found = taken(runtime)
        assert found.origin.private
        assert runtime.origin().private
        thread = StorageThread()
        assert runtime.open_chat(thread).context.origin.private
        thread.close()


def test_a_machines_session_stays_there_unless_a_flag_says_otherwise(tmp_path: Path) -> None:
    with opened(tmp_path, flags={"history.mode": Mode.MACHINE}) as runtime:
        runtime.begin_session()
        ask(runtime, "local")
        session_id = runtime.session_id or ""
    with opened(tmp_path, session_id) as runtime:
        assert taken(runtime).origin.mode is Mode.MACHINE
        thread = StorageThread()
        assert runtime.open_chat(thread).context.scope.mode is Mode.MACHINE
        thread.close()
    with opened(tmp_path, session_id, flags={"history.mode": Mode.GLOBAL}) as runtime:
        assert runtime.settings.sources["history.mode"] == FLAG
        assert taken(runtime).origin.mode is Mode.GLOBAL


def test_of_a_long_session_the_newest_turns_come_back(tmp_path: Path) -> None:
    begun(tmp_path, *(f"question {number:03}" for number in range(TURNS_SHOWN + 5)))
    with opened(tmp_path, NEWEST) as runtime:
        found = taken(runtime)
        assert found.turns.is_cut
        assert questions(found)[0] == "question 005"
        assert len(questions(found)) == TURNS_SHOWN


def test_forks_of_forks_bring_everything_before_them(tmp_path: Path) -> None:
    begun(tmp_path, "one", "two")
    for text in ("three", "four"):
        with opened(tmp_path) as runtime:
            runtime.begin_session()
            newest = runtime.session_history.newest_own(runtime.scope(), runtime.origin())
            assert newest is not None
            fork = runtime.resuming.fork(newest, runtime.origin())
            runtime.change_session(fork.session_id)
            runtime.resuming.begin_fork(fork)
            ask(runtime, text)
    with opened(tmp_path, NEWEST) as runtime:
        found = taken(runtime)
        assert questions(found) == ["one", "two", "three", "four"]
        turns = runtime.session_history.turns(found.session, runtime.origin(), limit=3)
        assert [each.entry.command for each in turns.asked] == ["two", "three", "four"]
        assert turns.is_cut


def test_the_assistant_gets_what_was_asked_as_it_ended() -> None:
    question = an_entry(status=Status.CANCELLED, response="half an ans", command="why?")
    failed = an_entry(status=Status.ERROR, command="and?")
    again = an_entry(status=Status.COMPLETED, response="x " * 12_000, retry_of=failed.id)
    run = an_entry(
        kind=Kind.COMMAND, command="df", response="full", error_code="1", status=Status.COMPLETED,
        parent_id=question.id, execution_time_ms=7,
    )  # fmt: skip
    odd = an_entry(kind=Kind.COMMAND, command="x", error_code="?", status=Status.COMPLETED)
    asked = [
        Asked(entry=question, commands=(run, odd)),
        Asked(entry=failed, commands=()),
        Asked(entry=again, commands=()),
    ]
    first, last = conversation_of(asked)
    assert (first.question, first.answer, first.cancelled) == ("why?", "half an ans", True)
    assert first.ran == (
        CommandFinished(call_id=run.id, command="df", output="full", exit_code=1, duration_ms=7),
        CommandFinished(call_id=odd.id, command="x", output="", exit_code=1, duration_ms=0),
    )
    assert last.answer is not None
    assert len(last.answer) <= 12_000


def test_a_command_that_was_typed_is_a_turn_of_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as runtime:
        runtime.begin_session()
        ask(runtime, "df -h", kind=Kind.COMMAND, response="full", error_code="1")
    with opened(tmp_path, NEWEST) as runtime:
        found = taken(runtime)
        assert (questions(found), found.title) == (["df -h"], "df -h")
        (turn,) = conversation_of(found.turns.asked)
        assert (turn.question, turn.answer) == ("!df -h", None)
        assert [(each.output, each.exit_code) for each in turn.ran] == [("full", 1)]


def test_what_older_rules_have_stored_reaches_no_assistant() -> None:
    entry = an_entry(command="password=Jabuticaba#77", status=Status.COMPLETED)
    (turn,) = conversation_of([Asked(entry=entry, commands=())])
    assert "Jabuticaba" not in turn.question


ACTS = st.lists(
    st.tuples(st.sampled_from(["resume", "fork", "newest"]), st.integers(0, 3)), max_size=6
)


@given(acts=ACTS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_way_of_going_on_changes_what_was_asked_before(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    own = [begun(home, "one", "two"), begun(home, "three")]
    with opened(home) as runtime:
        known = [*own, strangers(runtime, "four").id]
        connection = apsw.Connection(str(runtime.settings.paths.replica))
    before = list(connection.execute("SELECT * FROM entries ORDER BY seq"))
    for number, (act, place) in enumerate(acts):
        wanted = NEWEST if act == "newest" else known[place % len(known)]
        with opened(home, None if act == "fork" else wanted) as runtime:
            runtime.begin_session()
            if act == "fork":
                session = runtime.session_history.find(wanted)
                fork = runtime.resuming.fork(session, runtime.origin())
                runtime.change_session(fork.session_id)
                runtime.resuming.begin_fork(fork)
            before.append(_row(connection, ask(runtime, f"act {number}").id))
            known.append(runtime.session_id or own[0])
    assert list(connection.execute("SELECT * FROM entries ORDER BY seq")) == before
    connection.close()


def _row(connection: apsw.Connection, entry_id: EntryId) -> tuple[Any, ...]:
    return next(iter(connection.execute("SELECT * FROM entries WHERE id = ?", (entry_id,))))
