"""`redact`: the filter that all text of ours passes, for anyone's pipe.

It works on whole lines as they arrive, so that `tail -f` can be piped through it. A private key is
held back until its end, or until a line that cannot belong to it.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Verb
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text

CHUNK_BYTES = 65_536
LINE_MAX_CHARS = 1_000_000
"""A longer line is cut, at a blank if there is one."""
KEY_MAX_CHARS = 100_000

_BEGIN = "-----BEGIN "
_OPEN_DOCUMENT = re.compile(r"chpasswd[^\n<]{0,60}<<-?[^\n<]{1,40}\n?\Z")
_KEY_LINE = re.compile(
    r"[ \t>|\"'+]{0,16}(?:[A-Za-z0-9+/=]{0,128}|[A-Z][A-Za-z-]{1,30}: ?.{0,120})[\"',+ \\]{0,8}\r?"
)


@click.command(cls=Verb, help=_("Take secrets out of what comes in on stdin, line by line."))
@click.option("--json", "as_json", is_flag=True,
              help=_("Print the text and the kinds of what was masked as one object."))  # fmt: skip
def redact(*, as_json: bool) -> int:
    """Filter stdin to stdout."""
    from ipcom_chat.domain.redaction import redact as mask  # noqa: PLC0415 - brings the rules

    if output.is_terminal(sys.stdin):
        output.note(_("Waiting for the input to end (Ctrl-D ends it, Ctrl-C gives up)."))
    masked = (mask(block) for block in blocks(_read()))
    if as_json:
        found = list(masked)
        text = "".join(each.text for each in found)
        kinds = [kind for each in found for kind in each.kinds]
        output.write(f"{json_text({'text': text, 'kinds': kinds})}\n")
        return output.ExitCode.OK
    for each in masked:
        output.write_bytes(each.text.encode("utf-8", "surrogateescape"))
    return output.ExitCode.OK


def blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Yield text in blocks of whole lines that can be read on their own."""
    rest = ""
    for piece in pieces:
        rest += piece
        end = _safe_end(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _safe_end(text: str) -> int:
    """Return up to where nothing depends on what is still to come."""
    end = text.rfind("\n") + 1
    if not end:
        return _cut(text) if len(text) > LINE_MAX_CHARS else 0
    begin = text.rfind(_BEGIN, 0, end)
    if begin >= 0 and _is_open(text[begin:end]) and end - begin < KEY_MAX_CHARS:
        return text.rfind("\n", 0, begin) + 1
    document = _OPEN_DOCUMENT.search(text, max(0, end - 200), end)
    return text.rfind("\n", 0, document.start()) + 1 if document else end


def _is_open(key: str) -> bool:
    """Return whether a key may go on in the next line."""
    lines = key.split("\n")[1:-1]
    return "-----END " not in key and all(_KEY_LINE.fullmatch(line) for line in lines)


def _cut(text: str) -> int:
    blank = text.rfind(" ", LINE_MAX_CHARS // 2, LINE_MAX_CHARS)
    return blank + 1 if blank > 0 else LINE_MAX_CHARS


def _read() -> Iterator[str]:
    """Yield what stdin has as soon as it has it; bytes that are no UTF-8 pass unchanged."""
    import codecs  # noqa: PLC0415 - only here

    if sys.stdin is None:
        return
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    stream: Any = sys.stdin.buffer
    while data := stream.read1(CHUNK_BYTES):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
