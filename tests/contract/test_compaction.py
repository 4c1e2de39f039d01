"""The history is compacted beside a real `sync --watch`, which goes on afterwards."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ipcom_chat.storage.compact import PREFIX, compact
from ipcom_chat.storage.locks import alone_mark
from tests.support.machine import (
    LIMIT_S,
    Machine,
    eventually,
    initialise,
    questions_on,
    running,
)
from tests.support.replica import die_at, exit_code, fill, opened
from tests.support.sqld import Sqld

KEPT = 5
STEPS = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open"})


@pytest.fixture
def one(sqld: Sqld, tmp_path: Path) -> Machine:
    """Give a machine most of whose history file is free."""
    initialise(sqld.url, tmp_path)
    machine = Machine(tmp_path, "one", sqld.url)
    fill(machine.file, 3000)
    with opened(machine.file) as database, database.write() as transaction:
        transaction.execute("DELETE FROM entries WHERE seq > ?", (KEPT,))
    return machine


def test_a_watch_lets_go_for_the_moment_and_carries_what_is_saved_then(
    one: Machine, sqld: Sqld
) -> None:
    with running(one, "sync", "--watch") as (process, told):
        told.wait_for("synced with")
        before = one.file.stat()
        done = one.program("maintenance", "run", "--json")
        assert done.code == 0, done.err
        assert {"done"} == {
            step["outcome"] for step in done.json() if step["name"] in ("compact", "integrity")
        }
        assert one.file.stat().st_ino != before.st_ino
        assert one.file.stat().st_size < before.st_size / 2
        assert not alone_mark(one.file).exists()
        one.save("after the compaction")
        eventually(lambda: questions_on(sqld.url), lambda found: "after the compaction" in found)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    assert one.unacknowledged() == 0
    assert len(questions_on(sqld.url)) == KEPT + 1


def test_a_watch_that_has_let_go_ends_when_it_is_told(one: Machine, sqld: Sqld) -> None:
    with running(one, "sync", "--watch") as (process, told):
        told.wait_for("synced with")
        alone_mark(one.file).touch()
        done = eventually(lambda: one.program("maintenance", "run", "--json"), bool)
        assert done.code == 0, done.err
        alone_mark(one.file).touch()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


def _die(_connection: Connection, path: Path, step: int) -> None:
    die_at(step, lambda _sql: True, STEPS)
    compact(path)


def test_a_compaction_that_is_killed_leaves_a_watch_that_goes_on(one: Machine, sqld: Sqld) -> None:
    with running(one, "sync", "--watch") as (process, told):
        told.wait_for("synced with")
        for step in (8, 14, 20):
            assert exit_code(_die, one.file, step) == -signal.SIGKILL
            os.utime(alone_mark(one.file), (0, 0))  # a minute has passed
            text = f"saved after step {step}"
            one.save(text)
            eventually(
                lambda: questions_on(sqld.url),
                lambda found, text=text: text in found,  # type: ignore[misc]
            )
        done = one.program("maintenance", "run", "--json")
        assert done.code == 0, done.err
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    assert list(one.file.parent.glob(f"{PREFIX}*")) == []
    assert len(questions_on(sqld.url)) == KEPT + 3
    with opened(one.file) as database:
        assert database.connection.pragma("integrity_check") == "ok"
