"""A replica with its search, its votes and its suggestions, for tests."""

from typing import Any

from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.services.suggestions import SuggestionService
from ipcom_chat.services.votes import VoteService
from ipcom_chat.storage.suggestion_rows import SuggestionRows
from ipcom_chat.storage.votes import Votes
from tests.support.replica import NOW_MS, an_entry
from tests.support.search import Searched

TTL_MS = 3_600_000
FOLDER = "/etc/nginx"


def suggesting(made: Searched) -> SuggestionService:
    """Return the suggestions of a replica."""
    return SuggestionService(
        made.service,
        SuggestionRows(made.database),
        made.history,
        VoteService(Votes(made.database), made.clock),
        made.clock,
        ttl_ms=TTL_MS,
    )


def asked(command: str, age_ms: int = 0, **changes: Any) -> Entry:
    """Return an answered question of some time ago."""
    values = {"response": "An answer.", "created_at": NOW_MS - age_ms, "status": Status.COMPLETED}
    return an_entry(command=command, **values | changes)


def ran(command: str, age_ms: int = 0, **changes: Any) -> Entry:
    """Return a command that ran some time ago and worked."""
    values = {"error_code": "0", "cwd": FOLDER, "response": "its output"} | changes
    return asked(command, age_ms, kind=Kind.COMMAND, **values)
