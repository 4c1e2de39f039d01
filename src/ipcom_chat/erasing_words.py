"""What is said of entries that are taken out, in every front end."""

from typing import TYPE_CHECKING

from ipcom_chat.i18n import n_

if TYPE_CHECKING:
    from ipcom_chat.services.erasures import How


def erase_question(count: int, how: "How") -> str:
    """Return what is asked before so many entries are taken out."""
    if how == "delete":
        return n_("Delete this entry for everybody?", "Delete these {count} entries for everybody?",
                  count)  # fmt: skip
    return n_("Blank this entry for everybody?", "Blank these {count} entries for everybody?",
              count)  # fmt: skip


def erased(count: int, how: "How") -> str:
    """Return that so many entries were taken out."""
    if how == "delete":
        return n_("Deleted one entry.", "Deleted {count} entries.", count)
    return n_("Blanked one entry.", "Blanked {count} entries.", count)
