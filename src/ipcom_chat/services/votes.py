"""Takes votes on entries, and counts them."""

from collections.abc import Iterable

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Origin
from ipcom_chat.domain.votes import Tally, Vote, voter_of
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.storage.votes import Votes

__all__ = ["Tally", "Vote", "VoteService"]


class VoteService:
    """The votes of one replica."""

    def __init__(self, votes: Votes, clock: Clock) -> None:
        self._votes = votes
        self._clock = clock

    def cast(self, entry: Entry, vote: Vote, origin: Origin) -> Tally:
        """Take what somebody says of an entry, instead of what was said before; return all votes.

        Raises:
            UsageError: the entry is private: nobody else sees it, and its vote would travel.
        """
        if entry.private:
            raise UsageError(_("A private entry takes no votes: nobody else sees it."))
        self._votes.cast(entry.id, voter_of(origin), vote, at_ms=self._clock.now_ms())
        return self.tally(entry)

    def tally(self, entry: Entry) -> Tally:
        """Return the votes on an entry."""
        return self.tallies([entry.id]).get(entry.id, Tally())

    def tallies(self, ids: Iterable[str]) -> dict[str, Tally]:
        """Return the votes by entry id, for those that ever had any."""
        return self._votes.tallies(ids)
