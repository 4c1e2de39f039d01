"""What a search lets through: the fields of a query and the choices beside it, as facets."""

from typing import Final

import msgspec

from ipcom_chat.domain.entry import Scope
from ipcom_chat.domain.folding import fold
from ipcom_chat.search.find import Selection
from ipcom_chat.search.query import Condition, Field, Query
from ipcom_chat.search.schema import facets
from ipcom_chat.services.history import HistoryService
from ipcom_chat.storage.search_rows import Candidate

_MACHINE_ID_MIN: Final = 6


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is selected beside the words of the query. Instants are epoch milliseconds."""

    conditions: tuple[Condition, ...] = ()
    since_ms: int = 0
    newest: bool = False
    """The newest of what fits is looked at first, not what fits best."""


class Acceptance:
    """Says whether a row of the replica is what is selected; the index may be older than it."""

    def __init__(self, selection: Selection, query: Query, wanted: Wanted) -> None:
        self.selection = selection
        self._groups = [frozenset(group) for group in selection.groups]
        self._excluded = frozenset(selection.excluded)
        self._after_ms = max(query.after_ms or 0, wanted.since_ms)
        self._before_ms = query.before_ms

    def __call__(self, row: Candidate) -> bool:
        """Return whether a row is what is selected."""
        if row.created_at < self._after_ms:
            return False
        if self._before_ms is not None and row.created_at >= self._before_ms:
            return False
        if not self._groups and not self._excluded:
            return True
        own = set(facets(row))
        return not own & self._excluded and all(own & group for group in self._groups)


class Selector:
    """Knows what users, machines and sessions are called in the facets of the index."""

    def __init__(self, history: HistoryService) -> None:
        self._history = history

    def acceptance(self, query: Query, wanted: Wanted) -> Acceptance:
        """Return what says whether a row is what is selected."""
        return Acceptance(self._selection(query, wanted), query, wanted)

    def _selection(self, query: Query, wanted: Wanted) -> Selection:
        groups: list[tuple[str, ...]] = []
        excluded: list[str] = []
        for condition in (*wanted.conditions, *query.conditions):
            found = self._facets(condition)
            if condition.negated:
                excluded += found
            else:
                groups.append(tuple(found))
        after_ms = max(query.after_ms or 0, wanted.since_ms)
        return Selection(
            groups=tuple(groups),
            excluded=tuple(excluded),
            after_s=after_ms // 1000 if after_ms else None,
            before_s=query.before_ms // 1000 if query.before_ms is not None else None,
            newest=wanted.newest,
        )

    def _facets(self, condition: Condition) -> list[str]:
        values = condition.values
        match condition.field:
            case Field.USER:
                return [facet for value in values for facet in self._user_facets(value)]
            case Field.MACHINE:
                return [facet for value in values for facet in self._machine_facets(value)]
            case Field.SESSION:
                ids = [each for value in values for each in self._history.session_ids(value)]
                return [f"session:{session_id}" for session_id in ids]
            case Field.TAG:
                return [f"tag:{value.casefold()}" for value in values]
            case Field.CWD:
                return [f"cwd:{value.rstrip('/')}" for value in values]
            case _:
                return [f"{condition.field.value}:{value}" for value in values]

    def _user_facets(self, value: str) -> list[str]:
        asked = fold(value)
        ids = [
            user_id for user_id, name in self._history.usernames().items() if fold(name) == asked
        ]
        return [f"os:{value}", *(f"user:{user_id}" for user_id in [*ids, value])]

    def _machine_facets(self, value: str) -> list[str]:
        asked = fold(value)
        ids = [
            machine_id
            for machine_id, hostname in self._history.hostnames().items()
            if fold(hostname) == asked
            or fold(hostname).startswith(f"{asked}.")
            or (len(asked) >= _MACHINE_ID_MIN and machine_id.startswith(asked))
        ]
        return [f"machine:{machine_id}" for machine_id in [*ids, value]]


def with_scope(selection: Selection, scope: Scope) -> Selection:
    """Return a selection that lets through little more than the scope shows."""
    groups: list[tuple[str, ...]] = []
    mode = scope.mode.value if scope.mode else ""
    if mode == "global":
        groups = [("mode:global", "mode:hybrid")]
    elif mode == "user":
        groups = [(f"user:{scope.user_id}",)]
    elif mode == "machine":
        groups = [(f"machine:{scope.machine_id}",), ("mode:machine", "mode:hybrid")]
    elif mode == "hybrid":
        own = f"user:{scope.user_id}", f"machine:{scope.machine_id}"
        groups = [("mode:global", "mode:hybrid", *own)]
    return msgspec.structs.replace(selection, groups=(*selection.groups, *groups))
