"""Many processes, and processes that die: the index loses nothing that it had."""

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

from ipcom_chat.domain.entry import Status
from ipcom_chat.ids import EntryId
from tests.support.replica import an_entry, process
from tests.support.search import searching

PROCESSES = 4
_ID = "0{owner:07d}-0000-7000-8000-{number:012d}"
EACH = 15


def own_id(number: int) -> EntryId:
    """Return an id that no other process makes."""
    return EntryId(_ID.format(owner=os.getpid(), number=number))


def save_and_search(connection: Connection, folder: Path, name: str) -> None:
    """Save entries and find each at once, while others do the same."""
    missed = 0
    with searching(folder) as made:
        for number in range(EACH):
            word = f"{name}word{number}"
            made.add(an_entry(id=own_id(number), command=f"ask {word}", status=Status.COMPLETED))
            if number % 3 == 0:
                made.service.catch_up()
            missed += made.find(word) != [f"ask {word}"]
    connection.send(missed)


def test_what_was_just_saved_is_found_by_all_while_all_index(tmp_path: Path) -> None:
    with searching(tmp_path):
        pass
    running = [process(save_and_search, tmp_path, f"p{n}") for n in range(PROCESSES)]
    missed = [connection.recv() for _process, connection in running]
    for child, _connection in running:
        child.join()
    assert missed == [0] * PROCESSES
    with searching(tmp_path) as made:
        made.service.catch_up()
        assert made.reader().count == PROCESSES * EACH
        for n in range(PROCESSES):
            assert len(made.find(f"p{n}word*", limit=100)) == EACH


def index_for_ever(connection: Connection, folder: Path) -> None:
    """Index in small steps until killed."""
    with searching(folder) as made:
        connection.send("ready")
        number = 0
        while True:
            number += 1
            made.add(
                an_entry(id=own_id(number), command=f"killed {number}", status=Status.COMPLETED)
            )
            if number % 7 == 0:
                made.change("UPDATE entries SET local_seq = ?, command = 'gone' WHERE seq = 3")
                made.change("UPDATE entries SET local_seq = ?, command = 'back' WHERE seq = 3")
            made.service.catch_up()


def test_a_process_that_is_killed_in_the_middle_leaves_a_whole_index(tmp_path: Path) -> None:
    with searching(tmp_path) as made:
        made.add(*(an_entry(command=f"first {n}", status=Status.COMPLETED) for n in range(50)))
    for round_ in range(4):
        child, connection = process(index_for_ever, tmp_path)
        assert connection.recv() == "ready"
        time.sleep(0.15 + 0.07 * round_)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with searching(tmp_path) as made:
            before = made.index.reader()
            made.service.catch_up()
            rows = made.rows.count()
            assert made.reader().count == rows
            assert made.reader().watermark == made.rows.counter()
            assert before is None or before.count <= rows
            assert made.find("first*", limit=100)
