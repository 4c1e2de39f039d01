"""The schema: append-only numbered SQL files, one folder per database.

A migration that has been released is never edited; a change is a new file with the next number.
"""

from pathlib import Path
from typing import NamedTuple


class Migration(NamedTuple):
    """One step of a schema."""

    number: int
    name: str
    sql: str


def migrations(database: str) -> tuple[Migration, ...]:
    """Return the migrations of `database` (a folder beside this file) in order.

    Raises:
        ValueError: the numbers are not 1, 2, 3, and so on.
    """
    folder = Path(__file__).parent / database
    steps = tuple(_read(path) for path in sorted(folder.glob("*.sql")))
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"the migrations of {database} are not numbered 1, 2, 3, ...")
    return steps


def latest(database: str) -> int:
    """Return the number of the newest migration without reading any of them."""
    return sum(1 for _ in (Path(__file__).parent / database).glob("*.sql"))


def _read(path: Path) -> Migration:
    number, _, name = path.stem.partition("_")
    return Migration(int(number), name, path.read_text(encoding="utf-8"))
