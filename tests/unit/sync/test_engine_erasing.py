"""What is derived of a text hears at once that an exchange took it out of the replica."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Entry
from ipcom_chat.meaning.catch_up import forget_lost
from ipcom_chat.meaning.texts import DIMENSION, MODEL, text_hash
from ipcom_chat.meaning.wire import VECTORS
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.erasures import Erasures
from ipcom_chat.storage.search_rows import SearchRows
from ipcom_chat.storage.vectors import Vector, VectorMark, open_vectors
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Options
from tests.support.engine import NewNode, add
from tests.support.fleet import Node, run
from tests.support.replica import stored

Erase = Callable[[Erasures, Entry], object]


def reading(node: Node, erased: Callable[[Database, int], None]) -> Engine:
    """Return an engine of a replica that tells of what it took out."""
    options = Options(erased=erased)
    return Engine(node.database, node.link, node.engine.identity, node.clock, options)


def with_vectors(node: Node, folder: Path) -> None:
    """Give every row of a replica a vector, as the process that reads meanings does."""
    rows = SearchRows(node.database)
    asked = rows.asked(0, rows.counter(), limit=100, chars=1000)
    vectors = open_vectors(folder / VECTORS, MODEL, DIMENSION)
    made = [Vector(row.seq, text_hash(row.text or ""), b"c", b"e") for row in asked]
    vectors.put(made, (), VectorMark(rows.counter(), rows.birth(), 0))
    vectors.close()


def known(folder: Path) -> int:
    vectors = open_vectors(folder / VECTORS, MODEL, DIMENSION)
    try:
        return vectors.count()
    finally:
        vectors.close()


@pytest.mark.parametrize(
    "erase",
    [
        lambda erasures, entry: erasures.delete([entry], at_ms=1),
        lambda erasures, entry: erasures.blank([entry], ["command"]),
    ],
    ids=["deleted", "redacted"],
)
def test_the_vector_of_what_others_erased_is_gone_with_the_exchange_that_says_so(
    new_node: NewNode, tmp_path: Path, erase: Erase
) -> None:
    writer, reader, folder = new_node(), new_node(), tmp_path / "meaning"
    folder.mkdir()
    secret, other = add(writer), add(writer)
    writer.cycle()
    engine = reading(reader, lambda database, after: forget_lost(database, folder, after=after))
    run(engine.cycle())
    with_vectors(reader, folder)
    assert known(folder) == 2
    erase(Erasures(writer.database), stored(Entries(writer.database), secret.id))
    add(writer)
    writer.cycle()
    run(engine.exchange())
    assert known(folder) == 1
    kept = reader.database.number("SELECT seq FROM entries WHERE id = ?", (other.id,))
    vectors = open_vectors(folder / VECTORS, MODEL, DIMENSION)
    assert vectors.seqs() == [kept]
    vectors.close()


def test_only_what_takes_text_out_is_told_of(new_node: NewNode) -> None:
    writer, reader, told = new_node(), new_node(), []
    entry = add(writer)
    writer.cycle()
    engine = reading(reader, lambda _database, after: told.append(after))
    run(engine.cycle())
    add(writer)
    writer.cycle()
    run(engine.cycle())
    assert told == []
    Erasures(writer.database).delete([entry], at_ms=1)
    writer.cycle()
    before = reader.database.last_change()
    run(engine.cycle())
    assert told == [before]
