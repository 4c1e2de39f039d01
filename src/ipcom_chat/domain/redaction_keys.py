"""Private keys, which are many lines: PEM, OpenSSH, PGP, PuTTY, and the public ones beside them.

A key that never ends takes only lines of a key with it.
"""

import re
from typing import NamedTuple

_PEM_BEGIN = re.compile(
    r"-----BEGIN (?P<name>[A-Z0-9][A-Za-z0-9 ]{0,60}?)-----"
    r"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
)
_PEM_LINE = re.compile(
    r"(?:[ \t>|\"'+]{0,16}(?:[A-Za-z0-9+/=]{1,128}|"
    r"[A-Z][A-Za-z-]{1,30}: ?[^\n]{0,120}|=[A-Za-z0-9+/]{4})[\"',+ \\]{0,8})?\r?(?:\n|$)"
)
_PEM_LONG_LINE = re.compile(
    r"[ \t>|\"'+]{0,16}(?:[A-Za-z0-9+/]{32,128}={0,2}|[A-Za-z0-9+/]{1,126}={1,2}|"
    r"(?:Proc-Type|DEK-Info|Version|Comment): ?[^\n]{0,120})?[\"',+ \\]{0,8}\r?(?:\n|$)"
)
_PEM_INLINE = re.compile(
    r"(?:(?:\\r)?(?:\\n)?[ ]?[A-Za-z0-9+/=]{20,200}){1,400}(?:(?:\\n)?[A-Za-z0-9+/=]{1,80})?"
)
_KEY_CHARS = 20_000
_PUTTY = re.compile(r"Private-Lines: \d{1,4}\r?\n((?:[A-Za-z0-9+/=]{1,128}\r?(?:\n|\Z)){1,200})")

Span = tuple[int, int, str]


class Blocks(NamedTuple):
    """What a text holds of keys."""

    secrets: list[Span]
    """The bodies of private keys, with their kind."""
    public: list[tuple[int, int]]
    """Where certificates and public keys are, which are as random and no secret; in order."""


def blocks(text: str, lowered: str) -> Blocks:
    """Return the keys of a text; one that never ends goes on as long as its lines do."""
    found = Blocks([], [])
    if "private-lines: " in lowered:
        found.secrets.extend((*each.span(1), "private-key") for each in _PUTTY.finditer(text))
    if "-----begin " in lowered or "---- begin " in lowered:
        for begin in _PEM_BEGIN.finditer(text):
            _add(found, text, begin["name"] or "PRIVATE KEY", begin.end())
    return found


def _add(found: Blocks, text: str, name: str, start: int) -> None:
    end = _pem_end(text, start)
    if not is_private(name):
        found.public.append((start, end))
        return
    while start < end and text[start] in "\r\n":
        start += 1
    if text[start:end].strip("\\nr\r\n \t\"'"):
        found.secrets.append((start, end, "private-key"))


def is_private(name: str) -> bool:
    """Return whether a PEM block of this name holds a secret."""
    return "PRIVATE KEY" in name or name.startswith("OpenVPN Static key")


def _pem_end(text: str, start: int) -> int:
    position = start
    while text[position : position + 1] in {"\r", "\n"}:
        position += 1
    if position == start:
        inline = _PEM_INLINE.match(text, start)
        return inline.end() if inline else start
    # What has no end takes only what is certainly a part of it.
    following = text.find("-----BEGIN ", start, start + _KEY_CHARS)
    stop = following if following >= 0 else start + _KEY_CHARS
    is_closed = text.find("-----END", start, stop) >= 0
    pattern = _PEM_LINE if is_closed else _PEM_LONG_LINE
    while position < len(text):
        line = pattern.match(text, position)
        if line is None or line.end() == position:
            break
        position = line.end()
    while position > start and text[position - 1] in "\r\n":
        position -= 1
    return position
