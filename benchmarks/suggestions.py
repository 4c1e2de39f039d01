"""How long suggestions take, by history size: half questions with answers, half commands.

    python -m benchmarks.suggestions [10000 100000 1000000]

In process, through the service behind `suggest`: commands that ran thousands of times, commands
that ran now and then, questions, and what nothing fits.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened, fill
from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId, SessionId
from ipcom_chat.services.suggestions import SuggestionService
from ipcom_chat.services.votes import VoteService
from ipcom_chat.storage.suggestion_rows import SuggestionRows
from ipcom_chat.storage.votes import Votes

SIZES = (10_000, 100_000)
QUERIES = 100
MACHINES = 300
FREQUENT = (
    "df -h", "ls -la", "systemctl restart nginx", "systemctl status nginx", "nginx -t", "ss -tulpn",
    "journalctl -u nginx -n 50", "docker ps", "free -m", "ip addr", "cat /etc/hosts", "apt update",
)  # fmt: skip
_RARE = 20_000
_BATCH = 10_000
_GAP_MS = 700
_SESSION_ROWS = 20
_SCOPE = Scope(mode=Mode.GLOBAL, machine_id=MachineId("machine-0"))


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    print(json.dumps({f"{size:,} entries": measure(size) for size in sizes}))


def measure(size: int) -> dict[str, dict[str, Any]]:
    """Return the times for a history of `size` entries."""
    source = random.Random(5)
    frequent_and_rare = (*FREQUENT, *_rare(source))
    with tempfile.TemporaryDirectory() as name:
        opened = Opened(Path(name))
        fill(opened, texts(size // 2))
        commands = _commands(opened, source, frequent_and_rare, size - size // 2)
        while batch := list(islice(commands, _BATCH)):
            opened.entries.add_all(batch, actor="bench")
        opened.service.catch_up()
        questions = [question for question, _answer in texts(min(size // 2, 20_000))]
        kinds: dict[str, Callable[[], str]] = {
            "frequent command": lambda: source.choice(FREQUENT),
            "rare command": lambda: source.choice(frequent_and_rare),
            "question": lambda: source.choice(questions),
            "miss": lambda: "".join(source.choices("qxzwvk", k=9)),
        }
        service = _service(opened)
        times = {name: _timed(service, make) for name, make in kinds.items()}
        opened.close()
    return times


def _rare(source: random.Random) -> Iterator[str]:
    for number in range(_RARE):
        yield f"{source.choice(FREQUENT)} {number:x}"


def _commands(
    opened: Opened, source: random.Random, texts_: tuple[str, ...], count: int
) -> Iterator[Entry]:
    """Yield commands of many machines at once, each in sessions, a few texts very often."""
    ids, now_ms = IdSource(opened.clock), opened.clock.now_ms()
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(texts_))))
    for number, text in enumerate(source.choices(texts_, cum_weights=weights, k=count)):
        at_ms = now_ms - (count - number) * _GAP_MS
        machine, turn = number % MACHINES, number // MACHINES
        yield Entry(
            id=EntryId(ids.new()), kind=Kind.COMMAND, mode=Mode.GLOBAL, os_user="bench",
            machine_id=MachineId(f"machine-{machine}"), replica_id=ReplicaId("r" * 32),
            session_id=SessionId(f"{machine}-{turn // _SESSION_ROWS}"), command=text,
            response="some output", error_code="0" if source.random() < 0.9 else "1", cwd="/",
            status=Status.COMPLETED, created_at=at_ms, updated_at=at_ms, completed_at=at_ms,
        )  # fmt: skip


def _service(opened: Opened) -> SuggestionService:
    votes = VoteService(Votes(opened.database), opened.clock)
    rows = SuggestionRows(opened.database)
    return SuggestionService(
        opened.service, rows, opened.history, votes, opened.clock, ttl_ms=3_600_000
    )


def _timed(service: SuggestionService, make: Callable[[], str]) -> dict[str, Any]:
    times: list[float] = []
    busy: list[float] = []
    found = 0
    for _each in range(QUERIES):
        text = make()
        start, start_busy = time.perf_counter(), time.process_time()
        found += not service.suggest(_SCOPE, text, "/").is_empty
        times.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - start_busy) * 1000)
    return {
        "cpu_p50_ms": round(statistics.median(busy), 1),
        "cpu_p95_ms": round(statistics.quantiles(busy, n=20)[-1], 1),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "found": found / QUERIES,
    }


if __name__ == "__main__":
    main()
