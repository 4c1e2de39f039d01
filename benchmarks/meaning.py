"""How long it takes to find what means the same, and what the vectors take, by history size.

    python -m benchmarks.meaning [100000 1000000]

The vectors are made up, as unlike one another as can be, since reading a million questions takes
ten minutes; the questions that are asked are real and go through the real model. In the process
that holds it: from the question to its hundred nearest, those of a hundred more rows beside them.
"""

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.places import held_bytes
from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened
from ipcom_chat.meaning.codes import code, exact
from ipcom_chat.meaning.encoder import Encoder
from ipcom_chat.meaning.server import Memory
from ipcom_chat.meaning.texts import DIMENSION, MODEL
from ipcom_chat.meaning.wire import Question
from ipcom_chat.storage.vectors import Vector, VectorMark, Vectors, open_vectors

SIZES = (10_000, 100_000)
QUERIES = 200
_BATCH = 10_000


def main() -> None:
    """Measure every size; print one JSON object."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    start = time.perf_counter()
    encoder = Encoder()
    loaded_s = time.perf_counter() - start
    questions = [question for question, _answer in texts(2_000)]
    start = time.perf_counter()
    encoder.encode(questions)
    read_s = time.perf_counter() - start
    model = {
        "load_s": round(loaded_s, 2),
        "questions_per_s": round(len(questions) / read_s),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    result: dict[str, Any] = {"model": model}
    for size in sizes:
        result[f"{size:,} vectors"] = measure(size, encoder, questions[:QUERIES])
    print(json.dumps(result))


def measure(size: int, encoder: Encoder, questions: list[str]) -> dict[str, float]:
    """Return the figures for so many vectors."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opened = Opened(folder)
        vectors = open_vectors(folder / "vectors.db", MODEL, DIMENSION)
        _fill(vectors, size)
        start = time.perf_counter()
        memory = Memory(opened.rows, vectors, encoder)
        opened_s = time.perf_counter() - start
        times = list(_times(memory, questions, size))
        held = held_bytes(folder.glob("vectors.db*"))
        vectors.close()
        opened.close()
    walls, processor = zip(*times, strict=True)
    return {
        "p50_ms": _median(walls),
        "p95_ms": _p95(walls),
        "processor_p50_ms": _median(processor),
        "processor_p95_ms": _p95(processor),
        "open_s": round(opened_s, 2),
        "bytes_per_vector": round(held / size),
    }


def _median(times: Sequence[float]) -> float:
    return round(statistics.median(times), 1)


def _p95(times: Sequence[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)


def _times(memory: Memory, questions: list[str], size: int) -> Iterator[tuple[float, float]]:
    """Yield how long each question takes by the wall clock, and how long it computes; ms."""
    for number, text in enumerate(questions):
        also = tuple((number * 7919 + each * 104_729) % size for each in range(100))
        start, computed = time.perf_counter(), time.process_time()
        memory.likeness(Question(text=text, also=also, limit=100))
        yield (time.perf_counter() - start) * 1000, (time.process_time() - computed) * 1000


def _fill(vectors: Vectors, size: int) -> None:
    source = np.random.default_rng(3)
    for start in range(0, size, _BATCH):
        made = source.standard_normal((min(_BATCH, size - start), DIMENSION), dtype=np.float32)
        vectors.put(
            [Vector(start + at, at, code(row), exact(row)) for at, row in enumerate(made)],
            (),
            VectorMark(),
        )


if __name__ == "__main__":
    main()
