"""The history as one chat reads and judges it; what touches storage goes off the loop."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ipcom_chat.assistant.base import KNOWLEDGE
from ipcom_chat.domain.entry import Entry
from ipcom_chat.domain.votes import Tally, Vote
from ipcom_chat.errors import NotFoundError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import ChatService
from ipcom_chat.services.history import EntryFilter
from ipcom_chat.services.session_history import Asked

if TYPE_CHECKING:
    from ipcom_chat.services.browsing import Erased, How
    from ipcom_chat.services.suggestions import Solved
    from ipcom_chat.tui.finder import Finder

PROMPTS_LOADED = 1_000


class ChatHistory:
    """What one chat wants of the history. Close it.

    Args:
        runtime: open.
        service: says in whose name and in which histories.
        thread: runs what touches storage.
        changed: called when something was changed that others are to hear of.
    """

    def __init__(
        self,
        runtime: Runtime,
        service: ChatService,
        thread: StorageThread,
        changed: Callable[[], None],
    ) -> None:
        self._runtime = runtime
        self._service = service
        self._thread = thread
        self._changed = changed
        self._finder: Finder | None = None

    def open_finder(self) -> "Finder":
        """Return the way to the whole history, opened when it is first needed."""
        if self._finder is None:
            from ipcom_chat.tui.finder import Finder  # noqa: PLC0415 - brings Tantivy

            self._finder = Finder(self._runtime, self._thread)
        return self._finder

    def close(self) -> None:
        """Close what was opened."""
        if self._finder is not None:
            self._finder.close()

    async def prompts(self) -> list[str]:
        """Return earlier questions, oldest first."""
        scope = self._service.context.scope
        find = self._runtime.history.prompts
        return (await self._thread.run(find, scope, limit=PROMPTS_LOADED))[::-1]

    async def entry_count(self) -> int:
        """Return how many entries the histories have that are read now."""
        scope = self._service.context.scope
        stats = await self._thread.run(self._runtime.history.stats, scope, EntryFilter())
        return stats.entries

    async def offers_import(self) -> bool:
        """Return, once, whether an earlier program's history waits to be imported."""
        return await self._thread.run(self._runtime.offers_import)

    # Single entries.

    async def meant(self, id_: str) -> tuple[str, Entry]:
        """Return the short id of the entry that an id means, and the entry.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none, or several.
        """
        return await self._thread.run(self._meant, id_)

    def _meant(self, id_: str) -> tuple[str, Entry]:
        entry = self._runtime.history.find(id_)
        return self._runtime.history.short_id(entry.id), entry

    async def vote(self, id_: str, vote: Vote) -> tuple[str, Tally]:
        """Take what the user says of an entry; return its short id and all its votes.

        Raises:
            UsageError: it is private.
            NotFoundError, AmbiguousIdError: the id means none, or several.
        """
        voted = await self._thread.run(self._vote, id_, vote)
        self._changed()
        return voted

    def _vote(self, id_: str, vote: Vote) -> tuple[str, Tally]:
        short_id, entry = self._meant(id_)
        return short_id, self._runtime.votes.cast(entry, vote, self._service.context.origin)

    async def erase(self, id_: str, how: "How") -> "Erased":
        """Delete an entry, or blank its texts, for everybody; with the commands that it ran.

        Raises:
            UsageError: it is still being answered.
            NotFoundError, AmbiguousIdError: the id means none, or several.
        """
        _short_id, entry = await self.meant(id_)
        finder = self.open_finder()  # keeps the index, which must lose the text, too
        chosen = await finder.choose(entry)
        if not chosen.entries:
            raise UsageError(_("It is still being answered; ESC cancels it."))
        erased = await finder.erase(chosen, how)
        self._changed()
        return erased

    async def saved(self, ids: Sequence[EntryId]) -> list[Asked]:
        """Return of these requests those that are saved, in this order, with their commands."""
        return await self._thread.run(self._saved, tuple(ids))

    def _saved(self, ids: Sequence[EntryId]) -> list[Asked]:
        history = self._runtime.history
        saved = []
        for entry_id in ids:
            try:
                entry = history.find(entry_id)
            except NotFoundError:
                continue  # it could not be written, and the screen said so
            saved.append(Asked(entry=entry, commands=tuple(history.commands_of(entry_id))))
        return saved

    # What was solved before.

    async def solved(self, text: str) -> "Solved | None":
        """Return how a question was solved before this session, if it was.

        None where the assistant says itself what the history knows.
        """
        if self._service.assistant.name == KNOWLEDGE:
            return None
        return await self._thread.run(self._solved, text)

    def _solved(self, text: str) -> "Solved | None":
        context = self._service.context
        suggestions = self._runtime.suggestions
        found = suggestions.solved(context.scope, text, but=context.origin.session_id)
        return found[0] if found else None
