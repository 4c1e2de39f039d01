"""What every test shares: the English screen, and a home folder that is not the tester's."""

import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ipcom_chat import i18n

# These machines are shared: how long an example takes says nothing about it.
settings.register_profile("shared", deadline=None, print_blob=True)
settings.load_profile("shared")

# What is saved is on the disk before a save returns, and most of the time of most tests was that. A
# killed process loses nothing in memory either; the power is cut by no test.
MEMORY = Path("/dev/shm")
MEMORY_LEAST = 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_LEAST and os.access(MEMORY, os.W_OK):
    for variable in ("PYTEST_DEBUG_TEMPROOT", "TMPDIR"):
        os.environ.setdefault(variable, str(MEMORY))

# What a shell starts in the background ignores Ctrl-C, and so would every program started here.
signal.signal(signal.SIGINT, signal.default_int_handler)


# For whoever has a real model to test with; all it shows is tested with scripted servers, too.
collect_ignore = (
    [] if "IPCOM_CHAT_REAL_MODEL" in os.environ else ["unit/assistant/test_real_model.py"]
)
_BESIDE = {"measuring", "indexing", "alerting", "sync"}


@pytest.fixture(autouse=True)
def _english_screen() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


@pytest.fixture(autouse=True)
def _logs_are_seen() -> None:
    """Let `caplog` hear the program, though an earlier test opened its log file in this process."""
    logging.getLogger("ipcom_chat").propagate = True


@pytest.fixture(autouse=True)
def _empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a test that forgets to choose its folders away from the real history."""
    home = tmp_path / "home-of-the-test"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TURSO_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """Let no test leave a thread beside a history: hundreds of them make all later tests slow."""
    yield
    kept = [each.name for each in threading.enumerate() if each.name in _BESIDE]
    assert not kept, f"threads were left: {kept}"
