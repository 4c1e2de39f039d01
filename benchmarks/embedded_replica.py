"""libSQL's embedded replica, which the project's first plan would have carried its history with.

A program for its own Python, since its environment is not ours. A replica of it is a file beside
the primary's: writes go to the primary at once, and what changed comes back in pages of 4 KB. The
table is the plan's.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus import an_entry
from benchmarks.processes import Command

_PROGRAM = """
import json, sys, time
import libsql_experimental as libsql

action, folder, url_a, url_b, count = sys.argv[1:]
rows = [tuple(row) for row in json.load(open(f"{folder}/rows.json"))]
INSERT = ("INSERT INTO history_global (id, command, response, machine_id, user_id, timestamp, "
          "tokens_used, execution_time_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
COUNT = "SELECT count(*) FROM history_global"

def replica(name, url):
    return libsql.connect(f"{folder}/{name}.db", sync_url=url, auth_token="")

def timed(times, work):
    start = time.perf_counter()
    work()
    times.append((time.perf_counter() - start) * 1000)

def up():
    a = replica("a", url_a)
    a.sync()
    a.execute("CREATE TABLE history_global (id TEXT PRIMARY KEY, command TEXT NOT NULL, "
              "response TEXT, machine_id TEXT, user_id TEXT, timestamp INTEGER, "
              "tokens_used INTEGER, execution_time_ms INTEGER, tags TEXT)")
    a.execute("CREATE INDEX idx_time ON history_global(timestamp DESC)")
    a.commit()
    def save():
        a.executemany(INSERT, rows[: int(count)])
        a.commit()
    times = []
    timed(times, save)
    return {"times": times}

def down():
    times = []
    b = replica("b", url_b)
    timed(times, b.sync)
    return {"times": times, "rows": b.execute(COUNT).fetchone()[0]}

def nothing():
    times = []
    b = replica("b", url_b)
    for _each in range(int(count)):
        timed(times, b.sync)
    return {"times": times}

def one():
    a, b, saves, pulls = replica("a", url_a), replica("b", url_b), [], []
    before = b.execute(COUNT).fetchone()[0]
    for row in rows[-int(count):]:
        def save():
            a.execute(INSERT, row)
            a.commit()
        timed(saves, save)
        timed(pulls, b.sync)
    return {"times": saves, "pulls": pulls, "rows": b.execute(COUNT).fetchone()[0] - before}

json.dump(globals()[action](), open(f"{folder}/result.json", "w"))
"""


def run(
    python: Path, place: Path, action: str, urls: tuple[str, str], count: int
) -> dict[str, list[float]]:
    """Let replicas a and b do something; return what was timed, in milliseconds.

    Raises:
        RuntimeError: it failed, or replica b does not hold what it should.
    """
    env = {"PATH": os.environ["PATH"], "HOME": str(place), "RUST_LOG": "error"}
    argv: Sequence[str | Path] = [python, "-c", _PROGRAM, action, str(place), *urls, str(count)]
    Command(argv, env).run()
    result = json.loads((place / "result.json").read_text())
    if result.pop("rows", count) != count:
        raise RuntimeError(f"{action}: not all rows arrived")
    return {name: [float(each) for each in times] for name, times in result.items()}


def write_rows(place: Path, count: int) -> None:
    """Leave rows where the program finds them."""
    entries = (an_entry(f"{number:032x}", number, 1, number) for number in range(count))
    rows = [
        (each.id, each.command, each.response, each.machine_id, each.os_user, each.created_at,
         each.tokens_used, each.execution_time_ms)
        for each in entries
    ]  # fmt: skip
    (place / "rows.json").write_text(json.dumps(rows))
