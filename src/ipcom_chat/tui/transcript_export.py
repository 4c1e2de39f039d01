"""A conversation as Markdown, for a file that people read and send on, or as JSON.

Nothing in it acts on a terminal, and in Markdown no text leaves the block that was made for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.assistant.markdown import block, cut
from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import OutputError
from ipcom_chat.formats import instant, local_time, status_word
from ipcom_chat.i18n import _
from ipcom_chat.ids import short_id
from ipcom_chat.services.exports import json_text, write_file
from ipcom_chat.services.session_history import Asked

TITLE_CHARS = 80
JSON_SUFFIX = ".json"


def default_name(now_ms: int) -> str:
    """Return the name of an export that was given none."""
    return f"ipcom-chat-{local_time(now_ms, '%Y%m%d-%H%M%S')}.md"


def export(
    name: str, asked: Sequence[Asked], head: str, facts: Mapping[str, Any] | None = None
) -> Path:
    """Write a conversation into a new file that only its owner can read; return where it is.

    Args:
        name: of the file; one that ends in `.json` holds JSON, any other Markdown.
        asked: the conversation.
        head: who and where, for Markdown.
        facts: the same and more, for JSON.

    Raises:
        OutputError: the file exists, or cannot be written.
    """
    try:
        path = Path(name).expanduser().absolute()
    except RuntimeError as error:  # `~somebody` whom this machine does not know
        raise OutputError(_("There is no folder {path}.", path=name)) from error
    if path.exists():
        raise OutputError(_("{path} exists already; give another name.", path=path))
    is_json = path.suffix.casefold() == JSON_SUFFIX
    written = json_pieces(asked, facts or {}) if is_json else pieces(asked, head)
    write_file(path, written, force=False)
    return path


def pieces(asked: Sequence[Asked], head: str) -> Iterator[str]:
    """Yield the document piece by piece."""
    yield f"# ipcom-chat\n\n{one_line(head)}\n"
    for each in asked:
        yield from _question(each)


def json_pieces(asked: Sequence[Asked], facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield one JSON object piece by piece: the facts, and `turns` with whole entries."""
    yield json_text(facts).removesuffix("}") + (',"turns":[' if facts else '"turns":[')
    for place, each in enumerate(asked):
        turn = msgspec.structs.asdict(each.entry) | {"commands": each.commands}
        yield f"{',' if place else ''}\n{json_text(turn)}"
    yield "\n]}\n"


def _question(asked: Asked) -> Iterator[str]:
    entry = asked.entry
    title = cut(one_line(entry.command), TITLE_CHARS)
    facts = (instant(entry.created_at), short_id(entry.id), status_word(entry.status))
    yield f"\n## {title}\n\n{' · '.join(facts)}\n\n"
    if entry.kind is Kind.COMMAND:
        yield _command(entry)
        return
    if one_line(entry.command) != title or "\n" in entry.command.strip():
        yield f"{block(entry.command)}\n"
    for command in asked.commands:
        yield _command(command)
    if entry.response:
        yield f"{neutralise(entry.response).strip()}\n"
    elif entry.status is not Status.COMPLETED:
        yield f"*{status_word(entry.status)}*\n"


def _command(command: Entry) -> str:
    output = f"$ {command.command}\n{command.response or ''}".rstrip()
    code = command.error_code or "0"
    failed = "" if code == "0" else f"\n[{_('exit {code}', code=code)}]"
    return f"{block(output + failed, 'console')}\n"
