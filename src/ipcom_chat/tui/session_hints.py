"""Which keys the chooser of sessions offers."""

from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.key_hints import KeyHint


def search_hints() -> tuple[KeyHint, ...]:
    """Return the keys of the search line."""
    return (
        KeyHint(key="Enter", text=_("go on"), action="resume"),
        KeyHint(key="ESC", text=_("back"), action="back"),
        KeyHint(key="↑↓", text=_("choose"), action="move(1)"),
        KeyHint(key="Tab", text=_("fork, rename, delete, export"), action="read"),
    )


def session_hints() -> tuple[KeyHint, ...]:
    """Return the keys that act on a session."""
    return (
        KeyHint(key="Enter", text=_("go on"), action="resume"),
        KeyHint(key="ESC", text=_("back"), action="back"),
        KeyHint(key="f", text=_("fork"), action="fork"),
        KeyHint(key="r", text=_("rename"), action="rename"),
        KeyHint(key="d", text=_("delete"), action="delete"),
        KeyHint(key="e", text=_("export"), action="export"),
        KeyHint(key="← →", text=_("others"), action="move(1)"),
    )


def title_hints() -> tuple[KeyHint, ...]:
    """Return the keys while a title is typed."""
    return (
        KeyHint(key="Enter", text=_("store the title"), action="search"),
        KeyHint(key="ESC", text=_("back"), action="back"),
    )
