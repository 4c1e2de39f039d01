"""What stands beside an entry and goes with it into an export: its votes and its session.

Invariants:
- A session goes along only if the scope shows it, and a private one only with a private entry.
- What comes back is merged by `domain.merge`, as if the primary had brought it; what changes waits
  to be pushed. A row that is private, here or there, changes nothing that is known.
- A private entry has no votes, and one that was deleted gets none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from ipcom_chat.domain.entry import Entry, Scope
from ipcom_chat.domain.merge import SessionRow, VoteRow, merge_small
from ipcom_chat.storage.database import Database, Row, Transaction, json_list
from ipcom_chat.storage.entry_rows import redacted_text, scope_bindings
from ipcom_chat.storage.scope_sql import SCOPE_SQL

_VOTE = ", ".join(VoteRow.__struct_fields__)
_SESSION = ", ".join(SessionRow.__struct_fields__)
_VOTES_OF = f"SELECT {_VOTE} FROM votes WHERE entry_id = ? ORDER BY voter"
_SESSION_OF = {
    mode: (
        f"SELECT private, {_SESSION} FROM sessions WHERE id = :id AND deleted_at IS NULL "
        f"AND private <= :private AND {scope}"
    )
    for mode, scope in SCOPE_SQL.items()
}
_KNOWN_VOTES = f"SELECT {_VOTE} FROM votes WHERE entry_id IN (SELECT value FROM json_each(?))"
_KNOWN_SESSIONS = (
    f"SELECT private, {_SESSION} FROM sessions WHERE id IN (SELECT value FROM json_each(?))"
)
_VOTED_ON = """
SELECT id FROM entries
WHERE id IN (SELECT value FROM json_each(?)) AND private = 0 AND deleted_at IS NULL
"""
_PUT_VOTE = f"""
INSERT INTO votes ({_VOTE}, local_seq, acked_seq)
VALUES ({", ".join("?" for _name in VoteRow.__struct_fields__)}, ?, 0)
ON CONFLICT (entry_id, voter) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in VoteRow.__struct_fields__[2:])},
  local_seq = excluded.local_seq
"""
_PUT_SESSION = f"""
INSERT INTO sessions ({_SESSION}, private, local_seq, acked_seq)
VALUES ({", ".join("?" for _name in SessionRow.__struct_fields__)}, ?, ?, 0)
ON CONFLICT (id) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in SessionRow.__struct_fields__[1:])},
  local_seq = excluded.local_seq
"""

_Read = Callable[[str, tuple[str]], Iterable[Row]]


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """The votes and the session of one entry."""

    votes: tuple[VoteRow, ...] = ()
    session: SessionRow | None = None
    session_is_private: bool = False


class BesideRows:
    """What stands beside the entries of one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, entry: Entry, scope: Scope) -> Beside:
        """Return what goes with an entry that the scope shows; its votes by voter."""
        votes = tuple(VoteRow(*row) for row in self._database.rows(_VOTES_OF, (entry.id,)))
        session = self._session(entry, scope) if entry.session_id else None
        if session is None:
            return Beside(votes=votes)
        return Beside(
            votes=votes, session=SessionRow(*session[1:]), session_is_private=bool(session[0])
        )

    def _session(self, entry: Entry, scope: Scope) -> Row | None:
        bindings = scope_bindings(scope) | {
            "id": entry.session_id, "private": int(entry.private)
        }  # fmt: skip
        return self._database.row(_SESSION_OF[scope.mode], bindings)

    def would_change(self, all_of: Sequence[Beside]) -> bool:
        """Return whether `bring` would change anything."""
        read: _Read = self._database.rows
        changed = chain(_changed_votes(read, all_of), _changed_sessions(read, all_of))
        return next(changed, None) is not None


def bring(transaction: Transaction, all_of: Sequence[Beside]) -> None:
    """Insert or merge votes and sessions of an export; their entries came before."""
    for vote in _changed_votes(transaction.execute, all_of):
        transaction.execute(
            _PUT_VOTE, (*msgspec.structs.astuple(vote), transaction.next_local_seq())
        )
    for session, private in _changed_sessions(transaction.execute, all_of):
        values = msgspec.structs.astuple(session)
        transaction.execute(_PUT_SESSION, (*values, int(private), transaction.next_local_seq()))


def _changed_votes(read: _Read, all_of: Sequence[Beside]) -> Iterator[VoteRow]:
    brought: dict[tuple[str, str], VoteRow] = {}
    for vote in (vote for each in all_of for vote in each.votes):
        key = vote.entry_id, vote.voter
        brought[key] = merge_small(brought.get(key, vote), vote)
    ids = json_list({entry_id for entry_id, _voter in brought})
    open_to_votes = {row[0] for row in read(_VOTED_ON, (ids,))}
    known = {(row[0], row[1]): VoteRow(*row) for row in read(_KNOWN_VOTES, (ids,))}
    for key, vote in brought.items():
        merged = merge_small(known.get(key, vote), vote)
        if key[0] in open_to_votes and merged != known.get(key):
            yield merged


def _changed_sessions(read: _Read, all_of: Sequence[Beside]) -> Iterator[tuple[SessionRow, bool]]:
    brought: dict[str, tuple[SessionRow, bool]] = {}
    for each in all_of:
        if each.session is not None:
            session, private = brought.get(each.session.id, (each.session, False))
            merged = merge_small(session, each.session)
            brought[merged.id] = merged, private or each.session_is_private
    known = {row[1]: row for row in read(_KNOWN_SESSIONS, (json_list(brought),))}
    for session_id, (session, private) in brought.items():
        theirs = msgspec.structs.replace(session, title=redacted_text(session.title))
        if session_id not in known:
            yield theirs, private
        elif not private and not known[session_id][0]:
            ours = SessionRow(*known[session_id][1:])
            merged = merge_small(ours, theirs)
            if merged != ours:
                yield merged, False
