"""The red-team set and the ordinary lines, one a line; ⏎ in a file stands for the end of a line."""

from pathlib import Path

_DATA = Path(__file__).parents[1] / "data"


def _lines(name: str) -> tuple[str, ...]:
    rows = (_DATA / name).read_text(encoding="utf-8").splitlines()[1:]
    return tuple(row.replace("⏎", "\n") for row in rows if row)


DANGEROUS = _lines("shell_danger.txt")
ORDINARY = _lines("shell_ordinary.txt")
