"""The resources that other programs are offered: the newest questions, one entry, one session."""

from collections.abc import Callable
from typing import Final

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import NotFoundError
from ipcom_chat.i18n import _
from ipcom_chat.mcp.tools import quoted
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.memory import Memory

MIME_TYPE: Final = "application/json"
_SCHEME: Final = "ipcom-chat://"
_SHOWN_CHARS: Final = 100


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A resource, or with `{id}` at its end a kind of them."""

    uri: str
    name: str
    description: str
    read: Callable[[Memory, str], object]
    """Runs in the storage thread."""

    @property
    def is_template(self) -> bool:
        """Whether the id is still to be filled in."""
        return self.uri.endswith("{id}")

    def key(self, uri: str) -> str | None:
        """Return the id in an address of this place, nothing where none is needed; None if not."""
        if not self.is_template:
            return "" if uri == self.uri else None
        prefix = self.uri.removesuffix("{id}")
        key = uri.removeprefix(prefix)
        return key if uri.startswith(prefix) and key and "/" not in key else None


PLACES: Final = (
    Place(
        uri=f"{_SCHEME}history/recent",
        name="recent",
        description="The newest questions of the team and their answers.",
        read=lambda memory, _key: memory.recent(),
    ),
    Place(
        uri=f"{_SCHEME}entry/{{id}}",
        name="entry",
        description="One entry by its id, with the commands that ran for it.",
        read=lambda memory, key: memory.entry(key),
    ),
    Place(
        uri=f"{_SCHEME}sessions/{{id}}",
        name="session",
        description="The newest entries of one session by its id.",
        read=lambda memory, key: memory.session(key),
    ),
)


def read(memory: Memory, uri: str) -> str:
    """Return what stands at an address, as JSON.

    Raises:
        NotFoundError: nothing does.
        IpcomChatError: it cannot be read.
    """
    for place in PLACES:
        key = place.key(uri)
        if key is not None:
            return json_text(quoted(place.read(memory, key)))
    shown = one_line(uri)[:_SHOWN_CHARS]
    raise NotFoundError(_("There is no resource {uri!r}.", uri=shown))
