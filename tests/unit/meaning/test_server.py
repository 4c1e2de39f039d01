"""The process that holds the model, with the real model, as a thread of this one."""

import os
import select
import socket
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.meaning import client, server
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.meaning.encoder import Encoder
from ipcom_chat.meaning.server import Memory, Server, main, serve
from ipcom_chat.meaning.wire import MESSAGE_MAX_BYTES, Question, address, received
from ipcom_chat.storage.vectors import open_vectors
from tests.support.machine import eventually
from tests.support.meaning import encoder, serving
from tests.support.replica import an_entry
from tests.support.search import Searched, searching


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


def rows_like(meaning: Meaning, text: str, limit: int = 1) -> list[int]:
    # A search waits a third of a second for it, which a busy machine can exceed.
    found = eventually(lambda: meaning.ask(text, limit=limit), lambda answer: answer is not None)
    assert found is not None
    return list(found.cosines)


def test_it_finds_what_means_the_same_also_what_comes_later(made: Searched, tmp_path: Path) -> None:
    made.add(an_entry(command="List open ports"), an_entry(command="Print a document"))
    with serving(tmp_path) as meaning:
        assert meaning.wait()
        assert rows_like(meaning, "como vejo as portas abertas?") == [1]
        made.add(an_entry(command="Restart the web server"))
        assert meaning.wait()
        assert rows_like(meaning, "reiniciar o servidor web") == [3]
        made.change("UPDATE entries SET local_seq = ?, command = 'Burn a CD' WHERE seq = 1")
        assert meaning.wait()
        assert rows_like(meaning, "gravar um CD") == [1]
        made.change("UPDATE entries SET local_seq = ?, deleted_at = 1, command = '' WHERE seq = 1")
        assert meaning.wait()
        assert set(rows_like(meaning, "gravar um CD", limit=9)) == {2, 3}


def test_rows_that_are_asked_for_are_compared_however_unlike(
    made: Searched, tmp_path: Path
) -> None:
    made.add(*(an_entry(command=text) for text in ("List open ports", "Bake bread", "Sing")))
    with serving(tmp_path) as meaning:
        assert meaning.wait()
        found = meaning.ask("portas abertas", [3, 77], limit=1)
        assert found is not None
        assert list(found.cosines) == [1, 3]
        assert found.cosines[1] > 0.5 > found.cosines[3]


def test_what_was_foretold_is_compared_once_and_answered_as_ever(
    made: Searched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.add(*(an_entry(command=text) for text in ("List open ports", "Bake bread")))
    read: list[str] = []
    encode = Encoder.encode

    def encoded(self: Encoder, texts: Sequence[str]) -> Any:
        read.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", encoded)
    with serving(tmp_path) as meaning:
        meaning.wait()
        read.clear()
        meaning.foretell("portas abertas", limit=1)
        assert rows_like(meaning, "portas abertas") == [1]
        assert rows_like(meaning, "portas abertas") == [1]
        assert read == ["portas abertas"]
        made.add(an_entry(command="Show the open ports"))
        meaning.wait()
        assert set(rows_like(meaning, "portas abertas", limit=2)) == {1, 3}
        assert rows_like(meaning, "assar pão") == [2]


def test_foretelling_where_nobody_serves_is_no_fault(tmp_path: Path) -> None:
    Meaning(tmp_path / "history.db", tmp_path / "meaning").foretell("ports", limit=1)


def test_the_socket_is_for_the_owner_alone_however_long_its_path(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / ("longer" * 20)
    folder.mkdir(parents=True)
    with searching(folder) as made:
        made.add(an_entry(command="List open ports"))
        with serving(folder) as meaning:
            assert rows_like(meaning, "") == []
            place = folder / "meaning" / "socket"
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
            assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        assert not place.exists()


def test_one_process_serves_a_replica_and_a_second_one_leaves(
    made: Searched, tmp_path: Path
) -> None:
    with serving(tmp_path):
        assert serve(tmp_path / "history.db", tmp_path / "meaning", load=encoder) is False


def test_who_talks_nonsense_or_nothing_gets_no_answer_and_harms_nobody(
    made: Searched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_TALK_S", 0.2)
    made.add(an_entry(command="List open ports"))
    with serving(tmp_path) as meaning:
        assert meaning.wait()
        for said in (b"no json", b'{"limit": "x"}', b"x" * (MESSAGE_MAX_BYTES + 9), None):
            assert _said(tmp_path / "meaning", said) == b""
        assert rows_like(meaning, "open ports") == [1]


def _said(folder: Path, data: bytes | None) -> bytes:
    """Say something; None says nothing and waits for the other side to lose patience."""
    with address(folder) as name, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(name)
        try:
            if data is not None:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            return received(connection)
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_it_ends_when_nobody_needs_it_and_leaves_no_socket(made: Searched, tmp_path: Path) -> None:
    made.add(an_entry(command="List open ports"))
    folder = tmp_path / "meaning"
    assert serve(tmp_path / "history.db", folder, load=encoder, idle_s=0.0) is True
    assert not (folder / "socket").exists()
    assert Meaning(tmp_path / "history.db", folder).ask("open ports", limit=1) is None


@pytest.mark.parametrize("mark", ["damaged", "alone", None])
def test_it_ends_when_its_replica_was_replaced_is_damaged_or_to_be_restored(
    made: Searched, tmp_path: Path, mark: str | None
) -> None:
    replica, place = tmp_path / "history.db", tmp_path / "meaning"
    with serving(tmp_path) as meaning:
        if mark:
            (tmp_path / f"history.db.{mark}").touch()
        else:
            replica.rename(tmp_path / "aside.db")
            replica.touch()
        eventually((place / "socket").exists, lambda is_there: not is_there)
        assert meaning.ask("open ports", limit=1) is None


def test_a_wish_that_nobody_has_any_more_ends_nothing(made: Searched, tmp_path: Path) -> None:
    mark = tmp_path / "history.db.alone"
    mark.touch()
    os.utime(mark, (1, 1))
    with serving(tmp_path) as meaning:
        assert meaning.ask("open ports", limit=1) is not None


class Ticks(SystemClock):
    """A clock that goes on by a second whenever it is looked at."""

    ms = 0.0

    def monotonic_ms(self) -> float:
        self.ms += 1000
        return self.ms


@contextmanager
def idling(made: Searched, folder: Path, idle_s: float) -> Iterator[tuple[Memory, Server, Path]]:
    """Give a server by a clock of its own, with what it knows and where it listens."""
    vectors = open_vectors(folder / "vectors.db", "model", 512)
    memory = Memory(made.rows, vectors, encoder())
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen()
        yield memory, Server(memory, listener, Ticks(), idle_s=idle_s), folder
    vectors.close()


def test_each_new_question_keeps_it_alive(made: Searched, tmp_path: Path) -> None:
    made.add(*(an_entry(command=f"question {n}") for n in range(3 * server.BATCH)))
    with idling(made, tmp_path, idle_s=1.5) as (memory, serves, _folder):
        serves.run()
        assert memory.waiting() == 0


@pytest.mark.parametrize(
    ("said", "is_kept_alive"), [(b'{"text": "x", "limit": 1}', True), (b"nonsense", False)]
)
def test_who_is_answered_keeps_it_alive(
    made: Searched, tmp_path: Path, said: bytes, is_kept_alive: bool
) -> None:
    with (
        idling(made, tmp_path, idle_s=2.5) as (_memory, serves, folder),
        ExitStack() as asking,
    ):
        askers = [asking.enter_context(_asker(folder, said)) for _each in range(9)]
        serves.run()
        assert _is_answered(askers[0])
        assert _is_answered(askers[-1]) is is_kept_alive


@contextmanager
def _asker(folder: Path, said: bytes) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "socket"))
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        yield connection


def _is_answered(asker: socket.socket) -> bool:
    """Return whether the other side has said something, or hung up."""
    return bool(select.select([asker], [], [], 0)[0])


def test_of_a_changed_question_only_the_new_vector_stays(made: Searched, tmp_path: Path) -> None:
    made.add(an_entry(command="List open ports"))
    with idling(made, tmp_path, idle_s=0.0) as (memory, _serves, _folder):
        memory.read_more()
        made.change("UPDATE entries SET local_seq = ?, command = 'Sing'")
        memory.read_more()
        (vector,) = encoder().encode(["Sing"])
        assert memory._codes.nearest(vector, 9) == [1]


def test_the_vectors_that_are_known_are_used_after_a_start(made: Searched, tmp_path: Path) -> None:
    made.add(an_entry(command="List open ports"), an_entry(command="Sing"))
    vectors = open_vectors(tmp_path / "vectors.db", "model", 512)
    while Memory(made.rows, vectors, encoder()).read_more():
        pass
    again = Memory(made.rows, vectors, encoder())
    assert list(again.likeness(Question(text="portas abertas", limit=1)).cosines) == [1]
    vectors.close()


def test_a_replica_that_cannot_be_opened_ends_it(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    assert main([str(tmp_path / "history.db"), str(tmp_path / "meaning")]) == 1


def test_whoever_asks_where_nobody_serves_is_told_at_once(tmp_path: Path) -> None:
    meaning = Meaning(tmp_path / "history.db", tmp_path / "nowhere")
    assert meaning.ask("open ports", limit=1) is None


def test_a_program_that_lives_long_starts_it_once_in_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []
    monkeypatch.setattr(Meaning, "start", lambda _self: started.append(threading.current_thread()))
    meaning = Meaning(tmp_path / "history.db", tmp_path / "meaning")
    meaning.ask("x", limit=1)
    assert started == []
    meaning.keep(after_s=60.0)
    meaning.wake()
    assert started == []
    meaning.keep()
    meaning.ask("x", limit=1)
    meaning.ask("x", limit=1)
    meaning.wake()
    eventually(lambda: len(started), lambda count: count == 1)
    assert started[0] is not threading.current_thread()
    monkeypatch.setattr(client, "STARTS_EVERY_S", 0.0)
    meaning = Meaning(tmp_path / "history.db", tmp_path / "meaning")
    meaning.wake()
    meaning.wake()
    eventually(lambda: len(started), lambda count: count == 3)


def test_what_cannot_be_loaded_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    meaning = Meaning(tmp_path / "history.db", tmp_path / "meaning")
    assert meaning.wait() is False


def test_a_process_of_its_own_is_started_waited_for_and_shared(
    made: Searched, tmp_path: Path
) -> None:
    made.add(*(an_entry(command=f"question {n}") for n in range(100)))
    heard: list[int] = []
    replica, folder = tmp_path / "history.db", tmp_path / "meaning"
    meaning = Meaning(replica, folder)
    assert meaning.wait(heard.append) is True
    assert heard == sorted(heard, reverse=True)
    other = Meaning(replica, folder)
    assert len(rows_like(other, "question 7", limit=5)) == 5
    other.start()
    assert other.wait() is True
    replica.rename(tmp_path / "aside.db")
    eventually((folder / "socket").exists, lambda is_there: not is_there)
