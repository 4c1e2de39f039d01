"""What became of the entries of a fleet, counted from outside the code under test.

The server is asked in plain SQL over HTTP, each replica with the `sqlite3` of the standard
library. An entry is known by what it says: which machine saved it, and its number there.
"""

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.fleet_machines import Arrival, Saved, Scene
from benchmarks.sync_server import select

_PAGE = 2_000
_COLUMNS = "id, command, response, status, version, content_hash, rev"
_ON_SERVER = f"SELECT {_COLUMNS} FROM entries WHERE id > '{{}}' ORDER BY id LIMIT {_PAGE}"
_ON_REPLICA = f"SELECT {_COLUMNS}, seq, acked_seq >= local_seq FROM entries ORDER BY id"

Payload = tuple[int, int]
"""Machine and number."""


class Audit(msgspec.Struct, kw_only=True):
    """What was found."""

    lost: int = 0
    duplicated: int = 0
    unacknowledged: int = 0
    unequal: int = 0
    """Subscribed replicas that do not hold exactly what the server holds."""
    everywhere_s: list[float] = []
    """Of each entry: from its save until every other subscribed replica had it."""
    hops_s: list[float] = []
    """The same of each entry and replica."""


def audit(scene: Scene, saved: list[Saved], arrivals: dict[int, list[Arrival]]) -> Audit:
    """Look at the server and at every replica."""
    found = Audit()
    ends = {(each.machine, each.number): each.end_s for each in saved}
    server = list(_server_rows(scene.url))
    _count(found, ends, [_payload(row) for row in server])
    expected = _digest(server)
    last: dict[Payload, float] = {}
    for machine in range(scene.machines):
        rows = _replica_rows(scene.path(machine))
        payloads = [_payload(row) for row in rows]
        found.unacknowledged += sum(not row[-1] for row in rows)
        subscribed = machine < scene.pullers
        own = {payload: at for payload, at in ends.items() if payload[0] == machine}
        _count(found, ends if subscribed else own, payloads)
        if subscribed:
            found.unequal += _digest([row[:-2] for row in rows]) != expected
            for payload, at_s in _arrived(rows, payloads, arrivals.get(machine, [])):
                if payload[0] != machine:
                    found.hops_s.append(at_s - ends[payload])
                    last[payload] = max(last.get(payload, 0.0), at_s)
    found.everywhere_s = [at_s - ends[payload] for payload, at_s in last.items()]
    return found


def _count(found: Audit, expected: dict[Payload, float], payloads: list[Payload]) -> None:
    seen = Counter(payloads)
    found.lost += len(expected.keys() - seen.keys())
    found.duplicated += sum(number - 1 for number in seen.values())


def _arrived(
    rows: list[tuple[Any, ...]], payloads: list[Payload], arrivals: list[Arrival]
) -> Iterator[tuple[Payload, float]]:
    marks = [arrival.seq for arrival in arrivals]
    for row, payload in zip(rows, payloads, strict=True):
        place = bisect_left(marks, row[-2])
        if place < len(arrivals):
            yield payload, arrivals[place].at_s


def _server_rows(url: str) -> Iterator[tuple[Any, ...]]:
    last = ""
    while rows := select(url, _ON_SERVER.format(last)):
        # Integers travel as text.
        yield from ((*row[:4], int(row[4]), int(row[5]), int(row[6])) for row in rows)
        last = rows[-1][0]


def _replica_rows(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(_ON_REPLICA).fetchall()
    finally:
        connection.close()


def _payload(row: tuple[Any, ...]) -> Payload:
    machine, _colon, number = row[1].partition(" ")[0].partition(":")
    return int(machine), int(number)


def _digest(rows: list[tuple[Any, ...]]) -> bytes:
    return blake2b(msgspec.json.encode(rows)).digest()
