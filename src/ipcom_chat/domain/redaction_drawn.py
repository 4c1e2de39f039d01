"""Bare words that nobody wrote: keys without any name, told by their entropy."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from ipcom_chat.domain.redaction_values import is_drawn

# What is in front of a `=` is the name of what comes after it; behind it, it fills up base64.
_BARE = re.compile(r"[^A-Za-z0-9+/_-]([A-Za-z0-9+/_-]{28,}={0,2})")
_BARE_MAX = 200
_BEFORE_CHARS = 220
_URL_CHARS = 200
_NAME_CHARS = 40
_SLASHES_OF_A_PATH = 4
_DISCORD = re.compile(r"(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.$")
"""What is before the secret of a token of Discord: an account and a time."""
_DIGEST = re.compile(r"(?:sha\d{1,3}|md5)-", re.IGNORECASE)
_NO_SECRET_BEFORE = re.compile(
    r"(?:sha\d{1,3}[:=-]|md5[:=-]|ssh-\S{1,30} |ecdsa-\S{1,30} |aaaa|"
    r"integrity\W{1,4}|blake2\w?[:=]|fingerprint\W{1,4}|hash\W{1,4}|etag\W{1,4}|"
    r"pub(?:lic)?[ _-]?key\W{1,4}|peer\W{1,4}|serial\W{1,4})$"
)


def drawn(
    text: str, public: list[tuple[int, int]], known: dict[int, int]
) -> Iterator[tuple[int, int, str]]:
    """Yield bare words that nobody wrote: keys without any name.

    Args:
        text: all of it.
        public: where words are no secret, in order.
        known: the ends of secrets that are found already, by where they begin.
    """
    # What is before a word is looked for, too: else each of its letters is tried as its first.
    for found in _BARE.finditer(f"\n{text}"):
        start, end = found.start(1) - 1, found.end(1) - 1
        if (
            end - start <= _BARE_MAX
            and known.get(start, 0) < end
            and is_drawn(found[1])
            and not _is_within(start, public)
            and not _is_no_key(text, start, end)
        ):
            yield start, end, "key"


def _is_within(place: int, spans: list[tuple[int, int]]) -> bool:
    index = bisect_right(spans, (place + 1,))
    return index > 0 and place < spans[index - 1][1]


def _is_no_key(text: str, start: int, end: int) -> bool:
    """Return whether a word that looks drawn is a fingerprint, a public key, a path, a name."""
    before = text[max(0, start - _BEFORE_CHARS) : start].rpartition("\n")[2]
    return (
        (before.endswith((".", "@", "\\")) and not _DISCORD.search(before[-_NAME_CHARS:]))
        or (before.endswith(":") and text.startswith("//", start))
        or text.startswith("AAAA", start)
        or bool(_DIGEST.match(text, start))
        or text.startswith("(", end)
        or text.count("/", start, end) >= _SLASHES_OF_A_PATH
        or bool(_NO_SECRET_BEFORE.search(before[-_NAME_CHARS:].lower()))
        or _is_in_url(before)
    )


def _is_in_url(before: str) -> bool:
    """Return whether a text ends inside a URL."""
    _scheme, separator, rest = before.rpartition("://")
    return bool(separator) and len(rest) <= _URL_CHARS and not any(map(str.isspace, rest))
