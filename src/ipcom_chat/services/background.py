"""A thread of this process that does something now and then, until it is told to stop."""

import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """The thread; not started yet. Stop it. A subclass says in `run` what it does.

    Args:
        name: of the thread.
        join_s: so long the end waits for it; None waits until it has ended.
    """

    def __init__(self, name: str, *, join_s: float | None = None) -> None:
        self.stopping = threading.Event()
        self._join_s = join_s
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End with what is being done."""
        self.stopping.set()
        self._thread.join(self._join_s)

    @abstractmethod
    def run(self) -> None:
        """Do it, looking at `stopping`; runs in the thread."""
