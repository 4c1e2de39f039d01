"""The parts of the report, in its order: how each is called for a quick report and a full one.

Pure. Quick sizes let the whole report end in some twenty minutes on two cores that have nothing
else to do; full ones are those of docs/benchmarks.md. `{sizes}` becomes the numbers of entries to
measure with, `{largest}` the largest of them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

QUICK_SIZES = (10_000,)
FULL_SIZES = (10_000, 100_000, 1_000_000)
QUICK_LIMIT_S = 600
FULL_LIMIT_S = 7_200
CORPORA = {
    "retrieval, English paraphrases": ("nl2bash_corpus.jsonl", "nl2bash_queries.jsonl", "answer"),
    "retrieval, Portuguese to English": ("tldr_en_corpus.jsonl", "tldr_pt_queries.jsonl", "id"),
}
"""Files of a folder that is not part of this repository."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A module with a `main` whose last line of output is one JSON object."""

    module: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    title: str = ""

    @property
    def name(self) -> str:
        """What the report and the command line call it."""
        return self.title or self.module


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is to hold."""

    names: tuple[str, ...] = ()
    """None: all parts."""
    full: bool = False
    sizes: tuple[int, ...] = ()
    """None: those of a quick or a full report."""
    corpora: Path | None = None

    @property
    def limit_s(self) -> int:
        """Return how long a part may take."""
        return FULL_LIMIT_S if self.full or self.sizes else QUICK_LIMIT_S


PARTS = (
    Part(module="writes", quick=("--rounds", "1", "--single", "3000", "--writes", "60"),
         full=("--rounds", "5")),
    Part(module="peer_writes", quick=("--entries", "10"), full=("--entries", "60")),
    Part(module="startup", quick=("--rounds", "11"), full=("--rounds", "31")),
    Part(module="peer_startup", quick=("--rounds", "5"), full=("--rounds", "15")),
    Part(module="first_paint", quick=("--rounds", "7")),
    Part(module="ask", quick=("--rounds", "5"), full=("--rounds", "15")),
    Part(module="search", quick=("{sizes}",), full=("{sizes}",)),
    Part(module="peer_history", quick=("{sizes}",), full=("{sizes}",)),
    Part(module="retrieval"),
    Part(module="suggestions", quick=("{sizes}",), full=("{sizes}",)),
    Part(module="meaning", quick=("{sizes}",), full=("{sizes}",)),
    Part(module="history_keys", quick=("{sizes}",), full=("{sizes}",)),
    Part(module="chat_keys"),
    Part(module="esc", quick=("--rounds", "6"), full=("--rounds", "20")),
    Part(module="imports", quick=("--lines", "20000"), full=("--lines", "1000000")),
    Part(module="storage", quick=("10000",), full=("{largest}",)),
    Part(module="sync_noop", quick=("--turns", "10"),
         full=("--entries", "100000", "--turns", "60")),
    Part(module="sync_bulk", quick=("--rounds", "1"), full=("--entries", "100000")),
    Part(module="peer_sync", quick=("--entries", "500"), full=("--entries", "2000")),
    Part(module="fleet", quick=("--seconds", "10", "--scene", "day"), full=("--seconds", "60")),
    Part(module="fleet_simulated"),
    Part(module="cost"),
    Part(module="monitoring", quick=("--writes", "500", "--entries", "10000")),
    Part(module="instructions"),
    Part(module="redaction"),
    Part(module="memory"),
)  # fmt: skip


def commands(wanted: Wanted) -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each part that is wanted, and its module with its arguments."""
    unknown = set(wanted.names) - {part.name for part in PARTS} - {part.module for part in PARTS}
    if unknown:
        raise ValueError(f"no such part: {', '.join(sorted(unknown))}")
    for part in PARTS:
        if not wanted.names or {part.name, part.module} & set(wanted.names):
            yield part.name, [part.module, *arguments(part, wanted)]
            if part.module == "retrieval" and wanted.corpora:
                yield from _retrievals(wanted.corpora)


def arguments(part: Part, wanted: Wanted) -> list[str]:
    """Return the arguments of a part."""
    sizes: Sequence[int] = wanted.sizes or (FULL_SIZES if wanted.full else QUICK_SIZES)
    filled: list[str] = []
    for word in part.full if wanted.full else part.quick:
        if word == "{sizes}":
            filled += map(str, sizes)
        else:
            filled.append(word.format(largest=max(sizes)))
    return filled


def _retrievals(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for title, (corpus, queries, key) in CORPORA.items():
        yield title, ["retrieval", "--corpus", str(folder / corpus),
                      "--queries", str(folder / queries), "--key", key, "--compare"]  # fmt: skip
