"""How many bytes an entry takes on disk, in the replica and in the index of the search.

A million questions of 50 bytes with answers of 500, from 300 machines, with ids, machine, session,
model, folder, dates. *pulled*: they came from the primary, as all but a 300th of a team's entries
do; *own*: all were saved or imported here, so each has an event and waits to be pushed. The plan
allowed 10 GB for them.

    python -m benchmarks.storage [1000000]

The last line is one JSON object.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.corpus import an_entry
from benchmarks.places import folder, held_bytes
from benchmarks.search_corpus import vocabulary
from benchmarks.search_replica import Opened
from ipcom_chat.domain.entry import Entry
from ipcom_chat.domain.merge import EntryRow
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entry_rows import entry_bindings
from ipcom_chat.storage.sync_rows import Pulled, take

ENTRIES = 1_000_000
QUESTION_CHARS = 50
ANSWER_CHARS = 500
MACHINES = 300
LIMIT_GB = 1.8
_BATCH = 10_000


def main() -> None:
    """Fill a replica, index it, and print what it takes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    print(json.dumps({"pulled": measure(count, pull), "own": measure(count, save)}))


def measure(count: int, put: Callable[[Opened, list[Entry]], None]) -> dict[str, Any]:
    """Return what `count` entries take that `put` brings in."""
    with folder() as place:
        opened = Opened(place)
        made = entries(opened, count)
        while batch := list(islice(made, _BATCH)):
            put(opened, batch)
        opened.service.catch_up()
        opened.close()
        return _sizes(place, count)


def save(opened: Opened, batch: list[Entry]) -> None:
    """Save entries as this machine's own."""
    opened.entries.add_all(batch, actor="bench")


def pull(opened: Opened, batch: list[Entry]) -> None:
    """Take entries in as from the primary."""
    rows = (entry_bindings(entry) for entry in batch)
    with opened.database.write() as transaction:
        take(
            transaction,
            [
                Pulled("e", rev, json.dumps([row[name] for name in EntryRow.__struct_fields__]))
                for rev, row in enumerate(rows, 1)
            ],
        )


def entries(opened: Opened, count: int) -> Iterator[Entry]:
    """Yield questions with their answers, one after another in time."""
    ids, source = IdSource(opened.clock), random.Random(7)
    words = vocabulary(source)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(words))))
    at_ms = opened.clock.now_ms()
    for number in range(count):
        text = " ".join(source.choices(words, cum_weights=weights, k=130)).ljust(600)
        yield msgspec.structs.replace(
            an_entry(ids.new(), at_ms + number, number % MACHINES, number),
            command=text[:QUESTION_CHARS],
            response=text[QUESTION_CHARS : QUESTION_CHARS + ANSWER_CHARS],
        )


def _sizes(place: Path, count: int) -> dict[str, Any]:
    replica = held_bytes(place.glob("history.db*"))
    index = held_bytes((place / "search").rglob("*"))
    return {
        "replica_gb": round(replica / 1e9, 3),
        "index_gb": round(index / 1e9, 3),
        "together_gb": round((replica + index) / 1e9, 3),
        "bytes_per_entry": round((replica + index) / count),
        # What an empty replica takes weighs too much in a small one.
        **({"limit_gb": LIMIT_GB} if count >= ENTRIES else {}),
    }


if __name__ == "__main__":
    main()
