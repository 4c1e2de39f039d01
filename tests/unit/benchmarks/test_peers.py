"""Which programs of others are measured, and what is said of those that are missing."""

from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import PEERS, install, program, python, reason


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    return tmp_path


def test_a_peer_is_there_once_its_installation_has_ended(cache: Path) -> None:
    folder = cache / "llm-0.36"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "llm").touch()
    assert program("llm") is None

    (folder / "installed").touch()

    assert program("llm") == folder / "bin" / "llm"
    assert python("llm") == folder / "bin" / "python"


def test_a_peer_that_cannot_be_installed_is_missing_for_a_reason(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "file").touch()
    monkeypatch.setattr(peers, "FOLDER", cache / "file")

    assert "Not a directory" in install(PEERS["llm"])
    assert program("llm") is None


def test_the_reason_is_the_error_that_pip_names_last() -> None:
    said = "WARNING: slow\nERROR: No matching distribution found for x==1\n\nnotice: update pip\n"

    assert reason(said) == "ERROR: No matching distribution found for x==1"
    assert reason("killed\n") == "killed"
    assert reason("") == "it failed without a word"


def test_no_peer_is_in_our_lock_files() -> None:
    locks = Path(peers.__file__).parents[1] / "locks"
    locked = "".join(path.read_text(encoding="utf-8") for path in locks.glob("*.txt"))

    assert [each.package for each in PEERS.values() if f"\n{each.package}==" in locked] == []
