"""The life of a request: one table of transitions, and the compare-and-set that obeys it.

    pending ──▶ processing ──▶ completed | error | cancelled
       └─────────────────────▶ error | cancelled

The last three are final: no event leads out of them, so an answer that arrives after ESC changes
nothing. The same table rules the request in memory (`Request`) and the row in the replica
(`storage.entries` takes its `WHERE status IN (…)` from `sources`).
"""

import threading
from collections.abc import Mapping

from ipcom_chat.domain.entry import Status
from ipcom_chat.ids import EntryId

FINAL = frozenset({Status.COMPLETED, Status.ERROR, Status.CANCELLED})
OPEN = frozenset({Status.PENDING, Status.PROCESSING})

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.ERROR, Status.CANCELLED}),
    Status.PROCESSING: FINAL,
    Status.COMPLETED: frozenset(),
    Status.ERROR: frozenset(),
    Status.CANCELLED: frozenset(),
}

INTERRUPTED = "interrupted"
"""The error code of a request whose process went away."""


def sources(to: Status) -> tuple[Status, ...]:
    """Return the statuses from which `to` can be reached, in the order of `Status`."""
    return tuple(status for status in Status if to in TRANSITIONS[status])


class Request:
    """A request in memory. Any thread may call `advance`; exactly one caller wins each step."""

    def __init__(self, entry_id: EntryId, text: str) -> None:
        self.entry_id = entry_id
        self.text = text
        self._status = Status.PENDING
        self._lock = threading.Lock()

    @property
    def status(self) -> Status:
        """Where the request stands now."""
        return self._status

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self._status in OPEN

    def advance(self, to: Status) -> bool:
        """Move to `to` if the table allows it from here; return whether this call did it."""
        with self._lock:
            if to not in TRANSITIONS[self._status]:
                return False
            self._status = to
            return True
