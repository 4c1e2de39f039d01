"""Where benchmarks keep their files, and how much files take."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def folder(parent: Path | None = None) -> Iterator[Path]:
    """Give a folder on the disk of the project: a temporary one is often in memory."""
    with TemporaryDirectory(prefix=".bench-", dir=parent or Path.cwd()) as name:
        yield Path(name)


def held_bytes(paths: Iterable[Path]) -> int:
    """Return how many bytes the files among some paths hold."""
    return sum(path.stat().st_size for path in paths if path.is_file())
