"""The file of vectors: derived, disposable, and rid of what is forgotten."""

import stat
from pathlib import Path

import apsw

from ipcom_chat.storage.vectors import Vector, VectorMark, Vectors, open_vectors
from tests.support.replica import parts

SECRET = bytes(range(100, 228)) * 4
MARK = VectorMark(watermark=7, birth=3, evicted_at=2)


def vectors_at(path: Path, model: str = "model", dimension: int = 512) -> Vectors:
    return open_vectors(path, model, dimension)


def filled(path: Path) -> None:
    opened = vectors_at(path)
    opened.put([Vector(n, n * 10, b"code%d" % n, SECRET) for n in (1, 2)], (), MARK)
    opened.close()


def test_vectors_and_how_far_they_reach_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "meaning" / "vectors.db"
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = vectors_at(path)
    assert again.mark() == MARK
    assert (again.count(), again.seqs()) == (2, [1, 2])
    assert again.codes() == [(1, b"code1"), (2, b"code2")]
    assert again.hashes([2, 3]) == {2: 20}
    assert again.exact([1, 9]) == {1: SECRET}
    again.close()


def test_a_lost_text_takes_its_vector_off_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    opened = vectors_at(path)
    opened.put([Vector(1, 10, b"code", SECRET)], (), MARK)
    assert any(SECRET in part for part in parts(path).values())
    opened.put([Vector(1, 11, b"other", b"x" * 512)], (1,), MARK)
    assert not any(SECRET in part for part in parts(path).values())
    assert opened.hashes([1]) == {1: 11}
    opened.close()


def test_what_somebody_was_still_reading_leaves_the_disk_with_the_next_opening(
    tmp_path: Path,
) -> None:
    path = tmp_path / "vectors.db"
    filled(path)
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM vectors").fetchall()
    opened = vectors_at(path)
    opened.put((), (1, 2), MARK)
    reader.close()
    keeps_open = apsw.Connection(str(path))  # or the last to close would empty the WAL
    keeps_open.execute("SELECT count(*) FROM vectors").fetchall()
    opened.close()
    vectors_at(path).close()
    assert not any(SECRET in part for part in parts(path).values())
    keeps_open.close()


def test_vectors_of_another_model_are_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    for model, dimension in (("other", 512), ("model", 256)):
        filled(path)
        opened = vectors_at(path, model, dimension)
        assert (opened.count(), opened.mark()) == (0, VectorMark())
        assert not any(SECRET in part for part in parts(path).values())
        opened.close()


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    path.write_bytes(b"this is no database, and never was one" * 100)
    filled(path)
    opened = vectors_at(path)
    assert opened.count() == 2
    opened.close()
    # Found damaged while it was in use: the mark is left, and the next one starts anew.
    (tmp_path / "vectors.db.damaged").touch()
    opened = vectors_at(path)
    assert opened.count() == 0
    opened.close()
    assert not (tmp_path / "vectors.db.damaged").exists()
