"""What `doctor` looks at beside history and primary: index, erasures, secrets, AI, terminal."""

from collections.abc import Iterator

from ipcom_chat.domain.redaction import redact
from ipcom_chat.errors import AssistantSetupError, SettingsError
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.checks import Check, Subject, current, failed, ok, warning
from ipcom_chat.storage.search_rows import SearchRows

COLUMNS_MIN, LINES_MIN = 80, 24
_SAMPLES = (
    "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "mysql -u root -pTr0ub4dor-3 loja",
    "curl -H 'Authorization: Bearer abcdef0123456789abcdef0123456789'",
    "a senha do roteador e: Xk9-pQ2-vL7",
)
"""Secrets that protect nothing, for the self-test."""
_SECRETS = ("wJalrXUtnFEMI", "Tr0ub4dor-3", "abcdef0123456789", "Xk9-pQ2-vL7")


def terminal(subject: Subject) -> Iterator[Check]:
    """Look at the size of the terminal."""
    if subject.terminal_size is None:
        return
    columns, lines = subject.terminal_size
    detail = _("{columns} columns, {lines} lines", columns=columns, lines=lines)
    if columns < COLUMNS_MIN or lines < LINES_MIN:
        yield warning("terminal", detail, _("The chat is made for 80 columns and 24 lines."))
    else:
        yield ok("terminal", detail)


def redaction(_subject: Subject) -> Iterator[Check]:
    """Mask a few secrets that protect nothing."""
    left = sum(secret in redact(text).text for text, secret in zip(_SAMPLES, _SECRETS, strict=True))
    if left:
        yield failed("redaction", n_("One secret of the self-test was not masked.",
                                     "{count} secrets of the self-test were not masked.", left),
                     _("Install this version of ipcom-chat again."))  # fmt: skip
    else:
        yield ok("redaction", _("secrets are masked before they are stored"))


def index(subject: Subject) -> Iterator[Check]:
    """Look at the search index, and at what of the history it has not seen."""
    folder = subject.replica.parent / "search"
    if not folder.exists():
        yield ok("index", _("will be made by the first search"))
        return
    from ipcom_chat.search.index import SearchIndex  # noqa: PLC0415 - brings Tantivy

    reader = SearchIndex(folder).reader()
    if reader is None or reader.mark is None:
        yield warning("index", _("The search index in {path} cannot be read.", path=folder),
                      _("Nothing is lost: the next search makes it anew."))  # fmt: skip
        return
    with current(subject) as database:
        if database is None:
            return
        rows = SearchRows(database)
        waiting = rows.waiting(reader.watermark, rows.counter())
    yield ok("index", n_("one row is not indexed yet", "{count} rows are not indexed yet", waiting)
             if waiting else _("up to date"))  # fmt: skip


def erasures(subject: Subject) -> Iterator[Check]:
    """Look whether text that was taken out is still in the file's log."""
    with current(subject) as database:
        if database is None:
            return
        is_pending = database.is_erasure_pending
    if is_pending:
        yield warning(
            "erasures",
            _("Text that was taken out is still in the write-ahead log of the history."),
            _("Close the other windows of ipcom-chat; the next start erases it."),
        )
    else:
        yield ok("erasures", _("nothing is left of what was taken out"))


def mcp(subject: Subject) -> Iterator[Check]:
    """Look at the files that name MCP servers; none of the servers is started."""
    if subject.mcp is None:
        return
    found = subject.mcp()
    yield ok("mcp", n_("one server", "{count} servers", len(found.servers)))
    for problem in found.problems:
        yield warning("mcp", problem, _("Correct the file; see docs/mcp.md."))


def reachable(subject: Subject) -> Iterator[Check]:
    """Ask the server of the AI, where that is wanted."""
    if subject.reach is None:
        return
    remedy = _("See 'ipcom-chat config list' for ai.model and its key; without it answers come "
               "from the history.")  # fmt: skip
    try:
        found = subject.reach()
    except (AssistantSetupError, SettingsError) as error:
        yield failed("assistant_online", str(error), remedy)
        return
    detail = _("{host} answers within {ms:.0f} ms", host=found.host, ms=found.took_ms)
    if found.is_refused:
        yield failed("assistant_online", _("{host} does not accept the key.", host=found.host),
                     remedy)  # fmt: skip
    elif found.is_broken:
        yield warning("assistant_online", _("{host} is there and cannot answer (HTTP {status}).",
                                            host=found.host, status=found.status),
                      _("Wait, or look at the status page of the vendor."))  # fmt: skip
    else:
        yield ok("assistant_online", detail)
