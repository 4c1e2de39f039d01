"""What SQLite says of the soundness of a file."""

import apsw

MOST = 5
"""So many problems are told: more say nothing new."""


def problems(connection: apsw.Connection, *, quick: bool = False) -> list[str]:
    """Return what is wrong with the pages of a file, its indexes and its checks; nothing is sound.

    Args:
        connection: to the file.
        quick: whether indexes are not held against their tables, which takes most of the time.

    Raises:
        apsw.Error: the file cannot be read so far.
    """
    check = "quick_check" if quick else "integrity_check"
    lines = [str(row[0]) for row in connection.execute(f"PRAGMA {check}({MOST})")]
    return [] if lines == ["ok"] else lines
