"""What the history screen says: its title, filters, keys, and what was done."""

from ipcom_chat.domain.entry import Kind, Mode
from ipcom_chat.erasing_words import erased
from ipcom_chat.formats import status_word
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.browsing import Erased, How, Page, View
from ipcom_chat.tui.widgets.filter_bar import Switch
from ipcom_chat.tui.widgets.key_hints import KeyHint


def title(view: View, page: Page) -> str:
    """Return what is listed, and how much of it."""
    more = "+" if page.is_cut else ""
    found = n_("one entry", "{count}{more} entries", len(page.lines), more=more)
    parts = [_("History") if view.session is None else _("This session"), found]
    if page.not_indexed:
        parts.append(n_("{count} more is being indexed", "{count} more are being indexed",
                        page.not_indexed))  # fmt: skip
    return "  ·  ".join(parts)


def nothing(view: View) -> str:
    """Return what an empty list says."""
    if view.text.strip() or view.kind or view.status:
        return _("Nothing in this history fits.")
    return _("Nothing was asked yet in this history.")


def switches(view: View, own: Mode | None) -> tuple[Switch, ...]:
    """Return the filters that keys switch.

    Args:
        view: what is looked at.
        own: the mode of the chat, which narrows nothing.
    """
    mode = view.scope.mode
    kinds = {None: _("everything"), Kind.QUESTION: _("questions"), Kind.COMMAND: _("commands")}
    status = _("any status") if view.status is None else status_word(view.status)
    return (
        Switch(key="F2", text=mode.value if mode else "", action="next_mode",
               is_set=mode is not own),
        Switch(key="F3", text=kinds[view.kind], action="next_kind", is_set=view.kind is not None),
        Switch(key="F4", text=status, action="next_status", is_set=view.status is not None),
    )  # fmt: skip


def search_hints(*, chooses: bool) -> tuple[KeyHint, ...]:
    """Return the keys of the search line; `chooses` says whether Enter takes into the prompt."""
    read = _("read")
    first = (
        KeyHint(key="Enter", text=_("into the prompt"), action="ask_again")
        if chooses
        else KeyHint(key="Enter", text=read, action="read")
    )
    return (
        first,
        KeyHint(key="ESC", text=_("back"), action="back"),
        KeyHint(key="↑↓", text=_("choose"), action="move(1)"),
        *((KeyHint(key="Tab", text=read, action="read"),) if chooses else ()),
        KeyHint(key="F2 F3 F4", text=_("filter"), action="next_mode"),
    )


def reading_hints() -> tuple[KeyHint, ...]:
    """Return the keys that act on what is read."""
    return (
        KeyHint(key="Enter", text=_("ask again"), action="ask_again"),
        KeyHint(key="ESC", text=_("back"), action="back"),
        KeyHint(key="c", text=_("copy"), action="copy"),
        KeyHint(key="s", text=_("session"), action="open_session"),
        KeyHint(key="+ -", text=_("vote"), action="vote('good')"),
        KeyHint(key="r", text=_("redact"), action="erase('redact')"),
        KeyHint(key="d", text=_("delete"), action="erase('delete')"),
        KeyHint(key="← →", text=_("others"), action="move(1)"),
    )


def told(result: Erased, how: How) -> str:
    """Return what was done, and what it does not reach."""
    done = erased(result.count, how)
    if result.copies:
        copies = n_("One copy beside the history still has it.",
                    "{count} copies beside the history still have it.", result.copies)  # fmt: skip
        done = f"{done} {copies}"
    if result.is_pending:
        done = f"{done} {_('Another program still reads the old text.')}"
    return done
