"""Takes secrets out of text: what is masked, and nothing of how it comes or where it goes.

`redact` replaces every secret it knows by `[REDACTED:kind]`; the rest of the line stays. It is
best effort: docs/security.md says what it finds.

Invariants:
- Redacting twice changes nothing more.
- A text of n characters costs O(n): a rule is tried only where its literal hint stands.
- Pure; nothing is compiled before a text needs it.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.redaction_commands import commands
from ipcom_chat.domain.redaction_names import names
from ipcom_chat.domain.redaction_numbers import numbers
from ipcom_chat.domain.redaction_rules import RULES, Rule
from ipcom_chat.domain.redaction_values import (
    MASK_START,
    is_drawn,
    is_like_password,
    is_random,
    is_secret,
)

__all__ = ["RULES_VERSION", "Redacted", "is_private", "redact"]

_PASSES = 4
_MASK = re.compile(r"\[REDACTED:[a-z-]{1,32}\]")
_SECRET_GROUPS = ("s", "s2", "s3", "s4", "s5")
# What is in front of a `=` is the name of what comes after it; behind it, it fills up base64.
_BARE = re.compile(r"[A-Za-z0-9+/_-]{28,}={0,2}")
_BARE_MAX = 200
_BEFORE_CHARS = 220
_URL_CHARS = 200
_NAME_CHARS = 40
_SLASHES_OF_A_PATH = 4
_NO_SECRET_BEFORE = re.compile(
    r"(?:sha\d{1,3}[:=-]|md5[:=-]|ssh-\S{1,30} |ecdsa-\S{1,30} |aaaa|"
    r"integrity\W{1,4}|blake2\w?[:=]|fingerprint\W{1,4}|hash\W{1,4}|etag\W{1,4}|"
    r"pub(?:lic)?[ _-]?key\W{1,4}|peer\W{1,4}|serial\W{1,4})$"
)
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
_PUTTY = re.compile(r"Private-Lines: \d{1,4}\r?\n((?:[A-Za-z0-9+/=]{1,128}\r?\n?){1,200})")


class Redacted(msgspec.Struct, frozen=True):
    """A text without its secrets."""

    text: str
    kinds: tuple[str, ...] = ()
    """What was masked, in the order of the text."""


def redact(text: str) -> Redacted:
    """Return `text` with every secret that is found replaced by `[REDACTED:kind]`."""
    kinds: list[str] = []
    spans = _spans(text)
    for _pass in range(_PASSES):
        if not spans:
            break
        kinds += [kind for _start, _end, kind in spans]
        text = _masked(text, spans)
        spans = _spans_of_masked(text)
    return Redacted(text, tuple(kinds))


def _spans_of_masked(text: str) -> list[tuple[int, int, str]]:
    """Return what is still to be masked; only the lines that hold a mask can have changed."""
    lines = list(_masked_lines(text))
    # As one text, because most of what a short one costs is the beginning; an empty line between
    # two keeps them from being read together.
    starts = [0, *accumulate(end - begin + len(_APART) for begin, end in lines)]
    spans = _spans(_APART.join(text[begin:end] for begin, end in lines))
    moves = [begin - start for (begin, _end), start in zip(lines, starts, strict=False)]
    return [
        (start + move, end + move, kind)
        for start, end, kind in spans
        for move in (moves[bisect_right(starts, start) - 1],)
    ]


_APART = "\n\n"


def _masked_lines(text: str) -> Iterator[tuple[int, int]]:
    place = text.find(MASK_START)
    while place >= 0:
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield text.rfind("\n", 0, place) + 1, end
        place = text.find(MASK_START, end)


def _masked(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    pieces, place = [], 0
    for start, end, kind in spans:
        pieces += [text[place:start], f"[REDACTED:{kind}]"]
        place = end
    return "".join([*pieces, text[place:]])


def _spans(text: str) -> list[tuple[int, int, str]]:
    """Return what is to be masked: in order, apart from one another, outside of masks."""
    found = sorted(_found(text), key=lambda span: (span[0], -span[1]))
    if not found:
        return []
    masks = [each.span() for each in _MASK.finditer(text)]
    merged: list[tuple[int, int, str]] = []
    for span in found:
        last = merged[-1] if merged else None
        if last and span[0] < last[1]:
            merged[-1] = (last[0], max(last[1], span[1]), last[2])
        else:
            merged.append(span)
    return list(_outside(text, merged, masks)) if masks else merged


def _outside(
    text: str, spans: list[tuple[int, int, str]], masks: list[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    """Yield spans that hold more than masks, each with the whole of the masks it touches."""
    index, last = 0, 0
    for begin, stop, kind in spans:
        start, end = max(begin, last), stop
        while index < len(masks) and masks[index][1] <= start:
            index += 1
        bare, at = [], index
        position = start
        while at < len(masks) and masks[at][0] < end:
            bare.append(text[position : masks[at][0]])
            start, end = min(start, masks[at][0]), max(end, masks[at][1])
            position = masks[at][1]
            at += 1
        bare.append(text[position:end])
        if end > start and any(each.isalnum() for piece in bare for each in piece):
            last = end
            yield start, end, kind


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    lowered = _lowered(text)
    if "-----begin " in lowered or "private-lines: " in lowered or "---- begin" in lowered:
        yield from _keys(text)
    yield from _by_rules(text, lowered)
    yield from names(text, lowered)
    yield from commands(text, lowered)
    yield from numbers(text)
    yield from _drawn(text, _public_blocks(text) if "-----begin " in lowered else [])


def _lowered(text: str) -> str:
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    # A few letters, such as the Turkish İ, become two; places must stay the same.
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


@cache
def _compiled(index: int) -> "re.Pattern[str]":
    rule = RULES[index]
    return re.compile(rule.pattern, re.MULTILINE)


@cache
def _hints() -> "tuple[re.Pattern[str], dict[str, tuple[tuple[str, int], ...]]]":
    """Return what finds the beginnings of all hints at once, and the rules by beginning."""
    known: dict[str, list[tuple[str, int]]] = {}
    hints = sorted({hint for rule in RULES for hint in rule.hints})
    for index, rule in enumerate(RULES):
        for hint in rule.hints:
            first = next(each for each in hints if hint.startswith(each))
            known.setdefault(first, []).append((hint, index))
    pattern = re.compile(f"(?=({_trie(list(known))}))")
    return pattern, {first: tuple(rules) for first, rules in known.items()}


def _trie(words: list[str]) -> str:
    """Return a pattern of `words`, none the beginning of another, by common beginnings."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[0], []).append(word[1:])
    branches = (
        re.escape(first) + (_trie(rest) if rest != [""] else "")
        for first, rest in sorted(by_first.items())
    )
    return f"(?:{'|'.join(branches)})"


_NEAR = tuple((index, rule.near) for index, rule in enumerate(RULES) if rule.near)


def _by_rules(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    pattern, known = _hints()
    read = {index: len(text) for index, near in _NEAR if near not in lowered}
    for found in pattern.finditer(lowered):
        place = found.start()
        for hint, index in known[found[1]]:
            if place >= read.get(index, 0) and lowered.startswith(hint, place):
                read[index] = place + 1
                yield from _by_rule(index, text, lowered, place, read)


def _by_rule(
    index: int, text: str, lowered: str, place: int, read: dict[int, int]
) -> Iterator[tuple[int, int, str]]:
    rule, pattern = RULES[index], _compiled(index)
    if rule.line:
        begin, end = lowered.rfind("\n", 0, place) + 1, lowered.find("\n", place)
        read[index] = end = len(text) if end < 0 else end
        matches = list(pattern.finditer(text, begin, end))
    else:
        one = pattern.match(text, max(0, place - rule.back))
        matches = [one] if one else []
    for match in matches:
        read[index] = max(read[index], match.end())
        if not rule.near or _is_near(lowered, match.start(), rule.near):
            yield from _secrets(rule, match)


_NEAR_CHARS = 400


def _is_near(lowered: str, position: int, near: str) -> bool:
    begin = max(position - _NEAR_CHARS, lowered.rfind("\n", 0, position) + 1)
    end = lowered.find("\n", position, position + _NEAR_CHARS)
    return lowered.find(near, begin, end if end >= 0 else position + _NEAR_CHARS) >= 0


def _secrets(rule: Rule, match: "re.Match[str]") -> Iterator[tuple[int, int, str]]:
    known = match.re.groupindex
    if "s" not in known:
        yield (*match.span(), rule.kind)
        return
    for group in _SECRET_GROUPS:
        if group not in known or match[group] is None:
            continue
        if rule.each:
            yield from _each(rule, match.string, *match.span(group))
        elif _ACCEPTS[rule.like](match[group]):
            start, end = match.span(group)
            yield start, _unclosed(match.string, start, end), rule.kind


def _unclosed(text: str, start: int, end: int) -> int:
    """Return where a value ends that a parenthesis around it ends, as in `$(command value)`."""
    while end - start > 1 and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    return end


def _each(rule: Rule, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for found in _inner(rule.each).finditer(text, start, end):
        if _ACCEPTS[rule.like](found["s"]):
            yield (*found.span("s"), rule.kind)


@cache
def _inner(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.MULTILINE)


def _is_cookie(value: str) -> bool:
    return is_secret(value) and not value.startswith("$")


_ACCEPTS: dict[str, Callable[[str], bool]] = {
    "": is_secret,
    "any": lambda _value: True,
    "password": is_like_password,
    "random": is_random,
    "random8": lambda value: is_random(value, 8),
    "net": lambda value: is_secret(value) and value != "*" and not value.startswith("/"),
    "cookie": _is_cookie,
    "community": lambda value: is_secret(value) and value != "public",
}
"""What else is asked of a secret, by `Rule.like`."""


def _public_blocks(text: str) -> list[tuple[int, int]]:
    """Return where certificates and public keys are, which are as random and no secret."""
    return [
        (begin.end(), _pem_end(text, begin.end()))
        for begin in _PEM_BEGIN.finditer(text)
        if begin["name"] and not is_private(begin["name"])
    ]


def _drawn(text: str, public: list[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """Yield bare words that nobody wrote: keys without any name."""
    for found in _BARE.finditer(text):
        start, end = found.span()
        if (
            end - start <= _BARE_MAX
            and is_drawn(found.group())
            and not any(begin <= start < stop for begin, stop in public)
            and not _is_no_key(text, start, end)
        ):
            yield start, end, "key"


def _is_no_key(text: str, start: int, end: int) -> bool:
    """Return whether a word that looks drawn is a fingerprint, a public key, a path, a name."""
    before = text[max(0, start - _BEFORE_CHARS) : start].rpartition("\n")[2]
    return (
        before.endswith(("/", ".", "@", "\\"))
        or (before.endswith(":") and text.startswith("//", start))
        or text.startswith("AAAA", start)
        or text.startswith("(", end)
        or text.count("/", start, end) >= _SLASHES_OF_A_PATH
        or bool(_NO_SECRET_BEFORE.search(before[-_NAME_CHARS:].lower()))
        or _is_in_url(before)
    )


def _is_in_url(before: str) -> bool:
    """Return whether a text ends inside a URL."""
    _scheme, separator, rest = before.rpartition("://")
    return bool(separator) and len(rest) <= _URL_CHARS and not any(map(str.isspace, rest))


def _keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the bodies of private keys; one that never ends goes on as long as its lines do."""
    for putty in _PUTTY.finditer(text):
        yield (*putty.span(1), "private-key")
    for begin in _PEM_BEGIN.finditer(text):
        name = begin["name"] or "PRIVATE KEY"
        if not is_private(name):
            continue
        start, end = begin.end(), _pem_end(text, begin.end())
        while start < end and text[start] in "\r\n":
            start += 1
        if text[start:end].strip("\\nr\r\n \t\"'"):
            yield start, end, "private-key"


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
    is_closed = text.find("-----END", start, start + _KEY_CHARS) >= 0
    pattern = _PEM_LINE if is_closed else _PEM_LONG_LINE
    while position < len(text):
        line = pattern.match(text, position)
        if line is None or line.end() == position:
            break
        position = line.end()
    while position > start and text[position - 1] in "\r\n":
        position -= 1
    return position
