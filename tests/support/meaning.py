"""The real model, loaded once, and the process that holds it as a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ipcom_chat.meaning.client import Meaning
from ipcom_chat.meaning.encoder import Encoder
from ipcom_chat.meaning.server import serve
from tests.support.env import data_dir, replica
from tests.support.machine import eventually

ANSWERS_WITHIN_S = 20.0


@cache
def encoder() -> Encoder:
    """Return the model; loading it takes more than a second."""
    return Encoder()


def end_process(env: dict[str, str]) -> None:
    """End the process that serves the replica of an environment: it leaves when that has gone."""
    replica(env).rename(data_dir(env) / "aside.db")
    socket = data_dir(env) / "meaning" / "socket"
    eventually(socket.exists, lambda is_there: not is_there)


@contextmanager
def serving(folder: Path) -> Iterator[Meaning]:
    """Serve the replica in a folder; give what asks there, once it answers."""
    replica, place = folder / "history.db", folder / "meaning"
    thread = threading.Thread(
        target=serve, args=(replica, place), kwargs={"load": encoder}, daemon=True
    )
    thread.start()
    meaning = Meaning(replica, place)
    try:
        eventually(lambda: meaning.ask("", limit=0), lambda found: found is not None)
        meaning.wait()  # from here on answers are waited for, however busy the machine is
        yield meaning
    finally:
        # It ends when the replica has gone, and looks for that after each question.
        replica.unlink(missing_ok=True)
        meaning.ask("", limit=0)
        thread.join(ANSWERS_WITHIN_S)
        assert not thread.is_alive()
